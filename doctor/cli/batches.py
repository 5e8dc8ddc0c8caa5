"""`batches list` and `batches show`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from doctor.cli.jobs import Listing
from doctor.cli.options import COMMON, CONTEXT, SHOWN, Group, Parsed, command, settings_of
from doctor.cli.output import notice
from doctor.cli.showing import Showing

if TYPE_CHECKING:
    from doctor.facts import BatchListing, BatchSelection
    from doctor.model import Report
    from doctor.settings import Settings

COMMANDS = {
    "list": ("doctor.cli.batches:list_batches", "List the batch jobs, the newest first."),
    "show": ("doctor.cli.batches:show", "Show one batch job, and what it comes to."),
}
MOST = 1_000_000
LONGEST_ID = 200


def parse_state(text: str) -> str:
    """A word of the guide, or one of Google's without its prefix."""
    from doctor.facts.batchlist import BATCH_STATES
    from doctor.facts.gemini import GUIDE_STATES, bare_state
    from doctor.settings.values import did_you_mean

    known = (*BATCH_STATES, *(state for state in GUIDE_STATES if state not in BATCH_STATES))
    bare = bare_state(text.strip())
    if bare in known:
        return bare
    raise ValueError(
        f"{text!r} is not one of {', '.join(BATCH_STATES)} (the guide's), or of Google's "
        f"{', '.join(known[len(BATCH_STATES) :])}{did_you_mean(bare, known)}"
    )


def parse_limit(text: str) -> int:
    """How many batches to list; 0 stands for all."""
    if not text.isascii() or not text.isdecimal() or len(text) > 7 or int(text) > MOST:
        raise ValueError(f"{text!r} is not a number from 0 to {MOST}; 0 stands for all")
    return int(text)


def parse_id(text: str) -> str:
    """An id of Google's Gemini API or of a row; or one of another API, which a row may have."""
    from doctor.facts.gemini import is_foreign
    from doctor.report.batches import is_typable

    id = text.strip()
    if is_foreign(id):
        return id
    if len(id) > LONGEST_ID or not is_typable(id):
        raise ValueError(
            f"{text[:LONGEST_ID]!r} is no id of a batch: those are batches/... as `codechunk-doctor batches list` "
            "shows them, what follows the slash, or the id of a row of batch_job_progress"
        )
    return id


class Watching(Listing):
    """An option of `show` alone."""

    section = SHOWN


WATCH = "Look again every 2 seconds, until Ctrl-C"
LISTING = (
    Listing(
        ["--state", "states"],
        type=Parsed("state", parse_state),
        multiple=True,
        metavar="STATE",
        help="Only batches in this state: PENDING, PROCESSING, COMPLETED, FAILED or CANCELLED, or a word of Google's, "
        "such as EXPIRED or BATCH_STATE_RUNNING; repeatable.",
    ),
    Listing(
        ["--limit"],
        type=Parsed("limit", parse_limit),
        metavar="N",
        help="The newest N batches, 0 for all [default: 50 as text, all as JSON].",
    ),
    Listing(["--watch"], is_flag=True, default=None, help=f"{WATCH}."),
)
SHOWING = (Watching(["--watch"], is_flag=True, default=None, help=f"{WATCH} or the job has ended."),)


@click.group(cls=Group, lazy=COMMANDS, params=[*COMMON], context_settings=CONTEXT)
def batches(**_given: object) -> None:
    """Show the batch embedding jobs: what Google says of them, and what the database has of them."""


@command("list", [*LISTING, *COMMON])
@click.pass_context
def list_batches(
    ctx: click.Context, /, states: tuple[str, ...], limit: int | None, watch: bool | None, **_given: object
) -> int:
    """
    List the batch embedding jobs that Google knows of and the rows that wait for one, the newest first.

    A job without a row and a row without a job are listed too. Without a database only Google is asked.
    """
    from doctor.facts import BatchSelection

    selection = BatchSelection(tuple(dict.fromkeys(states)), limit or None)
    return Listed(_settings(ctx), selection, every=limit == 0).run(watch=bool(watch))


@command("show", [*COMMON, *SHOWING])
@click.argument("id", metavar="ID", type=Parsed("id", parse_id))
@click.pass_context
def show(ctx: click.Context, /, id: str, watch: bool | None, **_given: object) -> int:
    """
    Show one batch embedding job: its counts and times at Google, its row, and what it comes to.

    ID is batches/..., what follows the slash, or the id of a row of batch_job_progress. Of an id like the guide's
    projects/.../batchJobs/... only the row is shown: the Gemini API has no such job.
    """
    from doctor.facts import BatchSelection

    settings = _settings(ctx)
    return Shown(settings, BatchSelection(id=id)).run(watch=bool(watch))


def _settings(ctx: click.Context) -> Settings:
    from doctor.errors import UsageError

    settings = settings_of(ctx)
    if settings.offline:
        raise UsageError("batches asks Google and the database, and the settings say offline; set offline = false")
    return settings


class _Batches(Showing["BatchListing"]):
    """What both commands have in common."""

    asking = "asking Google and the database"

    def __init__(self, settings: Settings, selection: BatchSelection) -> None:
        super().__init__(settings)
        self._selection = selection
        self._noticed: set[str] = set()

    def found(self, settings: Settings) -> BatchListing | Report:
        """The batches, or why they cannot be had."""
        from doctor import app
        from doctor.facts import BatchListing

        found = app.batches(settings, self._selection)
        if isinstance(found, BatchListing):
            self._notice(found)
        return found

    def json(self, found: BatchListing, *, line: bool) -> str:
        """The document."""
        from doctor.report import batches as report

        return report.as_line(found) if line else report.as_json(found)

    def status(self, found: BatchListing) -> int:
        """1 when nobody could be asked."""
        from doctor.report.batches import is_blind

        return int(is_blind(found))

    def _notice(self, found: BatchListing) -> None:
        """Say once which half is missing."""
        halves = (("without what Google knows", found.without_google), ("without rows", found.without_database))
        for what, why in halves:
            if why is not None and why not in self._noticed:
                self._noticed.add(why)
                notice(f"{what}: {why}")
        if found.newest_rows is not None and "cut" not in self._noticed:
            self._noticed.add("cut")
            notice(f"only the newest {found.newest_rows:,} rows were read; a job of an older one seems to have none")

    def _look(self) -> dict[str, Any]:
        return {"verbosity": self.settings.verbosity, "quiet": self.settings.quiet, "bars": self.watched}


class Listed(_Batches):
    """`list`."""

    def __init__(self, settings: Settings, selection: BatchSelection, *, every: bool) -> None:
        super().__init__(settings, selection)
        self._every = every

    def text(self, found: BatchListing, *, width: int, fit: int | None, color: bool) -> str:
        """The table."""
        from doctor.report import batch_list as report

        return report.list_text(found, width=width, fit=fit, color=color, every=self._every, **self._look())


class Shown(_Batches):
    """`show`."""

    until = "until it has ended, or Ctrl-C"

    def text(self, found: BatchListing, *, width: int, fit: int | None, color: bool) -> str:
        """The page."""
        from doctor.report import batch_show as report

        return report.show_text(found, width=width, color=color, **self._look())

    def over(self, found: BatchListing) -> bool:
        """Whether it has ended, or is not there."""
        from doctor.report.batches import is_over

        return not found.batches or is_over(found.batches[0], found)

    def status(self, found: BatchListing) -> int:
        """1 when there is no such batch."""
        if found.batches:
            return 0
        if self.settings.format == "json":
            from doctor.report.batch_meaning import not_there

            notice(not_there(found))
        return 1
