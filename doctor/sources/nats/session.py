"""
A conversation with a NATS server, in its own protocol.

Spoken here and not by nats-py: its client has one exception for all that can go wrong before the first answer, retries
for two minutes what it cannot reach, and prints tracebacks. Of the protocol five words are needed.
"""

from __future__ import annotations

import json
import secrets
import ssl
import time
from collections.abc import Callable, Mapping
from typing import Any

from doctor import __version__
from doctor.facts.nats import NatsFault
from doctor.facts.network import NetworkFault
from doctor.sources.channel import Broken, Channel

JsonObject = dict[str, Any]

# Longer lines and answers are none of a NATS server: it allows itself 64 MB in one message, and mostly 1 MB.
LONGEST_LINE = 1024 * 1024
LARGEST = 64 * 1024 * 1024
# A NATS server speaks first. Who has not after so many seconds is asked something that any text protocol refuses.
FIRST_WORD = 1.0
# How long one answer may take, in seconds.
PATIENCE = 4.0

CLIENT = {"lang": "python", "name": "codechunk-doctor", "version": __version__, "protocol": 1}
SILENCE = "it opened a session, but does not answer what it is asked about JetStream"

FAULTS = {
    NetworkFault.NAME_UNKNOWN: NatsFault.NAME_UNKNOWN,
    NetworkFault.REFUSED: NatsFault.REFUSED,
    NetworkFault.NO_ROUTE: NatsFault.TIMED_OUT,
    NetworkFault.TIMED_OUT: NatsFault.TIMED_OUT,
    NetworkFault.NO_ANSWER: NatsFault.TIMED_OUT,
    NetworkFault.BROKEN_OFF: NatsFault.BROKEN_OFF,
    NetworkFault.OTHER_PROTOCOL: NatsFault.OTHER_PROTOCOL,
    NetworkFault.TLS_FAILED: NatsFault.TLS,
    NetworkFault.TLS_ALERT: NatsFault.TLS,
    NetworkFault.CERTIFICATE_REFUSED: NatsFault.TLS,
}


class Ended(Exception):
    """The conversation ends here: the fault, and the reason in the words of the system or the server."""

    def __init__(self, fault: NatsFault, text: str) -> None:
        super().__init__(text)
        self.fault = fault
        self.text = text


class Denied(Exception):
    """This login may not ask this."""


class Nobody(Exception):
    """Nobody in this server answers such questions."""


class Answered(Exception):
    """JetStream answered with an error: its number (`err_code`), the status it is a case of, and its text."""

    def __init__(self, status: int, number: int, text: str) -> None:
        super().__init__(text)
        self.status = status
        self.number = number
        self.text = text


class Wire(Channel):
    """A channel whose end of every wait is a fault of the conversation."""

    def failure(self, fault: NetworkFault, text: str) -> Exception:
        """The exception for a fault."""
        return Ended(FAULTS.get(fault, NatsFault.BROKEN_OFF), text)


def ended(broken: Broken) -> Ended:
    """The same fault, of a connection that could not be made."""
    return Ended(FAULTS.get(broken.fault, NatsFault.BROKEN_OFF), broken.text)


class Session:
    """One server, on one connection. Every wait ends at `ends_at` (monotonic seconds). All methods raise Ended."""

    def __init__(self, wire: Wire, ends_at: float) -> None:
        self._wire = wire
        self._ends_at = ends_at
        self._buffer = b""
        self._inbox = f"_INBOX.{secrets.token_hex(11)}"
        self._asked = 0
        self.info: JsonObject = {}
        self.subjects: list[str] = []
        """On what was published, in order."""

    def extend(self, ends_at: float) -> None:
        """Go on up to this moment."""
        self._ends_at = ends_at

    def close(self) -> None:
        """Hang up."""
        self._wire.close()

    # --- opening ---------------------------------------------------------------------------------------------------

    def open(
        self, login: Mapping[str, str], *, tls: bool, server_name: str, context: Callable[[], ssl.SSLContext]
    ) -> None:
        """Read who it is, go on in TLS where one of both wants that, and log in."""
        self.info = self._greeting()
        required = self.info.get("tls_required") is True
        if required or (tls and self.info.get("tls_available") is True):
            self._wire.ends_at = self._ends_at
            self._wire.secure(context(), server_name)
        elif tls:
            raise Ended(NatsFault.TLS, "nats.url wants TLS, and the server has none")
        words = {"verbose": False, "pedantic": False, "headers": True, "no_responders": True, "echo": False}
        connect = json.dumps({**words, **CLIENT, "tls_required": required or tls, **login})
        self._send(f"CONNECT {connect}\r\nPING\r\n".encode())
        self._until_pong()

    def listen(self) -> None:
        """Have answers sent here, which a login can be forbidden."""
        self._send(f"SUB {self._inbox}.* 1\r\nPING\r\n".encode())
        self._until_pong()

    def _greeting(self) -> JsonObject:
        patient_until = self._ends_at
        self._ends_at = min(patient_until, time.monotonic() + FIRST_WORD)
        try:
            line = self._line()
        except Ended as silence:
            if silence.fault is not NatsFault.TIMED_OUT or time.monotonic() >= patient_until:
                raise
            self._ends_at = patient_until
            self._send(b"PING\r\n\r\n")
            line = self._line()
        finally:
            self._ends_at = patient_until
        word, _, rest = line.partition(b" ")
        if word.upper() == b"-ERR":
            raise _refusal(_text(rest))
        info = _object(rest) if word.upper() == b"INFO" else None
        if info is None:
            raise Ended(NatsFault.OTHER_PROTOCOL, f'it says "{_text(line)[:60]}"')
        return info

    def _until_pong(self) -> None:
        while True:
            word, rest = self._word()
            if word == b"PONG":
                return
            if word == b"-ERR":
                # The name of an inbox is made up anew each time.
                raise _refusal(_text(rest).replace(self._inbox, "_INBOX.ID"))

    # --- asking ----------------------------------------------------------------------------------------------------

    def ask(self, subject: str, question: JsonObject | None = None) -> JsonObject:
        """
        Send a question to the JetStream API, and wait for its answer.

        Raises Denied, Nobody and Answered too.
        """
        self._asked += 1
        reply = f"{self._inbox}.{self._asked}"
        body = json.dumps(question).encode() if question is not None else b""
        self.subjects.append(subject)
        self._send(f"PUB {subject} {reply} {len(body)}\r\n".encode() + body + b"\r\n")
        until, self._ends_at = self._ends_at, min(self._ends_at, time.monotonic() + PATIENCE)
        try:
            answer = self._reply(reply)
        except Ended as end:
            raise Ended(end.fault, SILENCE) if end.fault is NatsFault.TIMED_OUT else end from None
        finally:
            self._ends_at = until
        error = answer.get("error")
        if isinstance(error, dict):
            raise Answered(_number(error.get("code")), _number(error.get("err_code")), str(error.get("description")))
        return answer

    def _reply(self, reply: str) -> JsonObject:
        while True:
            word, rest = self._word()
            if word == b"-ERR":
                text = _text(rest)
                raise Denied(text) if _of_rights(text) else _refusal(text)
            if word not in (b"MSG", b"HMSG"):
                continue
            parts = rest.split()
            size, header = _sizes(parts, headed=word == b"HMSG")
            data = self._exactly(size + 2)[:size]
            if parts[0].decode("ascii", "replace") != reply:
                continue  # the late answer to a question that was given up
            if header and b" 503" in data[:header].partition(b"\r\n")[0]:
                raise Nobody
            answer = _object(data[header:])
            if answer is None:
                raise Ended(NatsFault.OTHER_PROTOCOL, "its answer is no JSON")
            return answer

    # --- reading and writing ---------------------------------------------------------------------------------------

    def _word(self) -> tuple[bytes, bytes]:
        """The next word of the protocol and the rest of its line; what asks for a sign of life gets it."""
        while True:
            word, _, rest = self._line().partition(b" ")
            word = word.upper()
            if word != b"PING":
                return word, rest
            self._send(b"PONG\r\n")

    def _line(self) -> bytes:
        while b"\n" not in self._buffer:
            if len(self._buffer) > LONGEST_LINE:
                raise Ended(NatsFault.OTHER_PROTOCOL, "it sends a line without end")
            self._fill()
        line, _, self._buffer = self._buffer.partition(b"\n")
        return line.strip()

    def _exactly(self, size: int) -> bytes:
        parts, missing = [self._buffer[:size]], size - len(self._buffer)
        self._buffer = self._buffer[size:]
        while missing > 0:
            self._fill()
            parts.append(self._buffer[:missing])
            missing, self._buffer = missing - len(parts[-1]), self._buffer[missing:]
        return b"".join(parts)

    def _fill(self) -> None:
        self._wire.ends_at = self._ends_at
        more = self._wire.receive(65536)
        if not more:
            raise Ended(NatsFault.BROKEN_OFF, "it closed the connection without a word")
        self._buffer += more

    def _send(self, data: bytes) -> None:
        self._wire.ends_at = self._ends_at
        self._wire.send(data)


def _sizes(parts: list[bytes], *, headed: bool) -> tuple[int, int]:
    """The size of a message and of the header in it; `SUBJECT ID [REPLY] [HEADER] SIZE`."""
    try:
        size, header = int(parts[-1]), int(parts[-2]) if headed else 0
    except (ValueError, IndexError):
        raise Ended(NatsFault.OTHER_PROTOCOL, "it sends a message that is none") from None
    if not 0 <= header <= size <= LARGEST:
        raise Ended(NatsFault.OTHER_PROTOCOL, f"it sends a message of {size} bytes")
    return size, header


def _object(data: bytes) -> JsonObject | None:
    try:
        found = json.loads(data)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _text(line: bytes) -> str:
    return "".join(each if each.isprintable() else "?" for each in line.decode("utf-8", "replace")).strip().strip("'")


def _of_rights(text: str) -> bool:
    return "permissions violation" in text.lower()


def _refusal(text: str) -> Ended:
    said = text.lower()
    if _of_rights(text):
        return Ended(NatsFault.PERMISSION, text)
    if "authorization violation" in said or "authentication" in said:
        return Ended(NatsFault.LOGIN, text)
    return Ended(NatsFault.TLS if "tls" in said else NatsFault.BROKEN_OFF, text)


def _number(value: object) -> int:
    return value if isinstance(value, int) else 0
