"""`why`."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import click

from doctor.cli.jobs import parse_repository
from doctor.cli.options import CHECKING, COMMON, OFFLINE, Parsed, command, settings_of
from doctor.cli.showing import Showing

if TYPE_CHECKING:
    from datetime import datetime

    from doctor.facts.why import WhySelection
    from doctor.model import Report
    from doctor.settings import Settings
    from doctor.why.verdict import Why

LOGS = tuple(option for option in CHECKING if option.name == "logs")
MOST = 1_000_000_000
_ID = re.compile(r"[0-9a-f][0-9a-f-]{3,35}")


def parse_job(text: str) -> str:
    """The id of a job, or its beginning."""
    id = text.strip().lower()
    if not _ID.fullmatch(id):
        raise ValueError(
            f"{text[:80]!r} is no id of a job: those are like a1b2c3d4-e5f6-4890-abcd-ef1234567890, and their first "
            "characters do, four at least; `codechunk-doctor jobs` lists them"
        )
    return id


def parse_chunks(text: str) -> int:
    """How many chunks a repository is thought to have."""
    if not text.isascii() or not text.isdecimal() or len(text) > 10 or not 0 < int(text) <= MOST:
        raise ValueError(f"{text[:80]!r} is not a number from 1 to {MOST}")
    return int(text)


class Choosing(click.Option):
    """An option of this command alone; it is no setting."""

    section = "What is explained"


CHOOSING = (
    click.Argument(["argument"], metavar="[JOB]", required=False, type=Parsed("job", parse_job)),
    Choosing(["--job"], type=Parsed("job", parse_job), metavar="ID", help="The same as JOB."),
    Choosing(
        ["--repo"],
        type=Parsed("repo", parse_repository),
        metavar="NAME",
        help="The jobs of repositories that have this in their name or URL, whatever the case.",
    ),
    Choosing(
        ["--all", "every"],
        is_flag=True,
        default=None,
        help="All jobs, as a table; without logs only together with --repo.",
    ),
    Choosing(
        ["--chunks"],
        type=Parsed("chunks", parse_chunks),
        metavar="N",
        help="No job, but what would become of a repository with so many chunks.",
    ),
)


@command("why", [*CHOOSING, *COMMON, OFFLINE, *LOGS], short_help="Say why a repository was embedded as it was.")
@click.pass_context
def why(ctx: click.Context, /, **given: Any) -> int:
    """
    Say why a repository was embedded one chunk at a time, or not at all: what decided, where that stands, what to do.

    JOB is the id of an indexing job, or its beginning; without one the newest job is explained that the logs or,
    beside them, the database know of. Logs, rows of the database and the configuration are looked at, as far as
    there are any. Without logs the jobs of the database are looked up only when JOB or --repo names them; else it
    is said what would become of a repository.
    """
    selection = _selection(ctx, **given)
    return Run(settings_of(ctx), selection).run(watch=False)


def _selection(
    ctx: click.Context,
    *,
    argument: str | None,
    job: str | None,
    repo: str | None,
    every: bool | None,
    chunks: int | None,
    **_common: object,
) -> WhySelection:
    from doctor.facts.why import WhySelection, bare_address

    if argument is not None and job is not None and argument != job:
        ctx.fail("JOB and --job name two jobs; give one of them")
    job = argument if job is None else job
    if chunks is not None and (job is not None or repo is not None or every):
        ctx.fail("--chunks thinks of a repository that is not there; leave out JOB, --job, --repo and --all")
    if job is not None and (repo is not None or every):
        ctx.fail("JOB names one job; leave out --repo and --all")
    return WhySelection(job, bare_address(repo) if repo is not None else None, bool(every), chunks)


@dataclass(frozen=True)
class Answer:
    """What was found, and when."""

    why: Why
    at: datetime


class Run(Showing["Answer"]):
    """One call of the command."""

    asking = "looking at the configuration and the database"

    def __init__(self, settings: Settings, selection: WhySelection) -> None:
        super().__init__(settings)
        self._selection = selection
        self._progress: Callable[[int], None] | None = None

    def _ask(self, *, quiet: bool = False) -> Answer:
        """Where there are logs, their bytes are counted instead."""
        from doctor.cli.progress import counting

        if not self.settings.logs:
            return super()._ask(quiet=quiet)
        with counting("reading the logs", quiet=self.settings.quiet) as self._progress:
            return super()._ask(quiet=True)

    def found(self, settings: Settings) -> Answer | Report:
        """The verdicts, or why there can be none."""
        import gc
        from datetime import UTC, datetime

        from doctor import app
        from doctor.engine import OutOfTime
        from doctor.interruption import heeded
        from doctor.why.verdict import Why

        # All that is made here is needed to the end; looking for what is not would take a sixth of the time.
        enabled = gc.isenabled()
        gc.disable()
        try:
            with heeded():
                found = cast("Why | Report", app.why(settings, self._selection, progress=self._progress))
        except OutOfTime as late:
            # Without the configuration there is no verdict; that is an answer all the same.
            found = Why(without=(str(late),), unfinished=str(late))
        finally:
            if enabled:
                gc.enable()
        return Answer(found, datetime.now(UTC)) if isinstance(found, Why) else found

    def text(self, found: Answer, *, width: int, fit: int | None, color: bool) -> str:
        """The verdicts."""
        from doctor.report import why as report
        from doctor.report.log_look import Look

        look = Look(width, fit, color, self.settings.verbosity, self.settings.quiet)
        return report.text(found.why, self._selection, look)

    def json(self, found: Answer, *, line: bool) -> str:
        """The document."""
        from doctor.report import why_json

        return why_json.as_json(found.why)

    def status(self, found: Answer) -> int:
        """3 when the logs were read in part only, 1 when the job that was asked for is nowhere."""
        from doctor.cli.output import notice

        if self.settings.format == "json" and found.why.missing is not None:
            notice(found.why.missing)
        if found.why.unfinished is not None:
            notice(f"could not complete: {found.why.unfinished}")
            return 3
        return 1 if found.why.missing is not None else 0
