"""The worker in a container: which one is examined, and what the engine tells of it."""

from __future__ import annotations

import os
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from doctor.errors import SourceError, Withheld
from doctor.facts import Habitat, Known, Process, Processes, Worker
from doctor.facts.containers import Container, Containers, ContainerState
from doctor.needs import Observed
from doctor.sources.contained import as_process, living_in, words, worker_of
from doctor.sources.worker import worker
from doctor.target import Target

ID = "0123456789abcdef" * 4
COMMAND = ("/app/codechunking", "worker", "--config", "configs/config.dev.yaml")


def container(name: str = "codechunking-worker", state: str = "running", **more: Any) -> Container:
    given = {"id": ID, "role": "worker", "started_at": 1.0, "command": COMMAND, "directory": "/app", **more}
    return Container(name=name, state=ContainerState(state), **given)


def told(*found: Container) -> Observed[Containers]:
    return Observed(Containers("Docker 27.0", "unix:///s", found))


def find(
    directory: Path, containers: Observed[Containers], value: str = "auto", *processes: Process, offline: bool = False
) -> Worker:
    target = Target(directory, worker=value, offline=offline)
    found = worker.function(target, Processes(processes), containers)
    assert isinstance(found, Worker)
    return found


RUNNING = container(environment={"A": "inside"}, uid=1000, gid=1001, pid=77)
STOPPED = container("old", "exited", started_at=9.0, id="f" * 64)
LOOPING = container("loop", "restarting", started_at=9.0, id="e" * 64)
API = container("codechunking-api", role="api", started_at=99.0, id="a" * 64)


@pytest.mark.parametrize(
    "containers",
    [
        pytest.param(Observed(None, SourceError("no Docker engine was found")), id="no engine"),
        pytest.param(Observed(None, Withheld("--offline")), id="not asked"),
        pytest.param(told(), id="none of this installation"),
        pytest.param(told(API), id="only an API"),
    ],
)
def test_this_host_stays_assumed_where_no_worker_is_in_a_container(
    tmp_path: Path, containers: Observed[Containers]
) -> None:
    found = find(tmp_path, containers)

    assert (found.location, found.kind, found.container, found.unseen) == (Known.ASSUMED, Habitat.HOST, None, None)


def test_a_process_of_this_directory_comes_before_a_container(tmp_path: Path) -> None:
    here = Process("worker", 5, ("codechunking", "worker"), str(tmp_path), 1.0)

    assert find(tmp_path, told(RUNNING), "auto", here).name == "pid:5"


def test_a_process_of_another_directory_does_not(tmp_path: Path) -> None:
    elsewhere = Process("worker", 5, ("codechunking", "worker"), "/", 1.0)

    assert find(tmp_path, told(RUNNING), "auto", elsewhere).container == RUNNING


def test_host_means_host(tmp_path: Path) -> None:
    assert find(tmp_path, told(RUNNING), "host").kind is Habitat.HOST


@pytest.mark.parametrize(
    ("found", "chosen"),
    [
        pytest.param((RUNNING,), RUNNING, id="the only one"),
        pytest.param((RUNNING, STOPPED), RUNNING, id="a running one before a newer stopped one"),
        pytest.param((RUNNING, LOOPING), RUNNING, id="a running one before one that restarts"),
        pytest.param((STOPPED,), STOPPED, id="a stopped one where none runs"),
        pytest.param((LOOPING, API), LOOPING, id="one that restarts, not the API"),
        pytest.param((RUNNING, replace(RUNNING, name="b", started_at=2.0)), "b", id="the newest of two"),
    ],
)
def test_which_container(tmp_path: Path, found: tuple[Container, ...], chosen: Container | str) -> None:
    seen = find(tmp_path, told(*found))

    assert (seen.location, seen.kind) == (Known.OBSERVED, Habitat.CONTAINER)
    assert seen.name == (chosen if isinstance(chosen, str) else chosen.name)


def test_what_the_engine_tells_of_it() -> None:
    seen = worker_of(Known.OBSERVED, RUNNING)

    assert seen.variables == {"A": "inside"}
    assert (seen.uid, seen.groups, seen.user_known) == (1000, (1001,), True)
    assert (seen.directory, seen.config_argument, seen.started_at) == ("/app", "configs/config.dev.yaml", 1.0)
    assert "inside" not in repr(seen)


@pytest.mark.parametrize("state", ["created", "paused", "restarting", "exited", "dead", "removing"])
def test_only_one_that_gets_on_with_its_work_counts_as_running(state: str) -> None:
    assert not worker_of(Known.OBSERVED, container(state=state)).running


def test_a_user_that_is_not_known() -> None:
    seen = worker_of(Known.OBSERVED, container(user="codechunking"))

    assert (seen.uid, seen.groups, seen.user_known) == (None, (), False)


@pytest.mark.parametrize(
    ("command", "taken"),
    [
        (("/app/codechunking", "worker"), ["/app/codechunking", "worker"]),
        (("sh", "-c", "exec ./codechunking worker --config x"), ["sh", "-c", "exec", "./codechunking", "worker"]),
        (("sh", "-c", "it's open"), ["sh", "-c", "it's open"]),
    ],
)
def test_the_words_of_a_command(command: tuple[str, ...], taken: list[str]) -> None:
    assert list(words(command))[: len(taken)] == taken


# --- by name -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["codechunking-worker", "w", ID, ID[:12]])
def test_a_container_by_name_service_or_id(tmp_path: Path, name: str) -> None:
    seen = find(tmp_path, told(API, replace(RUNNING, service="w")), f"docker:{name}")

    assert (seen.location, seen.container and seen.container.id, seen.unseen) == (Known.GIVEN, ID, None)


@pytest.mark.parametrize(
    ("containers", "offline", "said"),
    [
        pytest.param(told(API, RUNNING), False, "no container nope; there are codechunking-api, codech", id="others"),
        pytest.param(told(), False, "Docker 27.0 has no container nope, and none of this installation", id="none"),
        pytest.param(Observed(None, SourceError("may not open it")), False, "may not open it", id="no engine"),
        pytest.param(Observed(None, SourceError("nothing observes")), True, "--offline: no container", id="offline"),
        pytest.param(
            told(*(replace(API, name=f"c{number}") for number in range(11))), False, "c7 and 3 more", id="many"
        ),
    ],
)
def test_why_a_container_could_not_be_looked_into(
    tmp_path: Path, containers: Observed[Containers], offline: bool, said: str
) -> None:
    seen = find(tmp_path, containers, "docker:nope", offline=offline)

    assert (seen.location, seen.kind, seen.name, seen.container) == (Known.GIVEN, Habitat.CONTAINER, "nope", None)
    assert said in (seen.unseen or "")


# --- by process ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("pid", "found"),
    [
        pytest.param(78, None, id="another process"),
        pytest.param(77, ID, id="the first of a container"),
    ],
)
def test_the_container_of_a_process(pid: int, found: str | None) -> None:
    seen = living_in(pid, Containers("d", "u", (RUNNING,)))

    assert (seen and seen.id) == found


def test_a_pid_of_a_stopped_container_is_somebody_else_s() -> None:
    assert living_in(77, Containers("d", "u", (replace(RUNNING, state=ContainerState.EXITED),))) is None


@pytest.mark.skipif(not Path("/proc/self/cgroup").exists(), reason="Linux only")
def test_a_control_group_that_names_no_container(tmp_path: Path) -> None:
    assert living_in(os.getpid(), Containers("d", "u", (RUNNING, container("short", id="")))) is None


def test_what_the_process_itself_tells_comes_first() -> None:
    seen = Worker(Known.GIVEN, Habitat.CONTAINER, pid=5, config_argument="own.yaml", variables={"A": "own"})
    blind = Worker(Known.GIVEN, Habitat.CONTAINER, pid=5)

    known = worker_of(Known.GIVEN, RUNNING)

    assert (as_process(known, seen).config_argument, as_process(known, seen).variables) == ("own.yaml", {"A": "own"})
    assert (as_process(known, blind).config_argument, as_process(known, blind).variables) == (
        "configs/config.dev.yaml",
        {"A": "inside"},
    )


@pytest.mark.skipif(os.name == "nt", reason="a process of another name space")
def test_a_process_that_ended_is_no_container(tmp_path: Path) -> None:
    ended = subprocess.Popen(["true"])
    ended.wait()

    found = find(tmp_path, told(replace(RUNNING, pid=ended.pid)), f"pid:{ended.pid}")

    assert (found.kind, found.running, found.container) == (Habitat.PROCESS, False, None)
