"""
The first words of PostgreSQL's protocol, spoken as the program's driver speaks them.

libpq tells only in the language of the server why it was not let in; the protocol itself has a code for every reason.
Facts: PostgreSQL's frontend/backend protocol 3.0, pgx 5.7.5 for what is verified of a certificate.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import hmac
import os
import socket
import ssl
import struct
import time
from collections.abc import Mapping
from dataclasses import dataclass, field

from doctor.facts import Fault, NetworkFault, Obstacle
from doctor.sources.channel import Broken, Channel, dial, look_up

# What the server lists the doctor under.
APPLICATION = "codechunk-doctor"

SSL_REQUEST = struct.pack("!II", 8, 80877103)
PROTOCOL = 196608
# No message before the end of a login is longer; what claims to be is not PostgreSQL.
LONGEST = 1 << 16
MOST_SETTINGS = 100
# Hashing this often takes about a second; PostgreSQL itself asks for 4,096.
MOST_ITERATIONS = 1_000_000


class Failed(Exception):
    """The way ends here."""

    def __init__(self, fault: Fault, text: str, sqlstate: str | None = None) -> None:
        super().__init__(text)
        self.obstacle = Obstacle(fault, text, sqlstate)


@dataclass(frozen=True, slots=True)
class Peer:
    """Where to knock: a host and port, or the path of a socket; and what `tls` is, if it is wanted."""

    host: str
    port: int
    tls: ssl.SSLContext | None = None
    server_name: str | None = None
    direct: bool = False

    @property
    def socket_path(self) -> str | None:
        """The file of a unix socket, None for a host."""
        return f"{self.host}/.s.PGSQL.{self.port}" if self.host.startswith(("/", "@")) else None


@dataclass(frozen=True, slots=True)
class Login:
    """Whom to log in as, and the parameters that the driver sends for the session."""

    user: str
    database: str
    password: str = field(repr=False)
    parameters: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Arrival:
    """How a walk ended: at an obstacle, or in a session whose server `reported` these of its settings."""

    obstacle: Obstacle | None = None
    reported: Mapping[str, str] = field(default_factory=dict)


def walk(peer: Peer, login: Login, seconds: float) -> Arrival:
    """Go the whole way to a session and leave again. Takes no longer than `seconds`."""
    ends_at = time.monotonic() + seconds
    try:
        with contextlib.closing(Line(_reach(peer, ends_at), ends_at)) as line:
            _secure(line, peer)
            reported = _log_in(line, login)
            line.say(b"X", b"")
    except Failed as failed:
        return Arrival(failed.obstacle)
    return Arrival(reported=reported)


# --- name and address ----------------------------------------------------------------------------------------------


def _reach(peer: Peer, ends_at: float) -> socket.socket:
    path = peer.socket_path
    if path is not None:
        return _connect_to_file(path, ends_at)
    try:
        return dial(look_up(peer.host, peer.port, ends_at - time.monotonic()), ends_at)
    except Broken as broken:
        raise Failed(_FAULTS[broken.fault], broken.text) from broken


def _connect_to_file(path: str, ends_at: float) -> socket.socket:
    if not hasattr(socket, "AF_UNIX"):
        raise Failed(Fault.NO_SOCKET, "this system has no such sockets")
    channel = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    channel.settimeout(max(0.01, ends_at - time.monotonic()))
    try:
        channel.connect("\0" + path[1:] if path.startswith("@") else path)
    except TimeoutError:
        channel.close()
        raise Failed(Fault.TIMED_OUT, f"{path} does not answer") from None
    except OSError as error:
        channel.close()
        refused = isinstance(error, ConnectionRefusedError)
        fault = Fault.REFUSED if refused else Fault.NO_SOCKET
        raise Failed(fault, f"{path}: {error.strerror or error}") from error
    return channel


# --- talking ---------------------------------------------------------------------------------------------------


# What the network calls by its own names.
_FAULTS = {
    NetworkFault.NAME_UNKNOWN: Fault.NAME_UNKNOWN,
    NetworkFault.REFUSED: Fault.REFUSED,
    NetworkFault.NO_ROUTE: Fault.NO_ROUTE,
    NetworkFault.TIMED_OUT: Fault.TIMED_OUT,
    NetworkFault.NO_ANSWER: Fault.NO_ANSWER,
    NetworkFault.BROKEN_OFF: Fault.BROKEN_OFF,
    NetworkFault.OTHER_PROTOCOL: Fault.OTHER_PROTOCOL,
    NetworkFault.TLS_FAILED: Fault.TLS_FAILED,
    NetworkFault.TLS_ALERT: Fault.CLIENT_CERTIFICATE,
    NetworkFault.CERTIFICATE_REFUSED: Fault.CERTIFICATE_REFUSED,
}


class Line(Channel):
    """A connection on which PostgreSQL's messages are exchanged."""

    def failure(self, fault: NetworkFault, text: str) -> Exception:
        """The end of the walk."""
        return Failed(_FAULTS[fault], text)

    def say(self, kind: bytes, body: bytes) -> None:
        """Send one message."""
        self.send(kind + struct.pack("!I", len(body) + 4) + body)

    def hear(self) -> tuple[bytes, bytes]:
        """One message of the server's: its kind and its body."""
        kind, length = struct.unpack("!cI", self.take(5))
        if kind not in b"RENSKZv" or not 4 <= length <= LONGEST:
            raise Failed(Fault.OTHER_PROTOCOL, "what answers does not speak PostgreSQL's protocol")
        return kind, self.take(length - 4)


def _secure(line: Line, peer: Peer) -> None:
    if peer.tls is None:
        return
    if not peer.direct:
        line.send(SSL_REQUEST)
        answer = line.take(1)
        if answer == b"N":
            raise Failed(Fault.TLS_NOT_OFFERED, "server refused TLS connection")
        # A server that says S waits for our word then; a banner that happens to begin with S goes on.
        if answer != b"S" or line.has_more():
            raise Failed(Fault.OTHER_PROTOCOL, "what answers does not speak PostgreSQL's protocol")
    try:
        line.secure(peer.tls, peer.server_name)
    except Failed as failed:
        if failed.obstacle.fault is not Fault.BROKEN_OFF:
            raise
        # A server that hangs up here has been reached; it is TLS that it does not want to go on with.
        raise Failed(Fault.TLS_FAILED, failed.obstacle.text) from failed


# --- logging in ------------------------------------------------------------------------------------------------


def _log_in(line: Line, login: Login) -> dict[str, str]:
    """Log in, and return what the server reports of its settings."""
    words = {"user": login.user, "database": login.database, **login.parameters}
    pairs = b"".join(_text(word) for pair in words.items() for word in pair if pair[1] or pair[0] == "user")
    body = struct.pack("!I", PROTOCOL) + pairs + b"\0"
    line.send(struct.pack("!I", len(body) + 4) + body)
    conversation = Scram(login.password)
    reported: dict[str, str] = {}
    while True:
        kind, body = line.hear()
        if kind == b"E":
            raise refusal(fields(body))
        if kind == b"Z":
            return reported
        if kind == b"S" and len(reported) < MOST_SETTINGS:
            name, _, value = body.rstrip(b"\0").partition(b"\0")
            reported[name.decode("utf-8", "replace")] = value.decode("utf-8", "replace")
        elif kind == b"R":
            _answer(line, login, conversation, body)


def _text(word: str) -> bytes:
    return _bytes(word.replace("\0", "")) + b"\0"


def _bytes(word: str) -> bytes:
    """A word as it stands in the variable or file that it is from, also where it is no text."""
    return word.encode("utf-8", "surrogateescape")


def _answer(line: Line, login: Login, conversation: Scram, body: bytes) -> None:
    """Answer a question for a password, of the kinds that pgx knows."""
    method = int.from_bytes(body[:4], "big") if len(body) >= 4 else -1
    data = body[4:]
    if method in (0, 12):
        return
    if method == 3:
        line.say(b"p", _text(login.password))
    elif method == 5:
        inner = hashlib.md5(_bytes(login.password + login.user), usedforsecurity=False).hexdigest()
        outer = hashlib.md5(inner.encode() + data[:4], usedforsecurity=False).hexdigest()
        line.say(b"p", _text("md5" + outer))
    elif method == 10 and b"SCRAM-SHA-256" in data.split(b"\0"):
        first = conversation.first()
        line.say(b"p", b"SCRAM-SHA-256\0" + struct.pack("!I", len(first)) + first)
    elif method == 11:
        line.say(b"p", conversation.proof(data))
    else:
        names = {7: "GSSAPI", 9: "SSPI", 10: "SASL " + data.replace(b"\0", b" ").decode("ascii", "replace").strip()}
        raise Failed(Fault.METHOD_UNKNOWN, f"the server asks for {names.get(method, f'method {method}')}")


class Scram:
    """
    The client's side of SCRAM-SHA-256 (RFC 7677), without channel binding, as pgx 5.7 speaks it.

    Whether the server knows the password too is left to the program to check.
    """

    def __init__(self, password: str) -> None:
        self._password = password
        self._nonce = base64.b64encode(os.urandom(18)).decode()

    def first(self) -> bytes:
        """The first message."""
        return f"n,,{self._bare()}".encode()

    def _bare(self) -> str:
        return f"n=,r={self._nonce}"

    def proof(self, challenge: bytes) -> bytes:
        """The second message, given the server's first."""
        try:
            server = challenge.decode()
            words = dict(word.split("=", 1) for word in server.split(","))
            rounds, salt = int(words["i"]), base64.b64decode(words["s"])
            sound = words["r"].startswith(self._nonce) and 1 <= rounds <= MOST_ITERATIONS
        except (ValueError, KeyError):
            sound = False
        if not sound:
            raise Failed(Fault.OTHER_PROTOCOL, "the server's side of the SCRAM exchange makes no sense")
        salted = hashlib.pbkdf2_hmac("sha256", _bytes(self._password), salt, rounds)
        key = hmac.digest(salted, b"Client Key", "sha256")
        final = f"c=biws,r={words['r']}"
        signed = f"{self._bare()},{server},{final}".encode()
        signature = hmac.digest(hashlib.sha256(key).digest(), signed, "sha256")
        proof = bytes(a ^ b for a, b in zip(key, signature, strict=True))
        return f"{final},p={base64.b64encode(proof).decode()}".encode()


# --- why not ---------------------------------------------------------------------------------------------------


def fields(body: bytes) -> dict[str, str]:
    """The parts of an error message: `C` the code, `M` the text, `S` and `V` how bad it is."""
    parts = (part for part in body.split(b"\0") if part)
    return {part[:1].decode("latin-1"): part[1:].decode("utf-8", "replace") for part in parts}


_BY_CODE = {
    "28P01": Fault.PASSWORD_REFUSED,
    "3D000": Fault.DATABASE_MISSING,
    "53300": Fault.NO_SLOT,
    "57P01": Fault.SHUTTING_DOWN,
    "57P02": Fault.SHUTTING_DOWN,
    "57P03": Fault.STARTING,
    "42501": Fault.CONNECT_DENIED,
}
# PgBouncer has one code for everything, and speaks English only.
_BY_POOLER = {"no such database": Fault.DATABASE_MISSING, "no such user": Fault.LOGIN_REFUSED}


def refusal(error: Mapping[str, str]) -> Failed:
    """What a server's refusal means; the code decides, and the text only among those with one code."""
    code, text = error.get("C", ""), error.get("M", "") or "no reason given"
    if code == "28000":
        # 28000 stands for a missing pg_hba line as well as for a role that may not log in; the routine that complains
        # (`R`) is the same in every language.
        entry = error.get("R") == "ClientAuthentication" or "pg_hba.conf" in text
        return Failed(Fault.NO_ENTRY if entry else Fault.LOGIN_REFUSED, text, code)
    fault = _BY_CODE.get(code, Fault.SESSION_REFUSED)
    if code == "08P01":
        fault = next((each for words, each in _BY_POOLER.items() if words in text), fault)
    return Failed(fault, text, code or None)
