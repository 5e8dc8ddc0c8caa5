"""The log of a container of an engine that sends a little and then hangs, breaks off, or refuses."""

from __future__ import annotations

import contextlib
import json
import shutil
import socketserver
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from doctor import app
from doctor.errors import UsageError
from doctor.facts.logselection import LogSelection
from doctor.logs.scan import Window
from doctor.settings import Settings
from doctor.sources.logs import container
from doctor.sources.logs.inputs import awaited
from doctor.sources.logs.run import read
from doctor.target import Target

NAME = "worker"
LINE = b"2026-01-01T00:00:00.000000000Z the first line\n"


class Engine(socketserver.ThreadingUnixStreamServer):
    """Answers what a run asks for; `log` is the answer to the question for the log, and `hangs` what comes behind."""

    daemon_threads = True
    log, hangs, status = LINE, True, 200

    def handle_error(self, *_: object) -> None:
        """A client that went away."""


class Handler(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        path = self.rfile.readline().split()[1].decode()
        while self.rfile.readline().strip():
            pass
        server = self.server
        assert isinstance(server, Engine)
        if "/logs" in path:
            frame = b"\x01\0\0\0" + len(server.log).to_bytes(4, "big") + server.log
            self.answer(frame if server.status == 200 else b'{"message": "no"}', server.status)
            self.rfile.read(1) if server.hangs else None
        elif path.endswith("/_ping"):
            self.answer(b"OK")
        elif path.endswith("/containers/json?all=1"):
            self.answer(json.dumps([{"Id": "0123", "Names": ["/a"], "Created": 1}]).encode())
        elif f"/containers/{NAME}/json" in path or "/containers/0123456789/json" in path:
            state = {"Status": "running", "Running": True}
            self.answer(json.dumps({"Id": "0123456789", "Name": f"/{NAME}", "State": state, "Config": {}}).encode())
        else:
            self.answer(b'{"message": "not there"}', 404)

    def answer(self, body: bytes, status: int = 200) -> None:
        self.wfile.write(
            b"HTTP/1.0 %d X\r\nApi-Version: 1.47\r\nServer: Docker/27.3.1 (linux)\r\n\r\n%s" % (status, body)
        )
        self.wfile.flush()


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    directory = tempfile.mkdtemp(prefix="dk", dir="/tmp")  # a socket's path has to be short
    path = f"{directory}/s"
    with Engine(path, Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        monkeypatch.setenv("DOCKER_HOST", f"unix://{path}")
        yield server
        server.shutdown()
        thread.join()
    with contextlib.suppress(OSError):
        shutil.rmtree(directory)


def logs(directory: Path, name: str = NAME, deadline: float | None = None) -> tuple[int, str | None]:
    found = app.logs(Settings(directory=directory, deadline=deadline), LogSelection((f"docker:{name}",)))
    return found.inputs[0].lines, found.unfinished


def test_all_of_it(engine: Engine, tmp_path: Path) -> None:
    engine.hangs = False

    assert logs(tmp_path) == (1, None)


@pytest.mark.slow
def test_one_that_hangs_costs_no_more_than_the_deadline(engine: Engine, tmp_path: Path) -> None:
    began = time.monotonic()

    assert logs(tmp_path, deadline=1.0) == (1, "not read to its end before the deadline of this run")
    assert time.monotonic() - began < 3.0


@pytest.mark.slow
def test_the_own_log_ends_in_time(engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(container, "RECENT_WITHIN", 0.5)
    shell = {"DOCKER_HOST": f"unix://{engine.server_address}"}
    of = container.recent(NAME, "0123456789", Target(tmp_path, shell=shell))
    began = time.monotonic()

    found = read(awaited((of,)), Window())

    assert found.inputs[0].lines == 1
    assert time.monotonic() - began < 3.0


def test_the_own_log_is_bounded_in_bytes(engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    engine.log, engine.hangs = LINE * 1000, False
    monkeypatch.setattr(container, "RECENT_BYTES", len(LINE) * 10)
    shell = {"DOCKER_HOST": f"unix://{engine.server_address}"}

    found = read(awaited((container.recent(NAME, "0123456789", Target(tmp_path, shell=shell)),)), Window())

    assert found.inputs[0].lines == 10


def test_one_that_refuses(engine: Engine, tmp_path: Path) -> None:
    engine.status, engine.hangs = 500, False
    lines, unfinished = logs(tmp_path)

    assert lines == 0
    assert unfinished is not None


def test_a_name_that_it_does_not_know(engine: Engine, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="there is no container other; there are: a"):
        logs(tmp_path, "other")


def test_only_one_can_be_followed(engine: Engine, tmp_path: Path) -> None:
    (tmp_path / "a.log").write_text("")
    selection = LogSelection((f"docker:{NAME}", str(tmp_path / "a.log")))

    with pytest.raises(UsageError, match="one container alone"):
        list(app.follow(Settings(directory=tmp_path), selection))
