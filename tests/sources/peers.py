"""Peers on this host that do one wrong thing each."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterator

Behaviour = Callable[[socket.socket], None]


@contextlib.contextmanager
def peer(behaviour: Behaviour) -> Iterator[int]:
    """A server that does this with every connection; gives its port."""
    listener = socket.create_server(("127.0.0.1", 0))
    held: list[socket.socket] = []

    def serve() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            held.append(connection)
            threading.Thread(target=_quietly, args=(behaviour, connection), daemon=True).start()

    threading.Thread(target=serve, daemon=True).start()
    try:
        yield listener.getsockname()[1]
    finally:
        with contextlib.suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        for connection in held:
            connection.close()


def _quietly(behaviour: Behaviour, connection: socket.socket) -> None:
    with contextlib.suppress(OSError):
        behaviour(connection)


def says(data: bytes, *, unasked: bool = False) -> Behaviour:
    """Answers everything with these bytes and closes; `unasked`: without waiting for a word."""

    def behaviour(connection: socket.socket) -> None:
        if not unasked:
            connection.recv(1024)
        connection.sendall(data)
        connection.close()

    return behaviour


def silent(connection: socket.socket) -> None:
    """Accepts and never answers."""
    while connection.recv(1024):
        pass


def hangs_up(connection: socket.socket) -> None:
    """Closes at the first word."""
    connection.recv(1024)
    connection.close()


def drips(connection: socket.socket) -> None:
    """One byte of a message that never ends, every 50 ms."""
    connection.recv(1024)
    connection.sendall(b"N\0\0\xff\xff")
    while True:
        time.sleep(0.05)
        connection.sendall(b"x")


def unused_port() -> int:
    """A port at which nothing listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def error(code: str, text: str = "no", routine: str = "") -> bytes:
    """A refusal as PostgreSQL sends it."""
    parts = [b"SFATAL", b"VFATAL", b"C" + code.encode(), b"M" + text.encode()]
    parts += [b"R" + routine.encode()] if routine else []
    body = b"\0".join(parts) + b"\0\0"
    return b"E" + (len(body) + 4).to_bytes(4, "big") + body
