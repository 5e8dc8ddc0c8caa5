"""A server that takes connections and never says a word, and an installation that asks it for everything."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

CONFIG = """\
database: {{host: 127.0.0.1, port: {port}, user: u, password: p, name: codechunking}}
nats: {{url: "nats://127.0.0.1:{port}"}}
gemini: {{batch: {{enabled: false}}}}
batch_processing:
  enabled: true
  fallback_to_sequential: false
  threshold_chunks: 10
  queue_limits: {{max_queue_size: 100000, max_wait_time: 5m}}
"""
LOOK = ("--config", "config.yaml", "--clean-env", "--env", "CODECHUNK_GEMINI_API_KEY=example-key", "--worker", "host")
HANGING = ("--only", "config", "--only", "database", "--only", "nats")


class Peer:
    """A server that takes connections and never says a word."""

    def __init__(self) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        self.met = threading.Event()
        self._kept: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                self._kept.append(self._socket.accept()[0])
                self.met.set()

    def close(self) -> None:
        # What waits in accept() goes on doing so otherwise.
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        for each in (self._socket, *self._kept):
            each.close()


@contextlib.contextmanager
def hanging() -> Iterator[Peer]:
    """Such a server, while the body runs."""
    made = Peer()
    try:
        yield made
    finally:
        made.close()


def installation(directory: Path, port: int) -> Path:
    """Make `root` with the configuration in it, and `tmp`, below this directory, which is returned."""
    (directory / "root").mkdir()
    (directory / "tmp").mkdir()
    (directory / "root" / "config.yaml").write_text(CONFIG.format(port=port))
    return directory
