"""The environment source: whose variables the program is taken to have, and what they do to the database drivers."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from doctor.errors import SourceError, UsageError
from doctor.facts import Drivers, Habitat, Known, Process, Processes, Worker
from doctor.needs import Observed
from doctor.sources import envfile
from doctor.sources.environment import drivers, environment
from doctor.sources.peers import peers
from doctor.target import Deadline, Target

ASSUMED = Worker(Known.ASSUMED, Habitat.HOST)
OBSERVED = Worker(
    Known.OBSERVED,
    Habitat.PROCESS,
    name="pid:7",
    pid=7,
    started_at=1.0,
    variables={"A": "worker", "B": "worker", "CODECHUNK_DOCTOR_FORMAT": "json"},
)


def observe(tmp_path: Path, worker: Worker = ASSUMED, env_file: str | None = None, **options: object):
    path = None
    if env_file is not None:
        path = tmp_path / "prod.env"
        path.write_text(env_file, encoding="utf-8")
    return environment.function(Target(tmp_path, env_file=path, **options), worker)


def seen(found) -> list[tuple[str, str, str]]:
    return [(each.name, each.value, each.layer) for each in found.variables.values()]


def test_this_shell_when_no_worker_was_found(tmp_path):
    found = observe(tmp_path, shell={"A": "1", "EMPTY": ""})

    assert found.base == "shell"
    assert seen(found) == [("A", "1", "shell"), ("EMPTY", "", "shell")]
    assert found.get("A") == "1"
    assert found.get("EMPTY") is None
    assert found.get("NONE") is None


def test_nothing_with_a_clean_environment(tmp_path):
    found = observe(tmp_path, clean=True)

    assert (found.base, seen(found)) == ("none", [])


def test_the_workers_own_when_they_can_be_read(tmp_path):
    found = observe(tmp_path, OBSERVED, shell={"A": "shell"}, clean=True)

    assert found.base == "worker"
    assert seen(found) == [("A", "worker", "worker"), ("B", "worker", "worker")]
    assert found.where("A").detail == "of the worker, process 7"


def test_this_shell_when_the_workers_cannot_be_read(tmp_path):
    unreadable = Worker(Known.OBSERVED, Habitat.PROCESS, pid=7, started_at=1.0)

    assert observe(tmp_path, unreadable, shell={"A": "1"}).base == "shell"


def test_layers(tmp_path):
    """`--env` over `--env-file` over the worker's; each with its place."""
    found = observe(tmp_path, OBSERVED, "# first\nB=file\nC=file\nD=$A\n", given={"C": "given"})

    assert seen(found) == [
        ("A", "worker", "worker"),
        ("B", "file", "--env-file"),
        ("C", "given", "--env"),
        ("D", "worker", "--env-file"),
    ]
    assert (found.where("B").path, found.where("B").line) == ("prod.env", 2)
    assert (found.where("C").path, found.where("C").detail) == (None, "--env")
    assert found.mapping() == {"A": "worker", "B": "file", "C": "given", "D": "worker"}


def test_a_variable_of_a_key_points_at_it(tmp_path):
    found = observe(tmp_path, env_file="CODECHUNK_API_PORT=1\nPGHOST=x\n")

    assert (found.where("CODECHUNK_API_PORT").key, found.where("PGHOST").key) == ("api.port", None)


def test_the_doctors_own_options_never_count(tmp_path):
    found = observe(tmp_path, given={"CODECHUNK_DOCTOR_DIR": "x"}, shell={"CODECHUNK_DOCTOR_ONLY": "y"})

    assert found.variables == {}


def test_no_value_is_in_the_repr(tmp_path):
    assert "hunter2" not in repr(observe(tmp_path, shell={"A": "hunter2"}))


def test_an_env_file_that_cannot_be_read(tmp_path):
    target = Target(tmp_path, env_file=tmp_path)

    with pytest.raises(SourceError, match=r"--env-file \.: "):
        environment.function(target, ASSUMED)


@pytest.fixture
def pipe(tmp_path, monkeypatch):
    """A pipe with lines in it, and what writes them."""
    monkeypatch.setattr(envfile, "_GIVEN", {})
    os.mkfifo(tmp_path / "pipe")
    with os.fdopen(os.open(tmp_path / "pipe", os.O_RDWR), "wb", buffering=0) as keeping:
        yield tmp_path / "pipe", keeping


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs pipes")
def test_an_env_file_that_is_a_pipe_is_read_once(pipe, tmp_path):
    path, keeping = pipe
    keeping.write(b"A=1\n")
    writing = threading.Timer(0.01, keeping.close)
    writing.start()
    place = envfile.located(path)
    writing.join()
    target = Target(tmp_path, env_file=place, clean=True)

    assert [seen(environment.function(target, ASSUMED)) for _ in range(2)] == [[("A", "1", "--env-file")]] * 2


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs pipes")
@pytest.mark.parametrize(
    ("largest", "patience", "said"),
    [(100, 0.01, "nobody wrote it to its end within 0.01 s"), (3, None, "larger than 0 KiB")],
)
def test_an_env_file_that_does_not_end(pipe, largest, patience, said, monkeypatch):
    path, keeping = pipe
    monkeypatch.setattr(envfile, "LARGEST", largest)
    keeping.write(b"A=1\n")

    with pytest.raises(UsageError, match=f"--env-file .*pipe: {said}"):
        envfile.located(path, patience)


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("prod.env", None),
        ("sub/../prod.env", None),
        ("sub", "this is a directory"),
        ("no.env", "there is no such file"),
        ("/dev/zero", "this is a device or socket, not a file"),
        ("x" * 300, "."),
        ("x\0", "."),
    ],
)
def test_what_can_be_an_env_file(tmp_path, path, said):
    (tmp_path / "sub").mkdir()
    (tmp_path / "prod.env").write_text("A=1")
    if said is None:
        assert envfile.located(tmp_path / path) == tmp_path / "prod.env"
        return
    with pytest.raises(UsageError, match=f"--env-file .*: {said}"):
        envfile.located(tmp_path / path)


# --- the database drivers --------------------------------------------------------------------------------------


def read(tmp_path: Path, resolved, worker: Worker = ASSUMED, **variables: str):
    target = Target(tmp_path, given=variables)
    return drivers.function(target, worker, environment.function(target, worker), resolved())


def test_only_postgres_variables_are_judged(tmp_path, resolved):
    found = read(tmp_path, resolved, HOME="/nowhere", PATH="/bin", PGTZ="UTC", PGUSER="x")

    assert found.names == ("PGTZ", "PGUSER")
    assert found.bare.pgx == {**found.all.pgx, "runtime_params": {"search_path": "codechunking"}}


def test_each_variable_alone_and_left_out(tmp_path, resolved):
    found = read(tmp_path, resolved, PGSERVICE="nope", PGSSLSNI="0")

    assert "error" in found.all.pgx
    assert "error" in found.alone["PGSERVICE"].pgx
    assert "error" not in found.without["PGSERVICE"].pgx
    assert "error" not in found.alone["PGSSLSNI"].pgx


def test_without_a_variable_there_is_nothing_to_compare(tmp_path, resolved):
    assert read(tmp_path, resolved) == Drivers()


def test_files_are_looked_for_in_the_directory(tmp_path, resolved):
    (tmp_path / "empty.crt").write_text("")

    found = read(tmp_path, resolved, PGSSLROOTCERT="empty.crt")
    missing = read(tmp_path, resolved, PGSSLROOTCERT="missing.crt")

    assert "unable to add CA to cert pool" in found.all.pgx["error"]
    assert "open missing.crt: no such file or directory" in missing.all.pgx["error"]


def test_files_of_a_container_are_not_judged(tmp_path, resolved):
    container = Worker(Known.GIVEN, Habitat.CONTAINER, name="worker")

    found = read(tmp_path, resolved, container, PGSSLROOTCERT="/etc/ca.crt")

    assert found.unseen == ("PGSSLROOTCERT",)
    assert found.names == ()


def test_an_empty_sslmode_counts_as_disable_for_pgx_alone(tmp_path, resolved):
    target = Target(tmp_path, given={"PGAPPNAME": "x"})
    config = resolved("database: {user: u, password: p, sslmode: ''}")

    found = drivers.function(target, ASSUMED, environment.function(target, ASSUMED), config)

    assert found.bare.pgx["tls"] is False
    assert found.bare.pq["options"]["sslmode"] == ""


# --- the API beside the worker ---------------------------------------------------------------------------------


def process(role: str, pid: int, directory: Path, config: str | None = None, **variables: str) -> Process:
    return Process(role, pid, (role,), str(directory), float(pid), variables=variables, config_argument=config)


def compare(tmp_path: Path, *found: Process, worker: Process | None = None):
    running = worker or next(each for each in found if each.role == "worker")
    fact = Worker(
        Known.OBSERVED,
        Habitat.PROCESS,
        pid=running.pid,
        directory=running.directory,
        config_argument=running.config_argument,
        started_at=running.started_at,
        variables=running.variables,
    )
    return peers.function(Target(tmp_path), fact, Processes(tuple(found)), Observed(), Observed(), Deadline())


@pytest.fixture
def files(tmp_path):
    (tmp_path / "a.yaml").write_text("database: {user: u, password: p, name: a}\n")
    (tmp_path / "b.yaml").write_text("database: {user: u, password: p, name: b}\n")
    (tmp_path / "other").mkdir()
    return tmp_path


def test_each_is_resolved_from_its_own_process(files):
    api = process("api", 1, files, "a.yaml", CODECHUNK_DATABASE_PORT="1")
    worker = process("worker", 2, files / "other", "../b.yaml")

    found = compare(files, api, worker)

    assert (found.api.value("database.name"), found.api.value("database.port")) == ("a", 1)
    assert (found.worker.value("database.name"), found.worker.value("database.port")) == ("b", 5432)
    assert (found.api_file, found.worker_file) == ("a.yaml", "b.yaml")
    assert found.api.where("database.port").detail == "of the API, process 1"


@pytest.mark.parametrize(
    ("others", "chosen"),
    [
        pytest.param([], None, id="no API"),
        pytest.param([("api", 1, "other")], 1, id="the only API, elsewhere"),
        pytest.param([("api", 1, "other"), ("api", 3, ".")], 3, id="the one of the same directory"),
        pytest.param([("api", 1, "."), ("api", 3, ".")], 3, id="the newest of the same directory"),
        pytest.param([("api", 1, "other"), ("api", 3, "other")], None, id="two elsewhere"),
        pytest.param([("api", 1, "other"), ("worker", 3, "other")], None, id="one elsewhere with its own worker"),
    ],
)
def test_which_api(files, others, chosen):
    worker = process("worker", 2, files, "a.yaml")
    rest = [process(role, pid, (files / folder).resolve(), "a.yaml", PID=str(pid)) for role, pid, folder in others]

    found = compare(files, *rest, worker, worker=worker)

    assert (found.api and int(found.api.environment["PID"])) == chosen


def test_nothing_without_a_running_worker(files):
    api = process("api", 1, files, "a.yaml")

    found = peers.function(Target(files), ASSUMED, Processes((api,)), Observed(), Observed(), Deadline())

    assert found.api is None
