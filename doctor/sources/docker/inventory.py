"""Which containers belong to this installation."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from doctor.engine import OFFLINE, Touches, source
from doctor.errors import SourceError, Withheld
from doctor.facts.containers import Container, Containers
from doctor.sources.docker.places import NoEngine, places
from doctor.target import Deadline, Target

if TYPE_CHECKING:
    from doctor.sources.docker.engine import Engine

# How long the engine may take for everything, in seconds.
PATIENCE = 5.0
# More containers of one installation are not looked at.
MOST = 50

# The labels that docker compose writes on its containers: the project's name and directory.
PROJECT, DIRECTORY = "com.docker.compose.project", "com.docker.compose.project.working_dir"

_OURS = "codechunking"
_PREFIX = re.compile(r"codechunking[-_]")

Listed = Mapping[str, Any]


def touches(target: Target) -> Touches:
    """The engine's socket, or the address that somebody chose."""
    if target.offline:
        return Touches()
    try:
        likely = places(target.shell)[:1]
    except SourceError:
        return Touches()
    return Touches(
        files=tuple(place.socket for place in likely if place.socket is not None),
        hosts=tuple(f"{place.host}:{place.port} (Docker)" for place in likely if place.remote and named(target)),
    )


def named(target: Target) -> tuple[str, ...]:
    """The containers that the user named, by `--worker docker:NAME` and `--logs docker:NAME`."""
    texts = (target.worker, *target.logs)
    return tuple(text.removeprefix("docker:") for text in texts if text.startswith("docker:"))


@source("docker", deadline=PATIENCE + 1, touches=touches)
def containers(target: Target, deadline: Deadline) -> Containers:
    """The containers of this installation, running or not, and those that the user named."""
    if target.offline:
        raise Withheld(OFFLINE)
    engine = engine_of(target, deadline.share(PATIENCE))
    listed = engine.listed()
    mine = ours(listed, target.directory)
    asked = [each for each in listed if any(_is_called(each, name) for name in named(target))]
    wanted = {str(each["Id"]): None for each in (*asked, *mine)}
    found = engine.containers(list(wanted)[:MOST])
    return Containers(
        engine.name,
        engine.address,
        tuple(sorted(found, key=_by_name)),
        len(listed) - len(wanted),
        engine.version.now,
    )


def engine_of(target: Target, seconds: float) -> Engine:
    """The engine for a run. Raises like `connect`; that there is none is an error once a container was named."""
    wanted = named(target)
    try:
        places(target.shell)
    except NoEngine as missing:
        if wanted:
            raise SourceError(missing.reason) from missing
        raise
    # Most runs without an engine are spared what it takes to ask one.
    from doctor.sources.docker.engine import connect

    return connect(target.shell, seconds, remote=bool(wanted))


def ours(listed: Sequence[Listed], directory: Path) -> list[Listed]:
    """
    Those of an installation: of the compose project in its directory, or made by hand under the program's name.

    Where none is, the newest stack with the names that the program's own compose file gives: it may have been started
    from another path to the same files.
    """
    mine = [each for each in listed if _belongs(each, directory)]
    if mine:
        return mine
    strangers = [each for each in listed if any(_PREFIX.match(name) for name in _names(each))]
    if not strangers:
        return []
    newest = max(strangers, key=lambda each: each["Created"] if isinstance(each.get("Created"), int) else 0)
    project = _labels(newest).get(PROJECT)
    return [each for each in listed if _labels(each).get(PROJECT) == project] if project else [newest]


def _belongs(listed: Listed, directory: Path) -> bool:
    labels = _labels(listed)
    working = labels.get(DIRECTORY)
    if isinstance(working, str) and working:
        return _same(working, directory)
    project = labels.get(PROJECT)
    if isinstance(project, str) and project:
        return project == project_name(directory)
    words = (str(listed.get("Image", "")), str(listed.get("Command", "")))
    return any(_PREFIX.match(name) for name in _names(listed)) or any(_OURS in each for each in words)


def project_name(directory: Path) -> str:
    """The name that compose gives to the project in a directory."""
    return re.sub(r"[^a-z0-9_-]", "", directory.name.lower()).lstrip("_-")


def _same(path: str, directory: Path) -> bool:
    return os.path.normpath(path) == os.path.normpath(directory) or os.path.realpath(path) == os.path.realpath(
        directory
    )


def _labels(listed: Listed) -> Mapping[str, Any]:
    labels = listed.get("Labels")
    return labels if isinstance(labels, dict) else {}


def _names(listed: Listed) -> Iterator[str]:
    names = listed.get("Names")
    for name in names if isinstance(names, list) else ():
        yield str(name).lstrip("/")


def _is_called(listed: Listed, name: str) -> bool:
    return name in _names(listed) or (len(name) >= 4 and str(listed["Id"]).startswith(name))


def _by_name(container: Container) -> tuple[str, str]:
    return container.name, container.id


SOURCES = (containers,)
