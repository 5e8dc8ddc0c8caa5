"""Where the running worker and the files of the installation part: values, variables, copies, names."""

from __future__ import annotations

import os
import posixpath
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from doctor.engine import Touches, source
from doctor.facts import (
    ComposeSettings,
    Container,
    ContainerFile,
    ContainerFiles,
    Difference,
    Drift,
    Environment,
    Habitat,
    LoadedFile,
    Resolution,
    Worker,
)
from doctor.model import Location, Place
from doctor.needs import Observed
from doctor.sources.config import resolve
from doctor.sources.migrations import FOLDER, MOST, NAME
from doctor.target import Target

# Variables that are no settings, and that the worker takes something from; all hold secrets.
FURTHER = ("GEMINI_API_KEY", "GOOGLE_API_KEY", "GITLAB_TOKEN", "GITHUB_TOKEN", "GIT_TOKEN")
KEY = "gemini.api_key"
PREFIX = "CODECHUNK_"


def touches(worker: Worker, resolution: Resolution) -> Touches:
    """The worker's file, and the names of the migrations."""
    return Touches(files=(resolution.file.path or "configs/config.*", FOLDER)) if not worker.assumed else Touches()


@source("drift", deadline=8, touches=touches)
def drift(
    target: Target,
    worker: Worker,
    resolution: Resolution,
    environment: Environment,
    compose: ComposeSettings,
    files: Observed[ContainerFiles],
) -> Drift:
    """What a restart, or a new image, would change for the worker; nothing where none runs."""
    loaded = tuple(_loaded(target, worker, resolution, compose))
    if worker.container is not None:
        return _of_container(target, worker, worker.container, compose, files.value, loaded)
    if worker.kind is Habitat.PROCESS and worker.running and worker.directory is not None:
        return _of_process(target, worker, environment, loaded)
    return Drift(loaded=loaded)


def _of_process(target: Target, worker: Worker, environment: Environment, loaded: tuple[LoadedFile, ...]) -> Drift:
    directory, had = Path(worker.directory or ""), worker.variables
    now = resolve(directory, worker.config_argument, had or {}, home=target.directory)
    path = now.file.path if now.file.loaded else None
    given = {each.name: each for each in environment.variables.values() if each.layer == "--env-file"}
    found: tuple[Difference, ...] = ()
    if had is not None and given and target.env_file is not None:
        texts = {name: each.value for name, each in given.items()}
        places = {name: each.location for name, each in given.items()}
        found = tuple(changed(directory, worker.config_argument, had, {**had, **texts}, places))
    return Drift(
        file=path,
        changed_at=_modified(_absolute(target, directory, path)) if path is not None else None,
        started_at=worker.started_at,
        variables=found,
        source=target.display(target.env_file) if target.env_file is not None else None,
        loaded=loaded,
    )


def _absolute(target: Target, directory: Path, path: str) -> Path:
    """Paths are shown as seen from the installation's directory, where they are below it."""
    return target.path(path) if target.path(path).is_file() else directory / path


def _modified(path: Path) -> float | None:
    try:
        return path.stat().st_mtime
    except OSError:
        return None


def _of_container(
    target: Target,
    worker: Worker,
    container: Container,
    compose: ComposeSettings,
    files: ContainerFiles | None,
    loaded: tuple[LoadedFile, ...],
) -> Drift:
    variables, source_of = tuple[Difference, ...](), None
    start = compose.services.get(container.service or "")
    if start is not None and container.running:
        had = {name: text for name, text in container.environment.items() if name not in start.passed}
        now = {name: text for name, text in start.variables.items() if name not in start.passed}
        rest = {name: text for name, text in had.items() if not name.startswith(PREFIX)}
        places = {name: place for name, place in _places(start.config).items() if name in now}
        variables = tuple(changed(target.directory, worker.config_argument, had, {**rest, **now}, places))
        source_of = "the compose file"
    found = Drift(
        started_at=container.started_at if container.running else None,
        variables=variables,
        source=source_of,
        loaded=loaded,
    )
    return found if files is None else _with_copies(found, target, worker, container, files)


def _places(config: Resolution) -> dict[str, Location]:
    winners = (each.location for each in config.settings.values())
    return {place.name: place for place in winners if place.kind is Place.ENV and place.name}


def changed(
    directory: Path,
    argument: str | None,
    had: Mapping[str, str],
    now: Mapping[str, str],
    places: Mapping[str, Location],
) -> Iterator[Difference]:
    """Settings that come to something else with other variables, and variables that are no settings."""
    if had == now:
        return
    before, after = (resolve(directory, argument, env, places=places) for env in (had, now))
    yield from differences(before, after)
    for name in FURTHER:
        if name in FURTHER[:2] and after.value(KEY):
            continue  # not looked at
        if had.get(name, "") != now.get(name, ""):
            before_it, after_it = ("***" if env.get(name) else None for env in (had, now))
            yield Difference(name, before_it, after_it, places.get(name, Location.env(name)))


def differences(before: Resolution, after: Resolution) -> Iterator[Difference]:
    """The settings that differ in value, however they are written."""
    for key, setting in after.settings.items():
        other = before.settings[key]
        if other.value != setting.value:
            yield Difference(key, other.shown, setting.shown, setting.location)


# --- the copies in the container -------------------------------------------------------------------------------


def _with_copies(found: Drift, target: Target, worker: Worker, container: Container, files: ContainerFiles) -> Drift:
    argument = _below(container, worker.config_argument)
    with tempfile.TemporaryDirectory(prefix="codechunk-doctor-") as folder:
        _write(Path(folder), container, files)
        inside = resolve(Path(folder), argument, container.environment)
        outside = resolve(target.directory, argument, container.environment)
        differing = tuple(differences(inside, outside))
    full = posixpath.join(container.directory, inside.file.path or argument or "configs/config.yaml")
    own = _file(container, files, full)
    found = replace(found, file=full, changed_at=own.modified_at if own is not None else None)
    if container.mount(full) is None and target.config_argument is None and outside.file.loaded:
        absent = not inside.file.loaded and inside.file.problem is not None
        found = replace(found, copy=differing if inside.file.loaded else (), absent=absent)
    if files.migrations and container.mount(posixpath.join(container.directory, FOLDER)) is None:
        found = replace(found, migrations=tuple(sorted(_migrations(target) - set(files.migrations))))
    return found


def _write(folder: Path, container: Container, files: ContainerFiles) -> None:
    """The files as they lie below the working directory; what is elsewhere is left out."""
    for each in files.files:
        below = _below(container, each.path)
        if each.data is None or below is None or below.startswith(("/", "..")):
            continue
        place = folder / below
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(each.data)


def _below(container: Container, path: str | None) -> str | None:
    """A path inside, relative to the working directory where it lies below that."""
    if path is None:
        return None
    full = posixpath.normpath(posixpath.join(container.directory, path))
    base = container.directory.rstrip("/") + "/"
    return full.removeprefix(base)


def _file(container: Container, files: ContainerFiles, full: str) -> ContainerFile | None:
    wanted = _below(container, full)
    found = (each for each in files.files if each.data is not None and _below(container, each.path) == wanted)
    return next(found, None)


def _migrations(target: Target) -> set[str]:
    try:
        with os.scandir(target.path(FOLDER)) as entries:
            names = [each.name for _, each in zip(range(MOST), entries, strict=False)]
    except OSError:
        return set()
    return {name for name in names if (parts := NAME.fullmatch(name)) is not None and parts[3] == "up"}


# --- which file is loaded --------------------------------------------------------------------------------------


def _loaded(target: Target, worker: Worker, resolution: Resolution, compose: ComposeSettings) -> Iterator[LoadedFile]:
    """What names another file for the worker than the one that is examined; without `--config` its own is."""
    examined = resolution.file.path
    if examined is None:
        return
    if worker.running or worker.container is not None:
        if target.config_argument is not None:
            yield _own(target, worker, examined)
    elif target.config_argument is None and (worker.assumed or worker.kind is Habitat.CONTAINER):
        for name, start in compose.services.items():
            path = start.config.file.path
            if path is not None and name == "worker":
                same = _same(target, examined, path)
                yield LoadedFile(f"the service {name} of the compose file", path, start.at, same)


def _own(target: Target, worker: Worker, examined: str) -> LoadedFile:
    if worker.container is not None:
        container = worker.container
        path = _below(container, worker.config_argument) or "configs/config.yaml"
        mount = container.mount(posixpath.join(container.directory, path))
        outside = path
        if mount is not None and mount.kind == "bind":
            outside = mount.source + posixpath.join(container.directory, path)[len(mount.destination) :]
        at = Location(Place.CONTAINER, name=container.name)
        return LoadedFile(f"container {container.name}", path, at, _same(target, examined, outside))
    directory = Path(worker.directory or target.directory)
    found = resolve(directory, worker.config_argument, worker.variables or {}, home=target.directory).file.path
    path = found or worker.config_argument or "configs/config.yaml"
    same = _same(target, examined, str(_absolute(target, directory, path)))
    return LoadedFile(f"process {worker.pid}", path, Location(Place.PROCESS, name=f"pid:{worker.pid}"), same)


def _same(target: Target, one: str, other: str) -> bool:
    try:
        return target.path(one).samefile(target.path(other))
    except OSError:
        return os.path.normpath(one) == os.path.normpath(other)


SOURCES = (drift,)
