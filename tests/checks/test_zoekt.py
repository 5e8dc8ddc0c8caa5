"""The family zoekt: what is silent first, then each finding and what it advises."""

from __future__ import annotations

import shlex
from dataclasses import replace
from typing import Any

import pytest

from checks.zoekt.dead_port import dead_port
from checks.zoekt.index_dir_not_writable import index_dir_not_writable
from checks.zoekt.index_not_shared import index_not_shared
from checks.zoekt.loopback_in_container import loopback_in_container
from checks.zoekt.search_off import search_off
from checks.zoekt.unreachable import unreachable
from doctor.api import Check, Finding, Location, Observed, Skipped
from doctor.errors import SourceError
from doctor.facts import (
    Access,
    ApiPlace,
    Compose,
    ComposeService,
    Container,
    Containers,
    ContainerState,
    Directories,
    DirectoryTrial,
    Habitat,
    IndexedRepositories,
    Known,
    LogCount,
    LogEvent,
    Logs,
    Method,
    Mount,
    NetworkFault,
    NetworkObstacle,
    Resolution,
    Step,
    Worker,
    ZoektServer,
)
from doctor.model import Safety, Severity
from tests.conftest import Resolved

F = NetworkFault
AT = Location.file("configs/config.dev.yaml", 4, key="zoekt.webserver.host")
PORT_AT = Location.file("configs/config.dev.yaml", 5, key="zoekt.webserver.port")
SETTINGS = """
zoekt:
  webserver: {host: localhost, port: 6070}
  indexing: {index_dir: /data/index}
  concurrent_indexing: {enabled: true}
"""
HERE = ApiPlace(AT, "", 8080, AT, PORT_AT, zoekt_host="localhost", zoekt_port=6070)
OFF = replace(HERE, zoekt_host="")
INSIDE = replace(HERE, contained=True, name="container api", container="api", service="api", running=True)
COMPOSE = Compose("docker-compose.yml", {"zoekt-webserver": ComposeService("zoekt-webserver", 9)})
NOTHING: Observed[Any] = Observed(None, SourceError("not here"))


@pytest.fixture
def config(resolved: Resolved) -> Resolution:
    return resolved(SETTINGS)


def server(**values: Any) -> ZoektServer:
    return ZoektServer(AT, "localhost", 6070, **{"healthz": 200, "grpc": True, **values})


def stopped(fault: F, text: str = "because", **values: Any) -> ZoektServer:
    step = Step.NAME if fault is F.NAME_UNKNOWN else Step.ANSWER
    return server(healthz=None, grpc=None, obstacle=NetworkObstacle(step, fault, text), **values)


def advice(finding: Finding) -> str:
    assert finding.fix is not None
    for command in finding.fix.commands:
        assert shlex.split(command)
    return "\n".join(
        (finding.fix.summary, *finding.fix.commands, *(f"{e.key} -> {e.after}" for e in finding.fix.edits))
    )


UNUSED = "zoekt: {concurrent_indexing: {enabled: false}}\n"


@pytest.mark.parametrize(
    ("judge", "more"),
    [
        (dead_port, (NOTHING,)),
        (loopback_in_container, (COMPOSE, NOTHING)),
        (unreachable, (server(), COMPOSE)),
        (index_not_shared, (Worker(Known.GIVEN, Habitat.HOST), NOTHING, NOTHING, NOTHING)),
        (search_off, ()),
    ],
)
def test_nothing_is_judged_when_text_search_is_not_used(
    resolved: Resolved, judge: Check, more: tuple[object, ...]
) -> None:
    with pytest.raises(Skipped, match="text search is not used"):
        judge(resolved(UNUSED), OFF, *more)


# --- dead-port -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("port", "answer"), [(6070, NOTHING), (7000, NOTHING), (6071, Observed(server())), (6070, Observed(server()))]
)
def test_a_live_port(config: Resolution, port: int, answer: Observed[ZoektServer]) -> None:
    assert dead_port(config, replace(HERE, zoekt_port=port), answer) == ()


@pytest.mark.parametrize(
    ("port", "answer", "said"),
    [
        (6071, NOTHING, "is 6071, on which zoekt-webserver does not listen"),
        (6071, Observed(stopped(F.REFUSED)), "is 6071"),
        (6071, Observed(server(healthz=None, grpc=False)), "is 6071"),
        (0, NOTHING, "is 0, which is no port"),
    ],
)
def test_a_dead_port(resolved: Resolved, port: int, answer: Observed[ZoektServer], said: str) -> None:
    config = resolved(SETTINGS.replace("6070", str(port)))
    (finding,) = dead_port(config, replace(HERE, zoekt_port=port), answer)

    assert said in finding.message
    assert finding.at == PORT_AT
    assert finding.severity is Severity.WARNING
    assert finding.fix is not None
    assert finding.fix.safety is Safety.SAFE
    assert "zoekt.webserver.port -> 6070" in advice(finding)


def test_a_dead_port_of_the_container_itself(config: Resolution) -> None:
    at = Location.env("CODECHUNK_ZOEKT_WEBSERVER_PORT", detail="of the container api")
    (finding,) = dead_port(config, replace(INSIDE, zoekt_port=6071, zoekt_port_at=at), NOTHING)

    assert finding.at.name == "CODECHUNK_ZOEKT_WEBSERVER_PORT"
    assert finding.fix is not None
    assert (finding.fix.safety, finding.fix.edits) == (Safety.NONE, ())
    assert "Set CODECHUNK_ZOEKT_WEBSERVER_PORT of the container api to 6070" in advice(finding)


# --- loopback-in-container -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "place",
    [
        HERE,
        replace(HERE, name="process 7", running=True),
        replace(INSIDE, contained=False),
        replace(INSIDE, zoekt_host="zoekt-webserver"),
        replace(INSIDE, zoekt_host="10.0.0.7"),
    ],
)
def test_no_loopback(config: Resolution, place: ApiPlace) -> None:
    assert loopback_in_container(config, place, COMPOSE, NOTHING) == ()


def failed(id: str = "zk-hybrid-degraded") -> Observed[Logs]:
    event = LogEvent(id, "symptom", "WARN", 1.0, "Zoekt search failed in hybrid mode; using semantic only")
    return Observed(Logs(counts=(LogCount(id, "symptom", "WARN", 1, recent=(event,)),)))


@pytest.mark.parametrize(
    ("place", "logs", "severity"),
    [
        (INSIDE, NOTHING, Severity.NOTE),
        (replace(INSIDE, name=None, container=None), NOTHING, Severity.NOTE),
        (INSIDE, Observed(Logs()), Severity.NOTE),
        (INSIDE, failed(), Severity.WARNING),
        (replace(INSIDE, zoekt_host="127.0.0.1"), NOTHING, Severity.WARNING),
        (replace(INSIDE, zoekt_host="::1"), NOTHING, Severity.WARNING),
    ],
)
def test_loopback(config: Resolution, place: ApiPlace, logs: Observed[Logs], severity: Severity) -> None:
    (finding,) = loopback_in_container(config, place, COMPOSE, logs)

    assert finding.severity is severity
    assert finding.at.key == "zoekt.webserver.host"
    assert "CODECHUNK_ZOEKT_WEBSERVER_HOST: zoekt-webserver" in advice(finding)
    assert "docker compose up -d api" in advice(finding)
    assert bool(finding.evidence) is (logs == failed())


SEARCH = ComposeService("search", 9, image="ghcr.io/sourcegraph/zoekt-webserver", container="finder")


@pytest.mark.parametrize(
    ("text", "place", "compose", "said"),
    [
        (SETTINGS, INSIDE, Compose("c.yml", {"db": ComposeService("db", 1), "search": SEARCH}),
         "_HOST: search` below `environment:` of api in c.yml."),
        (SETTINGS, replace(INSIDE, service="rest"), Compose("c.yml", {"db": ComposeService("db", 1)}),
         "_HOST: zoekt-webserver` below `environment:` of rest in c.yml."),
        (SETTINGS, replace(INSIDE, service=None), Compose(), "` below `environment:` of api in the compose file."),
        ("zoekt: {concurrent_indexing: {enabled: true}}\n", INSIDE, Compose("c.yml"),
         "in c.yml, and the key zoekt.webserver.host into configs/config.dev.yaml."),
    ],
)  # fmt: skip
def test_where_to_write_the_host(resolved: Resolved, text: str, place: ApiPlace, compose: Compose, said: str) -> None:
    (finding,) = loopback_in_container(resolved(text), place, compose, NOTHING)

    assert said in advice(finding)


def test_loopback_in_a_file_that_was_changed(resolved: Resolved) -> None:
    config = resolved(SETTINGS, name="configs/config.mine.yaml")
    (finding,) = loopback_in_container(config, INSIDE, COMPOSE, NOTHING)

    assert finding.severity is Severity.WARNING


# --- unreachable ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("found", [server(), server(grpc=None), server(loading=True), server(other_port=6070)])
def test_reachable(config: Resolution, found: ZoektServer) -> None:
    assert unreachable(config, HERE, found, COMPOSE) == ()


@pytest.mark.parametrize(
    ("place", "found", "why"),
    [
        (HERE, server(healthz=500, loading=True), "less than a minute ago"),
        (OFF, stopped(F.REFUSED), "zoekt.webserver.host is empty"),
    ],
)
def test_not_judged(config: Resolution, place: ApiPlace, found: ZoektServer, why: str) -> None:
    with pytest.raises(Skipped, match=why):
        unreachable(config, place, found, COMPOSE)


@pytest.mark.parametrize(
    ("found", "said", "advised"),
    [
        (stopped(F.REFUSED), "nothing listens at localhost:6070", "docker compose up -d zoekt-webserver"),
        (stopped(F.REFUSED, loading=True), "nothing listens", "docker compose up -d zoekt-webserver"),
        (stopped(F.TIMED_OUT), "does not answer: because", "docker compose up"),
        (stopped(F.NO_ANSWER), "has not answered in time", "docker compose up"),
        (stopped(F.BROKEN_OFF), "breaks it off: because", "docker compose up"),
        (stopped(F.OTHER_PROTOCOL), "is not zoekt-webserver: because", "docker compose up"),
        (stopped(F.REFUSED, other_port=6070), "the server answers at port 6070", "zoekt.webserver.port -> 6070"),
        (stopped(F.NAME_UNKNOWN), "cannot be looked up", "getent hosts localhost"),
        (stopped(F.REFUSED, asked="localhost:9, where c.yml publishes x:6070"), "nothing listens at localhost:9", "up"),
        (
            server(healthz=500, text="not ready: no shards"),
            "localhost:6070 is not ready: no shards",
            "docker compose logs",
        ),
        (server(healthz=404), "is not zoekt-webserver: /healthz gives status 404", "docker compose up"),
        (server(grpc=False), "does not speak gRPC", "docker compose up"),
    ],
)
def test_unreachable(config: Resolution, found: ZoektServer, said: str, advised: str) -> None:
    (finding,) = unreachable(config, HERE, found, COMPOSE)

    assert said in finding.message
    assert advised in advice(finding)
    assert finding.severity is Severity.WARNING
    assert finding.at == (PORT_AT if found.other_port else AT)


@pytest.mark.parametrize("host", ["search", "finder", "zoekt"])
def test_the_service_that_is_asked_is_started(config: Resolution, host: str) -> None:
    compose = Compose("c.yml", {"db": ComposeService("db", 1), "search": SEARCH})
    (finding,) = unreachable(config, HERE, replace(stopped(F.TIMED_OUT), host=host), compose)

    assert "docker compose up -d search" in advice(finding)


def test_an_api_on_the_host_does_not_know_the_services_by_name(config: Resolution) -> None:
    (finding,) = unreachable(config, HERE, replace(stopped(F.NAME_UNKNOWN), host="zoekt-webserver"), COMPOSE)

    assert "An API that runs on the host reaches it at localhost" in advice(finding)


# --- index-dir-not-writable ----------------------------------------------------------------------------------------

HOST = Worker(Known.GIVEN, Habitat.HOST, uid=1000, groups=(1000,))
PROCESS = Worker(Known.OBSERVED, Habitat.PROCESS, "pid:7", 7, 1000, (1000,), started_at=1.0)
CONTAINER = Worker(Known.OBSERVED, Habitat.CONTAINER, "worker", uid=1000, groups=(1000,), started_at=1.0)


def trial(access: Access, **values: Any) -> Directories:
    given = {"path": "/data/index", "shown": "/data/index", "reason": "Permission denied", **values}
    return Directories((DirectoryTrial("index", access=access, method=Method.JUDGED, **given),))


@pytest.mark.parametrize("access", [Access.USABLE, Access.CREATABLE])
def test_a_folder_that_can_be_written(config: Resolution, access: Access) -> None:
    assert index_dir_not_writable(config, HOST, trial(access)) == ()


@pytest.mark.parametrize(
    ("text", "worker", "directories", "why"),
    [
        (UNUSED, HOST, trial(Access.NOT_WRITABLE), "enabled is off"),
        (SETTINGS, replace(HOST, location=Known.ASSUMED), trial(Access.NOT_WRITABLE), "say --worker host"),
        (SETTINGS, CONTAINER, Directories(), "were not looked at"),
        (SETTINGS, HOST, trial(Access.UNKNOWN, reason=None), "mode and owner do not tell"),
    ],
)
def test_a_folder_that_is_not_judged(
    resolved: Resolved, text: str, worker: Worker, directories: Directories, why: str
) -> None:
    with pytest.raises(Skipped, match=why):
        index_dir_not_writable(resolved(text), worker, directories)


@pytest.mark.parametrize(
    ("worker", "directories", "said", "advised"),
    [
        (PROCESS, trial(Access.NOT_WRITABLE, exists=True), "/data/index is not writable for the worker (uid 1000)",
         "sudo chown -R 1000:1000 /data/index"),
        (PROCESS, trial(Access.NOT_CREATABLE), "cannot be made by", "sudo install -d -o 1000 -g 1000"),
        (replace(HOST, uid=None, groups=()), trial(Access.NOT_CREATABLE), "by the worker: Permission", "-o 1000"),
        (CONTAINER, trial(Access.NOT_WRITABLE, exists=True), "is not writable",
         "docker compose run --rm --user 0 --entrypoint chown worker -R 1000:1000 /data/index"),
        (CONTAINER, trial(Access.NOT_WRITABLE, reason="Read-only file system"), "Read-only", "can be written to"),
        (PROCESS, trial(Access.NOT_CREATABLE, reason="Not a directory"), "Not a directory", "Name a folder"),
    ],
)  # fmt: skip
def test_a_folder_that_cannot(
    config: Resolution, worker: Worker, directories: Directories, said: str, advised: str
) -> None:
    (finding,) = index_dir_not_writable(config, worker, directories)

    assert said in finding.message
    assert advised in advice(finding)
    assert finding.severity is Severity.WARNING
    assert finding.related[0].key == "zoekt.indexing.index_dir"
    assert finding.evidence == ()


def test_the_listing_of_a_folder_is_shown(config: Resolution) -> None:
    (finding,) = index_dir_not_writable(config, HOST, trial(Access.NOT_WRITABLE, listing="drwx------ root"))

    assert [each.text for each in finding.evidence] == ["ls -ld: drwx------ root"]


def test_no_folder_at_all(resolved: Resolved) -> None:
    config = resolved("zoekt: {concurrent_indexing: {enabled: true}}\n")
    (finding,) = index_dir_not_writable(config, replace(HOST, location=Known.ASSUMED), Directories())

    assert "zoekt.indexing.index_dir is empty" in finding.message


# --- index-not-shared ----------------------------------------------------------------------------------------------


def volume(name: str, at: str = "/data/index", kind: str = "volume") -> tuple[Mount, ...]:
    return (Mount(kind, name, at),)


def stack(ours: tuple[Mount, ...] | None, theirs: tuple[Mount, ...], command: str = "") -> Observed[Containers]:
    R = ContainerState.RUNNING
    found = [Container("2", "zoekt", R, role="zoekt", mounts=theirs, command=tuple(command.split()))]
    if ours is not None:
        found.append(Container("1", "worker", R, role="worker", mounts=ours))
    return Observed(Containers("Docker", "socket", tuple(found)))


NAMES: Observed[IndexedRepositories] = Observed(IndexedRepositories(("github.com/me/one", "github.com/me/two")))


@pytest.mark.parametrize(
    ("worker", "containers", "found", "indexed"),
    [
        pytest.param(CONTAINER, stack(volume("z"), volume("z")), NOTHING, NOTHING, id="one volume"),
        pytest.param(CONTAINER, stack(volume("z"), volume("z", "/i"), "x -index /i -rpc"), NOTHING, NOTHING, id="/i"),
        pytest.param(CONTAINER, stack(volume("z"), volume("z", "/i"), "x --index=/i"), NOTHING, NOTHING, id="=/i"),
        pytest.param(CONTAINER, stack(volume("z", "/data"), volume("z", "/data")), NOTHING, NOTHING, id="a folder of"),
        pytest.param(CONTAINER, stack(volume("/srv/i", kind="bind"), volume("/srv", "/data", "bind"),
                     "x -index /data/i"), NOTHING, NOTHING, id="binds of two depths"),
        pytest.param(PROCESS, stack(None, volume("/data/index", kind="bind")), NOTHING, NOTHING, id="the host's"),
        pytest.param(HOST, stack(None, volume("z")), NOTHING, NOTHING, id="no worker was seen"),
        pytest.param(HOST, NOTHING, Observed(server(repositories=("github.com/me/TWO",))), NAMES, id="one is there"),
        pytest.param(HOST, NOTHING, Observed(server(repositories=())), Observed(IndexedRepositories()), id="nothing"),
        pytest.param(HOST, NOTHING, Observed(server(repositories=())), NOTHING, id="no database"),
        pytest.param(HOST, NOTHING, Observed(server(repositories=(), loading=True)), NAMES, id="it is loading"),
    ],
)  # fmt: skip
def test_shared(
    config: Resolution,
    worker: Worker,
    containers: Observed[Containers],
    found: Observed[ZoektServer],
    indexed: Observed[IndexedRepositories],
) -> None:
    assert index_not_shared(config, HERE, worker, containers, found, indexed) == ()


def test_neither_tells(config: Resolution) -> None:
    with pytest.raises(Skipped, match="neither the containers nor the server"):
        index_not_shared(config, HERE, HOST, NOTHING, Observed(server()), NAMES)


@pytest.mark.parametrize(
    ("worker", "containers", "found", "said"),
    [
        (CONTAINER, stack(volume("a"), volume("b")), NOTHING,
         "worker writes /data/index to the volume a, zoekt reads /data/index from the volume b"),
        (CONTAINER, stack((), volume("b")), NOTHING, "to its own file system"),
        (CONTAINER, stack(volume("a"), ()), NOTHING, "from its own file system"),
        (CONTAINER, stack((), ()), NOTHING, "to its own file system"),
        (CONTAINER, stack(volume("a"), volume("a"), "x -index /elsewhere"), NOTHING, "zoekt reads /elsewhere from its"),
        (CONTAINER, stack(volume("a", "/data"), volume("a")), NOTHING, "reads /data/index from the volume a"),
        (PROCESS, stack(None, volume("z")), NOTHING, "pid:7 writes /data/index to this host, zoekt reads"),
        (HOST, NOTHING, Observed(server(repositories=())), "has none of the repositories that the database says have"),
        (HOST, NOTHING, Observed(server(repositories=("x/y", "x/z"))), "has 2 others"),
        (HOST, NOTHING, Observed(server(repositories=("x/y",))), "(it has 1 other)"),
    ],
)  # fmt: skip
def test_not_shared(
    config: Resolution, worker: Worker, containers: Observed[Containers], found: Observed[ZoektServer], said: str
) -> None:
    (finding,) = index_not_shared(config, HERE, worker, containers, found, NAMES)

    assert said in finding.message
    assert finding.severity is Severity.WARNING
    assert "the same storage" in advice(finding)
    assert "docker compose up -d worker zoekt-webserver" in advice(finding)


def test_the_server_of_another_name(config: Resolution) -> None:
    seen = stack(volume("a"), volume("b")).value
    assert seen is not None
    named = replace(seen, found=tuple(replace(each, service="search") for each in seen.found))
    (finding,) = index_not_shared(config, HERE, CONTAINER, Observed(named), NOTHING, NOTHING)

    assert "docker compose up -d worker search" in advice(finding)


@pytest.mark.parametrize(
    ("count", "said"), [(3, "text index: a/0, a/1, a/2"), (5, "text index: a/0, a/1, a/2 and 2 more")]
)
def test_many_that_are_not_there(config: Resolution, count: int, said: str) -> None:
    names = Observed(IndexedRepositories(tuple(f"a/{each}" for each in range(count))))
    (finding,) = index_not_shared(config, HERE, HOST, NOTHING, Observed(server(repositories=())), names)

    assert finding.message.endswith(said)


# --- search-off ----------------------------------------------------------------------------------------------------


def test_both_halves(config: Resolution) -> None:
    assert search_off(config, HERE) == ()


@pytest.mark.parametrize(
    ("text", "place", "said", "key"),
    [
        (SETTINGS, OFF, "but zoekt.webserver.host is empty", "zoekt.webserver.host"),
        (
            UNUSED,
            HERE,
            "searches text at localhost, but the worker makes no index",
            "zoekt.concurrent_indexing.enabled",
        ),
    ],
)
def test_one_half(resolved: Resolved, text: str, place: ApiPlace, said: str, key: str) -> None:
    (finding,) = search_off(resolved(text), place)

    assert said in finding.message
    assert finding.at.key == key
    assert finding.severity is Severity.NOTE
