"""What each kind of server says first, answers, and how it can lie: bytes, as a peer puts them on the wire."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from tests.logs.encoder import line

DEEP = b"[" * 200_000
HUGE = b"9" * 20_000
NOT_UTF8 = b"\x80\xff\xc3"
GARBAGE = b"\x00\xff\x13\x37 this is not what you asked for\r\n\x01\x02\x03" * 4
OTHER = b"SSH-2.0-OpenSSH_9.6\r\n"
"""Another protocol than any of those that are spoken here."""


@dataclass(frozen=True)
class Protocol:
    """
    How a sound server begins.

    `greeting` is said unasked, `answer` to the first words. `filler` goes on for ever behind `opening`, which promises
    more. A lie takes the place of the greeting where there is one, else of the answer.
    """

    answer: bytes
    opening: bytes
    filler: bytes = b"x"
    greeting: bytes = b""
    lies: Mapping[str, bytes] = field(default_factory=dict)

    @property
    def first(self) -> bytes:
        """The first thing that it says."""
        return self.greeting or self.answer


def http(body: Mapping[str, object], status: str = "200 OK") -> Protocol:
    """A server of HTTP/1.1 that answers everything with this."""

    def head(*lines: str) -> bytes:
        return "\r\n".join((f"HTTP/1.1 {status}", "Content-Type: application/json", *lines, "", "")).encode()

    def whole(content: bytes) -> bytes:
        return head(f"Content-Length: {len(content)}", "Connection: close") + content

    return Protocol(
        answer=whole(json.dumps(body).encode()),
        opening=head("Connection: close") + b'{"a": "',
        lies={
            "wrong-length": head("Transfer-Encoding: chunked") + b"fffffffffffffff\r\n{}\r\n-5\r\n",
            "huge-number": whole(b'{"status": ' + HUGE + b', "models": 1e999, "data": -' + HUGE + b"}"),
            "deep": whole(DEEP),
            "bad-utf8": whole(b'{"status": "' + NOT_UTF8 + b'"}'),
        },
    )


def _message(kind: bytes, body: bytes, length: int | None = None) -> bytes:
    """One of PostgreSQL's."""
    return kind + (len(body) + 4 if length is None else length).to_bytes(4, "big") + body


def _refusal(text: bytes) -> bytes:
    return _message(b"E", b"SFATAL\0VFATAL\0CXX000\0M" + text + b"\0\0")


POSTGRESQL = Protocol(
    answer=_message(b"R", (3).to_bytes(4, "big")),
    opening=_message(b"R", (0).to_bytes(4, "big")),
    filler=_message(b"S", b"application_name\0codechunk\0"),
    lies={
        "wrong-length": _message(b"R", (0).to_bytes(4, "big"), 0xFFFFFFFF),
        "huge-number": _message(b"R", b"\xff" * 4) + _message(b"K", b"\xff" * 8),
        "deep": _message(b"R", (10).to_bytes(4, "big") + b"SCRAM-SHA-256\0" * 5000 + b"\0"),
        "bad-utf8": _refusal(NOT_UTF8),
    },
)

_INFO: Mapping[str, object] = {"server_id": "N", "version": "2.10.0", "max_payload": 1048576, "headers": True}


def _info(rest: bytes) -> bytes:
    return b"INFO " + rest + b"\r\n"


NATS = Protocol(
    greeting=_info(json.dumps(_INFO).encode()),
    answer=b"PONG\r\n",
    opening=_info(json.dumps(_INFO).encode()),
    filler=_info(json.dumps(_INFO).encode()),
    lies={
        "wrong-length": _info(json.dumps(_INFO).encode()) + b"MSG x 1 99999999999999999999\r\nx\r\n",
        "huge-number": _info(b'{"server_id": "N", "max_payload": ' + HUGE + b"}"),
        "deep": _info(DEEP),
        "bad-utf8": _info(b'{"server_id": "' + NOT_UTF8 + b'"}'),
    },
)

_LINE = line("Production batch processing not implemented - falling back to sequential", "WARN")

LOG = Protocol(
    answer=_LINE + b"\n",
    opening=_LINE + b"\n",
    filler=_LINE + b"\n",
    lies={
        "wrong-length": b'{"log":"' + _LINE.replace(b'"', b'\\"') + b"\n" + _LINE + b"\n",
        "huge-number": b'{"time": ' + HUGE + b', "msg": 1e999}\n' + _LINE + b"\n",
        "deep": b'{"msg": ' + DEEP + b"\n" + _LINE + b"\n",
        "bad-utf8": NOT_UTF8 + b"\n" + _LINE + b"\n",
    },
)
