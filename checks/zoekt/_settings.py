"""The settings of text search, and what the checks of it have in common."""

from __future__ import annotations

import shlex
from dataclasses import replace

from doctor.api import Location, Place, Skipped, facts

HOST, PORT = "zoekt.webserver.host", "zoekt.webserver.port"
ON, DIRECTORY = "zoekt.concurrent_indexing.enabled", "zoekt.indexing.index_dir"
VARIABLE = "CODECHUNK_ZOEKT_WEBSERVER_HOST"
SERVICE = "zoekt-webserver"
# For pages and for searches.
USUAL = 6070
LOOPBACK = ("localhost", "127.0.0.1", "::1")


def used(config: facts.Resolution, host: str) -> None:
    """Skip the check when nobody wants text search."""
    if not host and not config.value(ON):
        raise Skipped("text search is not used: neither zoekt.webserver.host nor indexing is set")


def searched(config: facts.Resolution, host: str) -> None:
    """Skip the check when the API searches no text."""
    used(config, host)
    if not host:
        raise Skipped(f"{HOST} is empty: the API does not search by text")


def keyed(place: Location, key: str) -> Location:
    """The place of a value, with its key."""
    return replace(place, key=key)


def network(host: str, port: int, asked: str | None = None) -> Location:
    """The server as a place to point at."""
    shown = f"[{host}]" if ":" in host else host
    return Location(Place.NETWORK, name=f"{shown}:{port}", detail=asked)


def is_loopback(host: str) -> bool:
    """Whether it names the machine, or the container, that uses it."""
    return host.lower() in LOOPBACK or host.startswith("127.")


def service(compose: facts.Compose, host: str = "") -> str:
    """The compose service of text search, quoted for a shell; its usual name where the file has none."""
    named = (each.name for each in compose.services.values() if host in (each.name, each.container))
    image = (each.name for each in compose.services.values() if "zoekt" in f"{each.name} {each.image or ''}".lower())
    return shlex.quote(next(named, None) or next(image, None) or SERVICE)
