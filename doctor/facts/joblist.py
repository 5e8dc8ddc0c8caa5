"""Which indexing jobs are asked for, and what the table says of them."""

from __future__ import annotations

from datetime import datetime

from doctor.values import value

# The words that the program writes, in the order of a job's life.
JOB_STATUSES = ("pending", "running", "completed", "failed", "cancelled")

# So much of an error message is shown; a little more is fetched, so that no secret is cut before it is masked.
LONGEST_ERROR = 2000


@value
class JobSelection:
    """
    Which live jobs to list: those in one of `statuses` (empty: in any), of repositories whose name or URL contains
    `repository` whatever the case, the newest `limit` of them. With a `limit` of 0 only the totals are wanted.
    """

    statuses: tuple[str, ...] = ()
    repository: str | None = None
    limit: int = 10


@value
class ListedJob:
    """One live job; None is what the table has no value for. Times are in UTC."""

    id: str
    status: str
    repository: str | None = None
    files_processed: int | None = None
    chunks_created: int | None = None
    created_at: datetime | None = None
    started_at: datetime | None = None
    completed_at: datetime | None = None
    error_message: str | None = None


@value
class JobTotal:
    """All live jobs in one status."""

    status: str
    count: int
    total_files: int = 0
    total_chunks: int = 0


@value
class Nothing:
    """What surrounds an empty list: jobs that are soft-deleted, live repositories, and those that match the filter."""

    deleted_jobs: bool = False
    repositories: int = 0
    matching: int = 0


@value
class JobList:
    """
    The jobs of a selection, newest first, and the totals by status.

    `totals` count all live jobs of the selected repositories, in any status; None when the server took too long to
    count them. `place` says which database was asked, `api` where repositories are submitted, `at` when it was, by the
    server's clock. `nothing` is there when no job is.
    """

    selection: JobSelection
    jobs: tuple[ListedJob, ...]
    totals: tuple[JobTotal, ...] | None
    place: str
    api: str
    at: datetime
    nothing: Nothing | None = None

    @property
    def shown_totals(self) -> tuple[JobTotal, ...]:
        """The totals of the selected statuses."""
        wanted = self.selection.statuses
        return tuple(each for each in self.totals or () if not wanted or each.status in wanted)

    @property
    def matching(self) -> int | None:
        """How many jobs the selection has, whatever the limit; None when that is not known."""
        return None if self.totals is None else sum(each.count for each in self.shown_totals)

    def count(self, status: str) -> int:
        """How many live jobs of the selected repositories are in this status."""
        return sum(each.count for each in self.totals or () if each.status == status)
