"""The way to the database: each fault is named by exactly one check, with a fix that fits where the server is."""

from __future__ import annotations

from typing import Any

import pytest

from checks.database._ladder import container_of
from checks.database.auth import auth
from checks.database.connections_exhausted import connections_exhausted
from checks.database.dns import dns
from checks.database.missing import missing
from checks.database.other_server import other_server
from checks.database.privileges import privileges
from checks.database.tls import tls
from checks.database.unreachable import unreachable
from doctor.errors import Silent, SourceError
from doctor.facts import (
    Compose,
    ComposeService,
    Connection,
    Container,
    Containers,
    ContainerState,
    Environment,
    Fault,
    Habitat,
    Known,
    MissingRight,
    Obstacle,
    Privileges,
    Process,
    Processes,
    PublishedPort,
    Resolution,
    Server,
    Variable,
    Worker,
)
from doctor.model import Finding, Location, Severity
from doctor.needs import IfObserved, Observed
from tests.conftest import Resolved

AT = Location.file("configs/config.yaml", 2, 9, key="database.host")
NOT_ASKED: IfObserved[Server] = IfObserved(None, SourceError("not connected"))
NO_RIGHTS: IfObserved[Privileges] = IfObserved(None, SourceError("not connected"))
NO_CONTAINERS: Observed[Containers] = Observed(None, SourceError("no engine"))
# The schema, and the rows of jobs, vectors, connectors and batches.
NO_CONTENT: list[Any] = [IfObserved(None, SourceError("not connected"))] * 5
COMPOSE = Compose(
    "docker-compose.yml",
    {
        "postgres": ComposeService(
            "postgres", 3, image="pgvector/pgvector:pg16", ports=(PublishedPort(5432, 5432),), container="db-1"
        )
    },
)
NO_COMPOSE = Compose()
SHELL = Environment({})
HOST = Worker(Known.ASSUMED, Habitat.HOST)


def reached(fault: Fault | None = None, text: str = "said so", **more: object) -> Connection:
    values = {"host": "localhost", "port": 5432, "user": "dev", "database": "codechunking", "sslmode": "disable"}
    obstacle = Obstacle(fault, text) if fault is not None else None
    return Connection(**{**values, "at": AT, "obstacle": obstacle, "local": True, **more})  # type: ignore[arg-type]


def judge(config: Resolution, connection: Connection, compose: Compose = NO_COMPOSE) -> dict[str, Finding]:
    """What each check of the ladder says."""
    found = {
        "database.dns": dns(connection, compose, config),
        "database.unreachable": unreachable(
            connection, SHELL, compose, NO_CONTAINERS, NOT_ASKED, NO_RIGHTS, *NO_CONTENT
        ),
        "database.tls": tls(connection, config),
        "database.auth": auth(connection, config, compose),
        "database.missing": missing(connection, config, compose, HOST),
        "database.connections-exhausted": connections_exhausted(
            connection, config, Processes(), Observed(None, SourceError("not connected"))
        ),
        "database.privileges": privileges(
            connection, config, Observed(None, SourceError("")), Observed(None, SourceError(""))
        ),
    }
    return {id: findings[0] for id, findings in found.items() if findings}


def test_a_way_that_leads_to_its_end(resolved: Resolved) -> None:
    assert judge(resolved(), reached()) == {}


BY_FAULT = {
    Fault.SETTINGS_REFUSED: "database.unreachable",
    Fault.NAME_UNKNOWN: "database.dns",
    Fault.REFUSED: "database.unreachable",
    Fault.NO_ROUTE: "database.unreachable",
    Fault.TIMED_OUT: "database.unreachable",
    Fault.NO_SOCKET: "database.unreachable",
    Fault.NO_ANSWER: "database.unreachable",
    Fault.BROKEN_OFF: "database.unreachable",
    Fault.OTHER_PROTOCOL: "database.unreachable",
    Fault.STARTING: "database.unreachable",
    Fault.SHUTTING_DOWN: "database.unreachable",
    Fault.SESSION_REFUSED: "database.unreachable",
    Fault.TLS_NOT_OFFERED: "database.tls",
    Fault.TLS_INSISTED_ON: "database.tls",
    Fault.TLS_FAILED: "database.tls",
    Fault.CERTIFICATE_REFUSED: "database.tls",
    Fault.CLIENT_CERTIFICATE: "database.tls",
    Fault.PASSWORD_REFUSED: "database.auth",
    Fault.LOGIN_REFUSED: "database.auth",
    Fault.NO_ENTRY: "database.auth",
    Fault.METHOD_UNKNOWN: "database.auth",
    Fault.DATABASE_MISSING: "database.missing",
    Fault.NO_SLOT: "database.connections-exhausted",
    Fault.CONNECT_DENIED: "database.privileges",
}


@pytest.mark.parametrize("fault", Fault)
@pytest.mark.parametrize("compose", [NO_COMPOSE, COMPOSE], ids=["alone", "with a compose file"])
def test_each_fault_is_named_once(resolved: Resolved, fault: Fault, compose: Compose) -> None:
    found = judge(resolved(), reached(fault), compose)

    assert list(found) == [BY_FAULT[fault]]
    (finding,) = found.values()
    assert finding.severity is Severity.ERROR
    assert finding.fix is not None
    assert finding.fix.summary


# --- what to type --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("connection", "compose", "words"),
    [
        (reached(Fault.NAME_UNKNOWN, host="postgres", local=False), COMPOSE, "set database.host to localhost for"),
        (reached(Fault.NAME_UNKNOWN, host="db-1", local=False), COMPOSE, "set database.host to localhost for"),
        (reached(Fault.NAME_UNKNOWN, host="postgres", local=False), NO_COMPOSE, "name or address"),
        (
            reached(Fault.NAME_UNKNOWN, host="postgres", local=False),
            Compose("c.yml", {"postgres": ComposeService("postgres", 1, ports=(PublishedPort(5432, 15432),))}),
            "to localhost and database.port to 15432",
        ),
        (
            reached(Fault.NAME_UNKNOWN, host="postgres", local=False),
            Compose("c.yml", {"postgres": ComposeService("postgres", 1)}),
            "c.yml publishes no port",
        ),
    ],
)
def test_a_name_of_the_compose_network(
    resolved: Resolved, connection: Connection, compose: Compose, words: str
) -> None:
    (finding,) = dns(connection, compose, resolved())

    assert finding.fix is not None
    assert words in finding.fix.summary


@pytest.mark.parametrize(
    ("connection", "compose", "commands"),
    [
        (reached(Fault.REFUSED), COMPOSE, ("docker compose up -d postgres",)),
        (reached(Fault.REFUSED, port=5433), COMPOSE, ()),
        (reached(Fault.REFUSED, host="db.example.com", local=False), COMPOSE, ()),
        (reached(Fault.REFUSED), NO_COMPOSE, ()),
        (reached(Fault.STARTING), COMPOSE, ("codechunk-doctor",)),
        (reached(Fault.NO_SOCKET, host="/run/postgresql"), NO_COMPOSE, ()),
    ],
)
def test_how_to_start_it(
    resolved: Resolved, connection: Connection, compose: Compose, commands: tuple[str, ...]
) -> None:
    (finding,) = unreachable(connection, SHELL, compose, NO_CONTAINERS, NOT_ASKED, NO_RIGHTS, *NO_CONTENT)

    assert finding.fix is not None
    assert finding.fix.commands == commands


def postgres(state: ContainerState = ContainerState.RUNNING, **more: object) -> Observed[Containers]:
    """The engine with the database of the installation, started at 1000."""
    values = {"id": "1", "name": "cc-db", "role": "postgres", "service": "postgres", "started_at": 1000.0}
    values |= {"ports": (PublishedPort(5432, 5432),), "address": "unix:///run/docker.sock", "state": state, **more}
    address = str(values.pop("address"))
    return Observed(Containers("Docker", address, (Container(**values),)))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("connection", "containers", "told", "command"),
    [
        (reached(Fault.REFUSED), NO_CONTAINERS, "", "docker compose up -d postgres"),
        (reached(Fault.NO_SOCKET, host="/run/postgresql"), postgres(), "", "docker compose up -d postgres"),
        (reached(Fault.REFUSED, host="db.example.com", local=False), postgres(), "", None),
        (reached(Fault.REFUSED), postgres(role="nats"), "", "docker compose up -d postgres"),
        (reached(Fault.SETTINGS_REFUSED), postgres(), "", None),
        (
            reached(Fault.REFUSED),
            postgres(ContainerState.EXITED),
            "; container cc-db is exited",
            "docker compose up -d postgres",
        ),
        (
            reached(Fault.REFUSED),
            postgres(ContainerState.EXITED, service=None),
            "; container cc-db is exited",
            "docker start cc-db",
        ),
        (
            reached(Fault.NO_ANSWER, host="postgres", local=False, asked="localhost:5432"),
            postgres(ContainerState.PAUSED),
            "; container cc-db is paused and publishes port 5432",
            "docker unpause cc-db",
        ),
        (
            reached(Fault.REFUSED),
            postgres(ContainerState.RESTARTING),
            "; container cc-db is restarting",
            "docker logs --tail 50 cc-db",
        ),
        (
            reached(Fault.REFUSED),
            postgres(ports=(PublishedPort(5432, 5433), PublishedPort(5432, 5432, "10.0.0.1"))),
            "; container cc-db is running and publishes port 5433",
            None,
        ),
        (
            reached(Fault.REFUSED),
            postgres(ports=(), role=None, image="pgvector/pgvector:pg16"),
            "; container cc-db is running and publishes no port 5432",
            "docker compose up -d postgres",
        ),
        (
            reached(Fault.BROKEN_OFF),
            postgres(),
            "; container cc-db is running and publishes port 5432",
            "docker logs --tail 50 cc-db",
        ),
    ],
)
def test_what_its_container_does(
    connection: Connection, containers: Observed[Containers], told: str, command: str | None
) -> None:
    (finding,) = unreachable(connection, SHELL, COMPOSE, containers, NOT_ASKED, NO_RIGHTS, *NO_CONTENT)

    assert finding.message.partition("; container")[2] == told.partition("; container")[2]
    assert finding.fix is not None
    assert finding.fix.commands == ((command,) if command else ())
    assert ("database.port to 5433" in finding.fix.summary) is ("5433" in told)
    assert ("make dev" in finding.fix.summary) is bool(command and "log" not in command and "no port" not in told)


@pytest.mark.parametrize(
    ("worse", "better"),
    [
        pytest.param({"started_at": 1.0}, {"started_at": 2.0}, id="started later"),
        pytest.param({"started_at": None}, {"started_at": 2.0}, id="the other was never started"),
        pytest.param({"started_at": 3.0, "state": ContainerState.EXITED}, {"started_at": 2.0}, id="runs"),
        pytest.param({"started_at": 3.0, "role": None, "image": "postgres:16"}, {"started_at": 2.0}, id="in compose"),
    ],
)
def test_the_container_that_is_meant(worse: dict[str, Any], better: dict[str, Any]) -> None:
    both = [
        Container(name, name, **{"state": ContainerState.RUNNING, "role": "postgres", **more})
        for name, more in (("worse", worse), ("better", better))
    ]
    for containers in (both, both[::-1]):
        found = container_of(Containers("Docker", "", tuple(containers)), reached())
        assert found is not None
        assert found.name == "better"


# --- another server ------------------------------------------------------------------------------------------------

INSIDE = Worker(Known.OBSERVED, Habitat.CONTAINER, container=Container("2", "w", ContainerState.RUNNING))
SHARED = Worker(
    Known.OBSERVED, Habitat.CONTAINER, container=Container("2", "w", ContainerState.RUNNING, host_network=True)
)


def another(
    containers: Observed[Containers], started: float | None, connection: Connection, worker: Worker = HOST
) -> tuple[Finding, ...]:
    return other_server(connection, Server(160014, started_at=started), worker, containers)


@pytest.mark.parametrize(
    ("containers", "started", "connection", "worker"),
    [
        pytest.param(postgres(), 1001.0, reached(), HOST, id="started with the container"),
        pytest.param(postgres(), 970.0, reached(), HOST, id="noted late"),
        pytest.param(postgres(), 1300.0, reached(), HOST, id="made its database first"),
        pytest.param(postgres(), None, reached(), HOST, id="start of the server not known"),
        pytest.param(postgres(started_at=None), 1.0, reached(), HOST, id="start of the container not known"),
        pytest.param(NO_CONTAINERS, 1.0, reached(), HOST, id="no engine"),
        pytest.param(postgres(role="nats"), 1.0, reached(), HOST, id="another container"),
        pytest.param(postgres(ContainerState.EXITED), 1.0, reached(), HOST, id="does not run"),
        pytest.param(postgres(ports=()), 1.0, reached(), HOST, id="publishes nothing"),
        pytest.param(postgres(), 1.0, reached(port=5433), HOST, id="another port"),
        pytest.param(postgres(ports=(PublishedPort(5432, 5432, "10.0.0.1"),)), 1.0, reached(), HOST, id="elsewhere"),
        pytest.param(postgres(), 1.0, reached(host="db.example.com", local=False), HOST, id="another machine"),
        pytest.param(postgres(), 1.0, reached(host="/run/postgresql"), HOST, id="a socket"),
        pytest.param(postgres(), 1.0, reached(host="postgres", asked="localhost:5432"), INSIDE, id="its network"),
        pytest.param(postgres(), 1.0, reached(), INSIDE, id="a network of its own"),
        pytest.param(postgres(address="tcp://build:2376"), 1.0, reached(), HOST, id="an engine elsewhere"),
    ],
)
def test_the_container_itself_answers(
    containers: Observed[Containers], started: float | None, connection: Connection, worker: Worker
) -> None:
    assert another(containers, started, connection, worker) == ()


@pytest.mark.parametrize(
    ("containers", "started", "worker", "told"),
    [
        (postgres(), 969.0, HOST, "it was started 31s before the container"),
        (postgres(), 1301.0, HOST, "it was started 5m1s after the container"),
        (postgres(), 1.0, SHARED, "it was started 16m39s before the container"),
        (postgres(address="tcp://127.0.0.1:2375"), 1.0, HOST, "is not container cc-db, which publishes port 5432"),
        (postgres(ports=(PublishedPort(5432, 5432, "127.0.0.1"),)), 1.0, HOST, "is not container cc-db"),
    ],
)
def test_another_server_answers(containers: Observed[Containers], started: float, worker: Worker, told: str) -> None:
    (finding,) = another(containers, started, reached(), worker)

    assert told in finding.message
    assert finding.severity is Severity.WARNING
    assert [each.name for each in finding.related] == ["localhost:5432", "cc-db"]
    assert finding.fix is not None
    assert finding.fix.commands == ("sudo lsof -nP -iTCP:5432 -sTCP:LISTEN",)


def test_a_variable_that_breaks_the_session_is_where_to_look() -> None:
    place = Location.env("PGOPTIONS")
    shell = Environment({"PGOPTIONS": Variable("PGOPTIONS", "-c nonsense=1", "shell", place)})
    (finding,) = unreachable(
        reached(Fault.SESSION_REFUSED), shell, NO_COMPOSE, NO_CONTAINERS, NOT_ASKED, NO_RIGHTS, *NO_CONTENT
    )

    assert finding.at == place


@pytest.mark.parametrize(
    ("server", "rights", "count"),
    [
        (NOT_ASKED, NO_RIGHTS, 0),
        (IfObserved(Server(180006)), IfObserved(Privileges("dev")), 0),
        (IfObserved(None, Silent("it broke off")), NO_RIGHTS, 1),
        (IfObserved(Server(180006)), IfObserved(None, Silent("it broke off")), 1),
    ],
)
def test_a_server_that_falls_silent_later(
    server: IfObserved[Server], rights: IfObserved[Privileges], count: int
) -> None:
    assert len(unreachable(reached(), SHELL, COMPOSE, NO_CONTAINERS, server, rights, *NO_CONTENT)) == count


@pytest.mark.parametrize("which", range(5))
def test_a_server_that_falls_silent_over_its_content(which: int) -> None:
    content = list(NO_CONTENT)
    content[which] = IfObserved(None, Silent("it broke off"))
    answered = IfObserved(Server(180006)), IfObserved(Privileges("dev"))

    (finding,) = unreachable(reached(), SHELL, COMPOSE, NO_CONTAINERS, *answered, *content)

    assert "it broke off" in finding.message


@pytest.mark.parametrize(
    ("fault", "edit"),
    [(Fault.TLS_NOT_OFFERED, "disable"), (Fault.TLS_INSISTED_ON, "require"), (Fault.TLS_FAILED, None)],
)
def test_the_word_that_fits(resolved: Resolved, fault: Fault, edit: str | None) -> None:
    (finding,) = tls(reached(fault), resolved("database: {user: u, password: p, sslmode: prefer}"))

    assert finding.fix is not None
    assert [each.after for each in finding.fix.edits] == ([edit] if edit else [])


def test_the_password_is_shown_nowhere(resolved: Resolved) -> None:
    config = resolved("database: {user: dev, password: hunter2-secret}")

    assert "hunter2" not in repr(auth(reached(Fault.PASSWORD_REFUSED), config, COMPOSE))


def test_odd_names_are_quoted_for_the_shell(resolved: Resolved) -> None:
    odd = {"user": "my user", "database": "it's"}
    (login,) = auth(reached(Fault.PASSWORD_REFUSED, **odd), resolved(), NO_COMPOSE)
    (absent,) = missing(reached(Fault.DATABASE_MISSING, **odd), resolved(), COMPOSE, HOST)

    assert login.fix is not None
    assert login.fix.commands == ("psql -h localhost -p 5432 -U 'my user' -d 'it'\"'\"'s'",)
    assert absent.fix is not None
    assert absent.fix.commands[0].endswith("createdb -U 'my user' 'it'\"'\"'s'")


def test_a_shifted_connection_string_shows_in_the_name(resolved: Resolved) -> None:
    (finding,) = missing(reached(Fault.DATABASE_MISSING, database="dev"), resolved(), NO_COMPOSE, HOST)

    assert "the name of the user is taken" in finding.message


@pytest.mark.parametrize(
    ("name", "worker", "command"),
    [
        ("configs/config.dev.yaml", HOST, "make migrate-up"),
        ("configs/config.prod.yaml", HOST, "go run main.go migrate up --config configs/config.prod.yaml"),
        (
            "configs/config.dev.yaml",
            Worker(Known.GIVEN, Habitat.CONTAINER, name="codechunking-worker"),
            "docker compose exec api /app/codechunking migrate up --config configs/config.dev.yaml",
        ),
    ],
)
def test_a_new_database_is_migrated_with_the_configuration_at_hand(
    resolved: Resolved, name: str, worker: Worker, command: str
) -> None:
    (finding,) = missing(reached(Fault.DATABASE_MISSING), resolved(name=name), NO_COMPOSE, worker)

    assert finding.fix is not None
    assert finding.fix.commands[-1] == command


# --- slots ---------------------------------------------------------------------------------------------------------


def process(role: str) -> Process:
    return Process(role, 1, (), None, 0.0)


@pytest.mark.parametrize(
    ("pool", "found", "server", "count"),
    [
        (25, (), Server(180006, max_connections=100, reserved=3), None),
        (48, (), Server(180006, max_connections=100, reserved=3), None),
        (90, (process("worker"),), Server(180006, max_connections=100, reserved=3), None),
        (90, (), Server(180006, max_connections=100, reserved=3, pooler=True), None),
        (90, (), Server(180006), None),
        (49, (), Server(180006, max_connections=100, reserved=3), 2),
        (98, (process("worker"),), Server(180006, max_connections=100, reserved=3), 1),
        (
            33,
            (process("api"), process("worker"), process("worker")),
            Server(180006, max_connections=100, reserved=3),
            3,
        ),
    ],
)
def test_pools_and_slots(
    resolved: Resolved, pool: int, found: tuple[Process, ...], server: Server, count: int | None
) -> None:
    config = resolved(f"database: {{user: u, password: p, max_connections: {pool}}}")
    findings = connections_exhausted(reached(), config, Processes(found), Observed(server))

    assert [each.severity for each in findings] == ([Severity.WARNING] if count else [])
    assert all(each.message.startswith(f"{count} process") for each in findings)


# --- rights --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("server", "rights", "words"),
    [
        (Server(180006, role="app"), Privileges("app"), []),
        (Server(180006, role="app", standby=True), Privileges("app"), ["is a standby"]),
        (Server(180006, role="app", read_only=True), Privileges("app"), ["are read-only"]),
        (
            Server(180006, role="app"),
            Privileges("app", (MissingRight("TABLE", "codechunking.connectors", "DELETE"),), "dev"),
            ["role 'app' lacks DELETE on table codechunking.connectors"],
        ),
    ],
)
def test_rights(resolved: Resolved, server: Server, rights: Privileges, words: list[str]) -> None:
    findings = privileges(reached(), resolved(), Observed(server), Observed(rights))

    assert [each.message for each in findings if not any(word in each.message for word in words)] == []
    assert len(findings) == len(words)


@pytest.mark.parametrize(
    ("missing_rights", "statements"),
    [
        ((MissingRight("SCHEMA", "codechunking", "USAGE"),), ('GRANT USAGE ON SCHEMA codechunking TO "my-app";',)),
        (
            (MissingRight("TABLE", "codechunking.a", "DELETE"), MissingRight("TABLE", "codechunking.a", "SELECT")),
            ('GRANT DELETE, SELECT ON TABLE codechunking.a TO "my-app";',),
        ),
        (
            (MissingRight("FUNCTION", "public.uuid_generate_v4()", "EXECUTE"),),
            ('GRANT EXECUTE ON FUNCTION public.uuid_generate_v4() TO "my-app";',),
        ),
        (
            tuple(MissingRight("FUNCTION", f"codechunking.f{n}(x)", "EXECUTE") for n in range(9)),
            ('GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA codechunking TO "my-app";',),
        ),
    ],
)
def test_what_to_grant(
    resolved: Resolved, missing_rights: tuple[MissingRight, ...], statements: tuple[str, ...]
) -> None:
    rights = Observed(Privileges("my-app", missing_rights))
    (finding,) = privileges(reached(), resolved(), Observed(Server(180006)), rights)

    assert finding.fix is not None
    assert finding.fix.commands == statements
