"""A log that is followed while it is written, rotated, emptied and removed."""

from __future__ import annotations

import gzip
import io
import os
import random
import threading
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from doctor.sources.logs import follow as module
from doctor.sources.logs.follow import follow, follow_all, incoming
from doctor.sources.logs.probe import LONGEST

Step = Callable[[], object]


class Clock:
    """Time that passes only when the follower waits; meanwhile one step of a story happens."""

    def __init__(self, *steps: Step) -> None:
        self.steps = steps
        self.now = 0

    def monotonic(self) -> float:
        return self.now

    def sleep(self, _: float) -> None:
        self.steps[self.now]()
        self.now += 1


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "worker.log"


@pytest.fixture
def seen(path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[list[bytes]]]:
    """The lines that are seen before the first step and after each; the rest, which has no line end, comes last."""

    def run(*steps: Step, start: int = 0) -> list[list[bytes]]:
        clock = Clock(*steps)
        monkeypatch.setattr(module, "time", clock)
        found: list[list[bytes]] = [[] for _ in range(len(steps) + 1)]
        for line in follow(path, ends_at=len(steps), start=start):
            found[clock.now].append(line)
        return found

    return run


def write(path: Path, data: bytes) -> Step:
    """Append, as the program does."""

    def step() -> None:
        with path.open("ab") as file:
            file.write(data)

    return step


def rename(path: Path, to: str) -> Step:
    return lambda: path.rename(path.with_name(to))


def empty(path: Path) -> Step:
    return lambda: os.truncate(path, 0)


def steps(*several: Step) -> Step:
    """What happens between two looks."""
    return lambda: [each() for each in several]


Seen = Callable[..., list[list[bytes]]]


def test_nothing_is_given_of_a_file_that_does_not_change(path: Path, seen: Seen) -> None:
    path.write_bytes(b"a\nb\n")
    assert seen(lambda: None, lambda: path.touch(), start=4) == [[], [], []]


def test_nothing_is_given_of_a_line_before_it_is_whole(path: Path, seen: Seen) -> None:
    path.write_bytes(b"a\nb")
    assert seen(write(path, b"c"), write(path, b"\n")) == [[b"a"], [], [b"bc"]]


def test_nothing_is_given_of_an_empty_file_that_took_the_place(path: Path, seen: Seen) -> None:
    path.write_bytes(b"a\nb")
    assert seen(rename(path, "worker.log.1"), path.touch) == [[b"a"], [], [b"b"]]


def test_a_missing_file_is_waited_for(path: Path, seen: Seen) -> None:
    assert seen(lambda: None, write(path, b"a\n"), start=100) == [[], [], [b"a"]]


def test_what_has_no_end_is_given_at_the_end(path: Path, seen: Seen) -> None:
    path.write_bytes(b"a\nb")
    assert seen(write(path, b"c")) == [[b"a"], [b"bc"]]


def test_from_a_place_on(path: Path, seen: Seen) -> None:
    path.write_bytes(b"a\nb\n")
    assert seen(write(path, b"c\n"), start=2) == [[b"b"], [b"c"]]
    assert seen(start=1000) == [[b"a", b"b", b"c"]]


def test_rotation_by_renaming(path: Path, seen: Seen) -> None:
    path.write_bytes(b"a\n")
    assert seen(
        steps(write(path, b"b\n"), rename(path, "worker.log.1"), write(path, b"c\n")),
        write(path, b"d\n"),
        steps(write(path, b"e\n"), rename(path, "worker.log.2"), write(path, b"f\n")),
        lambda: None,
    ) == [[b"a"], [b"b", b"c"], [b"d"], [b"e", b"f"], []]


def test_a_program_that_writes_on_into_the_renamed_file(path: Path, seen: Seen) -> None:
    path.write_bytes(b"a\n")
    old = path.with_name("worker.log.1")
    assert seen(
        steps(rename(path, old.name), path.touch, write(old, b"b\n")),
        write(old, b"c\n"),
        steps(write(old, b"d\n"), write(path, b"e\n")),
        lambda: None,
    ) == [[b"a"], [b"b"], [b"c"], [b"d", b"e"], []]


def test_a_line_that_the_rotation_left_without_end(path: Path, seen: Seen) -> None:
    path.write_bytes(b"a")
    assert seen(steps(rename(path, "worker.log.1"), write(path, b"b\n")), lambda: None) == [[], [b"a", b"b"], []]


def test_emptied_and_written_on(path: Path, seen: Seen) -> None:
    path.write_bytes(b"first\nhalf")
    assert seen(
        steps(empty(path), write(path, b"a\n")),
        steps(empty(path), write(path, b"other text that is longer than what was there\n")),
        empty(path),
        write(path, b"b\n"),
    ) == [[b"first"], [b"half", b"a"], [b"other text that is longer than what was there"], [], [b"b"]]


def test_removed_and_made_again(path: Path, seen: Seen) -> None:
    path.write_bytes(b"a\n")
    assert seen(path.unlink, lambda: None, write(path, b"b\n"), write(path, b"c\n")) == [
        [b"a"],
        [],
        [],
        [b"b"],
        [b"c"],
    ]


def test_a_long_line_is_cut(path: Path, seen: Seen) -> None:
    path.write_bytes(b"x" * (3 * LONGEST))
    [first, second] = seen(write(path, b"x\nnext\n"))
    assert [len(line) for line in first] == [LONGEST]
    assert second == [b"next"]


def test_more_than_is_read_at_once_takes_no_waiting(path: Path, seen: Seen) -> None:
    lines = [b"%d" % number * 1000 for number in range(1000, 9000)]
    path.write_bytes(b"\n".join(lines) + b"\nhalf")
    assert seen(lambda: None) == [lines, [b"half"]]
    some = seen()[0]
    assert some == lines[: len(some)]


def test_utf_16_as_powershell_writes_it(path: Path, seen: Seen) -> None:
    path.write_bytes(b"\xff\xfe" + "ä\r\nb".encode("utf-16-le"))
    assert seen(write(path, "c\r\n".encode("utf-16-le"))) == [["\ufeffä\r".encode()], [b"bc\r"]]


@pytest.mark.parametrize(
    ("data", "lines"),
    [
        (b"", []),
        (b"\n", [b""]),
        (b"a\nb", [b"a", b"b"]),
        (b"\xff\xfea\0\n\0", ["\ufeffa".encode()]),
        (b"x" * (3 * LONGEST) + b"\nnext\n", [b"x" * LONGEST, b"next"]),
    ],
    ids=["nothing", "an empty line", "no end", "UTF-16", "a long line"],
)
def test_what_comes_through_a_pipe(data: bytes, lines: list[bytes]) -> None:
    assert list(incoming(iter(partial(io.BytesIO(data).read, 1 << 16), b""))) == lines


def test_what_cannot_be_followed(path: Path, tmp_path: Path) -> None:
    os.mkfifo(path)
    with pytest.raises(OSError, match="this is not a file"):
        next(follow(path))
    path.unlink()
    path.write_bytes(gzip.compress(b"a\n"))
    with pytest.raises(OSError, match="this is compressed"):
        next(follow(path))
    with pytest.raises(OSError, match="Is a directory"):
        next(follow(tmp_path))


def test_several_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    paths = [tmp_path / "a", tmp_path / "b"]
    write(paths[0], b"a1\na2\n")()
    monkeypatch.setattr(module, "time", Clock(write(paths[1], b"b1\n"), write(paths[0], b"a3")))
    assert list(follow_all(paths, ends_at=2, starts=[3, 0])) == [(0, b"a2"), (1, b"b1"), (0, b"a3")]


def test_no_line_is_lost_or_doubled_while_a_program_writes_and_rotates(path: Path) -> None:
    numbers = random.Random(5)
    lines = [b"%d %s" % (number, b"x" * numbers.randrange(200)) for number in range(3000)]
    done = threading.Event()

    def program() -> None:
        file = path.open("ab", buffering=0)
        for number, line in enumerate(lines):
            data = line + b"\n"
            middle = numbers.randrange(len(data))
            file.write(data[:middle])
            file.write(data[middle:])
            if number % 1000 == 999:
                # No rotation comes twice within one look, as the reader could not know of the one between.
                time.sleep(0.02)
                path.rename(path.with_name(f"worker.log.{number}"))
                file.close()
                file = path.open("ab", buffering=0)
        file.close()
        done.set()

    writer = threading.Thread(target=program)
    writer.start()
    found: list[bytes] = []
    for line in follow(path, ends_at=time.monotonic() + 20, poll=0.002):
        found.append(line)
        if len(found) == len(lines):
            break
    writer.join()
    assert found == lines
