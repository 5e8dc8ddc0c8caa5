"""Where the doctor knocks: the program's own address, or the way to it from this host."""

from __future__ import annotations

from pathlib import Path

import pytest
import trustme
from cryptography.hazmat.primitives import serialization

from doctor.errors import SourceError, Withheld
from doctor.facts import (
    Compose,
    ComposeService,
    Connection,
    Environment,
    Fault,
    Habitat,
    Known,
    PublishedPort,
    Rung,
    Variable,
    Worker,
)
from doctor.golang import pgx
from doctor.model import Location
from doctor.sources.database import way
from doctor.sources.database.connection import connection, session, touches
from doctor.sources.database.handshake import Failed
from doctor.target import Deadline, Target
from tests.conftest import Resolved
from tests.sources import peers

HOST = Worker(Known.ASSUMED, Habitat.HOST)
CONTAINER = Worker(Known.GIVEN, Habitat.CONTAINER, name="codechunking-worker")
SETTINGS = "database: {user: dev, password: s3cret-word, host: %s, port: %d}"


def environment(**variables: str) -> Environment:
    return Environment({name: Variable(name, text, "shell", Location.env(name)) for name, text in variables.items()})


def compose(*ports: PublishedPort, name: str = "postgres") -> Compose:
    service = ComposeService(name, 1, image="pgvector/pgvector:pg16", container="codechunking-postgres", ports=ports)
    return Compose("docker-compose.yml", {name: service})


def find(
    tmp_path: Path,
    resolved: Resolved,
    worker: Worker,
    host: str,
    port: int = 5432,
    found: Compose | None = None,
    **env: str,
) -> way.Way:
    return way.find(Target(tmp_path), worker, environment(**env), resolved(SETTINGS % (host, port)), found or Compose())


@pytest.mark.parametrize("host", ["localhost", "10.0.0.7", "db.example.com", "/var/run/postgresql", "postgres"])
def test_a_worker_on_this_host_goes_where_we_go(tmp_path: Path, resolved: Resolved, host: str) -> None:
    found = find(tmp_path, resolved, HOST, host, found=compose(PublishedPort(5432, 5433)))

    assert found.place(found.meant.attempts[0]) == (host, 5432)
    assert found.asked is None


@pytest.mark.parametrize("host", ["postgres", "codechunking-postgres"])
@pytest.mark.parametrize(
    ("published", "place"),
    [
        (PublishedPort(5432, 5432), ("localhost", 5432)),
        (PublishedPort(5432, 15432), ("localhost", 15432)),
        (PublishedPort(5432, 15432, "127.0.0.1"), ("127.0.0.1", 15432)),
        (PublishedPort(5432, 15432, "0.0.0.0"), ("localhost", 15432)),
        (PublishedPort(5432, 15432, "192.168.7.1"), ("192.168.7.1", 15432)),
    ],
)
def test_a_service_is_asked_at_the_port_that_it_publishes(
    tmp_path: Path, resolved: Resolved, host: str, published: PublishedPort, place: tuple[str, int]
) -> None:
    found = find(tmp_path, resolved, CONTAINER, host, found=compose(published))

    assert found.place(found.meant.attempts[0]) == place
    assert found.asked is not None
    assert "docker-compose.yml" in found.asked


def test_the_host_as_containers_call_it(tmp_path: Path, resolved: Resolved) -> None:
    found = find(tmp_path, resolved, CONTAINER, "host.docker.internal", 5555)

    assert found.place(found.meant.attempts[0]) == ("localhost", 5555)


def test_another_server_is_the_same_from_everywhere(tmp_path: Path, resolved: Resolved) -> None:
    found = find(tmp_path, resolved, CONTAINER, "db.example.com", found=compose(PublishedPort(5432, 5432)))

    assert found.place(found.meant.attempts[0]) == ("db.example.com", 5432)


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "/var/run/postgresql"])
def test_the_inside_of_a_container_cannot_be_asked(tmp_path: Path, resolved: Resolved, host: str) -> None:
    with pytest.raises(SourceError, match="not reachable from here"):
        find(tmp_path, resolved, CONTAINER, host, found=compose(PublishedPort(5432, 5432)))


@pytest.mark.parametrize("ports", [(), (PublishedPort(6432, 6432),)])
def test_a_service_that_publishes_nothing_cannot_be_asked(
    tmp_path: Path, resolved: Resolved, ports: tuple[PublishedPort, ...]
) -> None:
    with pytest.raises(SourceError, match="publishes no port 5432 of postgres"):
        find(tmp_path, resolved, CONTAINER, "postgres", found=compose(*ports))


# --- the values of the drivers -------------------------------------------------------------------------------------


def walk(tmp_path: Path, resolved: Resolved, text: str, **env: str) -> Connection:
    result = connection.function(Target(tmp_path), HOST, environment(**env), resolved(text), Compose(), Deadline(None))
    assert isinstance(result, Connection)
    return result


def test_both_drivers_agree_on_ordinary_settings(tmp_path: Path, resolved: Resolved) -> None:
    found = walk(tmp_path, resolved, SETTINGS % ("127.0.0.1", peers.unused_port()))

    assert found.differences == ()
    assert found.local
    assert found.obstacle is not None
    assert found.obstacle.fault is Fault.REFUSED
    assert found.failed(Rung.ANSWER)
    assert not found.failed(Rung.NAME, Rung.TLS)


@pytest.mark.parametrize(
    ("password", "words"),
    [
        ("a\\b", "another password"),
        ("", "migrate uses the database 'u'"),
        ("x y", "migrate refuses the settings"),
    ],
)
def test_where_migrate_reads_otherwise_is_said_without_the_password(
    tmp_path: Path, resolved: Resolved, password: str, words: str
) -> None:
    port = peers.unused_port()
    text = f"database: {{host: 127.0.0.1, port: {port}, user: u, password: '{password}'}}"
    found = walk(tmp_path, resolved, text)

    assert any(words in each for each in found.differences)
    assert "a\\b" not in repr(found.differences)


def test_settings_that_the_driver_refuses(tmp_path: Path, resolved: Resolved) -> None:
    found = walk(tmp_path, resolved, 'database: {user: u, password: "\'half"}')

    assert found.obstacle is not None
    assert found.obstacle.fault is Fault.SETTINGS_REFUSED
    assert "unterminated quoted string" in found.obstacle.text
    assert "half" not in found.obstacle.text


@pytest.mark.parametrize("password", ["left rightpiece", "left rightpiece x=y", "'rightpiece"])
def test_pieces_of_a_password_that_fell_apart_are_not_shown(tmp_path: Path, resolved: Resolved, password: str) -> None:
    quoting = peers.says(peers.error("42704", 'unrecognized configuration parameter "rightpiece sslmode"'))
    with peers.peer(quoting) as port:
        found = walk(
            tmp_path, resolved, f'database: {{host: 127.0.0.1, port: {port}, user: u, password: "{password}"}}'
        )

    assert found.obstacle is not None
    assert "rightpiece" not in found.obstacle.text
    assert "rightpiece" not in repr(found.differences)


def test_of_several_servers_the_one_that_got_furthest_counts(tmp_path: Path, resolved: Resolved) -> None:
    with peers.peer(peers.says(peers.error("28P01"))) as port:
        text = f"database: {{host: '127.0.0.1,127.0.0.1', port: {port}, user: u, password: p}}"
        found = walk(tmp_path, resolved, text)

    assert found.obstacle is not None
    assert found.obstacle.fault is Fault.PASSWORD_REFUSED


def test_offline_nobody_is_asked(tmp_path: Path, resolved: Resolved) -> None:
    target = Target(tmp_path, offline=True)

    with pytest.raises(Withheld):
        connection.function(target, HOST, environment(), resolved(), Compose(), Deadline(None))
    assert touches(target, HOST, environment(), resolved()).hosts == ()


def test_the_plan_names_the_server(tmp_path: Path, resolved: Resolved) -> None:
    config = resolved(SETTINGS % ("db.example.com", 5439))

    planned = touches(Target(tmp_path), HOST, environment(), config)

    assert planned.hosts == ("db.example.com:5439 (PostgreSQL)",)
    assert planned.queries


def test_no_session_without_a_way(tmp_path: Path, resolved: Resolved) -> None:
    config = resolved(SETTINGS % ("127.0.0.1", peers.unused_port()))
    found = walk(tmp_path, resolved, SETTINGS % ("127.0.0.1", peers.unused_port()))

    with pytest.raises(SourceError, match="not connected"):
        session.function(Target(tmp_path), HOST, environment(), config, Compose(), found, Deadline(None))


# --- certificates --------------------------------------------------------------------------------------------------


def chain(verify: bool = True) -> pgx.Attempt:
    return pgx.Attempt("db", 5432, tls=True, verify_chain=verify)


def test_an_authority_that_is_one() -> None:
    pem = trustme.CA().cert_pem.bytes()

    assert way.tls_context(chain(), {"sslrootcert": "ca.crt"}, lambda _: pem).get_ca_certs()


@pytest.mark.parametrize("pem", [b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", b"", b"\xff\xfe"])
def test_an_authority_that_only_looks_like_one_is_a_fault_of_tls(pem: bytes) -> None:
    with pytest.raises(Failed) as failed:
        way.tls_context(chain(), {"sslrootcert": "ca.crt"}, lambda _: pem)

    assert failed.value.obstacle.rung is Rung.TLS


@pytest.mark.parametrize(("password", "fits"), [("right", True), ("wrong", False), (None, False)])
def test_a_client_key_with_a_password_of_its_own(tmp_path: Path, password: str | None, fits: bool) -> None:
    issued = trustme.CA().issue_cert("client")
    key = serialization.load_pem_private_key(issued.private_key_pem.bytes(), None)
    locked = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(b"right"),
    )
    (tmp_path / "client.key").write_bytes(locked)
    (tmp_path / "client.crt").write_bytes(issued.cert_chain_pems[0].bytes())
    driver = {"sslcert": str(tmp_path / "client.crt"), "sslkey": str(tmp_path / "client.key")}
    driver |= {"sslpassword": password} if password else {}

    if fits:
        assert way.tls_context(chain(verify=False), driver, None)
    else:
        with pytest.raises(Failed):
            way.tls_context(chain(verify=False), driver, None)


@pytest.mark.parametrize(
    ("text", "shown"), [("dev", "dev"), ("other", "other"), ("password=pw", "password=***"), ("pw", "***")]
)
def test_a_password_that_became_part_of_a_name_is_not_shown(resolved: Resolved, text: str, shown: str) -> None:
    config = resolved("database: {user: dev, password: pw}")

    assert way.shown(text, "user", config) == shown


def test_a_name_that_is_also_the_password_stays_a_name(resolved: Resolved) -> None:
    assert way.shown("dev", "user", resolved("database: {user: dev, password: dev}")) == "dev"
