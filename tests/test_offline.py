"""Offline means that no socket is opened, not even to look up a name; and what needs none never opens one."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import pytest

pytestmark = [pytest.mark.slow, pytest.mark.no_cover]

ROOT = Path(__file__).parent.parent
GEMINI = """\
database: {host: db.invalid, user: dev, password: dev}
nats: {url: "nats://nats.invalid:4222"}
gemini:
  api_key: AIzaSyD-canary_0123456789
  batch: {enabled: true, input_dir: /tmp, output_dir: /tmp}
batch_processing: {enabled: true}
"""
OPENAI = """\
database: {host: db.invalid, user: dev, password: dev}
embedding: {provider: openai, openai: {base_url: "http://openai.invalid/v1", model: m, dimensions: 768, api_key: x}}
"""
VARIABLES = {"HTTPS_PROXY": "http://proxy.invalid:3128", "GOOGLE_GEMINI_BASE_URL": "https://google.invalid"}
FAMILIES = ("gemini", "openai", "batches", "jobs", "database", "environment", "config", "directories")

# Each with the lines of a codechunk-doctor.toml.
COMMANDS: dict[str, tuple[list[str], str]] = {
    **{f"check --offline --only {name}": (["check", "--offline", "--only", name], "") for name in FAMILIES},
    "check --offline": (["check", "--offline", "-vv"], ""),
    "check --offline as JSON": (["check", "--offline", "--format", "json"], ""),
    "check by the settings": (["check"], "offline = true"),
    "config show": (["config", "show"], ""),
    "config resolve": (["config", "resolve"], ""),
    "why --offline": (["why", "--offline", "--chunks", "50"], ""),
    "why by the settings": (["why"], "offline = true"),
    "fix --offline": (["fix", "--offline"], ""),
    "fix by the settings": (["fix"], "offline = true"),
    "list": (["list"], ""),
    "explain": (["explain", "gemini.unreachable"], ""),
}
REFUSED = {
    "batches list": (["batches", "list"], "offline = true"),
    "batches show": (["batches", "show", "abc"], "offline = true"),
    "jobs": (["jobs"], "offline = true"),
}
PLAN = {"check --plan": (["check", "--plan"], "")}
ONLINE = {"check": (["check", "--only", "gemini", "--only", "openai", "--deadline", "2s"], "")}
EVERY = {**COMMANDS, **REFUSED, **PLAN, **ONLINE}
# What opens sockets is not even loaded.
OPENERS = ("doctor.sources.web", "doctor.sources.channel", "doctor.sources.gemini", "doctor.sources.database")


@pytest.fixture(scope="module", params=[GEMINI, OPENAI], ids=["gemini", "openai"])
def seen(request: pytest.FixtureRequest) -> dict[str, Any]:
    """What each command does, one after the other in a process of their own; the last goes online."""
    arguments = [sys.executable, "-m", "tests.test_offline", request.param]
    done = subprocess.run(arguments, cwd=ROOT, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@pytest.mark.parametrize("name", [*COMMANDS, *REFUSED, *PLAN])
def test_no_socket_is_opened(seen: dict[str, Any], name: str) -> None:
    found = seen[name]

    assert found["events"] == []
    assert found["programs"] in ([], ["git"])
    assert found["status"] in ((2,) if name in REFUSED else (0, 1))
    assert "Traceback" not in found["output"]
    assert name in PLAN or found["loaded"] == []


def test_the_watch_sees_a_name_being_looked_up(seen: dict[str, Any]) -> None:
    assert any(each.startswith("socket.getaddrinfo") for each in seen["check"]["events"])


def _run(arguments: list[str], settings: str, provider: str, events: list[str]) -> dict[str, Any]:
    from click.testing import CliRunner

    from doctor.cli import main

    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "configs").mkdir()
        (Path(folder) / "configs" / "config.yaml").write_text(provider, encoding="utf-8")
        (Path(folder) / "codechunk-doctor.toml").write_text(settings, encoding="utf-8")
        if arguments[0] not in ("list", "explain"):
            given = [word for variable, text in VARIABLES.items() for word in ("--env", f"{variable}={text}")]
            arguments = [*arguments, "--dir", folder, "--clean-env", *given]
        del events[:]
        result = CliRunner().invoke(main, arguments)
        happened = list(events)
    return {
        "events": [each for each in happened if each.startswith("socket.")],
        "programs": sorted({each.removeprefix("program ") for each in happened if each.startswith("program ")}),
        "status": result.exit_code,
        "output": result.output,
        "loaded": sorted(each for each in OPENERS if each in sys.modules),
    }


def _all(provider: str) -> dict[str, Any]:
    events: list[str] = []

    def hook(event: str, given: tuple[Any, ...]) -> None:
        if event.startswith("socket."):
            events.append(f"{event} {given[1:]!r}")
        elif event == "subprocess.Popen":
            events.append(f"program {Path(str(given[0])).name}")

    sys.addaudithook(hook)
    return {name: _run(*command, provider, events) for name, command in EVERY.items()}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(_all(sys.argv[1])))
