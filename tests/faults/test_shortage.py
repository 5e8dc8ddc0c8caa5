"""What a machine has run out of is no bug, and what an answer breaks off in is no answer."""

from __future__ import annotations

import errno
import time
from pathlib import Path

import pytest

from doctor.engine import Source, Starved, Unexpected, observe
from doctor.errors import shortage
from doctor.facts.network import NetworkFault
from doctor.sources import certificates
from doctor.sources.web import Halted, Route, Web
from doctor.target import Deadline, Target
from tests.sources.peers import peer, says


class Fact:
    """Anything that can be looked at."""


@pytest.mark.parametrize(
    "error",
    [
        ValueError("memory"),
        RuntimeError("dictionary changed size during iteration"),
        ImportError("No module named x"),
        FileNotFoundError(errno.ENOENT, "No such file or directory", "x"),
        PermissionError(errno.EACCES, "Permission denied", "x"),
    ],
)
def test_what_is_no_shortage(error: Exception) -> None:
    assert shortage(error) is None


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (MemoryError(), "memory"),
        (OSError(errno.ENOMEM, "Cannot allocate memory"), "memory"),
        (RuntimeError("can't start new thread"), "memory"),
        (ImportError("x.so: failed to map segment from shared object"), "memory"),
        (OSError(errno.EMFILE, "Too many open files"), "no more files"),
        (OSError(errno.ENOSPC, "No space left on device", "/a"), "/a cannot be written: No space left"),
        (FileNotFoundError(errno.ENOENT, "No usable temporary directory found in ['/a']"), "TMPDIR"),
    ],
)
def test_what_is_a_shortage(error: Exception, words: str) -> None:
    assert words in (shortage(error) or "")


@pytest.mark.parametrize(("error", "kind"), [(ValueError("x"), Unexpected), (MemoryError(), Starved)])
def test_a_source_without_memory_is_no_bug(error: Exception, kind: type[Exception], tmp_path: Path) -> None:
    def fails() -> Fact:
        raise error

    found = observe(Target(tmp_path), [Source("a", fails)])

    assert type(found[Fact]) is kind


def test_a_source_that_others_wait_for_leaves_them_time() -> None:
    assert Deadline().share(5.0) == 5.0
    assert Deadline(time.monotonic() + 60.0).share(5.0) == 5.0
    assert 0 < Deadline(time.monotonic() + 3.25).share(5.0) <= 1.0


@pytest.mark.parametrize(
    ("answer", "cut"),
    [
        (b"HTTP/1.1 204 No Content\r\n\r\n", False),
        (b"HTTP/1.1 200 OK\r\n\r\nbody", False),
        (b"HTTP/1.1 200 OK\r\nContent-Type: appl", True),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nbody", True),
    ],
)
def test_an_answer_that_is_cut_is_none(answer: bytes, cut: bool) -> None:
    with peer(says(answer)) as port:
        web = Web(Route.to(f"http://127.0.0.1:{port}/", None, certificates.without_trust), time.monotonic() + 5)
        try:
            fault = web.get("/") and None
        except Halted as halted:
            fault = halted.obstacle.fault
        finally:
            web.close()

    assert fault is (NetworkFault.BROKEN_OFF if cut else None)
