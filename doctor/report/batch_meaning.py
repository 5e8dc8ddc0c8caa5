"""What a batch comes to, at Google and in the database together, and what to type about it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from doctor.facts import BatchListing, GoogleBatch, ListedBatch, StoredBatch
from doctor.facts.gemini import GUIDE_STATES, LONGEST_FILE_ID, is_foreign, is_pollable
from doctor.report.batch_list import CHECK, KEPT, host, is_late
from doctor.report.batches import error_of, is_gone, is_passed_over
from doctor.report.figures import duration
from doctor.report.terminal import one_line

# Longer than that, Google's own time for a batch is used up for half.
SLOW = timedelta(hours=24)
DOWNLOAD_FAILED = "batch file reference download failed"
VERTEX = (
    "see `codechunk-doctor explain batches.bad-job-id` and `codechunk-doctor explain environment.gemini-redirected`"
)
AGAIN = "Once the cause is gone, submit the repository again: chunks that have vectors are skipped."


def meaning(batch: ListedBatch, found: BatchListing) -> tuple[list[str], list[str]]:
    """Paragraphs, and the commands that go on from there."""
    paragraphs = [" ".join([*_job(batch, found), *_row(batch, found)]), " ".join(_results(batch, found.at))]
    return [each for each in paragraphs if each], [CHECK] if needs_attention(batch, found) else []


def not_there(found: BatchListing) -> str:
    """That the batch asked for was found nowhere, and where was looked."""
    id = one_line(found.selection.id or "")
    rows = found.without_database or "no row of the database has this id"
    if is_foreign(id):
        return (
            f"{id} is no job of the Gemini API, whose ids begin with batches/, and {rows}. An id of the guide's form "
            f"comes from Vertex AI, which the worker cannot use ({VERTEX})."
        )
    google = f"Google does not know it with this key (asked at {host(found)})"
    if found.without_google is not None:
        google = f"Google was not asked: {found.without_google}"
    return f"No batch {id} was found: {google}, and {rows}."


def needs_attention(batch: ListedBatch, found: BatchListing) -> bool:
    """Whether a check has more to say about it."""
    job, row = batch.job, batch.row
    if row is None or row.status == "completed":
        return bool(row is not None and job is not None and job.failed)
    if row.status == "failed" or is_gone(batch, found) or is_late(batch, found.at):
        return True
    if is_passed_over(batch):
        return True
    if job is None:
        return row.google_id is None and not _is_queued(row, found.at)
    return job.guide_state in ("FAILED", "CANCELLED") or _is_slow(job, found.at)


# --- Google's side -----------------------------------------------------------------------------------------------


def _job(batch: ListedBatch, found: BatchListing) -> Iterator[str]:
    job, row = batch.job, batch.row
    if job is None and row is not None and row.google_id and not is_pollable(row.google_id):
        yield (
            "The worker never asks for this job: ids of the Gemini API begin with batches/, and this one is of "
            f"another API (Vertex AI: {VERTEX})."
        )
    elif found.without_google is not None:
        yield f"Google was not asked: {found.without_google}."
    elif job is not None:
        yield _at_google(job, found.at)
    elif row is not None and row.google_id:
        fetched = " The worker has its results, so nothing is lost." if row.status == "completed" else ""
        yield f"Google does not know this job: deleted, older than Google keeps, or made with another key.{fetched}"


def _at_google(job: GoogleBatch, now: datetime) -> str:
    state = job.bare
    if state in ("SUCCEEDED", "PARTIALLY_SUCCEEDED"):
        if job.failed:
            return (
                f"Google is done, but {job.failed:,} of the requests failed: their chunks get no vectors until the "
                "repository is submitted again."
            )
        return "Google is done." if state == "SUCCEEDED" else "Google is done with a part of the requests."
    if state == "EXPIRED":
        return (
            "The job expired: Google did not finish it in the time it has for a batch (48 hours). There are no results."
        )
    if state == "FAILED":
        return "The job failed at Google. There are no results."
    if state == "CANCELLED":
        return "The job was cancelled at Google. There are no results."
    if state == "CANCELLING":
        return "The job is being cancelled at Google; the program counts it as cancelled already."
    if state not in GUIDE_STATES:
        return f"The program does not know the state {one_line(job.state)}; it waits as if it were PENDING."
    doing = "The job has waited its turn at Google" if job.guide_state == "PENDING" else "Google has worked on it"
    since = f" for {duration(job.created_at, now)}" if job.created_at is not None and job.created_at <= now else ""
    slow = " Google takes up to 24 hours as a rule, and gives up after 48." if _is_slow(job, now) else ""
    return f"{doing}{since}.{slow}"


def _is_slow(job: GoogleBatch, now: datetime) -> bool:
    return not job.ended and job.created_at is not None and now - job.created_at > SLOW


# --- the database's side -------------------------------------------------------------------------------------------


def _row(batch: ListedBatch, found: BatchListing) -> Iterator[str]:
    job, row = batch.job, batch.row
    if found.without_database is not None:
        yield f"Whether it has a row is not known: {found.without_database}."
    elif row is None:
        yield (
            "No row of this database names the job: it is of another installation or key, or the row was deleted. "
            "This worker does not collect its results."
        )
    elif row.status == "completed":
        yield "The worker has stored the results."
    elif row.status == "failed":
        yield from _failed(batch)
    elif row.google_id is None:
        yield _unsent(row, found.at)
    elif job is None:
        if is_gone(batch, found) or is_passed_over(batch):
            yield f"The row stays {row.status}, and its chunks stay without vectors. {AGAIN}"
    else:
        yield from _waiting(job, row, batch, found.at)


def _waiting(job: GoogleBatch, row: StoredBatch, batch: ListedBatch, now: datetime) -> Iterator[str]:
    if job.guide_state == "COMPLETED":
        yield (
            f"The row is still {row.status}: the worker has not collected the results. It looks every 30 seconds "
            "(batch_processing.poller_interval)."
        )
        if is_late(batch, now) and job.completed_at is not None:
            yield f"Google finished {duration(job.completed_at, now)} ago, so something keeps the worker from it."
    elif job.guide_state == "CANCELLED":
        yield (
            f"The worker passes over cancelled jobs: the row stays {row.status} until the worker is restarted, "
            "which marks it as failed. Then submit the repository again."
        )
    elif job.guide_state == "FAILED":
        yield (
            "The worker asks for the same job three more times (after 1, 2 and 4 minutes), sends nothing again, and "
            f"then marks the row as failed. {AGAIN}"
        )


def _failed(batch: ListedBatch) -> Iterator[str]:
    error = error_of(batch) or ""
    of_row = (batch.row.error if batch.row is not None else None) or ""
    if DOWNLOAD_FAILED in of_row:
        yield "The worker could not download the results, and gave the batch up."
    elif of_row and error not in of_row:
        yield f"The worker gave the batch up: {one_line(of_row)}"
    else:
        yield "The worker gave the batch up." if error else "The worker gave the batch up, and wrote no error message."
    yield f"Its chunks have no vectors unless they were indexed again. {AGAIN}"


def _is_queued(row: StoredBatch, now: datetime) -> bool:
    """Whether it is on its way to Google, and not for long yet."""
    fresh = row.created_at is not None and now - row.created_at < timedelta(minutes=5)
    return row.status == "pending_submission" and fresh and not row.columns.get("submission_attempts")


def _unsent(row: StoredBatch, now: datetime) -> str:
    if row.status != "pending_submission":
        return f"The row is {row.status}, and names no job at Google: the worker neither sends it nor asks for it."
    if row.columns.get("submission_attempts"):
        limit = "batch_processing.max_submission_attempts"
        return f"The worker tried to send it and could not; it tries again, up to {limit} times."
    since = f" It has waited {duration(row.created_at, now)}." if not _is_queued(row, now) and row.created_at else ""
    return f"It was not sent to Google yet: the worker sends one batch every few seconds.{since}"


# --- the file with the results -------------------------------------------------------------------------------------


def _results(batch: ListedBatch, now: datetime) -> Iterator[str]:
    job, row = batch.job, batch.row
    if job is None or not job.output_file or (row is not None and row.status == "completed"):
        return
    excess = len(job.output_id or "") - LONGEST_FILE_ID
    if excess > 0:
        yield (
            f"The id of the output file has {LONGEST_FILE_ID + excess} characters where Google documents at most "
            f"{LONGEST_FILE_ID}: the case of the guide's section on error 403. Since 2026-04-23 the worker downloads "
            "by a reference made of the id, without asking for metadata, removing batch- or using a local copy. "
            f'If Google refuses, the row fails with "{DOWNLOAD_FAILED}".'
        )
    if job.completed_at is not None:
        yield _lifetime(job.completed_at, now)


def _lifetime(completed_at: datetime, now: datetime) -> str:
    if now - completed_at > KEPT:
        return "Google keeps files with results about 48 hours; that is over, so this one is probably gone."
    try:
        end = completed_at + KEPT
    except OverflowError:
        return "Google keeps files with results about 48 hours."
    return f"Google keeps files with results about 48 hours: this one until about {end:%Y-%m-%d %H:%M} UTC."
