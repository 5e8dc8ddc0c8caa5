"""What runs, beside what lies on the disk: where the two differ, what starts the services, what they can call."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field

from doctor.facts.configuration import Resolution
from doctor.model import Location
from doctor.values import value


@value
class Difference:
    """
    A setting, or a variable that is none, with two values as a report may show them (`***` for a secret).

    `had` is the one in force, None for none; `now` the other one, and `at` where that stands.
    """

    key: str
    had: str | None
    now: str | None
    at: Location | None = None


@value
class LoadedFile:
    """
    The file that something else than this run names for the worker.

    `by` says what, for a sentence (`the worker's container`), `same` that it is the examined one under whatever name.
    """

    by: str
    path: str
    at: Location
    same: bool = False


@value
class Drift:
    """
    Where the running worker and the installation's files part.

    `file` is the file that the worker reads, as reports show it; `changed_at` its last change and `started_at` the
    start of the worker, in seconds since the epoch, None where these are not known. `variables` are settings that would
    be others after a restart, as the variables that come from `source` changed. `copy` are settings for which the
    worker's container has another value in its own `file` than the checkout has, `absent` that it has no such file.
    `migrations` are names of the checkout's migrations that the container lacks. `loaded` are the files that process,
    container and compose file name for the worker.
    """

    file: str | None = None
    changed_at: float | None = None
    started_at: float | None = None
    variables: tuple[Difference, ...] = ()
    source: str | None = None
    copy: tuple[Difference, ...] = ()
    absent: bool = False
    migrations: tuple[str, ...] = ()
    loaded: tuple[LoadedFile, ...] = ()


@value
class Program:
    """A program that the worker calls: by which name, where that was found (None: nowhere it looks)."""

    name: str
    path: str | None = None


@value
class Programs:
    """The programs that the worker calls, as they are found by its own PATH; `where` says whose that is."""

    where: str
    found: tuple[Program, ...] = ()

    def named(self, name: str) -> Program | None:
        """One of them; None when it was not looked for."""
        return next((each for each in self.found if each.name == name), None)


@value
class RunningWorker:
    """One worker that runs: `name` for people, `config` None where its settings cannot be known from here."""

    name: str
    at: Location
    started_at: float | None = None
    config: Resolution | None = None


@value
class RunningWorkers:
    """Every worker of this machine that runs, in whatever directory; the one that started last is last."""

    found: tuple[RunningWorker, ...] = ()


@value
class ComposeStart:
    """
    What docker compose makes of one service: its variables, and the configuration that it comes to with them.

    `passed` are the names that reach it although nothing here has a value for them. `at` is its start command, or the
    service itself.
    """

    variables: Mapping[str, str] = field(repr=False)
    config: Resolution
    at: Location
    passed: frozenset[str] = frozenset()


@value
class ComposeSettings:
    """The worker and the API of the compose file, by the names of their services."""

    services: Mapping[str, ComposeStart] = field(default_factory=dict)


@value
class StartCommand:
    """A command that starts the API or the worker: its words, and where they are written or seen."""

    words: tuple[str, ...]
    at: Location
    role: str | None = None


@value
class StartCommands:
    """The start commands of processes, containers, the compose file and the Procfile."""

    found: tuple[StartCommand, ...] = ()


@value
class LargeRepository:
    """A live repository, and the most chunks that it had."""

    id: str
    name: str
    chunks: int


@value
class ChunkBudget:
    """
    The chunks that the worker's queue takes, by the database.

    `largest` are live repositories, those with most chunks first. `taken` counts the chunks of the jobs that were
    completed since the worker started and had enough chunks for the queue, None where its start is not known. `waiting`
    are repositories whose job has not begun.
    """

    largest: tuple[LargeRepository, ...] = ()
    taken: int | None = None
    waiting: tuple[LargeRepository, ...] = ()
