"""Where the API runs, and which settings it got: of what was seen running, else of the compose file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from doctor.engine import source
from doctor.facts import (
    ApiPlace,
    Compose,
    ComposeService,
    Container,
    Containers,
    Habitat,
    Peers,
    Process,
    Processes,
    Resolution,
    Worker,
)
from doctor.model import Location
from doctor.needs import Observed
from doctor.schema import SCHEMA
from doctor.target import Target

HOST, PORT = "api.host", "api.port"
ZOEKT_HOST, ZOEKT_PORT = "zoekt.webserver.host", "zoekt.webserver.port"

Found = tuple[Any, Location]


@dataclass(frozen=True, slots=True)
class _Seen:
    """What was seen of the API, or what the compose file says of it."""

    name: str | None = None
    running: bool = False
    contained: bool = False
    container: Container | None = None
    service: ComposeService | None = None
    compose: str | None = None
    own: Resolution | None = None


@source("api place", deadline=3, lasting=True)
def api_place(
    target: Target,
    worker: Worker,
    resolution: Resolution,
    processes: Processes,
    peers: Observed[Peers],
    compose: Compose,
    containers: Observed[Containers],
) -> ApiPlace:
    """The API that runs on this machine, the newest of its containers, or what the compose file has for one."""
    mine = tuple(each for each in processes.role("api") if _belongs_to(each, target, worker))
    own = peers.value.api if peers.value is not None else None
    seen = _seen(mine, worker, compose, containers.value, own)
    host, _ = _setting(HOST, resolution, seen)
    port, at = _setting(PORT, resolution, seen)
    zoekt_host, zoekt_at = _setting(ZOEKT_HOST, resolution, seen)
    zoekt_port, zoekt_port_at = _setting(ZOEKT_PORT, resolution, seen)
    return ApiPlace(
        at,
        str(host or ""),
        _number(port),
        zoekt_at,
        zoekt_port_at,
        str(zoekt_host or ""),
        _number(zoekt_port),
        name=seen.name,
        running=seen.running,
        contained=seen.contained,
        container=seen.container.name if seen.container is not None else None,
        service=seen.service.name if seen.service is not None else None,
    )


def _belongs_to(process: Process, target: Target, worker: Worker) -> bool:
    """Whether it works in this directory or in the worker's; one of which that is not known may be of others."""
    if process.directory is None:
        return False
    if worker.kind is Habitat.PROCESS and process.directory == worker.directory:
        return True
    given = Path(process.directory, process.config_argument) if process.config_argument else None
    try:
        home = target.directory.resolve()
        below = given is not None and given.is_file() and given.resolve().is_relative_to(home)
        return below or Path(process.directory).resolve() == home
    except OSError:
        return False


def _seen(
    here: tuple[Process, ...],
    worker: Worker,
    compose: Compose,
    containers: Containers | None,
    own: Resolution | None,
) -> _Seen:
    """What runs, first where the worker runs: `own` then is what that got for settings, where they could be read."""
    service = service_of_api(compose)
    there = containers.role("api") if containers is not None else ()
    alive = [each for each in there if each.running]
    if here and (not alive or worker.kind is Habitat.PROCESS):
        return _Seen(f"process {here[-1].pid}", running=True, own=own)
    if there:
        container = (alive or there)[-1]
        return _Seen(
            f"container {container.name}",
            container.running,
            not container.host_network,
            container,
            service,
            compose.path,
            own if container.running else None,
        )
    contained = service is not None and service.network_mode != "host"
    return _Seen(contained=contained, service=service, compose=compose.path)


def service_of_api(compose: Compose) -> ComposeService | None:
    """The service that runs the API: the one of that name, else the one that is started with that word."""
    named = compose.services.get("api")
    commanded = (each for each in compose.services.values() if each.command[:1] == ("api",))
    return named or next(commanded, None)


# --- its settings --------------------------------------------------------------------------------------------------


def _setting(key: str, resolution: Resolution, seen: _Seen) -> Found:
    """A value as the API has it, and where that stands."""
    if seen.own is not None:
        return seen.own.value(key), seen.own.where(key)
    if seen.container is None and seen.service is None:
        return resolution.value(key), resolution.where(key)
    setting, spec = resolution.settings[key], SCHEMA[key]
    entry = setting.file_entry
    # As for the program, a variable counts where the key stands in the file or has a default.
    if entry is not None or spec.built_in or spec.bound:
        for value, place in _variables(spec.env, seen):
            return value, place
    if entry is not None:
        return entry.value, entry.location
    return spec.default, resolution.file.where()


def _variables(name: str, seen: _Seen) -> Iterator[Found]:
    """The variable as the container has it; before one was made, as the compose file gives it."""
    if seen.container is not None:
        if seen.container.environment.get(name):
            yield seen.container.environment[name], Location.env(name, detail=f"of the {seen.name}")
        return
    given: Mapping[str, str | None] = seen.service.environment if seen.service is not None else {}
    text = given.get(name)
    if text and "$" not in text and seen.service is not None:
        yield text, Location.env(name, path=seen.compose, line=seen.service.lines.get(name))


def _number(value: object) -> int:
    try:
        number = int(str(value))
    except ValueError:
        return 0
    return number if 0 < number < 65536 else 0


SOURCES = (api_place,)
