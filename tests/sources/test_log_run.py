"""Reading inputs in this process or over several: the same story, and an end in time."""

from __future__ import annotations

import signal
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from doctor import interruption
from doctor.facts.logs import Logs
from doctor.logs.scan import Window
from doctor.sources.logs import run
from doctor.sources.logs.blocks import Part
from doctor.sources.logs.inputs import expand
from tests.logs import encoder
from tests.logs.encoder import TIME, line

pytestmark = [pytest.mark.slow, pytest.mark.no_cover]

MESSAGES = ("Starting worker service", "Embedding request failed", "Batch queued for submission", "Something ordinary")


@pytest.fixture
def big(tmp_path: Path) -> Path:
    """Two megabytes, of which a good part matters."""
    lines = [
        line(
            MESSAGES[number % 4],
            "ERROR" if number % 4 == 1 else "INFO",
            {"job_id": f"{number % 30:08x}-e5f6-4890-abcd-ef1234567890", "error_message": "Error 503, overloaded"},
            TIME + number,
        )
        for number in range(5000)
    ]
    (tmp_path / "worker.log").write_bytes(encoder.file(lines))
    (tmp_path / "api.log").write_bytes(encoder.file(lines[:50]))
    return tmp_path


def read(directory: Path, names: Sequence[str] = ("worker.log", "api.log"), **options: float) -> Logs:
    return run.read(expand(names, directory), Window(), **options)  # type: ignore[arg-type]


@pytest.fixture
def helped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "WORTH_HELP", 1)
    monkeypatch.setattr(run, "PART", 200_000)
    monkeypatch.setattr(run, "_cores", lambda: 3)


def test_the_same_over_several_processes(
    big: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    alone = read(big)
    request.getfixturevalue("helped")
    # What a process that fails was to read is read again here, which would give the same.
    finished: list[object] = []
    finish = run._Helper.finish
    monkeypatch.setattr(run._Helper, "finish", lambda self: finished.append(found := finish(self)) or found)

    assert read(big) == alone
    assert len(finished) == 3
    assert capfd.readouterr().err == ""
    assert sum(each.count for each in alone.counts) == 3750 + 38


def test_a_process_that_dies_is_made_up_for(big: Path, helped: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run._Helper, "finish", lambda _: (_ for _ in ()).throw(EOFError()))

    assert sum(each.count for each in read(big).counts) == 3750 + 38


def test_each_helper_begins_with_the_newest_and_the_oldest_part(big: Path, helped: None) -> None:
    reading = run._Reading(expand(["worker.log"], big), Window(), lambda _: None, None)
    parts = list(reading._parts)

    assert len(parts) > 3
    assert list(reading._left()) == [parts[-1], parts[0], *reversed(parts[1:-1])]
    assert list(reading._left()) == []


def test_progress_adds_up(big: Path, helped: None) -> None:
    seen: list[int] = []
    found = run.read(expand(["worker.log"], big), Window(), progress=seen.append)

    assert sum(seen) == found.inputs[0].bytes == (big / "worker.log").stat().st_size


@pytest.mark.parametrize("many", [False, True])
def test_it_ends_in_time(big: Path, many: bool, request: pytest.FixtureRequest) -> None:
    if many:
        request.getfixturevalue("helped")
    started = time.monotonic()
    found = read(big, ends_at=started - 1)

    assert time.monotonic() - started < 5
    assert [each.problem for each in found.inputs] == ["not read to its end before the deadline of this run"] * 2


@pytest.mark.parametrize("ends", ["interrupted", "out of time"])
def test_what_other_processes_had_read_by_the_end_counts(
    big: Path, helped: None, monkeypatch: pytest.MonkeyPatch, ends: str
) -> None:
    """As soon as there is one part of the big log, there is to be an end."""
    size = (big / "worker.log").stat().st_size
    seen: list[int] = []
    over = False

    def progress(count: int) -> None:
        nonlocal over
        seen.append(count)
        over = True
        if ends == "interrupted":
            monkeypatch.setattr(interruption._State, "asked", True)

    if ends == "out of time":
        monkeypatch.setattr(run._Reading, "_over", lambda self: over)
    (log,) = run.read(expand(["worker.log"], big), Window(), progress=progress).inputs

    assert 0 < sum(seen) == log.bytes < size
    assert log.problem is not None
    assert log.problem.startswith("not read to its end")


def test_a_process_that_does_not_come_to_its_end_is_ended(
    big: Path, helped: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    over = False
    ask = run._Helper.ask

    def stopped(self: run._Helper, part: Part) -> int:
        nonlocal over
        over = True
        self._process.send_signal(signal.SIGSTOP)
        return ask(self, part)

    monkeypatch.setattr(run._Helper, "ask", stopped)
    monkeypatch.setattr(run._Reading, "_over", lambda self: over)
    started = time.monotonic()

    assert all(each.problem is not None for each in read(big).inputs)
    assert run.GRACE <= time.monotonic() - started < run.GRACE + 1.5


def test_an_input_that_cannot_be_read_leaves_the_others(big: Path) -> None:
    (big / "binary.log").write_bytes(bytes(2_000_000))
    inputs = expand(["api.log", "binary.log"], big)
    found = run.read([*inputs, replace(inputs[0], number=2, path=str(big / "gone.log"), name="gone.log")], Window())

    assert [each.path for each in found.inputs if each.problem is None] == ["api.log"]
    assert sum(each.count for each in found.counts) == 38
