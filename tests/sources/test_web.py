"""HTTP over the worker's way: what answers may look like, what proxies say, and that all of it ends in time."""

from __future__ import annotations

import base64
import contextlib
import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from doctor.embedded.authority import INSPECTION, Authority
from doctor.facts.network import NetworkFault, NetworkObstacle, Step
from doctor.sources import certificates, web
from doctor.sources.web import Halted, Response, Route, Web
from tests.sources import peers

pytestmark = pytest.mark.slow

F = NetworkFault
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"


class Stand:
    """Who a test trusts, and the certificates of those that it trusts."""

    def __init__(self, folder: Path) -> None:
        self.authority = Authority()
        self.file = str(self.authority.certificate_file(folder))
        self.trust = partial(certificates.go_context, {"SSL_CERT_FILE": self.file}, folder)

    def web(self, url: str, proxy: str | None = None, seconds: float = 3.0) -> Web:
        return Web(Route.to(url, proxy, self.trust), time.monotonic() + seconds)

    def get(self, url: str, proxy: str | None = None, *, seconds: float = 3.0, **headers: str) -> Response:
        with contextlib.closing(self.web(url, proxy, seconds)) as asked:
            return asked.get("/v1", headers)

    def halted(self, url: str, proxy: str | None = None, *, seconds: float = 0.4) -> NetworkObstacle:
        started = time.monotonic()
        with pytest.raises(Halted) as raised:
            self.get(url, proxy, seconds=seconds)
        assert time.monotonic() - started < seconds + 0.8
        return raised.value.obstacle


@pytest.fixture(scope="module")
def stand(tmp_path_factory: pytest.TempPathFactory) -> Stand:
    return Stand(tmp_path_factory.mktemp("authority"))


@dataclass
class Server:
    """Gives each of its answers to one request, on as few connections as its clients need; then it hangs up."""

    answers: list[bytes]
    per_connection: int = 100
    requests: list[bytes] = field(default_factory=list)
    connections: int = 0

    def __call__(self, connection: socket.socket) -> None:
        self.connections += 1
        for _ in range(self.per_connection):
            request = head_of(connection)
            if not request:
                return
            self.requests.append(request)
            connection.sendall(self.answers.pop(0))
        connection.shutdown(socket.SHUT_RDWR)


def head_of(connection: Any) -> bytes:
    """A request's lines, nothing at the end."""
    data = b""
    while not data.endswith(b"\r\n\r\n"):
        more = connection.recv(1)
        if not more:
            return b""
        data += more
    return data


@contextlib.contextmanager
def serving(*answers: bytes, **others: Any) -> Iterator[tuple[Server, str]]:
    server = Server(list(answers), **others)
    with peers.peer(server) as port:
        yield server, f"http://127.0.0.1:{port}"


def answer(body: bytes = b"{}", *lines: str, status: str = "200 OK") -> bytes:
    return f"HTTP/1.1 {status}\r\n".encode() + "".join(f"{line}\r\n" for line in lines).encode() + b"\r\n" + body


# --- answers that are as they should be ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("raw", "status", "body"),
    [
        pytest.param(OK, 200, b"{}", id="with a length"),
        pytest.param(answer(b"", "Content-Length: 0"), 200, b"", id="empty"),
        pytest.param(answer(b"", status="204 No Content"), 204, b"", id="204 has no body"),
        pytest.param(answer(b"", status="304 Not Modified"), 304, b"", id="304 has no body"),
        pytest.param(
            answer(b"1\r\n{\r\n1;x=y\r\n}\r\n0\r\n\r\n", "Transfer-Encoding: chunked"), 200, b"{}", id="chunked"
        ),
        pytest.param(
            answer(b"2\r\n{}\r\n0\r\nX-Trailer: 1\r\n\r\n", "Transfer-Encoding: chunked"), 200, b"{}", id="trailer"
        ),
        pytest.param(b"HTTP/1.1 100 Continue\r\n\r\n" + OK, 200, b"{}", id="after a 100"),
        pytest.param(b"HTTP/1.1 200\r\nContent-Length: 2\r\n\r\n{}", 200, b"{}", id="no reason"),
        pytest.param(b"HTTP/1.1 200 OK\nContent-Length: 2\n\n{}", 200, b"{}", id="bare line ends"),
        pytest.param(answer(b"no", "Content-Length: 2", status="429 Slow"), 429, b"no", id="an error"),
    ],
)
def test_answers_after_which_the_connection_goes_on(stand: Stand, raw: bytes, status: int, body: bytes) -> None:
    with serving(raw, OK) as (server, url), contextlib.closing(stand.web(url)) as asked:
        first, second = asked.get("/a"), asked.get("/b")

        assert (first.status, first.body, second.body) == (status, body, b"{}")
        assert server.connections == 1


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param(answer(b"{}", "Connection: close", "Content-Length: 2"), id="says so"),
        pytest.param(answer(b"{}"), id="without a length"),
        pytest.param(b"HTTP/1.0 200 OK\r\n\r\n{}", id="HTTP/1.0"),
        pytest.param(b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\n{}", id="HTTP/1.0 with a length"),
    ],
)
def test_answers_with_which_it_ends(stand: Stand, raw: bytes) -> None:
    with (
        serving(raw, OK, per_connection=1) as (server, url),
        contextlib.closing(stand.web(url)) as asked,
    ):
        assert (asked.get("/a").body, asked.get("/b").body) == (b"{}", b"{}")
        assert server.connections == 2


def test_a_server_that_hung_up_on_an_idle_connection_is_asked_again(stand: Stand) -> None:
    with (
        serving(OK, OK, OK, per_connection=1) as (server, url),
        contextlib.closing(stand.web(url)) as asked,
    ):
        assert [asked.get(path).body for path in ("/a", "/b", "/c")] == [b"{}"] * 3
        assert (server.connections, len(server.requests)) == (3, 3)


def test_a_big_answer(stand: Stand) -> None:
    body = b"x" * (5 * 1024 * 1024)
    with serving(answer(body, f"Content-Length: {len(body)}")) as (_, url):
        assert stand.get(url).body == body


def test_what_is_sent(stand: Stand) -> None:
    with serving(OK) as (server, url):
        stand.get(url, key="k 1")

    first, *lines = server.requests[0].decode().strip().split("\r\n")
    assert first == "GET /v1 HTTP/1.1"
    assert dict(line.split(": ", 1) for line in lines) == {
        "Host": url.removeprefix("http://"),
        "User-Agent": web.AGENT,
        "Accept": "application/json",
        "key": "k 1",
    }


def test_a_body_is_sent_with_its_length(stand: Stand) -> None:
    with serving(OK) as (server, url), contextlib.closing(stand.web(url)) as asked:
        assert asked.ask("POST", "/v1/embeddings", {}, b'{"a": 1}').status == 200

    assert b"\r\nContent-Type: application/json\r\nContent-Length: 8\r\n" in server.requests[0]


def test_a_redirect_is_an_answer_like_another(stand: Stand) -> None:
    with serving(OK) as (target, there):
        moved = answer(b"", f"Location: {there}/v1", "Content-Length: 0", status="302 Found")
        with serving(moved, OK) as (server, url):
            found = stand.get(url, key="secret")

    assert (found.status, found.headers["location"]) == (302, f"{there}/v1")
    assert (len(server.requests), target.connections) == (1, 0)


@pytest.mark.parametrize(
    ("lines", "shift"),
    [
        ([], None),
        (["Date: Thu, 26 Nov 2026 03:00:00 GMT"], 1795662000),
        (["Date: Thu, 26 Nov 2026 03:00:00 -0000"], 1795662000),
        (["Date: Thu, 26 Nov 2026 03:00:00 GMT", "Age: 0"], 1795662000),
        (["Date: Thu, 26 Nov 2026 03:00:00 GMT", "Age: 7"], None),
        (["Date: yesterday"], None),
        (["Date: Thu, 26 Nov 99999 03:00:00 GMT"], None),
        (["Date: Thu, 26 Nov 2026 03:00:00 +999999"], None),
    ],
)
def test_the_servers_clock(stand: Stand, lines: list[str], shift: float | None) -> None:
    with serving(answer(b"{}", *lines, "Content-Length: 2")) as (_, url):
        clock = stand.get(url).clock

    assert clock is None if shift is None else clock == pytest.approx(shift - time.time(), abs=3)


# --- what may stand in a header ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("key", "sent"),
    [
        ("AIzaSy-_09", b"AIzaSy-_09"),
        ("a\tb c", b"a\tb c"),
        (" blanks around ", b"blanks around"),
        ("schlüssel-Łódź", "schlüssel-Łódź".encode()),  # as bytes, as in Go
        ("\udcff\udcfe", b"\xff\xfe"),  # what was no text in the environment
        ("", b""),
    ],
)
def test_a_key_is_sent_as_it_is(stand: Stand, key: str, sent: bytes) -> None:
    with serving(OK) as (server, url):
        stand.get(url, key=key)

    assert b"\r\nkey: " + sent + b"\r\n" in server.requests[0]


@pytest.mark.parametrize("key", ["a\r\nX-Evil: 1", "a\nb", "a\rb", "\0", "a\x7f", "\x1b[31m"])
def test_a_key_that_cannot_be_sent_opens_no_connection(stand: Stand, key: str) -> None:
    with serving(OK) as (server, url), pytest.raises(ValueError, match="control character") as raised:
        stand.get(url, key=key)

    assert server.connections == 0
    assert key not in str(raised.value)


# --- answers that are none -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("raw", "fault"),
    [
        pytest.param(b"", F.BROKEN_OFF, id="closed at once"),
        pytest.param(b"HTTP/1.1 20", F.OTHER_PROTOCOL, id="cut in the first line"),
        pytest.param(answer(b"{", "Content-Length: 2"), F.BROKEN_OFF, id="cut in the body"),
        pytest.param(answer(b"", "Content-Length: 2"), F.BROKEN_OFF, id="cut before the body"),
        pytest.param(answer(b"5\r\n{}", "Transfer-Encoding: chunked"), F.BROKEN_OFF, id="cut in a chunk"),
        pytest.param(answer(b"2\r\n{}\r\n", "Transfer-Encoding: chunked"), F.BROKEN_OFF, id="cut between chunks"),
        pytest.param(answer(b"zz\r\n{}\r\n", "Transfer-Encoding: chunked"), F.BROKEN_OFF, id="a chunk of no length"),
        pytest.param(b"\x00\xff garbage\r\n", F.OTHER_PROTOCOL, id="garbage"),
        pytest.param(b"SSH-2.0-OpenSSH_9.2\r\n", F.OTHER_PROTOCOL, id="SSH"),
        pytest.param(b"HTTP/1.1 abc Strange\r\n\r\n", F.OTHER_PROTOCOL, id="no status"),
        pytest.param(b"HTTP/9.9 200 OK\r\n\r\n", F.OTHER_PROTOCOL, id="another version"),
        pytest.param(b"HTTP/1.1 200 " + b"x" * 70_000 + b"\r\n\r\n", F.OTHER_PROTOCOL, id="a line without end"),
        pytest.param(answer(b"", *(f"X-{n}: 1" for n in range(300))), F.OTHER_PROTOCOL, id="too many lines"),
        pytest.param(answer(b"", "X: " + "x" * 70_000), F.OTHER_PROTOCOL, id="a header without end"),
    ],
)
def test_no_answer_of_a_web_server(stand: Stand, raw: bytes, fault: NetworkFault) -> None:
    with serving(raw, per_connection=1) as (_, url):
        obstacle = stand.halted(url, seconds=2)

    assert (obstacle.step, obstacle.fault) == (Step.HTTP, fault)


def test_an_answer_without_end(stand: Stand, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web, "LARGEST", 1024 * 1024)
    with serving(answer(b"x" * (1024 * 1024 + 1)), per_connection=1) as (_, url):
        assert stand.halted(url, seconds=3).text == "an answer of more than 1 MiB"
    with serving(answer(b"x" * 1024 * 1024), per_connection=1) as (_, url):
        assert len(stand.get(url).body) == 1024 * 1024


def dripping(text: bytes, after: int = 0) -> peers.Behaviour:
    def behaviour(connection: socket.socket) -> None:
        head_of(connection)
        connection.sendall(text[:after])
        for byte in text[after:]:
            connection.sendall(bytes([byte]))
            time.sleep(0.02)

    return behaviour


@pytest.mark.parametrize(
    ("behaviour", "text"),
    [
        (peers.silent, "the connection was accepted, but nothing came back in time"),
        (dripping(OK[:20] + b"x" * 1000), "the connection was accepted, but nothing came back in time"),
        (dripping(answer(b"x" * 1000, "Content-Length: 1000"), 42), "an answer began, but did not end in time"),
    ],
)
def test_who_does_not_come_to_an_end(stand: Stand, behaviour: peers.Behaviour, text: str) -> None:
    with peers.peer(behaviour) as port:
        obstacle = stand.halted(f"http://127.0.0.1:{port}")

    assert (obstacle.step, obstacle.fault, obstacle.text) == (Step.HTTP, F.NO_ANSWER, text)


def test_one_answer_may_not_take_all_the_time(stand: Stand, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web, "LONGEST_WAIT", 0.3)
    with peers.peer(peers.silent) as port:
        started = time.monotonic()
        obstacle = stand.halted(f"http://127.0.0.1:{port}", seconds=30)

    assert (obstacle.step, obstacle.fault) == (Step.HTTP, F.NO_ANSWER)
    assert time.monotonic() - started < 5


def test_the_time_begins_anew_with_each_request(stand: Stand, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web, "LONGEST_WAIT", 0.3)
    with serving(OK, OK) as (_, url), contextlib.closing(stand.web(url, seconds=30)) as asked:
        assert asked.get("/").status == 200
        time.sleep(0.4)
        assert asked.get("/").status == 200


def test_a_second_try_on_a_new_connection_is_the_last(stand: Stand) -> None:
    with (
        serving(OK, b"", b"", b"", per_connection=1) as (server, url),
        contextlib.closing(stand.web(url)) as asked,
    ):
        asked.get("/a")
        with pytest.raises(Halted, match="closed without an answer"):
            asked.get("/b")
        assert server.connections == 2


# --- straight to the server ------------------------------------------------------------------------------------------


def over_tls(
    stand: Stand, behaviour: peers.Behaviour, server_name: str = "localhost", /, **wrong: Any
) -> peers.Behaviour:
    context = stand.authority.context(server_name, **wrong)

    def wrapped(connection: socket.socket) -> None:
        with context.wrap_socket(connection, server_side=True) as inner:
            behaviour(inner)

    return wrapped


def named(monkeypatch: pytest.MonkeyPatch, *addresses: str) -> None:
    """`host.example` has these addresses."""
    resolve = socket.getaddrinfo

    def found(host: str, port: int, *arguments: Any, flags: int = 0, **others: Any) -> Any:
        if host != "host.example":
            return resolve(host, port, *arguments, **{"flags": flags, **others})
        if flags:
            raise socket.gaierror(-2, "Name or service not known")
        family = {4: socket.AF_INET, 6: socket.AF_INET6}
        return [(family[ipaddress.ip_address(each).version], 1, 6, "", (each, port)) for each in addresses]

    monkeypatch.setattr(socket, "getaddrinfo", found)


def test_straight_to_a_server_in_tls(stand: Stand, monkeypatch: pytest.MonkeyPatch) -> None:
    named(monkeypatch, "127.0.0.2", "127.0.0.1")
    server = Server([OK])
    with peers.peer(over_tls(stand, server, "host.example")) as port:
        asked = stand.web(f"https://host.example:{port}")
        assert asked.get("/").body == b"{}"
        assert asked.addresses == ("127.0.0.2", "127.0.0.1")
        asked.close()
    assert f"Host: host.example:{port}\r\n".encode() in server.requests[0]


def test_addresses_are_known_even_if_none_answers(stand: Stand, monkeypatch: pytest.MonkeyPatch) -> None:
    named(monkeypatch, "127.0.0.2", "127.0.0.1")
    asked = stand.web(f"https://host.example:{peers.unused_port()}")
    with pytest.raises(Halted, match="refused") as raised:
        asked.get("/")

    assert raised.value.obstacle.step is Step.ANSWER
    assert asked.addresses == ("127.0.0.2", "127.0.0.1")


def test_an_address_of_the_newer_kind(stand: Stand) -> None:
    server = Server([OK])
    try:
        listener = socket.create_server(("::1", 0), family=socket.AF_INET6)
    except OSError:
        pytest.skip("no IPv6 here")
    with listener:
        port = listener.getsockname()[1]

        def serve() -> None:
            with listener.accept()[0] as connection:
                server(connection)

        thread = threading.Thread(target=serve)
        thread.start()
        assert stand.get(f"http://[::1]:{port}").body == b"{}"
        thread.join()
    assert f"Host: [::1]:{port}\r\n".encode() in server.requests[0]


def test_a_name_that_nobody_knows(stand: Stand) -> None:
    obstacle = stand.halted("https://no-such-host.invalid", seconds=2)

    assert (obstacle.step, obstacle.fault) == (Step.NAME, F.NAME_UNKNOWN)


@pytest.mark.parametrize(
    "url", ["ftp://host", "//host", "host:443", "http://", "http://host:70000", "http://host:x", "http://[::1", "", "/"]
)
def test_what_is_no_address_of_a_server(stand: Stand, url: str) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        stand.web(url)


# --- certificates that are not trusted -------------------------------------------------------------------------------


DAY = 86400


@pytest.mark.parametrize(
    ("wrong", "words", "issuer", "begins", "ends"),
    [
        ({"expired": True}, "certificate has expired", "codechunk-doctor", -30, -1),
        ({"early": True}, "certificate is not yet valid", "codechunk-doctor", 1, 30),
        ({"name": "other.example"}, "Hostname mismatch", "codechunk-doctor", -1, 30),
        ({"untrusted": True}, "unable to get local issuer certificate", INSPECTION, -1, 30),
    ],
)
@pytest.mark.parametrize("proxied", [False, True])
def test_a_certificate_that_is_not_trusted(
    stand: Stand,
    monkeypatch: pytest.MonkeyPatch,
    proxied: bool,
    wrong: dict[str, Any],
    words: str,
    issuer: str,
    begins: int,
    ends: int,
) -> None:
    """Who issued it, and when it holds; a server that is not trusted is told no key."""
    named(monkeypatch, "127.0.0.1")
    server = Server([answer(b"{}", "Date: Thu, 26 Nov 2026 03:00:00 GMT", "Content-Length: 2")] * 2)
    with peers.peer(over_tls(stand, server, "host.example", **wrong)) as port, proxy(tunnelling) as through:
        url, way = f"https://host.example:{port}", through.url() if proxied else None
        with pytest.raises(Halted) as raised:
            stand.get(url, way, key="secret")

    obstacle, now = raised.value.obstacle, time.time()
    assert (obstacle.step, obstacle.fault) == (Step.TLS, F.CERTIFICATE_REFUSED)
    assert words in obstacle.text
    assert obstacle.certificate is not None
    assert obstacle.certificate.issuer.startswith(issuer) or issuer in obstacle.certificate.issuer
    assert obstacle.certificate.valid_from == pytest.approx(now + begins * DAY, abs=60)
    assert obstacle.certificate.valid_until == pytest.approx(now + ends * DAY, abs=60)
    assert obstacle.clock == pytest.approx(1795662000 - now, abs=3)
    assert [b"secret" in request for request in server.requests] == [False]


@pytest.mark.parametrize(
    ("behaviour", "fault"),
    [
        (peers.silent, F.NO_ANSWER),
        (peers.hangs_up, F.BROKEN_OFF),
        (peers.says(b"HTTP/1.1 400 Bad Request\r\n\r\n"), F.OTHER_PROTOCOL),
    ],
)
def test_a_handshake_that_fails(stand: Stand, behaviour: peers.Behaviour, fault: NetworkFault) -> None:
    with peers.peer(behaviour) as port:
        obstacle = stand.halted(f"https://127.0.0.1:{port}")

    assert (obstacle.step, obstacle.fault, obstacle.certificate) == (Step.TLS, fault, None)


# --- proxies ---------------------------------------------------------------------------------------------------------


@dataclass
class Proxy:
    """A proxy that was asked these things; the server behind it is on loopback, whatever its name."""

    act: Callable[[Proxy, socket.socket], None]
    port: int = 0
    heads: list[bytes] = field(default_factory=list)
    names: list[bytes] = field(default_factory=list)

    def url(self, scheme: str = "http", login: str = "") -> str:
        return f"{scheme}://{login}127.0.0.1:{self.port}"

    def pass_on(self, client: socket.socket, port: int) -> None:
        with socket.create_connection(("127.0.0.1", port)) as server:
            threading.Thread(target=pump, args=(client, server), daemon=True).start()
            pump(server, client)


def pump(source: Any, sink: Any) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)


@contextlib.contextmanager
def proxy(
    act: Callable[[Proxy, socket.socket], None], within: Callable[[peers.Behaviour], peers.Behaviour] | None = None
) -> Iterator[Proxy]:
    made = Proxy(act)

    def behaviour(connection: socket.socket) -> None:
        act(made, connection)

    with peers.peer(within(behaviour) if within is not None else behaviour) as port:
        made.port = port
        yield made


def tunnelling(self: Proxy, client: socket.socket) -> None:
    if not (head := head_of(client)):
        return
    self.heads.append(head)
    client.sendall(b"HTTP/1.1 200 Connection established\r\nX-Via: proxy\r\n\r\n")
    self.pass_on(client, int(head.split()[1].rpartition(b":")[2]))


def fetching(self: Proxy, client: socket.socket) -> None:
    self.heads.append(head_of(client))
    client.sendall(OK)
    client.close()


@pytest.fixture
def server(stand: Stand) -> Iterator[tuple[Server, int]]:
    """A server whose certificate says `host.example`; its name is known to proxies alone."""
    made = Server([OK] * 5)
    with peers.peer(over_tls(stand, made, "host.example")) as port:
        yield made, port


@pytest.mark.parametrize(
    ("login", "sent"),
    [("", None), ("user:p%40ss@", b"user:p@ss"), ("user@", b"user:"), ("%C3%BC:%FF@", "ü".encode() + b":\xff")],
)
def test_a_tunnel(stand: Stand, server: tuple[Server, int], login: str, sent: bytes | None) -> None:
    with proxy(tunnelling) as through:
        assert stand.get(f"https://host.example:{server[1]}", through.url(login=login)).body == b"{}"

    first, *lines = through.heads[0].decode().strip().split("\r\n")
    assert first == f"CONNECT host.example:{server[1]} HTTP/1.1"
    said = [line.removeprefix("Proxy-Authorization: Basic ") for line in lines if line.startswith("Proxy-Auth")]
    assert [base64.b64decode(each) for each in said] == ([] if sent is None else [sent])
    assert b"Proxy-Authorization" not in server[0].requests[0]


def test_a_proxy_without_a_scheme_in_its_address(stand: Stand, server: tuple[Server, int]) -> None:
    """Go puts `http://` in front; the route gets it so."""
    with proxy(tunnelling) as through:
        assert stand.get(f"https://host.example:{server[1]}", through.url()).status == 200


def test_an_address_of_the_newer_kind_in_a_tunnel(stand: Stand) -> None:
    with proxy(says(b"HTTP/1.1 502 No way\r\n\r\n")) as through:
        stand.halted("https://[2001:db8::1]:8443", through.url())

    assert through.heads[0].startswith(b"CONNECT [2001:db8::1]:8443 HTTP/1.1\r\nHost: [2001:db8::1]:8443\r\n")


@pytest.mark.parametrize("url", ["http://host.example", "http://host.example:8080"])
def test_without_tls_a_proxy_is_asked_to_fetch(stand: Stand, url: str) -> None:
    with proxy(fetching) as through:
        assert stand.get(url, through.url(login="u:p@")).body == b"{}"

    assert through.heads[0].startswith(f"GET {url}/v1 HTTP/1.1\r\nHost: {url[7:]}\r\n".encode())
    assert b"\r\nProxy-Authorization: Basic dTpw\r\n" in through.heads[0]


def test_a_proxy_that_is_spoken_to_in_tls(stand: Stand, server: tuple[Server, int]) -> None:
    """TLS to the proxy, and within it TLS to the server: the key stands in neither in the open."""
    with proxy(tunnelling, partial(over_tls, stand)) as through:
        found = stand.get(f"https://host.example:{server[1]}", through.url("https", "u:p@"), key="secret")

    assert found.body == b"{}"
    assert b"\r\nkey: secret\r\n" in server[0].requests[0]
    assert b"secret" not in through.heads[0]


def test_such_a_proxy_fetches_too(stand: Stand) -> None:
    with proxy(fetching, partial(over_tls, stand)) as through:
        assert stand.get("http://host.example", through.url("https")).body == b"{}"


def test_such_a_proxy_must_be_trusted(stand: Stand) -> None:
    with proxy(fetching, lambda behaviour: over_tls(stand, behaviour, untrusted=True)) as through:
        obstacle = stand.halted("https://host.example", through.url("https"))

    assert (obstacle.step, obstacle.fault) == (Step.PROXY, F.CERTIFICATE_REFUSED)
    assert through.heads == []


def test_one_that_does_not_speak_tls(stand: Stand) -> None:
    with proxy(tunnelling) as through:
        obstacle = stand.halted("https://host.example", through.url("https"))

    assert (obstacle.step, obstacle.fault) == (Step.PROXY, F.NO_ANSWER)


def says(data: bytes) -> Callable[[Proxy, socket.socket], None]:
    def act(self: Proxy, client: socket.socket) -> None:
        self.heads.append(head_of(client))
        client.sendall(data)
        client.recv(1)

    return act


PAGE = b"<html><title>Sign in</title></html>"


@pytest.mark.parametrize(
    ("said", "fault", "text", "status"),
    [
        pytest.param(b"HTTP/1.1 407 Log in\r\n\r\n", F.LOGIN_WANTED, "Log in", 407, id="407"),
        pytest.param(b"HTTP/1.1 407\r\n\r\n", F.LOGIN_WANTED, "Proxy Authentication Required", 407, id="bare 407"),
        pytest.param(b"HTTP/1.0 403 Forbidden by policy\r\n\r\n", F.DENIED, "Forbidden by policy", 403, id="403"),
        pytest.param(b"HTTP/1.1 502 Bad Gateway\r\n\r\n" + PAGE, F.DENIED, "Bad Gateway", 502, id="502"),
        pytest.param(b"HTTP/1.1 201 Created\r\n\r\n", F.DENIED, "Created", 201, id="not quite 200"),
        pytest.param(b"HTTP/1.1 302\r\nLocation: x\r\n\r\n", F.DENIED, "status 302", 302, id="a redirect"),
        pytest.param(b"HTTP/1.1 403 " + b"x" * 9999 + b"\r\n\r\n", F.DENIED, "x" * 200, 403, id="a long reason"),
        pytest.param(b"SSH-2.0-OpenSSH_9.2\r\n\r\n", F.OTHER_PROTOCOL, "no HTTP proxy", None, id="SSH"),
        pytest.param(b"HTTP/1.1 abc\r\n\r\n", F.OTHER_PROTOCOL, "no HTTP proxy", None, id="no status"),
        pytest.param(b"HTTP/1.1 \xb2\r\n\r\n", F.OTHER_PROTOCOL, "no HTTP proxy", None, id="a digit, but no number"),
        pytest.param(b"HTTP/2 200\r\n\r\n", F.OTHER_PROTOCOL, "no HTTP proxy", None, id="another version"),
        pytest.param(b"\r\n\r\n", F.OTHER_PROTOCOL, "no HTTP proxy", None, id="nothing"),
        pytest.param(b"HTTP/1.1 200 " + b"x" * 70_000, F.OTHER_PROTOCOL, "no HTTP proxy", None, id="without end"),
        pytest.param(b"HTTP/1.1 200 OK\r\n", F.NO_ANSWER, "in time", None, id="half of it"),
        pytest.param(b"", F.NO_ANSWER, "in time", None, id="silence"),
    ],
)
def test_a_proxy_that_does_not_let_us_through(
    stand: Stand, said: bytes, fault: NetworkFault, text: str, status: int | None
) -> None:
    seconds = 0.4 if fault is F.NO_ANSWER else 3.0
    with proxy(says(said)) as through:
        obstacle = stand.halted("https://host.example", through.url(), seconds=seconds)

    assert (obstacle.step, obstacle.fault, obstacle.status) == (Step.PROXY, fault, status)
    assert text in obstacle.text
    assert len(obstacle.text) <= 200


def test_a_proxy_that_hangs_up(stand: Stand) -> None:
    with peers.peer(peers.hangs_up) as port:
        obstacle = stand.halted("https://host.example", f"http://127.0.0.1:{port}")

    assert (obstacle.step, obstacle.fault) == (Step.PROXY, F.BROKEN_OFF)


def test_a_proxy_that_drips(stand: Stand) -> None:
    with peers.peer(dripping(b"HTTP/1.1 200 OK\r\n" + b"X: 1\r\n" * 1000)) as port:
        obstacle = stand.halted("https://host.example", f"http://127.0.0.1:{port}")

    assert (obstacle.step, obstacle.fault) == (Step.PROXY, F.NO_ANSWER)


def test_a_web_server_that_takes_a_tunnel_for_a_page(stand: Stand) -> None:
    """It says 200 and goes on in HTML, where TLS should begin."""
    with proxy(says(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n" + PAGE)) as through:
        obstacle = stand.halted("https://host.example", through.url())

    assert (obstacle.step, obstacle.fault) == (Step.TLS, F.OTHER_PROTOCOL)


@pytest.mark.parametrize(
    ("url", "fault"),
    [
        ("http://127.0.0.1:{unused}", F.REFUSED),
        ("http://no-such-proxy.invalid:3128", F.NAME_UNKNOWN),
        ("socks5://no-such-proxy.invalid", F.NAME_UNKNOWN),
        ("http://:3128", F.SETTING),
        ("ftp://127.0.0.1", F.SETTING),
        ("http://127.0.0.1:99999", F.SETTING),
        ("http://http://jo:tuna/fish@127.0.0.1:3128", F.SETTING),
        ("jo:tuna/fish@127.0.0.1:3128", F.SETTING),
    ],
)
def test_a_proxy_that_is_not_there(stand: Stand, url: str, fault: NetworkFault) -> None:
    obstacle = stand.halted("https://host.example", url.replace("{unused}", str(peers.unused_port())), seconds=2)

    assert (obstacle.step, obstacle.fault) == (Step.PROXY, fault)
    assert "tuna" not in obstacle.text


def test_a_login_that_is_quoted_by_the_proxy_is_not(stand: Stand) -> None:
    said = b"HTTP/1.1 407 no such user: jo:swordfish (am86c3dvcmRmaXNo)" + b"." * 120 + b"swordfish\r\n\r\n"
    with proxy(says(said)) as through:
        obstacle = stand.halted("https://host.example", through.url(login="jo:swordfish@"))

    assert obstacle.text.startswith("no such user: jo:*** (***)")
    assert "tuna" not in obstacle.text


def test_a_login_that_is_wanted_where_a_proxy_fetches(stand: Stand) -> None:
    with proxy(says(answer(b"", "Content-Length: 0", status="407 Log in"))) as through:
        obstacle = stand.halted("http://host.example", through.url())

    assert (obstacle.step, obstacle.fault, obstacle.status) == (Step.PROXY, F.LOGIN_WANTED, 407)


# --- SOCKS -----------------------------------------------------------------------------------------------------------


def socks(
    *, login: bytes | None = None, code: int = 0, bound: bytes = b"\x01" + bytes(4)
) -> Callable[[Proxy, socket.socket], None]:
    """A SOCKS 5 proxy that wants this login, answers with this code, and says that it is bound there."""

    def take(client: socket.socket, count: int) -> bytes:
        data = client.recv(count, socket.MSG_WAITALL)
        if len(data) < count:
            raise OSError("gone")
        return data

    def act(self: Proxy, client: socket.socket) -> None:
        methods = take(client, take(client, 2)[1])
        if login is not None and 2 not in methods:
            client.sendall(b"\x05\xff")
            return
        client.sendall(b"\x05\x02" if login is not None else b"\x05\x00")
        if login is not None:
            name = take(client, take(client, 2)[1])
            given = name + b":" + take(client, take(client, 1)[0])
            client.sendall(b"\x01\x00" if given == login else b"\x01\x01")
        kind = take(client, 4)[3]
        name = take(client, {1: 4, 4: 16}.get(kind) or take(client, 1)[0])
        self.names.append(bytes([kind]) + name)
        port = int.from_bytes(take(client, 2), "big")
        client.sendall(b"\x05" + bytes([code, 0]) + bound + b"\0\0")
        if code == 0:
            self.pass_on(client, port)

    return act


@pytest.mark.parametrize("scheme", ["socks5", "socks5h"])
@pytest.mark.parametrize("bound", [b"\x01" + bytes(4), b"\x04" + bytes(16), b"\x03\x04host"])
def test_by_socks(stand: Stand, server: tuple[Server, int], scheme: str, bound: bytes) -> None:
    with proxy(socks(bound=bound)) as through:
        assert stand.get(f"https://host.example:{server[1]}", through.url(scheme)).body == b"{}"

    assert through.names == [b"\x03host.example"]


def test_by_socks_with_a_login(stand: Stand, server: tuple[Server, int]) -> None:
    with proxy(socks(login=b"user:p@ss")) as through:
        assert stand.get(f"https://host.example:{server[1]}", through.url("socks5", "user:p%40ss@")).status == 200


def test_by_socks_with_a_login_that_nobody_asked_for(stand: Stand, server: tuple[Server, int]) -> None:
    with proxy(socks()) as through:
        assert stand.get(f"https://host.example:{server[1]}", through.url("socks5", "user:pw@")).status == 200


def test_by_socks_without_tls(stand: Stand) -> None:
    with serving(OK) as (plain, url), proxy(socks()) as through:
        assert stand.get(url, through.url("socks5")).status == 200

    assert plain.requests[0].startswith(b"GET /v1 HTTP/1.1\r\n")


@pytest.mark.parametrize(
    ("host", "sent"),
    [
        ("127.0.0.1", b"\x01\x7f\x00\x00\x01"),
        ("[2001:db8::1]", b"\x04" + ipaddress.ip_address("2001:db8::1").packed),
        ("bücher.example", b"\x03xn--bcher-kva.example"),
    ],
)
def test_what_a_socks_proxy_is_told(stand: Stand, host: str, sent: bytes) -> None:
    with proxy(socks(code=5)) as through:
        stand.halted(f"https://{host}", through.url("socks5"))

    assert through.names == [sent]


@pytest.mark.parametrize(
    ("act", "login", "fault", "words"),
    [
        (socks(login=b"u:secret"), "", F.LOGIN_WANTED, "wants a login"),
        (socks(login=b"u:secret"), "u:wrong@", F.LOGIN_WANTED, "does not accept"),
        (socks(code=2), "", F.DENIED, "not allowed by its rules"),
        (socks(code=4), "", F.DENIED, "host unreachable"),
        (socks(code=99), "", F.DENIED, "code 99"),
        (lambda _, client: client.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n"), "", F.OTHER_PROTOCOL, "no SOCKS 5"),
        (lambda _, client: client.recv(1) and None, "", F.BROKEN_OFF, "closed"),
        (lambda _, client: client.recv(100) and client.recv(100), "", F.NO_ANSWER, "in time"),
    ],
)
def test_a_socks_proxy_that_does_not_let_us_through(
    stand: Stand, act: Any, login: str, fault: NetworkFault, words: str
) -> None:
    def behaviour(self: Proxy, client: socket.socket) -> None:
        act(self, client)
        client.shutdown(socket.SHUT_RDWR)

    with proxy(behaviour) as through:
        obstacle = stand.halted("https://host.example", through.url("socks5", login))

    assert (obstacle.step, obstacle.fault) == (Step.PROXY, fault), obstacle
    assert words in obstacle.text


@pytest.mark.parametrize("host", ["a..b", "x" * 64 + ".example"])
def test_a_name_that_no_socks_proxy_takes(stand: Stand, host: str) -> None:
    with proxy(socks()) as through:
        obstacle = stand.halted(f"https://{host}", through.url("socks5"))

    assert (obstacle.step, obstacle.fault) == (Step.PROXY, F.SETTING)


def test_nothing_of_a_route_tells_the_login(stand: Stand) -> None:
    route = Route.to("https://host.example", "http://jo:swordfish@127.0.0.1:1", ssl.create_default_context)

    assert "swordfish" not in repr(route)
