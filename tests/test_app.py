"""A whole run: what is said about it, and that it is the same every time."""

from __future__ import annotations

import dataclasses
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from doctor import app, facts
from doctor.engine import OutOfTime
from doctor.errors import SourceError, UsageError
from doctor.facts import Container, ContainerState, Environment, Habitat, Known, Variable, Worker
from doctor.fixes import by_hand
from doctor.model import CheckResult, Edit, Finding, Fix, Location, Outcome, OutcomeKind, Report, Safety, Severity
from doctor.redact import Redactor
from doctor.settings import Settings
from doctor.sources.contained import worker_of
from doctor.sources.logs import own
from doctor.target import Target
from tests.conftest import Resolved
from tests.logs import encoder

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


@pytest.mark.parametrize(
    ("argument", "shown"),
    [
        pytest.param(None, "config.yaml", id="found by search"),
        pytest.param("config.yaml", "config.yaml", id="given"),
        pytest.param("nowhere.yaml", None, id="not there"),
        pytest.param("./config.yaml", "config.yaml", id="with a dot"),
        pytest.param("{root}/config.yaml", "config.yaml", id="absolute"),
        pytest.param("../{name}/config.yaml", "config.yaml", id="there and back"),
        pytest.param("../other.yaml", "{root.parent}/other.yaml", id="elsewhere"),
    ],
)
def test_the_file_is_named_as_findings_name_it(settings: Settings, argument: str | None, shown: str | None) -> None:
    root = settings.directory
    (root.parent / "other.yaml").write_text(FILE)
    typed = argument.format(root=root, name=root.name) if argument is not None else None

    target = app.diagnose(dataclasses.replace(settings, config=typed, only=("config.start-refused",))).target

    assert (target.config_arg, target.config_file) == (typed, shown.format(root=root) if shown else None)


LATE = OutOfTime("no answer before the deadline of this run", "jobs")


def listing(
    monkeypatch: pytest.MonkeyPatch, settings: Settings, error: SourceError, *found: Finding, **more: Any
) -> Any:
    """What `jobs` gives when this is all that came of the jobs, and that of the checks."""
    check = CheckResult("database.dns", "database", "t", None, "", Outcome(OutcomeKind.FOUND, found))
    report = Report(app.summarise(Target(Path("/")), {}), "", 0, (check,), **more)
    monkeypatch.setattr(app, "observe", lambda *_, **__: {facts.JobList: error})
    monkeypatch.setattr(app, "diagnose", lambda *_, **__: report)
    return app.jobs(settings, facts.JobSelection())


ANY = Finding("it is down", Location.file("f"), severity=Severity.ERROR)


@pytest.mark.parametrize(
    ("error", "found", "cut", "said"),
    [
        pytest.param(SourceError("down", "database"), [ANY], None, None, id="a finding says why"),
        pytest.param(LATE, [ANY], None, None, id="a finding says why it is late"),
        pytest.param(LATE, [], "no time for database.dns", "no time for database.dns", id="no time for the checks"),
        pytest.param(LATE, [], None, str(LATE), id="time enough for the checks"),
    ],
)
def test_what_stands_in_the_way_of_a_list_is_a_report(
    monkeypatch: pytest.MonkeyPatch,
    settings: Settings,
    error: SourceError,
    found: list[Finding],
    cut: str | None,
    said: str | None,
) -> None:
    report = listing(monkeypatch, settings, error, *found, incomplete=cut)

    assert (list(report.findings()), report.incomplete) == (found, said)


def test_what_no_finding_explains_is_no_report(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> None:
    with pytest.raises(SourceError, match="a query took too long"):
        listing(monkeypatch, settings, SourceError("a query took too long", "jobs"))


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


LINE = encoder.file([encoder.line("Message processing loop started")])
UNKNOWN = encoder.file([encoder.line("This is said nowhere")])


@pytest.mark.parametrize(
    ("files", "lack"),
    [
        pytest.param({"a.log": LINE}, None, id="one line"),
        pytest.param({"a.log": UNKNOWN}, None, id="a line that means nothing"),
        pytest.param({"a.log": encoder.file([b"x", encoder.line("Job failed", "ERROR"), b"y"])}, None, id="in between"),
        pytest.param({"a.log": LINE, "b.log": b""}, None, id="an empty one beside it"),
        pytest.param({"a.log.1": LINE, "a.log": b""}, None, id="rotated a moment ago"),
        pytest.param({"a.log": LINE, "b.log": b"# Title\n"}, None, id="a foreign one beside it"),
        pytest.param({"a.log": b""}, "there is nothing in a.log", id="empty"),
        pytest.param({"a.log": b"", "b.log": b""}, "there is nothing in a.log and 1 more", id="all empty"),
        pytest.param({"a.log": b"# Title\n\ntext\n"}, "no line of a.log is known to be codechunking's", id="foreign"),
        pytest.param({"a.log": bytes(range(256)) * 9}, "no line of a.log is known to be codechunking's", id="binary"),
        pytest.param({"a.log": b"\x1f\x8b\x08garbage"}, "a log was not read: ", id="damaged"),
    ],
)
def test_logs_without_a_line_of_the_program_are_no_answer(
    settings: Settings, files: dict[str, bytes], lack: str | None
) -> None:
    for name, data in files.items():
        (settings.directory / name).write_bytes(data)
    named = tuple(str(settings.directory / name) for name in files)
    report = app.diagnose(dataclasses.replace(settings, only=("logs.panic",), logs=named))
    (result,) = (each for each in report.results if each.id == "logs.panic")

    assert result.outcome.kind is (OutcomeKind.PASSED if lack is None else OutcomeKind.BLOCKED)
    assert (report.incomplete or "").startswith(lack or "")
    assert (report.incomplete is None) is (lack is None)
    assert result.outcome.reason == (None if lack is None else f"logs: {report.incomplete}")


@pytest.mark.parametrize("data", [b"", b"# Title\n"])
def test_logs_that_no_selected_check_asks_for_leave_the_run_complete(settings: Settings, data: bytes) -> None:
    (settings.directory / "a.log").write_bytes(data)
    named = (str(settings.directory / "a.log"),)

    assert app.diagnose(dataclasses.replace(settings, only=("directories",), logs=named)).incomplete is None


@pytest.mark.parametrize(
    ("data", "kind"), [(LINE, OutcomeKind.PASSED), (b"", OutcomeKind.SKIPPED), (b"# Title\n", OutcomeKind.SKIPPED)]
)
def test_a_workers_own_log_without_a_line_of_the_program_is_as_none(
    settings: Settings, data: bytes, kind: OutcomeKind, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = settings.directory / "own.log"
    log.write_bytes(data)
    monkeypatch.setattr(own, "written_to", lambda _: str(log))
    report = app.diagnose(dataclasses.replace(settings, only=("logs.panic",)), known={Worker: RUNNING})

    assert [each.outcome.kind for each in report.results if each.id == "logs.panic"] == [kind]
    assert report.incomplete is None


def test_a_plan_reads_the_configuration_and_nothing_else(settings: Settings) -> None:
    plan = app.plan(settings)

    assert "config.yaml" in plan.files
    assert plan.hosts == plan.queries == ()


@pytest.mark.parametrize("where", ["plain", "up and down again"])
def test_a_plan_names_every_file_once_below_the_directory_or_absolute(settings: Settings, where: str) -> None:
    root = settings.directory
    (root / "sub").mkdir()
    (root / "config.yaml").rename(root / "sub" / "config.yaml")
    for name in ("sub/in.log", "out.log", "prod.env", "sub/base.json"):
        (root / name).write_text("")
    here = root if where == "plain" else root / "sub" / ".."
    plan = app.plan(
        dataclasses.replace(
            settings,
            directory=here / "sub",
            config=f"{here}/sub/config.yaml",
            logs=(str(here / "sub"), str(here / "out.log")),
            env_file=here / "prod.env",
            baseline=here / "sub" / "base.json",
        )
    )

    assert {"in.log", f"{root}/out.log", f"{root}/prod.env", "base.json", "config.yaml"} <= set(plan.files)
    assert not any(".." in each for each in plan.files)
    assert len(set(plan.files)) == len(plan.files)


def test_a_plan_without_a_baseline_or_logs_names_none(settings: Settings) -> None:
    (settings.directory / "base.json").write_text("")

    assert not {"base.json", "-"} & set(app.plan(dataclasses.replace(settings, logs=("-",))).files)


def test_scrubbing_reaches_every_text_and_leaves_words_alone() -> None:
    finding = Finding("the secret hunter2-x", Location.file("f-hunter2-x", detail="hunter2-x"))

    scrubbed = app.scrub((finding,), Redactor(["hunter2-x"]))

    assert scrubbed[0] == Finding("the secret ***", Location.file("f-***", detail="***"))


@pytest.mark.slow
def test_the_module_can_be_run(tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, "-m", "doctor", "--version"], capture_output=True, text=True, check=True)

    assert done.stdout.startswith("codechunk-doctor")
