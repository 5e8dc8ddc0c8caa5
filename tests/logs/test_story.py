"""The lives of processes, out of the lines that tell of them."""

from __future__ import annotations

import pytest

from doctor.facts.logs import LogRun
from doctor.logs.scan import Scanner
from doctor.logs.story import tell
from tests.logs import encoder
from tests.logs.encoder import TIME, line

LOADED, START = "Successfully loaded config file", "Starting worker service"
STARTED, STOPPED = "Worker service started successfully", "Worker service shutdown completed successfully"
API, API_STARTED = "Attempting to create repository service with database config", "API server started successfully"


def lives(lines: list[bytes]) -> tuple[LogRun, ...]:
    scanner = Scanner()
    scanner.scan(encoder.file(lines))
    return tell(scanner.result, ["a.log"]).runs


def at(*messages: str) -> list[bytes]:
    return [line(message, time=TIME + second) for second, message in enumerate(messages)]


def test_no_life_without_a_milestone() -> None:
    assert lives(at("Directory parsing completed", "Message processing succeeded, sending Ack")) == ()


@pytest.mark.parametrize(
    ("messages", "told"),
    [
        ((LOADED, START, STARTED), [("worker", 3, None)]),
        ((LOADED, START, STARTED, STOPPED), [("worker", 4, "worker-shutdown-done")]),
        ((START, STARTED, START, STARTED), [("worker", 2, None), ("worker", 2, None)]),
        ((LOADED, START, LOADED, START), [("worker", 2, None), ("worker", 2, None)]),
        ((LOADED, API, API_STARTED), [("api", 3, None)]),
        ((STARTED, STOPPED, START), [("worker", 2, "worker-shutdown-done"), ("worker", 1, None)]),
        ((LOADED,), [("unknown", 1, None)]),
    ],
)
def test_lives(messages: tuple[str, ...], told: list[tuple[str, int, str | None]]) -> None:
    found = lives(at(*messages))

    assert [(run.role, len(run.milestones), run.end.id if run.end is not None else None) for run in found] == told


def test_services_in_one_file_are_told_apart() -> None:
    lines = at(START, API, STARTED, API_STARTED)
    names = ("worker-1", "api-1", "worker-1", "api-1")
    found = lives([encoder.compose(each, name) for each, name in zip(lines, names, strict=True)])

    assert [(run.role, run.stream, len(run.milestones)) for run in found] == [
        ("worker", "worker-1", 2),
        ("api", "api-1", 2),
    ]


def test_a_crash_belongs_to_the_life_it_ended() -> None:
    """A panic tells no time of its own; where it stands tells to whom it belongs."""
    first, second = at(LOADED, START), [line(each, time=TIME + 100 + n) for n, each in enumerate((LOADED, START))]
    found = lives([*first, *encoder.panic(), *second])

    assert [(run.role, run.end.id if run.end is not None else None) for run in found] == [
        ("worker", "go-panic-config"),
        ("worker", None),
    ]
