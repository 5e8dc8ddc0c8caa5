"""database.missing: the server is right, the database is not there."""

from __future__ import annotations

from collections.abc import Iterator
from shlex import quote

from checks.database._ladder import below, compose_service, reading, server_place
from checks.database._migrations import migrate
from doctor.api import Finding, Fix, Guide, Severity, check, facts

KEY = "database.name"
USUAL = "codechunking"


@check(
    id="database.missing",
    title="The database does not exist",
    severity=Severity.ERROR,
    guide=Guide.JOBS,
    blocks=below("database.missing"),
)
def missing(
    connection: facts.Connection, config: facts.Resolution, compose: facts.Compose, worker: facts.Worker
) -> Iterator[Finding]:
    """
    Open the database that the driver of the API and the worker reads from the settings.

    Why it matters: without its database neither the API nor the worker starts, and `migrate` has nothing to fill.

    Silent when: the login failed first; a finding on the settings explains which database is asked for.

    How to fix: set `database.name` to the database that is there, usually `codechunking`, or make it with `createdb`.
    """
    obstacle = connection.failed(facts.Rung.DATABASE)
    if obstacle is None:
        return
    hint = ""
    if connection.database == connection.user and connection.database != config.value(KEY):
        hint = ": the name of the user is taken where the settings lead to none"
    yield Finding(
        f"{connection.address} has no database {connection.database!r}{hint}",
        at=config.where(KEY),
        related=(server_place(connection),),
        fix=_fix(connection, compose, migrate(config, worker, "up")),
        evidence=reading(connection),
    )


def _fix(connection: facts.Connection, compose: facts.Compose, fill: str) -> Fix:
    name = connection.database
    usual = f"Set {KEY} to {USUAL}, or make the database." if name != USUAL else "Make the database."
    service = compose_service(compose, connection)
    who = f"-U {quote(connection.user)} {quote(name)}"
    if service is None:
        command = f"createdb -h {quote(connection.host)} -p {connection.port} {who}"
    else:
        command = f"docker compose exec {service.name} createdb {who}"
    return Fix(usual, (command, fill))
