"""Peers on this host that do one wrong thing each."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator

Behaviour = Callable[[socket.socket], None]


@contextlib.contextmanager
def peer(behaviour: Behaviour, host: str = "127.0.0.1") -> Iterator[int]:
    """A server that does this with every connection; gives its port."""
    listener = socket.create_server((host, 0))
    held: list[socket.socket] = []

    def serve() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            held.append(connection)
            threading.Thread(target=_quietly, args=(behaviour, connection), daemon=True).start()

    server = threading.Thread(target=serve, daemon=True)
    server.start()
    try:
        yield listener.getsockname()[1]
    finally:
        with contextlib.suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        # What it takes in the last moment is closed as well.
        server.join(timeout=5)
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


# --- between a client and a real server ----------------------------------------------------------------------------

Meddling = Callable[[int, socket.socket, socket.socket], None]


@contextlib.contextmanager
def relay(port: int, meddle: Meddling, host: str = "127.0.0.1") -> Iterator[int]:
    """A way to the server at `port` that `meddle`, given each connection's number and both its ends, may spoil."""
    numbers = iter(range(1, 1000))

    def behaviour(client: socket.socket) -> None:
        with socket.create_connection(("127.0.0.1", port)) as server:
            meddle(next(numbers), client, server)

    with peer(behaviour, host) as own:
        yield own


def carry(client: socket.socket, server: socket.socket, limit: int | None = None) -> None:
    """Pass everything on in both directions, from the server no more than `limit` bytes; then hang up."""
    threading.Thread(target=_quietly, args=(lambda each: _pump(each, server), client), daemon=True).start()
    _pump(server, client, limit)
    client.shutdown(socket.SHUT_RDWR)  # closing alone does nothing while the other thread waits there
    client.close()


def _pump(source: socket.socket, sink: socket.socket, limit: int | None = None) -> None:
    passed = 0
    while (limit is None or passed < limit) and (data := source.recv(65536)):
        sink.sendall(data if limit is None else data[: limit - passed])
        passed += len(data)


def refusing_first(refusal: bytes) -> Meddling:
    """The first connection gets this answer, the others the server."""

    def meddle(number: int, client: socket.socket, server: socket.socket) -> None:
        if number == 1:
            says(refusal)(client)
        else:
            carry(client, server)

    return meddle


def cutting_second(after: int) -> Meddling:
    """The second connection is cut after so many bytes from the server."""
    return lambda number, client, server: carry(client, server, after if number == 2 else None)


def encrypting(context: ssl.SSLContext, *, refusal: bytes | None = None) -> Meddling:
    """
    Ends TLS in the server's place, asked for as PostgreSQL has it; without TLS the connection goes through as it is,
    or gets this refusal.
    """

    def meddle(_: int, client: socket.socket, server: socket.socket) -> None:
        if client.recv(8, socket.MSG_PEEK)[4:] == (80877103).to_bytes(4, "big"):
            client.recv(8)
            client.sendall(b"S")
            with context.wrap_socket(client, server_side=True) as inner:
                carry(inner, server)
        elif refusal is not None:
            says(refusal)(client)
        else:
            carry(client, server)

    return meddle


def without_options(_: int, client: socket.socket, server: socket.socket) -> None:
    """Lets nobody in who sends options at the start, as PgBouncer does."""
    if b"\0options\0" in client.recv(65536, socket.MSG_PEEK):
        says(error("08P01", "unsupported startup parameter: options"))(client)
    else:
        carry(client, server)
