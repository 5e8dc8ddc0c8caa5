"""database.auth: PostgreSQL answers and does not let the program in."""

from __future__ import annotations

from collections.abc import Iterator
from shlex import quote

from checks.database._ladder import below, compose_service, quoted, reading, server_place
from doctor.api import Finding, Fix, Guide, Severity, check, facts


@check(
    id="database.auth",
    title="The database refuses the login",
    severity=Severity.ERROR,
    guide=Guide.JOBS,
    blocks=below("database.auth"),
)
def auth(connection: facts.Connection, config: facts.Resolution, compose: facts.Compose) -> Iterator[Finding]:
    """
    Log in with the user and password that the driver of the API and the worker reads from the settings.

    Why it matters: without a login the API and the worker do not start.

    Silent when: a finding on the settings explains it: a password that is not seen, or that is misread because the
    connection string is built without quotes.

    How to fix: correct `database.user` and `database.password`. A volume that was made with another password keeps
    that one, whatever the compose file says now: change it with `ALTER ROLE`.
    """
    obstacle = connection.failed(facts.Rung.LOGIN)
    if obstacle is None:
        return
    password = obstacle.fault is facts.Fault.PASSWORD_REFUSED
    key = "database.password" if password else "database.user"
    yield Finding(
        _what(connection, obstacle),
        at=config.where(key),
        related=(config.where("database.user"), server_place(connection)) if password else (server_place(connection),),
        fix=_fix(connection, obstacle, compose),
        evidence=reading(connection),
    )


def _what(connection: facts.Connection, obstacle: facts.Obstacle) -> str:
    user = f"user {connection.user!r}" if connection.user else "an empty user"
    match obstacle.fault:
        case facts.Fault.PASSWORD_REFUSED:
            return f"{connection.address} refuses the password of {user}, or has no such user"
        case facts.Fault.NO_ENTRY:
            return f"the pg_hba.conf of {connection.address} has no entry for {user}: {obstacle.text}"
        case facts.Fault.METHOD_UNKNOWN:
            return f"{connection.address} wants a kind of login that the program does not know: {obstacle.text}"
        case _:
            return f"{connection.address} refuses {user}: {obstacle.text}"


def _fix(connection: facts.Connection, obstacle: facts.Obstacle, compose: facts.Compose) -> Fix:
    match obstacle.fault:
        case facts.Fault.NO_ENTRY:
            return Fix("Add a line for this user, database and address to the server's pg_hba.conf and reload it.")
        case facts.Fault.METHOD_UNKNOWN:
            return Fix("Let the server's pg_hba.conf ask for scram-sha-256 for this user.")
    summary = "Correct database.user and database.password."
    service = compose_service(compose, connection)
    if service is None:
        return Fix(summary, (f"psql -h {quote(connection.host)} -p {connection.port} {_who(connection)}",))
    change = f"ALTER ROLE {quoted(connection.user)} PASSWORD 'the one in the settings'"
    command = f"docker compose exec {service.name} psql {_who(connection)} -c {quote(change)}"
    return Fix(f"{summary} A volume keeps its first password; this gives it the new one.", (command,))


def _who(connection: facts.Connection) -> str:
    return f"-U {quote(connection.user)} -d {quote(connection.database)}"
