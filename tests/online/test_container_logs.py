"""What a container printed, out of a real engine: all of it, the recent part, and while it is written."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from doctor import app
from doctor.errors import UsageError
from doctor.facts.logs import Logs
from doctor.facts.logselection import LogSelection
from doctor.model import OutcomeKind
from doctor.settings import Settings
from tests.logs import encoder

if TYPE_CHECKING:
    from tests.engines import Dockerd

pytestmark = pytest.mark.slow

PANIC = encoder.file(encoder.panic()).decode()
LAST = encoder.line("Message processing loop started").decode() + "\n"
# Without one, that is the reason for whatever the log tells.
KEY = {"CODECHUNK_GEMINI_API_KEY": "example-key"}
CONFIG = "database:\n  user: dev\n  password: dev\n"


@pytest.fixture
def installation(tmp_path: Path) -> Path:
    (tmp_path / "configs").mkdir()
    (tmp_path / "configs" / "config.yaml").write_text(CONFIG)
    return tmp_path


def settings(engine: Dockerd | None, directory: Path, monkeypatch: pytest.MonkeyPatch, **more: object) -> Settings:
    if engine is not None:
        monkeypatch.setenv("DOCKER_HOST", engine.url)
    return Settings(directory=directory, **more)  # type: ignore[arg-type]


def printing(text: str, then: str = "exec sleep 1000") -> str:
    """A shell's command that prints this, as the text is in its environment."""
    return f'printf "%s" "$TEXT"; {then}'


def start(engine: Dockerd, name: str, text: str, then: str = "exec sleep 1000", **options: object) -> object:
    return engine.run(name, "worker", do=printing(text, then), environment=KEY | {"TEXT": text}, **options)


def read(given: Settings, *paths: str) -> Logs:
    return app.logs(given, LogSelection(paths))


def test_a_quiet_container_has_nothing_to_tell(
    engine: Dockerd, installation: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine.run("quiet", "worker", do="true").wait()

    found = read(settings(engine, installation, monkeypatch), "docker:quiet")

    assert found.unfinished is None
    assert [count for count in found.counts if count.level == "ERROR"] == []


@pytest.mark.parametrize("called", ["name", "id", "service"])
def test_a_stopped_container_tells_all_that_it_printed(
    called: str, engine: Dockerd, installation: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = start(engine, "told", PANIC, "exit 2", service="worker", at=installation)
    made.wait()  # type: ignore[attr-defined]
    name = {"name": "told", "id": made.id[:12], "service": "worker"}[called]  # type: ignore[attr-defined]

    found = read(settings(engine, installation, monkeypatch), f"docker:{name}")

    assert found.unfinished is None
    assert found.inputs[0].path == f"docker:{name}"
    assert found.inputs[0].wrapper == "docker-timestamps"
    assert any(count.id.startswith("go-panic") for count in found.counts)


def test_a_name_that_is_not_there(engine: Dockerd, installation: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    engine.run("other", "worker")
    with pytest.raises(UsageError, match="there is no container wrong; there are: other"):
        read(settings(engine, installation, monkeypatch), "docker:wrong")


def test_offline_no_engine_is_asked(engine: Dockerd, installation: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = read(settings(engine, installation, monkeypatch, offline=True), "docker:told")

    assert found.unfinished == "not read: --offline: no socket is opened"


def test_no_engine(installation: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = read(settings(None, installation, monkeypatch), "docker:told")

    assert found.unfinished == "not read: no Docker engine was found on this machine"


def test_a_container_is_followed(engine: Dockerd, installation: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    go = "until [ -e /tmp/go ]; do sleep 0.1; done"
    made = engine.run("followed", "worker", do=f"{go}; {printing(PANIC)}", environment={"TEXT": PANIC})
    given = settings(engine, installation, monkeypatch, deadline=20.0)
    events = app.follow(given, LogSelection(("docker:followed",)))
    timer = threading.Timer(0.5, lambda: made.exec_run(["sh", "-c", ": > /tmp/go"]))
    timer.start()
    try:
        first = next(events)
    finally:
        timer.join()
        events.close()  # type: ignore[attr-defined]

    assert first.id.startswith("go-panic")


def test_following_ends_with_the_deadline(engine: Dockerd, installation: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    engine.run("silent", "worker")
    began = time.monotonic()

    found = list(
        app.follow(settings(engine, installation, monkeypatch, deadline=1.0), LogSelection(("docker:silent",)))
    )

    assert found == []
    assert time.monotonic() - began < 5.0


def outcome(given: Settings, id: str) -> tuple[OutcomeKind, tuple[str, ...]]:
    report = app.diagnose(given)
    (result,) = (each for each in report.results if each.id == id)
    return result.outcome.kind, report.notices


def test_the_workers_own_log_is_read(engine: Dockerd, installation: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    start(engine, "codechunking-worker", PANIC, service="worker", at=installation)

    kind, notices = outcome(settings(engine, installation, monkeypatch, only=("logs.panic",)), "logs.panic")

    assert kind is OutcomeKind.FOUND
    assert any("the recent part of docker:codechunking-worker" in each for each in notices)


def test_old_lines_of_the_own_log_are_left_out(
    engine: Dockerd, installation: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from doctor.sources.logs import container

    # That of the other channel comes before or after the last.
    monkeypatch.setattr(container, "RECENT_LINES", 2)
    start(engine, "codechunking-worker", PANIC + LAST, service="worker", at=installation)

    given = settings(engine, installation, monkeypatch, only=("logs.panic",))
    while sum(each.lines for each in read(given, "docker:codechunking-worker").inputs) <= PANIC.count("\n"):
        time.sleep(0.05)  # until it has printed the last

    kind, _ = outcome(given, "logs.panic")

    assert kind is OutcomeKind.PASSED


def test_a_named_log_takes_the_place_of_the_own_one(
    engine: Dockerd, installation: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    start(engine, "codechunking-worker", PANIC, service="worker", at=installation)
    (installation / "other.log").write_text(LAST)
    given = settings(engine, installation, monkeypatch, only=("logs.panic",), logs=(str(installation / "other.log"),))

    kind, notices = outcome(given, "logs.panic")

    assert kind is OutcomeKind.PASSED
    assert not any("recent part" in each for each in notices)


def test_why_reads_the_workers_own_log(engine: Dockerd, installation: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from doctor.facts import WhySelection

    start(engine, "codechunking-worker", PANIC, service="worker", at=installation)

    found = app.why(settings(engine, installation, monkeypatch), WhySelection())
    without = app.why(settings(engine, installation, monkeypatch, offline=True), WhySelection())

    assert "1 log" in found.sources
    assert "1 log" not in without.sources
