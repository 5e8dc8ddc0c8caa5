"""The API beside the worker, each a process of this machine or in a container, with the settings that it has."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from doctor.engine import source
from doctor.errors import SourceError
from doctor.facts import Habitat, Peers, Process, Processes, Resolution, Worker
from doctor.facts.containers import Container, ContainerFiles, Containers
from doctor.needs import Observed
from doctor.sources.config import resolve
from doctor.sources.config.disk import Disk
from doctor.sources.configuration import disk_inside
from doctor.sources.environment import OWN, place
from doctor.sources.worker import same_file
from doctor.target import Deadline, Target

# What the engine may take for the files of the API's container, in seconds.
PATIENCE = 4.0


@dataclass(frozen=True, slots=True)
class Started:
    """How one of the two was started: `whose` names it for people, `container` is the one it lives in."""

    whose: str
    directory: str
    argument: str | None
    variables: Mapping[str, str] = field(repr=False)
    container: Container | None = None


@source("peers", deadline=10)
def peers(
    target: Target,
    worker: Worker,
    processes: Processes,
    containers: Observed[Containers],
    inside: Observed[ContainerFiles],
    deadline: Deadline,
) -> Peers:
    """The configurations of a running worker and a running API, each from its own directory and variables."""
    ours = _worker(worker)
    theirs = _api_beside(target, worker, processes, containers.value) if ours is not None else None
    if ours is None or theirs is None:
        return Peers()
    if ours.container is not None and inside.value is None:
        return Peers()  # the checkout's files would be compared with themselves
    try:
        files = _files(target, theirs, deadline)
    except SourceError:
        return Peers()
    api, own = _resolved(target, theirs, files), _resolved(target, ours, inside.value)
    return Peers(api, own, _file(target, theirs, api), _file(target, ours, own))


def _worker(worker: Worker) -> Started | None:
    if not worker.running or worker.variables is None or not worker.directory:
        return None
    if worker.kind is Habitat.CONTAINER and worker.container is None:
        return None
    inside = worker.container is not None
    whose = f"worker, container {worker.name}" if inside else f"worker, process {worker.pid}"
    return Started(whose, worker.directory, worker.config_argument, worker.variables, worker.container)


def _api_beside(target: Target, worker: Worker, processes: Processes, containers: Containers | None) -> Started | None:
    """The API that most likely belongs to the worker: one that lives where it does comes first."""
    contained = _newest([each for each in containers.role("api") if each.running] if containers is not None else [])
    if worker.container is not None:
        return contained or _process(_of_checkout(target, processes))
    return _process(_same_directory(worker, processes)) or contained


def _newest(found: Sequence[Container]) -> Started | None:
    from doctor.facts import Known
    from doctor.sources.contained import worker_of

    if not found:
        return None
    seen = worker_of(Known.OBSERVED, found[-1])
    directory = seen.directory or "/"
    return Started(f"API, container {seen.name}", directory, seen.config_argument, seen.variables or {}, found[-1])


def _process(api: Process | None) -> Started | None:
    if api is None or api.variables is None or not api.directory:
        return None
    return Started(f"API, process {api.pid}", api.directory, api.config_argument, api.variables)


def _readable(processes: Processes) -> list[Process]:
    return [process for process in processes.role("api") if process.variables is not None and process.directory]


def _same_directory(worker: Worker, processes: Processes) -> Process | None:
    """The newest API of the same directory; one of another only when there is no other worker it could belong to."""
    every = _readable(processes)
    same = [process for process in every if process.directory == worker.directory]
    if same:
        return same[-1]
    return every[0] if len(every) == 1 and len(processes.role("worker")) <= 1 else None


def _of_checkout(target: Target, processes: Processes) -> Process | None:
    """The newest API that runs in the directory examined."""
    same = [each for each in _readable(processes) if same_file(each.directory or "", target.directory)]
    return same[-1] if same else None


# --- as each got it ------------------------------------------------------------------------------------------------


def _files(target: Target, started: Started, deadline: Deadline) -> ContainerFiles | None:
    """The files of the API's container. Raises SourceError."""
    if started.container is None:
        return None
    from doctor.sources.docker.files import read
    from doctor.sources.docker.inventory import engine_of

    return read(engine_of(target, deadline.share(PATIENCE)), started.container, started.argument)


def _resolved(target: Target, started: Started, files: ContainerFiles | None) -> Resolution:
    env = {name: text for name, text in started.variables.items() if not name.startswith(OWN)}
    places = {name: place(name, detail=f"of the {started.whose}") for name in env}
    disk: Disk | None = None
    if started.container is not None and files is not None:
        disk = disk_inside(target, started.container, files)
    return resolve(Path(started.directory), started.argument, env, places=places, disk=disk)


def _file(target: Target, started: Started, resolution: Resolution) -> str | None:
    if resolution.file.path is None or started.container is not None:
        return resolution.file.path
    path = Path(started.directory, resolution.file.path).resolve()
    home = target.directory.resolve()
    return path.relative_to(home).as_posix() if path.is_relative_to(home) else str(path)


SOURCES = (peers,)
