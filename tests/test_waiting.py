"""`--wait`: when another look is taken, when not, and what is said of it."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from itertools import pairwise
from types import SimpleNamespace
from typing import Any

import pytest
from click.testing import CliRunner, Result

from doctor import app, engine, interruption, waiting
from doctor.cli import main
from doctor.errors import UsageError
from doctor.model import CheckResult, Finding, Location, Outcome, OutcomeKind, Place, Report, Severity, WorkerSummary
from doctor.registry import installed
from doctor.settings import Settings
from tests.report.samples import HEALTHY

FILE = Location.file("configs/config.yaml", 3, 1, key="k")
VARIABLE = Location.env("CODECHUNK_X", key="x")
SERVER = Location(Place.NETWORK, name="localhost:4222")
HOST, CONTAINER = WorkerSummary("given", "host", None), WorkerSummary("observed", "container", "worker-1")
ASSUMED = WorkerSummary("assumed", "host", None)


def found(id: str, at: Location = SERVER, severity: Severity = Severity.ERROR, **more: Any) -> CheckResult:
    finding = Finding("it is wrong", at, severity=severity, **more)
    return result(id, Outcome(OutcomeKind.FOUND, (finding,)))


def result(id: str, outcome: Outcome) -> CheckResult:
    return CheckResult(id, id.partition(".")[0], "title", None, "", outcome)


def report(*results: CheckResult, worker: WorkerSummary = ASSUMED, incomplete: str | None = None) -> Report:
    return replace(HEALTHY, results=results, incomplete=incomplete, target=replace(HEALTHY.target, worker=worker))


DOWN = report(found("nats.unreachable"), found("database.unreachable"))
UP = report()


class World:
    """A clock that only moves when somebody looks or waits, and what is seen at which look; the last one stays."""

    def __init__(self, *reports: Report, took: float = 0.5) -> None:
        self.reports, self.took = reports, took
        self.now = 1000.0
        self.looks: list[tuple[float, Settings]] = []
        self.states: list[waiting.State] = []

    def look(self, settings: Settings) -> Report:
        self.looks.append((self.now - 1000.0, settings))
        self.now += self.took
        return self.reports[min(len(self.looks), len(self.reports)) - 1]

    def pause(self, seconds: float) -> None:
        assert seconds > 0, "it must not be busy"
        self.now += seconds

    def run(self, **settings: Any) -> Report:
        return waiting.diagnose(
            Settings(**{"wait": 60.0, **settings}),
            self.states.append,
            look=self.look,
            clock=lambda: self.now,
            pause=self.pause,
        )


# --- no second look


@pytest.mark.parametrize(
    ("seen", "fail_on"),
    [
        pytest.param(UP, "error", id="nothing is wrong"),
        pytest.param(report(found("nats.unreachable", severity=Severity.WARNING)), "error", id="below the threshold"),
        pytest.param(DOWN, "never", id="no threshold"),
        pytest.param(report(result("nats.auth", Outcome(OutcomeKind.BLOCKED, reason="nats: x"))), "note", id="blocked"),
        pytest.param(
            report(found("nats.unreachable", suppressed=SimpleNamespace(by="baseline", reason="known"))),
            "error",
            id="suppressed",
        ),
    ],
)
def test_one_look_is_enough(seen, fail_on):
    world = World(seen)

    assert world.run(fail_on=fail_on) is seen
    assert len(world.looks) == 1
    assert (world.states[-1].left, world.states[-1].stuck) == ((), ())


STUCK = [
    pytest.param(report(found("config.batch-off", FILE)), "config.batch-off", id="a setting in a file"),
    pytest.param(report(found("config.batch-off", VARIABLE), worker=HOST), "config.batch-off", id="variables of here"),
    pytest.param(
        report(found("gemini.key-missing", VARIABLE), worker=CONTAINER), "gemini.key-missing", id="those of the worker"
    ),
    pytest.param(
        report(found("nats.unreachable"), found("config.batch-off", FILE)), "config.batch-off", id="beside a server"
    ),
    pytest.param(
        report(result("config.batch-off", Outcome(OutcomeKind.CRASHED, reason="KeyError"))),
        "config.batch-off",
        id="a check of files that crashes",
    ),
    pytest.param(
        report(result("third.load", Outcome(OutcomeKind.CRASHED, reason="cannot be loaded"))),
        "third.load",
        id="a family that cannot be loaded",
    ),
]


@pytest.mark.parametrize(("seen", "id"), STUCK)
def test_what_waiting_cannot_change_ends_it_at_once(seen, id):
    world = World(seen, UP)

    assert world.run() is seen
    assert world.states[-1].stuck == (id,)


# --- more looks


@pytest.mark.parametrize(
    "seen",
    [
        pytest.param(DOWN, id="servers"),
        pytest.param(report(found("database.unreachable", FILE)), id="a server, found in a file"),
        pytest.param(report(found("directories.disk-space", Location(Place.PATH, path="/tmp"))), id="a directory"),
        pytest.param(report(found("worker.not-running", SERVER)), id="a container"),
        pytest.param(report(found("jobs.stuck", SERVER)), id="a job"),
        pytest.param(report(found("logs.panic", Location.file("worker.log", 3))), id="a log"),
        pytest.param(report(found("gemini.key-missing", VARIABLE)), id="variables, and the worker is yet to start"),
        pytest.param(
            report(found("config.batch-off", VARIABLE), worker=replace(CONTAINER, state="exited")),
            id="variables, and the worker is down",
        ),
        pytest.param(report(result("nats.auth", Outcome(OutcomeKind.CRASHED, reason="x"))), id="a crash"),
        pytest.param(report(incomplete="docker: failed unexpectedly"), id="an incomplete run"),
    ],
)
def test_what_may_change_is_looked_at_again(seen):
    world = World(seen, seen, UP)

    assert world.run() is UP
    assert len(world.looks) == 3


def test_the_pauses_grow_from_one_second_to_ten():
    world = World(DOWN, took=0.0)
    world.run()

    times = [time for time, _ in world.looks]
    assert [later - earlier for earlier, later in pairwise(times)] == [1, 2, 4, 8, *[10] * 4, 5]


@pytest.mark.parametrize("took", [0.0, 0.5, 7.0])
def test_the_last_look_begins_when_the_time_is_over(took):
    world = World(DOWN, took=took)

    assert world.run(wait=20.0) is DOWN
    assert max(time for time, _ in world.looks) == pytest.approx(20.0, abs=took)
    assert world.states[-1].over
    assert world.states[-1].left == ("nats.unreachable", "database.unreachable")


def test_a_look_that_takes_longer_than_all_is_the_only_one():
    world = World(DOWN, took=30.0)
    world.run(wait=20.0)

    assert len(world.looks) == 1


# --- and the deadline


@pytest.mark.parametrize(("wait", "deadline"), [(60.0, 10.0), (10.0, 60.0)])
def test_the_smaller_of_wait_and_deadline_counts(wait, deadline):
    world = World(DOWN, took=1.0)

    assert world.run(wait=wait, deadline=deadline) is DOWN
    assert world.now - 1000.0 <= min(wait + 1.0, deadline)
    assert [settings.deadline for _, settings in world.looks] == [deadline - time for time, _ in world.looks]


def test_a_complete_report_is_not_given_away_for_a_look_that_would_be_cut_short():
    world = World(DOWN, report(incomplete="the deadline ended the run"), took=4.0)

    assert world.run(deadline=7.0) is DOWN


# --- interruptions


def test_an_interruption_ends_a_pause_with_the_last_report(monkeypatch):
    world = World(DOWN)

    def interrupted(_seconds: float) -> None:
        monkeypatch.setattr(interruption._State, "asked", True)

    world.pause = interrupted
    ended = world.run()

    assert ended.results == DOWN.results
    assert ended.incomplete == "interrupted while waiting for nats.unreachable, database.unreachable"


def test_an_interrupted_look_is_the_last_one(monkeypatch):
    monkeypatch.setattr(interruption._State, "asked", True)
    world = World(report(incomplete="interrupted"))

    assert world.run().incomplete == "interrupted"
    assert (len(world.looks), world.states) == (1, [])


# --- what is lasting


def test_checks_of_settings_alone_are_lasting_and_those_of_servers_are_not():
    sources = app.sources()
    lasting = {check.id for check in installed().checks if engine.lasting(check, sources)}

    assert {check.id for check in installed().checks if check.family == "config"} <= lasting
    assert {"environment.section-variable", "gemini.key-malformed", "guide.script-incomplete"} <= lasting
    for family in ("database", "jobs", "batches", "nats", "logs", "directories", "api"):
        assert not [id for id in lasting if id.startswith(f"{family}.")]


# --- the command


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["check", *arguments])


@pytest.fixture
def worlds(monkeypatch: pytest.MonkeyPatch) -> Callable[..., World]:
    """Runs of the command in a made-up world."""

    def make(*reports: Report) -> World:
        world = World(*reports)
        monkeypatch.setattr(app, "diagnose", world.look)
        monkeypatch.setattr(waiting.time, "monotonic", lambda: world.now)
        in_it = partial(waiting.diagnose, clock=lambda: world.now, pause=world.pause)
        monkeypatch.setattr(waiting, "diagnose", in_it)
        return world

    return make


def test_without_wait_there_is_one_look_and_not_a_word(worlds):
    world = worlds(DOWN, UP)
    done = run()

    assert (done.exit_code, done.stderr, len(world.looks)) == (1, "", 1)


def test_no_wait_at_all_can_be_asked_for(worlds):
    world = worlds(DOWN, UP)

    assert run("--wait", "0s").exit_code == 1
    assert len(world.looks) == 1


def test_a_healthy_installation_is_reported_at_once_and_without_a_word(worlds):
    worlds(UP)
    done = run("--wait", "1m")

    assert (done.exit_code, done.stderr) == (0, "")


def test_reports_between_are_not_printed_and_changes_are_told(worlds):
    only = report(found("database.unreachable"))
    worlds(DOWN, DOWN, only, only, UP)
    done = run("--wait", "1m")

    assert done.exit_code == 0
    assert "unreachable" not in done.stdout
    assert done.stderr.splitlines() == [
        "codechunk-doctor: waiting for nats.unreachable, database.unreachable: 1m00s left",
        "codechunk-doctor: waiting for database.unreachable: 56s left",
        "codechunk-doctor: nothing is left to wait for after 18s",
    ]


def test_what_is_still_there_is_said_and_counts(worlds):
    worlds(DOWN)
    done = run("--wait", "20s", "--format", "json")

    assert done.exit_code == 1
    assert done.stderr.splitlines()[-1].startswith(
        "codechunk-doctor: still nats.unreachable, database.unreachable after "
    )


def test_what_waiting_cannot_change_is_said(worlds):
    world = worlds(report(found("config.batch-off", FILE)), UP)
    done = run("--wait", "1m", "-q")

    assert (done.exit_code, len(world.looks)) == (1, 1)
    assert done.stderr == (
        "codechunk-doctor: waiting cannot change config.batch-off: the cause is written in a file or a variable\n"
    )


def test_quiet_says_nothing_on_the_way(worlds):
    worlds(DOWN, UP)

    assert run("--wait", "1m", "-q").stderr == ""


def test_of_many_checks_a_few_are_named(worlds):
    worlds(report(*(found(f"jobs.x{number}") for number in range(9))), UP)

    # A check that nobody knows cannot be waited for.
    assert "jobs.x0, jobs.x1, jobs.x2, jobs.x3, jobs.x4 and 4 more" in run("--wait", "1m").stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        pytest.param(["--plan"], "--plan not even once", id="plan"),
        pytest.param(["--logs", "-"], "standard input can be read once", id="standard input"),
        pytest.param(["--logs", "/dev/stdin"], "standard input can be read once", id="standard input by its path"),
        pytest.param(["--from-bundle", "x.zip"], "--from-bundle", id="a bundle"),
    ],
)
def test_what_cannot_be_waited_for(worlds, arguments, said):
    world = worlds(DOWN)
    done = run("--wait", "1m", *arguments)

    assert (done.exit_code, done.stdout, world.looks) == (2, "", [])
    assert said in done.stderr


@pytest.mark.parametrize("text", ["2", "2 minutes", "-1s", "", "x"])
def test_a_duration_that_is_none(text):
    done = run("--wait", text)

    assert (done.exit_code, done.stdout) == (2, "")
    assert "30s" in done.stderr


def test_it_can_stand_in_a_variable_and_in_the_settings_file(worlds, tmp_path):
    (tmp_path / "codechunk-doctor.toml").write_text('wait = "1m"\n')
    world = worlds(DOWN, UP)

    assert run("--dir", str(tmp_path)).exit_code == 0
    assert world.looks[0][1].wait == 60.0


def test_a_plan_does_not_wait_when_the_settings_file_would(tmp_path):
    (tmp_path / "codechunk-doctor.toml").write_text('wait = "1m"\n')

    assert run("--dir", str(tmp_path), "--plan", "--offline").exit_code == 0


def test_wrong_use_is_said_at_once(monkeypatch):
    def refuse(_settings: Settings) -> Report:
        raise UsageError("no check is called x")

    monkeypatch.setattr(app, "diagnose", refuse)
    done = run("--wait", "1m")

    assert (done.exit_code, done.stdout) == (2, "")


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_terminal_is_shown_one_line_of_what_is_waited_for(monkeypatch):
    from doctor.cli import wait

    monkeypatch.setenv("TERM", "xterm")
    told = wait._Told(Settings(wait=90.0), live=True)
    assert told.line() == "examining the installation ..."

    monkeypatch.setattr(wait.time, "monotonic", lambda: 1000.0)
    monkeypatch.setattr(sys, "stderr", Terminal())
    told(waiting.State(("nats.unreachable", "database.unreachable"), (), True, 1072.0, False))

    assert told.line() == "waiting for nats.unreachable, database.unreachable: 1m12s left"
    assert sys.stderr.getvalue() == ""
