"""What Google says of the jobs that rows wait for."""

from __future__ import annotations

from collections.abc import Iterator

from checks.batches._rows import SHOWN, Rows, many, place, scrubbed
from doctor.api import Evidence, Skipped, beginning, facts

# While one of these fires Google did not tell of its jobs. The steps on the way to Google name what they block.
NOT_ASKED = ("gemini.batches-denied", "gemini.quota-exhausted")

RESTART = "Restart the worker (compose: `docker compose restart worker`)"


def at_google(batches: facts.BatchRows) -> Iterator[facts.BatchRow]:
    """The open rows that have a job, those first that the worker looks after in each round."""
    state = facts.BatchState
    for each in (state.AT_GOOGLE, state.RETRY_DUE, state.RETRY_AHEAD, state.RETRY_UNSET):
        yield from (row for row in batches.of(each).rows if row.google_id)


def listed_all(batches: facts.BatchRows) -> bool:
    """Whether all rows of this kind were read."""
    state = facts.BatchState
    kinds = (state.AT_GOOGLE, state.RETRY_DUE, state.RETRY_AHEAD, state.RETRY_UNSET)
    return all(batches.of(each).complete for each in kinds)


def check_told(batches: facts.BatchRows, google: facts.GoogleBatches) -> None:
    """For a check that found nothing: raise Skipped when Google did not tell of every job."""
    ids = {row.google_id or "" for row in at_google(batches)}
    untold = ids - google.jobs.keys() - set(google.gone)
    if untold:
        raise Skipped(f"Google told of {len(ids) - len(untold):,} of {many(len(ids), 'job', 'jobs')} in time")


def job_of(row: facts.BatchRow, google: facts.GoogleBatches | None) -> facts.GoogleBatch | None:
    """The row's job, when Google was asked and knows it."""
    return google.jobs.get(row.google_id or "") if google is not None else None


def finished_at(job: facts.GoogleBatch) -> float | None:
    """When Google was done, in seconds since the epoch."""
    moment = job.completed_at or job.updated_at
    return moment.timestamp() if moment is not None else None


def requests_of(job: facts.GoogleBatch) -> str:
    """`4 of 10 requests done, 1 failed`; nothing where Google gives no numbers."""
    if not job.total:
        return ""
    done = f"{job.succeeded or 0:,} of {many(job.total, 'request', 'requests')} done"
    return f"{done}, {job.failed:,} failed" if job.failed else done


def told(rows: Rows, google: facts.GoogleBatches | None, most: int = SHOWN) -> tuple[Evidence, ...]:
    """What Google says of the first of these rows."""
    pairs = ((row, job_of(row, google)) for row in rows)
    known = [(row, job) for row, job in pairs if job is not None][:most]
    return tuple(Evidence("google", f"{job.id}: {'; '.join(_facts(job))}", place(row)) for row, job in known)


def _facts(job: facts.GoogleBatch) -> Iterator[str]:
    yield f"Google says {job.bare}"
    if requests_of(job):
        yield requests_of(job)
    if job.completed_at is not None:
        yield f"ended at {job.completed_at.isoformat(timespec='seconds')}"
    if job.output_file:
        yield f"result file {job.output_file[:100]}"
    if job.error:
        yield f"its message: {beginning(scrubbed(job.error), 500)}"
