"""What is read out of the worker's container: its configuration files, and the names of its migrations."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.engine import OFFLINE, source
from doctor.errors import SourceError, Withheld
from doctor.facts import Habitat, Worker
from doctor.facts.containers import Container, ContainerFile, ContainerFiles
from doctor.sources.docker.inventory import engine_of
from doctor.target import Deadline, Target

if TYPE_CHECKING:
    from doctor.sources.docker.engine import Engine

PATIENCE = 4.0
# All configuration files together, and all migrations; the program's own have 40 kB and 120 kB.
MOST_BYTES = 2 * 1024 * 1024
MOST_MIGRATIONS = 4 * 1024 * 1024

# Where the program's search looks, and the names that it takes besides those of a directory that is read whole.
SEARCHED = "configs"
NAMES = ("config.yaml", "config.yml", "config.json", "config.toml")


@source("container files", deadline=PATIENCE + 1)
def container_files(target: Target, worker: Worker, deadline: Deadline) -> ContainerFiles:
    """The files of the container that the worker runs in, of a stopped one too."""
    if target.offline:
        raise Withheld(OFFLINE)
    if worker.kind is not Habitat.CONTAINER:
        raise Withheld("the worker runs in no container")
    if worker.container is None:
        raise SourceError(worker.unseen or "the worker's container is not known to the engine")
    return read(engine_of(target, deadline.share(PATIENCE)), worker.container, worker.config_argument)


def read(engine: Engine, container: Container, argument: str | None) -> ContainerFiles:
    """The files of one container; `argument` is what its process was given as `--config`."""
    from concurrent.futures import ThreadPoolExecutor

    # Each takes the engine some 60 ms of waiting for a helper of its own.
    with ThreadPoolExecutor(1, "migrations") as helper:
        migrations = helper.submit(_migrations, engine, container)
        files = {each.path: each for each in _configuration(engine, container, argument)}
    return ContainerFiles(container.name, container.directory, tuple(files.values()), tuple(migrations.result()))


def _configuration(engine: Engine, container: Container, argument: str | None) -> Iterator[ContainerFile]:
    home = container.directory
    found = _there(engine.read(container.id, posixpath.join(home, SEARCHED), MOST_BYTES))
    yield from found
    paths = {each.path for each in found}
    if argument:
        place = posixpath.normpath(posixpath.join(home, argument))
        if place not in paths:
            yield from engine.read(container.id, place, MOST_BYTES)[:1]
    elif not any(posixpath.join(home, SEARCHED, name) in paths for name in NAMES):
        for name in NAMES:
            yield from _there(engine.read(container.id, posixpath.join(home, name), MOST_BYTES))


def _there(files: list[ContainerFile]) -> list[ContainerFile]:
    return [each for each in files if each.data is not None]


def _migrations(engine: Engine, container: Container) -> list[str]:
    """The names of the files in `migrations`, none where it cannot be read: nothing else hangs on them."""
    folder = posixpath.join(container.directory, "migrations")
    try:
        found = _there(engine.read(container.id, folder, MOST_MIGRATIONS))
    except SourceError:
        return []
    return sorted(posixpath.basename(each.path) for each in found if each.path.endswith(".sql"))


SOURCES = (container_files,)
