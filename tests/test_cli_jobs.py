"""`jobs` as a command: how it may be called, and how it ends where there is no database to ask."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from doctor import app
from doctor.cli import main
from doctor.cli.jobs import MOST, STATUSES
from doctor.errors import SourceError
from doctor.facts import JobList, JobSelection, JobTotal, ListedJob
from doctor.facts.joblist import JOB_STATUSES
from doctor.model import Report, TargetSummary, WorkerSummary
from tests.report.schemas import validate

ID = "a1b2c3d4-e5f6-4890-abcd-000000000001"
Asked = list[JobSelection]


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["jobs", *arguments])


def found(selection: JobSelection) -> JobList:
    jobs = (ListedJob(ID, "completed", "my-repo"),) if selection.limit else ()
    now = datetime(2026, 3, 1, tzinfo=UTC)
    return JobList(selection, jobs, (JobTotal("completed", 1),), "codechunking at h:5432", "http://localhost:8080", now)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Asked:
    """What the command asks for; a job is found."""
    selections: Asked = []

    def answer(_settings: Any, selection: JobSelection) -> JobList:
        selections.append(selection)
        return found(selection)

    monkeypatch.setattr(app, "jobs", answer)
    return selections


@pytest.fixture
def silent(monkeypatch: pytest.MonkeyPatch) -> None:
    def answer(*_: object) -> JobList:
        raise SourceError("a query took longer than 4.0 s on the server", "jobs")

    monkeypatch.setattr(app, "jobs", answer)


def test_the_words_in_the_help_are_those_of_the_facts():
    assert STATUSES == JOB_STATUSES


# --- what is asked for


@pytest.mark.parametrize(
    ("arguments", "selection"),
    [
        pytest.param([], JobSelection(), id="nothing"),
        pytest.param(["--status", "running"], JobSelection(("running",)), id="a status"),
        pytest.param(["--status", "Running"], JobSelection(("running",)), id="in capitals"),
        pytest.param(
            ["--status", "failed", "--status", "pending", "--status", "failed"],
            JobSelection(("failed", "pending")),
            id="several",
        ),
        pytest.param(["--failed"], JobSelection(("failed",)), id="failed"),
        pytest.param(["--failed", "--status", "failed"], JobSelection(("failed",)), id="failed twice"),
        pytest.param(["--repo", "My-Repo"], JobSelection(repository="My-Repo"), id="repository"),
        pytest.param(["--limit", "3"], JobSelection(limit=3), id="limit"),
        pytest.param(["--limit", "0"], JobSelection(limit=MOST), id="no limit"),
        pytest.param(["--summary"], JobSelection(limit=0), id="summary"),
        pytest.param(["--summary", "--failed"], JobSelection(("failed",), limit=0), id="summary of the failed"),
    ],
)
def test_selection(asked: Asked, arguments: list[str], selection: JobSelection) -> None:
    result = run(*arguments)

    assert (result.exit_code, result.stderr) == (0, "")
    assert asked == [selection]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        pytest.param(["--status", "faild"], "did you mean failed?", id="misspelt"),
        pytest.param(["--status", "queued"], "pending, running, completed, failed, cancelled", id="another's word"),
        pytest.param(["--failed", "--status", "running"], "--status several times", id="failed and running"),
        pytest.param(["--summary", "--limit", "3"], "leave one of them out", id="a limit for nothing"),
        pytest.param(["--limit", "-1"], "from 0 to 10000", id="negative"),
        pytest.param(["--limit", "all"], "from 0 to 10000", id="no number"),
        pytest.param(["--limit", "10001"], "from 0 to 10000", id="too many"),
        pytest.param(["--limit", "9" * 5000], "from 0 to 10000", id="far too many"),
        pytest.param(["--repo", " "], "an empty text", id="no name"),
        pytest.param(["--offline"], "--offline", id="offline"),
        pytest.param(["some-id"], "some-id", id="an argument"),
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


def test_settings_that_say_offline(asked: Asked, tmp_path: Path) -> None:
    (tmp_path / "codechunk-doctor.toml").write_text("offline = true\n")

    result = run("--dir", str(tmp_path))

    assert (result.exit_code, result.stdout) == (2, "")
    assert "offline = false" in result.stderr


# --- what is shown


@pytest.mark.usefixtures("asked")
def test_text_and_json():
    assert ID in run().stdout
    document = validate(run("--format", "json").stdout, "jobs")
    assert [job["id"] for job in document["jobs"]] == [ID]


@pytest.mark.usefixtures("asked")
def test_output_into_a_file(tmp_path):
    result = run("--output", f"json={tmp_path}/jobs.json", "--output", f"text={tmp_path}/jobs.txt")

    assert result.exit_code == 0
    validate((tmp_path / "jobs.json").read_text(), "jobs")
    assert (tmp_path / "jobs.txt").read_text() == result.stdout


@pytest.mark.usefixtures("silent")
def test_what_no_finding_explains_could_not_complete():
    result = run()

    assert (result.exit_code, result.stdout) == (3, "")
    assert "could not complete: jobs: a query took longer" in result.stderr


# --- watching without a terminal


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("doctor.cli.live.EVERY", 0.02)


def interrupted_after(frames: int) -> Callable[..., JobList]:
    left = [frames]

    def answer(_settings: object, selection: JobSelection) -> JobList:
        if not left[0]:
            raise KeyboardInterrupt
        left[0] -= 1
        return found(selection)

    return answer


@pytest.mark.usefixtures("quick")
def test_watching_into_a_pipe_until_it_is_interrupted(monkeypatch):
    monkeypatch.setattr(app, "jobs", interrupted_after(3))
    result = run("--watch")

    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.count(ID) == 3
    assert result.stdout.startswith("2026-03-01 00:00:00 UTC")
    assert "\x1b" not in result.stdout


@pytest.mark.usefixtures("quick")
def test_watching_for_machines(monkeypatch, tmp_path):
    monkeypatch.setattr(app, "jobs", interrupted_after(3))
    result = run("--watch", "--format", "json", "--output", f"json={tmp_path}/newest.json")

    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    assert len(lines) == 3
    for line in (*lines, (tmp_path / "newest.json").read_text()):
        validate(line, "jobs")


@pytest.mark.usefixtures("asked", "quick")
def test_watching_ends_at_the_deadline():
    result = run("--watch", "--deadline", "200ms", "--format", "json")

    assert (result.exit_code, result.stderr) == (0, "")
    assert len(result.stdout.splitlines()) > 1


LATE = "the deadline ended the run before database.dns could be judged"
TARGET = TargetSummary(".", None, None, WorkerSummary("assumed", "host", None), offline=False)
CUT = Report(TARGET, "2026-01-01T00:00:00.000Z", 1.0, (), LATE)


@pytest.mark.parametrize(
    ("arguments", "stdout", "stderr"),
    [
        pytest.param([], f"Not complete: {LATE}.", "", id="text"),
        pytest.param(["-q"], "", f"codechunk-doctor: could not complete: {LATE}\n", id="quiet"),
        pytest.param(
            ["--format", "json"], "report/1", f"codechunk-doctor: could not complete: {LATE}\n", id="for machines"
        ),
    ],
)
def test_a_deadline_that_leaves_no_time_gives_what_there_is(monkeypatch, tmp_path, arguments, stdout, stderr):
    monkeypatch.setattr(app, "jobs", lambda *_: CUT)
    result = run(*arguments, "--output", f"json={tmp_path}/r.json")

    assert (result.exit_code, result.stderr) == (3, stderr)
    assert stdout in " ".join(result.stdout.split())
    assert validate((tmp_path / "r.json").read_text(), "report")["checks"] == []


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize(
    ("trouble", "said"),
    [
        pytest.param(SourceError("not connected", "database"), "not connected", id="an error"),
        pytest.param(CUT, LATE, id="a report without findings"),
    ],
)
def test_watching_goes_on_after_trouble(monkeypatch, trouble, said):
    answers: list[Any] = [trouble, found(JobSelection())]

    def answer(_settings: object, selection: JobSelection) -> JobList | Report:
        if not answers:
            raise KeyboardInterrupt
        value = answers.pop(0) if len(seen) else found(selection)
        seen.append(value)
        if isinstance(value, SourceError):
            raise value
        assert isinstance(value, JobList | Report)
        return value

    seen: list[object] = []
    monkeypatch.setattr(app, "jobs", answer)
    result = run("--watch")

    assert result.exit_code == 0
    assert result.stdout.count(ID) == 2
    assert f"{said}; trying again" in result.stderr


@pytest.mark.usefixtures("silent")
def test_watching_does_not_begin_in_trouble():
    assert run("--watch").exit_code == 3
