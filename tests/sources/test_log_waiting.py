"""Pipes and standard input: waited for until the deadline or Ctrl-C, with what came before."""

from __future__ import annotations

import fcntl
import io
import json
import os
import signal
import subprocess
import sys
import termios
import time
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import pytest
from click.testing import CliRunner

from doctor.cli import main
from doctor.facts.logs import UNFINISHED
from doctor.logs.scan import Window
from doctor.sources.logs.inputs import awaited, expand
from doctor.sources.logs.run import read
from doctor.sources.logs.waiting import INTERRUPTED, OUT_OF_TIME, Awaited, pieces
from tests.logs import encoder
from tests.logs.encoder import line

pytestmark = pytest.mark.slow

LOG = encoder.file([line("Starting worker service"), line("Worker service started successfully")])


@pytest.fixture
def pipe(monkeypatch: pytest.MonkeyPatch) -> Iterator[IO[bytes]]:
    """The other end of standard input."""
    reading, writing = os.pipe()
    with open(writing, "wb", buffering=0) as other, open(reading, "rb") as mine:  # noqa: PTH123
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(mine))
        yield other
        other.close()
        mine.close()


def soon() -> float:
    return time.monotonic() + 0.15


# --- nothing is cut short ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("ends_at", [None, 60.0])
@pytest.mark.parametrize("path", ["-", "pipe"])
def test_what_ends_in_time_is_whole(ends_at: float | None, path: str, tmp_path: Path, pipe: IO[bytes]) -> None:
    os.mkfifo(tmp_path / "pipe")
    if path == "-":
        pipe.write(LOG)
        pipe.close()
        writer = None
    else:
        writer = subprocess.Popen(["sh", "-c", 'cat > "$0"', tmp_path / "pipe"], stdin=subprocess.PIPE)
        assert writer.stdin is not None
        writer.stdin.write(LOG)
        writer.stdin.close()
    limit = None if ends_at is None else time.monotonic() + ends_at
    found = read(awaited(expand([path], tmp_path), limit), Window(), ends_at=limit)

    assert (found.inputs[0].lines, found.unfinished) == (2, None)
    assert writer is None or writer.wait() == 0


def test_files_are_not_waited_for(tmp_path: Path) -> None:
    (tmp_path / "worker.log").write_bytes(LOG)
    found = expand(["worker.log"], tmp_path)
    assert awaited(found, 1.0) == found


def test_standard_input_that_is_no_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(LOG)))
    assert b"".join(pieces(None)) == LOG


@pytest.mark.parametrize("ends_at", [None, 1e9])
def test_standard_input_that_is_closed(ends_at: float | None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", None)
    with pytest.raises(OSError, match="standard input is closed"):
        list(pieces(ends_at))


# --- what does not end ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("data", [b"", LOG, LOG + b"half of a li"])
def test_time_ends_it_with_what_came(data: bytes, tmp_path: Path, pipe: IO[bytes]) -> None:
    pipe.write(data)
    limit = soon()
    found = read(awaited(expand(["-"], tmp_path), limit), Window(), ends_at=limit)

    assert found.inputs[0].bytes == len(data)
    assert sum(each.count for each in found.counts) == 2 * bool(data)
    assert found.unfinished == found.inputs[0].problem == OUT_OF_TIME


def test_a_pipe_that_nobody_opens(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    limit = soon()
    found = read(awaited(expand(["pipe"], tmp_path), limit), Window(), ends_at=limit)

    assert found.unfinished == OUT_OF_TIME
    (tmp_path / "pipe").open("wb").close()  # lets the thread go that waits for it


def test_what_comes_too_fast_is_left_too(tmp_path: Path) -> None:
    with Awaited("/dev/zero", soon()) as file, pytest.raises(OSError, match=OUT_OF_TIME):
        deque(iter(file.read, b""), maxlen=1)


def test_ctrl_c_ends_it_with_what_came(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Interrupted(io.BytesIO):
        def read1(self, size: int | None = -1, /) -> bytes:
            if piece := super().read1(size):
                return piece
            raise KeyboardInterrupt

    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(Interrupted(LOG)))
    found = read(awaited(expand(["-"], tmp_path)), Window())

    assert (found.inputs[0].lines, found.unfinished) == (2, INTERRUPTED)


def test_all_that_is_unfinished_is_told_by_how_it_begins() -> None:
    assert {each.startswith(UNFINISHED) for each in (OUT_OF_TIME, INTERRUPTED)} == {True}


# --- as a user has it ----------------------------------------------------------------------------------------------


class Command:
    """The program with a pipe as its standard input that stays open."""

    def __init__(self, *arguments: str, directory: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "doctor", *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=directory,
        )

    def result(self) -> tuple[int, str, str]:
        """Exit status and what was said, while the pipe is open."""
        assert self.process.stdout is not None
        assert self.process.stderr is not None
        said = self.process.stdout.read().decode(), self.process.stderr.read().decode()
        return self.process.wait(), *said

    def __enter__(self) -> IO[bytes]:
        assert self.process.stdin is not None
        return self.process.stdin

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.communicate()


def test_logs_of_a_pipe_that_stays_open(tmp_path: Path) -> None:
    command = Command("logs", "-", "--deadline", "1s", directory=tmp_path)
    with command as pipe:
        pipe.write(LOG)
        pipe.flush()
        status, out, err = command.result()

    assert (status, err) == (3, "")
    assert "2 lines" in out
    assert f"standard input: {OUT_OF_TIME}." in out


def test_check_of_a_pipe_that_stays_open(tmp_path: Path) -> None:
    command = Command(
        *("check", "--only", "logs.panic", "--logs", "-", "--deadline", "1500ms", "--format", "json"),
        directory=tmp_path,
    )
    with command as pipe:
        pipe.write(encoder.file(encoder.panic()))
        pipe.flush()
        status, out, err = command.result()

    assert status == 3
    assert err.splitlines()[-1] == f"codechunk-doctor: could not complete: a log was {OUT_OF_TIME}"
    assert any(each["id"] == "logs.panic" and each["outcome"] == "found" for each in json.loads(out)["checks"])


@pytest.mark.parametrize(
    ("names", "status", "why", "said"),
    [
        (["good.log"], 0, None, ""),
        (["good.log", "zeros.log"], 0, None, "The log zeros.log: this is not text."),
        (["zeros.log"], 3, "not read: this is not text", "not read: this is not text (zeros.log)."),
    ],
)
def test_what_cannot_be_read_at_all_is_no_answer(
    names: list[str], status: int, why: str | None, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name, data in {"good.log": LOG, "zeros.log": bytes(2_000_000)}.items():
        (tmp_path / name).write_bytes(data)
    paths = [option for name in names for option in ("--logs", name)]
    read_alone = CliRunner().invoke(main, ["logs", *names, "--format", "json"])
    judged = CliRunner().invoke(main, ["check", "--only", "logs.panic", *paths])

    assert [each.exit_code for each in (read_alone, judged)] == [status, status]
    assert read_alone.stderr == ("" if why is None else f"codechunk-doctor: could not complete: {why}\n")
    assert said in judged.stdout
    assert ("zeros.log" in judged.stdout) == ("zeros.log" in names)


def test_ctrl_c(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    command = Command("logs", "pipe", directory=tmp_path)
    with command, (tmp_path / "pipe").open("wb") as pipe:  # opens when the command has come to where it reads
        pipe.write(LOG)
        pipe.flush()
        while fcntl.ioctl(pipe, termios.FIONREAD, bytes(4)) != bytes(4):
            time.sleep(0.01)
        time.sleep(0.2)  # it waits for more by now
        command.process.send_signal(signal.SIGINT)
        status, out, _ = command.result()

    assert status == 3
    assert f"{INTERRUPTED}." in out
