"""The text search server, asked at the address that the API has for it."""

from __future__ import annotations

import contextlib
import json
import time
from dataclasses import replace

from doctor.engine import OFFLINE, Touches, source
from doctor.errors import SourceError, Withheld
from doctor.facts import ApiPlace, Compose, Containers, NetworkFault, NetworkObstacle, Resolution, Step, ZoektServer
from doctor.needs import Observed
from doctor.redact import strip_keys
from doctor.sources.bodies import in_words, is_page, json_of
from doctor.sources.channel import Broken, Channel, dial, look_up
from doctor.sources.network import Outside
from doctor.sources.services.way import answered, is_name, nobody, text_of, to_server, web
from doctor.sources.web import Halted
from doctor.target import Deadline, Target

# Where zoekt-webserver listens unless it is told otherwise, for its pages and for searches.
USUAL_PORT = 6070
# How long each question may take, in seconds; together they stay below the deadline of the source.
HEALTH, SPEAKING, LISTING, ELSEWHERE = 3.5, 1.5, 2.0, 1.0
# How long after its start a server may still be reading its index, in seconds.
LOADING = 60.0
LONGEST, MOST_REPOSITORIES, LONGEST_NAME = 200, 20_000, 500

# How a client of HTTP/2 begins, with no settings of its own; the server's first word then is a frame of its settings.
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes((0, 0, 0, 4, 0, 0, 0, 0, 0))
HEAD, SETTINGS, MOST_SETTINGS = 9, 4, 4096


def touches(target: Target, resolution: Resolution) -> Touches:
    """The server's address, as far as the configuration tells it."""
    host, port = (resolution.value(f"zoekt.webserver.{name}") for name in ("host", "port"))
    if target.offline or not host:
        return Touches()
    queries = ("GET /healthz of text search", "POST /api/list: the names of what is indexed")
    return Touches(hosts=(f"{host}:{port or USUAL_PORT} (text search)",), queries=queries)


@source("text search", deadline=9, touches=touches)
def zoekt_server(
    target: Target, place: ApiPlace, compose: Compose, containers: Observed[Containers], deadline: Deadline
) -> ZoektServer:
    """Ask the text search server whether it is ready, whether it speaks gRPC, and what it has indexed."""
    if target.offline:
        raise Withheld(OFFLINE)
    if not place.zoekt_host:
        raise Withheld("zoekt.webserver.host is not set")
    host, port = place.zoekt_host, place.zoekt_port
    server = ZoektServer(place.zoekt_at, host, port, loading=_fresh(containers.value))
    if not is_name(host):
        return replace(server, obstacle=_setting("it is no name of a host"))
    if not port:
        return replace(
            server,
            obstacle=_setting("zoekt.webserver.port is no port"),
            other_port=_elsewhere(place, compose, containers.value, deadline),
        )
    if (down := _down(place, containers.value)) is not None:
        return replace(server, obstacle=down)
    outside = to_server(place, compose, containers.value, host, port)
    at = outside or Outside(host, port, "")
    server = _asked(replace(server, asked=at.where or None), at.host, at.port, deadline)
    if _only_inside(place, outside, server.obstacle):
        raise SourceError(f"not reachable from here: only the containers know the name {host}")
    if server.healthz is None and not server.grpc and port != USUAL_PORT:
        server = replace(server, other_port=_elsewhere(place, compose, containers.value, deadline))
    return server


def _setting(text: str) -> NetworkObstacle:
    return NetworkObstacle(Step.ANSWER, NetworkFault.SETTING, text)


def _down(place: ApiPlace, containers: Containers | None) -> NetworkObstacle | None:
    """That its container does not run, which a port that nobody publishes any more would not tell."""
    container = containers.named(place.zoekt_host) if containers is not None and place.contained else None
    if container is None or container.running:
        return None
    text = f"its container {container.name} is {container.state.value}"
    return NetworkObstacle(Step.ANSWER, NetworkFault.NO_ROUTE, text)


def _fresh(containers: Containers | None) -> bool:
    """Whether its container was started just now."""
    started = [each.started_at for each in containers.role("zoekt") if each.running] if containers is not None else []
    return containers is not None and any(each is not None and containers.now - each < LOADING for each in started)


def _only_inside(place: ApiPlace, outside: Outside | None, obstacle: NetworkObstacle | None) -> bool:
    unknown = obstacle is not None and obstacle.fault is NetworkFault.NAME_UNKNOWN
    return unknown and place.contained and outside is None


def _elsewhere(place: ApiPlace, compose: Compose, containers: Containers | None, deadline: Deadline) -> int | None:
    """The usual port, if a text search server answers there."""
    try:
        outside = to_server(place, compose, containers, place.zoekt_host, USUAL_PORT)
    except SourceError:
        return None
    at = outside or Outside(place.zoekt_host, USUAL_PORT, "")
    with contextlib.closing(web(at.host, at.port, deadline.ends_within(ELSEWHERE))) as asked, _quiet():
        return USUAL_PORT if asked.get("/healthz").status in (200, 500) else None
    return None


def _quiet() -> contextlib.suppress:
    return contextlib.suppress(Halted)


# --- what is asked -------------------------------------------------------------------------------------------------


def _asked(server: ZoektServer, host: str, port: int, deadline: Deadline) -> ZoektServer:
    server = _health(server, host, port, deadline)
    if nobody(server.obstacle) or not answered(server.obstacle):
        return server
    server = replace(server, grpc=speaks_grpc(host, port, deadline.ends_within(SPEAKING)))
    if server.healthz != 200:
        return server
    return replace(server, repositories=_listed(host, port, deadline))


def _health(server: ZoektServer, host: str, port: int, deadline: Deadline) -> ZoektServer:
    with contextlib.closing(web(host, port, deadline.ends_within(HEALTH))) as asked:
        try:
            response = asked.get("/healthz")
        except Halted as halted:
            return replace(server, obstacle=halted.obstacle)
    words = in_words(response.body) if is_page(response.body) else text_of(response, LONGEST)
    return replace(server, healthz=response.status, text=strip_keys(words))


def speaks_grpc(host: str, port: int, ends_at: float) -> bool | None:
    """Whether a server answers HTTP/2 without TLS, which gRPC is made of; None when it does not say anything."""
    channel: Channel | None = None
    try:
        channel = Channel(dial(look_up(host, port, ends_at - time.monotonic()), ends_at), ends_at)
        channel.send(PREFACE)
        head = channel.take(HEAD)
    except Broken as broken:
        return None if broken.fault is NetworkFault.NO_ANSWER else False
    finally:
        if channel is not None:
            channel.close()
    return head[3] == SETTINGS and int.from_bytes(head[:3]) <= MOST_SETTINGS


def _listed(host: str, port: int, deadline: Deadline) -> tuple[str, ...] | None:
    """The names of the repositories in the index; only a server that was started with `-rpc` tells."""
    with contextlib.closing(web(host, port, deadline.ends_within(LISTING))) as asked:
        try:
            response = asked.ask("POST", "/api/list", body=json.dumps({"Q": ""}).encode())
        except Halted:
            return None
    body = json_of(response.body)
    listed = body.get("List") if isinstance(body, dict) else None
    if response.status != 200 or not isinstance(listed, dict):
        return None
    found = listed.get("Repos") or []  # Go has null for an empty list
    if not isinstance(found, list):
        return None
    return tuple(name for each in found[:MOST_REPOSITORIES] if (name := _name(each)))


def _name(found: object) -> str | None:
    repository = found.get("Repository") if isinstance(found, dict) else None
    name = repository.get("Name") if isinstance(repository, dict) else None
    return name[:LONGEST_NAME] if isinstance(name, str) else None


SOURCES = (zoekt_server,)
