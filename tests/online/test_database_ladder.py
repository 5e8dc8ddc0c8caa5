"""Each step of the way to the database fails for real, and exactly one check names it."""

from __future__ import annotations

import contextlib
import os
import ssl
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
import trustme

from doctor import app, facts
from doctor.embedded import Postgres, migrate
from doctor.errors import Refused, Silent, SourceError, Withheld
from doctor.model import OutcomeKind, Report
from doctor.settings import Settings
from doctor.sources.database.session import Session
from doctor.target import Deadline
from tests.servers import Databases
from tests.sources import peers

pytestmark = pytest.mark.slow

CONFIG = """\
database:
  host: 127.0.0.1
  user: dev
  password: dev
"""

LADDER = [
    "database.dns",
    "database.unreachable",
    "database.tls",
    "database.auth",
    "database.missing",
    "database.connections-exhausted",
    "database.privileges",
]

Examine = Callable[..., Report]


@pytest.fixture
def examine(tmp_path: Path) -> Examine:
    """Examine an installation with this port and these variables."""
    (tmp_path / "configs").mkdir()
    (tmp_path / "configs" / "config.yaml").write_text(CONFIG, encoding="utf-8")

    def run(
        port: int,
        *,
        only: tuple[str, ...] = ("database",),
        deadline: float | None = None,
        containers: facts.Containers | None = None,
        **env: str,
    ) -> Report:
        variables = {"CODECHUNK_DATABASE_PORT": str(port), "CODECHUNK_GEMINI_API_KEY": "example-key", **env}
        # No NATS, API or text search server stands beside the database here.
        settings = Settings(
            directory=tmp_path,
            env=variables,
            clean_env=True,
            only=only,
            skip=("nats", "api", "zoekt"),
            deadline=deadline,
        )
        known: dict[type[object], object] = {facts.GeminiAccess: Withheld("Google is not asked here")}
        if containers is not None:
            known[facts.Containers] = containers
        return app.diagnose(settings, known=known)

    return run


def found(report: Report) -> list[str]:
    return [each.id for each in report.results if each.outcome.kind is OutcomeKind.FOUND]


def database_only(report: Report) -> list[str]:
    """What fires of the family; that migrate has no `prefer` is another one's business."""
    return [id for id in found(report) if id.startswith("database.")]


def message(report: Report, id: str) -> str:
    return next(each.outcome.findings[0].message for each in report.results if each.id == id)


def only(report: Report, id: str) -> str:
    """That this check fires and holds back all after it; its message."""
    assert found(report) == [id]
    held = {each.id: each.outcome for each in report.results if each.id in LADDER[LADDER.index(id) + 1 :]}
    assert {outcome.kind for outcome in held.values()} <= {OutcomeKind.BLOCKED}
    assert all((outcome.reason or "").startswith(id) for outcome in held.values())
    return message(report, id)


def variables(name: str) -> dict[str, str]:
    return {"CODECHUNK_DATABASE_NAME": name}


@pytest.fixture(scope="module")
def strict() -> Iterator[Postgres]:
    """A server that asks for passwords, with three roles and a migrated database."""
    hba = [
        "local all all trust",
        "host all plain 127.0.0.1/32 password",
        "host all digest 127.0.0.1/32 md5",
        "host all banned 127.0.0.1/32 reject",
        "host postgres dev 127.0.0.1/32 scram-sha-256",
        "host codechunking all 127.0.0.1/32 scram-sha-256",
        "host absent all 127.0.0.1/32 scram-sha-256",
    ]
    with Postgres.start(hba=hba, settings={"max_connections": "60"}) as server:
        with psycopg.connect(server.connection_string(), autocommit=True) as connection:
            for statement in (
                "CREATE DATABASE codechunking",
                "CREATE ROLE plain LOGIN SUPERUSER PASSWORD 'plain'",
                "CREATE ROLE asleep NOLOGIN PASSWORD 'x'",
                "CREATE ROLE outsider LOGIN PASSWORD 'x'",
                "CREATE ROLE banned LOGIN PASSWORD 'x'",
                "SET password_encryption = 'md5'",
                "CREATE ROLE digest LOGIN SUPERUSER PASSWORD 'digest'",
                "REVOKE CONNECT ON DATABASE codechunking FROM PUBLIC",
            ):
                connection.execute(statement.encode())
        migrate(server.connection_string("codechunking"))
        yield server


# --- where nothing is wrong ----------------------------------------------------------------------------------------


def test_a_migrated_database_has_nothing_wrong_with_it(examine: Examine, databases: Databases) -> None:
    place = databases()

    assert found(examine(place.port, **variables(place.name))) == []


@pytest.mark.parametrize(("earlier", "ids"), [(1.0, []), (-3600.0, ["database.other-server"])])
def test_whose_server_answers(examine: Examine, databases: Databases, earlier: float, ids: list[str]) -> None:
    place = databases(statements="UPDATE public.schema_migrations SET version = 21;")
    with psycopg.connect(databases.server.connection_string(place.name)) as connection:
        row = connection.execute("SELECT extract(epoch FROM pg_postmaster_start_time())::float8").fetchone()
    assert row is not None
    ports = (facts.PublishedPort(5432, place.port),)
    container = facts.Container(
        "1", "db", facts.ContainerState.RUNNING, role="postgres", started_at=row[0] - earlier, ports=ports
    )
    seen = facts.Containers("Docker", "unix:///run/docker.sock", (container,))
    report = examine(place.port, containers=seen, **variables(place.name))

    assert found(report) == [*ids, "database.migrations-ahead"]
    (ahead,) = next(each.outcome.findings for each in report.results if each.id == "database.migrations-ahead")
    assert [each.text.partition(":")[0] for each in ahead.evidence if each.kind == "warning"] == ids


def test_on_the_older_server_nothing_is_wrong_but_what_it_does_not_have(
    examine: Examine, older_databases: Databases
) -> None:
    """The wheel of PostgreSQL 16 comes without pg_trgm."""
    place = older_databases()
    report = examine(place.port, **variables(place.name))

    assert found(report) == ["database.extension-missing"]
    assert "pg_trgm" in message(report, "database.extension-missing")


@pytest.mark.parametrize("user", ["dev", "plain", "digest"])
def test_every_kind_of_password_is_spoken(examine: Examine, strict: Postgres, user: str) -> None:
    login = {"CODECHUNK_DATABASE_USER": user, "CODECHUNK_DATABASE_PASSWORD": user}

    assert found(examine(strict.port, **login)) == []


def test_the_socket_of_the_server_will_do(examine: Examine, strict: Postgres) -> None:
    assert found(examine(strict.port, CODECHUNK_DATABASE_HOST=str(strict.data))) == []


@pytest.mark.parametrize("mode", ["disable", "prefer", "allow"])
def test_a_server_without_tls_suits_those_who_do_not_insist(examine: Examine, strict: Postgres, mode: str) -> None:
    assert database_only(examine(strict.port, CODECHUNK_DATABASE_SSLMODE=mode)) == []


# --- name and address ----------------------------------------------------------------------------------------------


def test_a_name_that_does_not_resolve(examine: Examine) -> None:
    report = examine(5432, CODECHUNK_DATABASE_HOST="no-such-host.invalid")

    assert "no-such-host.invalid cannot be looked up" in only(report, "database.dns")


def test_nothing_listens(examine: Examine) -> None:
    port = peers.unused_port()

    assert f"nothing listens at 127.0.0.1:{port}" in only(examine(port), "database.unreachable")


def test_another_protocol(examine: Examine) -> None:
    with peers.peer(peers.says(b"HTTP/1.1 400 Bad Request\r\n\r\n")) as port:
        assert "is not PostgreSQL" in only(examine(port), "database.unreachable")


@pytest.mark.parametrize("behaviour", [peers.silent, peers.drips])
def test_a_server_that_accepts_and_never_answers(examine: Examine, behaviour: peers.Behaviour) -> None:
    with peers.peer(behaviour) as port:
        started = time.monotonic()
        report = examine(port, only=(), deadline=2.0)

    assert time.monotonic() - started < 2.5
    assert report.incomplete is None
    assert "never answers" in message(report, "database.unreachable")
    judged = [each for each in report.results if each.family in ("config", "environment")]
    assert all(each.outcome.kind is not OutcomeKind.BLOCKED for each in judged)


def test_without_a_deadline_it_ends_by_itself(examine: Examine) -> None:
    with peers.peer(peers.silent) as port:
        started = time.monotonic()
        report = examine(port)

    assert time.monotonic() - started < 10
    assert "never answers" in only(report, "database.unreachable")


def test_a_server_that_is_starting_up(examine: Examine) -> None:
    with peers.peer(peers.says(peers.error("57P03", "the database system is starting up"))) as port:
        report = examine(port, deadline=2.0)

    assert "starting up" in only(report, "database.unreachable")


def test_a_server_that_has_started_up_by_the_time_it_is_asked_again(examine: Examine, databases: Databases) -> None:
    place = databases()
    with peers.relay(place.port, peers.refusing_first(peers.error("57P03"))) as port:
        assert found(examine(port, **variables(place.name))) == []


# --- TLS -----------------------------------------------------------------------------------------------------------


def test_tls_that_is_not_offered(examine: Examine, strict: Postgres) -> None:
    text = only(examine(strict.port, CODECHUNK_DATABASE_SSLMODE="require"), "database.tls")

    assert "sslmode is require" in text
    assert "offers no TLS" in text


@dataclass(frozen=True)
class Secured:
    """Where TLS with a certificate for `localhost` ends, in front of a migrated database."""

    port: int
    name: str
    authority: str


@pytest.fixture(scope="module")
def certificate() -> tuple[trustme.CA, ssl.SSLContext]:
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    return authority, context


@pytest.fixture
def secured(databases: Databases, certificate: tuple[trustme.CA, ssl.SSLContext], tmp_path: Path) -> Iterator[Secured]:
    authority, context = certificate
    file = tmp_path / "authority.crt"
    authority.cert_pem.write_to_path(file)
    place = databases()
    with peers.relay(place.port, peers.encrypting(context)) as port:
        yield Secured(port, place.name, str(file))


@pytest.mark.parametrize("mode", ["disable", "allow", "prefer", "require"])
def test_tls_that_is_offered_suits_all(examine: Examine, secured: Secured, mode: str) -> None:
    report = examine(secured.port, CODECHUNK_DATABASE_SSLMODE=mode, **variables(secured.name))

    assert database_only(report) == []


@pytest.mark.parametrize(("mode", "host"), [("verify-ca", "127.0.0.1"), ("verify-full", "localhost")])
def test_a_certificate_of_a_known_authority(examine: Examine, secured: Secured, mode: str, host: str) -> None:
    settings = {"CODECHUNK_DATABASE_SSLMODE": mode, "CODECHUNK_DATABASE_HOST": host, "PGSSLROOTCERT": secured.authority}

    assert database_only(examine(secured.port, **settings, **variables(secured.name))) == []


def test_a_file_of_authorities_beside_the_worker(examine: Examine, secured: Secured) -> None:
    """A relative path starts where the worker does, not where the doctor was called."""
    settings = {"CODECHUNK_DATABASE_SSLMODE": "verify-ca", "PGSSLROOTCERT": "authority.crt"}

    assert database_only(examine(secured.port, **settings, **variables(secured.name))) == []


@pytest.mark.parametrize(
    "settings",
    [
        {"CODECHUNK_DATABASE_HOST": "localhost"},  # nobody here trusts that authority
        {"PGSSLROOTCERT": "{authority}"},  # 127.0.0.1 is not in the certificate
    ],
)
def test_a_certificate_that_is_not_accepted(examine: Examine, secured: Secured, settings: dict[str, str]) -> None:
    settings = {name: text.replace("{authority}", secured.authority) for name, text in settings.items()}
    report = examine(
        secured.port,
        CODECHUNK_DATABASE_SSLMODE="verify-full",
        **settings,
        **variables(secured.name),
        only=("database.*",),
    )

    assert "is not accepted" in only(report, "database.tls")


def test_a_server_that_insists_on_tls(
    examine: Examine, databases: Databases, certificate: tuple[trustme.CA, ssl.SSLContext]
) -> None:
    place = databases()
    refusal = peers.error("28000", "no pg_hba.conf entry for host, no encryption", "ClientAuthentication")
    with peers.relay(place.port, peers.encrypting(certificate[1], refusal=refusal)) as port:
        report = examine(port, **variables(place.name))

    assert "with TLS only" in only(report, "database.tls")


# --- login and database --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("login", "words"),
    [
        ({"CODECHUNK_DATABASE_PASSWORD": "wrong"}, "refuses the password of user 'dev'"),
        ({"CODECHUNK_DATABASE_USER": "nobody-here"}, "refuses the password of user 'nobody-here'"),
        ({"CODECHUNK_DATABASE_USER": "asleep", "CODECHUNK_DATABASE_PASSWORD": "x"}, "refuses user 'asleep'"),
        ({"CODECHUNK_DATABASE_USER": "banned", "CODECHUNK_DATABASE_PASSWORD": "x"}, "pg_hba.conf"),
        (
            {"CODECHUNK_DATABASE_NAME": "postgres", "CODECHUNK_DATABASE_USER": "outsider"},
            "no entry for user 'outsider'",
        ),
    ],
)
def test_a_login_that_is_refused(examine: Examine, strict: Postgres, login: dict[str, str], words: str) -> None:
    assert words in only(examine(strict.port, **login), "database.auth")


def test_a_role_that_does_not_exist_where_no_password_is_asked_for(examine: Examine, databases: Databases) -> None:
    place = databases()
    report = examine(place.port, CODECHUNK_DATABASE_USER="nobody-here", **variables(place.name))

    assert "refuses user 'nobody-here'" in only(report, "database.auth")


def test_a_database_that_is_not_there(examine: Examine, strict: Postgres) -> None:
    text = only(examine(strict.port, CODECHUNK_DATABASE_NAME="absent"), "database.missing")

    assert "has no database 'absent'" in text


def test_a_role_that_may_not_connect(examine: Examine, strict: Postgres) -> None:
    login = {"CODECHUNK_DATABASE_USER": "outsider", "CODECHUNK_DATABASE_PASSWORD": "x"}

    assert "may not connect" in only(examine(strict.port, **login), "database.privileges")


def test_a_full_connection_table(examine: Examine, strict: Postgres) -> None:
    with contextlib.ExitStack() as stack:
        for _ in range(60):
            with contextlib.suppress(psycopg.OperationalError):
                connection = psycopg.connect(strict.connection_string())
                stack.callback(connection.close)
        report = examine(strict.port)

    assert "has no slot left" in only(report, "database.connections-exhausted")


def test_pools_that_could_ask_for_more_than_there_is(examine: Examine, strict: Postgres) -> None:
    report = examine(strict.port, CODECHUNK_DATABASE_MAX_CONNECTIONS="30")

    assert found(report) == ["database.connections-exhausted"]
    assert "2 processes" in message(report, "database.connections-exhausted")


# --- rights --------------------------------------------------------------------------------------------------------


GRANTS = (
    "CREATE ROLE {role} LOGIN PASSWORD 'x'; GRANT USAGE ON SCHEMA codechunking TO {role}; "
    "GRANT SELECT, INSERT, UPDATE ON ALL TABLES IN SCHEMA codechunking TO {role}; "
    "GRANT DELETE ON codechunking.batch_job_progress, codechunking.connectors, codechunking.embeddings, "
    "codechunking.embeddings_partitioned TO {role}; GRANT SELECT ON public.schema_migrations TO {role};"
)


@pytest.mark.parametrize(
    ("statements", "words"),
    [
        ("", None),
        ("REVOKE DELETE ON codechunking.connectors FROM {role}", "lacks DELETE on table codechunking.connectors"),
        ("REVOKE INSERT ON codechunking.code_chunks FROM {role}", "lacks INSERT on table codechunking.code_chunks"),
        ("REVOKE USAGE ON SCHEMA codechunking FROM {role}", "lacks USAGE on schema codechunking"),
        ("REVOKE EXECUTE ON FUNCTION public.uuid_generate_v4() FROM PUBLIC", "EXECUTE on function"),
        ("ALTER ROLE {role} SET default_transaction_read_only = on", "are read-only"),
    ],
)
def test_rights(examine: Examine, databases: Databases, statements: str, words: str | None) -> None:
    place = databases()
    role = f"{place.name}_app"
    databases.run(place.name, (GRANTS + statements).replace("{role}", role))

    report = examine(place.port, CODECHUNK_DATABASE_USER=role, **variables(place.name))

    if words is None:
        assert found(report) == []
    else:
        assert found(report) == ["database.privileges"]
        assert words in message(report, "database.privileges")


def test_the_grants_that_are_shown_work(examine: Examine, databases: Databases) -> None:
    place = databases()
    role = f"{place.name}_app"
    databases.run(place.name, f"CREATE ROLE {role} LOGIN; GRANT SELECT ON public.schema_migrations TO {role}")
    login = {"CODECHUNK_DATABASE_USER": role, **variables(place.name)}
    report = examine(place.port, **login)
    finding = next(each.outcome.findings[0] for each in report.results if each.id == "database.privileges")
    assert finding.fix is not None

    databases.run(place.name, "\n".join(finding.fix.commands))

    assert found(examine(place.port, **login)) == []


# --- what dies on the way ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("after", [300, 600, 3_000, 12_000, 24_000, 30_000])
def test_a_server_that_dies_in_the_middle(examine: Examine, databases: Databases, after: int) -> None:
    """The walk succeeds, and the session after it is cut while a query is under way: an early one or a late one."""
    place = databases()
    with peers.relay(place.port, peers.cutting_second(after=after)) as port:
        report = examine(port, only=(), **variables(place.name))

    assert found(report) == ["database.unreachable"]
    assert report.incomplete is None


@pytest.fixture
def pooled(databases: Databases) -> Iterator[Session]:
    """A session behind something that takes no options at the start."""
    place = databases()
    with peers.relay(place.port, peers.without_options) as port:
        parameters = {"host": "127.0.0.1", "port": str(port), "user": "dev", "dbname": place.name, "sslmode": "disable"}
        session = Session.open(parameters, Deadline())
        yield session
        session.close()


def test_behind_a_pooler_every_query_brings_its_limits_along(pooled: Session) -> None:
    query = """
        SELECT current_setting('transaction_read_only') AS read_only, current_setting('lock_timeout') AS locks,
               current_setting('statement_timeout') AS statement, current_setting('search_path') AS path"""

    (row,) = pooled.rows(query, seconds=3)

    assert pooled.pooler
    assert row == {"read_only": "on", "locks": "1s", "statement": "3s", "path": "pg_catalog"}


def test_behind_a_pooler_nothing_stays_set(pooled: Session) -> None:
    """The next one who gets that connection must find it as it was."""
    pooled.rows("SELECT 1 AS one")

    loop = pooled._wire._loop
    left = loop.run(pooled._wire._connection.execute(b"SHOW lock_timeout"), 5)
    assert loop.run(left.fetchone(), 5) == {"lock_timeout": "0"}


def test_behind_a_pooler_all_is_judged(examine: Examine, databases: Databases) -> None:
    place = databases()
    with peers.relay(place.port, peers.without_options) as port:
        assert found(examine(port, only=(), CODECHUNK_DATABASE_MAX_CONNECTIONS="90", **variables(place.name))) == []


# --- the session ---------------------------------------------------------------------------------------------------


@pytest.fixture
def session(databases: Databases) -> Iterator[Session]:
    place = databases()
    parameters = {"host": "127.0.0.1", "port": str(place.port), "user": "dev", "dbname": place.name}
    opened = Session.open({**parameters, "sslmode": "disable"}, Deadline())
    yield opened
    opened.close()


def test_a_query_that_takes_too_long_is_ended_and_the_session_goes_on(session: Session) -> None:
    with pytest.raises(SourceError, match=r"longer than 0\.2 s"):
        session.rows("SELECT pg_sleep(5)", seconds=0.2)

    assert session.rows("SELECT 1 AS one") == [{"one": 1}]


@pytest.mark.parametrize(
    ("query", "sqlstate"),
    [
        ("CREATE TABLE public.x (y int)", "25006"),
        ("DELETE FROM codechunking.connectors", "25006"),
        ("SELECT nextval('pg_catalog.nothing')", "42P01"),
        ("SELEKT", "42601"),
    ],
)
def test_what_the_server_refuses(session: Session, query: str, sqlstate: str) -> None:
    with pytest.raises(Refused) as refused:
        session.rows(query)

    assert refused.value.sqlstate == sqlstate


def test_a_lock_is_not_waited_for(session: Session, databases: Databases) -> None:
    name = session.rows("SELECT current_database() AS name")[0]["name"]
    with psycopg.connect(databases.server.connection_string(name)) as other:
        other.execute("LOCK TABLE codechunking.connectors IN ACCESS EXCLUSIVE MODE")
        with pytest.raises(Refused, match="lock timeout"):
            session.rows("SELECT * FROM codechunking.connectors")


def test_text_that_is_not_utf_8_is_refused_by_the_server(databases: Databases) -> None:
    with psycopg.connect(databases.server.connection_string(), autocommit=True) as connection:
        connection.execute("CREATE DATABASE plain_bytes ENCODING 'SQL_ASCII' TEMPLATE template0")
    parameters = {"host": "127.0.0.1", "port": str(databases.server.port), "user": "dev", "dbname": "plain_bytes"}
    session = Session.open({**parameters, "sslmode": "disable"}, Deadline())
    try:
        with pytest.raises(Refused, match="UTF8"):
            session.rows(r"SELECT E'\xff' || 'x' AS odd")
    finally:
        session.close()


def test_nothing_of_this_shell_gets_into_the_session(
    session: Session, databases: Databases, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    name = session.rows("SELECT current_database() AS name")[0]["name"]
    for variable, text in {
        "PGOPTIONS": "-c work_mem=999kB",
        "PGSERVICE": "nowhere",
        "PGTZ": "Asia/Tokyo",
        "PGSSLMODE": "verify-full",
        "PGPASSFILE": "/nowhere",
    }.items():
        monkeypatch.setenv(variable, text)
    parameters = {"host": "127.0.0.1", "port": str(databases.server.port), "user": "dev", "dbname": name}

    second = Session.open({**parameters, "sslmode": "disable"}, Deadline())

    (row,) = second.rows("SELECT current_setting('work_mem') AS memory, current_setting('TimeZone') AS zone")
    second.close()
    assert row["memory"] != "999kB"
    assert row["zone"] != "Asia/Tokyo"
    assert os.environ["PGSERVICE"] == "nowhere"
    assert capfd.readouterr().err == ""


def test_when_the_time_of_the_run_is_over_nobody_is_asked(session: Session) -> None:
    late = Session(session._wire, Deadline(time.monotonic() - 1))

    with pytest.raises(Silent):
        late.rows("SELECT 1")


# --- what the doctor leaves behind -----------------------------------------------------------------------------------


def test_a_run_asks_on_one_connection_and_changes_nothing(examine: Examine) -> None:
    settings = {"log_statement": "mod", "log_connections": "on", "log_lock_waits": "on"}
    with Postgres.start(settings=settings) as server:
        with psycopg.connect(server.connection_string(), autocommit=True) as connection:
            connection.execute("CREATE DATABASE codechunking")
        migrate(server.connection_string("codechunking"))
        log = server.data / "server.log"
        before = len(log.read_text(encoding="utf-8"))

        assert found(examine(server.port, only=())) == []

        lines = log.read_text(encoding="utf-8")[before:].splitlines()

    assert [line for line in lines if "statement:" in line or "ERROR" in line or "WARNING" in line] == []
    # One look at whether the login works, one session.
    assert sum("connection authorized" in line for line in lines) == 2
    assert all("application_name=codechunk-doctor" in line for line in lines if "connection authorized" in line)
