"""zoekt.unreachable: nothing that could search text answers."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

from checks.zoekt._settings import HOST, PORT, USUAL, keyed, network, searched, service
from doctor.api import NO_FILE, Finding, Fix, Safety, Severity, Skipped, check, facts, set_value

# By the names of the faults; {where} is the server, {text} the reason in the words of the system.
WORDS = {
    "NAME_UNKNOWN": "the name of {where} cannot be looked up: {text}",
    "REFUSED": "nothing listens at {where}",
    "NO_ROUTE": "{where} cannot be reached: {text}",
    "TIMED_OUT": "{where} does not answer: {text}",
    "NO_ANSWER": "{where} accepts the connection, but has not answered in time",
    "BROKEN_OFF": "{where} takes the connection and breaks it off: {text}",
    "OTHER_PROTOCOL": "what answers at {where} is not zoekt-webserver: {text}",
}
OTHERWISE = "{where} cannot be used: {text}"
READY, NOT_READY = 200, 500


@check(
    id="zoekt.unreachable",
    title="The Zoekt server does not answer",
    severity=Severity.WARNING,
    blocked_by=(*NO_FILE, "zoekt.dead-port", "zoekt.loopback-in-container"),
)
def unreachable(
    config: facts.Resolution, api: facts.ApiPlace, server: facts.ZoektServer, compose: facts.Compose
) -> Iterator[Finding]:
    """
    Ask `/healthz` of the server at `zoekt.webserver.host` and `.port`, and whether it speaks gRPC there.

    In a container the host is reached from here by the port that is published for it.

    Why it matters: every search by text fails, and a hybrid search finds only what search by meaning finds.

    Silent when: `zoekt.webserver.host` is empty; another finding says why that address cannot work; the server was
    started less than a minute ago and still reads its index.

    How to fix: start it with `docker compose up -d zoekt-webserver`, or correct host and port.
    """
    searched(config, api.zoekt_host)
    if server.healthz == READY and server.grpc is not False:
        return
    if server.loading and server.obstacle is None:
        raise Skipped("it was started less than a minute ago, and still reads its index")
    yield Finding(
        _said(server),
        at=keyed(
            server.at if server.other_port is None else api.zoekt_port_at, HOST if server.other_port is None else PORT
        ),
        related=(network(server.host, server.port, server.asked),),
        fix=_fix(config, server, compose),
    )


def _said(found: facts.ZoektServer) -> str:
    where = found.asked or network(found.host, found.port).name or ""
    if found.obstacle is not None:
        said = WORDS.get(found.obstacle.fault.name, OTHERWISE).format(where=where, text=found.obstacle.text)
        other = f"; the server answers at port {found.other_port}" if found.other_port is not None else ""
        return f"{said}{other}"
    if found.healthz == READY:
        return f"{where} answers, but does not speak gRPC, by which the API searches: a proxy may stand between"
    if found.healthz == NOT_READY:
        return f"{where} is not ready: {found.text.removeprefix('not ready: ')}"
    return f"what answers at {where} is not zoekt-webserver: /healthz gives status {found.healthz}"


def _fix(config: facts.Resolution, found: facts.ZoektServer, compose: facts.Compose) -> Fix:
    if found.other_port is not None:
        return set_value(config, PORT, str(USUAL), f"Set {PORT} to {USUAL}.", safety=Safety.NONE)
    name = service(compose, found.host)
    if found.obstacle is None and found.healthz == NOT_READY:
        return Fix(
            "Its own log says why; mostly a file of the index cannot be read.",
            (f"docker compose logs --tail 50 {name}",),
        )
    unknown = found.obstacle is not None and found.obstacle.fault.name == "NAME_UNKNOWN"
    if unknown and found.host not in compose.services:
        return Fix(f"Correct {HOST}.", (f"getent hosts {shlex.quote(found.host)}",))
    outside = " An API that runs on the host reaches it at localhost." if unknown else ""
    return Fix(f"Start it, or correct {HOST} and {PORT}.{outside}", (f"docker compose up -d {name}",))
