"""What the rows of repositories, jobs, vectors and connectors show; no verdicts, only what is there."""

from __future__ import annotations

from doctor.values import value


@value
class RepositoryRow:
    """
    One live repository. `url` may hold a user and a token. `age` is in seconds since it was last changed, by the
    server's clock. `has_job` and `runs` say whether a live job of it is waiting or running, and whether one is running;
    `has_open_batch` whether a batch of it is still to come.
    """

    id: str
    name: str
    url: str
    status: str | None = None
    age: float = 0.0
    zoekt_status: str | None = None
    embedding_status: str | None = None
    has_job: bool = False
    runs: bool = False
    has_open_batch: bool = False


@value
class JobRow:
    """
    One live job. `age` is in seconds: since it was started when it is running, since it failed when it has failed, else
    since it was made. `repository` is None when it points at none or at one that is gone or soft-deleted; then
    `repository_id` is what it points at. `completed_since` says that the repository was completed after the job was
    made.
    """

    id: str
    status: str
    age: float
    repository: RepositoryRow | None = None
    repository_id: str | None = None
    error: str | None = None
    completed_since: bool = False


@value
class UnreadableRow:
    """A live row that the program cannot read: `table` and `id`, and `fault` in words (`status 'indexed'`)."""

    table: str
    id: str
    fault: str


@value
class DeletedRow:
    """A soft-deleted repository; `age` is in seconds since then."""

    id: str
    name: str
    url: str
    age: float


@value
class JobRows:
    """
    Repositories and jobs.

    `unfinished` are the live jobs that wait or run, oldest first; `unfinished_count` is how many there are in all.
    `failed` are the newest jobs of live repositories that are not completed, where that job failed. `repositories` are
    the live ones that are pending, cloning or processing, `indexed` those completed with an index that failed.
    `hosts` are those of github.com and gitlab.com that occur in the address of a live repository.
    """

    unfinished: tuple[JobRow, ...] = ()
    unfinished_count: int = 0
    failed: tuple[JobRow, ...] = ()
    repositories: tuple[RepositoryRow, ...] = ()
    indexed: tuple[RepositoryRow, ...] = ()
    unreadable: tuple[UnreadableRow, ...] = ()
    deleted: tuple[DeletedRow, ...] = ()
    deleted_count: int = 0
    hosts: tuple[str, ...] = ()


@value
class RepositoryVectors:
    """
    The live vectors of one live repository under one model, as far as they were looked at: how many, how many of them
    empty, and how many without language, type or path although their chunk is there.
    """

    repository: RepositoryRow
    model: str
    count: int
    blank: int = 0
    unlabelled: int = 0


@value
class VectorRows:
    """
    What is stored for the search.

    `sampled` is how many vectors of each repository were looked at for `vectors`, None for all. `made_up` are
    repositories of which a sampled vector has nothing but multiples of 0.001. `bare` are completed repositories with
    chunks and without a vector or an open batch. `astray` counts live vectors in the table that is not searched whose
    chunk has none in the other (`more_astray`: and there are more), `astray_in` names the repositories they belong to.
    """

    vectors: tuple[RepositoryVectors, ...] = ()
    sampled: int | None = None
    made_up: tuple[RepositoryRow, ...] = ()
    bare: tuple[RepositoryRow, ...] = ()
    astray: int = 0
    more_astray: bool = False
    astray_in: tuple[RepositoryRow, ...] = ()


@value
class ConnectorRow:
    """A connector; `age` is in seconds since its last change, `synced` says that it ever was."""

    id: str
    name: str
    kind: str
    status: str
    age: float
    synced: bool = False


@value
class ConnectorRows:
    """All connectors, up to a few hundred."""

    connectors: tuple[ConnectorRow, ...] = ()
