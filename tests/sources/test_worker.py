"""Finding the worker: command lines, real processes, what `--worker` says."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from doctor.facts import Habitat, Known, Process, Processes
from doctor.needs import Observed
from doctor.sources.worker import config_argument, processes, role_of, same_view, worker
from doctor.target import Target

pytestmark = pytest.mark.skipif(os.name == "nt", reason="processes are started the POSIX way")

BASH = shutil.which("bash")
root_only = pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="needs root")
CACHED = "/root/.cache/go-build/ab/" + "0" * 64 + "-d/main"


@pytest.mark.parametrize(
    ("line", "role"),
    [
        pytest.param("", None, id="no command line (a kernel thread, a zombie)"),
        pytest.param("codechunking", None, id="no sub-command"),
        pytest.param("codechunking migrate up", None, id="not a service"),
        pytest.param("codechunking version", None, id="version"),
        pytest.param("codechunking --config worker", None, id="worker is a file here"),
        pytest.param("codechunking migrate worker", None, id="worker is an argument here"),
        pytest.param("codechunk-doctor check --worker host", None, id="the doctor"),
        pytest.param("python -m codechunking worker", None, id="another program's module"),
        pytest.param("go run main.go worker --config x", None, id="the parent of what go run starts"),
        pytest.param("grep codechunking worker", None, id="somebody who looks for it"),
        pytest.param("codechunking worker", "worker", id="plain"),
        pytest.param("./bin/codechunking api --config x", "api", id="api"),
        pytest.param("/app/codechunking --config configs/config.dev.yaml worker", "worker", id="flag first"),
        pytest.param("codechunking --config=c.yaml --log-level debug worker", "worker", id="flags with values"),
        pytest.param("codechunking.exe worker", "worker", id="on Windows"),
        pytest.param(f"{CACHED} worker", "worker", id="go run"),
    ],
)
def test_role_of(line, role):
    """Which command lines are services of codechunking."""
    assert role_of(line.split()) == role


@pytest.mark.parametrize(
    ("line", "argument"),
    [
        ("worker", None),
        ("worker --config", None),
        ("worker --config a.yaml", "a.yaml"),
        ("--config=a.yaml worker", "a.yaml"),
        ("worker --config a --config=b", "b"),
        ("worker --config=", ""),
    ],
)
def test_config_argument(line, argument):
    assert config_argument(line.split()) == argument


# --- real processes ----------------------------------------------------------------------------------------------


@contextmanager
def running(
    directory: Path,
    *arguments: str,
    name: str = "codechunking",
    env: Mapping[str, str] | None = None,
    user: int | None = None,
) -> Iterator[subprocess.Popen[bytes]]:
    """A process of this name in this directory: a shell whose script is a file called like the sub-command."""
    (directory / "worker").write_text("read line\n")
    (directory / "api").write_text("read line\n")
    process = subprocess.Popen(
        [name, *arguments],
        executable=BASH,
        cwd=directory,
        env=dict(env or {}),
        stdin=subprocess.PIPE,
        user=user,
        extra_groups=[user, 4242] if user is not None else None,
        group=user,
    )
    try:
        deadline = time.monotonic() + 5
        while not _started(process.pid, arguments) and time.monotonic() < deadline:
            time.sleep(0.01)
        yield process
    finally:
        process.kill()
        process.communicate()


def _started(pid: int, arguments: tuple[str, ...]) -> bool:
    try:
        return psutil.Process(pid).cmdline()[-len(arguments) :] == list(arguments)
    except psutil.Error:
        return False


@pytest.fixture
def here(tmp_path: Path) -> Path:
    tmp_path.chmod(0o755)
    return tmp_path


def seen(directory: Path, value: str = "auto"):
    target = Target(directory, worker=value)
    return worker.function(target, processes.function(target), Observed())


def test_without_a_worker_this_host_is_assumed(here):
    found = seen(here)

    assert (found.location, found.kind) == (Known.ASSUMED, Habitat.HOST)
    assert (found.uid, found.groups[0]) == (os.geteuid(), os.getegid())
    assert not found.user_known
    assert not found.running
    assert found.assumed


def test_a_worker_that_runs_in_the_directory_is_adopted(here):
    """With its variables, its --config, its user and the time of its start."""
    before = time.time() - 5
    with running(here, "worker", "--config", "configs/x.yaml", env={"CODECHUNK_API_PORT": "1"}) as process:
        found = seen(here)

    assert (found.location, found.kind, found.pid) == (Known.OBSERVED, Habitat.PROCESS, process.pid)
    assert found.name == f"pid:{process.pid}"
    assert found.directory == str(here)
    assert found.config_argument == "configs/x.yaml"
    assert found.variables is not None
    assert found.variables["CODECHUNK_API_PORT"] == "1"
    assert (found.uid, found.user_known) == (os.geteuid(), True)
    assert before < found.started_at <= time.time() + 1


def test_variables_are_not_in_the_representation(here):
    """They hold secrets."""
    with running(here, "worker", env={"CODECHUNK_GEMINI_API_KEY": "sentinel-secret"}):
        target = Target(here)
        listed = processes.function(target)

        assert "sentinel-secret" not in repr(listed)
        assert "sentinel-secret" not in repr(worker.function(target, listed, Observed()))


def test_a_worker_of_another_checkout_is_not_adopted(here, tmp_path_factory):
    with running(tmp_path_factory.mktemp("other"), "worker", "--config", "configs/x.yaml"):
        assert seen(here).location is Known.ASSUMED


def test_a_worker_started_elsewhere_with_a_file_of_this_directory_is_adopted(here, tmp_path_factory):
    (here / "configs").mkdir()
    (here / "configs" / "c.yaml").write_text("")
    with running(tmp_path_factory.mktemp("other"), "worker", "--config", str(here / "configs" / "c.yaml")) as process:
        assert seen(here).pid == process.pid


def test_a_directory_behind_a_link_is_the_same(here, tmp_path_factory):
    link = tmp_path_factory.mktemp("links") / "checkout"
    link.symlink_to(here)
    with running(here, "worker") as process:
        assert seen(link).pid == process.pid


def test_an_api_is_listed_and_not_taken_for_the_worker(here):
    with running(here, "api") as process:
        listed = processes.function(Target(here))

        assert process.pid in [each.pid for each in listed.role("api")]
        assert seen(here).location is Known.ASSUMED


def test_the_newest_of_several_workers_is_taken(here):
    with running(here, "worker"):
        time.sleep(0.05)
        with running(here, "worker", "--config", "new.yaml") as newest:
            assert seen(here).pid == newest.pid


def test_a_program_called_main_counts_only_here_or_from_go(here, tmp_path_factory):
    other = tmp_path_factory.mktemp("other")
    with running(here, "worker", name="./main") as mine, running(other, "worker", name="./main") as foreign:
        pids = [each.pid for each in processes.function(Target(here)).found]
    with running(other, "worker", name=CACHED) as cached:
        pids += [each.pid for each in processes.function(Target(here)).found]

    assert mine.pid in pids
    assert foreign.pid not in pids
    assert cached.pid in pids


@root_only
def test_the_user_and_groups_of_the_process_are_the_workers(here):
    with running(here, "worker", user=65534):
        found = seen(here)

    assert (found.uid, found.user_known) == (65534, True)
    assert (found.groups[0], set(found.groups)) == (65534, {65534, 4242})


@root_only
@pytest.mark.skipif(shutil.which("unshare") is None, reason="needs unshare")
def test_a_process_in_a_container_is_not_one_of_this_host(here):
    """Its own mount name space is enough; named by its number, it is taken for a container's."""
    prefix = (shutil.which("unshare"), "-m")
    probe = subprocess.run([*prefix, "true"], check=False, capture_output=True)
    if probe.returncode:
        pytest.skip("unshare is not allowed here")
    script = f"exec -a codechunking {BASH} worker"
    (here / "worker").write_text("read line\n")
    process = subprocess.Popen([*prefix, BASH, "-c", script], cwd=here, stdin=subprocess.PIPE)
    try:
        deadline = time.monotonic() + 5
        while role_of(psutil.Process(process.pid).cmdline()) is None and time.monotonic() < deadline:
            time.sleep(0.01)

        assert same_view(process.pid) is False
        assert seen(here).location is Known.ASSUMED
        named = seen(here, f"pid:{process.pid}")
    finally:
        process.kill()
        process.communicate()

    assert (named.location, named.kind) == (Known.GIVEN, Habitat.CONTAINER)


def test_what_may_not_be_read_is_not_known(here, monkeypatch):
    """Another user's variables and directory: the process is listed all the same."""

    def denied(self):
        raise psutil.AccessDenied(self.pid)

    with running(here, "worker") as process:
        monkeypatch.setattr(psutil.Process, "environ", denied)
        monkeypatch.setattr(psutil.Process, "cwd", denied)
        (found,) = [each for each in processes.function(Target(here)).found if each.pid == process.pid]

    assert (found.variables, found.directory) == (None, None)


# --- what `--worker` says ------------------------------------------------------------------------------------------


def test_host_is_believed_and_no_process_adopted(here):
    with running(here, "worker"):
        found = seen(here, "host")

    assert (found.location, found.kind, found.pid, found.uid) == (Known.GIVEN, Habitat.HOST, None, os.geteuid())
    assert not found.running


def test_a_container_is_given_by_name(here):
    found = seen(here, "docker:codechunking-worker")

    assert (found.location, found.kind, found.name) == (Known.GIVEN, Habitat.CONTAINER, "codechunking-worker")
    assert (found.uid, found.user_known) == (None, False)


def test_a_process_is_given_by_number_whatever_it_is_called(here):
    with running(here, "worker", name="renamed") as process:
        found = seen(here, f"pid:{process.pid}")

    assert (found.location, found.kind, found.pid) == (Known.GIVEN, Habitat.PROCESS, process.pid)
    assert found.running
    assert found.directory == str(here)


@pytest.mark.parametrize("pid", [2**22 + 7, 2**40, 10**30])
def test_a_process_that_is_not_there_is_given_and_does_not_run(here, pid):
    found = seen(here, f"pid:{pid}")

    assert (found.location, found.kind, found.pid) == (Known.GIVEN, Habitat.PROCESS, pid)
    assert not found.running
    assert found.variables is None


def test_a_process_that_has_ended_does_not_run(here):
    """Not even while its parent has not looked at it yet."""
    with running(here, "worker") as process:
        process.send_signal(signal.SIGKILL)
        deadline = time.monotonic() + 5
        while psutil.Process(process.pid).status() != psutil.STATUS_ZOMBIE and time.monotonic() < deadline:
            time.sleep(0.01)

        assert not seen(here, f"pid:{process.pid}").running


def test_processes_that_vanish_while_they_are_read_are_passed_over(here, monkeypatch):
    def gone(self):
        raise psutil.NoSuchProcess(self.pid)

    monkeypatch.setattr(psutil.Process, "cmdline", gone)

    assert processes.function(Target(here)).found == ()


def test_of_listed_workers_only_those_of_the_directory_count(here):
    """Without a directory, a relative --config says nothing."""
    (here / "c.yaml").write_text("")
    foreign = Process("worker", 10**6, ("codechunking", "worker"), None, 3.0, config_argument="c.yaml")
    mine = Process("worker", 10**6 + 1, ("codechunking", "worker"), None, 2.0, config_argument=str(here / "c.yaml"))

    found = worker.function(Target(here), Processes((mine, foreign)), Observed())

    assert found.pid == mine.pid


def test_looking_takes_little_time(here):
    started = time.monotonic()
    processes.function(Target(here))

    assert time.monotonic() - started < 3
