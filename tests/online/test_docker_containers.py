"""Containers of a real engine, with real faults."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from doctor.engine import observe, required
from doctor.errors import SourceError
from doctor.facts import Containers, Habitat, Known, Worker
from doctor.facts.containers import ContainerFiles, ContainerState, Mount
from doctor.sources import docker
from doctor.sources.docker.engine import Engine, NotThere, connect
from doctor.sources.docker.inventory import containers
from doctor.target import Deadline, Target
from tests.engines import Dockerd, until
from tests.scenes import SCENES, make
from tests.sources.peers import carry, peer

pytestmark = pytest.mark.slow


def look(engine: Dockerd, directory: Path, **options: Any) -> Containers:
    """What the source says of an installation in this directory."""
    found = containers.function(Target(directory, shell=engine.environment, **options), Deadline())
    assert isinstance(found, Containers)
    return found


def asked(engine: Dockerd) -> Engine:
    return connect(engine.environment, 9.0)


def test_an_engine_without_containers(engine: Dockerd, tmp_path: Path) -> None:
    found = look(engine, tmp_path)
    assert (found.found, found.others) == ((), 0)
    assert found.engine.startswith("Docker ")
    assert abs(found.now - time.time()) < 5


def test_every_state_and_user(engine: Dockerd, tmp_path: Path) -> None:
    make(engine, service="worker", at=tmp_path)
    found = {each.name: each for each in look(engine, tmp_path).found}
    assert set(found) == set(SCENES)
    assert {name: each.exit_code for name, each in found.items() if each.state is ContainerState.EXITED} == {
        "exit-0": 0,
        "exit-1": 1,
        "exit-2": 2,
        "killed-for-memory": 137,
    }
    assert [name for name, each in found.items() if each.out_of_memory] == ["killed-for-memory"]
    assert [name for name, each in found.items() if each.restarts] == ["restart-loop"]
    assert [name for name, each in found.items() if each.state is ContainerState.PAUSED] == ["paused"]
    assert {name: each.health for name, each in found.items() if each.health} == {
        "healthy": "healthy",
        "unhealthy": "unhealthy",
    }
    assert found["unhealthy"].health_output == "no answer"
    assert [name for name, each in found.items() if each.host_network] == ["host-network"]
    users = {name: (each.uid, each.gid, each.groups) for name, each in found.items()}
    assert users.pop("other-uid") == (1234, 4321, ())
    assert users.pop("uid-alone") == (1234, 0, ())
    assert users.pop("named-user") == (1000, 2000, (3000,))
    # Those that run are told by the kernel, those that do not by the lists inside: it is the same.
    assert set(users.values()) == {(1000, 1001, (2000,))}


def test_another_stack_on_the_same_engine(engine: Dockerd, tmp_path: Path) -> None:
    engine.run("theirs", service="worker", project="theirs", at="/srv/other", start=False)
    assert (look(engine, tmp_path).found, look(engine, tmp_path).others) == ((), 1)
    engine.run("mine", service="worker", project="mine", at=tmp_path, start=False)
    found = look(engine, tmp_path)
    assert ([each.name for each in found.found], found.others) == (["mine"], 1)
    named = look(engine, tmp_path, worker="docker:theirs")
    assert ([each.name for each in named.found], named.others) == (["mine", "theirs"], 0)


def test_a_start_that_fails(engine: Dockerd, tmp_path: Path) -> None:
    container = engine.run("one", service="worker", at=tmp_path, entrypoint="/app/nothing", start=False)
    with pytest.raises(Exception, match="no such file"):
        container.start()
    (found,) = look(engine, tmp_path).found
    assert (found.state, found.exit_code) == (ContainerState.CREATED, None)
    assert "no such file" in found.error


def test_mounts(engine: Dockerd, tmp_path: Path) -> None:
    (tmp_path / "configs").mkdir()
    (tmp_path / "configs/config.dev.yaml").write_text("a: 1\n")
    mounts = {str(tmp_path / "configs"): {"bind": "/app/configs", "mode": "ro"}}
    mounts |= {"index": {"bind": "/data/index", "mode": "rw"}}
    container = engine.run("one", service="worker", at=tmp_path, volumes=mounts, tmpfs={"/scratch": ""})
    (found,) = look(engine, tmp_path).found
    assert set(found.mounts) == {
        Mount("bind", str(tmp_path / "configs"), "/app/configs", True),
        Mount("volume", "index", "/data/index"),
        Mount("tmpfs", "", "/scratch"),
    }
    files = asked(engine).read(container.id, "/app/configs", 1000)
    assert [(file.path, file.data) for file in files] == [("/app/configs/config.dev.yaml", b"a: 1\n")]
    # A new volume belongs to root, as a new index directory does.
    entry = asked(engine).stat(container.id, "/data/index")
    assert (entry.kind, entry.uid) == ("directory", 0)


def test_networks_and_published_ports(engine: Dockerd, tmp_path: Path) -> None:
    network = engine.client.networks.create("demo_net", driver="bridge")
    ports = {"8080/tcp": ("127.0.0.1", None), "6071/tcp": None, "53/udp": ("127.0.0.1", None)}
    engine.run("api", "api", service="api", at=tmp_path, network_mode=network.name, ports=ports)
    (found,) = look(engine, tmp_path).found
    assert (found.role, found.networks) == ("api", ("demo_net",))
    published = {port.target: port for port in found.ports}
    assert set(published) <= {8080, 6071}
    assert published[8080].address == "127.0.0.1"
    assert published[8080].published > 1024


# --- files -----------------------------------------------------------------------------------------------------


def test_files_out_of_a_container_that_never_ran(engine: Dockerd) -> None:
    container = engine.run("one", start=False)
    found = asked(engine)
    files = {file.path: file for file in found.read(container.id, "/app/link", 10_000)}
    assert set(files) == {f"/app/link/{name}.yaml" for name in ("config", "config.dev", "linked")}
    assert files["/app/link/linked.yaml"].data == files["/app/link/config.yaml"].data
    assert files["/app/link/config.yaml"].modified_at == 1_700_000_000
    assert (
        found.read(container.id, "/app/outside", 1000)[0].data == found.read(container.id, "/etc/passwd", 1000)[0].data
    )


def test_what_is_not_there(engine: Dockerd) -> None:
    container, found = engine.run("one", start=False), asked(engine)
    for path in ("/nothing", "/app/nothing/at/all", "/app/circle", "/etc/passwd/x"):
        assert found.read(container.id, path, 1000)[0].data is None, path
        with pytest.raises(NotThere):
            found.follow(container.id, path)


def test_what_is_there_with_its_owner(engine: Dockerd) -> None:
    container = engine.run("one", do="chown 1000:2000 /tmp; chmod 2750 /tmp; exit 0", user="0")
    container.wait(timeout=10)
    found = asked(engine)
    entry = found.stat(container.id, "/tmp")
    assert (entry.kind, entry.mode, entry.uid, entry.gid) == ("directory", 0o2750, 1000, 2000)
    assert found.stat(container.id, "/tmp", owner=False).mode == 0o2750
    assert found.stat(container.id, "/app/link").target == "/app/configs"
    assert found.follow(container.id, "/app/link").path == "/app/configs"
    with pytest.raises(NotThere):
        found.stat("no-such-container", "/tmp")


def test_a_file_that_is_too_large(engine: Dockerd) -> None:
    container = engine.run("one", start=False)
    assert asked(engine).read(container.id, "/bin", 1000) == []
    with pytest.raises(SourceError, match="/bin/busybox in the container is larger than 1000 bytes"):
        asked(engine).read(container.id, "/bin/busybox", 1000)


def test_the_files_that_the_worker_reads(engine: Dockerd, tmp_path: Path) -> None:
    engine.run("one", ["worker", "--config", "/etc/group"], service="worker", at=tmp_path, do="exit 0").wait(timeout=10)
    (container,) = look(engine, tmp_path).found
    seen = Worker(Known.OBSERVED, Habitat.CONTAINER, name="one", container=container, config_argument="/etc/group")
    target = Target(tmp_path, shell=engine.environment)
    found = observe(target, required([ContainerFiles], docker.SOURCES, [Worker]), known={Worker: seen})[ContainerFiles]
    assert isinstance(found, ContainerFiles)
    assert {file.path for file in found.files} >= {"/app/configs/config.dev.yaml", "/etc/group"}
    assert found.migrations == ("000001_init_schema.down.sql", "000001_init_schema.up.sql")


# --- logs ------------------------------------------------------------------------------------------------------


def test_logs_of_both_channels_with_their_times(engine: Dockerd) -> None:
    container = engine.run("one", do="echo three; exit 0")
    container.wait(timeout=10)
    found = asked(engine)
    lines = b"".join(found.logs(container.id)).splitlines()
    assert sorted(line.partition(b" ")[2][:5] for line in lines) == [b"three", b"to th", b'{"tim']
    assert all(line[4:5] == b"-" and line[19:20] == b"." for line in lines)
    assert len(b"".join(found.logs(container.id, tail=1)).splitlines()) == 1
    assert len(b"".join(found.logs(container.id, most_bytes=10))) == 10
    assert b"".join(found.logs(container.id, until=time.time() - 3600)) == b""
    assert b"".join(found.logs(container.id, since=time.time() + 3600)) == b""
    with pytest.raises(NotThere):
        next(found.logs("no-such-container"))


def test_logs_of_a_terminal(engine: Dockerd) -> None:
    container = engine.run("one", do="exit 0", tty=True)
    container.wait(timeout=10)
    assert b"started worker" in b"".join(asked(engine).logs(container.id))


def test_following_gives_signs_of_life_and_ends_with_the_container(engine: Dockerd) -> None:
    container = engine.run("one")
    pieces = connect(engine.environment, 2.0).logs(container.id, follow=True)
    seen = until(lambda: next(pieces))
    while b"other channel" not in seen or b"started" not in seen:
        seen += next(pieces)
    assert next(pieces) == b""
    container.kill()
    assert b"".join(pieces) == b""


# --- nothing is changed ----------------------------------------------------------------------------------------


@contextmanager
def recorder(engine: Dockerd) -> Iterator[tuple[dict[str, str], list[str]]]:
    """A way to the engine on which the first line of every question is kept."""
    lines: list[str] = []

    def behaviour(client: socket.socket) -> None:
        question = client.recv(65536)
        lines.append(question.split(b"\r\n")[0].decode())
        with socket.socket(socket.AF_UNIX) as server:
            server.connect(engine.socket)
            server.sendall(question)
            carry(client, server)

    with peer(behaviour) as port:
        yield {"DOCKER_HOST": f"tcp://127.0.0.1:{port}"}, lines


def test_only_questions_are_asked(engine: Dockerd, tmp_path: Path) -> None:
    engine.run("one", service="worker", at=tmp_path)
    stopped = engine.run("stopped", service="worker", at=tmp_path, do="exit 1")
    stopped.wait(timeout=10)
    with recorder(engine) as (shell, lines):
        container = containers.function(Target(tmp_path, shell=shell), Deadline()).named("one")
        assert container is not None
        seen = Worker(Known.OBSERVED, Habitat.CONTAINER, name="one", container=container)
        target = Target(tmp_path, shell=shell)
        observe(target, required([ContainerFiles], docker.SOURCES, [Worker]), known={Worker: seen})
        found = connect(shell)
        found.stat(container.id, "/app")
        list(found.logs(stopped.id))
    assert len(lines) > 10
    assert {line.partition(" ")[0] for line in lines} == {"GET", "HEAD"}
    assert not [line for line in lines if "exec" in line]


def test_few_questions_are_asked(engine: Dockerd, tmp_path: Path) -> None:
    for name in ("worker", "api", "postgres", "nats"):
        engine.run(name, service=name, at=tmp_path)
    with recorder(engine) as (shell, lines):
        found = containers.function(Target(tmp_path, shell=shell), Deadline()).found
    assert len(found) == 4
    # Two to begin with, one for each, and one for the image of each of the program's own two.
    assert len(lines) == 2 + 4 + 2
