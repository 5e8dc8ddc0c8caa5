"""All batch jobs of the key, and all rows that stand for one, for `batches list` and `batches show`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

from doctor.engine import source
from doctor.errors import SourceError, Withheld
from doctor.facts import (
    BatchListing,
    BatchSelection,
    Connection,
    Environment,
    GeminiAccess,
    GoogleBatch,
    ListedBatch,
    Refusal,
    Resolution,
    StoredBatch,
    StoredBatches,
)
from doctor.facts.gemini import is_foreign
from doctor.needs import Observed
from doctor.sources.database.batchlist import named, stored_batches
from doctor.sources.directories import batch_directory
from doctor.sources.gemini.access import Way, check_open
from doctor.sources.gemini.api import Api, Unanswered
from doctor.sources.gemini.operations import batch_of, batches_of
from doctor.target import Deadline
from doctor.values import value

# The jobs of one page, and how long all pages may take, in seconds.
PAGE = "100"
PATIENCE = 60.0
# Google keeps jobs for weeks, not for years: nobody has more of them.
MOST = 200_000

_ID = re.compile(r"batches/[A-Za-z0-9][A-Za-z0-9_.-]*")


@value
class GoogleJobs:
    """All batch jobs of the key, or the one that is asked for."""

    jobs: tuple[GoogleBatch, ...] = ()


@source("gemini", deadline=PATIENCE)
def google_jobs(way: Way, access: GeminiAccess, deadline: Deadline) -> GoogleJobs:
    """Every page of the list."""
    check_open(access)
    with way.api(deadline, PATIENCE - 1) as api:
        return _jobs(_all(api))


@source("gemini", deadline=9)
def google_job(
    way: Way,
    access: GeminiAccess,
    selection: BatchSelection,
    rows: Observed[StoredBatches],
    deadline: Deadline,
) -> GoogleJobs:
    """The one that is asked for, by its id or by that of its row."""
    check_open(access)
    with way.api(deadline) as api:
        return _jobs(_one(api, _wanted(selection.id or "", rows.value)))


def _jobs(jobs: Iterator[GoogleBatch]) -> GoogleJobs:
    try:
        return GoogleJobs(tuple(jobs))
    except Unanswered as unanswered:
        # Google's answer for a job that is not there, and for a list in which nothing is.
        if unanswered.answer.refused(Refusal.NOT_FOUND):
            return GoogleJobs()
        raise SourceError(unanswered.answer.why) from unanswered


def _all(api: Api) -> Iterator[GoogleBatch]:
    count = 0
    for page in api.pages("batches", {"pageSize": PAGE}):
        for each in batches_of(page):
            count += 1
            if count > MOST:
                raise SourceError(f"there are more than {MOST:,} batch jobs")
            yield each


def _wanted(id: str, rows: StoredBatches | None) -> str | None:
    """Google's id of what was asked for; None for a row that has none."""
    row = next((each for each in rows.rows if each.id == id.lower()), None) if rows is not None else None
    wanted = named(id) if row is None else row.google_id or ""
    return wanted if _ID.fullmatch(wanted) else None


def _one(api: Api, id: str | None) -> Iterator[GoogleBatch]:
    if id is not None and (job := batch_of(api.get(id))) is not None:
        yield job


@source("batches", deadline=5)
def batch_listing(
    selection: BatchSelection,
    jobs: Observed[GoogleJobs],
    rows: Observed[StoredBatches],
    access: Observed[GeminiAccess],
    resolution: Resolution,
    environment: Environment,
    connection: Observed[Connection],
) -> BatchListing:
    """
    The two joined.

    Raises what kept Google's half away, unless there is none to be had (the provider is another one): then what kept
    the rows away. Of an id that Google cannot have, nothing is raised: there is an answer without either.
    """
    if jobs.error is not None and not is_foreign(selection.id or ""):
        missing = rows.error if isinstance(jobs.error, Withheld) else jobs.error
        if missing is not None:
            raise missing
    every = sorted(_joined(jobs.value, rows.value), key=_newest_first)
    wanted = [each for each in every if not selection.states or any(map(each.is_in, selection.states))]
    return BatchListing(
        selection,
        tuple(wanted[: selection.limit]),
        len(wanted),
        access.value.url if access.value is not None else "",
        datetime.now(UTC),
        # The worker makes no batches without its client.
        batch_directory("output", environment, resolution) if resolution.batch_client else None,
        _reason(rows.error, connection.value),
        str(jobs.error) if jobs.error is not None else None,
        len(rows.value.rows) if rows.value is not None and not rows.value.complete else None,
    )


def _joined(jobs: GoogleJobs | None, rows: StoredBatches | None) -> Iterator[ListedBatch]:
    """Every job and every row, together where they belong together."""
    stored = rows.rows if rows is not None else ()
    by_id: dict[str, list[StoredBatch]] = {}
    for row in stored:
        if row.google_id is not None:
            by_id.setdefault(row.google_id, []).append(row)
    known = {job.id: job for job in (jobs.jobs if jobs is not None else ())}
    for job in known.values():
        yield from (ListedBatch(job, row) for row in by_id.get(job.id) or (None,))
    for row in stored:
        if row.google_id is None or row.google_id not in known:
            yield ListedBatch(None, row)


def _newest_first(batch: ListedBatch) -> tuple[float, str]:
    times: Iterable[datetime | None] = (each.created_at for each in (batch.job, batch.row) if each is not None)
    created = next((time for time in times if time is not None), None)
    name = batch.job.id if batch.job is not None else batch.row.id if batch.row is not None else ""
    return (-created.timestamp() if created is not None else 0.0, name)


def _reason(error: SourceError | None, connection: Connection | None) -> str | None:
    """Why there are no rows."""
    if error is None:
        return None
    if connection is not None and connection.obstacle is not None:
        return f"the database at {connection.address} is not there: {connection.obstacle.text}"
    return f"the rows cannot be read: {error.reason}"


LISTING = (stored_batches, google_jobs, batch_listing)
SHOWING = (stored_batches, google_job, batch_listing)
