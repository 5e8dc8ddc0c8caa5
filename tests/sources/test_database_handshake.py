"""The first words with a database server: every way they can go wrong has its own name, and none of them hangs."""

from __future__ import annotations

import ssl
import time
from pathlib import Path

import pytest

from doctor.facts import Fault, Rung
from doctor.sources.database.handshake import Failed, Login, Peer, Scram, fields, refusal, walk
from tests.sources import peers

pytestmark = pytest.mark.slow

LOGIN = Login("dev", "codechunking", "dev")
READY = b"R\0\0\0\x08\0\0\0\0" + b"S\0\0\0\x18server_version\0" + b"18.6\0" + b"Z\0\0\0\x05I"


def context() -> ssl.SSLContext:
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    made.check_hostname, made.verify_mode = False, ssl.CERT_NONE
    return made


def faults(port: int, *, tls: bool = False, seconds: float = 0.3) -> tuple[Fault | None, str]:
    found = walk(Peer("127.0.0.1", port, context() if tls else None), LOGIN, seconds).obstacle
    return (found.fault, found.text) if found is not None else (None, "")


def test_a_server_that_lets_us_in_has_nothing_wrong_with_it() -> None:
    with peers.peer(peers.says(READY)) as port:
        arrival = walk(Peer("127.0.0.1", port), LOGIN, 1)

    assert arrival.obstacle is None
    assert arrival.reported == {"server_version": "18.6"}


def test_nothing_listens() -> None:
    assert faults(peers.unused_port())[0] is Fault.REFUSED


def test_a_name_that_is_none() -> None:
    found = walk(Peer("no-such-host.invalid", 5432), LOGIN, 1).obstacle

    assert found is not None
    assert found.fault is Fault.NAME_UNKNOWN


@pytest.mark.parametrize("name", ["a" * 300, "\udcff", "a..b", ""])
def test_a_name_that_cannot_be_one(name: str) -> None:
    found = walk(Peer(name, 1), LOGIN, 1).obstacle

    assert found is not None
    assert found.rung in (Rung.NAME, Rung.ANSWER)


def test_a_socket_that_is_not_there(tmp_path: Path) -> None:
    found = walk(Peer(str(tmp_path), 5432), LOGIN, 1).obstacle

    assert found is not None
    assert found.fault is Fault.NO_SOCKET
    assert ".s.PGSQL.5432" in found.text


@pytest.mark.parametrize(
    ("behaviour", "fault"),
    [
        (peers.silent, Fault.NO_ANSWER),
        (peers.drips, Fault.NO_ANSWER),
        (peers.hangs_up, Fault.BROKEN_OFF),
        (peers.says(b"HTTP/1.1 400 Bad Request\r\n\r\n"), Fault.OTHER_PROTOCOL),
        (peers.says(b"SSH-2.0-OpenSSH_9.2\r\n", unasked=True), Fault.OTHER_PROTOCOL),
        (peers.says(b"-ERR unknown command\r\n"), Fault.OTHER_PROTOCOL),
        (peers.says(b"\x4a\0\0\0\x0a8.0.36\0", unasked=True), Fault.OTHER_PROTOCOL),
        (peers.says(b"INFO {}\r\n", unasked=True), Fault.OTHER_PROTOCOL),
        (peers.says(b"R\xff\xff\xff\xff"), Fault.OTHER_PROTOCOL),
        (peers.says(b"R\0\0\0\x00"), Fault.OTHER_PROTOCOL),
        (peers.says(peers.error("28P01")), Fault.PASSWORD_REFUSED),
        (peers.says(peers.error("28000", "kein Eintrag", "ClientAuthentication")), Fault.NO_ENTRY),
        (peers.says(peers.error("28000", "no pg_hba.conf entry for host")), Fault.NO_ENTRY),
        (peers.says(peers.error("28000", "Rolle fehlt", "InitializeSessionUserId")), Fault.LOGIN_REFUSED),
        (peers.says(peers.error("3D000")), Fault.DATABASE_MISSING),
        (peers.says(peers.error("53300")), Fault.NO_SLOT),
        (peers.says(peers.error("57P03")), Fault.STARTING),
        (peers.says(peers.error("57P01")), Fault.SHUTTING_DOWN),
        (peers.says(peers.error("42501")), Fault.CONNECT_DENIED),
        (peers.says(peers.error("42704")), Fault.SESSION_REFUSED),
        (peers.says(peers.error("08P01", "no such database: x")), Fault.DATABASE_MISSING),
        (peers.says(peers.error("08P01", "unsupported startup parameter: search_path")), Fault.SESSION_REFUSED),
        (peers.says(b"R\0\0\0\x08\0\0\0\x07"), Fault.METHOD_UNKNOWN),
        (peers.says(b"R\0\0\0\x12\0\0\0\x0aOTHER\0\0\0\0\0"), Fault.METHOD_UNKNOWN),
    ],
)
def test_each_fault_has_its_name(behaviour: peers.Behaviour, fault: Fault) -> None:
    with peers.peer(behaviour) as port:
        assert faults(port)[0] is fault


@pytest.mark.parametrize(
    ("behaviour", "fault"),
    [
        (peers.says(b"N"), Fault.TLS_NOT_OFFERED),
        (peers.says(b"HTTP/1.1 400 Bad Request\r\n\r\n"), Fault.OTHER_PROTOCOL),
        (peers.says(b"SSH-2.0-OpenSSH_9.2\r\n", unasked=True), Fault.OTHER_PROTOCOL),
        (peers.says(b"S"), Fault.TLS_FAILED),
        (peers.silent, Fault.NO_ANSWER),
    ],
)
def test_faults_of_tls(behaviour: peers.Behaviour, fault: Fault) -> None:
    with peers.peer(behaviour) as port:
        assert faults(port, tls=True)[0] is fault


@pytest.mark.parametrize("behaviour", [peers.silent, peers.drips])
def test_no_wait_is_longer_than_what_was_given(behaviour: peers.Behaviour) -> None:
    with peers.peer(behaviour) as port:
        started = time.monotonic()
        faults(port, seconds=0.3)

    assert time.monotonic() - started < 1.5


def test_scram_gives_the_proof_of_the_standard(monkeypatch: pytest.MonkeyPatch) -> None:
    """The example of RFC 7677, section 3, with the user's name left out as PostgreSQL has it."""
    scram = Scram("pencil")
    monkeypatch.setattr(scram, "_nonce", "rOprNGfwEbeRWgbNEkqO")
    monkeypatch.setattr(scram, "_bare", lambda: "n=user,r=rOprNGfwEbeRWgbNEkqO")
    challenge = b"r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096"

    assert scram.proof(challenge).endswith(b",p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=")


@pytest.mark.parametrize(
    "challenge", [b"", b"\xff", b"r=x,s=,i=1", b"r={},s=,i=99999999999", b"r={},i=1", b"r={},s=,i=0"]
)
def test_a_challenge_that_makes_no_sense_is_turned_down(challenge: bytes) -> None:
    scram = Scram("x")
    nonce = scram.first().partition(b"r=")[2]

    with pytest.raises(Failed):
        scram.proof(challenge.replace(b"{}", nonce))


@pytest.mark.parametrize("body", [b"", b"\0\0\0", b"C", b"C28P01", b"\xff\xfe\0M\xff\0"])
def test_a_damaged_refusal_is_still_a_refusal(body: bytes) -> None:
    assert refusal(fields(body)).obstacle.text


def test_the_password_is_in_no_repr() -> None:
    assert "hunter2" not in repr(Login("u", "d", "hunter2"))
