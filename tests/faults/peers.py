"""Peers that are at fault: for each fault a server, or the writer of a pipe, that lives until it is closed."""

from __future__ import annotations

import contextlib
import itertools
import os
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.faults.protocols import GARBAGE, OTHER, Protocol

LIES = ("wrong-length", "huge-number", "deep", "bad-utf8")
FAULTS = (
    *("refused", "black-holed", "slow", "dripping", "cut", "dying"),
    *("garbage", "other-protocol", "endless", *LIES),
)
DRIP = 1.0
"""Seconds between two bytes."""

PIECE = 16 * 1024
# A linger of no time: closing is a reset.
RESET = struct.pack("ii", 1, 0)


class Talk:
    """One connection, whose waits all end when the peer is closed."""

    def __init__(self, sock: socket.socket, closing: threading.Event, number: int = 0) -> None:
        self.sock = sock
        self.number = number
        """How many connections the peer had before."""
        self._closing = closing

    def hears(self) -> bool:
        """Whether the other side says something; False when it has gone."""
        return bool(self.sock.recv(65536))

    def pause(self, seconds: float) -> bool:
        """Whether to go on afterwards."""
        return not self._closing.wait(seconds)

    def until_gone(self) -> None:
        """Say no more until the client has left."""
        while self.hears():
            pass


Behaviour = Callable[[Talk, Protocol], None]


def _slow(talk: Talk, protocol: Protocol) -> None:
    if talk.pause(60):
        talk.sock.sendall(protocol.first)


def _dripping(talk: Talk, protocol: Protocol) -> None:
    yet = protocol.opening
    while talk.pause(DRIP):
        talk.sock.sendall(yet[:1])
        yet = yet[1:] or protocol.filler


def _cut(talk: Talk, protocol: Protocol) -> None:
    talk.sock.sendall(protocol.first[: max(1, len(protocol.first) // 2)])
    talk.sock.shutdown(socket.SHUT_WR)


def _dying(talk: Talk, protocol: Protocol) -> None:
    """One answer in all, and only resets from then on."""
    if talk.number == 0:
        talk.sock.sendall(protocol.first)
        talk.hears()
    talk.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
    talk.sock.close()


def _endless(talk: Talk, protocol: Protocol) -> None:
    talk.sock.sendall(protocol.opening)
    piece = protocol.filler * (PIECE // len(protocol.filler) + 1)
    while talk.pause(0):
        talk.sock.sendall(piece)


def _says(data: bytes) -> Behaviour:
    def behaviour(talk: Talk, _: Protocol) -> None:
        talk.sock.sendall(data)
        talk.until_gone()

    return behaviour


def _lie(name: str) -> Behaviour:
    def behaviour(talk: Talk, protocol: Protocol) -> None:
        talk.sock.sendall(protocol.lies[name])
        talk.until_gone()

    return behaviour


BEHAVIOURS: dict[str, Behaviour] = {
    "slow": _slow,
    "dripping": _dripping,
    "cut": _cut,
    "dying": _dying,
    "endless": _endless,
    "garbage": _says(GARBAGE),
    "other-protocol": _says(OTHER),
    **{name: _lie(name) for name in LIES},
}

Opening = Callable[[socket.socket], socket.socket]
"""What stands before the conversation itself: a tunnel and a handshake."""


@contextlib.contextmanager
def peer(
    fault: str, protocol: Protocol, opening: Opening | None = None, at: tuple[str, int] = ("127.0.0.1", 0)
) -> Iterator[int]:
    """A server with this fault; gives its port. `opening` is what it still does rightly."""
    if fault == "refused":
        with socket.socket() as held:  # bound, so that nobody else takes it, and nothing listens
            held.bind(at)
            yield held.getsockname()[1]
    elif fault == "black-holed":
        with _full(at) as port:
            yield port
    else:
        with served(BEHAVIOURS[fault], protocol, opening, at) as port:
            yield port


@contextlib.contextmanager
def _full(at: tuple[str, int]) -> Iterator[int]:
    """A listener whose queue is full, so that the system drops what else asks for a connection (Linux)."""
    with contextlib.ExitStack() as stack:
        listener = stack.enter_context(socket.socket())
        listener.bind(at)
        listener.listen(0)
        for _ in range(3):
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(listener.getsockname())
        yield listener.getsockname()[1]


@contextlib.contextmanager
def served(
    behaviour: Behaviour, protocol: Protocol, opening: Opening | None = None, at: tuple[str, int] = ("127.0.0.1", 0)
) -> Iterator[int]:
    """A server that does this on every connection."""
    closing = threading.Event()
    threads: list[threading.Thread] = []
    held: list[socket.socket] = []

    def talk(connection: socket.socket, number: int) -> None:
        with contextlib.suppress(OSError):
            inner = opening(connection) if opening is not None else connection
            held.append(inner)
            if protocol.greeting or inner.recv(65536):
                behaviour(Talk(inner, closing, number), protocol)
            if inner.fileno() >= 0:
                Talk(inner, closing).until_gone()
            inner.close()

    def accept() -> None:
        for number in itertools.count():
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            if closing.is_set():
                connection.close()
                return
            held.append(connection)
            threads.append(threading.Thread(target=talk, args=(connection, number), daemon=True))
            threads[-1].start()

    with socket.create_server(at, backlog=64) as listener:
        accepting = threading.Thread(target=accept, daemon=True)
        accepting.start()
        try:
            yield listener.getsockname()[1]
        finally:
            closing.set()
            with contextlib.suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
            accepting.join(5)
            for each in held:
                with contextlib.suppress(OSError):
                    each.shutdown(socket.SHUT_RDWR)
            for thread in threads:
                thread.join(5)
            for each in held:
                each.close()


def tunnelled(context: ssl.SSLContext) -> Opening:
    """A proxy that leads to a server with TLS, both of them sound."""

    def opening(connection: socket.socket) -> socket.socket:
        head = b""
        while b"\r\n\r\n" not in head:
            piece = connection.recv(1)
            if not piece:
                raise OSError("it hung up")
            head += piece
        connection.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
        return context.wrap_socket(connection, server_side=True)

    return opening


# --- pipes ---------------------------------------------------------------------------------------------------------


PIPE_FAULTS = ("black-holed", "slow", "dripping", "cut", "garbage", "other-protocol", "endless", *LIES)


@contextlib.contextmanager
def pipe(fault: str, protocol: Protocol, path: Path) -> Iterator[Path]:
    """A named pipe whose writer has this fault: none at all (`black-holed`), one that never writes (`slow`), ..."""
    os.mkfifo(path)
    closing = threading.Event()
    writer = threading.Thread(target=_write, args=(fault, protocol, path, closing), daemon=True)
    if fault != "black-holed":
        writer.start()
    try:
        yield path
    finally:
        closing.set()
        if writer.ident is not None:
            writer.join(5)


def _write(fault: str, protocol: Protocol, path: Path, closing: threading.Event) -> None:
    number = _opened(path, closing)
    if number is None:
        return
    with contextlib.suppress(OSError):
        for piece, pause in _pieces(fault, protocol):
            _put(number, piece, closing)
            if closing.wait(pause):
                break
    os.close(number)


def _opened(path: Path, closing: threading.Event) -> int | None:
    """The writing end, once somebody reads."""
    while not closing.is_set():
        try:
            return os.open(path, os.O_WRONLY | os.O_NONBLOCK)
        except OSError:
            closing.wait(0.02)
    return None


def _put(number: int, piece: bytes, closing: threading.Event) -> None:
    while piece and not closing.is_set():
        try:
            piece = piece[os.write(number, piece) :]
        except BlockingIOError:
            closing.wait(0.01)


def _pieces(fault: str, protocol: Protocol) -> Iterator[tuple[bytes, float]]:
    """What is written, and for how many seconds nothing more is."""
    said = {"garbage": GARBAGE, "other-protocol": OTHER, **protocol.lies}
    if fault == "slow":
        yield b"", 60
        yield protocol.answer, 0
    elif fault == "cut":
        yield protocol.answer[: len(protocol.answer) // 2], 0
    elif fault in said:
        yield said[fault], 0
    elif fault == "dripping":
        while True:
            yield from ((bytes((each,)), DRIP) for each in protocol.answer)
    elif fault == "endless":
        while True:
            yield protocol.filler * 100, 0
