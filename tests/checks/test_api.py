"""The family api: what is silent first, then each finding and what it advises."""

from __future__ import annotations

import shlex
from dataclasses import replace
from fnmatch import fnmatchcase
from typing import Any

import pytest

from checks.api.dependency_unhealthy import dependency_unhealthy
from checks.api.mock_publisher import mock_publisher
from checks.api.not_answering import not_answering
from checks.api.port_taken import port_taken
from checks.api.restart_loop import restart_loop
from checks.config.value_not_allowed import CHOICES
from checks.config.value_out_of_range import LIMITS, WEIGHTS
from checks.worker.restart_loop import restart_loop as worker_restart_loop
from doctor.api import NO_FILE, Check, Finding, IfObserved, Location, Observed, Place, Skipped
from doctor.errors import SourceError
from doctor.facts import (
    ApiHealth,
    ApiPlace,
    Container,
    Containers,
    ContainerState,
    Dependency,
    JobRow,
    JobRows,
    LogCount,
    LogEvent,
    LogRun,
    Logs,
    Nats,
    NatsFault,
    NatsHealth,
    NatsServer,
    NetworkFault,
    NetworkObstacle,
    RepositoryRow,
    Resolution,
    Step,
)
from doctor.model import Severity
from doctor.registry import installed
from tests.conftest import Resolved

F, S = NetworkFault, ContainerState
URL = "http://localhost:8080/health"
AT = Location.file("configs/config.dev.yaml", 4, key="api.port")
UNSEEN = ApiPlace(AT, "", 8080, AT, AT)
PROCESS = replace(UNSEEN, name="process 7", running=True)
BOXED = replace(
    UNSEEN, name="container codechunking-api", running=True, contained=True, container="codechunking-api", service="api"
)
REST = replace(BOXED, service="rest")
NOTHING: Observed[Any] = Observed(None, SourceError("not here"))
SOUND = (Dependency("database", "healthy"), Dependency("nats", "healthy", has_details=True))


def health(**values: Any) -> Observed[ApiHealth]:
    given = {"status": "healthy", "http_status": 200, "dependencies": SOUND, "nats_headers": True, **values}
    return Observed(ApiHealth(AT, URL, version="1.0.0", **given))


def stopped(fault: NetworkFault, text: str = "because") -> Observed[ApiHealth]:
    return Observed(ApiHealth(AT, URL, NetworkObstacle(Step.ANSWER, fault, text)))


def foreign(said: str = "a web page (status 200)") -> Observed[ApiHealth]:
    return Observed(ApiHealth(AT, URL, http_status=200, foreign=said))


def boxes(state: ContainerState = S.RUNNING, **values: Any) -> Containers:
    given = {"role": "api", "service": "api", "started_at": 100.0, **values}
    return Containers("Docker", "socket", (Container("1", "codechunking-api", state, **given),), now=1000.0)


def box(state: ContainerState = S.RUNNING, **values: Any) -> Observed[Containers]:
    return Observed(boxes(state, **values))


def line(id: str, message: str, time: float, **fields: str) -> LogEvent:
    return LogEvent(id, "cause", "ERROR", time, message, fields, "api.log", int(time))


def logged(*events: LogEvent, start: float = 1.0, end: LogEvent | None = None) -> Observed[Logs]:
    run = LogRun("api", "api-1", line("api-started", "started", start), events, end)
    counts = tuple(LogCount(each.id, each.role, each.level, 1, recent=(each,)) for each in events)
    return Observed(Logs(runs=(run,), counts=counts))


IN_USE = line("api-start-failed", "Failed to start server", 5.0, error="listen tcp :8080: bind: address already in use")
MOCK = line("api-mock-publish", "Mock: Publishing indexing job", 6.0)
FELL_BACK = line("api-nats-connect-failed", "Failed to connect to NATS server, falling back to mock", 2.0, error="no")


def advice(finding: Finding) -> str:
    assert finding.fix is not None
    for command in finding.fix.commands:
        assert shlex.split(command)
    return "\n".join((finding.fix.summary, *finding.fix.commands))


@pytest.fixture
def config(resolved: Resolved) -> Resolution:
    return resolved()


# --- not-answering -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("place", "found", "containers"),
    [
        pytest.param(PROCESS, health(), NOTHING, id="healthy"),
        pytest.param(PROCESS, health(status="unhealthy", http_status=503), NOTHING, id="unhealthy is an answer"),
        pytest.param(BOXED, health(), box(), id="a healthy container"),
        pytest.param(PROCESS, foreign(), NOTHING, id="another program"),
        pytest.param(PROCESS, stopped(F.OTHER_PROTOCOL), NOTHING, id="another protocol"),
        pytest.param(replace(BOXED, running=False), health(), box(S.EXITED, exit_code=0), id="another API answers"),
    ],
)
def test_answering(place: ApiPlace, found: Observed[ApiHealth], containers: Observed[Containers]) -> None:
    assert not_answering(place, found, containers, NOTHING) == ()


@pytest.mark.parametrize(
    ("place", "found", "containers", "why"),
    [
        (UNSEEN, stopped(F.REFUSED), NOTHING, "no API was seen"),
        (BOXED, NOTHING, box(), "not here"),
        (BOXED, stopped(F.BROKEN_OFF), box(started_at=995.0), "a moment ago"),
        (BOXED, stopped(F.BROKEN_OFF), box(started_at=1000.0), "a moment ago"),
    ],
)
def test_answering_is_not_judged(
    place: ApiPlace, found: Observed[ApiHealth], containers: Observed[Containers], why: str
) -> None:
    with pytest.raises(Skipped, match=why):
        not_answering(place, found, containers, NOTHING)


@pytest.mark.parametrize(
    ("place", "found", "containers", "said", "advised"),
    [
        (PROCESS, stopped(F.REFUSED), NOTHING, "process 7 runs, but nothing listens at http://localhost:8080/health",
         "On the host"),
        (PROCESS, stopped(F.NO_ANSWER), NOTHING, "has not answered in time", "On the host"),
        (BOXED, stopped(F.BROKEN_OFF), box(), "breaks it off: because", "docker compose restart api"),
        (BOXED, stopped(F.BROKEN_OFF), box(started_at=990.0), "breaks it off", "docker compose restart api"),
        (REST, stopped(F.BROKEN_OFF), box(), "breaks it off", "docker compose restart rest"),
        (REST, NOTHING, box(S.EXITED, exit_code=0), "with status 0", "docker compose up -d rest"),
        (BOXED, stopped(F.TIMED_OUT), NOTHING, "does not answer: because", "docker logs --tail 50 codechunking-api"),
        (BOXED, stopped(F.NO_ANSWER), box(S.PAUSED), "has not answered", "docker unpause codechunking-api"),
        (BOXED, stopped(F.REFUSED), box(S.EXITED, exit_code=1), "is exited with status 1: it refused to start",
         "docker compose up -d api"),
        (BOXED, stopped(F.REFUSED), box(S.EXITED, exit_code=2), "it refused its configuration", "docker logs"),
        (BOXED, stopped(F.REFUSED), box(S.DEAD, exit_code=99), "is dead with status 99", "docker logs"),
        (BOXED, NOTHING, box(S.EXITED, exit_code=0), "with status 0: it was stopped", "docker compose up -d api"),
        (BOXED, NOTHING, box(S.CREATED), "was made, but never started", "docker compose up -d api"),
        (BOXED, NOTHING, box(S.CREATED, error="no such network"), "was never started: no such network", "up -d api"),
    ],
)  # fmt: skip
def test_not_answering(
    place: ApiPlace, found: Observed[ApiHealth], containers: Observed[Containers], said: str, advised: str
) -> None:
    (finding,) = not_answering(place, found, containers, NOTHING)

    assert said in finding.message
    assert advised in advice(finding)
    assert finding.severity is Severity.ERROR
    assert finding.at.kind is (Place.PROCESS if place is PROCESS else Place.CONTAINER)


def test_the_last_lines_are_shown() -> None:
    database = line("api-db-failed", "Failed to create database connection", 4.0, error="postgres://a:secret@b refused")
    (finding,) = not_answering(BOXED, NOTHING, box(S.EXITED, exit_code=1), logged(database, end=database))

    assert [each.text for each in finding.evidence] == [
        "Failed to create database connection: postgres://***@b refused"
    ]
    assert finding.evidence[0].location == Location(Place.LOG, path="api.log", line=4)


@pytest.mark.parametrize(
    ("events", "end", "said"),
    [
        ((line("x", "failed", 2.0),), None, ["failed"]),
        ((replace(line("x", "listening", 2.0), level="INFO"),), None, []),
        ((replace(line("x", "listening", 2.0), level="INFO"),), line("y", "killed", 3.0), ["killed"]),
        ((replace(line("x", "", 2.0), text="panic: no"),), None, ["panic: no"]),
    ],
)
def test_what_it_said_last(events: tuple[LogEvent, ...], end: LogEvent | None, said: list[str]) -> None:
    earlier = LogRun("api", "api-0", line("s", "", 0.0), (line("x", "earlier", 0.5),))
    logs = Logs(runs=(earlier, *(logged(*events, end=end).value or Logs()).runs))
    (finding,) = not_answering(BOXED, NOTHING, box(S.EXITED, exit_code=1), Observed(logs))

    assert [each.text for each in finding.evidence] == said


def test_an_unhealthy_container_says_why() -> None:
    (finding,) = not_answering(BOXED, stopped(F.REFUSED), box(health="unhealthy", health_output="wget: 500"), NOTHING)

    assert [each.text for each in finding.evidence] == ["its health check fails: wget: 500"]


# --- port-taken ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("found", "containers", "logs"),
    [
        pytest.param(health(), NOTHING, NOTHING, id="the API"),
        pytest.param(stopped(F.REFUSED), NOTHING, NOTHING, id="nobody"),
        pytest.param(stopped(F.NO_ANSWER), NOTHING, NOTHING, id="one that hangs"),
        pytest.param(health(), box(error="address already in use"), NOTHING, id="an old error of one that runs"),
        pytest.param(stopped(F.REFUSED), box(S.EXITED, error="no image"), NOTHING, id="another error"),
        pytest.param(health(), NOTHING, logged(FELL_BACK, end=FELL_BACK), id="another line"),
        pytest.param(health(), NOTHING, Observed(Logs()), id="no lines"),
        pytest.param(health(), NOTHING, logged(replace(IN_USE, fields={"error": "denied"})), id="another reason"),
        pytest.param(health(), NOTHING, logged(end=replace(IN_USE, id="x")), id="another program's line"),
    ],
)
def test_the_port_is_its_own(
    found: Observed[ApiHealth], containers: Observed[Containers], logs: Observed[Logs]
) -> None:
    assert port_taken(BOXED, found, containers, logs) == ()


def test_the_port_is_not_judged_unasked() -> None:
    with pytest.raises(Skipped, match="not here"):
        port_taken(UNSEEN, NOTHING, NOTHING, NOTHING)


TAKEN = "driver failed: Bind for 0.0.0.0:8080 failed: port is already allocated"


@pytest.mark.parametrize(
    ("place", "found", "containers", "logs", "said"),
    [
        (UNSEEN, foreign(), NOTHING, NOTHING, "is answered by something that is not the API: a web page"),
        (BOXED, stopped(F.OTHER_PROTOCOL), NOTHING, NOTHING, "is not the API: because"),
        (BOXED, health(), box(S.CREATED, error=TAKEN), NOTHING, "cannot be started, as its port is taken: driver"),
        (UNSEEN, health(), NOTHING, logged(IN_USE, end=IN_USE), "could not listen at its port: Failed to start server"),
        (PROCESS, NOTHING, NOTHING, logged(IN_USE), "bind: address already in use"),
        (UNSEEN, health(), NOTHING, logged(end=IN_USE), "bind: address already in use"),
        (BOXED, NOTHING, box(S.CREATED, error=TAKEN), NOTHING, "as its port is taken"),
    ],
)
def test_the_port_is_taken(
    place: ApiPlace, found: Observed[ApiHealth], containers: Observed[Containers], logs: Observed[Logs], said: str
) -> None:
    (finding,) = port_taken(place, found, containers, logs)

    assert said in finding.message
    assert "ss -ltnp 'sport = :8080'" in advice(finding)
    assert ("docker compose stop api" in advice(finding)) is (place is BOXED)
    assert ("; where the API's container has the port" in advice(finding)) is (place is BOXED)
    assert AT in finding.locations


def test_the_port_that_was_asked_is_shown() -> None:
    found = Observed(replace(health().value or ApiHealth(AT, URL), url="http://localhost:9090/health"))
    (finding,) = port_taken(BOXED, found, box(S.CREATED, error=TAKEN), NOTHING)

    assert "sport = :9090" in advice(finding)


# --- mock-publisher ------------------------------------------------------------------------------------------------

BARE = health(dependencies=(Dependency("database", "healthy"), Dependency("nats", "healthy")), nats_headers=False)
OLD = health(nats_headers=False)
NO_NATS: IfObserved[Nats] = IfObserved(Nats(AT, (NatsServer("nats://n", "n", 4222, NatsFault.REFUSED),)))
GOOD_NATS: IfObserved[Nats] = IfObserved(Nats(AT, (NatsServer("nats://n", "n", 4222),)))
NO_FACT: IfObserved[Any] = IfObserved(None, SourceError("not here"))


@pytest.mark.parametrize(
    ("found", "logs"),
    [
        pytest.param(health(), NOTHING, id="details and headers"),
        pytest.param(OLD, NOTHING, id="details alone"),
        pytest.param(health(dependencies=(Dependency("nats", "healthy"),)), NOTHING, id="headers alone"),
        pytest.param(health(dependencies=(Dependency("nats", "unhealthy"),), nats_headers=False), NOTHING, id="ill"),
        pytest.param(health(dependencies=(), nats_headers=False), NOTHING, id="nothing about NATS"),
        pytest.param(health(), logged(MOCK, FELL_BACK), id="an old log of an API that was restarted"),
    ],
)
def test_no_mock(config: Resolution, found: Observed[ApiHealth], logs: Observed[Logs]) -> None:
    assert mock_publisher(config, BOXED, found, logs, NO_FACT, NO_FACT) == ()


@pytest.mark.parametrize(
    ("found", "logs", "why"),
    [
        (NOTHING, NOTHING, "not here"),
        (stopped(F.REFUSED), Observed(Logs()), "does not answer"),
        (foreign(), NOTHING, "does not answer"),
    ],
)
def test_the_mock_is_not_judged(config: Resolution, found: Observed[ApiHealth], logs: Observed[Logs], why: str) -> None:
    with pytest.raises(Skipped, match=why):
        mock_publisher(config, BOXED, found, logs, NO_FACT, NO_FACT)


def test_a_mock_of_an_earlier_life_does_not_count(config: Resolution) -> None:
    logs = Logs(
        runs=(LogRun("api", "a", line("s", "", 10.0), (line("api-started", "", 11.0),)),),
        counts=(LogCount(MOCK.id, MOCK.role, MOCK.level, 1, recent=(MOCK,)),),
    )

    with pytest.raises(Skipped, match="does not answer"):
        mock_publisher(config, BOXED, stopped(F.REFUSED), Observed(logs), NO_FACT, NO_FACT)


@pytest.mark.parametrize(
    ("found", "logs", "said", "proof"),
    [
        (BARE, NOTHING, "knows nothing of a connection", 'lacks the line "falling back to mock"'),
        (BARE, logged(FELL_BACK), "knows nothing of a connection", "falling back to mock: no"),
        (NOTHING, logged(MOCK), "publishes to its mock: Mock: Publishing", "Mock: Publishing indexing job"),
        (stopped(F.REFUSED), logged(FELL_BACK, MOCK), "publishes to its mock", "Mock: Publishing indexing job"),
    ],
)
def test_the_mock(config: Resolution, found: Observed[ApiHealth], logs: Observed[Logs], said: str, proof: str) -> None:
    (finding,) = mock_publisher(config, BOXED, found, logs, NO_FACT, NO_FACT)

    assert said in finding.message
    assert finding.message.endswith("every job it accepts is lost")
    assert ("unless it is an old version, which never tells" in finding.message) is (logs is NOTHING)
    assert proof in finding.evidence[0].text
    assert "docker compose restart api" in advice(finding)


@pytest.mark.parametrize(
    ("nats", "first"), [(NO_NATS, "docker compose up -d nats"), (GOOD_NATS, "docker compose restart api")]
)
def test_nats_is_started_first_where_it_is_down(config: Resolution, nats: IfObserved[Nats], first: str) -> None:
    (finding,) = mock_publisher(config, BOXED, BARE, NOTHING, nats, NO_FACT)

    assert finding.fix is not None
    assert finding.fix.commands[0] == first
    assert ("start it first" in finding.fix.summary) is (nats is NO_NATS)
    assert finding.fix.commands[-1] == "docker compose restart api"


@pytest.mark.parametrize(("version", "said"), [("1.0.0", "version 1.0.0 may be one"), ("", "its version may be one")])
def test_a_version_that_may_never_tell(config: Resolution, version: str, said: str) -> None:
    assert BARE.value is not None
    (finding,) = mock_publisher(
        config, BOXED, Observed(replace(BARE.value, version=version)), NOTHING, NO_FACT, NO_FACT
    )

    assert finding.evidence[0].text.startswith(said)


START = line("s", "", 1.0)
EARLY, LATE = replace(MOCK, time=1.0, message="early", line=99), replace(MOCK, time=2.0, message="late")
UNTIMED = replace(MOCK, time=None, message="untimed")


@pytest.mark.parametrize(
    ("start", "own", "recent", "said"),
    [
        (START, (EARLY,), (LATE, UNTIMED), "late"),
        (START, (), (EARLY,), "early"),
        (replace(START, time=None), (), (UNTIMED,), "untimed"),
    ],
)
def test_the_newest_line_of_its_present_life(
    config: Resolution, start: LogEvent, own: tuple[LogEvent, ...], recent: tuple[LogEvent, ...], said: str
) -> None:
    counts = (LogCount(MOCK.id, MOCK.role, MOCK.level, 1, recent=recent),)
    logs = Logs(runs=(LogRun("api", "a", start, own),), counts=counts)
    (finding,) = mock_publisher(config, BOXED, NOTHING, Observed(logs), NO_FACT, NO_FACT)

    assert f"its mock: {said};" in finding.message


def test_what_waits_is_to_be_submitted_again(config: Resolution) -> None:
    row = RepositoryRow("1", "one", "https://me:token@github.com/me/one")
    other = RepositoryRow("2", "two", "https://github.com/me/two")
    gone = JobRow("3", "pending", 9.0, None)
    jobs = JobRows(unfinished=(JobRow("1", "pending", 9.0, row), JobRow("2", "running", 9.0, other), gone))
    (finding,) = mock_publisher(config, PROCESS, BARE, NOTHING, NO_FACT, IfObserved(jobs))

    (command,) = [each.text for each in finding.evidence if each.kind == "command"]
    assert "https://github.com/me/one" in command
    assert "token" not in repr(finding)
    assert "On the host" in advice(finding)


# --- dependency-unhealthy ------------------------------------------------------------------------------------------


def ill(name: str, message: str, status: str = "degraded", http: int = 200) -> Observed[ApiHealth]:
    others = tuple(each for each in SOUND if each.name != name)
    return health(status=status, http_status=http, dependencies=(Dependency(name, "unhealthy", message), *others))


@pytest.mark.parametrize(
    "found",
    [
        pytest.param(health(), id="sound"),
        pytest.param(health(nats=NatsHealth(True, True, "closed", 10, "timeout")), id="ten reconnects"),
        pytest.param(health(nats=NatsHealth()), id="it tells nothing"),
        pytest.param(ill("nats", "NATS slow response: 80ms"), id="one slow answer"),
        pytest.param(health(dependencies=()), id="no parts"),
        pytest.param(health(status="degraded", dependencies=()), id="degraded, of no part"),
    ],
)
def test_sound(found: Observed[ApiHealth]) -> None:
    assert found.value is not None
    assert dependency_unhealthy(BOXED, found.value) == ()


@pytest.mark.parametrize("found", [foreign(), stopped(F.REFUSED)])
def test_its_parts_are_not_judged_without_an_answer(found: Observed[ApiHealth]) -> None:
    assert found.value is not None
    with pytest.raises(Skipped, match="does not answer"):
        dependency_unhealthy(BOXED, found.value)


@pytest.mark.parametrize(
    ("found", "said", "severity"),
    [
        (ill("database", "Database connection failed"), "its database is unhealthy: Database", Severity.ERROR),
        (ill("nats", "NATS disconnected"), "its NATS is unhealthy: NATS disconnected", Severity.WARNING),
        (ill("nats", "", "unhealthy", 200), "its NATS is unhealthy", Severity.ERROR),
        (ill("nats", "", "degraded", 503), "its NATS is unhealthy", Severity.ERROR),
        (health(status="unhealthy", http_status=503), "503) and names no broken part; it lists", Severity.ERROR),
        (health(status="", http_status=503, dependencies=SOUND[1:]), "no broken part; it lists NATS", Severity.ERROR),
        (health(status="unhealthy", dependencies=()), "(status 200) and names no broken part", Severity.ERROR),
        (ill("nats", "NATS slow response: 80ms", "unhealthy", 503), "names no broken part", Severity.ERROR),
        (health(nats=NatsHealth(jetstream=False)), "without JetStream", Severity.WARNING),
        (health(nats=NatsHealth(circuit_breaker="open")), "circuit breaker is open", Severity.WARNING),
        (health(nats=NatsHealth(reconnects=11)), "lost its connection to NATS 11 times", Severity.WARNING),
    ],
)  # fmt: skip
def test_a_broken_part(found: Observed[ApiHealth], said: str, severity: Severity) -> None:
    assert found.value is not None
    (finding,) = dependency_unhealthy(BOXED, found.value)

    assert said in finding.message
    assert finding.severity is severity
    assert "docker compose restart api" in advice(finding)


def test_both_parts_are_two_findings() -> None:
    parts = (Dependency("database", "unhealthy", "x"), Dependency("nats", "unhealthy", "y"))
    found = health(status="unhealthy", http_status=503, dependencies=parts, nats=NatsHealth(last_error="EOF")).value
    assert found is not None
    first, second = dependency_unhealthy(BOXED, found)

    assert first.severity is second.severity is Severity.ERROR
    assert second.evidence[-1].text == "its last error: EOF"


# --- restart-loop --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "containers",
    [
        pytest.param(boxes(), id="no restart"),
        pytest.param(boxes(restarts=2, started_at=995.0), id="two restarts"),
        pytest.param(boxes(restarts=40), id="old restarts"),
        pytest.param(boxes(restarts=3, started_at=940.0), id="up for a minute"),
        pytest.param(boxes(S.EXITED, restarts=5, started_at=995.0), id="given up"),
        pytest.param(boxes(S.PAUSED, restarts=5), id="paused"),
    ],
)
def test_no_loop(containers: Containers) -> None:
    assert restart_loop(BOXED, containers, NOTHING) == ()


@pytest.mark.parametrize("place", [UNSEEN, PROCESS])
def test_a_loop_is_one_of_containers(place: ApiPlace) -> None:
    with pytest.raises(Skipped, match="no container of the API"):
        restart_loop(place, boxes(S.RESTARTING), NOTHING)


@pytest.mark.parametrize(
    ("containers", "said"),
    [
        (boxes(S.RESTARTING, restarts=7, exit_code=1), "was restarted 7 times; it ends with status 1: it refused to"),
        (
            boxes(S.RESTARTING, restarts=1, exit_code=2),
            "is being restarted; it ends with status 2: it",
        ),
        (boxes(restarts=3, started_at=950.0), "was restarted 3 times"),
        (boxes(S.RESTARTING, restarts=3, exit_code=77), "was restarted 3 times; it ends with status 77"),
    ],
)
def test_a_loop(containers: Containers, said: str) -> None:
    (finding,) = restart_loop(REST, containers, logged(IN_USE, end=IN_USE))

    assert said in finding.message
    assert finding.severity is Severity.ERROR
    assert "address already in use" in finding.evidence[0].text
    assert "docker logs --tail 50 codechunking-api" in advice(finding)
    assert "docker compose up -d rest" in advice(finding)


def test_the_status_of_one_that_runs_is_none() -> None:
    (finding,) = restart_loop(BOXED, boxes(restarts=3, started_at=950.0, exit_code=0), NOTHING)

    assert "status" not in finding.message


# --- relations -----------------------------------------------------------------------------------------------------


W, E = Severity.WARNING, Severity.ERROR


def explained(check: Check, id: str, cause: Finding, seen: Finding) -> bool:
    """Whether a finding of the check `id` takes this one of `check` as evidence."""
    matching = [each for each in check.explained_by if any(fnmatchcase(id, pattern) for pattern in each.checks)]
    return any(each.when is None or each.when(cause, seen) for each in matching)


@pytest.mark.parametrize(
    ("id", "part", "severity", "expected"),
    [
        ("database.auth", "nats", E, False),
        ("nats.auth", "database", E, False),
        ("database.other-server", None, W, False),
        ("api.mock-publisher", "database", E, False),
        ("database.auth", "database", E, True),
        ("database.other-server", "database", W, True),
        ("nats.auth", "nats", E, True),
        ("database.auth", None, E, True),
        ("nats.auth", None, E, True),
    ],
)
def test_what_explains_a_broken_part(id: str, part: str | None, severity: Severity, expected: bool) -> None:
    cause, seen = Finding("a cause", AT, severity=severity), Finding("seen", replace(AT, detail=part))

    assert explained(dependency_unhealthy, id, cause, seen) is expected


SEEN = Finding("it keeps restarting", Location(Place.CONTAINER, name="c"))


def ended_by(id: str, key: str, severity: Severity = E) -> set[str]:
    """Whose start such a finding explains."""
    cause = Finding("a cause", replace(AT, key=key), severity=severity)
    checks = {"api": restart_loop, "worker": worker_restart_loop}
    return {name for name, check in checks.items() if explained(check, id, cause, SEEN)}


@pytest.mark.parametrize(
    ("id", "severity", "whose"),
    [
        ("config.test-embeddings", E, ""),
        ("config.batch-client-off", E, ""),
        ("config.request-outlives-job", E, ""),
        ("database.never-migrated", E, ""),
        ("database.schema-drift", E, ""),
        ("database.privileges", E, ""),
        ("database.connections-exhausted", W, ""),
        ("nats.unreachable", E, "worker"),
        ("gemini.key-not-seen-by-api", E, "api"),
        ("api.port-taken", E, "api"),
        ("worker.out-of-memory", E, "worker"),
        *((id, E, "api worker") for id in (*NO_FILE, "config.database-user-missing", "config.database-user-env-only")),
        *((f"config.{id}", E, "api worker") for id in ("start-refused", "type-mismatch", "duration-invalid")),
        *((f"config.{id}", E, "api worker") for id in ("log-level-needs-key", "openai-incomplete")),
        *((f"database.{id}", E, "api worker") for id in ("unreachable", "dns", "auth", "missing", "tls")),
        ("database.connections-exhausted", E, "api worker"),
        ("gemini.key-missing", E, "api worker"),
    ],
)
def test_what_ends_a_start(id: str, severity: Severity, whose: str) -> None:
    assert id in {each.id for each in installed().checks}
    assert ended_by(id, "a.key", severity) == set(whose.split())


# What the findings on single values say of a start, and whose restarts they explain.
SAYINGS = {
    "no command of the program starts": {"api", "worker"},
    "API and worker end at start": {"api", "worker"},
    "the API does not start": {"api"},
    "the worker ends at start": {"worker"},
    "the worker crashes": {"worker"},
}
VALUES = [
    *(("config.value-out-of-range", each.key, each.severity, each.fault) for each in LIMITS),
    ("config.value-out-of-range", WEIGHTS[0], E, "do not add up to 1: no command of the program starts"),
    *(("config.value-not-allowed", each.key, each.severity, each.effect) for each in CHOICES),
]


@pytest.mark.parametrize(("id", "key", "severity", "said"), VALUES)
def test_a_value_explains_the_restarts_that_it_is_said_to_cause(
    id: str, key: str, severity: Severity, said: str
) -> None:
    whose = next((whose for words, whose in SAYINGS.items() if words in said), set())

    assert ended_by(id, key, severity) == whose


def test_every_saying_is_one_of_a_value() -> None:
    assert all(any(words in said for *_, said in VALUES) for words in SAYINGS)
