"""What a real engine's answers mean, as they were recorded, and what is made of broken ones."""

from __future__ import annotations

from typing import Any

import pytest

from doctor.facts.containers import Container, ContainerState, Mount
from doctor.facts.installation import PublishedPort
from doctor.sources.docker.inspect import added_groups, container, moment, role
from tests.scenes import SCENES, recorded

PREFIX = "com.docker.compose"


def seen(name: str) -> Container:
    """The fact that comes of a recorded container."""
    return container(recorded(name))


@pytest.mark.parametrize(
    "name", [name for name in SCENES if name not in ("killed-for-memory", "restart-loop", "unhealthy", "paused")]
)
def test_nothing_is_wrong_with_a_container_unless_the_engine_says_so(name: str) -> None:
    found = seen(name)
    assert not found.out_of_memory
    assert found.restarts == 0
    assert found.health != "unhealthy"
    assert found.state is not ContainerState.RESTARTING


@pytest.mark.parametrize(
    ("name", "state", "exit_code"),
    [
        ("running", ContainerState.RUNNING, None),
        ("paused", ContainerState.PAUSED, None),
        ("created", ContainerState.CREATED, None),
        ("exit-0", ContainerState.EXITED, 0),
        ("exit-1", ContainerState.EXITED, 1),
        ("exit-2", ContainerState.EXITED, 2),
        ("restart-loop", ContainerState.RESTARTING, 0),
        ("killed-for-memory", ContainerState.EXITED, 137),
    ],
)
def test_the_state_and_how_it_ended(name: str, state: ContainerState, exit_code: int | None) -> None:
    found = seen(name)
    assert (found.state, found.exit_code) == (state, exit_code)
    assert (found.finished_at is None) == (exit_code is None)
    assert (found.pid is None) == (not found.running)


def test_a_running_container_in_full() -> None:
    found = seen("running")
    assert found.command == ("/app/codechunking", "worker")
    assert (found.role, found.directory, found.user) == ("worker", "/app", "codechunking")
    assert found.environment == {"CODECHUNK_GEMINI_API_KEY": "a-key", "PATH": "/bin"}
    assert found.image == "codechunking-fake:test"
    assert found.created_at is not None
    assert found.started_at is not None
    assert found.created_at < found.started_at
    assert "a-key" not in repr(found)


def test_killed_for_memory_and_its_limit() -> None:
    assert (seen("killed-for-memory").out_of_memory, seen("killed-for-memory").memory) == (True, 16 * 1024 * 1024)
    assert (seen("exit-1").out_of_memory, seen("exit-1").memory) == (False, None)


def test_restarts() -> None:
    assert (seen("exit-0").restarts, seen("exit-0").restart_policy) == (0, "no")
    assert seen("restart-loop").restarts >= 1
    assert seen("restart-loop").restart_policy == "unless-stopped"


def test_health() -> None:
    assert (seen("running").health, seen("running").health_output) == (None, "")
    assert (seen("healthy").health, seen("healthy").health_output) == ("healthy", "")
    assert (seen("unhealthy").health, seen("unhealthy").health_output) == ("unhealthy", "no answer")


def test_the_file_system_and_the_network() -> None:
    assert not seen("running").read_only
    assert not seen("running").host_network
    assert seen("read-only").read_only
    assert seen("read-only").mounts == (Mount("tmpfs", "", "/tmp"),)
    assert (seen("host-network").host_network, seen("host-network").networks) == (True, ("host",))


def test_groups_that_were_added() -> None:
    assert added_groups(recorded("running")) == []
    assert added_groups(recorded("named-user")) == ["3000"]


# --- shapes ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "answer",
    [
        {},
        {"State": None, "Config": None, "HostConfig": None, "NetworkSettings": None, "Mounts": None},
        {"State": [], "Config": "x", "HostConfig": 1, "Mounts": {}, "Args": "worker", "Name": 1, "Id": None},
        {"State": {"Status": 1, "Health": {"Log": ["x"]}, "ExitCode": "1", "Pid": True, "FinishedAt": 1e999}},
        {"Config": {"Env": ["A", 1, None, "=", "B=="], "Labels": ["x"]}, "Mounts": [None, {}, {"Destination": 1}]},
        {"NetworkSettings": {"Ports": {"x/tcp": [{"HostPort": "y"}], "1": None, "2/tcp": [None, 1], "3/tcp": {}}}},
    ],
)
def test_an_answer_of_another_shape_is_an_empty_container(answer: Any) -> None:
    found = container(answer)
    assert found.role is None
    assert found.ports == ()
    assert found.mounts == ()


def test_podmans_words() -> None:
    assert container({"State": {"Status": "configured"}}).state is ContainerState.CREATED
    assert container({"State": {"Status": "stopped"}}).state is ContainerState.EXITED
    assert container({"State": {"Status": "new word", "Running": True}}).state is ContainerState.RUNNING
    assert container({"State": {"Healthcheck": {"Status": "starting", "Log": None}}}).health == "starting"
    assert container({"State": {"Health": {"Status": "", "Log": []}}}).health is None


def test_mounts_of_all_kinds() -> None:
    listed = [
        {"Type": "volume", "Name": "x_data", "Source": "/var/lib/docker/x", "Destination": "/data/index", "RW": True},
        {"Type": "bind", "Source": "/srv/app/configs", "Destination": "/app/configs/", "RW": False},
    ]
    assert container({"Mounts": listed, "HostConfig": {"Tmpfs": {"/tmp": "ro,size=1m"}}}).mounts == (
        Mount("volume", "x_data", "/data/index"),
        Mount("bind", "/srv/app/configs", "/app/configs", True),
        Mount("tmpfs", "", "/tmp", True),
    )


@pytest.mark.parametrize(
    ("bound", "ports"),
    [
        ({"6071/tcp": None}, ()),
        ({"53/udp": [{"HostIp": "", "HostPort": "53"}]}, ()),
        ({"99999/tcp": [{"HostIp": "", "HostPort": "1"}], "1/tcp": [{"HostPort": "0"}]}, ()),
        ({"80/tcp": [{"HostIp": "0.0.0.0", "HostPort": "5050"}, {"HostIp": "::", "HostPort": "5050"}]}, ((80, 5050),)),
        ({"8080/tcp": [{"HostIp": "127.0.0.1", "HostPort": "8081"}]}, ((8080, 8081, "127.0.0.1"),)),
    ],
)
def test_published_ports(bound: Any, ports: tuple[Any, ...]) -> None:
    expected = tuple(PublishedPort(*each) for each in ports)
    assert container({"NetworkSettings": {"Ports": bound}}).ports == expected
    # Of one that does not run the engine knows only what was asked for.
    assert container({"NetworkSettings": {"Ports": {}}, "HostConfig": {"PortBindings": bound}}).ports == expected


@pytest.mark.parametrize(
    ("written", "seconds"),
    [
        ("0001-01-01T00:00:00Z", None),
        ("", None),
        ("yesterday", None),
        (None, None),
        (True, None),
        (float("nan"), None),
        (0, None),
        ("1970-01-01T00:00:01.5Z", 1.5),
        ("1970-01-01T01:00:01.123456789+01:00", 1.123456),
        ("1970-01-01T00:00:02", 2.0),
        (7, 7.0),
    ],
)
def test_moments(written: object, seconds: float | None) -> None:
    assert moment(written) == (None if seconds is None else pytest.approx(seconds))


@pytest.mark.parametrize(
    ("name", "labels", "command", "expected"),
    [
        ("nginx", {}, ("nginx", "worker"), None),
        ("codechunking-pgadmin", {f"{PREFIX}.service": "pgadmin"}, ("/entrypoint.sh",), None),
        ("x-worker-run-1", {f"{PREFIX}.service": "worker", f"{PREFIX}.oneoff": "True"}, ("chown", "x"), None),
        ("my-codechunking-worker-2", {}, ("sleep",), None),
        ("a", {}, ("/bin/sh", "-c", "exec 'unclosed"), None),
        ("a", {}, ("/app/codechunking", "migrate", "up"), None),
        ("a", {f"{PREFIX}.service": "zoekt-webserver"}, (), "zoekt"),
        ("a", {f"{PREFIX}.service": "api"}, ("sleep",), "api"),
        ("codechunking-nats", {}, ("nats-server",), "nats"),
        ("codechunking-postgres-1", {}, (), "postgres"),
        ("a", {}, ("/app/codechunking", "--config", "x", "api"), "api"),
        ("a", {}, ("/bin/sh", "-c", "exec /app/codechunking worker"), "worker"),
        ("a", {f"{PREFIX}.service": "worker", f"{PREFIX}.oneoff": "True"}, ("/app/codechunking", "worker"), "worker"),
    ],
)
def test_roles(name: str, labels: dict[str, Any], command: tuple[str, ...], expected: str | None) -> None:
    assert role(name, labels, command) == expected
