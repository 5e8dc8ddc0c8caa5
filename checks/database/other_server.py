"""database.other-server: who answers is not the container that the address is meant for."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

from checks.database._ladder import CONTENT, container_of, published, server_place
from doctor.api import Finding, Fix, Guide, Location, Observed, Place, Severity, check, facts, format_duration

# The engine notes the start of a container a moment after it, or late when it is busy, in seconds.
BEFORE = 30.0
# How long a container that is started for the first time may be busy with making its database, in seconds.
AFTER = 300.0
SOCKET_SCHEMES = ("", "unix", "npipe")
LOOPBACK = ("localhost", "127.0.0.1", "::1")


@check(
    id="database.other-server",
    title="Another PostgreSQL answers on the container's port",
    severity=Severity.WARNING,
    guide=Guide.JOBS,
    warns=CONTENT,
)
def other_server(
    connection: facts.Connection,
    server: facts.Server,
    worker: facts.Worker,
    containers: Observed[facts.Containers],
) -> Iterator[Finding]:
    """
    Compare when the PostgreSQL that answers was started with the start of the container that publishes its port.

    What else is found out about migrations, tables and rows carries this warning, as it is about the other database.

    Why it matters: a PostgreSQL that is installed on this machine can take the connections that are meant for the
    container. API and worker on this host then use another database than those in containers, so that jobs seem to be
    missing.

    Silent when: no container of the database runs and publishes the port; the server was started with the container;
    the worker is in the network of the containers, where no other server gets in between; `database.host` is another
    machine or a socket.

    How to fix: stop the PostgreSQL of this machine, or publish the container on another port and set `database.port` to
    that.
    """
    container = container_of(containers.value, connection)
    if container is None or containers.value is None or not _reached_from_here(connection, worker, containers.value):
        return
    if not container.running or connection.port not in published(container):
        return
    apart = _apart(container, server)
    if apart is None:
        return
    yield Finding(
        f"what answers at {connection.address} is not container {container.name}, which publishes port "
        f"{connection.port}: it was started {apart} the container",
        at=connection.at,
        related=(server_place(connection), Location(Place.CONTAINER, name=container.name)),
        fix=Fix(
            f"Stop the other PostgreSQL, or publish {container.called} on another port and set database.port to that.",
            (f"sudo lsof -nP -iTCP:{connection.port} -sTCP:LISTEN",),
        ),
    )


def _reached_from_here(connection: facts.Connection, worker: facts.Worker, containers: facts.Containers) -> bool:
    """Whether the worker goes to this host's own ports, and the engine publishes on these."""
    engine = urlsplit(containers.address)
    here = engine.scheme in SOCKET_SCHEMES or engine.hostname in LOOPBACK
    inside = worker.kind is facts.Habitat.CONTAINER
    shared = worker.container is not None and worker.container.host_network
    return here and connection.local and connection.asked is None and (shared or not inside)


def _apart(container: facts.Container, server: facts.Server) -> str | None:
    """How long before or after the container the server was started; None where that can be the container's own."""
    if container.started_at is None or server.started_at is None:
        return None
    later = server.started_at - container.started_at
    span = format_duration(round(abs(later)) * 1_000_000_000)
    if later < -BEFORE:
        return f"{span} before"
    return f"{span} after" if later > AFTER else None
