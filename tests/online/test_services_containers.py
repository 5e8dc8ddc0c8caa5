"""The API and text search in containers of a real engine: what became of them, who has their ports, what they mount."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from doctor import app
from doctor.embedded.api import Api
from doctor.embedded.zoekt import Zoekt
from doctor.errors import Withheld
from doctor.facts import Connection, GeminiAccess, Nats, ZoektServer
from doctor.model import Finding, Location
from doctor.settings import Settings
from tests.engines import CONFIG, Dockerd, until

pytestmark = pytest.mark.slow

DEV = "configs/config.dev.yaml"
AT = Location.file(DEV, key="zoekt.webserver.host")
SEARCH = (
    CONFIG
    + """
zoekt:
  webserver: {host: zoekt-webserver, port: 6070}
  indexing: {git_index_path: zoekt-git-index, index_dir: /data/index}
  concurrent_indexing: {enabled: true}
"""
)

Start = Callable[..., Any]


@pytest.fixture
def checkout(tmp_path: Path, engine: Dockerd, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DOCKER_HOST", engine.url)
    (tmp_path / "configs").mkdir()
    (tmp_path / DEV).write_text(CONFIG, encoding="utf-8")
    return tmp_path


@pytest.fixture
def start(engine: Dockerd, checkout: Path) -> Start:
    def run(service: str, **options: Any) -> Any:
        given = {"command": [service, "--config", DEV], "service": service, "at": checkout, **options}
        return engine.run(given.pop("name", f"codechunking-{service}"), given.pop("command"), **given)

    return run


@pytest.fixture
def health() -> Iterator[Api]:
    with Api.start() as server:
        yield server


def nobody_else() -> dict[type[Any], object]:
    """The rest of the stack is not there."""
    return dict.fromkeys((Connection, Nats, GeminiAccess), Withheld("not here"))


def found(checkout: Path, *, search: bool = False) -> dict[str, Finding]:
    """What the checks of one family find."""
    known = nobody_else()
    if search:
        known[ZoektServer] = ZoektServer(AT, "zoekt-webserver", 6070, healthz=200, grpc=True)
    env = {"CODECHUNK_GEMINI_API_KEY": "example-key"}
    settings = Settings(directory=checkout, config=DEV, env=env, only=("zoekt",) if search else ("api",))
    results = app.diagnose(settings, known=known).results
    family = "zoekt." if search else "api."
    return {each.id: finding for each in results if each.id.startswith(family) for finding in each.outcome.findings}


# --- the API -------------------------------------------------------------------------------------------------------


def test_an_api_that_answers(start: Start, checkout: Path, health: Api) -> None:
    start("api", network_mode="host", environment={"CODECHUNK_API_PORT": str(health.port)})

    assert found(checkout) == {}
    assert [each.path for each in health.requests] == ["/health"]


def test_no_api_at_all(start: Start, checkout: Path) -> None:
    start("worker")

    assert found(checkout) == {}


def test_an_api_that_has_ended(start: Start, checkout: Path, engine: Dockerd) -> None:
    container = start("api", do="exit 1")
    until(lambda: engine.state(container)["Status"] == "exited")
    judged = found(checkout)

    assert list(judged) == ["api.not-answering"]
    assert judged["api.not-answering"].message.startswith(
        "the API's container codechunking-api is exited with status 1"
    )


def test_an_api_that_is_started_again_and_again(start: Start, checkout: Path, engine: Dockerd) -> None:
    container = start("api", do="exit 2", restart_policy={"Name": "unless-stopped"})
    until(lambda: engine.state(container)["Status"] == "restarting" and container.attrs["RestartCount"] >= 3)
    judged = found(checkout)

    assert list(judged) == ["api.restart-loop"]
    assert "it refused its configuration" in judged["api.restart-loop"].message


def test_an_api_whose_port_another_program_has(start: Start, checkout: Path, engine: Dockerd, health: Api) -> None:
    """As after `make dev` beside `make dev-api`: the engine does not start the container, and says why."""
    docker = pytest.importorskip("docker")
    network = engine.client.networks.create("codechunking-network").name
    with pytest.raises(docker.errors.APIError):
        start("api", network_mode=network, ports={"8080/tcp": ("127.0.0.1", health.port)})
    judged = found(checkout)

    assert list(judged) == ["api.port-taken"]
    assert judged["api.port-taken"].at.name == "codechunking-api"


# --- text search ---------------------------------------------------------------------------------------------------


NOT_SHARED, NOT_WRITABLE = "zoekt.index-not-shared", "zoekt.index-dir-not-writable"


@pytest.mark.parametrize(
    ("user", "ours", "theirs", "judged"),
    [
        ("root", "one", "one", []),
        ("root", "one", "two", [NOT_SHARED]),
        ("1000:1000", "one", "one", [NOT_WRITABLE]),
    ],
)
def test_the_index(start: Start, checkout: Path, user: str, ours: str, theirs: str, judged: list[str]) -> None:
    """A volume that nobody has prepared belongs to root."""
    (checkout / DEV).write_text(SEARCH, encoding="utf-8")
    configs = {str(checkout / "configs"): {"bind": "/app/configs", "mode": "ro"}}
    for service, volume in (("worker", ours), ("zoekt-webserver", theirs)):
        start(service, user=user, volumes={volume: {"bind": "/data/index", "mode": "rw"}, **configs})

    assert list(found(checkout, search=True)) == judged


def test_text_search_at_the_port_that_is_published(start: Start, checkout: Path, engine: Dockerd) -> None:
    """The API calls it by its name; from here it is at another port, by whatever network it is in."""
    (checkout / DEV).write_text(SEARCH, encoding="utf-8")
    start("api")
    start("zoekt-webserver", network_mode="host")
    known = nobody_else()
    with Zoekt.start() as server:
        (checkout / DEV).write_text(SEARCH.replace("6070", str(server.port)), encoding="utf-8")
        settings = Settings(directory=checkout, config=DEV, only=("zoekt.unreachable",))
        results = {each.id: each.outcome for each in app.diagnose(settings, known=known).results}

    assert [each.path for each in server.requests][:1] == ["/healthz"]
    assert results["zoekt.unreachable"].findings == ()
