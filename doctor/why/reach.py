"""What the way to the database, walked as the worker would, says of the worker's start."""

from __future__ import annotations

from collections.abc import Mapping

from doctor.facts.database import Connection, Fault, Obstacle, Rung
from doctor.facts.worker import Habitat, Worker
from doctor.model import Evidence, Location, Place
from doctor.values import value
from doctor.why import settings as keys
from doctor.why.verdict import Unknown

# What is at fault where a start ends with this; what may be over in a moment (a server that is starting, slots that
# run out, no answer in time) is not among these.
KEYS: Mapping[Fault, str] = {
    Fault.SETTINGS_REFUSED: "database.host",
    Fault.NAME_UNKNOWN: "database.host",
    Fault.REFUSED: "database.port",
    Fault.NO_ROUTE: "database.host",
    Fault.NO_SOCKET: "database.host",
    Fault.OTHER_PROTOCOL: "database.port",
    Fault.TLS_NOT_OFFERED: "database.sslmode",
    Fault.TLS_INSISTED_ON: "database.sslmode",
    Fault.TLS_FAILED: "database.sslmode",
    Fault.CERTIFICATE_REFUSED: "database.sslmode",
    Fault.CLIENT_CERTIFICATE: "database.sslmode",
    Fault.PASSWORD_REFUSED: "database.password",
    Fault.LOGIN_REFUSED: keys.USER,
    Fault.NO_ENTRY: keys.USER,
    Fault.METHOD_UNKNOWN: keys.USER,
    Fault.DATABASE_MISSING: "database.name",
    Fault.CONNECT_DENIED: keys.USER,
}
# From inside of a container names, ports and the rules for addresses may be others than from this host.
BY_PLACE = (Rung.NAME, Rung.ANSWER)


@value
class Stopped:
    """What ends a start: the key at fault, what shows it, and the way out in words."""

    key: str
    evidence: Evidence
    advice: str


def stopped(connection: Connection | None, worker: Worker | None) -> Stopped | None:
    """What ends the start of this worker; None where the way is open, or nothing certain is known of it."""
    obstacle = connection.obstacle if connection is not None else None
    if connection is None or obstacle is None or obstacle.fault not in KEYS or not _from_there(obstacle, worker):
        return None
    # One that runs has its connections, whatever a start would meet now.
    if worker is not None and worker.running:
        return None
    key = _key(obstacle)
    place = f"or have PostgreSQL answer at {connection.address}"
    closer = f"Put {key} right" if obstacle.rung not in BY_PLACE else f"Put {key} right, {place}"
    advice = f"{closer}; `codechunk-doctor check --only database` says what stands in the way."
    return Stopped(key, _shown(connection, obstacle), advice)


def doubt(connection: Connection | None, worker: Worker | None) -> Unknown | None:
    """What is not known where the way ends without telling how a start would."""
    obstacle = connection.obstacle if connection is not None else None
    if connection is None or obstacle is None or stopped(connection, worker) is not None:
        return None
    words = f"whether the worker reaches its database: from here {connection.address} says “{obstacle.text}”"
    return Unknown(words, "codechunk-doctor check --only database")


def _from_there(obstacle: Obstacle, worker: Worker | None) -> bool:
    elsewhere = worker is not None and worker.kind is Habitat.CONTAINER
    return not elsewhere or (obstacle.rung not in BY_PLACE and obstacle.fault is not Fault.NO_ENTRY)


def _key(obstacle: Obstacle) -> str:
    """Settings that are refused are named by the driver, in its own words."""
    if obstacle.fault is Fault.SETTINGS_REFUSED:
        named = (word for word in ("sslmode", "port", "password", "user") if word in obstacle.text)
        return next((f"database.{word}" for word in named), KEYS[obstacle.fault])
    return KEYS[obstacle.fault]


def _shown(connection: Connection, obstacle: Obstacle) -> Evidence:
    place = Location(Place.NETWORK, name=connection.address, detail=connection.asked)
    return Evidence("network", f"{obstacle.fault.value}: {obstacle.text}", place, "the way to the database ends here")
