"""One connection: what is at its start (TLS, a tunnel), its requests, and the ways in which replies go wrong."""

from __future__ import annotations

import base64
import contextlib
import os
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Protocol

from doctor.embedded.google.faults import SERVICE
from doctor.embedded.google.wire import HTML, Broken, Reply, Request, Seen, Stream, chunk, without_port

HELLO = 0x16
GARBAGE = b"\x00\xff\x13\x37 this is not what you asked for\r\n\x01\x02\x03" * 4
REFUSED = ssl.ALERT_DESCRIPTION_INTERNAL_ERROR
ESTABLISHED = b"HTTP/1.1 200 Connection established\r\n\r\n"
LAST_WORDS = 1.0  # how long a client may take to close its end


class Owner(Protocol):
    """What a connection needs of its server."""

    @property
    def world(self) -> Mapping[str, Any]: ...
    @property
    def tls(self) -> Callable[..., ssl.SSLContext] | None: ...
    @property
    def requests(self) -> list[Seen]: ...
    @property
    def tunnels(self) -> list[Seen]: ...
    @property
    def stopping(self) -> threading.Event: ...
    def reply(self, seen: Seen) -> Reply: ...


class Connection:
    """Lives in a thread of its own; only `interrupt` is for others."""

    def __init__(self, owner: Owner, sock: socket.socket) -> None:
        self._owner = owner
        self._sock = sock
        # TLS replaces the socket by another object; this one stays the same, to wake who waits for the client.
        self._handle = sock.dup()
        self._stream = Stream()
        self._tunnel = ""

    def run(self) -> None:
        with contextlib.suppress(OSError, Broken, ValueError):  # clients leave; that is no fault of ours
            accept = self._owner.world.get("accept")
            if accept == "hang":
                self._swallow()
            elif accept != "cut" and self._secured():
                self._talk()
            self._leave()

    def interrupt(self) -> None:
        with contextlib.suppress(OSError):
            self._handle.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        self._sock.close()
        self._handle.close()

    def _swallow(self) -> None:
        """Say nothing until the client has gone, or the server stops."""
        while self._sock.recv(65536):
            pass

    def _leave(self) -> None:
        """Close without a reset: it would take away what the client has not read yet."""
        with contextlib.suppress(OSError):
            self._handle.shutdown(socket.SHUT_WR)
            self._handle.settimeout(LAST_WORDS)
            while self._handle.recv(65536):
                pass

    def _secured(self) -> bool:
        """Whether requests may follow: after a handshake, if the client began one."""
        first = self._sock.recv(1, socket.MSG_PEEK)
        if not first or first[0] != HELLO:
            return first != b""
        order = self._owner.world.get("tls")
        if order == "hang":
            self._swallow()
        if isinstance(order, str) or self._owner.tls is None:
            self._sock.recv(65536)
            if order == "garbage":
                self._sock.sendall(GARBAGE)
            return False
        secured = self._context(self._owner.tls, order or {}).wrap_socket(
            self._sock, server_side=True, do_handshake_on_connect=False
        )
        self._sock = secured
        secured.do_handshake()
        return True

    def _context(self, tls: Callable[..., ssl.SSLContext], order: Mapping[str, Any]) -> ssl.SSLContext:
        """A context that becomes the right one when the client has said whom it wants."""

        def choose(sock: ssl.SSLSocket | ssl.SSLObject, name: str | None, _: ssl.SSLContext) -> int | None:
            try:
                sock.context = tls(name or SERVICE, **order)
            except Exception:  # an exception would be printed by the interpreter, and nothing else
                return REFUSED
            return None

        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.sni_callback = choose
        return context

    def _talk(self) -> None:
        while (request := self._stream.next(self._sock)) is not None:
            goes_on = self._connected(request) if request.method == "CONNECT" else self._answered(request)
            if not goes_on:
                return

    def _connected(self, request: Request) -> bool:
        """As a proxy: open the tunnel, or say why not."""
        order: Mapping[str, Any] = self._owner.world.get("connect", {})
        host = without_port(request.target)
        self._owner.tunnels.append(Seen("CONNECT", host, request.target, {}, request.headers, True))
        behaviour = order.get("behaviour")
        if behaviour == "hang":
            self._swallow()
        if behaviour == "garbage":
            self._sock.sendall(GARBAGE)
        if behaviour:
            return False
        refusal = self._locked(request, order) or _refusal(order)
        if refusal is not None:
            return self._send(refusal, keep=request.keeps)
        self._sock.sendall(ESTABLISHED)
        self._tunnel = host
        return self._secured()

    def _locked(self, request: Request, order: Mapping[str, Any]) -> Reply | None:
        """What a proxy says to those who have not logged in."""
        login = order.get("login")
        if login is None:
            return None
        right = "Basic " + base64.b64encode(str(login).encode()).decode()
        return None if request.headers.get("proxy-authorization") == right else _refusal({**order, "status": 407})

    def _answered(self, request: Request) -> bool:
        """Answer; whether the connection stays open."""
        seen = request.seen(self._tunnel)
        self._owner.requests.append(seen)
        open_proxy = self._tunnel or not seen.via_proxy
        locked = None if open_proxy else self._locked(request, self._owner.world.get("connect", {}))
        reply = locked or self._owner.reply(seen)
        if request.method == "HEAD":
            reply = replace(reply, body=b"", chunked=False)
        keep = request.keeps and reply.way in ("", "drip")
        return self._send(reply, keep=keep)

    def _send(self, reply: Reply, *, keep: bool) -> bool:
        spoil = SPOILED.get(reply.way)
        whole = reply.whole(self._owner.world, keep=keep)
        if spoil is None:
            self._sock.sendall(whole)
            if not keep:
                self._notify()
        else:
            spoil(self, reply, whole)
        return keep

    def _notify(self) -> None:
        """Say in TLS that this was all, without waiting for the client to say it too."""
        if isinstance(self._sock, ssl.SSLSocket):
            self._sock.settimeout(0)
            with contextlib.suppress(OSError):
                self._sock.unwrap().close()

    def _hang(self, reply: Reply, whole: bytes) -> None:
        self._swallow()

    def _drip(self, reply: Reply, whole: bytes) -> None:
        for at in range(len(whole)):
            if self._owner.stopping.wait(reply.pause):
                return
            self._sock.sendall(whole[at : at + 1])

    def _cut(self, reply: Reply, whole: bytes) -> None:
        self._sock.sendall(whole[: len(whole) - len(reply.body) // 2 - 1])

    def _reset(self, reply: Reply, whole: bytes) -> None:
        """Closing a socket that does not linger sends a reset."""
        self._sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("hh" if os.name == "nt" else "ii", 1, 0))
        self.close()

    def _endless(self, reply: Reply, whole: bytes) -> None:
        head = reply.head({"Transfer-Encoding": "chunked"}, self._owner.world, keep=False)
        self._sock.sendall(head + chunk(b'{"padding": "'))
        filler = chunk(b"x" * 65536)
        while not self._owner.stopping.wait(0.001):
            self._sock.sendall(filler)

    def _garbage(self, reply: Reply, whole: bytes) -> None:
        self._sock.sendall(GARBAGE)


SPOILED: dict[str, Callable[[Connection, Reply, bytes], None]] = {
    "hang": Connection._hang,
    "drip": Connection._drip,
    "cut": Connection._cut,
    "reset": Connection._reset,
    "endless": Connection._endless,
    "garbage": Connection._garbage,
}


def _refusal(order: Mapping[str, Any]) -> Reply | None:
    status = int(order.get("status", 200))
    if status == 200:
        return None
    realm = {"Proxy-Authenticate": f'Basic realm="{order.get("realm", "Example Corp")}"'} if status == 407 else {}
    text = f"<html><title>{status}</title><p>{order.get('message', 'The proxy refuses.')}</html>\n"
    return Reply(status, text.encode(), HTML, realm, str(order.get("reason", "")))
