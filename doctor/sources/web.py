"""
HTTP as the program's own client goes its way: by Go's proxy, with the certificates that Go trusts.

The libraries for this take the proxy by other rules, follow redirects with the key in their hands, count time per
packet, and have one exception for everything that can go wrong before the first answer; here each step has its own.
"""

from __future__ import annotations

import http.client
import io
import re
import socket
import ssl
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import Any

from doctor import __version__
from doctor.facts.network import NetworkFault, NetworkObstacle, Step
from doctor.golang import neturl
from doctor.sources import certificates, proxies
from doctor.sources.channel import Broken, Channel, dial, look_up
from doctor.sources.network import ESCAPED

AGENT = f"codechunk-doctor/{__version__}"
PORTS = {"http": 80, "https": 443, "socks5": 1080, "socks5h": 1080}
# No list of jobs or models comes near this size in one page.
LARGEST = 16 * 1024 * 1024
# How long the way, and then each answer, may take however much time there is for all of them, in seconds.
LONGEST_WAIT = 9.0
# How long a server that is not trusted is looked at.
INSPECTION = 2.0


class Halted(Exception):
    """The way ends here."""

    def __init__(self, step: Step, fault: NetworkFault, text: str, status: int | None = None) -> None:
        super().__init__(text)
        self.obstacle = NetworkObstacle(step, fault, text, status)


@dataclass(frozen=True, slots=True)
class Route:
    """
    The way to a server: its scheme, host and port, the proxy on the way, and the certificates that are trusted.

    `proxy` may hold a login.
    """

    scheme: str
    host: str
    port: int
    proxy: neturl.URL | None = field(default=None, repr=False)
    context: Callable[[], ssl.SSLContext] = ssl.create_default_context

    @classmethod
    def to(cls, url: str, proxy: str | None, context: Callable[[], ssl.SSLContext]) -> Route:
        """The route to a URL. Raises ValueError, in Go's words where it has any, for what is no address of a server."""
        parsed = neturl.parse(url)
        scheme, (host, port) = parsed.scheme.lower(), parsed.host_and_port
        if scheme not in ("http", "https"):
            raise ValueError(f"unsupported protocol scheme {scheme!r}")
        if not host:
            raise ValueError("no host in the address")
        number = int(port or PORTS[scheme])
        if number > 65535:
            raise ValueError(f"{number} is no port")
        return cls(scheme, host, number, neturl.parse(proxy) if proxy is not None else None, context)

    @property
    def authority(self) -> str:
        """Host and port as the Host header and CONNECT have them."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def forwarded(self) -> bool:
        """Whether a proxy is asked to fetch, instead of to let through."""
        return self.scheme == "http" and self.proxy is not None and not self.proxy.scheme.startswith("socks5")


@dataclass(frozen=True, slots=True)
class Response:
    """An answer; header names in lower case, the last of each. `clock` is the server's time minus ours, in seconds."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    clock: float | None = None


class Web:
    """One server, asked on one connection that is made when needed. Every wait ends at `ends_at`, and in 9 seconds."""

    def __init__(self, route: Route, ends_at: float) -> None:
        self._route = route
        self._ends_at = ends_at
        self._channel: Channel | None = None
        self.addresses: tuple[str, ...] = ()

    @property
    def left(self) -> float:
        """The seconds that are left."""
        return self._ends_at - time.monotonic()

    def _until(self) -> float:
        """When the wait that begins now ends."""
        return min(self._ends_at, time.monotonic() + LONGEST_WAIT)

    def close(self) -> None:
        """Hang up."""
        if self._channel is not None:
            self._channel.close()
            self._channel = None

    def get(self, path: str, headers: Mapping[str, str] | None = None) -> Response:
        """Ask for a path. Redirects are answers like others. Raises Halted."""
        return self.ask("GET", path, headers)

    def ask(
        self, method: str, path: str, headers: Mapping[str, str] | None = None, body: bytes | None = None
    ) -> Response:
        """Ask, and wait for the whole answer. Raises Halted, and ValueError for what cannot stand in a header."""
        request = _request(self._route, method, path, headers or {}, body)
        used = self._channel is not None
        try:
            return self._asked(method, request)
        except Halted as halted:
            # A server may hang up on a connection that was idle for a while, and means nothing by it.
            if not used or halted.obstacle.fault is not NetworkFault.BROKEN_OFF:
                raise
        return self._asked(method, request)

    def connect(self) -> None:
        """Go the way up to the point where something could be asked. Raises Halted."""
        if self._channel is None:
            self._channel = self._opened()

    def _asked(self, method: str, request: bytes) -> Response:
        self.connect()
        assert self._channel is not None
        self._channel.ends_at = self._until()
        try:
            response, closes = self._answer(method, request)
        except Halted:
            self.close()
            raise
        if closes:
            self.close()
        if response.status == 407 and self._route.forwarded:
            raise Halted(Step.PROXY, NetworkFault.LOGIN_WANTED, "Proxy Authentication Required", response.status)
        return response

    def _answer(self, method: str, request: bytes) -> tuple[Response, bool]:
        """An answer, and whether the connection ends with it."""
        assert self._channel is not None
        started, arrived = time.time(), None
        try:
            self._channel.send(request)
            readable = _Readable(self._channel)
            answer = http.client.HTTPResponse(readable, method=method)  # type: ignore[arg-type]
            answer.begin()
            if readable.ended:  # it takes the end of the connection for the end of the head
                raise _cut_off()
            arrived = time.time()
            data = answer.read(LARGEST + 1)
        except Broken as broken:
            cut = arrived is not None and broken.fault is NetworkFault.NO_ANSWER
            text = "an answer began, but did not end in time" if cut else broken.text
            raise Halted(Step.HTTP, broken.fault, text) from broken
        except http.client.RemoteDisconnected as error:
            raise Halted(Step.HTTP, NetworkFault.BROKEN_OFF, "closed without an answer") from error
        except http.client.IncompleteRead as error:
            raise _cut_off() from error
        except (http.client.HTTPException, ValueError) as error:
            raise Halted(Step.HTTP, NetworkFault.OTHER_PROTOCOL, "what answers does not speak HTTP") from error
        if len(data) > LARGEST:
            raise Halted(Step.HTTP, NetworkFault.OTHER_PROTOCOL, f"an answer of more than {LARGEST >> 20} MiB")
        if answer.length:  # `read` with a limit says nothing of what is missing
            raise _cut_off()
        found = {name.lower(): value for name, value in answer.getheaders()}
        return Response(answer.status, found, data, _clock(found, (started + arrived) / 2)), answer.will_close

    # --- the way there ---------------------------------------------------------------------------------------------

    def _opened(self, *, trusting: bool = False) -> Channel:
        """A channel on which the server can be asked."""
        route, ends_at = self._route, self._until()
        channel = self._direct(ends_at) if route.proxy is None else _through(route, route.proxy, ends_at)
        if route.scheme != "https":
            return channel
        try:
            channel.secure(certificates.without_trust() if trusting else route.context(), route.host)
        except Broken as broken:
            channel.close()
            halted = Halted(Step.TLS, broken.fault, broken.text)
            if broken.fault is NetworkFault.CERTIFICATE_REFUSED:
                halted.obstacle = _inspected(route, halted.obstacle, ends_at)
            raise halted from broken
        return channel

    def _direct(self, ends_at: float) -> Channel:
        route = self._route
        found = _step(Step.NAME, lambda: look_up(route.host, route.port, ends_at - time.monotonic()))
        self.addresses = tuple(dict.fromkeys(str(address[0]) for _, address in found))
        return Channel(_step(Step.ANSWER, lambda: dial(found, ends_at)), ends_at)


def _cut_off() -> Halted:
    return Halted(Step.HTTP, NetworkFault.BROKEN_OFF, "the answer ends in the middle")


class _Readable:
    """As much of a socket as http.client wants to see."""

    def __init__(self, channel: Channel) -> None:
        self._raw = _Raw(channel)

    @property
    def ended(self) -> bool:
        """Whether the end of the connection was met."""
        return self._raw.ended

    def makefile(self, *_: Any, **__: Any) -> io.BufferedReader:
        """The bytes as they come."""
        return io.BufferedReader(self._raw)


class _Raw(io.RawIOBase):
    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self.ended = False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = self._channel.receive(len(buffer))
        buffer[: len(data)] = data
        self.ended = not data
        return len(data)


# As in Go, a tab is the only one of the control characters that may stand in a header.
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")


def _request(route: Route, method: str, path: str, headers: Mapping[str, str], body: bytes | None) -> bytes:
    target = f"http://{route.authority}{path}" if route.forwarded else path
    words = {"Host": route.authority, "User-Agent": AGENT, "Accept": "application/json", **headers}
    if route.forwarded and (login := proxies.login(route.proxy)):
        words["Proxy-Authorization"] = login
    if body is not None:
        words |= {"Content-Type": "application/json", "Content-Length": str(len(body))}
    lines = [f"{method} {target} HTTP/1.1", *(f"{name}: {value.strip()}" for name, value in words.items())]
    if any(_CONTROL.search(line) for line in lines):
        raise ValueError("a control character in a request")
    # Other letters go as the bytes that they are in Go.
    return "\r\n".join([*lines, "", ""]).encode("utf-8", "surrogateescape") + (body or b"")


def _clock(headers: Mapping[str, str], now: float) -> float | None:
    """How far the server's clock is ahead; what a cache kept tells nothing."""
    if headers.get("age", "0").strip() != "0":
        return None
    try:
        told = parsedate_to_datetime(headers.get("date", ""))
        return told.replace(tzinfo=told.tzinfo or UTC).timestamp() - now
    except (ValueError, OverflowError):
        return None


def _step(step: Step, act: Callable[[], Any]) -> Any:
    try:
        return act()
    except Broken as broken:
        raise Halted(step, broken.fault, broken.text) from broken


def _inspected(route: Route, obstacle: NetworkObstacle, ends_at: float) -> NetworkObstacle:
    """The certificate that is not trusted, and that server's clock; it is told nothing but that we are here."""
    web = Web(route, min(ends_at, time.monotonic() + INSPECTION))
    try:
        web._channel = web._opened(trusting=True)
        der = web._channel.certificate()
        obstacle = replace(obstacle, certificate=certificates.read(der) if der is not None else None)
        return replace(obstacle, clock=web.get("/").clock)
    except Halted:
        return obstacle
    finally:
        web.close()


# --- proxies -------------------------------------------------------------------------------------------------------


def _through(route: Route, proxy: neturl.URL, ends_at: float) -> Channel:
    """A channel to the server through the proxy, or to the proxy itself where that is to fetch."""
    host, port = proxy.host_and_port

    def reach() -> socket.socket:
        number = int(port or PORTS.get(proxy.scheme, 0))
        # Go puts another http:// in front of what it cannot read.
        if proxy.path.startswith(b"//") or "@" in proxy.opaque:
            raise Broken(NetworkFault.SETTING, f"the proxy's address cannot be read; {ESCAPED}")
        if not host or not 0 < number <= 65535:
            raise Broken(NetworkFault.SETTING, "the proxy's address has no usable host and port")
        return dial(look_up(host, number, ends_at - time.monotonic()), ends_at)

    channel = Channel(_step(Step.PROXY, reach), ends_at)
    try:
        if proxy.scheme == "https":
            channel.secure(route.context(), host)
        if proxy.scheme.startswith("socks5"):
            proxies.socks(channel, route.host, route.port, proxy)
        elif not route.forwarded:
            proxies.tunnel(channel, route.host, route.port, proxy, AGENT)
    except Broken as broken:
        channel.close()
        status = broken.status if isinstance(broken, proxies.Refused) else None
        raise Halted(Step.PROXY, broken.fault, broken.text, status) from broken
    return channel
