"""Which jobs are asked about, and what the database has of them."""

from __future__ import annotations

import re
from dataclasses import field

from doctor.values import value

_AROUND = re.compile(r"^[a-z][a-z0-9+.-]*://(?:[^/@]*@)?|^[^/@:]+@(?=[^/:]+:)|(?:\.git)?/*$")


def bare_address(repository: str) -> str:
    """What the ways to write one address have in common, in lower case: `github.com/acme/shop`."""
    text = repository.strip().lower()
    bare = _AROUND.sub("", text)
    if "@" in text and "://" not in text:
        # git@github.com:acme/shop.git
        bare = bare.replace(":", "/", 1)
    return bare or text


@value
class WhySelection:
    """
    Which jobs to explain: the one whose id is or begins with `job`, those of repositories with `repository` in their
    name or address whatever the case, `every` one; else the newest. With `chunks` a repository that is only thought of
    is explained, with so many chunks.
    """

    job: str | None = None
    repository: str | None = None
    every: bool = False
    chunks: int | None = None

    def has_in(self, *names: str | None) -> bool:
        """Whether one of these names or addresses is of a repository that is asked for."""
        if self.repository is None:
            return True
        wanted = bare_address(self.repository)
        return any(wanted in bare_address(each) for each in names if each)

    @property
    def named(self) -> bool:
        """Whether a job or a repository is asked for by name."""
        return self.job is not None or self.repository is not None


@value
class JobIds:
    """
    Further jobs to look up, by whole ids with dashes or without, the most important first.

    What is no id belongs to no job. Jobs count that are marked as deleted too.
    """

    ids: tuple[str, ...] = ()


@value
class RecordedBatch:
    """One row of batch_job_progress; times are seconds since the epoch, None where the row has none."""

    id: str
    status: str
    number: int = 1
    total: int = 1
    error: str | None = None
    attempts: int = 0
    retries: int = 0
    google_id: str | None = None
    chunks: int | None = None
    created_at: float | None = None
    updated_at: float | None = None
    next_submission_at: float | None = None


@value
class RecordedJob:
    """
    One job with its repository and its batches.

    `status` and `error` are columns that the program writes since 14 April 2026 only. `repository` is the name and
    `url` the address. `chunks` is how many the job made, None where that was never stored. Times are seconds since the
    epoch.
    """

    id: str
    status: str
    error: str | None = None
    repository_id: str | None = None
    repository: str | None = None
    url: str | None = None
    repository_status: str | None = None
    embedding_status: str | None = None
    chunks: int | None = None
    created_at: float | None = None
    started_at: float | None = None
    completed_at: float | None = None
    batches: tuple[RecordedBatch, ...] = ()


@value
class JobRecords:
    """The jobs of a selection as the database has them, newest first; `complete` says that these are all."""

    jobs: tuple[RecordedJob, ...] = field(default=())
    complete: bool = True

    def of(self, id: str) -> RecordedJob | None:
        """The job with this id."""
        return next((each for each in self.jobs if each.id == id), None)
