"""
Questions to an engine, as HTTP over its socket: GET and HEAD alone, so that nothing can be changed by them.

The library for this takes a tenth of a second to load, counts time per packet and sizes not at all. HTTP/1.0 is
spoken, whose answers come as they are and end with the connection.
"""

from __future__ import annotations

import contextlib
import socket
import ssl
import time
from collections.abc import Iterator, Mapping
from urllib.parse import urlencode

from doctor import __version__
from doctor.errors import Silent, SourceError
from doctor.facts.network import NetworkFault
from doctor.sources.channel import Broken, Channel, dial, look_up
from doctor.sources.docker.places import Place

# No wait for one answer is longer, in seconds.
LONGEST_WAIT = 9.0
_MOST_HEAD = 64 * 1024
_PIECE = 64 * 1024


class NotAllowed(SourceError):
    """This user may not open the engine's socket."""


class NotRunning(SourceError):
    """Nothing listens there."""


class Answer:
    """The answer to one question, on a connection of its own that ends with it."""

    def __init__(self, place: Place, channel: Channel, status: int, headers: Mapping[str, str], begun: bytes) -> None:
        self.status = status
        self.headers = headers
        self._place = place
        self._channel = channel
        self._begun = begun

    def __enter__(self) -> Answer:
        return self

    def __exit__(self, *_: object) -> None:
        self._channel.close()

    def receive(self) -> bytes:
        """The next bytes of the answer, none at its end. Raises Silent and SourceError."""
        if self._begun:
            begun, self._begun = self._begun, b""
            return begun
        with _said(self._place):
            return self._channel.receive(_PIECE)

    def until(self, ends_at: float) -> Iterator[bytes]:
        """The bytes up to a moment (monotonic seconds); each piece has a time of its own, so that all may take long."""
        while True:
            self._channel.ends_at = min(time.monotonic() + LONGEST_WAIT, ends_at)
            if not (piece := self.receive()):
                return
            yield piece

    def waiting(self, seconds: float) -> Iterator[bytes]:
        """The bytes as they come, for ever; an empty piece whenever so many seconds brought none."""
        while True:
            self._channel.ends_at = time.monotonic() + seconds
            try:
                piece = self.receive()
            except Silent:
                yield b""
                continue
            if not piece:
                return
            yield piece

    def read(self, most: int) -> bytes:
        """All of it. Raises SourceError when there is more than so many bytes, or less than was announced."""
        data = bytearray()
        while piece := self.receive():
            data += piece
            if len(data) > most:
                raise SourceError(f"the engine at {self._place.url} sent an answer of more than {most >> 20} MiB")
        length = self.headers.get("content-length", "")
        if length.isascii() and length.isdecimal() and length != str(len(data)):
            raise SourceError(f"the engine at {self._place.url} broke off in the middle of an answer")
        return bytes(data)


def get(
    place: Place, path: str, query: Mapping[str, str | int] | None = None, *, ends_at: float, head: bool = False
) -> Answer:
    """
    Ask for a path, or for the head of its answer alone, and wait for that head until `ends_at` (monotonic seconds).

    Raises NotRunning, NotAllowed, Silent, and SourceError for what is no engine.
    """
    ends_at = min(ends_at, time.monotonic() + LONGEST_WAIT)
    target = f"{path}?{urlencode(query)}" if query else path
    method = "HEAD" if head else "GET"
    lines = (f"{method} {target} HTTP/1.0", "Host: docker", f"User-Agent: codechunk-doctor/{__version__}", "", "")
    channel = _opened(place, ends_at)
    try:
        with _said(place):
            channel.send("\r\n".join(lines).encode("ascii"))
            found, begun = _head(channel)
        status, headers = _parsed(place, found)
    except BaseException:
        channel.close()
        raise
    return Answer(place, channel, status, headers, begun)


def _head(channel: Channel) -> tuple[bytes, bytes]:
    """What stands before the first empty line, and what has come behind it."""
    data = bytearray()
    while (end := data.find(b"\r\n\r\n")) < 0 and len(data) < _MOST_HEAD:
        piece = channel.receive(_PIECE)
        if not piece:
            break
        data += piece
    return (bytes(data[:end]), bytes(data[end + 4 :])) if end >= 0 else (bytes(data), b"")


def _parsed(place: Place, head: bytes) -> tuple[int, dict[str, str]]:
    lines = head.decode("latin-1").split("\r\n")
    words = lines[0].split(" ")
    pairs = (line.partition(":") for line in lines[1:])
    headers = {name.strip().lower(): text.strip() for name, _, text in pairs}
    understood = words[0].startswith("HTTP/1.") and len(words) > 1 and words[1].isascii() and words[1].isdecimal()
    if not understood or headers.get("transfer-encoding", "identity") != "identity":
        raise foreign(place)
    return int(words[1]), headers


def foreign(place: Place) -> SourceError:
    """What is said of something that answers, but not as an engine does."""
    return SourceError(f"what answers at {place.url} is no Docker engine")


# --- the way there ---------------------------------------------------------------------------------------------


def _opened(place: Place, ends_at: float) -> Channel:
    with _said(place):
        if place.socket is not None:
            if not hasattr(socket, "AF_UNIX"):
                raise NotRunning("sockets of this kind cannot be opened on this system")
            return Channel(dial([(int(socket.AF_UNIX), place.socket)], ends_at), ends_at)
        host = place.host.strip("[]")
        channel = Channel(dial(look_up(host, place.port, ends_at - time.monotonic()), ends_at), ends_at)
        if place.certificates is not None:
            try:
                channel.secure(_context(place), host)
            except BaseException:
                channel.close()
                raise
        return channel


def _context(place: Place) -> ssl.SSLContext:
    """Trust in the engine's own authority, and the certificate that it wants to see."""
    folder = place.certificates
    assert folder is not None
    try:
        authority = folder / "ca.pem"
        context = ssl.create_default_context(cafile=str(authority) if authority.is_file() else None)
        if (folder / "cert.pem").is_file():
            context.load_cert_chain(folder / "cert.pem", folder / "key.pem", password="")
    except (OSError, ValueError) as error:
        raise SourceError(f"the certificates for the Docker engine in {folder} cannot be read") from error
    return context


@contextlib.contextmanager
def _said(place: Place) -> Iterator[None]:
    """What goes wrong on a connection, as a sentence."""
    try:
        yield
    except Broken as broken:
        raise _sentence(place, broken) from broken


def _sentence(place: Place, broken: Broken) -> SourceError:
    cause, where = broken.__cause__, f"the Docker engine at {place.url}"
    if isinstance(cause, PermissionError):
        return NotAllowed(
            f"{where} may not be asked by this user: run codechunk-doctor as root, or as a member of the socket's group"
        )
    if isinstance(cause, BlockingIOError) or broken.fault in (NetworkFault.NO_ANSWER, NetworkFault.TIMED_OUT):
        return Silent(f"{where} does not answer")
    if isinstance(cause, FileNotFoundError | ConnectionRefusedError) or broken.fault is NetworkFault.REFUSED:
        return NotRunning(f"{where} does not run")
    if broken.fault is NetworkFault.BROKEN_OFF:
        return SourceError(f"{where} hung up: {broken.text}")
    return SourceError(f"{where} cannot be reached: {broken.text}")
