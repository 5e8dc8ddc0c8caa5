"""Connections: which address is taken, and that no wait outlasts the time there is."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from doctor.embedded.authority import Authority
from doctor.facts.network import NetworkFault
from doctor.sources import certificates, channel
from doctor.sources.channel import Broken, Channel, dial, look_up
from tests.sources import peers

pytestmark = pytest.mark.slow

F = NetworkFault
LOOPBACK = (int(socket.AF_INET), ("127.0.0.1", 0))


def soon(seconds: float = 2.0) -> float:
    return time.monotonic() + seconds


def at(port: int, host: str = "127.0.0.1") -> tuple[int, Any]:
    return int(socket.AF_INET), (host, port)


def opened(port: int, seconds: float = 2.0) -> Channel:
    return Channel(dial([at(port)], soon(seconds)), soon(seconds))


@contextlib.contextmanager
def broken(fault: NetworkFault, words: str = "") -> Iterator[None]:
    with pytest.raises(Broken) as raised:
        yield
    assert raised.value.fault is fault, raised.value.text
    assert words in raised.value.text


@pytest.fixture(scope="module")
def authority() -> Authority:
    return Authority()


@pytest.fixture(scope="module")
def trusting(authority: Authority, tmp_path_factory: pytest.TempPathFactory) -> ssl.SSLContext:
    folder = tmp_path_factory.mktemp("authority")
    return certificates.go_context({"SSL_CERT_FILE": str(authority.certificate_file(folder))}, folder)


# --- names and addresses -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_an_address_needs_nobody_to_be_asked(host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threading, "Thread", None)

    assert [address[0] for _, address in look_up(host, 443, 1)] == [host]


def test_names_are_looked_up_in_the_systems_order() -> None:
    assert {address[0] for _, address in look_up("localhost", 443, 5)} <= {"127.0.0.1", "::1"}


def test_a_name_has_so_many_addresses_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    found = [(socket.AF_INET, 1, 6, "", (f"192.0.2.{n}", 443)) for n in range(50)]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)

    assert len(look_up("host.example", 443, 1)) == channel.MOST_ADDRESSES


@pytest.mark.parametrize("host", ["no-such-host.invalid", "a" * 300, "a..b", "\udcff", "\0"])
def test_names_that_nobody_knows(host: str) -> None:
    with broken(F.NAME_UNKNOWN):
        look_up(host, 443, 5)


def test_a_resolver_that_never_answers_is_left_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    released, resolve = threading.Event(), socket.getaddrinfo

    def stuck(*arguments: Any, flags: int = 0, **others: Any) -> Any:
        if not flags:
            released.wait(5)
        return resolve(*arguments, **{"flags": flags, **others})

    monkeypatch.setattr(socket, "getaddrinfo", stuck)
    started = time.monotonic()
    with broken(F.NAME_UNKNOWN, "no answer about this name within 0.2 s"):
        look_up("host.example", 443, 0.2)
    released.set()
    assert time.monotonic() - started < 1


# --- the first address that takes a connection -----------------------------------------------------------------------


def test_the_first_address_is_taken() -> None:
    with peers.peer(peers.silent) as port, dial([at(port), at(peers.unused_port())], soon()) as connection:
        assert connection.getpeername()[1] == port


def test_a_dead_address_is_passed_over() -> None:
    with peers.peer(peers.silent) as port, dial([at(peers.unused_port()), at(port)], soon()) as connection:
        assert connection.getpeername()[1] == port


def swallowed(monkeypatch: pytest.MonkeyPatch, *hosts: str) -> None:
    """Connections to these hosts are never answered, as behind a firewall that drops what it does not like."""
    connect = socket.socket.connect

    class Socket(socket.socket):
        def connect(self, address: Any) -> None:
            if address[0] in hosts:
                time.sleep(self.gettimeout() or 0)
                raise TimeoutError("timed out")
            connect(self, address)

    monkeypatch.setattr(socket, "socket", Socket)


def test_an_address_that_swallows_everything_leaves_time_for_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    with peers.peer(peers.silent) as port:
        swallowed(monkeypatch, "192.0.2.1")
        started = time.monotonic()
        with dial([at(port, "192.0.2.1"), at(port)], soon(0.6)) as connection:
            assert connection.getpeername()[1] == port
        assert time.monotonic() - started < 0.5


def test_nothing_listens() -> None:
    with broken(F.REFUSED, "refused"):
        dial([at(peers.unused_port())], soon())


def test_there_is_no_route(monkeypatch: pytest.MonkeyPatch) -> None:
    def unreachable(*_: Any) -> None:
        raise OSError(101, "Network is unreachable")

    monkeypatch.setattr(socket.socket, "connect", unreachable, raising=False)
    with broken(F.NO_ROUTE, "Network is unreachable"):
        dial([at(443, "192.0.2.1")], soon())


def test_a_black_hole(monkeypatch: pytest.MonkeyPatch) -> None:
    swallowed(monkeypatch, "192.0.2.1")
    started = time.monotonic()
    with broken(F.TIMED_OUT, "no answer within 0.2 s"):
        dial([at(443, "192.0.2.1")], soon(0.2))
    assert time.monotonic() - started < 1


def test_when_time_is_over_the_rest_of_the_addresses_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    swallowed(monkeypatch, "192.0.2.1")
    started = time.monotonic()
    with broken(F.TIMED_OUT):
        dial([at(443, "192.0.2.1")] * 8, soon(-5))
    assert time.monotonic() - started < 0.5


def test_addresses_that_fail_differently_are_all_named(monkeypatch: pytest.MonkeyPatch) -> None:
    swallowed(monkeypatch, "192.0.2.1")
    with broken(F.TIMED_OUT, "192.0.2.1: no answer within 0.1 s; 127.0.0.1: Connection refused"):
        dial([at(443, "192.0.2.1"), at(peers.unused_port())], soon(0.2))


# --- on the connection -----------------------------------------------------------------------------------------------


def test_what_is_sent_and_what_comes() -> None:
    with peers.peer(peers.says(b"hello, world")) as port:
        line = opened(port)
        line.send(b"x")

        assert line.take(5) == b"hello"
        assert line.has_more()
        assert line.receive(100) == b", world"
        assert line.receive(100) == b""
        assert line.certificate() is None
        line.close()


def test_who_says_nothing() -> None:
    with peers.peer(peers.silent) as port:
        line = opened(port, 0.2)
        assert not line.has_more()
        with broken(F.NO_ANSWER):
            line.receive(1)
        with broken(F.NO_ANSWER):
            line.send(b"x")
        line.close()


def test_who_drips() -> None:
    started = time.monotonic()
    with peers.peer(peers.drips) as port:
        line = opened(port, 0.3)
        line.send(b"x")
        with broken(F.NO_ANSWER):
            line.take(10_000)
        line.close()
    assert time.monotonic() - started < 1


def test_who_hangs_up() -> None:
    with peers.peer(peers.hangs_up) as port:
        line = opened(port)
        line.send(b"x")
        with broken(F.BROKEN_OFF):
            line.take(1)
        line.close()


def resets(connection: socket.socket) -> None:
    connection.recv(1)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    connection.close()


def test_a_reset() -> None:
    with peers.peer(resets) as port:
        line = opened(port)
        line.send(b"xx")
        with broken(F.BROKEN_OFF, "reset"):
            line.take(1)
        line.close()


# --- TLS -------------------------------------------------------------------------------------------------------------


def server_side(authority: Authority, *, layers: int = 1, says: bytes = b"hello", name: str = "localhost") -> Any:
    """Ends so many layers of TLS, one in the other, and says something in the innermost."""

    def behaviour(connection: socket.socket) -> None:
        context = authority.context(name)
        with context.wrap_socket(connection, server_side=True) as outer:
            inner: Any = outer
            for _ in range(layers - 1):
                inner = Within(inner, context)
            if inner.recv(100):
                inner.sendall(says)
                inner.recv(1)

    return behaviour


def inside(
    authority: Authority, connection: socket.socket, within: bool
) -> contextlib.AbstractContextManager[socket.socket]:
    """The connection itself, or what is inside its TLS."""
    return authority.context("localhost").wrap_socket(connection, server_side=True) if within else connection


class Within:
    """The server's side of TLS within TLS."""

    def __init__(self, outer: Any, context: ssl.SSLContext) -> None:
        self._outer = outer
        self._come, self._go = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._come, self._go, server_side=True)
        self._until(self._tls.do_handshake)

    def _until(self, act: Any, *arguments: Any) -> Any:
        while True:
            try:
                done = act(*arguments)
            except ssl.SSLWantReadError:
                self._flush()
                data = self._outer.recv(65536)
                if not data:
                    raise OSError("gone") from None
                self._come.write(data)
            else:
                self._flush()
                return done

    def _flush(self) -> None:
        if self._go.pending:
            self._outer.sendall(self._go.read())

    def recv(self, most: int) -> bytes:
        return bytes(self._until(self._tls.read, most))

    def sendall(self, data: bytes) -> None:
        while data:
            data = data[self._until(self._tls.write, data) :]


@pytest.mark.parametrize("layers", [1, 2, 3])
def test_tls_and_tls_within_it(authority: Authority, trusting: ssl.SSLContext, layers: int) -> None:
    text = b"hello" * 100_000
    with peers.peer(server_side(authority, layers=layers, says=text)) as port:
        line = opened(port, 5)
        for _ in range(layers):
            line.secure(trusting, "localhost")
        line.send(b"x")

        assert line.take(len(text)) == text
        der = line.certificate()
        assert der is not None
        assert certificates.read(der) is not None
        line.close()


def test_the_end_of_inner_tls(authority: Authority, trusting: ssl.SSLContext) -> None:
    def behaviour(connection: socket.socket) -> None:
        with authority.context("localhost").wrap_socket(connection, server_side=True) as outer:
            Within(outer, authority.context("localhost")).sendall(b"bye")

    with peers.peer(behaviour) as port:
        line = opened(port)
        line.secure(trusting, "localhost")
        line.secure(trusting, "localhost")

        assert line.take(3) == b"bye"
        assert line.receive(10) == b""
        line.close()


@pytest.mark.parametrize("layers", [1, 2])
def test_a_certificate_for_somebody_else(authority: Authority, trusting: ssl.SSLContext, layers: int) -> None:
    with peers.peer(server_side(authority, layers=layers)) as port:
        line = opened(port)
        for _ in range(layers - 1):
            line.secure(trusting, "localhost")
        with broken(F.CERTIFICATE_REFUSED, "ostname mismatch"):
            line.secure(trusting, "other.example")
        line.close()


GARBAGE = b"\x00\xff\x13\x37 this is not what you asked for\r\n" * 8


@pytest.mark.parametrize("within", [False, True])
@pytest.mark.parametrize(
    ("behaviour", "fault"),
    [
        (peers.silent, F.NO_ANSWER),
        (peers.drips, F.OTHER_PROTOCOL),
        (peers.hangs_up, F.BROKEN_OFF),
        (peers.says(b"HTTP/1.1 400 Bad Request\r\n\r\n"), F.OTHER_PROTOCOL),
        (peers.says(b"SSH-2.0-OpenSSH_9.2\r\n"), F.OTHER_PROTOCOL),
        (peers.says(GARBAGE), F.OTHER_PROTOCOL),
        (peers.says(b"\x15\x03\x03\x00\x02\x02\x28"), F.TLS_FAILED),
    ],
)
def test_a_handshake_that_fails(
    authority: Authority, trusting: ssl.SSLContext, behaviour: peers.Behaviour, fault: NetworkFault, within: bool
) -> None:
    def wrapped(connection: socket.socket) -> None:
        with inside(authority, connection, within) as innermost:
            behaviour(innermost)

    started = time.monotonic()
    with peers.peer(wrapped) as port:
        line = opened(port, 0.3)
        if within:
            line.secure(trusting, "localhost")
        with broken(fault):
            line.secure(trusting, "localhost")
        line.close()
    assert time.monotonic() - started < 1


@pytest.mark.parametrize("within", [False, True])
def test_a_handshake_that_drips(authority: Authority, trusting: ssl.SSLContext, within: bool) -> None:
    """A record of TLS, byte by byte: each arrives in time, all of it never does."""

    def behaviour(connection: socket.socket) -> None:
        with inside(authority, connection, within) as innermost:
            innermost.recv(4096)
            for byte in b"\x16\x03\x03\x40\x00\x02\x00\x3f\xf0" + bytes(5000):
                innermost.sendall(bytes([byte]))
                time.sleep(0.02)

    with peers.peer(behaviour) as port:
        line = opened(port, 0.4)
        if within:
            line.secure(trusting, "localhost")
        started = time.monotonic()
        with broken(F.NO_ANSWER):
            line.secure(trusting, "localhost")
        assert time.monotonic() - started < 1
        line.close()


@pytest.mark.parametrize("name", ["", "a..b", "\udcff", "a" * 300])
def test_a_server_name_that_cannot_be_one(authority: Authority, trusting: ssl.SSLContext, name: str) -> None:
    with peers.peer(server_side(authority)) as port:
        line = opened(port)
        with broken(F.TLS_FAILED):
            line.secure(trusting, name)
        line.close()


def test_a_server_that_wants_a_certificate_of_ours(authority: Authority, trusting: ssl.SSLContext) -> None:
    """A server that asks for a certificate of ours says no only when it is asked something."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    Authority()._ca.issue_cert("localhost").configure_cert(context)
    context.verify_mode = ssl.CERT_REQUIRED

    def behaviour(connection: socket.socket) -> None:
        with context.wrap_socket(connection, server_side=True) as inner:
            inner.recv(1)

    with peers.peer(behaviour) as port:
        line = opened(port)
        line.secure(certificates.without_trust(), "localhost")
        with pytest.raises(Broken) as raised:
            line.receive(1)
        assert raised.value.fault in (F.TLS_ALERT, F.BROKEN_OFF)
        line.close()


def test_files_are_found_from_the_workers_directory(authority: Authority, tmp_path: Path) -> None:
    authority.certificate_file(tmp_path / "own.pem")
    context = certificates.go_context({"SSL_CERT_FILE": "own.pem"}, tmp_path)
    with peers.peer(server_side(authority)) as port:
        line = opened(port)
        line.secure(context, "localhost")
        line.close()
