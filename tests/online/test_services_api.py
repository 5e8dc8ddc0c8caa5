"""The API's health over real sockets: what is read of it, what hangs, who else answers, what the checks make of it."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from doctor import app
from doctor.embedded.api import Api
from doctor.errors import SourceError, Withheld
from doctor.facts import (
    ApiHealth,
    ApiPlace,
    Compose,
    ComposeService,
    Connection,
    Container,
    Containers,
    ContainerState,
    Nats,
    NetworkFault,
    PublishedPort,
    Step,
)
from doctor.model import Location, Report
from doctor.needs import Observed
from doctor.settings import Settings
from doctor.sources.services import api as source
from doctor.sources.services.api import api_health
from doctor.target import Deadline, Target
from tests.sources import peers

pytestmark = pytest.mark.slow

AT = Location.file("configs/config.yaml", 3, key="api.port")
F = NetworkFault
SEEN = ApiPlace(AT, "", 8080, AT, AT, name="process 7", running=True)
UNSEEN = ApiPlace(AT, "", 8080, AT, AT)

Serve = Callable[..., Api]


@pytest.fixture
def serve() -> Iterator[Serve]:
    running: list[Api] = []

    def start(world: dict[str, Any] | None = None) -> Api:
        running.append(Api.start(world))
        return running[-1]

    yield start
    for server in running:
        server.stop()


def asked(
    place: ApiPlace,
    *,
    port: int | None = None,
    compose: Compose | None = None,
    containers: Containers | None = None,
    offline: bool = False,
    deadline: Deadline | None = None,
) -> ApiHealth:
    place = place if port is None else replace(place, port=port)
    observed: Observed[Containers] = Observed(containers) if containers else Observed(None, SourceError("no engine"))
    target = Target(Path("/"), offline=offline)
    found = api_health.function(target, place, compose or Compose(), observed, deadline or Deadline(None))
    assert isinstance(found, ApiHealth)
    return found


# --- what is read --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("world", "status", "headers"),
    [
        pytest.param({}, "healthy", True, id="sound"),
        pytest.param({"headers": False}, "healthy", False, id="an older version"),
        pytest.param({"nats": "mock"}, "healthy", False, id="the mock"),
        pytest.param({"database": "Database connection failed"}, "degraded", True, id="no database"),
        pytest.param({"nats": "NATS disconnected"}, "degraded", True, id="no NATS"),
        pytest.param({"nats": "NATS disconnected", "database": "x"}, "unhealthy", True, id="neither"),
        pytest.param({"answers": {"*": {"behaviour": "drip", "pause": 0.0001}}}, "healthy", True, id="slow"),
    ],
)
def test_health(serve: Serve, world: dict[str, Any], status: str, headers: bool) -> None:
    server = serve(world)
    found = asked(SEEN, port=server.port)

    assert (found.obstacle, found.foreign, found.status, found.nats_headers) == (None, None, status, headers)
    assert found.http_status == (503 if status == "unhealthy" else 200)
    assert (found.version, found.observed, found.at) == ("1.0.0", "process 7", AT)
    assert [(each.method, each.path) for each in server.requests] == [("GET", "/health")]


def test_what_it_tells_of_nats(serve: Serve) -> None:
    error = "nats://me:secret@nats:4222: no route"
    world = {"nats": {"reconnects": 12, "circuit_breaker": "open", "jetstream_enabled": False, "last_error": error}}
    found = asked(SEEN, port=serve(world).port)

    assert found.nats is not None
    assert (found.nats.reconnects, found.nats.circuit_breaker, found.nats.jetstream) == (12, "open", False)
    assert "secret" not in (found.nats.last_error or "")
    assert found.dependency("nats") is not None
    assert asked(SEEN, port=serve({"nats": "mock"}).port).nats is None


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ({"behaviour": "html"}, "a web page called"),
        ({"body": '{"ok": true}'}, "JSON of another kind (status 200)"),
        ({"body": '{"status": "healthy"}'}, "JSON of another kind"),
        ({"body": "OK"}, "something that is not JSON"),
        ({"body": "", "status": 204}, "an empty answer (status 204)"),
        ({"behaviour": "redirect", "to": "/login"}, "(status 302)"),
        ({"body": "[" * 100_000}, "not JSON"),
        ({"body": '{"status": {}, "dependencies": []}'}, "JSON of another kind"),
    ],
)
def test_another_program(serve: Serve, answer: dict[str, Any], said: str) -> None:
    found = asked(SEEN, port=serve({"answers": {"/health": answer}}).port)

    assert found.status is None
    assert said in (found.foreign or "")


@pytest.mark.parametrize(
    "dependencies",
    [{}, {"nats": []}, {"nats": {"status": 3, "details": {"nats_health": {"reconnects": "12", "connected": 1}}}}],
)
def test_parts_of_another_shape_are_left_out(serve: Serve, dependencies: dict[str, Any]) -> None:
    body = json.dumps({"status": "healthy", "dependencies": dependencies})
    found = asked(SEEN, port=serve({"answers": {"/health": {"body": body}}}).port)

    assert found.status == "healthy"
    assert found.nats is None or (found.nats.reconnects, found.nats.connected) == (None, None)


# --- what does not answer ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("world", "fault"),
    [
        ({"answers": {"/health": {"behaviour": "hang"}}}, F.NO_ANSWER),
        ({"accept": "hang"}, F.NO_ANSWER),
        ({"answers": {"/health": {"behaviour": "drip", "pause": 0.2}}}, F.NO_ANSWER),
        ({"accept": "cut"}, F.BROKEN_OFF),
        ({"answers": {"/health": {"behaviour": "reset"}}}, F.BROKEN_OFF),
        ({"answers": {"/health": {"behaviour": "garbage"}}}, F.OTHER_PROTOCOL),
    ],
)
def test_an_obstacle(serve: Serve, world: dict[str, Any], fault: F, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source, "PATIENCE", 0.4)
    started = time.monotonic()
    found = asked(SEEN, port=serve(world).port)

    assert found.obstacle is not None
    assert (found.obstacle.step, found.obstacle.fault) == (Step.HTTP, fault)
    assert time.monotonic() - started < 1.5


def test_what_hangs_costs_no_more_than_the_run_has(serve: Serve) -> None:
    server = serve({"accept": "hang"})
    started = time.monotonic()
    found = asked(SEEN, port=server.port, deadline=Deadline(time.monotonic() + 0.6))

    assert found.obstacle is not None
    assert time.monotonic() - started < 1.0


def test_nobody_there() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    found = asked(SEEN, port=port)

    assert found.obstacle is not None
    assert found.obstacle.fault is F.REFUSED


def test_offline_nobody_is_asked(serve: Serve) -> None:
    server = serve()
    with pytest.raises(Withheld):
        asked(SEEN, port=server.port, offline=True)
    assert server.requests == []


# --- from outside of a container -----------------------------------------------------------------------------------

CONTAINED = replace(SEEN, name="container api", contained=True, container="api", service="api")


def container(*ports: PublishedPort, state: ContainerState = ContainerState.RUNNING) -> Containers:
    return Containers("Docker", "socket", (Container("1", "api", state, role="api", service="api", ports=ports),))


def test_by_the_port_that_the_container_publishes(serve: Serve) -> None:
    port = serve().port
    published = container(PublishedPort(8080, port, "127.0.0.1"))

    assert asked(CONTAINED, containers=published).url == f"http://127.0.0.1:{port}/health"
    assert asked(CONTAINED, containers=published).status == "healthy"


@pytest.mark.parametrize("containers", [None, container(), container(state=ContainerState.EXITED)])
def test_by_the_port_that_the_compose_file_publishes(serve: Serve, containers: Containers | None) -> None:
    service = ComposeService("api", 1, ports=(PublishedPort(8080, serve().port),))

    assert asked(CONTAINED, compose=Compose("c.yml", {"api": service}), containers=containers).status == "healthy"


@pytest.mark.parametrize("place", [CONTAINED, replace(SEEN, port=0)])
def test_not_reachable_from_here(place: ApiPlace) -> None:
    with pytest.raises(SourceError, match=r"publishes no port 8080|names no fixed port"):
        asked(place, containers=container(PublishedPort(9090, 9090)))


# --- the whole -----------------------------------------------------------------------------------------------------

CONFIG = 'database: {user: u, password: p}\ngemini: {api_key: ""}\n'


def diagnosed(directory: Path, port: int) -> Report:
    (directory / "configs").mkdir()
    (directory / "configs" / "config.yaml").write_text(CONFIG, encoding="utf-8")
    env = {"CODECHUNK_GEMINI_API_KEY": "example-key", "CODECHUNK_API_PORT": str(port)}
    given: dict[type[Any], object] = dict.fromkeys((Connection, Nats, Containers), Withheld("not here"))
    return app.diagnose(Settings(directory=directory, env=env, clean_env=True, only=("api",)), known=given)


@pytest.mark.parametrize(
    ("world", "found"),
    [
        pytest.param({}, [], id="sound"),
        pytest.param({"headers": False}, [], id="an older version"),
        pytest.param({"nats": "NATS slow response: 80ms"}, [], id="a slow moment"),
        pytest.param({"nats": "mock"}, ["api.mock-publisher"], id="the mock"),
        pytest.param({"database": "Database connection failed"}, ["api.dependency-unhealthy"], id="no database"),
        pytest.param({"nats": {"circuit_breaker": "open"}}, ["api.dependency-unhealthy"], id="circuit breaker"),
        pytest.param({"nats": {"jetstream_enabled": False}}, ["api.dependency-unhealthy"], id="no JetStream"),
        pytest.param({"answers": {"*": {"behaviour": "html"}}}, ["api.port-taken"], id="another program"),
        pytest.param({"answers": {"*": {"behaviour": "garbage"}}}, ["api.port-taken"], id="another protocol"),
    ],
)
def test_each_fault_is_one_finding(serve: Serve, tmp_path: Path, world: dict[str, Any], found: list[str]) -> None:
    report = diagnosed(tmp_path, serve(world).port)
    fired = [each.id for each in report.results if each.id.startswith("api.") for _ in each.outcome.findings]

    assert fired == found


@pytest.mark.parametrize("behaviour", [peers.silent, peers.says(b"SSH-2.0-OpenSSH_9\r\n", unasked=True)])
def test_peers_that_are_no_api(tmp_path: Path, behaviour: peers.Behaviour, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source, "PATIENCE", 0.4)
    with peers.peer(behaviour) as port:
        fired = [each.id for each in diagnosed(tmp_path, port).results if each.outcome.findings]

    assert fired == ([] if behaviour is peers.silent else ["api.port-taken"])
