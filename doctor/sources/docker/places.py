"""Where a container engine listens: what the shell, docker's own settings and the usual sockets say."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from doctor.errors import SourceError, Withheld
from doctor.values import value

# Of the whole system, of one user below the home directory (Docker Desktop) and below $XDG_RUNTIME_DIR (rootless).
SYSTEM = ("/var/run/docker.sock", "/run/podman/podman.sock")
HOME = (".docker/run/docker.sock", ".docker/desktop/docker.sock")
RUNTIME = ("docker.sock", "podman/podman.sock")

_LOOPBACK = ("localhost", "127.0.0.1", "[::1]")
# Docker's own files are some kilobytes long.
_LARGEST = 1024 * 1024
# The ports that docker's program takes where an address has none, without and with TLS.
_PORT, _TLS_PORT = 2375, 2376


class NoEngine(Withheld):
    """This machine has no container engine, so that nothing of this installation can be in a container of it."""


@value
class Place:
    """
    One address of an engine: a `socket` of this machine, or `host` and `port`.

    `url` is for people. `certificates` is the directory with `ca.pem`, `cert.pem` and `key.pem` when it is asked in
    TLS. `named` says that somebody chose it; the usual sockets may just not be there.
    """

    url: str
    socket: str | None = None
    host: str = ""
    port: int = 0
    certificates: Path | None = None
    named: bool = True

    @property
    def remote(self) -> bool:
        """Whether it is on another machine."""
        return self.socket is None and self.host not in _LOOPBACK


def places(environment: Mapping[str, str]) -> list[Place]:
    """
    Where an engine may listen, the likeliest first; one place only where it was chosen.

    The order is docker's: DOCKER_HOST, DOCKER_CONTEXT, the current context, the usual sockets. Raises NoEngine where
    there is none, and SourceError for a choice that cannot be followed.
    """
    for name in ("DOCKER_HOST", "CONTAINER_HOST"):
        if environment.get(name):
            return [_place(environment[name], name, _certificates(environment))]
        if name == "DOCKER_HOST" and (chosen := _context(environment)) is not None:
            return [chosen]
    found = [Place(f"unix://{path}", path, named=False) for path in _usual(environment) if Path(path).exists()]
    if not found:
        raise NoEngine("no Docker engine was found on this machine")
    return found


def _usual(environment: Mapping[str, str]) -> Iterator[str]:
    runtime, home = environment.get("XDG_RUNTIME_DIR", ""), environment.get("HOME", "")
    yield from SYSTEM[:1]
    yield from (os.path.join(home, path) for path in HOME if home.startswith("/"))  # noqa: PTH118
    yield from (os.path.join(runtime, path) for path in RUNTIME if runtime.startswith("/"))  # noqa: PTH118
    yield from SYSTEM[1:]


def _place(url: str, chosen_by: str, certificates: Path | None = None) -> Place:
    """The place that an address names. Raises SourceError for one that is not understood here."""
    scheme, _, rest = url.partition("://")
    if scheme == "unix" and rest.startswith("/") and "\0" not in rest:
        return Place(url, rest)
    if scheme == "ssh":
        raise SourceError(f"{_elsewhere(url)}; run codechunk-doctor there")
    if scheme in ("tcp", "http", "https"):
        authority = rest.partition("/")[0].rpartition("@")[2]
        host, _, port = authority.rpartition(":") if not authority.endswith("]") else (authority, "", "")
        host, port = (host, port) if host else (authority, "")
        secured = certificates if certificates is not None or scheme != "https" else Path()
        number = port or str(_PORT if secured is None else _TLS_PORT)
        if host and number.isascii() and number.isdecimal() and 0 < int(number) < 65536:
            return Place(f"{scheme}://{host}:{number}", None, host, int(number), secured)
    if scheme == "npipe":
        raise SourceError("the Docker engine listens on a named pipe, which is not read; run codechunk-doctor in WSL")
    raise SourceError(f"{chosen_by} is no address of a Docker engine; one looks like unix:///var/run/docker.sock")


def _elsewhere(url: str) -> str:
    # What stands before an @ may be a login.
    shown = url.partition("://")[2].rpartition("@")[2].partition("/")[0]
    return f"the Docker engine at {shown} is on another machine: what it mounts and publishes is there"


def elsewhere(place: Place) -> str:
    """The sentence for an engine that is not on this machine."""
    return _elsewhere(place.url)


def _certificates(environment: Mapping[str, str]) -> Path | None:
    """Where the certificates are when the shell asks for TLS."""
    if not environment.get("DOCKER_TLS_VERIFY"):
        return None
    return Path(environment.get("DOCKER_CERT_PATH") or Path(environment.get("HOME", "/"), ".docker"))


# --- contexts --------------------------------------------------------------------------------------------------


def _context(environment: Mapping[str, str]) -> Place | None:
    """The place of docker's context, None for the default one. Raises SourceError for one that is not there."""
    settings = _settings(environment)
    if settings is None:
        return None
    name, chosen_by = environment.get("DOCKER_CONTEXT"), "DOCKER_CONTEXT"
    if not name:
        name, chosen_by = _json(settings / "config.json").get("currentContext"), "currentContext"
    if not isinstance(name, str) or name in ("", "default"):
        return None
    import hashlib

    folder = hashlib.sha256(name.encode("utf-8", "surrogateescape")).hexdigest()
    endpoint = _json(settings / "contexts/meta" / folder / "meta.json").get("Endpoints")
    docker = endpoint.get("docker") if isinstance(endpoint, dict) else None
    host = docker.get("Host") if isinstance(docker, dict) else None
    if not isinstance(host, str) or not host:
        raise SourceError(f"{chosen_by} names the docker context {name}, which is not there; `docker context ls`")
    certificates = settings / "contexts/tls" / folder / "docker"
    return _place(host, f"the docker context {name}", certificates if certificates.is_dir() else None)


def _settings(environment: Mapping[str, str]) -> Path | None:
    given, home = environment.get("DOCKER_CONFIG"), environment.get("HOME")
    if given or home:
        return Path(given) if given else Path(home or "/", ".docker")
    return None


def _json(path: Path) -> dict[str, Any]:
    """An object in one of docker's files; empty where there is none."""
    import json

    try:
        with path.open("rb") as file:
            found = json.loads(file.read(_LARGEST))
    except (OSError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
