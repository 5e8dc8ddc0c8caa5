"""`why` as a command: how it may be called, what is asked for, and how it ends."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from doctor import app
from doctor.cli import main
from doctor.engine import OutOfTime
from doctor.errors import SourceError
from doctor.facts.why import WhySelection
from doctor.model import (
    CheckResult,
    Finding,
    Location,
    Outcome,
    OutcomeKind,
    Report,
    Severity,
    TargetSummary,
    WorkerSummary,
)
from doctor.settings import Settings
from doctor.why.verdict import Why
from tests.report.schemas import validate
from tests.report.why_samples import EVERY, ID, MANY, answer

Asked = list[tuple[Settings, WhySelection]]


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["why", *arguments])


def answers(monkeypatch: pytest.MonkeyPatch, found: Why | Report | BaseException) -> Asked:
    """Take the place of what looks at the installation; what it is asked is kept."""
    asked: Asked = []

    def why(settings: Settings, selection: WhySelection, *, progress: object = None) -> Why | Report:
        asked.append((settings, selection))
        if isinstance(found, BaseException):
            raise found
        return found

    monkeypatch.setattr(app, "why", why, raising=False)
    return asked


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Asked:
    return answers(monkeypatch, EVERY["s4-changed"])


# --- what is asked for


@pytest.mark.parametrize(
    ("arguments", "selection"),
    [
        pytest.param([], WhySelection(), id="the newest"),
        pytest.param([ID], WhySelection(ID), id="a job"),
        pytest.param(["a1b2"], WhySelection("a1b2"), id="its beginning"),
        pytest.param([ID.upper()], WhySelection(ID), id="in capitals"),
        pytest.param(["--job", ID], WhySelection(ID), id="as an option"),
        pytest.param([ID, "--job", ID], WhySelection(ID), id="the same twice"),
        pytest.param(["--repo", "acme/api"], WhySelection(repository="acme/api"), id="a repository"),
        pytest.param(["--all"], WhySelection(every=True), id="all"),
        pytest.param(["--all", "--repo", "a"], WhySelection(repository="a", every=True), id="all of a repository"),
        pytest.param(["--chunks", "8269"], WhySelection(chunks=8269), id="thought of"),
    ],
)
def test_selection(asked: Asked, arguments: list[str], selection: WhySelection) -> None:
    result = run(*arguments)

    assert (result.exit_code, result.stderr) == (0, "")
    assert [each for _, each in asked] == [selection]


def test_logs_and_offline_are_the_settings_of_check(asked: Asked, tmp_path: Path) -> None:
    (tmp_path / "codechunk-doctor.toml").write_text('logs = ["worker.log"]\n')

    assert run("--logs", "a.log", "--logs", "-", "--offline").exit_code == 0
    assert run("--dir", str(tmp_path)).exit_code == 0
    assert [(each.logs, each.offline) for each, _ in asked] == [
        (("a.log", "-"), True),
        ((str(tmp_path / "worker.log"),), False),
    ]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        pytest.param(["a1b"], "four at least", id="too short"),
        pytest.param(["acme-api"], "a1b2c3d4-e5f6-4890-abcd-ef1234567890", id="a name"),
        pytest.param(["-----"], "--", id="dashes"),
        pytest.param(["--job", ""], "is no id of a job", id="empty"),
        pytest.param([ID + "0"], "is no id of a job", id="too long"),
        pytest.param([ID, "a1b2c3d5"], "a1b2c3d5", id="two jobs"),
        pytest.param([ID, "--job", "a1b2c3d5"], "give one of them", id="two other jobs"),
        pytest.param([ID, "--repo", "x"], "leave out --repo and --all", id="a job and a repository"),
        pytest.param([ID, "--all"], "leave out --repo and --all", id="a job and all"),
        pytest.param(["--chunks", "0"], "from 1 to", id="no chunks"),
        pytest.param(["--chunks", "-1"], "from 1 to", id="fewer"),
        pytest.param(["--chunks", "many"], "from 1 to", id="no number"),
        pytest.param(["--chunks", "9" * 5000], "from 1 to", id="too many"),
        pytest.param(["--chunks", "5", ID], "--chunks thinks", id="chunks and a job"),
        pytest.param(["--chunks", "5", "--repo", "x"], "--chunks thinks", id="chunks and a repository"),
        pytest.param(["--chunks", "5", "--all"], "--chunks thinks", id="chunks and all"),
        pytest.param(["--repo", " "], "an empty text", id="no name"),
        pytest.param(["--format", "junit"], "text", id="a format of check"),
        pytest.param(["--dir", "/no/such"], "there is no such directory", id="directory"),
        pytest.param(["--output", "json=/no/such/file"], "there is no directory", id="output"),
    ],
)
def test_wrong_use(asked: Asked, arguments: list[str], said: str) -> None:
    result = run(*arguments)

    assert (result.exit_code, result.stdout) == (2, "")
    assert said in result.stderr
    assert "Traceback" not in result.stderr
    assert asked == []


# --- what is shown


@pytest.mark.usefixtures("asked")
def test_text_json_and_files(tmp_path: Path) -> None:
    result = run("--output", f"json={tmp_path}/why.json", "--output", f"text={tmp_path}/why.txt")

    assert "was embedded one chunk at a time" in result.stdout
    assert (tmp_path / "why.txt").read_text() == result.stdout
    written = validate((tmp_path / "why.json").read_text(), "why")
    assert [each["leaf"] for each in written["jobs"]] == ["S4"]
    assert json.loads(run("--format", "json").stdout) == written


@pytest.mark.parametrize("name", EVERY)
def test_whatever_it_says_it_could_be_shown(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    answers(monkeypatch, EVERY[name])

    assert run().exit_code == 0


def test_all_is_a_table(monkeypatch: pytest.MonkeyPatch) -> None:
    answers(monkeypatch, MANY)

    assert run("--all").stdout.startswith("JOB ")
    assert run("--all", "-q").stdout.count("\n") == 6


@pytest.mark.parametrize("arguments", [[], ["-q"]])
def test_a_job_that_is_nowhere(monkeypatch: pytest.MonkeyPatch, arguments: list[str]) -> None:
    answers(monkeypatch, answer(missing="no job has an id that begins with a1b2"))

    result = run("a1b2", *arguments)
    assert (result.exit_code, result.stderr) == (1, "")
    assert "No job has an id that begins with a1b2." in result.stdout


def test_a_job_that_is_nowhere_as_json(monkeypatch: pytest.MonkeyPatch) -> None:
    answers(monkeypatch, answer(missing="no job has an id that begins with a1b2"))

    result = run("a1b2", "--format", "json")
    assert result.exit_code == 1
    assert validate(result.stdout, "why")["jobs"] == []
    assert "no job has an id that begins with a1b2" in result.stderr


@pytest.mark.parametrize("missing", [None, "no job has an id that begins with a1b2"])
@pytest.mark.parametrize("arguments", [[], ["-q"], ["--format", "json"]])
def test_an_answer_from_a_part_of_the_logs_is_no_whole_one(
    monkeypatch: pytest.MonkeyPatch, arguments: list[str], missing: str | None
) -> None:
    part = "a log was not read to its end before the deadline of this run"
    answers(monkeypatch, answer(missing=missing, unfinished=part))

    result = run("a1b2", *arguments)
    assert result.exit_code == 3
    assert f"could not complete: {part}" in result.stderr


@pytest.mark.parametrize("arguments", [[], ["-q"], ["--format", "json"]])
def test_a_deadline_that_leaves_no_time_gives_an_answer_all_the_same(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, arguments: list[str]
) -> None:
    late = OutOfTime("no answer before the deadline of this run", "processes")
    answers(monkeypatch, late)

    result = run(*arguments, "--output", f"json={tmp_path}/why.json")
    assert (result.exit_code, result.stderr) == (3, f"codechunk-doctor: could not complete: {late}\n")
    assert result.stdout
    document = validate((tmp_path / "why.json").read_text(), "why")
    assert (document["jobs"], document["sources"], document["without"]) == ([], [], [str(late)])


def broken_log(tmp_path: Path) -> Path:
    import gzip

    whole = gzip.compress(b"\n".join(b"line %d %d" % (each, each**7) for each in range(20_000)))
    path = tmp_path / "worker.log.gz"
    path.write_bytes(whole[: len(whole) // 2])
    return path


def test_logs_that_break_off_are_named(tmp_path: Path) -> None:
    path = broken_log(tmp_path)
    (tmp_path / "whole.log").write_text("a line\n")

    both = run("--dir", str(tmp_path), "--offline", "--logs", str(path), "--logs", str(tmp_path / "whole.log"))
    assert "worker.log.gz: " in both.stdout
    alone = run("--dir", str(tmp_path), "--offline", "--logs", str(tmp_path / "whole.log"))
    assert (alone.exit_code, "worker.log.gz" in alone.stdout) == (both.exit_code, False)


# --- what stands in the way


def hindering(severity: Severity) -> Report:
    finding = Finding("there is no configuration file", Location.file("configs/config.yaml"), severity=severity)
    outcome = Outcome(OutcomeKind.FOUND, (finding,))
    check = CheckResult("config.file-missing", "config", "No file was found", None, "", outcome)
    target = TargetSummary(".", None, None, WorkerSummary("assumed", "host", None), offline=False)
    return Report(target, "2026-01-01T00:00:00.000Z", 1.0, (check,))


@pytest.mark.parametrize("severity", [Severity.ERROR, Severity.WARNING])
def test_findings_are_said_as_check_says_them(monkeypatch: pytest.MonkeyPatch, severity: Severity) -> None:
    answers(monkeypatch, hindering(severity))

    result = run()
    assert (result.exit_code, result.stderr) == (1, "")
    assert "[config.file-missing]" in result.stdout
    assert validate(run("--format", "json").stdout, "report")["checks"][0]["id"] == "config.file-missing"


@pytest.mark.parametrize(
    ("error", "said"),
    [
        pytest.param(KeyboardInterrupt(), "interrupted", id="Ctrl-C"),
        pytest.param(SourceError("no answer", "jobs"), "could not complete: jobs: no answer", id="no answer"),
        pytest.param(RuntimeError("oh"), "this is a bug in codechunk-doctor", id="our own fault"),
    ],
)
@pytest.mark.parametrize("arguments", [[], ["--logs", "a.log"]])
def test_what_could_not_be_completed(
    monkeypatch: pytest.MonkeyPatch, error: BaseException, said: str, arguments: list[str]
) -> None:
    answers(monkeypatch, error)
    result = run(*arguments)

    assert (result.exit_code, result.stdout) == (3, "")
    assert said in result.stderr


def test_help_says_what_there_is() -> None:
    said: Any = run("--help").stdout

    for word in ("[JOB]", "--logs PATH", "--job ID", "--repo NAME", "--all", "--chunks N", "--offline"):
        assert word in said
