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


def files(**logs: list[bytes]) -> tuple[LogRun, ...]:
    scanner = Scanner()
    for number, lines in enumerate(logs.values()):
        scanner.scan(encoder.file(lines), number)
    return tell(scanner.result, [name.replace("_", ".") for name in logs]).runs


def test_services_in_files_of_their_own_are_told_apart() -> None:
    first, second = at(LOADED, START, STARTED, STOPPED), at(LOADED, API, API_STARTED)

    assert [(run.role, len(run.milestones), run.log) for run in files(worker_log=first, api_log=second)] == [
        ("worker", 4, "worker.log"),
        ("api", 3, "api.log"),
    ]


def test_a_life_goes_on_in_the_next_file_of_a_rotated_set() -> None:
    lines = at(LOADED, START, STARTED, STOPPED)

    assert [
        len(run.milestones) for run in files(worker_log_2_gz=lines[:1], worker_log_1=lines[1:2], worker_log=lines[2:])
    ] == [4]


def test_a_crash_at_the_beginning_of_the_next_file_ends_the_life_in_the_one_before() -> None:
    again = [line(each, time=TIME + 100 + n) for n, each in enumerate((LOADED, START))]
    found = files(worker_log_1=at(LOADED, START), worker_log=[*encoder.panic(), *again])

    assert [run.end is not None for run in found] == [True, False]


def test_the_span_is_that_of_all_services_in_an_input() -> None:
    """`docker compose logs` gives one service after the other."""
    scanner = Scanner()
    lines = [*at(LOADED, START, STARTED), *at(API, API_STARTED)]
    scanner.scan(encoder.file(lines))
    found = tell(scanner.result, ["a.log"])

    assert (found.first, found.last) == (TIME, TIME + 2)


def test_each_life_under_journald_has_a_number_of_its_own() -> None:
    lines = at(START, START, STARTED, STARTED)
    told = [encoder.journald(each, pid=pid) for each, pid in zip(lines, (1, 2, 1, 2), strict=True)]
    found = lives([*told, encoder.journald(line("Batch queued for submission", time=TIME + 60), pid=1)])

    assert [(run.stream, run.service, len(run.milestones), run.heard) for run in found] == [
        ("codechunking[1]", "codechunking", 2, TIME + 60),
        ("codechunking[2]", "codechunking", 2, TIME + 3),
    ]


def test_a_crash_belongs_to_the_life_it_ended() -> None:
    """A panic tells no time of its own; where it stands tells to whom it belongs."""
    first, second = at(LOADED, START), [line(each, time=TIME + 100 + n) for n, each in enumerate((LOADED, START))]
    found = lives([*first, *encoder.panic(), *second])

    assert [(run.role, run.end.id if run.end is not None else None) for run in found] == [
        ("worker", "go-panic-config"),
        ("worker", None),
    ]
