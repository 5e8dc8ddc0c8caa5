"""The worker's container with real faults, each of them told by one finding, and a worker that is well."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from doctor import app
from doctor.model import Finding, OutcomeKind
from doctor.settings import Settings
from tests.engines import CONFIG, until

if TYPE_CHECKING:
    from tests.engines import Dockerd

pytestmark = pytest.mark.slow

NAME = "codechunking-worker"

Found = Callable[..., dict[str, tuple[Finding, ...]]]


@pytest.fixture
def installation(tmp_path: Path) -> Path:
    (tmp_path / "configs").mkdir()
    for name in ("config.yaml", "config.dev.yaml"):
        (tmp_path / "configs" / name).write_text(CONFIG)
    return tmp_path


@pytest.fixture
def found(engine: Dockerd, installation: Path, monkeypatch: pytest.MonkeyPatch) -> Found:
    """Runs the family, and gives the findings by id."""
    monkeypatch.setenv("DOCKER_HOST", engine.url)

    def run(**options: object) -> dict[str, tuple[Finding, ...]]:
        report = app.diagnose(Settings(directory=installation, only=("worker.*",), **options))  # type: ignore[arg-type]
        crashed = [each.outcome.trace for each in report.results if each.outcome.kind is OutcomeKind.CRASHED]
        assert crashed == []
        return {
            each.id: each.outcome.findings
            for each in report.results
            if each.outcome.kind is OutcomeKind.FOUND and each.family == "worker"
        }

    return run


def test_a_worker_that_is_well(engine: Dockerd, installation: Path, found: Found) -> None:
    engine.run(NAME, "worker", service="worker", at=installation)

    assert set(found()) <= {"worker.program-missing"}  # the image of the tests has no git


@pytest.mark.parametrize(("status", "told"), [(0, "status 0"), (1, "Gemini client"), (2, "configuration")])
def test_how_it_ended(
    status: int,
    told: str,
    engine: Dockerd,
    installation: Path,
    found: Found,
) -> None:
    engine.run(NAME, "worker", do=f"exit {status}", service="worker", at=installation).wait()

    (finding,) = found()["worker.not-running"]

    assert told in finding.message


def test_made_and_never_started(engine: Dockerd, installation: Path, found: Found) -> None:
    engine.run(NAME, "worker", start=False, service="worker", at=installation)

    assert "was made but never started" in found()["worker.not-running"][0].message


def test_it_is_restarted_again_and_again(
    engine: Dockerd,
    installation: Path,
    found: Found,
) -> None:
    policy = {"Name": "always"}
    key = {"CODECHUNK_GEMINI_API_KEY": "example-key"}  # else its absence is the reason
    options = {"service": "worker", "at": installation, "restart_policy": policy, "environment": key}
    made = engine.run(NAME, "worker", do="exit 0", **options)
    until(lambda: engine.state(made) and made.attrs["RestartCount"] >= 3)

    assert set(found()) >= {"worker.restart-loop"}
    assert "worker.not-running" not in found()


def test_no_git_in_the_container(engine: Dockerd, installation: Path, found: Found) -> None:
    engine.run(NAME, "worker", service="worker", at=installation)

    (finding,) = found()["worker.program-missing"]

    assert finding.message == f"git is not on the PATH of container {NAME}: no repository can be cloned"


def test_its_copy_of_the_file_is_older(
    engine: Dockerd,
    installation: Path,
    found: Found,
) -> None:
    engine.run(NAME, "worker", service="worker", at=installation)
    assert "worker.config-not-in-container" not in found()
    (installation / "configs" / "config.yaml").write_text("# a comment\n" + CONFIG)
    assert "worker.config-not-in-container" not in found()
    (installation / "configs" / "config.yaml").write_text(CONFIG + "worker:\n  concurrency: 7\n")

    (finding,) = found()["worker.config-not-in-container"]

    assert "worker.concurrency (5 instead of 7)" in finding.message
    assert "worker.config-not-in-container" not in found(config="configs/config.dev.yaml")


def test_a_migration_that_the_image_lacks(
    engine: Dockerd,
    installation: Path,
    found: Found,
) -> None:
    (installation / "migrations").mkdir()
    (installation / "migrations" / "000001_init_schema.up.sql").write_text("SELECT 1;\n")
    engine.run(NAME, "worker", service="worker", at=installation)
    assert "worker.config-not-in-container" not in found()
    shutil.copy(
        installation / "migrations" / "000001_init_schema.up.sql", installation / "migrations" / "000021_next.up.sql"
    )

    (finding,) = found()["worker.config-not-in-container"]

    assert "lacks 000021_next.up.sql" in finding.message


COMPOSE = """
services:
  worker:
    image: codechunking
    environment:
      - CODECHUNK_DATABASE_HOST=postgres
      - CODECHUNK_NATS_URL=nats://nats:4222
      - CODECHUNK_GEMINI_API_KEY=${CODECHUNK_GEMINI_API_KEY}
      - CODECHUNK_DATABASE_NAME=%s
    command: [worker]
    restart: unless-stopped
"""


def test_variables_that_a_new_container_would_have(
    engine: Dockerd,
    installation: Path,
    found: Found,
) -> None:
    had = {
        "CODECHUNK_DATABASE_HOST": "postgres",
        "CODECHUNK_NATS_URL": "nats://nats:4222",
        "CODECHUNK_GEMINI_API_KEY": "a-key-of-another-shell",
        "CODECHUNK_DATABASE_NAME": "chunks",
    }
    engine.run(NAME, "worker", service="worker", at=installation, environment=had)
    (installation / "docker-compose.yml").write_text(COMPOSE % "chunks")
    assert "worker.restart-needed" not in found()
    (installation / "docker-compose.yml").write_text(COMPOSE % "other")

    (finding,) = found()["worker.restart-needed"]

    assert 'database.name ("chunks" instead of "other")' in finding.message
    assert finding.fix is not None
    assert finding.fix.commands == ("docker compose up -d worker",)


def test_a_second_worker(engine: Dockerd, installation: Path, found: Found) -> None:
    engine.run(NAME, "worker", service="worker", at=installation)
    other = engine.run(f"{NAME}-2", "worker", service="worker", at=installation)

    (finding,) = found()["worker.several-workers"]
    other.stop(timeout=0)

    assert f"container {NAME} and container {NAME}-2" in finding.message
    assert "worker.several-workers" not in found()


def test_a_flag_that_does_not_exist(engine: Dockerd, installation: Path, found: Found) -> None:
    engine.run(NAME, ["worker", "--concurrency", "5"], service="worker", at=installation)

    (finding,) = found()["worker.bad-command"]

    assert finding.message == "the worker has no flag --concurrency, and ends with status 1"
