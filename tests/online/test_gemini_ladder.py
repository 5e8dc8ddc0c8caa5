"""Each step of the way to Gemini fails for real, and one check names it; what hangs costs nobody else anything."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from doctor import app
from doctor.cli import main
from doctor.engine import observe, required
from doctor.facts import GeminiAccess, GeminiBatchApi, GeminiFileApi
from doctor.model import OutcomeKind, Report
from doctor.registry import installed
from doctor.settings import Settings
from doctor.sources.gemini import api as calls
from tests.servers import Googles
from tests.sources import peers

pytestmark = pytest.mark.slow

KEY = "AIzaSyD-canary_0123456789"
CONFIG = f"""\
database:
  host: 127.0.0.1
  port: {{port}}
  user: dev
  password: dev
gemini:
  api_key: {KEY}
  batch:
    enabled: true
    input_dir: /tmp
    output_dir: /tmp
batch_processing:
  enabled: true
"""
FACTS = (GeminiAccess, GeminiBatchApi, GeminiFileApi)

World = Mapping[str, Any]
Examine = Callable[..., Report]


class Site:
    """An installation, and the variables by which it gets to a stand-in for Google."""

    def __init__(self, directory: Path, google: Googles) -> None:
        self.directory = directory
        self.google = google
        self.env: dict[str, str] = {}

    def stand(self, world: World) -> None:
        standing = self.google({"keys": [KEY], **world})
        self.env = {"HTTPS_PROXY": standing.proxy, "SSL_CERT_FILE": str(standing.authority)}

    def directly(self, port: int | None = None) -> None:
        """Without the proxy, by a name that only this process knows."""
        assert self.google.current is not None
        del self.env["HTTPS_PROXY"]
        self.env["GOOGLE_GEMINI_BASE_URL"] = f"https://stand.googleapis.com:{port or self.google.current.port}"

    def examine(self, only: tuple[str, ...] = ("gemini",), **settings: Any) -> Report:
        return app.diagnose(Settings(directory=self.directory, env=self.env, clean_env=True, only=only, **settings))

    def check(self, *arguments: str) -> Any:
        options = [each for name, text in self.env.items() for each in ("--env", f"{name}={text}")]
        return CliRunner().invoke(main, ["check", "--dir", str(self.directory), "--clean-env", *options, *arguments])


@pytest.fixture
def site(tmp_path: Path, google: Googles, monkeypatch: pytest.MonkeyPatch) -> Site:
    monkeypatch.setattr(calls, "PAUSE", 0.05)
    (tmp_path / "configs").mkdir()
    text = CONFIG.format(port=peers.unused_port())
    (tmp_path / "configs" / "config.yaml").write_text(text, encoding="utf-8")
    made = Site(tmp_path, google)
    made.stand({})
    return made


@pytest.fixture(autouse=True)
def _known_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """`stand.googleapis.com` is this host, and nobody knows `gone.googleapis.com`."""
    resolve = socket.getaddrinfo

    def found(host: str, port: int, *arguments: Any, flags: int = 0, **others: Any) -> Any:
        if host == "gone.googleapis.com":
            raise socket.gaierror(-2, "Name or service not known")
        if host != "stand.googleapis.com":
            return resolve(host, port, *arguments, **{"flags": flags, **others})
        if flags:
            raise socket.gaierror(-2, "Name or service not known")
        return [(socket.AF_INET, 1, 6, "", ("127.0.0.1", port))]

    monkeypatch.setattr(socket, "getaddrinfo", found)


def found(report: Report) -> list[str]:
    return [each.id for each in report.results if each.outcome.kind is OutcomeKind.FOUND]


def message(report: Report, id: str) -> str:
    return next(each.outcome.findings[0].message for each in report.results if each.id == id)


def complete(report: Report, only: tuple[str, ...] = ()) -> None:
    """Everything that was asked for was judged, and nothing broke."""
    kinds = {each.id: each.outcome.kind for each in report.results}
    assert kinds.keys() == {check.id for check in installed().select(only, ())}
    assert [id for id, kind in kinds.items() if kind is OutcomeKind.CRASHED] == []
    assert report.incomplete is None


# --- nothing is wrong ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "world",
    [
        {},
        {"models": [f"m{n}" for n in range(200)] + ["gemini-embedding-001"]},
        {"batches": 200},
        {"empty_list_404": True},
        {"date": 30},
        {"date": False},
        {"answers": {"*": {"status": 429, "times": 1}}},
        {"answers": {"models": {"status": 503, "times": 1}, "files": {"status": 500, "times": 1}}},
        {"connect": {"login": "jo:swordfish"}},
    ],
)
def test_nothing_is_said(site: Site, world: World) -> None:
    site.stand(world)
    if "connect" in world:
        site.env["HTTPS_PROXY"] = site.env["HTTPS_PROXY"].replace("//", "//jo:swordfish@")
    report = site.examine()

    assert found(report) == []
    complete(report, ("gemini",))


def test_nothing_is_said_of_the_way_without_a_proxy(site: Site) -> None:
    site.directly()

    assert found(site.examine()) == []


# --- one fault, one finding ------------------------------------------------------------------------------------------


LADDER: list[tuple[World, str, str]] = [
    ({"accept": "cut"}, "gemini.proxy", "breaks the connection off"),
    ({"connect": {"status": 407}}, "gemini.proxy", "wants a login"),
    ({"connect": {"status": 403, "reason": "Blocked"}}, "gemini.proxy", "Blocked"),
    ({"connect": {"behaviour": "garbage"}}, "gemini.proxy", "not a proxy"),
    ({"tls": "cut"}, "gemini.unreachable", "broken off"),
    ({"tls": "garbage"}, "gemini.unreachable", "not the Gemini API"),
    ({"tls": {"untrusted": True}}, "gemini.tls", "Example Corp Inspection CA"),
    ({"tls": {"name": "other.example"}}, "gemini.tls", ""),
    ({"tls": {"expired": True}}, "gemini.tls", ""),
    ({"tls": {"early": True}, "date": 2 * 86400}, "gemini.clock-skew", ""),
    ({"tls": {"expired": True}, "date": -7 * 86400}, "gemini.clock-skew", ""),
    ({"date": 3600}, "gemini.clock-skew", ""),
    ({"answers": {"models": {"behaviour": "cut"}}}, "gemini.unreachable", ""),
    ({"answers": {"models": {"behaviour": "html"}}}, "gemini.unreachable", "Guest Network"),
    ({"answers": {"models": {"behaviour": "redirect", "to": "https://x.example"}}}, "gemini.unreachable", "x.example"),
    ({"answers": {"models": {"behaviour": "bad-json"}}}, "gemini.unreachable", "not JSON"),
    ({"answers": {"models": {"status": 503}}}, "gemini.unreachable", "overloaded"),
    ({"answers": {"batches": {"status": 503}}}, "gemini.unreachable", "not this one: GET /v1beta/batches: 503"),
    ({"answers": {"files": {"behaviour": "html"}}}, "gemini.unreachable", "Guest Network"),
    ({"answers": {"models": {"status": 400, "reason": "API_KEY_INVALID"}}}, "gemini.key-rejected", ""),
    ({"keys": ["another"]}, "gemini.key-rejected", ""),
    ({"answers": {"models": {"status": 401}}}, "gemini.key-rejected", ""),
    ({"answers": {"models": {"status": 403, "reason": "SERVICE_DISABLED"}}}, "gemini.key-restricted", ""),
    ({"answers": {"models": {"status": 403}}}, "gemini.key-restricted", ""),
    ({"answers": {"models": {"status": 400, "word": "FAILED_PRECONDITION"}}}, "gemini.key-restricted", ""),
    ({"models": ["gemini-2.5-flash"]}, "gemini.model-unavailable", ""),
    ({"answers": {"batches": {"status": 403}}}, "gemini.batches-denied", ""),
    ({"answers": {"files": {"status": 403}}}, "gemini.files-denied", ""),
    ({"answers": {"models": {"quota": [{"metric": "m"}], "retry": 36}}}, "gemini.quota-exhausted", ""),
    ({"answers": {"batches": {"status": 429}}}, "gemini.quota-exhausted", ""),
]


@pytest.mark.parametrize(("world", "id", "words"), LADDER)
def test_one_fault_and_one_finding(site: Site, world: World, id: str, words: str) -> None:
    site.stand(world)
    report = site.examine()

    assert found(report) == [id]
    assert words in message(report, id)
    complete(report, ("gemini",))


def test_nothing_listens_where_the_way_leads(site: Site) -> None:
    site.directly(peers.unused_port())

    assert found(site.examine()) == ["gemini.unreachable"]


def test_a_name_that_nobody_knows(site: Site) -> None:
    site.env = {"GOOGLE_GEMINI_BASE_URL": "https://gone.googleapis.com"}

    assert found(site.examine()) == ["gemini.dns"]


def test_a_proxy_that_only_this_shell_has(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker that was started without it, beside a shell that has it."""
    proxy = site.env["HTTPS_PROXY"]
    site.directly(peers.unused_port())
    monkeypatch.setenv("https_proxy", proxy)
    env = {**site.env, "https_proxy": ""}
    report = app.diagnose(Settings(directory=site.directory, env=env, only=("gemini",)))

    assert found(report) == ["gemini.proxy"]
    assert "which https_proxy of this shell names" in message(report, "gemini.proxy")


# --- what hangs ------------------------------------------------------------------------------------------------------


@pytest.fixture
def black_hole(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """A port to which nobody ever gets a connection: as behind a firewall that drops what it does not like."""
    released = threading.Event()

    class Socket(socket.socket):
        def connect(self, address: Any) -> None:
            if isinstance(address, tuple) and address[1] == 9:
                released.wait(self.gettimeout())
                raise TimeoutError("timed out")
            super().connect(address)

    monkeypatch.setattr(socket, "socket", Socket)
    yield 9
    released.set()


HANGING: list[tuple[World, str]] = [
    ({"accept": "hang"}, "gemini.proxy"),
    ({"connect": {"behaviour": "hang"}}, "gemini.proxy"),
    ({"tls": "hang"}, "gemini.unreachable"),
    ({"answers": {"models": {"behaviour": "hang"}}}, "gemini.unreachable"),
    ({"answers": {"models": {"behaviour": "drip", "pause": 0.02}}}, "gemini.unreachable"),
]


@pytest.mark.parametrize(("world", "id"), HANGING)
def test_what_hangs_is_named_within_the_deadline(site: Site, world: World, id: str) -> None:
    """All families are asked for: the others are judged, and the whole is there in time."""
    site.stand(world)
    started = time.monotonic()
    report = site.examine((), deadline=2.0)

    assert time.monotonic() - started < 2.5
    assert [each for each in found(report) if each.startswith("gemini.")] == [id]
    assert "database.unreachable" in found(report)
    complete(report)


def test_a_black_hole_is_named_within_the_deadline(site: Site, black_hole: int) -> None:
    site.directly(black_hole)
    started = time.monotonic()
    report = site.examine((), deadline=2.0)

    assert time.monotonic() - started < 2.3
    assert [each for each in found(report) if each.startswith("gemini.")] == ["gemini.unreachable"]
    assert "does not answer" in message(report, "gemini.unreachable")
    complete(report)


@pytest.mark.parametrize("what", ["batches", "files"])
def test_one_list_that_hangs_leaves_the_other(site: Site, what: str) -> None:
    site.stand({"answers": {what: {"behaviour": "hang"}}})
    started = time.monotonic()
    report = site.examine(deadline=1.0)

    assert time.monotonic() - started < 1.3
    judged = {each.id: each.outcome.kind for each in report.results}
    assert judged["gemini.key-rejected"] is OutcomeKind.PASSED
    assert judged[f"gemini.{'files' if what == 'batches' else 'batches'}-denied"] is OutcomeKind.PASSED
    assert OutcomeKind.CRASHED not in judged.values()


def test_the_command_says_so_in_time(site: Site) -> None:
    site.stand({"tls": "hang"})
    started = time.monotonic()
    result = site.check("--deadline", "2s", "--format", "json")

    assert time.monotonic() - started < 2.5
    assert result.exit_code == 1
    report = json.loads(result.stdout)
    judged = {each["id"]: each["outcome"] for each in report["checks"]}
    assert judged["gemini.unreachable"] == "found"
    assert judged["database.unreachable"] == "found"


@pytest.mark.slow
def test_without_a_deadline_ten_seconds_are_enough(site: Site) -> None:
    world, id = HANGING[-1]
    site.stand(world)
    started = time.monotonic()
    report = site.examine((), deadline=None)

    assert time.monotonic() - started < 10
    assert [each for each in found(report) if each.startswith("gemini.")] == [id]
    complete(report)


# --- what is asked ---------------------------------------------------------------------------------------------------


def test_a_run_asks_for_lists_and_nothing_else(site: Site) -> None:
    """Nothing that is billed or changed, whatever is selected; the key in its header alone."""
    site.stand({"models": ["other"], "batches": 200})
    site.examine(())

    assert site.google.current is not None
    seen = site.google.current.requests
    assert {each.method for each in seen} == {"GET"}
    assert {each.path for each in seen} == {
        "/v1beta/models",
        "/v1beta/models/gemini-embedding-001",
        "/v1beta/batches",
        "/v1beta/files",
    }
    assert {name for each in seen for name, text in each.headers.items() if KEY in text} == {"x-goog-api-key"}
    assert not any(KEY in f"{each.path}{each.query}" for each in seen)
    assert not any(KEY in str(each.headers) for each in site.google.current.tunnels)


def test_the_sources_alone(site: Site) -> None:
    """As the engine runs them: the way once, then the two lists side by side."""
    settings = Settings(directory=site.directory, env=site.env, clean_env=True)
    sources = app.sources()
    facts = observe(app.target_of(settings), required(FACTS, sources))

    assert all(isinstance(facts[each], each) for each in FACTS)
    assert site.google.current is not None
    assert len(site.google.current.requests) == 3
