"""The source of the configuration: which file and variables the worker is given, resolved by the program's rules."""

from __future__ import annotations

import contextlib
import posixpath
from collections.abc import Iterator
from pathlib import Path

from doctor.engine import Touches, source
from doctor.facts import Environment, Habitat, Resolution, Worker
from doctor.facts.containers import Container, ContainerFile, ContainerFiles
from doctor.needs import Observed
from doctor.sources.config import resolve
from doctor.sources.config.disk import Disk
from doctor.target import Target


def touches(target: Target, resolution: Resolution) -> Touches:
    """The files of the search, or the one that is named."""
    chosen = resolution.file.path or resolution.file.argument
    return Touches(files=(chosen, *resolution.file.searched) if chosen else ("configs/config.*", "config.*"))


@source("configuration", deadline=10, touches=touches, lasting=True)
def configuration(
    target: Target, worker: Worker, environment: Environment, inside: Observed[ContainerFiles]
) -> Resolution:
    """
    Resolve what the worker is given; without `--config` of our own, an observed worker's own argument counts.

    The files of a worker in a container are those that were read out of it, where they could be.
    """
    argument = target.config_argument if target.config_argument is not None else worker.config_argument
    places = {name: variable.location for name, variable in environment.variables.items()}
    directory, disk = working_directory(target, worker), None
    if target.config_argument is None and worker.container is not None and inside.value is not None:
        directory, disk = Path(worker.directory or "/"), disk_inside(target, worker.container, inside.value)
    return resolve(directory, argument, environment.mapping(), places=places, home=target.directory, disk=disk)


def working_directory(target: Target, worker: Worker) -> Path:
    """Where the worker's relative paths start: its own directory where that is known, else the one examined."""
    if worker.kind is not Habitat.PROCESS or worker.directory is None:
        return target.directory
    directory = Path(worker.directory)
    try:
        # The system gives it without symbolic links; reports keep to the path that the user typed.
        return target.directory if directory.samefile(target.directory) else directory
    except OSError:
        return directory


# --- in a container ------------------------------------------------------------------------------------------------


def disk_inside(target: Target, container: Container, files: ContainerFiles) -> Disk:
    """The container's own files; those that are the same on this machine go by the names that they have here."""
    from doctor.sources.config.inside import Inside

    alike = {}
    for file in files.files:
        path = posixpath.normpath(file.path)
        here = next((each for each in _counterparts(target, container, path) if _same(each, file)), None)
        if here is not None:
            alike[path] = target.display(here)
    groups = (container.gid,) if container.gid is not None else ()
    return Inside(files, container.uid, groups, alike)


def _counterparts(target: Target, container: Container, path: str) -> Iterator[Path]:
    """Where this machine may have the same file: behind a bind mount, or at the same place of the checkout."""
    mount = container.mount(path)
    if mount is not None and mount.kind == "bind":
        yield Path(mount.source + path.removeprefix(mount.destination.rstrip("/")))
    home = container.directory.rstrip("/") + "/"
    if path.startswith(home):
        yield target.directory / path.removeprefix(home)


def _same(here: Path, file: ContainerFile) -> bool:
    if file.data is None:
        return False
    with contextlib.suppress(OSError, ValueError):
        return here.is_file() and here.stat().st_size == len(file.data) and here.read_bytes() == file.data
    return False


SOURCES = (configuration,)
