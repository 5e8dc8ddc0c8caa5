"""The way to the database, walked with what the program's driver makes of the settings, and the session at its end."""

from __future__ import annotations

from dataclasses import replace

from doctor.engine import OFFLINE, Touches, source
from doctor.errors import SourceError, Withheld
from doctor.facts import Compose, Connection, Environment, Fault, Obstacle, Resolution, Worker
from doctor.model import Location
from doctor.sources.database.session import Session
from doctor.sources.environment import database_reader
from doctor.target import Deadline, Target

# How long the whole way may take, in seconds.
PATIENCE = 5.0

QUERIES = "read-only SELECTs on the system catalogue and on codechunking's tables"


def touches(target: Target, worker: Worker, environment: Environment, resolution: Resolution) -> Touches:
    """The server as the program calls it, and what is asked there."""
    from doctor.sources.database import way

    if target.offline:
        return Touches()
    try:
        found = way.find(target, worker, environment, resolution, Compose())
    except (SourceError, ValueError):
        return Touches()
    hosts = [f"{each.host}:{each.port} (PostgreSQL)" for each in found.meant.attempts]
    return Touches(hosts=tuple(hosts), queries=(QUERIES,))


@source("database", deadline=9, touches=touches)
def connection(
    target: Target,
    worker: Worker,
    environment: Environment,
    resolution: Resolution,
    compose: Compose,
    deadline: Deadline,
) -> Connection:
    """Walk to the database as the API and the worker would, up to a session, and say where the way ends."""
    if target.offline:
        raise Withheld(OFFLINE)
    if resolution.outcome != "ok":
        raise SourceError("the program does not start with this configuration, so there is no connection to try")
    from doctor.sources.database import way

    at = _place(environment, resolution)
    try:
        found = way.find(target, worker, environment, resolution, compose)
    except ValueError as error:
        host, port = str(resolution.value("database.host")), int(resolution.value("database.port"))
        text = way.without_password(str(error).rpartition("`: ")[2], resolution)
        return Connection(host, port, "", "", "", at, obstacle=Obstacle(Fault.SETTINGS_REFUSED, text))
    attempt, arrival = way.follow(found, database_reader(target, worker), deadline.within(PATIENCE))
    obstacle = arrival.obstacle
    if obstacle is not None:
        obstacle = replace(obstacle, text=way.without_password(obstacle.text, resolution))
    differences = way.differences(found.meant, way.read_by_migrate(environment, resolution, worker))
    return Connection(
        attempt.host,
        attempt.port,
        way.shown(found.meant.user, "user", resolution),
        way.shown(found.meant.database or found.meant.user, "name", resolution),
        found.meant.driver.get("sslmode", "prefer"),
        at,
        asked=found.asked,
        obstacle=obstacle,
        tls=attempt.tls,
        local=found.local(attempt),
        reported=arrival.reported,
        differences=tuple(way.without_password(each, resolution) for each in differences),
    )


def _place(environment: Environment, resolution: Resolution) -> Location:
    """Who supplies the host: the key, or the variable where the key is empty."""
    if not resolution.value("database.host") and environment.get("PGHOST") is not None:
        return environment.where("PGHOST")
    return resolution.where("database.host")


@source("database", deadline=9)
def session(
    target: Target,
    worker: Worker,
    environment: Environment,
    resolution: Resolution,
    compose: Compose,
    connection: Connection,
    deadline: Deadline,
) -> Session:
    """The one connection on which everything else about the database is asked."""
    if connection.obstacle is not None:
        raise SourceError(f"not connected: {connection.obstacle.text}")
    from doctor.sources.database import way

    found = way.find(target, worker, environment, resolution, compose)
    attempt = next(
        each
        for each in found.meant.attempts
        if (each.host, each.port, each.tls) == (connection.host, connection.port, connection.tls)
    )
    return Session.open(way.parameters(found, attempt), deadline)


SOURCES = (connection, session)
