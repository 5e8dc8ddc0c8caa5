"""`jobs`."""

from __future__ import annotations

import sys
import time
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import click

from doctor.cli.options import COMMON, Parsed, Word, command, settings_of
from doctor.cli.output import PIPED_WIDTH, emit, write
from doctor.cli.output import width as width_of
from doctor.cli.progress import waiting

if TYPE_CHECKING:
    from doctor.cli.live import Render
    from doctor.facts import JobList, JobSelection
    from doctor.model import Report
    from doctor.settings import Settings

# As doctor.facts.joblist has them; --help must not wait for facts.
STATUSES = ("pending", "running", "completed", "failed", "cancelled")
NEWEST = 10
MOST = 10_000


def parse_limit(text: str) -> int:
    """How many jobs to list; 0 stands for as many as may be."""
    if not text.isascii() or not text.isdecimal() or len(text) > 6 or int(text) > MOST:
        raise ValueError(f"{text!r} is not a number from 0 to {MOST}; 0 stands for {MOST}")
    return int(text) or MOST


def parse_repository(text: str) -> str:
    """A part of a repository's name or URL."""
    if not text.strip():
        raise ValueError("an empty text is in every name; leave the option out to see all")
    return text


class Listing(click.Option):
    """An option of this command alone; it is no setting."""

    section = "What is listed"


LISTING = (
    Listing(
        ["--status", "statuses"],
        type=Word(STATUSES, case_sensitive=False),
        multiple=True,
        metavar="STATUS",
        help="Only jobs in this status: pending, running, completed, failed or cancelled; repeatable.",
    ),
    Listing(["--failed"], is_flag=True, default=None, help="Only failed jobs, with their whole errors."),
    Listing(
        ["--repo"],
        type=Parsed("repo", parse_repository),
        metavar="NAME",
        help="Only jobs of repositories that have this in their name or URL, whatever the case.",
    ),
    Listing(["--summary"], is_flag=True, default=None, help="No jobs, only how many are in which status."),
    Listing(
        ["--limit"],
        type=Parsed("limit", parse_limit),
        metavar="N",
        help=f"The newest N jobs, 0 for the newest {MOST} [default: 10].",
    ),
    Listing(["--watch"], is_flag=True, default=None, help="Look again every 2 seconds, until Ctrl-C."),
)


@command("jobs", [*LISTING, *COMMON], short_help="List the indexing jobs in the database.")
@click.pass_context
def jobs(ctx: click.Context, /, watch: bool | None, **given: Any) -> int:
    """
    List the indexing jobs in the database, the newest first, and how many are in which status.

    Jobs that are marked as deleted count nowhere. The counts are those of all others, or of --repo.
    """
    from doctor.errors import UsageError
    from doctor.facts import JobList

    selection = _selection(ctx, **given)
    settings = settings_of(ctx)
    if settings.offline:
        raise UsageError("jobs asks the database, and the settings say offline; lift that with offline = false")
    run = Run(settings, selection)
    found = run.ask()
    if not isinstance(found, JobList):
        return run.hindered(found)
    return run.watch(found) if watch else run.show(found)


def _selection(
    ctx: click.Context,
    *,
    statuses: tuple[str, ...],
    failed: bool | None,
    repo: str | None,
    summary: bool | None,
    limit: int | None,
    **_common: object,
) -> JobSelection:
    from doctor.facts import JobSelection

    if failed and any(status != "failed" for status in statuses):
        ctx.fail("--failed stands for --status failed; for several statuses give --status several times")
    if summary and limit is not None:
        ctx.fail("--summary lists no jobs, so that --limit has nothing to limit; leave one of them out")
    wanted = ("failed",) if failed else tuple(dict.fromkeys(statuses))
    return JobSelection(wanted, repo, 0 if summary else limit or NEWEST)


class Run:
    """One call of the command; it ends within the deadline, however often it asks."""

    def __init__(self, settings: Settings, selection: JobSelection) -> None:
        self._settings = settings
        self._selection = selection
        deadline = settings.deadline
        self._ends_at = time.monotonic() + deadline if deadline is not None else None

    def ask(self, *, quiet: bool = False) -> JobList | Report:
        """The jobs, or what stands in the way."""
        from doctor import app

        with waiting("asking the database", quiet=quiet or self._settings.quiet):
            return app.jobs(self._limited(), self._selection)

    def hindered(self, report: Report) -> int:
        """Say it as `check` does."""
        from doctor.report import REPORTERS, exit_status, reporter

        settings = self._settings

        def render(format: str, width: int, color: bool) -> str:
            return reporter(format)(
                report, width=width, color=color, verbosity=settings.verbosity, quiet=settings.quiet
            )

        emit(settings, {name: partial(render, name) for name in REPORTERS})
        return exit_status(report, "error")

    def show(self, found: JobList) -> int:
        """Show the jobs."""
        emit(self._settings, {"text": self._text(found), "json": lambda *_: self._json(found)})
        return 0

    def watch(self, first: JobList) -> int:
        """Show them until Ctrl-C; what stands in the way on the way may pass."""
        from doctor.cli import live

        at_hand = [first]
        with live.display(self._settings.color, text=self._settings.format == "text") as display:
            live.follow(
                display, lambda: self._frame(at_hand.pop() if at_hand else self._again()), ends_at=self._ends_at
            )
        return 0

    def _again(self) -> JobList:
        from doctor.errors import SourceError
        from doctor.facts import JobList
        from doctor.model import Severity

        found = self.ask(quiet=True)
        if isinstance(found, JobList):
            return found
        raise SourceError(found.findings(Severity.ERROR)[0].message)

    def _limited(self) -> Settings:
        if self._ends_at is None:
            return self._settings
        return replace(self._settings, deadline=max(0.01, self._ends_at - time.monotonic()))

    def _frame(self, found: JobList) -> Render:
        for format, path in self._settings.output:
            text = self._json(found) if format == "json" else self._text(found)(PIPED_WIDTH, False)
            write(path, text)
        if self._settings.format == "json":
            return lambda *_: self._json(found, line=True)
        head = f"{found.at:%Y-%m-%d %H:%M:%S} UTC, again every 2 seconds until Ctrl-C\n\n"
        return lambda width, color: head + self._text(found)(width, color)

    def _text(self, found: JobList) -> Render:
        from doctor.report import jobs as report

        terminal = width_of(sys.stdout) if sys.stdout.isatty() else None

        def text(width: int, color: bool) -> str:
            # Pipes and files get every column whole.
            fit = width if width == terminal else None
            verbosity, quiet = self._settings.verbosity, self._settings.quiet
            return report.text(found, width=width, fit=fit, color=color, verbosity=verbosity, quiet=quiet)

        return text

    def _json(self, found: JobList, *, line: bool = False) -> str:
        from doctor.report import jobs as report

        return report.as_line(found) if line else report.as_json(found)
