"""The rows of batch_job_progress: what is open, what failed, and which chunks still have no vectors."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from enum import StrEnum

from doctor.values import value


class BatchState(StrEnum):
    """Where an open batch stands, as told by its status and by the columns that decide who picks it up."""

    PENDING = "pending"
    DUE = "due"
    HELD_BACK = "held back"
    SCHEDULED = "scheduled"
    NO_JOB_ID = "no job id"
    BAD_JOB_ID = "bad job id"
    AT_GOOGLE = "at Google"
    RETRY_UNSET = "retry unset"
    RETRY_DUE = "retry due"
    RETRY_AHEAD = "retry ahead"
    FAILED = "failed"
    COMPLETED = "completed"

    @property
    def status(self) -> str:
        """What stands in the column `status`."""
        return _STATUS.get(self, self.value)


_STATUS = {
    BatchState.DUE: "pending_submission",
    BatchState.HELD_BACK: "pending_submission",
    BatchState.SCHEDULED: "pending_submission",
    BatchState.NO_JOB_ID: "processing",
    BatchState.BAD_JOB_ID: "processing",
    BatchState.AT_GOOGLE: "processing",
    BatchState.RETRY_UNSET: "retry_scheduled",
    BatchState.RETRY_DUE: "retry_scheduled",
    BatchState.RETRY_AHEAD: "retry_scheduled",
}


@value
class BatchRow:
    """
    One row, times as seconds by the server's clock.

    `repository` is the one that the row names, `owner` the one that its job names; `url` belongs to the owner,
    `running` to the job. `age` counts from creation, `idle` from the last update, `due` from the moment at which it may
    be picked up (negative: that lies ahead, None: nothing says). `request_bytes` is the size of the stored requests,
    None when there are none; `requests` their number where it was worth counting. `error` and `google_id` are what the
    table says, cut.
    """

    id: str
    job: str
    state: BatchState
    repository: str | None = None
    owner: str | None = None
    url: str | None = None
    running: bool = False
    number: int = 1
    total: int = 1
    age: float = 0.0
    idle: float = 0.0
    due: float | None = None
    attempts: int = 0
    retries: int = 0
    google_id: str | None = None
    request_bytes: int | None = None
    requests: int | None = None
    processed: int = 0
    error: str | None = None

    @property
    def has_requests(self) -> bool:
        """Whether there is something that could be sent."""
        return bool(self.request_bytes)


@value
class BatchList:
    """Some rows of one kind, the worst first, and how many there are."""

    rows: tuple[BatchRow, ...] = ()
    count: int = 0

    @property
    def complete(self) -> bool:
        """Whether these are all."""
        return self.count <= len(self.rows)


@value
class Gap:
    """
    The live chunks of a repository that have no vector, among those looked at: at least so many.

    `complete` says that all its chunks were looked at.
    """

    looked_at: int
    missing: int
    complete: bool = True

    @property
    def total(self) -> bool:
        """Whether no chunk that was looked at has a vector."""
        return self.missing == self.looked_at > 0


@value
class BatchRows:
    """
    The batches of live jobs of live repositories.

    `open` has those that are neither completed nor failed, by state. `mismatched` are open ones that name another
    repository than their job does, `empty` those that wait to be sent and hold no requests. `failed` are failed ones,
    and `thin` completed ones with fewer vectors than requests, of each repository's newest job.
    `gaps` tells of the repositories of the last two, as far as they were looked at. `last_sent` is how many seconds
    ago a batch was last handed to Google, None when none is there.
    """

    open: Mapping[BatchState, BatchList] = field(default_factory=dict)
    mismatched: BatchList = BatchList()
    empty: BatchList = BatchList()
    failed: BatchList = BatchList()
    thin: tuple[BatchRow, ...] = ()
    gaps: Mapping[str, Gap] = field(default_factory=dict)
    last_sent: float | None = None

    def of(self, state: BatchState) -> BatchList:
        """The open rows in this state."""
        return self.open.get(state, BatchList())
