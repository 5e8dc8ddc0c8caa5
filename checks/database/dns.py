"""database.dns: a host name that means nothing where the worker runs."""

from __future__ import annotations

from collections.abc import Iterator

from checks.database._ladder import below, compose_service, reading, server_place
from doctor.api import Finding, Fix, Guide, Severity, check, facts


@check(
    id="database.dns",
    title="The database host name does not resolve",
    severity=Severity.ERROR,
    guide=Guide.JOBS,
    blocks=below("database.dns"),
)
def dns(connection: facts.Connection, compose: facts.Compose, config: facts.Resolution) -> Iterator[Finding]:
    """
    Look up the name in `database.host` as the worker would.

    Why it matters: without an address there is no database, so neither the API nor the worker starts.

    Silent when: the host is an address or the directory of a socket; it is a service of the compose file and the worker
    runs in a container of it: the port that it publishes is tried then.

    How to fix: on the host the database of the compose file is `localhost`, inside its network it is `postgres`.
    """
    obstacle = connection.failed(facts.Rung.NAME)
    if obstacle is None:
        return
    yield Finding(
        f"{connection.host} cannot be looked up: {obstacle.text}",
        at=connection.at,
        related=(server_place(connection),),
        fix=Fix(_advice(connection, compose)),
        evidence=reading(connection),
    )


def _advice(connection: facts.Connection, compose: facts.Compose) -> str:
    service = compose_service(compose, connection)
    if service is None:
        return "Set database.host to the server's name or address; for the compose file's database that is localhost."
    port = next((port.published for port in service.ports if port.target == connection.port), None)
    if port is None:
        return f"{service.name} is a name inside the compose network only, and {compose.path} publishes no port of it."
    elsewhere = f" and database.port to {port}" if port != connection.port else ""
    return (
        f"{service.name} is a name inside the compose network only: set database.host to localhost{elsewhere} for "
        "what runs on the host."
    )
