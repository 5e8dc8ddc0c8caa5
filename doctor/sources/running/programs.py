"""The programs that the worker calls, looked for as it would: on its own PATH, in its own file system."""

from __future__ import annotations

import os
import posixpath
import stat
from collections.abc import Callable, Iterator
from pathlib import Path

from doctor.engine import OFFLINE, Touches, source
from doctor.errors import SourceError, Withheld
from doctor.facts import Environment, Habitat, Program, Programs, Resolution, Worker
from doctor.target import Deadline, Target

INDEXING = "zoekt.concurrent_indexing.enabled"
INDEXER = "zoekt.indexing.git_index_path"

UNKNOWN = "nothing says where the worker runs; if it is on this machine, say --worker host"
# What a container has that sets none.
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

# For all questions to the engine together, in seconds.
PATIENCE = 5.0

Look = Callable[[str], bool]


def touches(worker: Worker, resolution: Resolution) -> Touches:
    """The programs, wherever PATH leads."""
    return Touches() if worker.assumed else Touches(files=tuple(f"{name} on PATH" for name in _wanted(resolution)))


@source("programs", deadline=8, touches=touches)
def programs(
    target: Target, deadline: Deadline, worker: Worker, environment: Environment, resolution: Resolution
) -> Programs:
    """`git`, and the indexer of Zoekt where it is wanted."""
    if worker.assumed:
        raise Withheld(UNKNOWN)
    if worker.kind is Habitat.CONTAINER:
        look, path, directory = _in_container(target, deadline, worker)
        where = f"container {worker.name}"
    else:
        look, directory = executable, worker.directory or str(target.directory)
        path, where = _path(worker, environment)
    return Programs(where, tuple(Program(name, find(name, path, directory, look)) for name in _wanted(resolution)))


def _path(worker: Worker, environment: Environment) -> tuple[str, str]:
    """The PATH of a worker of this machine, and whose it is."""
    if worker.kind is Habitat.PROCESS:
        if worker.variables is None:
            raise SourceError("the variables of the worker may not be read; run the doctor as its user")
        return worker.variables.get("PATH", ""), f"process {worker.pid}"
    path = environment.get("PATH")
    if path is None:
        raise Withheld("the PATH of the worker is not known; give it with --env PATH=...")
    return path, "this machine"


def _wanted(resolution: Resolution) -> Iterator[str]:
    yield "git"
    name = str(resolution.value(INDEXER) or "")
    if resolution.value(INDEXING) and name:
        yield name


def find(name: str, path: str, directory: str, look: Look) -> str | None:
    """
    Where a program is found, as Go's os/exec does it: a name with a slash stands for itself, others are on PATH.

    What is only found by a relative entry of PATH is refused there, and counts as not found.
    """
    if "/" in name:
        place = posixpath.join(directory, name)
        return place if look(place) else None
    places = (posixpath.join(each, name) for each in path.split(":") if each.startswith("/"))
    return next((place for place in places if look(place)), None)


def executable(path: str) -> bool:
    """Whether somebody may execute this file of our own system."""
    try:
        mode = Path(os.path.realpath(path)).stat().st_mode
    except (OSError, ValueError):
        return False
    return stat.S_ISREG(mode) and bool(mode & 0o111)


def _in_container(target: Target, deadline: Deadline, worker: Worker) -> tuple[Look, str, str]:
    if target.offline:
        raise Withheld(OFFLINE)
    container = worker.container
    if container is None:
        raise SourceError(worker.unseen or f"container {worker.name} cannot be looked into")
    from doctor.sources.docker.engine import NotThere
    from doctor.sources.docker.inventory import engine_of

    engine = engine_of(target, deadline.within(PATIENCE))

    def look(path: str) -> bool:
        try:
            found = engine.follow(container.id, path)
        except NotThere:
            return False
        return found.kind == "file" and bool(found.mode & 0o111)

    return look, container.environment.get("PATH", PATH), container.directory


SOURCES = (programs,)
