"""The API's own health answer."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from doctor.engine import OFFLINE, Touches, source
from doctor.errors import Withheld
from doctor.facts import ApiHealth, ApiPlace, Compose, Containers, Dependency, NatsHealth, Resolution
from doctor.needs import Observed
from doctor.redact import beginning, strip_keys, strip_user
from doctor.sources.bodies import in_words, json_of
from doctor.sources.services.way import ANYWHERE, to_api, web
from doctor.sources.web import Halted, Response
from doctor.target import Deadline, Target

# The API itself gives NATS one second, and the database a query.
PATIENCE = 5.0
STATES = ("healthy", "degraded", "unhealthy")
# What is kept of a text.
LONGEST = 300


def touches(target: Target, resolution: Resolution) -> Touches:
    """The API's address, as far as the configuration tells it."""
    if target.offline:
        return Touches()
    host, port = (str(resolution.value(f"api.{name}") or "") for name in ("host", "port"))
    shown = "localhost" if host in ANYWHERE else host
    return Touches(hosts=(f"{shown}:{port} (the API)",), queries=("GET /health of the API",))


@source("api health", deadline=8, touches=touches)
def api_health(
    target: Target, place: ApiPlace, compose: Compose, containers: Observed[Containers], deadline: Deadline
) -> ApiHealth:
    """Ask the API how it is."""
    if target.offline:
        raise Withheld(OFFLINE)
    host, port = to_api(place, compose, containers.value)
    shown = f"[{host}]" if ":" in host else host
    health = ApiHealth(place.at, f"http://{shown}:{port}/health", observed=place.name)
    started = time.monotonic()
    with contextlib.closing(web(host, port, deadline.ends_within(PATIENCE))) as asked:
        try:
            response = asked.get("/health")
        except Halted as halted:
            return replace(health, obstacle=halted.obstacle, took=time.monotonic() - started)
    return replace(_read(health, response), took=time.monotonic() - started)


def _read(health: ApiHealth, response: Response) -> ApiHealth:
    """The answer as it is meant; one that is not the API's is described."""
    health = replace(health, http_status=response.status)
    body = json_of(response.body)
    dependencies = body.get("dependencies") if isinstance(body, dict) else None
    ours = isinstance(body, dict) and body.get("status") in STATES and isinstance(dependencies, dict)
    if not ours or response.status not in (200, 503):
        said = in_words(response.body)
        return replace(health, foreign=f"{said} (status {response.status})")
    assert isinstance(body, dict)
    assert isinstance(dependencies, dict)
    return replace(
        health,
        status=str(body["status"]),
        version=_text(body.get("version")),
        dependencies=tuple(_dependencies(dependencies)),
        nats=_nats(dependencies.get("nats")),
        nats_headers=bool({"x-nats-connection-status", "x-jetstream-enabled"} & response.headers.keys()),
    )


def _dependencies(found: Mapping[str, Any]) -> Iterator[Dependency]:
    for name, each in list(found.items())[:20]:
        if isinstance(each, dict):
            details = isinstance(each.get("details"), dict) and bool(each["details"])
            yield Dependency(str(name)[:50], _text(each.get("status")) or "", _text(each.get("message")) or "", details)


def _nats(found: object) -> NatsHealth | None:
    details = found.get("details") if isinstance(found, dict) else None
    inner = details.get("nats_health") if isinstance(details, dict) else None
    if not isinstance(inner, dict):
        return None
    reconnects = inner.get("reconnects")
    return NatsHealth(
        connected=_flag(inner.get("connected")),
        jetstream=_flag(inner.get("jetstream_enabled")),
        circuit_breaker=_text(inner.get("circuit_breaker")),
        reconnects=reconnects if type(reconnects) is int else None,
        last_error=_text(inner.get("last_error")),
    )


def _flag(found: object) -> bool | None:
    return found if isinstance(found, bool) else None


def _text(found: object) -> str | None:
    """What the API says, without a login in an address, and not too much of it."""
    return beginning(strip_keys(strip_user(found)), LONGEST) if isinstance(found, str) and found else None


SOURCES = (api_health,)
