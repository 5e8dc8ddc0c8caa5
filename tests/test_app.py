"""A whole run: what is said about it, and that it is the same every time."""

from __future__ import annotations

import dataclasses
import subprocess
import sys
from pathlib import Path

import pytest

from doctor import app, facts
from doctor.errors import SourceError, UsageError
from doctor.facts import Container, ContainerState, Environment, Habitat, Known, Variable, Worker
from doctor.fixes import by_hand
from doctor.model import CheckResult, Edit, Finding, Fix, Location, Outcome, OutcomeKind, Report, Safety
from doctor.redact import Redactor
from doctor.settings import Settings
from doctor.sources.contained import worker_of
from doctor.target import Target
from tests.conftest import Resolved

FILE = "database: {user: u, password: p}\nlog: {format: xml}\n"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    (tmp_path / "config.yaml").write_text(FILE)
    return Settings(directory=tmp_path, clean_env=True, offline=True)


def shell(base: str) -> Environment:
    layer = "worker" if base == "worker" else "shell"
    return Environment({"A": Variable("A", "1", layer, Location.env("A"))}, base)


HOST = Worker(Known.ASSUMED, Habitat.HOST)
RUNNING = Worker(Known.OBSERVED, Habitat.PROCESS, name="pid:7", pid=7, started_at=1.0, variables={"A": "1"})
HIDDEN = dataclasses.replace(RUNNING, variables=None)
GONE = Worker(Known.GIVEN, Habitat.PROCESS, name="pid:7")
CONTAINER = Worker(Known.GIVEN, Habitat.CONTAINER, name="worker-1")
UNSEEN = dataclasses.replace(CONTAINER, unseen="no Docker engine was found")
INSIDE = worker_of(Known.OBSERVED, Container("i", "worker-1", ContainerState.RUNNING, environment={"A": "1"}))
STOPPED = worker_of(Known.OBSERVED, Container("i", "worker-1", ContainerState.EXITED, environment={"A": "1"}))


@pytest.mark.parametrize(
    ("worker", "base", "said"),
    [
        pytest.param(HOST, "shell", None, id="this host: nothing to explain"),
        pytest.param(RUNNING, "worker", "variables are those of the worker, process pid:7", id="observed"),
        pytest.param(HIDDEN, "shell", "belongs to another user", id="somebody else's"),
        pytest.param(GONE, "none", "is not running: its variables are not known;", id="gone"),
        pytest.param(
            CONTAINER, "shell", "this shell's stand in for them; its directories are not judged", id="container"
        ),
        pytest.param(
            UNSEEN, "shell", "worker-1 was not looked into (no Docker engine was found): its variables", id="unseen"
        ),
        pytest.param(INSIDE, "worker", "variables are those of the worker, container worker-1", id="inside"),
        pytest.param(STOPPED, "worker", "those of the worker, container worker-1 (exited)", id="stopped"),
    ],
)
def test_notices(worker: Worker, base: str, said: str | None) -> None:
    """Whose variables were judged is said whenever they are not simply this shell's."""
    notices = app.notices({facts.Worker: worker, facts.Environment: shell(base)})

    assert (said is None and notices == ()) or (said is not None and said in notices[0])


def inside(path: str = "configs/config.yaml", *, here: bool = True) -> facts.ConfigFile:
    return facts.ConfigFile(None, path, loaded=True, container="worker-1", here=here)


@pytest.mark.parametrize(
    ("worker", "file", "read", "config", "said"),
    [
        pytest.param(RUNNING, inside(), None, None, None, id="a process"),
        pytest.param(INSIDE, inside(), None, None, None, id="the same file"),
        pytest.param(INSIDE, inside(here=False), None, "x.yaml", None, id="a file given to the doctor"),
        pytest.param(INSIDE, inside("/app/c", here=False), None, None, "the container's own /app/c", id="its own"),
        pytest.param(
            INSIDE, inside(), SourceError("too slow"), None, "could not be read (too slow): that of this", id="not read"
        ),
    ],
)
def test_whose_file_was_read_is_said(
    resolved: Resolved,
    worker: Worker,
    file: facts.ConfigFile,
    read: SourceError | None,
    config: str | None,
    said: str | None,
) -> None:
    resolution = resolved()
    vars(resolution)["file"] = file
    notices = app.notices(
        {
            facts.Worker: worker,
            facts.Environment: shell("worker"),
            facts.Resolution: resolution,
            facts.ContainerFiles: read or facts.ContainerFiles("worker-1", "/app"),
            Target: Target(Path("/"), config_argument=config),
        }
    )

    assert (said is None and len(notices) == 1) or (said is not None and said in notices[1])


def test_a_stopped_container_is_not_called_running() -> None:
    assert app.summarise(Target(Path("/")), {facts.Worker: STOPPED}).worker.state == "exited"
    assert app.summarise(Target(Path("/")), {facts.Worker: INSIDE}).worker.state is None


@pytest.mark.parametrize(("here", "safety"), [(True, Safety.SAFE), (False, Safety.NONE)])
def test_a_file_that_only_a_container_has_is_not_edited(here: bool, safety: Safety) -> None:
    fix = Fix("Correct it.", edits=(Edit("/app/c", "log.format", "xml", "json"),), safety=Safety.SAFE)
    at = Location.file("/app/c")
    outcome = Outcome(OutcomeKind.FOUND, (Finding("wrong", at, fix=fix), Finding("no fix", at)))
    result = CheckResult("a.b", "a", "t", None, "", outcome)

    first, second = by_hand(result, inside("/app/c", here=here)).outcome.findings

    assert first.fix is not None
    assert (first.fix.safety, second.fix) == (safety, None)
    assert ("container worker-1" in first.fix.summary) is not here


def test_variables_laid_over_the_worker_s_are_said() -> None:
    both = {**shell("worker").variables, "B": Variable("B", "2", "--env", Location.env("B"))}

    (said,) = app.notices({facts.Worker: RUNNING, facts.Environment: Environment(both, "worker")})

    assert said.endswith("with --env laid over")


COMPOSE = """
services:
  worker:
    command: ["worker", "--config", "configs/config.dev.yaml"]
"""


@pytest.mark.parametrize(
    ("compose", "config", "said"),
    [
        pytest.param(None, None, False, id="no compose file"),
        pytest.param(COMPOSE, "config.yaml", False, id="--config given"),
        pytest.param(COMPOSE.replace("configs/config.dev.yaml", "config.yaml"), None, False, id="the same file"),
        pytest.param(COMPOSE.replace('"--config", ', ""), None, False, id="compose gives none"),
        pytest.param(COMPOSE, None, True, id="another file"),
    ],
)
def test_the_file_that_compose_gives_is_named(
    settings: Settings, compose: str | None, config: str | None, said: bool
) -> None:
    """Who types the bare command in a checkout must learn that their worker is given another file."""
    if compose is not None:
        (settings.directory / "docker-compose.yml").write_text(compose)

    report = app.diagnose(dataclasses.replace(settings, config=config))

    other = "the compose file docker-compose.yml starts the worker with another file"
    named = [f"{other}: --config configs/config.dev.yaml examines that one"]
    assert list(report.notices) == (named if said else [])


def without_times(report: Report) -> object:
    results = [
        dataclasses.replace(result, outcome=dataclasses.replace(result.outcome, duration_ms=0))
        for result in report.results
    ]
    return dataclasses.replace(report, started_at="", duration_ms=0, results=tuple(results))


def test_the_same_inputs_give_the_same_report(settings: Settings) -> None:
    assert without_times(app.diagnose(settings)) == without_times(app.diagnose(settings))


def test_a_run_changes_nothing(settings: Settings) -> None:
    """Not a byte, not a time stamp; directories that do not exist still do not."""

    def state() -> list[tuple[str, int, int]]:
        files = sorted(settings.directory.rglob("*"))
        return [(str(each), each.stat().st_mtime_ns, each.stat().st_size) for each in (settings.directory, *files)]

    before = state()
    app.diagnose(settings)

    assert state() == before


def test_a_directory_that_is_not_there_is_wrong_use(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no such directory"):
        app.diagnose(Settings(directory=tmp_path / "nowhere"))


def test_an_env_file_that_is_not_there_is_wrong_use(settings: Settings) -> None:
    with pytest.raises(UsageError, match="no such file"):
        app.diagnose(dataclasses.replace(settings, env_file=Path("nowhere.env")))


def test_a_plan_reads_the_configuration_and_nothing_else(settings: Settings) -> None:
    plan = app.plan(settings)

    assert "config.yaml" in plan.files
    assert plan.hosts == plan.queries == ()


def test_scrubbing_reaches_every_text_and_leaves_words_alone() -> None:
    finding = Finding("the secret hunter2-x", Location.file("f-hunter2-x", detail="hunter2-x"))

    scrubbed = app.scrub((finding,), Redactor(["hunter2-x"]))

    assert scrubbed[0] == Finding("the secret ***", Location.file("f-***", detail="***"))


@pytest.mark.slow
def test_the_module_can_be_run(tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, "-m", "doctor", "--version"], capture_output=True, text=True, check=True)

    assert done.stdout.startswith("codechunk-doctor")
