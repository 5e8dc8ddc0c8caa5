"""The server: one port that speaks HTTP, TLS and the language of proxies."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Any, ClassVar, Protocol, Self

from doctor.embedded.google.api import Api
from doctor.embedded.google.connection import Connection
from doctor.embedded.google.wire import Reply, Seen

Contexts = Callable[..., ssl.SSLContext]


class Replies(Protocol):
    """What a server says, in a world that does not change."""

    def __init__(self, world: Mapping[str, Any]) -> None: ...
    @property
    def world(self) -> Mapping[str, Any]: ...
    def reply(self, seen: Seen) -> Reply: ...


class Server:
    """A running stand-in; a context manager that leaves nothing behind."""

    api: ClassVar[type[Replies]]

    def __init__(self, listener: socket.socket, api: Replies, tls: Contexts | None) -> None:
        self.tls = tls
        self.port: int = listener.getsockname()[1]
        self.requests: list[Seen] = []
        self.tunnels: list[Seen] = []
        self.stopping = threading.Event()
        self._api = api
        self._listener = listener
        self._connections: dict[Connection, threading.Thread] = {}
        self._lock = threading.Lock()
        self._accepting = threading.Thread(target=self._accept, name="google", daemon=True)

    @classmethod
    def start(cls, world: Mapping[str, Any] | None = None, *, tls: Contexts | None = None) -> Self:
        """
        Listen on a free port of 127.0.0.1.

        `tls(server_name, **world["tls"])` makes the context of a handshake; without it the server speaks no TLS.
        `requests` are those to the API, `tunnels` the CONNECTs that came before some of them.
        """
        api = cls.api(world or {})
        server = cls(socket.create_server(("127.0.0.1", 0), backlog=64), api, tls)
        server._accepting.start()
        return server

    @property
    def base_url(self) -> str:
        return f"http{'s' if self.tls else ''}://127.0.0.1:{self.port}"

    @property
    def proxy(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def world(self) -> Mapping[str, Any]:
        """May be replaced at any time; answers with `times` count from the start again then."""
        return self._api.world

    @world.setter
    def world(self, world: Mapping[str, Any]) -> None:
        self._api = type(self).api(world)

    def reply(self, seen: Seen) -> Reply:
        return self._api.reply(seen)

    def _accept(self) -> None:
        while not self.stopping.is_set():
            try:
                sock, _ = self._listener.accept()
            except OSError:  # the client has left again, or there are no descriptors left at the moment
                self.stopping.wait(0.01)
                continue
            with self._lock:
                if self.stopping.is_set():
                    sock.close()
                    return
                # An answer in two packets must not wait for the first to be acknowledged.
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                connection = Connection(self, sock)
                thread = threading.Thread(target=self._serve, args=(connection,), name="google", daemon=True)
                self._connections[connection] = thread
                thread.start()

    def _serve(self, connection: Connection) -> None:
        try:
            connection.run()
        finally:
            with self._lock:
                self._connections.pop(connection, None)
                connection.close()

    def stop(self) -> None:
        """Close every connection, in whatever state it is, and wait for their threads."""
        with self._lock:
            first = not self.stopping.is_set()
            self.stopping.set()
            serving = list(self._connections.values())
            for connection in self._connections:
                connection.interrupt()
        if first:
            with contextlib.suppress(OSError):  # closing a listener wakes nobody everywhere; a visitor does
                socket.create_connection(("127.0.0.1", self.port), timeout=5).close()
        self._accepting.join(5)
        self._listener.close()
        for thread in serving:
            thread.join(5)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


class Google(Server):
    """A stand-in for the Gemini API."""

    api = Api
