"""`logs`."""

from __future__ import annotations

import contextlib
import os
import sys
from typing import TYPE_CHECKING, Any

import click

from doctor.cli.options import CHECKING, COMMON, OFFLINE, Parsed, command, given, only_showing, settings_of
from doctor.cli.when import parse_moment

if TYPE_CHECKING:
    from collections.abc import Callable

    from doctor.facts.logs import Logs
    from doctor.facts.logselection import LogSelection
    from doctor.report.log_look import Look
    from doctor.settings import Settings

# The same as PATH, for who is used to it from `check`, or has it before the name of the command.
LOGS = only_showing(option for option in CHECKING if option.name == "logs")


class Choosing(click.Option):
    """An option of this command alone; it is no setting."""

    section = "Which lines count"


def parse_id(text: str) -> str:
    """An id, or enough of one."""
    if not text.strip():
        raise ValueError("an empty text is in every line; leave the option out to see all")
    return text.strip()


CHOOSING = (
    click.Argument(["paths"], metavar="[PATH...]", nargs=-1),
    Choosing(
        ["--since"],
        type=Parsed("moment", parse_moment),
        metavar="TIME",
        help="Only lines from then on: 2025-11-22T10:30:00Z, '2025-11-22 10:30', 10:30, 2h (ago), yesterday; "
        "UTC unless a zone is given.",
    ),
    Choosing(["--until"], type=Parsed("moment", parse_moment), metavar="TIME", help="Only lines up to then."),
    Choosing(["--job"], type=Parsed("id", parse_id), metavar="ID", help="Only lines of this indexing job."),
    Choosing(
        ["--grep-id", "id"],
        type=Parsed("id", parse_id),
        metavar="ID",
        help="Only lines that have this id: of a job, a batch, a repository, or a job at Google.",
    ),
    Choosing(["--timeline"], is_flag=True, default=None, help="The events in their order, one line each."),
    Choosing(
        ["--follow"], is_flag=True, default=None, help="Wait for new lines, and say what they mean, until Ctrl-C."
    ),
)


@command("logs", [*CHOOSING, *COMMON, OFFLINE, *LOGS], short_help="Say what happened according to the logs.")
@click.pass_context
def logs(ctx: click.Context, /, timeline: bool | None, follow: bool | None, **choice: Any) -> int:
    """
    Say what happened according to the logs of the API and the worker: what is wrong, since when, how often.

    PATH is a file, a directory, a glob, docker:NAME for what a container printed, or - for standard input.
    Compressed and rotated files, several services in one file, and what docker, kubectl or journald put before
    each line need no preparation. Without PATH it is what --logs, CODECHUNK_DOCTOR_LOGS or the settings file names,
    else the recent log of the worker that is found.
    """
    settings = settings_of(ctx)
    selection = _selection(ctx, settings, **choice)
    if not follow:
        return Run(settings, selection).show(timeline=bool(timeline))
    if timeline or selection.until is not None or settings.output:
        ctx.fail("--follow has no end; leave out --timeline, --until and --output")
    return Run(settings, selection).follow()


def _selection(
    ctx: click.Context,
    settings: Settings,
    *,
    paths: tuple[str, ...],
    since: float | None,
    until: float | None,
    job: str | None,
    id: str | None,
    **_common: object,
) -> LogSelection:
    from doctor.facts.logselection import LogSelection

    if since is not None and until is not None and since > until:
        ctx.fail("--since is later than --until, so that no line is left")
    named = (*given(ctx).get("logs", ()), *paths) or settings.logs
    return LogSelection(tuple(dict.fromkeys(named)), since, until, job, id)


class Run:
    """One call of the command."""

    def __init__(self, settings: Settings, selection: LogSelection) -> None:
        self._settings = settings
        self._selection = selection

    def show(self, *, timeline: bool) -> int:
        """Read all, and show what it comes to."""
        from doctor import app
        from doctor.cli.output import emit
        from doctor.cli.progress import counting
        from doctor.interruption import heeded
        from doctor.report import logs_json

        with heeded(), counting("reading the logs", quiet=self._settings.quiet) as progress:
            found = app.logs(self._settings, self._selection, progress=progress)
        text = self._timeline(found) if timeline else self._summary(found)
        emit(self._settings, {"text": text, "json": lambda *_: logs_json.as_json(found)})
        return self._status(found, told=self._settings.format == "text" and not (self._settings.quiet or timeline))

    def _status(self, found: Logs, *, told: bool) -> int:
        """How it ends; `told` says that what was shown has the reasons."""
        from doctor.cli.output import notice
        from doctor.report.log_head import absent

        if not self._selection.paths:
            for each in found.inputs:
                notice(f"no log was named: the recent part of {each.path}, the worker's own, was read")
        missing = absent(found, self._selection)
        reason = f"could not complete: {found.unfinished}" if found.unfinished is not None else missing
        if reason is not None and not told:
            notice(reason)
        return 3 if found.unfinished is not None else 1 if missing is not None else 0

    def _summary(self, found: Logs) -> Callable[[int, bool], str]:
        from doctor.report import logs as report

        return lambda width, color: report.text(found, self._selection, self._look(width, color))

    def _timeline(self, found: Logs) -> Callable[[int, bool], str]:
        from doctor.report import logs_timeline

        return lambda width, color: logs_timeline.text(found, self._look(width, color))

    def _look(self, width: int, color: bool) -> Look:
        from doctor.cli.output import fit
        from doctor.report.log_look import Look

        return Look(width, fit(width), color, self._settings.verbosity, self._settings.quiet)

    def follow(self) -> int:
        """Say each new matter as it comes; Ctrl-C is how one stops, and no error."""
        from doctor import app
        from doctor.cli.output import PIPED_WIDTH, colored, say
        from doctor.report import logs_json, logs_timeline

        look = self._look(PIPED_WIDTH, colored(self._settings.color, sys.stdout, os.environ))
        with contextlib.suppress(KeyboardInterrupt):
            for event in app.follow(self._settings, self._selection):
                if self._settings.format == "json":
                    line = logs_json.event_line(event)
                else:
                    line = logs_timeline.follow_line(event, look)
                if not say(line):
                    break
        return 0
