"""Which lines of which logs are asked for."""

from __future__ import annotations

from doctor.values import value


@value
class LogSelection:
    """
    What to read, and which lines of it count.

    `paths` are as they were typed: files, globs, directories, `-` for standard input, `docker:NAME`. `since` and
    `until` are in seconds since the epoch. `job` is the id of an indexing job, `id` one that may stand anywhere in a
    line: of a job, a batch, a repository, a job at Google.
    """

    paths: tuple[str, ...] = ()
    since: float | None = None
    until: float | None = None
    job: str | None = None
    id: str | None = None
