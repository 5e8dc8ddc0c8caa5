"""Which batch jobs are asked for, and what Google and the database together say of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from datetime import datetime

from doctor.facts.gemini import GoogleBatch
from doctor.values import value

# The words of the guide, in the order of a job's life.
BATCH_STATES = ("PENDING", "PROCESSING", "COMPLETED", "FAILED", "CANCELLED")

# What the guide would call the status of a row.
ROW_STATES = {
    "pending": "PENDING",
    "pending_submission": "PENDING",
    "processing": "PROCESSING",
    "retry_scheduled": "PROCESSING",
    "completed": "COMPLETED",
    "failed": "FAILED",
}


@value
class BatchSelection:
    """
    Which batches to list: those in one of `states`, the newest `limit` of them; or the one that `id` names.

    A state is a word of the guide (`COMPLETED`) or of Google without its prefix (`SUCCEEDED`); a word of both means the
    guide's. An `id` is `batches/...`, what follows that, or the id of a row.
    """

    states: tuple[str, ...] = ()
    limit: int | None = None
    id: str | None = None


@value
class StoredBatch:
    """
    One row of batch_job_progress, whatever became of its job.

    `columns` are all of the table's, by name, as JSON has them (times in RFC 3339, the stored requests left out).
    `requests` is how many those are, None where they are not counted. `repository` is the name of the one it is for.
    """

    id: str
    status: str
    google_id: str | None
    columns: Mapping[str, object] = field(default_factory=dict)
    created_at: datetime | None = None
    updated_at: datetime | None = None
    repository: str | None = None
    error: str | None = None


@value
class StoredBatches:
    """The rows of batch_job_progress, newest first; `complete` is false when there are more than were read."""

    rows: tuple[StoredBatch, ...] = ()
    complete: bool = True


@value
class ListedBatch:
    """One batch: Google's job, the row of the database, or both; never neither."""

    job: GoogleBatch | None = None
    row: StoredBatch | None = None

    @property
    def state(self) -> str:
        """The state in the guide's words: that of the job, else what the guide would call the row's."""
        if self.job is not None:
            return self.job.guide_state
        return ROW_STATES.get(self.row.status, "PENDING") if self.row is not None else "PENDING"

    def is_in(self, state: str) -> bool:
        """Whether it is in this state, a word of the guide or of Google."""
        if state in BATCH_STATES:
            return self.state == state
        return self.job is not None and self.job.bare == state


@value
class BatchListing:
    """
    The batches of a selection, newest first.

    `count` is how many the selection has, whatever its limit. `without_database` says why there are no rows, None when
    they were read; `without_google` likewise for the jobs. `newest_rows` is how many rows were read, None when that is
    all of them. `output_dir` is where the worker puts results (None: it makes no batches). `place` says which API was
    asked. `at` is when.
    """

    selection: BatchSelection
    batches: tuple[ListedBatch, ...]
    count: int
    place: str
    at: datetime
    output_dir: str | None = None
    without_database: str | None = None
    without_google: str | None = None
    newest_rows: int | None = None
