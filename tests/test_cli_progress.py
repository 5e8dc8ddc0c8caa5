"""The live line: on a terminal only, late, saying what is waited for, and gone in the end."""

from __future__ import annotations

import contextlib
import io
import os
import select
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from doctor import pending
from doctor.cli import progress
from doctor.engine import observe, source
from doctor.target import Target
from tests.hanging import HANGING, LOOK, Peer, hanging, installation

ROOT = Path(__file__).parent.parent


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


# --- what is waited for


def test_a_run_that_is_over_waits_for_nothing(tmp_path):
    @source("quick")
    def quick(target: Target) -> int:
        assert "quick" in pending.now()
        return 1

    assert observe(Target(tmp_path), (quick,))[int] == 1
    assert pending.now() == {}


def test_one_that_is_left_behind_is_waited_for_no_more(tmp_path):
    import threading

    over = threading.Event()

    @source("slow", deadline=0.05)
    def slow(target: Target) -> int:
        over.wait(10)
        return 1

    observe(Target(tmp_path), (slow,))
    over.set()

    assert pending.now() == {}


def test_several_sources_of_one_name_are_one():
    numbers = [pending.begun("database"), pending.begun("database"), pending.begun("gemini")]

    assert list(pending.now()) == ["database", "gemini"]
    pending.over(numbers)
    pending.over(numbers)
    assert pending.now() == {}


# --- the line


@pytest.fixture
def line(monkeypatch: pytest.MonkeyPatch) -> tuple[Terminal, progress.Line]:
    stream = Terminal()
    monkeypatch.setattr(progress, "_columns", lambda _stream: 40)
    return stream, progress.Line(stream)


def test_what_was_never_shown_needs_no_erasing(line):
    stream, shown = line
    shown.erase()

    assert stream.getvalue() == ""


def test_a_shorter_text_leaves_nothing_of_a_longer_one(line):
    stream, shown = line
    shown.show("a long text")
    shown.show("short")
    shown.erase()

    assert stream.getvalue() == "a long text\rshort      \r     \r"


def test_no_text_is_wider_than_the_terminal(line):
    stream, shown = line
    shown.show("x" * 100)

    assert stream.getvalue() == "x" * 36 + "..."


@pytest.mark.parametrize("kind", ["dumb", "xterm"])
def test_a_dumb_terminal_is_left_alone(monkeypatch, kind):
    monkeypatch.setenv("TERM", kind)

    assert progress.listens(Terminal()) is (kind == "xterm")
    assert progress.listens(io.StringIO()) is False
    assert progress.listens(None) is False


def test_a_closed_stream_does_not_listen():
    stream = io.StringIO()
    stream.close()

    assert progress.listens(stream) is False


# --- in a real terminal


@contextlib.contextmanager
def at_a_terminal(arguments: list[str], **variables: str) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """Standard error is a terminal, standard output is not."""
    import pty

    master, slave = pty.openpty()
    run = subprocess.Popen(
        [sys.executable, "-m", "doctor", *arguments],
        stdout=subprocess.DEVNULL,
        stderr=slave,
        cwd=ROOT,
        env={**os.environ, "TERM": "xterm", **variables},
    )
    os.close(slave)
    try:
        yield run, master
    finally:
        run.kill()
        run.wait()
        os.close(master)


def all_of(run: subprocess.Popen[bytes], master: int) -> str:
    """What a terminal is told until the program ends."""
    told, ends_at = b"", time.monotonic() + 30
    while time.monotonic() < ends_at:
        if select.select([master], [], [], 0.05)[0]:
            try:
                piece = os.read(master, 4096)
            except OSError:
                break
            told += piece
        elif run.poll() is not None:
            break
    return told.decode()


needs_terminals = pytest.mark.skipif(os.name == "nt", reason="there are no such terminals")


@pytest.fixture
def peer() -> Iterator[Peer]:
    with hanging() as made:
        yield made


@pytest.fixture
def place(tmp_path: Path, peer: Peer) -> Path:
    return installation(tmp_path, peer.port)


@pytest.mark.slow
@needs_terminals
def test_a_terminal_is_told_what_is_waited_for(place, peer):
    look = ["check", "--dir", str(place / "root"), *LOOK, *HANGING, "--deadline", "3s"]
    with at_a_terminal(look) as (run, master):
        told = all_of(run, master)

    shown = [each.rstrip() for each in told.split("\r") if each.strip()]
    assert "examining the installation: database (1 s), nats (1 s)" in shown
    assert told.endswith("\r")
    assert told.rstrip("\r").endswith(" " * 20)


@pytest.mark.slow
@needs_terminals
@pytest.mark.parametrize(("more", "kind"), [(["-q"], "xterm"), ([], "dumb")])
def test_the_quiet_and_the_dumb_are_told_nothing(place, peer, more, kind):
    look = ["check", "--dir", str(place / "root"), *LOOK, *HANGING, "--deadline", "2s", *more]
    with at_a_terminal(look, TERM=kind) as (run, master):
        assert "examining" not in all_of(run, master)


@pytest.mark.slow
@needs_terminals
def test_a_terminal_is_shown_how_long_is_left_to_wait(place, peer):
    peer.close()
    look = ["check", "--dir", str(place / "root"), *LOOK, "--only", "nats.unreachable", "--wait", "3s"]
    with at_a_terminal(look) as (run, master):
        told = all_of(run, master)

    shown = [each.strip() for each in told.split("\r") if each.strip()]
    assert "waiting for nats.unreachable: 2s left" in shown
    assert shown[-1].startswith("codechunk-doctor: still nats.unreachable after ")
    assert run.returncode == 1
