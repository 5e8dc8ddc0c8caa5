"""The text search server over real sockets: ready or not, gRPC or not, at which port, and what it has indexed."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from doctor import app
from doctor.embedded.zoekt import Zoekt
from doctor.errors import SourceError, Withheld
from doctor.facts import (
    ApiPlace,
    Compose,
    ComposeService,
    Connection,
    Container,
    Containers,
    ContainerState,
    IndexedRepositories,
    Nats,
    NetworkFault,
    PublishedPort,
    ZoektServer,
)
from doctor.model import Location
from doctor.needs import Observed
from doctor.settings import Settings
from doctor.sources.services import zoekt as source
from doctor.sources.services.indexed import indexed_repositories, name_of
from doctor.sources.services.zoekt import speaks_grpc, zoekt_server
from doctor.target import Deadline, Target
from tests.servers import Databases
from tests.sources import peers

pytestmark = pytest.mark.slow

AT = Location.file("configs/config.yaml", 3, key="zoekt.webserver.host")
F = NetworkFault
HERE = ApiPlace(AT, "", 8080, AT, AT, zoekt_host="127.0.0.1", zoekt_port=6070)
INSIDE = replace(HERE, contained=True, zoekt_host="zoekt-webserver")
NAMES = ("github.com/me/one", "github.com/me/two")

Serve = Callable[..., Zoekt]


@pytest.fixture
def serve() -> Iterator[Serve]:
    running: list[Zoekt] = []

    def start(world: dict[str, Any] | None = None) -> Zoekt:
        running.append(Zoekt.start(world))
        return running[-1]

    yield start
    for server in running:
        server.stop()


@pytest.fixture
def free() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
    return port


def asked(
    place: ApiPlace,
    port: int | None = None,
    *,
    compose: Compose | None = None,
    containers: Containers | None = None,
    offline: bool = False,
    deadline: Deadline | None = None,
) -> ZoektServer:
    place = place if port is None else replace(place, zoekt_port=port)
    observed: Observed[Containers] = Observed(containers) if containers else Observed(None, SourceError("no engine"))
    target = Target(Path("/"), offline=offline)
    found = zoekt_server.function(target, place, compose or Compose(), observed, deadline or Deadline(None))
    assert isinstance(found, ZoektServer)
    return found


# --- what answers --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("world", "healthz", "grpc", "repositories"),
    [
        pytest.param({}, 200, True, (), id="ready and empty"),
        pytest.param({"repositories": list(NAMES)}, 200, True, NAMES, id="ready"),
        pytest.param({"repositories": False}, 200, True, None, id="without -rpc"),
        pytest.param({"grpc": False}, 200, False, (), id="no gRPC"),
        pytest.param({"ready": "not ready: no shards"}, 500, True, None, id="not ready"),
        pytest.param({"answers": {"/api/list": {"behaviour": "bad-json"}}}, 200, True, None, id="half a list"),
        pytest.param({"answers": {"/api/list": {"body": '{"List": {"Repos": {}}}'}}}, 200, True, (), id="no list"),
        pytest.param({"answers": {"/api/list": {"body": '{"List": {"Repos": 3}}'}}}, 200, True, None, id="a number"),
        pytest.param({"answers": {"/api/list": {"behaviour": "cut"}}}, 200, True, None, id="a list that breaks off"),
        pytest.param({"answers": {"/healthz": {"behaviour": "html", "status": 404}}}, 404, True, None, id="a page"),
    ],
)
def test_what_answers(
    serve: Serve, world: dict[str, Any], healthz: int, grpc: bool, repositories: tuple[str, ...] | None
) -> None:
    found = asked(HERE, serve(world).port)

    assert (found.obstacle, found.healthz, found.grpc, found.repositories) == (None, healthz, grpc, repositories)
    assert found.other_port is None


def test_it_only_asks(serve: Serve) -> None:
    server = serve()
    asked(HERE, server.port)

    assert [(each.method, each.path) for each in server.requests] == [
        ("GET", "/healthz"),
        ("PRI", ""),
        ("POST", "/api/list"),
    ]
    assert server.requests[-1].body == b'{"Q": ""}'


def test_what_it_says_is_one_short_line(serve: Serve) -> None:
    found = asked(HERE, serve({"ready": "not ready:\n" + "x" * 5000}).port)

    assert found.text.startswith("not ready: xxx")
    assert len(found.text) == 200


# --- what does not -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("world", "fault", "grpc"),
    [
        ({"answers": {"/healthz": {"behaviour": "hang"}}}, F.NO_ANSWER, True),
        ({"answers": {"/healthz": {"behaviour": "drip", "pause": 0.2}}}, F.NO_ANSWER, True),
        ({"answers": {"/healthz": {"behaviour": "garbage"}}}, F.OTHER_PROTOCOL, True),
        ({"accept": "hang"}, F.NO_ANSWER, None),
        ({"accept": "cut"}, F.BROKEN_OFF, False),
    ],
)
def test_an_obstacle(
    serve: Serve, world: dict[str, Any], fault: F, grpc: bool | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HEALTH", "SPEAKING", "LISTING", "ELSEWHERE"):
        monkeypatch.setattr(source, name, 0.3)
    started = time.monotonic()
    found = asked(HERE, serve(world).port)

    assert found.obstacle is not None
    assert (found.obstacle.fault, found.healthz, found.grpc) == (fault, None, grpc)
    assert time.monotonic() - started < 1.5


def test_all_waits_together_stay_below_the_deadline() -> None:
    waits = source.HEALTH + source.SPEAKING + source.LISTING + source.ELSEWHERE
    assert waits < zoekt_server.deadline


def test_what_hangs_costs_no_more_than_the_run_has(serve: Serve) -> None:
    started = time.monotonic()
    asked(HERE, serve({"accept": "hang"}).port, deadline=Deadline(time.monotonic() + 0.6))

    assert time.monotonic() - started < 1.0


def test_a_proxy_that_takes_the_connection_and_has_nobody_behind_it() -> None:
    """As Docker's does at port 6071: the bare connection succeeds."""

    def hangs_up(connection: socket.socket) -> None:
        connection.close()

    with peers.peer(hangs_up) as port:
        found = asked(HERE, port)

    assert found.obstacle is not None
    assert (found.healthz, found.grpc) == (None, False)


@pytest.mark.parametrize(
    "behaviour",
    [
        peers.says(b"HTTP/1.1 400 Bad Request\r\n\r\n"),
        peers.says(b"SSH-2.0-OpenSSH_9\r\n", unasked=True),
        peers.says(b"\x00\x00\x06\x07\x00\x00\x00\x00\x00"),
        peers.says(b"\x00"),
    ],
)
def test_what_is_no_grpc(behaviour: peers.Behaviour) -> None:
    with peers.peer(behaviour) as port:
        assert speaks_grpc("127.0.0.1", port, time.monotonic() + 2) is False


def test_the_usual_port_when_the_configured_one_is_dead(
    serve: Serve, free: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    usual = serve().port
    monkeypatch.setattr(source, "USUAL_PORT", usual)

    assert asked(HERE, free).other_port == usual
    assert asked(HERE, 0).other_port == usual
    assert asked(HERE, usual).other_port is None


def test_nobody_there(free: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source, "USUAL_PORT", free)
    found = asked(HERE, free)

    assert found.obstacle is not None
    assert (found.obstacle.fault, found.other_port, found.grpc) == (F.REFUSED, None, None)


@pytest.mark.parametrize("host", ["http://zoekt", "zoekt:6070", "a b", "a\r\nX: y", "/"])
def test_a_host_that_is_none(host: str) -> None:
    found = asked(replace(HERE, zoekt_host=host))

    assert found.obstacle is not None
    assert found.obstacle.fault is F.SETTING


@pytest.mark.parametrize(("place", "offline"), [(HERE, True), (replace(HERE, zoekt_host=""), False)])
def test_nobody_is_asked(serve: Serve, place: ApiPlace, offline: bool) -> None:
    server = serve()
    with pytest.raises(Withheld):
        asked(place, server.port, offline=offline)
    assert server.requests == []


# --- from outside of a container -----------------------------------------------------------------------------------


def engine(port: int, **values: Any) -> Containers:
    given = {"role": "zoekt", "service": "zoekt-webserver", "ports": (PublishedPort(6070, port),), **values}
    container = Container("1", "codechunking-zoekt-webserver", ContainerState.RUNNING, **given)
    return Containers("Docker", "socket", (container,), now=1000.0)


def test_by_the_port_that_is_published(serve: Serve) -> None:
    port = serve().port
    service = ComposeService("zoekt-webserver", 1, ports=(PublishedPort(6070, port),))

    for found in (
        asked(INSIDE, containers=engine(port)),
        asked(INSIDE, compose=Compose("c.yml", {"zoekt-webserver": service})),
    ):
        assert (found.healthz, found.host, found.port) == (200, "zoekt-webserver", 6070)
        assert found.asked is not None
        assert f"localhost:{port}" in found.asked


@pytest.mark.parametrize(
    ("place", "reason"),
    [
        (replace(INSIDE, zoekt_host="localhost"), "the inside of the API's own container"),
        (replace(INSIDE, zoekt_port=7000), "publishes no port 7000"),
        (replace(INSIDE, zoekt_host="search.invalid"), "only the containers know the name"),
    ],
)
def test_not_reachable_from_here(place: ApiPlace, reason: str) -> None:
    with pytest.raises(SourceError, match=reason):
        asked(place, containers=engine(1))


def test_its_container_does_not_run() -> None:
    ended = Container("1", "z", ContainerState.EXITED, role="zoekt", service="zoekt-webserver")
    found = asked(INSIDE, containers=Containers("Docker", "socket", (ended,)))

    assert found.obstacle is not None
    assert found.obstacle.text == "its container z is exited"


@pytest.mark.parametrize(("started", "loading"), [(None, False), (100.0, False), (990.0, True)])
def test_one_that_was_just_started(serve: Serve, started: float | None, loading: bool) -> None:
    assert asked(INSIDE, containers=engine(serve().port, started_at=started)).loading is loading


# --- what the database says is indexed -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://github.com/me/one", "github.com/me/one"),
        ("https://github.com/me/one.git", "github.com/me/one"),
        ("https://oauth2:token@gitlab.com/team/sub/two.git/", "gitlab.com/team/sub/two"),
        ("https://git.example.com:8443/me/one", "git.example.com:8443/me/one"),
        ("not a URL", ""),
        ("http://[x", ""),
        ("", ""),
    ],
)
def test_the_name_of_a_repository(url: str, name: str) -> None:
    assert name_of(url) == name


ROWS = """
INSERT INTO codechunking.repositories (id, url, normalized_url, name, status, zoekt_index_status, deleted_at) VALUES
 ('00000000-0000-4000-8000-000000000001', 'https://github.com/me/one.git', 'a', 'a', 'completed', 'completed', null),
 ('00000000-0000-4000-8000-000000000002', 'https://github.com/me/two', 'b', 'b', 'completed', 'failed', null),
 ('00000000-0000-4000-8000-000000000003', 'https://github.com/me/three', 'c', 'c', 'completed', 'completed', now());
"""


def test_the_repositories_that_are_indexed(databases: Databases) -> None:
    from doctor.sources.database.session import Session

    place = databases(statements=ROWS)
    parameters = {"host": "127.0.0.1", "port": str(place.port), "dbname": place.name, "user": "dev", "password": "dev"}
    session = Session.open(parameters, Deadline(None))
    try:
        assert indexed_repositories.function(session) == IndexedRepositories(("github.com/me/one",))
    finally:
        session.close()


# --- the whole -----------------------------------------------------------------------------------------------------

CONFIG = """\
database: {user: u, password: p}
zoekt:
  webserver: {host: 127.0.0.1, port: PORT}
  indexing: {git_index_path: zoekt-git-index, index_dir: /data/index}
  concurrent_indexing: {enabled: true}
"""


def fired(directory: Path, port: int, indexed: tuple[str, ...] = ()) -> list[str]:
    (directory / "configs").mkdir()
    (directory / "configs" / "config.yaml").write_text(CONFIG.replace("PORT", str(port)), encoding="utf-8")
    given: dict[type[Any], object] = dict.fromkeys((Connection, Nats, Containers), Withheld("not here"))
    given[IndexedRepositories] = IndexedRepositories(indexed)
    env = {"CODECHUNK_GEMINI_API_KEY": "example-key"}
    report = app.diagnose(Settings(directory=directory, env=env, clean_env=True, only=("zoekt",)), known=given)
    return [each.id for each in report.results if each.id.startswith("zoekt.") for _ in each.outcome.findings]


@pytest.mark.parametrize(
    ("world", "indexed", "found"),
    [
        pytest.param({}, (), [], id="ready and nothing indexed"),
        pytest.param({"repositories": list(NAMES)}, NAMES, [], id="ready"),
        pytest.param({"repositories": ["GitHub.com/me/ONE"]}, NAMES, [], id="one of them is there"),
        pytest.param({"repositories": False}, NAMES, [], id="it does not tell"),
        pytest.param({"repositories": ["github.com/x/y"]}, NAMES, ["zoekt.index-not-shared"], id="another index"),
        pytest.param({}, NAMES, ["zoekt.index-not-shared"], id="an empty index"),
        pytest.param({"ready": "not ready: x"}, NAMES, ["zoekt.unreachable"], id="not ready"),
        pytest.param({"grpc": False, "repositories": list(NAMES)}, NAMES, ["zoekt.unreachable"], id="no gRPC"),
        pytest.param({"accept": "cut"}, NAMES, ["zoekt.unreachable"], id="cut"),
        pytest.param({"answers": {"*": {"behaviour": "html"}}, "grpc": False}, NAMES, ["zoekt.unreachable"], id="page"),
    ],
)
def test_each_fault_is_one_finding(
    serve: Serve, tmp_path: Path, world: dict[str, Any], indexed: tuple[str, ...], found: list[str]
) -> None:
    assert fired(tmp_path, serve(world).port, indexed) == found


def test_a_dead_port_hides_that_nobody_answers_there(tmp_path: Path) -> None:
    assert fired(tmp_path, 6071) == ["zoekt.dead-port"]
