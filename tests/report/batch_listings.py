"""Batches of every kind, built by hand."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from doctor.facts import BatchListing, BatchSelection, GoogleBatch, ListedBatch, StoredBatch

NOW = datetime(2025, 11, 22, 12, 0, tzinfo=UTC)
PLACE = "https://generativelanguage.googleapis.com"
OUTPUT_DIR = "/tmp/batch_embeddings/output"
LONG_ID = "batch-pwccfe96og36g8qngof6db1dsnywrs1hxhd3"


def ago(**time: float) -> datetime:
    return NOW - timedelta(**time)


def google(number: int, state: str, **values: Any) -> GoogleBatch:
    given = {"model": "models/gemini-embedding-001", "created_at": ago(hours=1), "updated_at": ago(minutes=2), **values}
    return GoogleBatch(f"batches/{'pwccfe96og36g8qngof6db1dsnywrs1hx'}{number:03}", f"BATCH_STATE_{state}", **given)


def stored(number: int, status: str, job: GoogleBatch | str | None = None, **values: Any) -> StoredBatch:
    id = f"a1b2c3d4-e5f6-4890-abcd-{number:012d}"
    google_id = job.id if isinstance(job, GoogleBatch) else job
    columns = {
        "id": id,
        "batch_number": 2,
        "total_batches": 7,
        "status": status,
        "retry_count": 0,
        "next_retry_at": None,
        "submission_attempts": 1 if google_id else 0,
        "next_submission_at": None,
        "gemini_batch_job_id": google_id,
        **values.pop("columns", {}),
    }
    given = {"created_at": ago(hours=1, minutes=1), "updated_at": ago(minutes=1), "repository": "my-repo", **values}
    return StoredBatch(id, status, google_id, columns, **given)


def both(job: GoogleBatch, status: str, number: int = 1, **values: Any) -> ListedBatch:
    return ListedBatch(job, stored(number, status, job, **values))


def listing(*batches: ListedBatch, count: int | None = None, **values: Any) -> BatchListing:
    selection = values.pop("selection", BatchSelection())
    given = {"output_dir": OUTPUT_DIR, **values}
    return BatchListing(selection, batches, len(batches) if count is None else count, PLACE, NOW, **given)


# The guide's example, with an output file as Google names it.
COMPLETED = google(
    1,
    "SUCCEEDED",
    total=5000,
    succeeded=4998,
    failed=2,
    created_at=datetime(2025, 11, 22, 10, 30, tzinfo=UTC),
    updated_at=datetime(2025, 11, 22, 10, 45, 23, tzinfo=UTC),
    completed_at=datetime(2025, 11, 22, 10, 45, 23, tzinfo=UTC),
    output_file="files/batch-output-20251122",
)
RUNNING = google(2, "RUNNING", total=5000, succeeded=1200, failed=50)
WAITING = google(3, "PENDING", total=800, succeeded=0, failed=0, created_at=ago(minutes=3))
FAILED = google(
    4, "FAILED", total=10, succeeded=0, failed=0, completed_at=ago(minutes=30), error="The input file has no requests."
)
EXPIRED = google(5, "EXPIRED", total=300, succeeded=0, failed=0, created_at=ago(hours=49), completed_at=ago(hours=1))
CANCELLED = google(6, "CANCELLED", total=300, succeeded=10, failed=0, completed_at=ago(minutes=50))
LONG = google(
    7,
    "SUCCEEDED",
    total=100,
    succeeded=100,
    failed=0,
    completed_at=ago(minutes=1),
    output_file=f"files/{LONG_ID}",
)
LATE = google(
    8,
    "SUCCEEDED",
    total=100,
    succeeded=100,
    failed=0,
    created_at=ago(hours=60),
    completed_at=ago(hours=50),
    output_file="files/batch-late",
)

EVERY = (
    both(WAITING, "processing", 3),
    both(RUNNING, "processing", 2, repository="another-repository-with-a-longer-name"),
    both(COMPLETED, "completed", 1),
    ListedBatch(row=stored(9, "pending_submission", created_at=ago(hours=2))),
    both(FAILED, "failed", 4, error="batch job failed: The input file has no requests."),
    both(EXPIRED, "retry_scheduled", 5),
    both(CANCELLED, "processing", 6),
    ListedBatch(row=stored(10, "processing", "batches/lost0og36g8qngof6db1dsnywrs1hx010", created_at=ago(days=3))),
    ListedBatch(google(11, "SUCCEEDED", total=7, succeeded=7, failed=0, completed_at=ago(minutes=59))),
    both(LATE, "processing", 8),
)
