"""A key turns up in no output and goes to nobody but the API, wherever it comes from and whatever goes wrong."""

from __future__ import annotations

import html
import json
import logging
import traceback
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from click.testing import CliRunner, Result

from doctor.cli import main
from doctor.sources.gemini import api as calls
from tests.servers import Googles
from tests.sources import peers

pytestmark = [pytest.mark.slow, pytest.mark.no_cover]

BOUND = "CODECHUNK_GEMINI_API_KEY"
SHAPED = "AIzaSyD-canary_0123456789AbCdEfGhIjKlMno"
PLAIN = "Zq8vKw3xN7hunterYt5mB2rL9"
ODD = 'Zq"8v\\Kw/3x<N>&=+%41#7öäüYt5mB2rL9'
KEYS = [SHAPED, PLAIN, ODD]
LOGIN = "sW0rdf1shXy7Qz"

CONFIG = """\
database: {{host: 127.0.0.1, port: {port}, user: dev, password: dev}}
gemini:
  {key}
  batch: {{enabled: true, input_dir: /tmp, output_dir: /tmp}}
batch_processing: {{enabled: true}}
"""
COMPOSE = """\
services:
  worker:
    image: codechunking
    command: worker
    environment:
      CODECHUNK_GEMINI_API_KEY: {key}
"""

COMMANDS = [
    ["check", "-vv"],
    ["check", "--format", "json"],
    ["check", "-q", "--only", "gemini"],
    ["check", "--plan"],
    ["batches", "list"],
    ["batches", "list", "--format", "json"],
    ["batches", "show", "abc", "-v"],
    ["config", "show"],
    ["config", "show", "--format", "json"],
]
BATCH = {"id": "abc", "state": "FAILED", "requests": 3, "output": "x" * 45}


class Site:
    def __init__(self, directory: Path, google: Googles, port: int) -> None:
        self.directory = directory
        self.google = google
        self.port = port
        self.options: list[str] = []

    def write(self, name: str, text: str) -> Path:
        file = self.directory / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(text, encoding="utf-8")
        return file

    def supply(self, key: str, source: str) -> None:
        """An installation that has the key from there."""
        line = f"api_key: {json.dumps(key, ensure_ascii=False)}" if source == "file" else ""
        self.write("configs/config.yaml", CONFIG.format(port=self.port, key=line))
        dotted = f"{BOUND}='{key}'\n"
        match source:
            case "variable":
                self.given(BOUND, key)
            case "further variable":
                self.given("GOOGLE_API_KEY", key)
            case "env-file":
                self.options += ["--env-file", str(self.write("prod.env", dotted))]
            case "compose":
                written = json.dumps(key.replace("$", "$$"), ensure_ascii=False)
                self.write("docker-compose.yml", COMPOSE.format(key=written))
                self.options += ["--worker", "docker:worker"]
            case "dotenv by compose":
                self.write("docker-compose.yml", COMPOSE.format(key="${CODECHUNK_GEMINI_API_KEY:?}"))
                self.write(".env", dotted)
                self.options += ["--worker", "docker:worker"]

    def given(self, name: str, text: str) -> None:
        self.options += ["--env", f"{name}={text}"]

    def stand(self, world: Mapping[str, Any], login: str = "") -> None:
        standing = self.google({"batches": [BATCH], **world})
        self.given("HTTPS_PROXY", standing.proxy.replace("//", f"//{login}"))
        self.given("SSL_CERT_FILE", str(standing.authority))

    def run(self, command: list[str]) -> Result:
        return CliRunner().invoke(main, [*command, "--dir", str(self.directory), "--clean-env", *self.options])

    @property
    def seen(self) -> list[Any]:
        assert self.google.current is not None
        return [*self.google.current.requests, *self.google.current.tunnels]


@pytest.fixture
def site(tmp_path: Path, google: Googles, monkeypatch: pytest.MonkeyPatch) -> Site:
    monkeypatch.setattr(calls, "PAUSE", 0.05)
    return Site(tmp_path, google, peers.unused_port())


@pytest.fixture
def heard(caplog: pytest.LogCaptureFixture) -> Iterator[pytest.LogCaptureFixture]:
    """All that anything logs."""
    with caplog.at_level(logging.DEBUG):
        yield caplog


def pieces(secret: str, text: str) -> list[str]:
    """Pieces of a secret in a text, as it is or as JSON has it."""
    forms = {secret, json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1], html.escape(secret)}
    return [form[at : at + 8] for form in forms for at in range(4, len(form) - 7) if form[at : at + 8] in text]


def quiet(result: Result, heard: pytest.LogCaptureFixture, *secrets: str) -> None:
    """That nothing of these is in what was printed, logged or raised."""
    raised = "".join(traceback.format_exception(*result.exc_info)) if result.exc_info else ""
    assert result.exit_code in (0, 1, 2, 3)
    assert "Traceback" not in result.output
    text = result.stdout + result.stderr + raised + heard.text + "".join(map(repr, heard.records))
    assert [piece for secret in secrets for piece in pieces(secret, text)] == []


def to_the_api_alone(site: Site, key: str) -> None:
    """That the key went there in its header, and nowhere else; and that nothing but reading was asked for."""
    sent = key.encode().decode("latin-1")
    # A server that is not trusted is asked for the time, at "/".
    allowed = (
        "/",
        "/v1beta/files",
        "/v1beta/models",
        "/v1beta/models/gemini-embedding-001",
        "/v1beta/batches",
        "/v1beta/batches/abc",
    )
    for each in site.seen:
        assert each.method in ("CONNECT", "GET")
        assert {name for name, text in each.headers.items() if sent in text} <= {"x-goog-api-key"}
        assert not pieces(key, f"{each.path} {each.query} {each.host}")
        assert each.method == "CONNECT" or each.path in allowed
        assert each.path != "/" or "x-goog-api-key" not in each.headers


# --- wherever it comes from ------------------------------------------------------------------------------------------


SOURCES = ["file", "variable", "further variable", "env-file", "compose", "dotenv by compose"]


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
@pytest.mark.parametrize("source", SOURCES)
def test_a_key_from_anywhere(site: Site, heard: pytest.LogCaptureFixture, source: str, command: list[str]) -> None:
    for key in KEYS:
        site.options.clear()
        site.supply(key, source)
        site.stand({"keys": [key.encode().decode("latin-1")]})
        result = site.run(command)

        quiet(result, heard, key)
        to_the_api_alone(site, key)


def test_the_watch_itself(site: Site) -> None:
    """The key does get there, and would be found if it were shown."""
    site.supply(PLAIN, "variable")
    site.stand({"keys": [PLAIN]})

    assert site.run(["check", "--only", "gemini"]).exit_code == 0
    assert [each.headers.get("x-goog-api-key") for each in site.seen if each.method == "GET"] == [PLAIN] * 3
    assert pieces(PLAIN, f"see {PLAIN[5:15]}")
    assert pieces(ODD, json.dumps(ODD))


# --- whatever the answer quotes --------------------------------------------------------------------------------------


def quoting(key: str) -> dict[str, dict[str, Any]]:
    """Answers with the key in every place that is shown."""
    page = f"<html><title>Blocked: {html.escape(key)}</title></html>"
    return {
        "message": {"status": 403, "message": f"Permission denied: Consumer 'api_key:{key}' has been suspended."},
        "late in a message": {"status": 403, "message": "x" * 1980 + " " + key + " and more"},
        "reason": {"status": 403, "reason": key},
        "word": {"status": 400, "word": key},
        "quota": {"quota": [{"metric": key, "id": key, "value": key, "model": key}]},
        "title": {"body": page},
        "title of an error": {"status": 403, "body": page},
        "title of a server at its end": {"status": 502, "body": page},
        "redirect": {"behaviour": "redirect", "to": f"https://elsewhere.example/?key={quote(key, safe='')}"},
        "redirect to a login": {"behaviour": "redirect", "to": f"https://u:{quote(key, safe='')}@elsewhere.example/"},
        "redirect to itself": {"behaviour": "redirect", "to": f"https://{quote(key, safe='')}.example/"},
    }


@pytest.mark.parametrize("command", [COMMANDS[0], COMMANDS[1], COMMANDS[4], COMMANDS[6]], ids=" ".join)
@pytest.mark.parametrize("place", quoting(""))
def test_an_answer_that_quotes_it(site: Site, heard: pytest.LogCaptureFixture, place: str, command: list[str]) -> None:
    for key in KEYS:
        for route in ("models", "batches*"):
            site.options.clear()
            site.supply(key, "variable")
            site.stand({"answers": {route: quoting(key)[place]}})
            result = site.run(command)

            quiet(result, heard, key)
            to_the_api_alone(site, key)


@pytest.mark.parametrize("command", [COMMANDS[4], COMMANDS[5], COMMANDS[6]], ids=" ".join)
def test_a_job_that_quotes_it(site: Site, heard: pytest.LogCaptureFixture, command: list[str]) -> None:
    for key in KEYS:
        job = {**BATCH, "name": key, "model": key, "output": key[:5], "error": {"code": 7, "message": f"no {key}"}}
        site.options.clear()
        site.supply(key, "variable")
        site.stand({"batches": [job]})

        quiet(site.run(command), heard, key)


def test_a_redirect_is_not_followed(site: Site, heard: pytest.LogCaptureFixture) -> None:
    visits: list[Any] = []
    for status in (301, 302, 303, 307, 308):
        with peers.peer(visits.append) as port:
            site.options.clear()
            site.supply(SHAPED, "variable")
            to = f"http://127.0.0.1:{port}/v1beta/models"
            site.stand({"answers": {"*": {"status": status, "behaviour": "redirect", "to": to}}})
            for command in (["check", "--only", "gemini"], ["batches", "list"]):
                quiet(site.run(command), heard, SHAPED)
            to_the_api_alone(site, SHAPED)

    assert visits == []


# --- on the way ------------------------------------------------------------------------------------------------------


ON_THE_WAY: list[dict[str, Any]] = [
    {},
    {"accept": "cut"},
    {"connect": {"status": 407, "reason": f"no such user jo:{LOGIN}"}},
    {"connect": {"status": 403, "reason": "x" * 190 + LOGIN}},
    {"connect": {"behaviour": "garbage"}},
    {"tls": "cut"},
    {"tls": {"untrusted": True}},
    {"answers": {"models": {"behaviour": "reset"}}},
    {"answers": {"models": {"behaviour": "huge-headers"}}},
]


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_the_login_of_a_proxy(site: Site, heard: pytest.LogCaptureFixture, command: list[str]) -> None:
    for world in ON_THE_WAY:
        site.options.clear()
        site.supply(PLAIN, "variable")
        site.stand(world, login=f"jo:{LOGIN}@")
        site.given("ALL_PROXY", f"http://jo:{LOGIN}@127.0.0.1:1")
        site.given("HTTP_PROXY", f"jo:{LOGIN}@127.0.0.1:1")
        result = site.run(command)

        quiet(result, heard, PLAIN, LOGIN)
        to_the_api_alone(site, PLAIN)
        assert not any(LOGIN in str(each.headers) for each in site.seen)  # it is sent as Basic says


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_a_login_in_the_address(site: Site, heard: pytest.LogCaptureFixture, command: list[str]) -> None:
    for url in (
        f"https://jo:{LOGIN}@127.0.0.1:1",
        f"https://jo:{LOGIN}@[::1",
        f"jo:{LOGIN}@host",
        f"ftp://jo:{LOGIN}@x",
        f"https://jo:{LOGIN}/{LOGIN}@x",
        f"https://jo:{LOGIN}%zz@x",
    ):
        site.options.clear()
        site.supply(PLAIN, "variable")
        site.stand({})
        site.given("GOOGLE_GEMINI_BASE_URL", url)

        quiet(site.run(command), heard, PLAIN, LOGIN)


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_a_login_with_signs_that_an_address_cannot_have(
    site: Site, heard: pytest.LogCaptureFixture, command: list[str]
) -> None:
    for sign in ("/", "#", "?", " ", "%zz", "\\", "[", "@"):
        for scheme in ("http://", ""):
            site.options.clear()
            site.supply(PLAIN, "variable")
            site.given("HTTPS_PROXY", f"{scheme}jo:{LOGIN}{sign}{LOGIN}@127.0.0.1:1")

            quiet(site.run(command), heard, PLAIN, LOGIN)
