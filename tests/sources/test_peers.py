"""The API beside a worker, where either or both live in a container."""

from __future__ import annotations

from pathlib import Path

import pytest

from doctor.errors import SourceError
from doctor.facts import (
    Container,
    ContainerFile,
    ContainerFiles,
    Containers,
    ContainerState,
    Known,
    Peers,
    Process,
    Processes,
    Worker,
)
from doctor.needs import Observed
from doctor.sources import peers as module
from doctor.sources.contained import worker_of
from doctor.sources.peers import peers
from doctor.sources.worker import worker
from doctor.target import Deadline, Target

FILE = b"database: {user: u, password: p, name: here}\n"
OTHER = b"database: {user: u, password: p, name: inside}\n"
PLACE = "/app/configs/config.yaml"


def container(name: str, role: str, state: str = "running", **variables: str) -> Container:
    return Container(
        name * 8, name, ContainerState(state), role=role, environment=variables, directory="/app", started_at=1.0
    )


def files(data: bytes = FILE) -> ContainerFiles:
    return ContainerFiles("c", "/app", (ContainerFile(PLACE, data, mode=0o644),))


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    (tmp_path / "configs").mkdir()
    (tmp_path / "configs" / "config.yaml").write_bytes(FILE)
    return tmp_path


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> dict[str, ContainerFiles | SourceError]:
    """The files of the API's container, by its name."""
    known: dict[str, ContainerFiles | SourceError] = {}

    def read(target: Target, started: module.Started, deadline: Deadline) -> ContainerFiles | None:
        if started.container is None:
            return None
        found = known.get(started.container.name, files())
        if isinstance(found, SourceError):
            raise found
        return found

    monkeypatch.setattr(module, "_files", read)
    return known


WORKER = container("w", "worker", CODECHUNK_DATABASE_PORT="1")
API = container("a", "api", CODECHUNK_DATABASE_PORT="2")


def compare(
    checkout: Path, seen: Worker, *containers: Container, processes: tuple[Process, ...] = (), own: bytes = FILE
) -> Peers:
    found = peers.function(
        Target(checkout),
        seen,
        Processes(processes),
        Observed(Containers("Docker", "unix:///s", containers)),
        Observed(files(own)) if seen.container is not None else Observed(),
        Deadline(),
    )
    assert isinstance(found, Peers)
    return found


def process(role: str, directory: Path, **variables: str) -> Process:
    return Process(role, 5, ("codechunking", role), str(directory), 1.0, variables=variables)


def test_nothing_without_an_api(checkout: Path, engine: object) -> None:
    assert compare(checkout, worker_of(Known.OBSERVED, WORKER), WORKER) == Peers()


def test_nothing_with_a_stopped_api(checkout: Path, engine: object) -> None:
    stopped = container("a", "api", "exited")

    assert compare(checkout, worker_of(Known.OBSERVED, WORKER), WORKER, stopped) == Peers()


def test_nothing_with_a_stopped_worker(checkout: Path, engine: object) -> None:
    stopped = container("w", "worker", "exited")

    assert compare(checkout, worker_of(Known.OBSERVED, stopped), stopped, API) == Peers()


def test_nothing_where_the_api_s_files_cannot_be_read(
    checkout: Path, engine: dict[str, ContainerFiles | SourceError]
) -> None:
    engine["a"] = SourceError("no answer")

    assert compare(checkout, worker_of(Known.OBSERVED, WORKER), WORKER, API) == Peers()


def test_an_api_process_of_another_directory_is_somebody_else_s(
    checkout: Path, tmp_path_factory: pytest.TempPathFactory, engine: object
) -> None:
    api = process("api", tmp_path_factory.mktemp("elsewhere"))

    assert compare(checkout, worker_of(Known.OBSERVED, WORKER), WORKER, processes=(api,)) == Peers()


def test_both_in_containers(checkout: Path, engine: object) -> None:
    found = compare(checkout, worker_of(Known.OBSERVED, WORKER), WORKER, API)

    assert found.worker is not None
    assert found.api is not None
    assert (found.worker.value("database.port"), found.api.value("database.port")) == (1, 2)
    assert (found.worker_file, found.api_file) == ("configs/config.yaml", "configs/config.yaml")
    assert found.api.where("database.port").detail == "of the API, container a"
    assert found.worker.where("database.port").detail == "of the worker, container w"


def test_each_has_its_own_files(checkout: Path, engine: dict[str, ContainerFiles | SourceError]) -> None:
    engine["a"] = files(OTHER)

    found = compare(checkout, worker_of(Known.OBSERVED, WORKER), WORKER, API)

    assert found.worker is not None
    assert found.api is not None
    assert (found.worker.value("database.name"), found.api.value("database.name")) == ("here", "inside")
    assert (found.worker_file, found.api_file) == ("configs/config.yaml", PLACE)


def test_a_worker_in_a_container_and_an_api_of_the_checkout(checkout: Path, engine: object) -> None:
    api = process("api", checkout, CODECHUNK_DATABASE_PORT="3")

    found = compare(checkout, worker_of(Known.OBSERVED, WORKER), WORKER, processes=(api,), own=OTHER)

    assert found.worker is not None
    assert found.api is not None
    assert (found.worker.value("database.name"), found.api.value("database.name")) == ("inside", "here")
    assert (found.worker.value("database.port"), found.api.value("database.port")) == (1, 3)


def test_a_worker_process_and_an_api_in_a_container(checkout: Path, engine: object) -> None:
    own = process("worker", checkout, CODECHUNK_DATABASE_PORT="4")
    seen = worker.function(Target(checkout), Processes((own,)), Observed())
    assert isinstance(seen, Worker)

    found = compare(checkout, seen, API, processes=(own,))

    assert found.worker is not None
    assert found.api is not None
    assert (found.worker.value("database.port"), found.api.value("database.port")) == (4, 2)
    assert (found.worker_file, found.api_file) == ("configs/config.yaml", "configs/config.yaml")
