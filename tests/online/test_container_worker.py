"""A worker that really runs in a container becomes what is examined: its variables, its files, its directories."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from doctor import app
from doctor.cli import main
from doctor.facts import WhySelection
from doctor.model import Report, WorkerSummary
from doctor.settings import Settings
from tests.engines import CONFIG, Dockerd, until

pytestmark = pytest.mark.slow

DEV = "configs/config.dev.yaml"
SECRET = "AIzaSyD-hunter2hunter2hunter2hunter2hu"
BATCH = CONFIG + "gemini: {batch: {enabled: true, input_dir: /data/in, output_dir: /data/out}}\n"
BATCH += "batch_processing: {enabled: true}\n"
STATIC = ("config", "environment", "directories", "gemini.key-missing")


@pytest.fixture
def checkout(tmp_path: Path, engine: Dockerd, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout whose files are those of the image; this shell's docker commands go to the engine."""
    monkeypatch.setenv("DOCKER_HOST", engine.url)
    (tmp_path / "configs").mkdir()
    for name in ("config.yaml", "config.dev.yaml"):
        (tmp_path / "configs" / name).write_text(CONFIG)
    return tmp_path


@pytest.fixture
def start(engine: Dockerd, checkout: Path) -> Callable[..., Any]:
    """Start a container of this checkout's stack, as docker compose does."""

    def run(service: str = "worker", **options: Any) -> Any:
        given = {"command": [service, "--config", DEV], "service": service, "at": checkout, **options}
        return engine.run(given.pop("name", f"codechunking-{service}"), given.pop("command"), **given)

    return run


def check(checkout: Path, *only: str, **options: Any) -> Report:
    return app.diagnose(Settings(directory=checkout, only=only or STATIC, **options))


def messages(report: Report) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for result in report.results:
        for finding in result.outcome.findings:
            found.setdefault(result.id, []).append(finding.message)
    return found


def skipped(report: Report, id: str) -> str | None:
    return next(result.outcome.reason for result in report.results if result.id == id)


# --- whose variables ------------------------------------------------------------------------------------------------


def test_offline_no_engine_is_asked(checkout: Path, start: Callable[..., Any]) -> None:
    start(environment={"CODECHUNK_GEMINI_API_KEY": SECRET})

    report = check(checkout, config=DEV, offline=True)

    assert (report.target.worker.location, report.target.worker.kind) == ("assumed", "host")
    assert "gemini.key-missing" in messages(report)


def test_the_variables_of_the_container_count_and_not_this_shell_s(
    checkout: Path, start: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The shell has no key and a variable that hides a section; the container has a key and neither fault."""
    monkeypatch.setenv("CODECHUNK_DATABASE", "x")
    start(environment={"CODECHUNK_GEMINI_API_KEY": SECRET})

    report = check(checkout)

    assert messages(report) == {}
    assert report.target.worker == WorkerSummary("observed", "container", "codechunking-worker")
    assert report.target.config_file == DEV
    assert report.notices[0] == "variables are those of the worker, container codechunking-worker"


def test_what_is_wrong_in_the_container_is_found_though_this_shell_is_well(
    checkout: Path, start: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CODECHUNK_GEMINI_API_KEY", SECRET)
    start(environment={"CODECHUNK_DATABASE": "x", "CODECHUNK_GEMINI_API_KEY": ""})

    report = check(checkout)

    assert {"environment.section-variable", "gemini.key-missing"} <= set(messages(report))


def test_nothing_of_a_secret_of_the_container_is_shown(checkout: Path, start: Callable[..., Any]) -> None:
    start(environment={"CODECHUNK_GEMINI_API_KEY": SECRET, "CODECHUNK_DATABASE_PASSWORD": "hunter2-Zq8vKw3xN7"})

    done = CliRunner().invoke(main, ["check", "--dir", str(checkout), "--only", "config", "-vv", "--format", "json"])

    assert SECRET not in done.output
    assert "hunter2-Zq8vKw3xN7" not in done.output
    assert json.loads(done.stdout)["target"]["worker"] == {
        "location": "observed",
        "kind": "container",
        "name": "codechunking-worker",
    }


# --- whose file -----------------------------------------------------------------------------------------------------


def test_the_container_s_own_copy_is_judged_where_it_differs(checkout: Path, start: Callable[..., Any]) -> None:
    (checkout / DEV).write_text(CONFIG + "log: {format: xml}\nworker: {job_timeout: soon}\n")
    start()

    report = check(checkout, "config")

    assert messages(report) == {}
    assert "the configuration is the container's own /app/configs/config.dev.yaml" in report.notices[1]


def test_a_finding_in_the_container_s_copy_points_into_it(checkout: Path, start: Callable[..., Any]) -> None:
    text = "{database: {user: u, password: p}, nats: {max_reconnects: soon}}"
    write = f"echo '{text}' > /app/configs/x.yaml; exec sleep 100000"
    container = start(do=write, user="0", command=["worker", "--config", "configs/x.yaml"])
    until(lambda: text.encode() in container.exec_run(["cat", "/app/configs/x.yaml"]).output)

    report = check(checkout, "config")

    (finding,) = (each for each in report.findings() if each.at.key == "nats.max_reconnects")
    assert (finding.at.path, finding.at.line) == ("/app/configs/x.yaml", 1)
    assert "in container codechunking-worker" in (finding.at.detail or "")
    assert finding.fix is None or finding.fix.safety.value == "none"


def test_a_mounted_file_is_the_checkout_s(checkout: Path, start: Callable[..., Any]) -> None:
    (checkout / DEV).write_text(CONFIG + "gemini: {batch: {enabled: maybe}}\n")
    checkout.chmod(0o755)
    start(volumes={str(checkout / "configs"): {"bind": "/app/configs", "mode": "ro"}})

    report = check(checkout, "config")

    (finding,) = (each for each in report.findings() if each.at.key == "gemini.batch.enabled")
    assert (finding.at.path, finding.at.line) == (DEV, 4)


def test_a_file_that_its_user_may_not_read(checkout: Path, start: Callable[..., Any]) -> None:
    (checkout / "configs" / "closed.yaml").write_text(CONFIG)
    (checkout / "configs" / "closed.yaml").chmod(0o600)
    start(
        volumes={str(checkout / "configs"): {"bind": "/app/configs", "mode": "ro"}},
        command=["worker", "--config", "configs/closed.yaml"],
    )

    found = messages(check(checkout, "config"))

    assert "cannot be read by the worker's user 1000 (mode 0600, owner 0)" in found["config.file-unreadable"][0]


# --- which container ------------------------------------------------------------------------------------------------


def test_a_stopped_one_is_found_with_its_files(checkout: Path, start: Callable[..., Any]) -> None:
    container = start(do="exit 3", environment={"CODECHUNK_DATABASE": "x"})
    container.wait()

    report = check(checkout)

    assert (report.target.worker.location, report.target.worker.state) == ("observed", "exited")
    assert "environment.section-variable" in messages(report)
    assert report.target.config_file == DEV


def test_by_name_and_by_id(checkout: Path, start: Callable[..., Any]) -> None:
    start()
    other = start(name="by-hand", service=None, environment={"CODECHUNK_DATABASE": "x"})

    for name in ("by-hand", other.id[:12]):
        report = check(checkout, worker=f"docker:{name}")
        assert (report.target.worker.location, report.target.worker.name) == ("given", "by-hand")
        assert "environment.section-variable" in messages(report)


def test_a_name_that_no_container_has(checkout: Path, start: Callable[..., Any]) -> None:
    start()

    report = check(checkout, worker="docker:nope")

    assert "has no container nope; there are codechunking-worker" in report.notices[0]
    assert "a container that was not looked into" in (skipped(report, "directories.workspace-unusable") or "")


def test_by_the_id_of_its_process(checkout: Path, engine: Dockerd, start: Callable[..., Any]) -> None:
    container = start(environment={"CODECHUNK_GEMINI_API_KEY": SECRET})
    pid = engine.state(container)["Pid"]

    report = check(checkout, worker=f"pid:{pid}")

    assert (report.target.worker.location, report.target.worker.kind) == ("given", "container")
    assert report.target.worker.name == "codechunking-worker"
    assert messages(report) == {}


def test_no_engine_is_said_when_a_container_is_named(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", f"unix://{checkout}/nowhere.sock")

    began = time.monotonic()
    report = check(checkout, worker="docker:codechunking-worker")

    assert "container codechunking-worker was not looked into (" in report.notices[0]
    assert "nowhere.sock" in report.notices[0]
    assert time.monotonic() - began < 5


# --- directories ----------------------------------------------------------------------------------------------------


@pytest.fixture
def batching(checkout: Path, start: Callable[..., Any]) -> Callable[..., Report]:
    """Check the directories of a worker with batches, whose /data is this directory."""

    def run(*made: tuple[str, int, int], mode: str = "rw", **options: Any) -> Report:
        (checkout / DEV).write_text(BATCH)
        data = checkout / "data"
        data.mkdir()
        for name, rights, owner in made:
            folder = data / name
            folder.mkdir(exist_ok=True)
            folder.chmod(rights)
            os.chown(folder, owner, owner)
        volumes = {
            str(checkout / "configs"): {"bind": "/app/configs", "mode": "ro"},
            str(data): {"bind": "/data", "mode": mode},
        }
        start(volumes=volumes, **options)
        before = sorted(data.rglob("*"))
        report = check(checkout, "directories")
        assert sorted(data.rglob("*")) == before
        return report

    return run


def test_directories_of_its_user(batching: Callable[..., Report]) -> None:
    assert messages(batching(("in", 0o750, 1000), ("out", 0o750, 1000))) == {}


def test_root_inside_may_write_everywhere(batching: Callable[..., Report]) -> None:
    assert messages(batching(("in", 0o700, 5), ("out", 0o700, 5), user="0")) == {}


def test_a_group_that_the_image_gives_its_user(batching: Callable[..., Report]) -> None:
    assert messages(batching(("in", 0o770, 2000), ("out", 0o770, 2000))) == {}


def test_directories_of_another_user(batching: Callable[..., Report]) -> None:
    report = batching(("in", 0o755, 0), ("out", 0o750, 1000))

    assert list(messages(report)) == ["directories.batch-dir-not-writable"]
    (finding,) = report.findings()
    assert "/data/in is not writable for the worker (uid 1000 in container codechunking-worker)" in finding.message
    assert finding.fix is not None
    assert finding.fix.commands == ("docker exec -u 0 codechunking-worker chown -R 1000:1001 /data/in",)


def test_a_mount_that_takes_no_files(batching: Callable[..., Report]) -> None:
    found = messages(batching(("in", 0o750, 1000), ("out", 0o750, 1000), mode="ro"))

    assert [each.count("Read-only file system") for each in found["directories.batch-dir-not-writable"]] == [1, 1]


def test_directories_that_cannot_be_made(batching: Callable[..., Report]) -> None:
    found = messages(batching())

    assert (
        "cannot be made by the worker (uid 1000 in container codechunking-worker): /data: Permission denied"
        in (found["directories.batch-dir-not-creatable"][0])
    )


def test_directories_that_vanished(batching: Callable[..., Report]) -> None:
    found = messages(batching((".", 0o777, 0)))

    assert "/data/in and /data/out are not there" in found["directories.batch-dir-vanished"][0]


def test_a_container_whose_own_disk_is_frozen(batching: Callable[..., Report]) -> None:
    found = messages(batching(("in", 0o750, 1000), ("out", 0o750, 1000), read_only=True))

    assert list(found) == ["directories.workspace-unusable"]
    assert "/tmp: Read-only file system" in found["directories.workspace-unusable"][0]


def test_what_lies_in_memory_is_not_judged(checkout: Path, start: Callable[..., Any]) -> None:
    (checkout / DEV).write_text(BATCH)
    start(tmpfs={"/tmp": ""})

    report = check(checkout, "directories.workspace-unusable")

    assert messages(report) == {}
    assert "it lies in memory (tmpfs)" in (skipped(report, "directories.workspace-unusable") or "")


# --- beside it ------------------------------------------------------------------------------------------------------


def test_an_api_and_a_worker_alike(checkout: Path, start: Callable[..., Any]) -> None:
    start("api")
    start()

    assert messages(check(checkout, "environment.api-and-worker-differ")) == {}


def test_an_api_with_another_database(checkout: Path, start: Callable[..., Any]) -> None:
    start("api", environment={"CODECHUNK_DATABASE_NAME": "other"})
    start()

    assert messages(check(checkout, "environment.api-and-worker-differ")) == {
        "environment.api-and-worker-differ": ["database.name: the worker uses codechunking, the API other"]
    }


def test_why_runs_on_the_container_s_settings(checkout: Path, start: Callable[..., Any]) -> None:
    start(environment={"CODECHUNK_GEMINI_API_KEY": SECRET, "CODECHUNK_BATCH_PROCESSING_ENABLED": "false"})

    verdict = app.why(Settings(directory=checkout, only=(), logs=()), WhySelection(chunks=500))

    assert "container codechunking-worker" in verdict.sources


def test_a_plan_asks_no_engine(checkout: Path, start: Callable[..., Any]) -> None:
    start()

    plan = app.plan(Settings(directory=checkout, only=STATIC))

    assert not any("/app" in path for path in plan.files)
