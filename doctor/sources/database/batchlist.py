"""The rows of batch_job_progress, one by one, for the list of batches."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from doctor.engine import source
from doctor.facts import BatchSelection, StoredBatch, StoredBatches
from doctor.redact import beginning
from doctor.sources.database.session import Session, moment

# More rows than anybody looks through; the newest are kept.
MOST_ROWS = 20_000
# More of an error message is not read.
LONGEST_ERROR = 2500

COLUMNS = (
    "id",
    "indexing_job_id",
    "batch_number",
    "total_batches",
    "chunks_processed",
    "status",
    "retry_count",
    "next_retry_at",
    "error_message",
    "created_at",
    "updated_at",
    "repository_id",
    "batch_request_data",
    "submission_attempts",
    "next_submission_at",
    "gemini_file_uri",
    "gemini_batch_job_id",
)
TIMES = ("next_retry_at", "created_at", "updated_at", "next_submission_at")

# What is stored for sending is the users' code: nothing of it is read.
ROWS = f"""
SELECT b.id::text AS id, b.indexing_job_id::text AS indexing_job_id, b.batch_number, b.total_batches,
       b.chunks_processed, b.status, b.retry_count, left(b.error_message, {LONGEST_ERROR + 1}) AS error_message,
       b.repository_id::text AS repository_id, NULL AS batch_request_data, b.submission_attempts,
       b.gemini_file_uri, b.gemini_batch_job_id,
       {", ".join(f"extract(epoch FROM b.{each})::float8 AS {each}" for each in TIMES)},
       left(r.name, 300) AS repository
FROM codechunking.batch_job_progress AS b
LEFT JOIN codechunking.indexing_jobs AS j ON j.id = b.indexing_job_id
LEFT JOIN codechunking.repositories AS r ON r.id = coalesce(j.repository_id, b.repository_id)
WHERE {{condition}}
ORDER BY b.created_at DESC, b.id DESC LIMIT {MOST_ROWS + 1}
"""


def named(id: str) -> str:
    """An id as Google has it: `batches/...`."""
    return id if "/" in id else f"batches/{id}"


@source("batch rows", deadline=9)
def stored_batches(session: Session, selection: BatchSelection) -> StoredBatches:
    """The rows, newest first, or those of one id."""
    if selection.id is None:
        rows = session.rows(ROWS.format(condition="true"))
    else:
        condition = "(b.gemini_batch_job_id = %s OR b.id::text = lower(%s))"
        rows = session.rows(ROWS.format(condition=condition), (named(selection.id), selection.id))
    return StoredBatches(tuple(map(_row, rows[:MOST_ROWS])), complete=len(rows) <= MOST_ROWS)


def _row(row: Mapping[str, Any]) -> StoredBatch:
    times = {name: moment(row[name]) for name in TIMES}
    error = row["error_message"] and beginning(row["error_message"], LONGEST_ERROR)
    written = {name: _written(time) for name, time in times.items()}
    columns = {name: row[name] for name in COLUMNS} | written | {"error_message": error}
    return StoredBatch(
        row["id"],
        row["status"],
        row["gemini_batch_job_id"] or None,
        columns,
        times["created_at"],
        times["updated_at"],
        row["repository"],
        error,
    )


def _written(time: datetime | None) -> str | None:
    return None if time is None else time.isoformat(timespec="milliseconds").replace("+00:00", "Z")
