"""`jobs`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from doctor.cli.options import COMMON, Parsed, Word, command, settings_of
from doctor.cli.showing import Showing

if TYPE_CHECKING:
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

    selection = _selection(ctx, **given)
    settings = settings_of(ctx)
    if settings.offline:
        raise UsageError("jobs asks the database, and the settings say offline; lift that with offline = false")
    return Run(settings, selection).run(watch=bool(watch))


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


class Run(Showing["JobList"]):
    """One call of the command."""

    asking = "asking the database"

    def __init__(self, settings: Settings, selection: JobSelection) -> None:
        super().__init__(settings)
        self._selection = selection

    def found(self, settings: Settings) -> JobList | Report:
        """The jobs, or why they cannot be had."""
        from doctor import app

        return app.jobs(settings, self._selection)

    def text(self, found: JobList, *, width: int, fit: int | None, color: bool) -> str:
        """The table."""
        from doctor.report import jobs as report

        verbosity, quiet = self.settings.verbosity, self.settings.quiet
        return report.text(found, width=width, fit=fit, color=color, verbosity=verbosity, quiet=quiet)

    def json(self, found: JobList, *, line: bool) -> str:
        """The document."""
        from doctor.report import jobs as report

        return report.as_line(found) if line else report.as_json(found)
