"""Requests and replies as they are on the wire: HTTP/1.1, by hand, so that every rule of it can be broken."""

from __future__ import annotations

import socket
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from email.utils import formatdate
from http import HTTPStatus
from time import time
from typing import Any
from urllib.parse import parse_qsl, urlsplit

JSON = "application/json; charset=UTF-8"
HTML = "text/html; charset=UTF-8"
PHRASES = {int(status): status.phrase for status in HTTPStatus}
LONGEST_HEAD = 256 * 1024


class Broken(Exception):
    """The client does not speak HTTP."""


@dataclass(frozen=True)
class Seen:
    """A request as it came: `host` is the one that was asked for, without port; names of headers are lower case."""

    method: str
    host: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    via_proxy: bool
    body: bytes = b""


@dataclass(frozen=True)
class Request:
    method: str
    target: str
    version: str
    headers: dict[str, str]
    body: bytes = b""

    @property
    def keeps(self) -> bool:
        """Whether the connection stays open after the answer."""
        wish = self.headers.get("connection", "").lower()
        return "close" not in wish and (self.version == "HTTP/1.1" or "keep-alive" in wish)

    def seen(self, tunnel: str) -> Seen:
        """What was asked for; `tunnel` is the host of the CONNECT that it came through, if it did."""
        absolute = self.target.startswith(("http://", "https://"))
        parts = urlsplit(self.target) if absolute else urlsplit("//host" + self.target)
        host = tunnel or (parts.hostname if absolute else without_port(self.headers.get("host", ""))) or ""
        query = dict(parse_qsl(parts.query, keep_blank_values=True))
        return Seen(self.method, host, parts.path, query, self.headers, absolute or tunnel != "", self.body)


@dataclass(frozen=True)
class Reply:
    """What is to be answered, and in which way: as it should be, or `hang`, `drip`, `cut` ..."""

    status: int
    body: bytes = b""
    type: str = JSON
    headers: Mapping[str, str] = field(default_factory=dict)
    phrase: str = ""
    chunked: bool = False
    way: str = ""
    pause: float = 0.05

    def head(self, framing: dict[str, str], world: Mapping[str, Any], *, keep: bool) -> bytes:
        """All lines up to the empty one."""
        lines = {"Content-Type": self.type, "Server": "scaffolding on HTTPServer2", "X-Content-Type-Options": "nosniff"}
        lines |= framing | dated(world) | dict(self.headers) | {"Connection": "keep-alive" if keep else "close"}
        first = f"HTTP/1.1 {self.status} {self.phrase or phrase(self.status)}\r\n"
        return (first + "".join(f"{name}: {value}\r\n" for name, value in lines.items()) + "\r\n").encode()

    def whole(self, world: Mapping[str, Any], *, keep: bool) -> bytes:
        if not self.chunked:
            return self.head({"Content-Length": str(len(self.body))}, world, keep=keep) + self.body
        middle = len(self.body) // 2
        chunks = [part for part in (self.body[:middle], self.body[middle:]) if part]
        framed = b"".join(chunk(part) for part in (*chunks, b""))
        return self.head({"Transfer-Encoding": "chunked"}, world, keep=keep) + framed


def chunk(part: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(part), part)


def phrase(status: int) -> str:
    return PHRASES.get(status, "Unknown")


def dated(world: Mapping[str, Any]) -> dict[str, str]:
    """The headers that say what time it is."""
    shift = world.get("date", 0)
    lines = {} if shift is False else {"Date": formatdate(time() + float(shift), usegmt=True)}
    return lines | ({"Age": str(world["age"])} if "age" in world else {})


def without_port(authority: str) -> str:
    """`host:443` and `[::1]:443` without the number and the brackets."""
    return urlsplit("//" + authority).hostname or ""


class Stream:
    """Reads requests from a connection, whatever is at its bottom by then."""

    def __init__(self) -> None:
        self._rest = b""

    def next(self, sock: socket.socket) -> Request | None:
        """The next request, with its body; nothing at the end of the connection."""
        while b"\r\n\r\n" not in self._rest:
            more = sock.recv(65536)
            if not more:
                return None
            self._rest += more
            if len(self._rest) > LONGEST_HEAD:
                raise Broken
        head, _, self._rest = self._rest.partition(b"\r\n\r\n")
        request = parsed(head.decode("iso-8859-1"))
        return replace(request, body=self._body(sock, int(request.headers.get("content-length") or 0)))

    def _body(self, sock: socket.socket, length: int) -> bytes:
        while len(self._rest) < length:
            more = sock.recv(65536)
            if not more:
                raise Broken
            self._rest += more
        body, self._rest = self._rest[:length], self._rest[length:]
        return body


def parsed(head: str) -> Request:
    first, *lines = head.split("\r\n")
    words = first.split(" ")
    if len(words) != 3 or not words[2].startswith("HTTP/"):
        raise Broken
    return Request(words[0], words[1], words[2], dict(_headers(lines)))


def _headers(lines: list[str]) -> Iterator[tuple[str, str]]:
    for line in lines:
        name, _, value = line.partition(":")
        yield name.strip().lower(), value.strip()
