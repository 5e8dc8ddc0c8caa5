"""`logs` as a command: how it may be called, what it reads, and how it ends."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from doctor import app
from doctor.cli import main, progress
from doctor.cli.when import parse_moment
from doctor.facts.logs import UNFINISHED, LogEvent, LogInput, Logs
from doctor.facts.logselection import LogSelection
from tests.logs import encoder
from tests.report.log_samples import JOB, healthy, quota
from tests.report.schemas import validate

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
Asked = list[LogSelection]


def run(*arguments: str, **extra: Any) -> Result:
    return CliRunner().invoke(main, ["logs", *arguments], **extra)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Asked:
    """What the command asks for; used-up quota is found."""
    selections: Asked = []

    def answer(_settings: object, selection: LogSelection, **_: object) -> Logs:
        selections.append(selection)
        return quota()

    monkeypatch.setattr(app, "logs", answer)
    return selections


# --- what is asked for


@pytest.mark.parametrize(
    ("arguments", "selection"),
    [
        (["a.log"], LogSelection(("a.log",))),
        (["a.log", "b.log", "a.log"], LogSelection(("a.log", "b.log"))),
        (["-"], LogSelection(("-",))),
        (["docker:worker"], LogSelection(("docker:worker",))),
        (["a.log", "--job", JOB], LogSelection(("a.log",), job=JOB)),
        (["--grep-id", " batches/x1 ", "a.log"], LogSelection(("a.log",), id="batches/x1")),
        (
            ["a.log", "--since", "1970-01-01T00:01:00Z", "--until", "1970-01-01 00:02"],
            LogSelection(("a.log",), since=60.0, until=120.0),
        ),
    ],
)
def test_selection(asked: Asked, arguments: list[str], selection: LogSelection) -> None:
    result = run(*arguments)

    assert (result.exit_code, result.stderr) == (0, "")
    assert asked == [selection]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        pytest.param(["a", "--since", "soon"], "'soon' is no moment such as", id="no time"),
        pytest.param(["a", "--since", "today", "--until", "yesterday"], "no line is left", id="an empty window"),
        pytest.param(["a", "--job", " "], "an empty text", id="no id"),
        pytest.param(["a", "--grep-id", ""], "an empty text", id="no other id"),
        pytest.param(["a", "--follow", "--timeline"], "has no end", id="follow and timeline"),
        pytest.param(["a", "--follow", "--until", "now"], "has no end", id="follow to an end"),
        pytest.param(["a", "--follow", "--output", "json=x.json"], "has no end", id="follow into a file"),
        pytest.param(["a", "--format", "xml"], "text", id="format"),
        pytest.param(["a", "--dir", "/no/such"], "", id="directory"),
        pytest.param(["a", "--output", "json=/no/such/file"], "there is no directory", id="output"),
    ],
)
def test_wrong_use(arguments: list[str], said: str) -> None:
    result = run(*arguments)

    assert (result.exit_code, result.stdout) == (2, "")
    assert said in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize(
    ("before", "behind", "variable", "written", "paths"),
    [
        pytest.param([], ["a.log"], "", "", ("a.log",), id="as arguments"),
        pytest.param([], ["a.log"], "b.log", 'logs = ["c.log"]', ("a.log",), id="arguments count alone"),
        pytest.param(["--logs", "a.log"], [], "", "", ("a.log",), id="before the command"),
        pytest.param([], ["--logs", "a.log"], "b.log", 'logs = ["c.log"]', ("a.log",), id="as an option"),
        pytest.param(["--logs", "a.log"], ["b.log"], "", "", ("a.log", "b.log"), id="all that was typed"),
        pytest.param([], [], "b.log", 'logs = ["c.log"]', ("b.log",), id="a variable"),
        pytest.param([], [], "", 'logs = ["c.log"]', ("{dir}/c.log",), id="the settings file"),
        pytest.param([], [], "", "", (), id="none"),
    ],
)
def test_where_the_logs_are_named(
    asked: Asked,
    before: list[str],
    behind: list[str],
    variable: str,
    written: str,
    paths: tuple[str, ...],
    tmp_path: Path,
) -> None:
    (tmp_path / "codechunk-doctor.toml").write_text(written)
    arguments = [*before, "logs", "--dir", str(tmp_path), *behind]
    result = CliRunner().invoke(main, arguments, env={"CODECHUNK_DOCTOR_LOGS": variable})

    assert result.exit_code == 0
    assert [each.paths for each in asked] == [tuple(each.format(dir=tmp_path) for each in paths)]


def test_no_log_is_named_and_none_is_found(tmp_path: Path) -> None:
    result = run("--dir", str(tmp_path), "--worker", "host", "--offline")

    assert (result.exit_code, result.stdout) == (2, "")
    assert "docker compose logs --no-color worker api | codechunk-doctor logs -" in result.stderr


@pytest.mark.parametrize("follow", [False, True])
def test_the_log_of_the_worker_that_was_found(follow: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from doctor import facts
    from doctor.sources.logs import live, own

    log = tmp_path / "worker.log"
    log.write_bytes(encoder.file([encoder.line("Starting worker service")]))
    variables = {"CODECHUNK_GEMINI_API_KEY": "hunter2-hunter2"}
    worker = facts.Worker(facts.Known.OBSERVED, facts.Habitat.PROCESS, pid=7, started_at=1.0, variables=variables)
    monkeypatch.setattr(app, "_head_of", lambda *_: {facts.Worker: worker})
    monkeypatch.setattr(own, "written_to", lambda _: str(log))
    monkeypatch.setattr(
        live, "events", lambda inputs, *_: [LogEvent("", "", "INFO", None, each.name) for each in inputs]
    )
    result = run("--dir", str(tmp_path), *(["--follow"] if follow else []))

    assert result.exit_code == 0
    assert "worker.log" in result.stdout
    said = "no log was named: the recent part of worker.log, the worker's own, was read"
    assert (said in result.stderr) is not follow


def test_a_path_that_is_not_there(tmp_path: Path) -> None:
    result = run(str(tmp_path / "nothing.log"))

    assert (result.exit_code, result.stdout) == (2, "")
    assert "nothing.log" in result.stderr


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("now", "2026-03-01T12:00:00"),
        ("today", "2026-03-01T00:00:00"),
        ("Yesterday", "2026-02-28T00:00:00"),
        ("2h", "2026-03-01T10:00:00"),
        ("1d12h", "2026-02-28T00:00:00"),
        ("1.5h", "2026-03-01T10:30:00"),
        ("90s", "2026-03-01T11:58:30"),
        ("10:30", "2026-03-01T10:30:00"),
        ("9:05", "2026-03-01T09:05:00"),
        ("9:05:30", "2026-03-01T09:05:30"),
        ("12:00:00", "2026-03-01T12:00:00"),
        ("12:01", "2026-02-28T12:01:00"),
        ("2025-11-22", "2025-11-22T00:00:00"),
        ("2025-11-22 10:30", "2025-11-22T10:30:00"),
        ("2025-11-22T10:30:00.5Z", "2025-11-22T10:30:00.500"),
        ("2025-11-22T10:30:00+01:00", "2025-11-22T09:30:00"),
        (" 2025-11-22T10:30:00.011874312Z ", "2025-11-22T10:30:00.011874"),
    ],
)
def test_moments(text: str, moment: str) -> None:
    assert parse_moment(text, NOON) == datetime.fromisoformat(f"{moment}+00:00").timestamp()


@pytest.mark.parametrize(
    "text",
    ["", "soon", "10", "25:00", "10:60", "2025", "2025-13-01", "h", "-2h", "2 h", "9" * 400 + "h", "::"],
)
def test_no_moments(text: str) -> None:
    with pytest.raises(ValueError, match="is no moment such as"):
        parse_moment(text, NOON)


# --- what is shown


@pytest.mark.usefixtures("asked")
def test_text_and_timeline_and_json() -> None:
    assert "What is wrong" in run("worker.log").stdout
    assert run("worker.log", "--timeline").stdout.count("Rate limit error") == 10
    assert run("worker.log", "-q").stdout.startswith("error: worker.log:15: ")
    document = validate(run("worker.log", "--format", "json").stdout, "logs")
    assert document["causes"][0]["id"] == "gem-quota"


@pytest.mark.usefixtures("asked")
def test_output_into_a_file(tmp_path: Path) -> None:
    result = run("worker.log", "--output", f"json={tmp_path}/logs.json", "--output", f"text={tmp_path}/logs.txt")

    assert result.exit_code == 0
    validate((tmp_path / "logs.json").read_text(), "logs")
    assert (tmp_path / "logs.txt").read_text() == result.stdout


def test_a_real_file(tmp_path: Path) -> None:
    line = (
        'time=2025-11-22T10:31:12.000Z level=INFO msg="{\\"timestamp\\":\\"2025-11-22T10:31:12Z\\",'
        '\\"level\\":\\"ERROR\\",\\"message\\":\\"Failed to create database connection pool\\",'
        '\\"correlation_id\\":\\"94a5b6c7-8293-44a5-b6b7-c2d3e4f5060c\\",\\"component\\":\\"\\",\\"metadata\\":'
        '{\\"error\\":\\"dial tcp 127.0.0.1:5432: connect: connection refused\\"}}"\n'
    )
    log = tmp_path / "worker.log"
    log.write_text(line * 5)
    result = run(str(log), "--dir", str(tmp_path), "--clean-env")

    assert (result.exit_code, result.stderr) == (0, "")
    assert "Nothing accepts TCP on the PostgreSQL" in result.stdout
    assert "5 times, at 10:31:12" in result.stdout
    piped = run("-", "--dir", str(tmp_path), "--clean-env", "--format", "json", input=line)
    assert validate(piped.stdout, "logs")["causes"][0]["id"] == "db-refused"


@pytest.mark.parametrize("options", [[], ["-q"], ["--timeline"], ["--format", "json"]])
@pytest.mark.parametrize(
    ("wanted", "status"),
    [
        pytest.param([], 0, id="no job"),
        pytest.param(["--job", JOB], 0, id="a job that is there"),
        pytest.param(["--since", "2040-01-01"], 0, id="a time of which nothing is there"),
        pytest.param(["--job", "00000000-0000"], 1, id="no such job"),
        pytest.param(["--grep-id", "batches/none"], 1, id="no such batch"),
    ],
)
def test_a_job_that_is_not_there(options: list[str], wanted: list[str], status: int, tmp_path: Path) -> None:
    log = tmp_path / "worker.log"
    log.write_bytes(encoder.file([encoder.line("Making embedding processing decision", fields={"job_id": JOB})]))
    result = run(str(log), "--dir", str(tmp_path), "--clean-env", *wanted, *options)

    assert result.exit_code == status
    assert (result.stdout + result.stderr).count("not in these logs") == status


def test_a_log_that_was_not_read_to_its_end_may_have_the_job(monkeypatch: pytest.MonkeyPatch) -> None:
    unfinished = Logs(inputs=(LogInput("worker.log", 9, 1, problem=f"{UNFINISHED} in time"),))
    monkeypatch.setattr(app, "logs", lambda *_, **__: unfinished)

    assert run("worker.log", "--job", JOB).exit_code == 3


def test_a_log_without_trouble(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app, "logs", lambda *_, **__: healthy())
    result = run("worker.log")

    assert result.exit_code == 0
    assert "Nothing wrong was found" in result.stdout


# --- following


def following(monkeypatch: pytest.MonkeyPatch, end: type[BaseException] | None = None) -> list[LogEvent]:
    events = [event for count in quota().counts if count.id == "sub-rate-limit" for event in count.samples]

    def answer(*_: object) -> Iterator[LogEvent]:
        yield from events
        if end is not None:
            raise end

    monkeypatch.setattr(app, "follow", answer)
    return events


@pytest.mark.parametrize("end", [None, KeyboardInterrupt])
def test_following_until_it_is_over(monkeypatch: pytest.MonkeyPatch, end: type[BaseException] | None) -> None:
    events = following(monkeypatch, end)
    result = run("--follow", "worker.log")

    assert (result.exit_code, result.stderr) == (0, "")
    assert len(result.stdout.splitlines()) == len(events)
    assert "Per-minute, per-day or batch-token quota used up" in result.stdout
    assert "\x1b" not in result.stdout


def test_following_for_machines(monkeypatch: pytest.MonkeyPatch) -> None:
    events = following(monkeypatch, KeyboardInterrupt)
    result = run("--follow", "worker.log", "--format", "json")

    lines = result.stdout.splitlines()
    assert [validate(line, "log-event")["line"] for line in lines] == [each.line for each in events]


# --- a sign of life


class Terminal(StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Sets the time."""
    now = [100.0]
    monkeypatch.setattr("doctor.cli.progress.time.monotonic", lambda: now[0])

    def later(seconds: float) -> None:
        now[0] += seconds

    return later


def test_nothing_is_shown_in_a_pipe_or_at_once(monkeypatch: pytest.MonkeyPatch, clock: Callable[[float], None]) -> None:
    pipe, terminal = StringIO(), Terminal()
    monkeypatch.setattr("sys.stderr", pipe)
    with progress.counting("reading") as more:
        assert more is None
    monkeypatch.setattr("sys.stderr", terminal)
    with progress.counting("reading", quiet=True) as more:
        assert more is None
    with progress.counting("reading") as more:
        assert more is not None
        clock(0.9)
        more(10**9)
    assert pipe.getvalue() + terminal.getvalue() == ""


def test_progress_is_shown_and_removed(monkeypatch: pytest.MonkeyPatch, clock: Callable[[float], None]) -> None:
    terminal = Terminal()
    monkeypatch.setattr("sys.stderr", terminal)
    with progress.counting("reading") as more:
        assert more is not None
        for _ in range(8):
            clock(0.25)
            more(25 * 10**7)

    first, *_, last = terminal.getvalue().strip("\r").split("\r")
    assert first == "reading ... 1,000 MB, 1,000 MB/s"
    assert terminal.getvalue().count("MB/s") == 5
    assert last.strip() == ""
