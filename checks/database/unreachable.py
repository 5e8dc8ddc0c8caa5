"""database.unreachable: nobody answers, or not PostgreSQL."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

from checks.database._ladder import PORT, below, compose_service, container_of, published, reading, server_place
from doctor.api import (
    Evidence,
    Explains,
    Finding,
    Fix,
    Guide,
    IfObserved,
    Observed,
    Severity,
    Silent,
    check,
    facts,
    start_container,
)

SETTINGS = "settings refused"
# What pgx sends to the server as it is.
OPTIONS = "PGOPTIONS"


def _about_settings(_: Finding, explained: Finding) -> bool:
    return any(each.kind == SETTINGS for each in explained.evidence)


@check(
    id="database.unreachable",
    title="PostgreSQL does not answer at the configured address",
    severity=Severity.ERROR,
    guide=Guide.JOBS,
    blocks=below("database.unreachable"),
    explained_by=(
        Explains(
            "config.database-password-empty",
            "config.database-password-env-only",
            "config.dsn-misread",
            "config.sslmode",
            "config.value-reinterpreted",
            "environment.postgres-variable",
            when=_about_settings,
        ),
    ),
)
def unreachable(
    connection: facts.Connection,
    environment: facts.Environment,
    compose: facts.Compose,
    containers: Observed[facts.Containers],
    server: IfObserved[facts.Server],
    privileges: IfObserved[facts.Privileges],
    schema: IfObserved[facts.Schema],
    jobs: IfObserved[facts.JobRows],
    vectors: IfObserved[facts.VectorRows],
    connectors: IfObserved[facts.ConnectorRows],
    batches: IfObserved[facts.BatchRows],
) -> Iterator[Finding]:
    """
    Go to the address as the driver of the API and the worker does, and wait for PostgreSQL to open a session.

    A server that is starting up is asked again for a few seconds. Where the database has a container, the finding says
    what that does, and which port it publishes.

    Why it matters: without its database the API does not start, and the worker ends at once.

    Silent when: the name does not resolve (that is said first); it is PostgreSQL that answers, whatever it thinks of
    certificate, login or database.

    How to fix: `make dev` or `docker compose up -d postgres` starts the database of the compose file; for another one
    correct `database.host` and `database.port`.

    Since the first version: the guide says `make dev` starts the database; the program's Makefile starts all services
    with it, a second worker and a second API too.
    """
    obstacle = connection.failed(facts.Rung.SETTINGS, facts.Rung.ANSWER) or _refused(connection)
    if obstacle is not None:
        settings = obstacle.fault in (facts.Fault.SETTINGS_REFUSED, facts.Fault.SESSION_REFUSED)
        refusal = (Evidence(SETTINGS, obstacle.text),) if settings else ()
        container = None if settings else container_of(containers.value, connection)
        options = obstacle.fault is facts.Fault.SESSION_REFUSED and environment.get(OPTIONS) is not None
        yield Finding(
            _what(connection, obstacle) + _state(container),
            at=environment.where(OPTIONS) if options else connection.at,
            related=(server_place(connection),),
            fix=_fix(connection, obstacle, compose, container),
            evidence=(*refusal, *reading(connection)),
        )
        return
    asked = (server, privileges, schema, jobs, vectors, connectors, batches)
    lost = next((each.error for each in asked if isinstance(each.error, Silent)), None)
    if lost is not None:
        yield Finding(
            f"{connection.address} let the doctor in, then failed: {lost.reason}",
            at=connection.at,
            related=(server_place(connection),),
            fix=Fix("Look into the log of PostgreSQL: it is overloaded, restarting or cut off.", _logs(compose)),
        )


def _refused(connection: facts.Connection) -> facts.Obstacle | None:
    obstacle = connection.failed(facts.Rung.SESSION)
    return obstacle if obstacle is not None and obstacle.fault is facts.Fault.SESSION_REFUSED else None


# By the names of the faults.
WORDS = {
    "REFUSED": "nothing listens at {where}",
    "NO_SOCKET": "there is no PostgreSQL at {where}: {text}",
    "NO_ROUTE": "{where} cannot be reached: {text}",
    "TIMED_OUT": "{where} does not answer: {text}",
    "NO_ANSWER": "{where} accepts the connection, but never answers",
    "BROKEN_OFF": "{where} breaks the connection off: {text}",
    "OTHER_PROTOCOL": "what answers at {where} is not PostgreSQL",
    "STARTING": "the server at {where} lets nobody in yet: {text}",
    "SHUTTING_DOWN": "the server at {where} is going down: {text}",
    "SESSION_REFUSED": "the server at {where} opens no session: {text}",
    "SETTINGS_REFUSED": "the database driver refuses the connection settings: {text}",
}


def _what(connection: facts.Connection, obstacle: facts.Obstacle) -> str:
    where = connection.address + (f" (asked at {connection.asked})" if connection.asked else "")
    return WORDS[obstacle.fault.name].format(where=where, text=obstacle.text)


def _state(container: facts.Container | None) -> str:
    """What the container of the database does, as the end of the sentence."""
    if container is None:
        return ""
    if not container.running:
        return f"; container {container.name} is {container.state}"
    ports = ", ".join(map(str, published(container)))
    where = f"publishes port {ports}" if ports else f"publishes no port {PORT}"
    return f"; container {container.name} is {container.state} and {where}"


def _fix(
    connection: facts.Connection,
    obstacle: facts.Obstacle,
    compose: facts.Compose,
    container: facts.Container | None,
) -> Fix:
    if obstacle.fault in (facts.Fault.SETTINGS_REFUSED, facts.Fault.SESSION_REFUSED):
        return Fix(
            "Correct the database settings; `codechunk-doctor config show database` lists where each comes from."
        )
    if obstacle.fault is facts.Fault.STARTING:
        return Fix("Wait until it is up, then look again.", ("codechunk-doctor",))
    if obstacle.fault is facts.Fault.OTHER_PROTOCOL:
        return Fix("Set database.host and database.port to PostgreSQL's; its own port is 5432.")
    if container is not None:
        return _of_container(connection, container)
    service = compose_service(compose, connection)
    if service is not None:
        return Fix(_start(service.name), (f"docker compose up -d {service.name}",))
    if connection.host.startswith("/"):
        return Fix("Start PostgreSQL, or set database.host to the directory of its socket or to localhost.")
    return Fix(f"Start PostgreSQL there, or correct database.host and database.port ({connection.address}).")


def _of_container(connection: facts.Connection, container: facts.Container) -> Fix:
    name = container.called
    if container.state.value not in ("running", "restarting"):
        return Fix(_start(name), (start_container(container),))
    ports = published(container)
    if container.running and connection.local and connection.asked is None and connection.port not in ports:
        if ports:
            return Fix(f"Set database.port to {ports[0]}, where container {container.name} is reached from this host.")
        return Fix(
            f"Publish port {PORT} of {name} in the compose file, then start it again.", (start_container(container),)
        )
    return Fix(
        f"Look into the log of {name}: why it does not answer.",
        (f"docker logs --tail 50 {shlex.quote(container.name)}",),
    )


def _start(name: str) -> str:
    return f"Start {name}; `make dev` starts it together with all other services."


def _logs(compose: facts.Compose) -> tuple[str, ...]:
    names = [name for name in compose.services if "postgres" in name]
    return tuple(f"docker compose logs --tail 50 {name}" for name in names[:1])
