"""Where the API runs and which settings it has: of what was seen, else of the compose file, else of this shell."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from doctor.errors import SourceError
from doctor.facts import (
    ApiPlace,
    Compose,
    ComposeService,
    Container,
    Containers,
    ContainerState,
    Habitat,
    Known,
    Peers,
    Process,
    Processes,
    Resolution,
    Worker,
)
from doctor.model import Place
from doctor.needs import Observed
from doctor.sources.services.place import api_place
from doctor.target import Target
from tests.conftest import Resolved

NAME = "CODECHUNK_ZOEKT_WEBSERVER_HOST"
SETTINGS = "zoekt: {webserver: {host: localhost, port: 6070}}\n"
HOST = Worker(Known.ASSUMED, Habitat.HOST)
RUNNING, EXITED = ContainerState.RUNNING, ContainerState.EXITED


def service(name: str = "api", **values: Any) -> Compose:
    return Compose("docker-compose.yml", {name: ComposeService(name, 5, **values)})


def engine(*found: Container) -> Containers:
    return Containers("Docker", "socket", found)


def box(state: ContainerState = RUNNING, env: Mapping[str, str] | None = None, **values: Any) -> Container:
    return Container("1", "codechunking-api", state, role="api", environment=env or {}, **values)


def place(
    resolution: Resolution,
    *,
    compose: Compose | None = None,
    containers: Containers | None = None,
    process: bool = False,
    peers: Peers | None = None,
    directory: str | None = "/app",
    worker: Worker = HOST,
    argument: str | None = None,
) -> ApiPlace:
    api = Process("api", 7, ("codechunking", "api"), directory, 1.0, config_argument=argument)
    processes = Processes((api,)) if process else Processes()
    known: Observed[Peers] = Observed(peers) if peers is not None else Observed(None, SourceError("unknown"))
    observed: Observed[Containers] = Observed(containers) if containers else Observed(None, SourceError("no engine"))
    found = api_place.function(
        Target(Path("/app")), worker, resolution, processes, known, compose or Compose(), observed
    )
    assert isinstance(found, ApiPlace)
    return found


# --- where ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "name", "running", "contained"),
    [
        pytest.param({}, None, False, False, id="nothing"),
        pytest.param({"process": True}, "process 7", True, False, id="a process"),
        pytest.param({"process": True, "compose": service()}, "process 7", True, False, id="a process beside a file"),
        pytest.param({"compose": service()}, None, False, True, id="the compose file"),
        pytest.param({"compose": service("web", command=("api",))}, None, False, True, id="a service by its command"),
        pytest.param({"compose": service("worker", command=("worker",))}, None, False, False, id="no such service"),
        pytest.param({"compose": service(network_mode="host")}, None, False, False, id="a host network by compose"),
        pytest.param({"containers": engine(box())}, "container codechunking-api", True, True, id="a container"),
        pytest.param({"containers": engine(box(host_network=True))}, "container codechunking-api", True, False,
                     id="a container in the host's network"),
        pytest.param({"containers": engine(box(EXITED))}, "container codechunking-api", False, True, id="an ended one"),
        pytest.param({"containers": engine(box(EXITED)), "process": True}, "process 7", True, False,
                     id="a process beside a container that ended"),
        pytest.param({"containers": engine(box()), "process": True}, "container codechunking-api", True, True,
                     id="a container beside a process"),
    ],
)  # fmt: skip
def test_where(resolved: Resolved, given: dict[str, Any], name: str | None, running: bool, contained: bool) -> None:
    found = place(resolved(SETTINGS), **given)

    assert (found.name, found.running, found.contained) == (name, running, contained)
    assert (found.zoekt_host, found.zoekt_port, found.port) == ("localhost", 6070, 8080)


@pytest.mark.parametrize(
    ("directory", "worker", "argument", "seen"),
    [
        ("/app", HOST, None, True),
        ("/elsewhere", Worker(Known.OBSERVED, Habitat.PROCESS, directory="/elsewhere"), None, True),
        ("/elsewhere", HOST, None, False),
        ("/elsewhere", HOST, "/etc/hosts", False),
        ("/elsewhere", Worker(Known.OBSERVED, Habitat.CONTAINER, directory="/elsewhere"), None, False),
        (None, HOST, None, False),
        (None, HOST, "/app/configs/config.yaml", False),
    ],
)
def test_an_api_of_another_installation_is_none(
    resolved: Resolved, directory: str | None, worker: Worker, argument: str | None, seen: bool
) -> None:
    found = place(resolved(SETTINGS), process=True, directory=directory, worker=worker, argument=argument)

    assert (found.name is not None) is seen


# --- with which settings -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "host"),
    [
        pytest.param({}, "shell", id="this shell's"),
        pytest.param({"process": True}, "shell", id="a process whose variables are not known"),
        pytest.param({"compose": service()}, "localhost", id="compose passes nothing on"),
        pytest.param({"compose": service(environment={NAME: "z"})}, "z", id="by the compose file"),
        pytest.param({"compose": service(environment={NAME: "${Z}"})}, "localhost", id="a reference"),
        pytest.param({"containers": engine(box())}, "localhost", id="not in the container"),
        pytest.param({"containers": engine(box(env={NAME: "z"}))}, "z", id="in the container"),
        pytest.param({"containers": engine(box(env={NAME: ""}))}, "localhost", id="empty in the container"),
        pytest.param({"containers": engine(box()), "compose": service(environment={NAME: "z"})}, "localhost",
                     id="a container made before the file was changed"),
    ],
)  # fmt: skip
def test_the_host_of_text_search(resolved: Resolved, given: dict[str, Any], host: str) -> None:
    found = place(resolved(SETTINGS, {NAME: "shell"}), **given)

    assert found.zoekt_host == host
    assert (found.zoekt_at.kind is Place.ENV) is (host != "localhost")


def test_a_variable_does_not_count_where_the_file_lacks_the_key(resolved: Resolved) -> None:
    config = resolved("log: {level: info}\n")

    assert place(config, containers=engine(box(env={NAME: "z"}))).zoekt_host == ""
    assert place(config, containers=engine(box(env={"CODECHUNK_API_PORT": "9000"}))).port == 9000


def test_the_settings_of_its_own_process(resolved: Resolved) -> None:
    own = resolved("zoekt: {webserver: {host: z, port: 1}}\napi: {port: '9000', host: 10.0.0.1}\n", name="other.yaml")
    found = place(resolved(SETTINGS), process=True, peers=Peers(api=own))

    assert (found.zoekt_host, found.zoekt_port, found.port, found.host) == ("z", 1, 9000, "10.0.0.1")


def test_the_settings_of_its_own_container(resolved: Resolved) -> None:
    own = Peers(api=resolved("zoekt: {webserver: {host: z, port: 1}}\n", name="other.yaml"))
    config = resolved(SETTINGS)

    assert place(config, containers=engine(box()), peers=own).zoekt_host == "z"
    assert place(config, containers=engine(box(EXITED)), peers=own).zoekt_host == "localhost"


def test_a_process_is_meant_where_the_worker_is_one(resolved: Resolved) -> None:
    worker = Worker(Known.OBSERVED, Habitat.PROCESS, directory="/app")

    assert place(resolved(SETTINGS), process=True, containers=engine(box()), worker=worker).name == "process 7"


@pytest.mark.parametrize("text", ["''", "'0'", "http", "'70000'", "'-1'"])
def test_a_port_that_is_none(resolved: Resolved, text: str) -> None:
    assert place(resolved(f"api: {{port: {text}}}\n")).port == 0
