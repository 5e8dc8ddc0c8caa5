"""Whether the worker's container runs, keeps running, and with which settings."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from checks.worker.config_not_in_container import config_not_in_container
from checks.worker.not_running import not_running
from checks.worker.other_config_loaded import other_config_loaded
from checks.worker.out_of_memory import out_of_memory
from checks.worker.restart_loop import YOUNG, restart_loop
from checks.worker.restart_needed import restart_needed
from doctor import facts
from doctor.errors import Skipped, SourceError
from doctor.model import Fix, Location, Place
from doctor.needs import Observed
from tests.conftest import Resolved

NOW = 1_764_153_000.0
UP = facts.Container(
    "0123456789ab",
    "codechunking-worker",
    facts.ContainerState.RUNNING,
    role="worker",
    service="worker",
    project="codechunking",
    restart_policy="unless-stopped",
    started_at=NOW - 7200,
)
NO_LOGS: Observed[facts.Logs] = Observed(None, SourceError("no log was given"))
HOST = facts.Worker(facts.Known.ASSUMED, facts.Habitat.HOST)
PROCESS = facts.Worker(facts.Known.OBSERVED, facts.Habitat.PROCESS, name="pid:7", pid=7, started_at=NOW)


def inside(container: facts.Container) -> facts.Worker:
    return facts.Worker(
        facts.Known.OBSERVED,
        facts.Habitat.CONTAINER,
        name=container.name,
        container=container,
        started_at=container.started_at if container.running else None,
    )


def seen(*containers: facts.Container) -> Observed[facts.Containers]:
    return Observed(facts.Containers("Docker 27.3.1", "unix:///run/docker.sock", containers, now=NOW))


UNSEEN: Observed[facts.Containers] = Observed(None, SourceError("--offline"))


def like(**changes: Any) -> facts.Container:
    return replace(UP, **changes)


def ended(code: int, **changes: Any) -> facts.Container:
    return like(state=facts.ContainerState.EXITED, exit_code=code, finished_at=NOW - 60, **changes)


def life(*ids: str, end: str | None = None) -> Observed[facts.Logs]:
    """A log with one life of the worker in it."""
    events = [facts.LogEvent(id, "progress", "INFO", NOW - 100 + n, id, line=n) for n, id in enumerate(ids, 1)]
    last = facts.LogEvent(end, "progress", "INFO", NOW - 10, end, line=99) if end else None
    return Observed(facts.Logs(runs=(facts.LogRun("worker", "", events[0], tuple(events), last),)))


# --- not-running ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "worker",
    [
        pytest.param(PROCESS, id="a process"),
        pytest.param(inside(UP), id="a container"),
        pytest.param(inside(like(state=facts.ContainerState.RESTARTING)), id="restarting is another matter"),
    ],
)
def test_it_runs(worker: facts.Worker) -> None:
    assert not_running(worker, seen(), NO_LOGS) == ()


@pytest.mark.parametrize("worker", [HOST, facts.Worker(facts.Known.GIVEN, facts.Habitat.HOST)])
def test_nothing_is_known_of_a_worker(worker: facts.Worker) -> None:
    with pytest.raises(Skipped, match="is known"):
        not_running(worker, seen(), NO_LOGS)


def test_a_named_container_without_an_engine_is_not_judged() -> None:
    with pytest.raises(Skipped):
        not_running(facts.Worker(facts.Known.GIVEN, facts.Habitat.CONTAINER, name="worker"), UNSEEN, NO_LOGS)


@pytest.mark.parametrize(
    ("container", "told", "command"),
    [
        (ended(0, restart_policy="no"), "status 0, as it does when the database", "docker compose up -d worker"),
        (ended(1, restart_policy="no"), "status 1: the Gemini client", "docker compose up -d worker"),
        (ended(2, restart_policy="no"), "status 2: it refused its configuration", "docker compose up -d worker"),
        (ended(99, service=None), "ended with status 99", "docker start codechunking-worker"),
        (ended(0), "somebody stopped it", "docker compose up -d worker"),
        (ended(143), "somebody stopped it", "docker compose up -d worker"),
        (ended(127, error="no such file"), "the engine says: no such file", "docker compose up -d worker"),
        (like(state=facts.ContainerState.CREATED), "never started", "docker compose up -d worker"),
        (like(state=facts.ContainerState.DEAD), "is dead", "docker compose up -d worker"),
    ],
)
def test_it_is_down(container: facts.Container, told: str, command: str) -> None:
    (finding,) = not_running(inside(container), seen(container), life("worker-starting"))

    assert told in finding.message
    assert finding.fix is not None
    assert finding.fix.commands == (command,)
    assert [each.kind for each in finding.evidence] == ["log"]


def test_a_container_that_was_only_named() -> None:
    worker = facts.Worker(facts.Known.GIVEN, facts.Habitat.CONTAINER, name=UP.name)
    (finding,) = not_running(worker, seen(ended(99)), NO_LOGS)

    assert finding.message.startswith("container codechunking-worker ended at 2025-11-26 10:29:00 UTC: ")
    assert finding.fix is not None
    assert finding.fix.summary.startswith("Put right")


@pytest.mark.parametrize(
    ("start", "milestones", "shown"), [(True, (), ["a"]), (False, ("b",), ["b"]), (True, ("b", "c"), ["a", "b", "c"])]
)
def test_the_lines_of_its_last_start(start: bool, milestones: tuple[str, ...], shown: list[str]) -> None:
    lines = {id: facts.LogEvent(id, "", "INFO", NOW, id, line=n) for n, id in enumerate("abc")}
    run = facts.LogRun("worker", "", lines["a"] if start else None, tuple(lines[each] for each in milestones))
    container = ended(99)
    (finding,) = not_running(inside(container), seen(container), Observed(facts.Logs(runs=(run,))))

    assert [each.text for each in finding.evidence] == [f"INFO {each}" for each in shown]


def test_a_paused_one_goes_on() -> None:
    container = like(state=facts.ContainerState.PAUSED)
    worker = replace(inside(container), started_at=None)
    (finding,) = not_running(worker, seen(container), NO_LOGS)
    assert finding.fix is not None
    assert finding.fix == Fix("Let it go on.", ("docker unpause codechunking-worker",))


@pytest.mark.parametrize(
    ("worker", "told"),
    [
        (
            facts.Worker(facts.Known.GIVEN, facts.Habitat.PROCESS, name="pid:99", pid=99),
            "no process has the number 99",
        ),
        (
            facts.Worker(facts.Known.GIVEN, facts.Habitat.CONTAINER, name="wrong"),
            "there is no container wrong; there are: codechunking-worker",
        ),
    ],
)
def test_what_was_named_is_not_there(worker: facts.Worker, told: str) -> None:
    (finding,) = not_running(worker, seen(UP), NO_LOGS)

    assert finding.message == told


# --- restart-loop, out-of-memory -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "container",
    [
        pytest.param(UP, id="never restarted"),
        pytest.param(like(restarts=50), id="long ago"),
        pytest.param(like(restarts=2, started_at=NOW - 5), id="twice"),
        pytest.param(ended(0, restarts=50), id="stopped"),
        pytest.param(like(restarts=50, started_at=NOW - YOUNG), id="a while ago"),
    ],
)
def test_no_loop(container: facts.Container) -> None:
    assert restart_loop(inside(container), seen(container), NO_LOGS) == ()


@pytest.mark.parametrize(
    ("container", "told"),
    [
        (like(state=facts.ContainerState.RESTARTING, restarts=9, exit_code=0), "was restarted 9 times: it ended"),
        (like(state=facts.ContainerState.RESTARTING, restarts=1, exit_code=1), "is being restarted: it ended"),
        (like(restarts=3, started_at=NOW - 5), "was restarted 3 times and is up for 5 seconds"),
    ],
)
def test_a_loop(container: facts.Container, told: str) -> None:
    (finding,) = restart_loop(inside(container), seen(container), NO_LOGS)

    assert told in finding.message


def test_without_the_clock_of_the_engine_a_running_one_is_in_no_loop() -> None:
    assert restart_loop(inside(like(restarts=50)), UNSEEN, NO_LOGS) == ()


@pytest.mark.parametrize(
    ("memory", "limit", "more"),
    [
        (1536 << 20, "1536m", "3g"),
        ((1 << 20) + 1, "2m", "3m"),
        (1000, "1000b", "2000b"),
        (3 << 10, "3k", "6k"),
    ],
)
@pytest.mark.parametrize("finished", [None, NOW])
def test_memory_in_the_units_of_the_engine(memory: int, limit: str, more: str, finished: float | None) -> None:
    container = replace(ended(137, out_of_memory=True, memory=memory, service=None), finished_at=finished)
    (finding,) = out_of_memory(inside(container), seen(container), NO_LOGS)

    at = " at 2025-11-26 10:30:00 UTC" if finished else ""
    assert finding.message == f"container codechunking-worker was killed{at}: it reached its limit of {limit}"
    assert finding.fix is not None
    assert f"--memory {more} " in finding.fix.commands[0]


@pytest.mark.parametrize("check", [restart_loop, out_of_memory])
def test_a_worker_of_this_machine_has_no_container(check: Any) -> None:
    with pytest.raises(Skipped):
        check(HOST, UNSEEN, NO_LOGS)


@pytest.mark.parametrize(
    ("container", "logs"),
    [
        pytest.param(UP, NO_LOGS, id="it runs"),
        pytest.param(ended(0), NO_LOGS, id="another end"),
        pytest.param(ended(137), NO_LOGS, id="killed at the end of a stop"),
        pytest.param(ended(137, restart_policy="no"), NO_LOGS, id="nothing says why"),
        pytest.param(ended(137, restart_policy="no"), life("worker-starting", "worker-shutdown"), id="asked to stop"),
        pytest.param(ended(137, restart_policy="no"), life("worker-starting", end="worker-shutdown-done"), id="done"),
    ],
)
def test_no_want_of_memory(container: facts.Container, logs: Observed[facts.Logs]) -> None:
    assert out_of_memory(inside(container), seen(container), logs) == ()


@pytest.mark.parametrize(
    ("container", "logs", "told", "command"),
    [
        (
            ended(137, out_of_memory=True, memory=512 << 20),
            NO_LOGS,
            "its limit of 512m",
            "docker compose up -d worker",
        ),
        (
            ended(137, out_of_memory=True, memory=512 << 20, service=None),
            NO_LOGS,
            "its limit of 512m",
            "docker update --memory 1g --memory-swap 1g codechunking-worker",
        ),
        (like(state=facts.ContainerState.RESTARTING, exit_code=137), NO_LOGS, "as nobody asked it to stop", None),
        (ended(137, restart_policy="no"), life("worker-starting"), "as nobody asked it to stop", None),
    ],
)
def test_want_of_memory(container: facts.Container, logs: Observed[facts.Logs], told: str, command: str | None) -> None:
    (finding,) = out_of_memory(inside(container), seen(container), logs)

    assert told in finding.message
    assert finding.fix is not None
    assert finding.fix.commands == ((command,) if command else ())


# --- restart-needed ------------------------------------------------------------------------------------------------

FILE = "configs/config.dev.yaml"
OTHER = facts.Difference("gemini.model", '"a"', '"b"', Location.env("CODECHUNK_GEMINI_MODEL"))


@pytest.mark.parametrize(
    "drift",
    [
        facts.Drift(),
        facts.Drift(file=FILE, changed_at=NOW),
        facts.Drift(file=FILE, changed_at=NOW - 5, started_at=NOW),
        facts.Drift(file=FILE, changed_at=NOW + 2, started_at=NOW),
        facts.Drift(file=FILE, started_at=NOW),
        facts.Drift(variables=(OTHER,)),
    ],
)
def test_no_restart_is_needed(drift: facts.Drift, resolved: Resolved) -> None:
    assert restart_needed(PROCESS, drift, resolved(""), NO_LOGS) == ()


def test_the_file_was_edited_since(resolved: Resolved) -> None:
    drift = facts.Drift(file=FILE, changed_at=NOW + 300, started_at=NOW)

    (finding,) = restart_needed(PROCESS, drift, resolved(""), NO_LOGS)

    assert finding.message == f"{FILE} was changed 5 minutes after the worker started (2025-11-26 10:30:00 UTC)"


@pytest.mark.parametrize(
    ("worker", "commands"),
    [
        (PROCESS, ()),
        (inside(like(service="indexer")), ("docker compose restart indexer",)),
        (inside(like(service=None)), ("docker restart codechunking-worker",)),
        (replace(inside(UP), container=None), ("docker compose restart worker",)),
    ],
)
def test_how_it_is_restarted(worker: facts.Worker, commands: tuple[str, ...], resolved: Resolved) -> None:
    drift = facts.Drift(file=FILE, changed_at=NOW + 300, started_at=NOW)
    (finding,) = restart_needed(worker, drift, resolved(""), NO_LOGS)

    assert finding.fix is not None
    assert finding.fix.commands == commands


@pytest.mark.parametrize(
    ("worker", "found", "said", "places", "commands"),
    [
        (PROCESS, (OTHER, OTHER), "those of now: gemini", [OTHER.at, OTHER.at], ()),
        (inside(like(service=None)), (replace(OTHER, at=None),), "of now: g", [Location.env("gemini.model")], ()),
        (PROCESS, (OTHER, replace(OTHER, at=None), OTHER), '"b")', [OTHER.at, OTHER.at], ()),
        (PROCESS, (OTHER,) * 4, "and 1 more", [OTHER.at] * 3, ()),
    ],
)
def test_variables_that_are_others_now(
    worker: facts.Worker,
    found: tuple[facts.Difference, ...],
    said: str,
    places: list[Location],
    commands: tuple[str, ...],
    resolved: Resolved,
) -> None:
    drift = facts.Drift(started_at=NOW, variables=found)
    (finding,) = restart_needed(worker, drift, resolved(""), NO_LOGS)

    assert said in finding.message
    assert ("more" in finding.message) is (len(found) > 3)
    assert list(finding.locations) == places
    assert finding.fix is not None
    assert finding.fix.commands == commands


def test_the_log_shows_what_it_still_has(resolved: Resolved) -> None:
    drift = facts.Drift(file=FILE, changed_at=NOW + 300, started_at=NOW)
    logs = life("batch-processing-disabled")

    (finding,) = restart_needed(PROCESS, drift, resolved("batch_processing: {enabled: true}"), logs)

    assert finding.message.endswith(": it still has batch_processing.enabled false")


def test_a_variable_that_is_another_one_now(resolved: Resolved) -> None:
    secret = facts.Difference("gemini.api_key", "***", "***")
    drift = facts.Drift(started_at=NOW, variables=(OTHER, secret), source="the compose file")

    (finding,) = restart_needed(inside(UP), drift, resolved(""), NO_LOGS)

    assert 'gemini.model ("a" instead of "b"); gemini.api_key is another one' in finding.message
    assert finding.fix is not None
    assert finding.fix.commands == ("docker compose up -d worker",)


# --- config-not-in-container, other-config-loaded ------------------------------------------------------------------


@pytest.mark.parametrize("drift", [facts.Drift(), facts.Drift(file="/app/configs/config.yaml", variables=(OTHER,))])
def test_the_copy_is_the_same(drift: facts.Drift) -> None:
    assert config_not_in_container(inside(UP), seen(UP), drift) == ()


def test_without_a_container_there_is_no_copy() -> None:
    with pytest.raises(Skipped):
        config_not_in_container(PROCESS, seen(), facts.Drift(copy=(OTHER,)))


@pytest.mark.parametrize(
    ("drift", "told"),
    [
        (facts.Drift(file="/app/x.yaml", copy=(OTHER,)), 'has another /app/x.yaml: gemini.model ("a" instead of "b")'),
        (facts.Drift(file="/app/x.yaml", copy=(OTHER,) * 5), "and 2 more"),
        (facts.Drift(file="/app/x.yaml", copy=(OTHER,) * 3), 'x.yaml: gemini.model ("a"'),
        (facts.Drift(migrations=("1", "2", "3")), "lacks 1, 2, 3 of"),
        (facts.Drift(file="/app/x.yaml", absent=True), "has no /app/x.yaml"),
        (facts.Drift(migrations=("000021_a.up.sql", "000022_b.up.sql")), "lacks 000021_a.up.sql, 000022_b.up.sql"),
    ],
)
def test_the_copy_is_older(drift: facts.Drift, told: str) -> None:
    (finding,) = config_not_in_container(inside(UP), seen(UP), drift)

    assert told in finding.message
    assert finding.fix is not None
    assert finding.fix.commands == ("docker compose up -d --build worker api",)
    assert ("more" in finding.message) is ("more" in told)
    assert finding.related == (OTHER.at,) * min(3, len(drift.copy))


AT = Location(Place.PROCESS, name="pid:7")


@pytest.mark.parametrize(
    ("loaded", "logs"),
    [
        ((), NO_LOGS),
        ((facts.LoadedFile("process 7", FILE, AT, same=True),), NO_LOGS),
        ((), life("worker-starting")),
    ],
)
def test_the_same_file(loaded: tuple[facts.LoadedFile, ...], logs: Observed[facts.Logs], resolved: Resolved) -> None:
    assert other_config_loaded(resolved(""), facts.Drift(loaded=loaded), logs) == ()


def test_the_process_has_another_file(resolved: Resolved) -> None:
    loaded = (facts.LoadedFile("process 7", "configs/config prod.yaml", AT),)

    (finding,) = other_config_loaded(resolved(""), facts.Drift(loaded=loaded), NO_LOGS)

    assert finding.message == f"process 7 loads configs/config prod.yaml, and {FILE} is examined"
    assert finding.fix is not None
    assert finding.fix.commands == ("codechunk-doctor check --config 'configs/config prod.yaml'",)


def test_the_log_names_another_file(resolved: Resolved) -> None:
    line = facts.LogEvent("config-loaded", "success", "INFO", NOW, "x", {"config_file": "configs/config.prod.yaml"})
    logs = Observed(facts.Logs(runs=(facts.LogRun("worker", "", line, (line,)),)))

    (finding,) = other_config_loaded(resolved(""), facts.Drift(), logs)

    assert "the log says that the worker loaded configs/config.prod.yaml" in finding.message
