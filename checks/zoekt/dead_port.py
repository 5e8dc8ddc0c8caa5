"""zoekt.dead-port: the port that is published, and on which nothing listens."""

from __future__ import annotations

from collections.abc import Iterator

from checks.zoekt._settings import HOST, PORT, USUAL, keyed, searched
from doctor.api import (
    NO_FILE,
    Explains,
    Finding,
    Fix,
    Observed,
    Place,
    Safety,
    Severity,
    check,
    facts,
    same_key,
    set_value,
)

DEAD = 6071
AGAIN = ("docker compose up -d api",)


@check(
    id="zoekt.dead-port",
    title="Text search asks a port where nothing listens",
    severity=Severity.WARNING,
    safety=Safety.SAFE,
    blocked_by=NO_FILE,
    explained_by=(
        Explains("config.type-mismatch", "config.value-reinterpreted", "config.value-out-of-range", when=same_key),
    ),
)
def dead_port(config: facts.Resolution, api: facts.ApiPlace, server: Observed[facts.ZoektServer]) -> Iterator[Finding]:
    """
    Look at `zoekt.webserver.port`, the port at which the API asks Zoekt.

    zoekt-webserver has one port, 6070, for its pages and for gRPC alike, whatever the comments in configuration and
    compose files say. Port 6071 is published by the compose file, but nothing listens on it.

    Why it matters: every search by text fails, and a hybrid search finds only what search by meaning finds.

    Silent when: `zoekt.webserver.host` is empty, so that there is no search by text; a server that speaks gRPC really
    answers at that port.

    How to fix: set `zoekt.webserver.port` to 6070.
    """
    searched(config, api.zoekt_host)
    if api.zoekt_port not in (0, DEAD) or (server.value is not None and server.value.grpc):
        return
    said = "is 0, which is no port" if not api.zoekt_port else f"is {DEAD}, on which zoekt-webserver does not listen"
    yield Finding(
        f"{PORT} {said}: its pages and its gRPC are both on {USUAL}",
        at=keyed(api.zoekt_port_at, PORT),
        related=(config.where(HOST),),
        fix=_fix(config, api),
    )


def _fix(config: facts.Resolution, api: facts.ApiPlace) -> Fix:
    place = api.zoekt_port_at
    if place.kind is Place.ENV and place != config.where(PORT):
        return Fix(f"Set {place.name} {place.detail or 'of the API'} to {USUAL}, and make its container anew.", AGAIN)
    return set_value(config, PORT, str(USUAL), f"Set {PORT} to {USUAL}.", safety=Safety.SAFE)
