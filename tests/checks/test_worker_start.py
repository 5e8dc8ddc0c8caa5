"""How the services are started, what they can call, how many there are, and how full the queue is."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from checks.worker.bad_command import bad_command
from checks.worker.compose_environment import compose_environment
from checks.worker.compose_start_order import compose_start_order
from checks.worker.program_missing import program_missing
from checks.worker.queue_budget import queue_budget
from checks.worker.several_workers import several_workers
from doctor import facts
from doctor.errors import Skipped, SourceError
from doctor.model import Finding, Location, Place, Severity
from doctor.needs import Observed
from doctor.sources.composefile import services
from doctor.sources.running.compose import compose_settings
from doctor.target import Target
from tests.conftest import Resolved

AT = Location.file("docker-compose.yml", 14)
HOST = facts.Worker(facts.Known.GIVEN, facts.Habitat.HOST)
INSIDE = facts.Worker(facts.Known.OBSERVED, facts.Habitat.CONTAINER, name="w", started_at=1.0)
NONE: Any = Observed(None, SourceError("not looked at"))


# --- bad-command -----------------------------------------------------------------------------------------------


def commands(*lines: str) -> facts.StartCommands:
    return facts.StartCommands(tuple(facts.StartCommand(tuple(line.split()), AT) for line in lines))


@pytest.mark.parametrize(
    "line",
    [
        "codechunking worker",
        "/app/codechunking worker --config configs/config.dev.yaml",
        "./bin/codechunking --config=configs/config.prod.yaml api",
        "codechunking migrate up --steps 3",
        "go run main.go worker --config x.yaml",
        "codechunking worker --help",
        "python worker.py --concurrency 5",
        "celery worker --concurrency 5",
        "main serve --concurrency 5",
        "codechunking worker > worker.log",
    ],
)
def test_a_good_command(line: str) -> None:
    assert bad_command(commands(line)) == ()


@pytest.mark.parametrize(
    ("line", "severity", "told"),
    [
        ("codechunking worker --concurrency 5", Severity.ERROR, "the worker has no flag --concurrency, and ends"),
        ("codechunking worker --concurrency=5", Severity.ERROR, "the worker has no flag --concurrency, and ends"),
        ("codechunking --workers 5 api", Severity.ERROR, "the API has no flag --workers"),
        ("go run main.go api --port 80", Severity.ERROR, "the API has no flag --port"),
        ("codechunking worker --log-level debug", Severity.NOTE, "--log-level of the worker has no effect"),
        ("codechunking --log-format json api", Severity.NOTE, "--log-format of the API has no effect"),
        ("codechunking wroker", Severity.ERROR, "there is no sub-command wroker; maybe worker is meant"),
        ("codechunking --config x.yaml wroker", Severity.ERROR, "there is no sub-command wroker; maybe worker is"),
    ],
)
def test_a_bad_command(line: str, severity: Severity, told: str) -> None:
    (finding,) = bad_command(commands(line))

    assert told in finding.message
    assert finding.fix is not None
    assert ("set worker.concurrency in the file" in finding.fix.summary) is ("--concurrency" in line)
    assert finding.severity is severity


# --- the compose file ------------------------------------------------------------------------------------------

CONFIG = "database: {user: dev, password: dev}\n"
GOOD = """
services:
  postgres: {image: pgvector/pgvector:pg16}
  nats: {image: nats:2.10-alpine}
  worker:
    build: .
    depends_on: [postgres, nats]
    environment:
      - CODECHUNK_DATABASE_HOST=postgres
      - CODECHUNK_NATS_URL=nats://nats:4222
      - CODECHUNK_GEMINI_API_KEY=${CODECHUNK_GEMINI_API_KEY}
    command: [worker]
    restart: unless-stopped
"""


def compose(directory: Path, text: str) -> facts.Compose:
    (directory / "docker-compose.yml").write_text(text)
    found = services(directory, "docker-compose.yml")
    return facts.Compose("docker-compose.yml", {each.name: each for each in found})


def environment(directory: Path, text: str, *, shell: Mapping[str, str] | None = None, containers: Any = NONE) -> Any:
    (directory / "configs").mkdir(exist_ok=True)
    if not (directory / "configs" / "config.yaml").exists():
        (directory / "configs" / "config.yaml").write_text(CONFIG)
    file = compose(directory, text)
    settings = compose_settings.function(Target(directory, shell=shell or {}), file, Observed(facts.Dotenv()))
    return compose_environment(file, settings, containers)


HEALTHY = "depends_on: {postgres: {condition: service_healthy}, nats: {condition: service_healthy}}"


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"restart: unless-stopped": "restart: always"},
        {"restart: unless-stopped": "restart: 'no'", "depends_on: [postgres, nats]": HEALTHY},
        {"    restart: unless-stopped\n": "", "depends_on: [postgres, nats]": HEALTHY},
        {"  worker:": "  api:", "[worker]": "[api]", "unless-stopped": "on-failure"},
        {"  postgres: {image: pgvector/pgvector:pg16}\n  nats: {image: nats:2.10-alpine}\n": "", "unless": "un"},
        {"  worker:": "  other:", "unless-stopped": "no"},
        {"restart: unless-stopped": "deploy: {restart_policy: {condition: any}}"},
        {"restart: unless-stopped": "deploy: {restart_policy: {delay: 5s}}"},
        {"restart: unless-stopped": "deploy: {replicas: 1}\n    restart: always"},
        {"restart: unless-stopped": "restart: 'no'\n    deploy: {restart_policy: {condition: any}}"},
    ],
)
def test_it_comes_back(changes: dict[str, str], tmp_path: Path) -> None:
    assert compose_start_order(compose(tmp_path, changed(GOOD, changes))) == ()


def changed(text: str, changes: Mapping[str, str]) -> str:
    for old, new in changes.items():
        assert old in text
        text = text.replace(old, new)
    return text


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"    restart: unless-stopped\n": ""}, "ends then with status 0, and has no restart"),
        ({"unless-stopped": "no"}, "restart: no"),
        ({"unless-stopped": "on-failure:5"}, "restart: on-failure:5"),
        (
            {"unless-stopped": "no", "[postgres, nats]": "{postgres: {condition: service_healthy}}"},
            "may start before nats answers",
        ),
        ({"  worker:": "  api:", "[worker]": "[api]", "unless-stopped": "no"}, "ends then with status 1"),
        (
            {"restart: unless-stopped": "deploy: {restart_policy: {condition: on-failure}}"},
            "and has the restart_policy on-failure",
        ),
        (
            {"restart: unless-stopped": "restart: always\n    deploy: {restart_policy: {condition: none}}"},
            "and has the restart_policy none",
        ),
    ],
)
def test_it_stays_down(changes: dict[str, str], told: str, tmp_path: Path) -> None:
    (finding,) = compose_start_order(compose(tmp_path, changed(GOOD, changes)))

    assert told in finding.message
    assert finding.fix is not None
    assert finding.fix.commands
    assert ("deploy.restart_policy" in finding.fix.summary) is ("restart_policy" in told)


KEY = "      - CODECHUNK_GEMINI_API_KEY=${CODECHUNK_GEMINI_API_KEY}\n"
DATABASE = "      - CODECHUNK_DATABASE_HOST=postgres\n"


@pytest.mark.parametrize(
    ("changes", "shell"),
    [
        pytest.param({}, {"CODECHUNK_GEMINI_API_KEY": "k"}, id="as shipped"),
        pytest.param({}, {}, id="exported elsewhere"),
        pytest.param({KEY: "      - CODECHUNK_GEMINI_API_KEY\n"}, {}, id="handed on"),
        pytest.param({KEY: "      - GEMINI_API_KEY=k\n"}, {}, id="the worker takes this too"),
        pytest.param({KEY: "      - GOOGLE_API_KEY=${K:-k}\n"}, {}, id="with a default"),
        pytest.param({KEY: "    env_file: given.env\n"}, {}, id="in a file"),
        pytest.param(
            {DATABASE: "", "    build: .": "    build: .\n    network_mode: host"}, {}, id="the host's network"
        ),
        pytest.param({"=postgres": "=${DB:-postgres}"}, {}, id="a default for the host"),
    ],
)
def test_everything_arrives(changes: dict[str, str], shell: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "given.env").write_text("CODECHUNK_GEMINI_API_KEY=k\n")

    assert environment(tmp_path, changed(GOOD, changes), shell=shell) == ()


def test_the_loaded_file_has_it(tmp_path: Path) -> None:
    (tmp_path / "configs").mkdir()
    (tmp_path / "configs" / "config.yaml").write_text(
        CONFIG + "gemini: {api_key: k}\nnats: {url: 'nats://nats:4222'}\n"
    )

    assert environment(tmp_path, changed(GOOD, {KEY: "", "      - CODECHUNK_NATS_URL=nats://nats:4222\n": ""})) == ()


def test_the_file_is_one_of_the_image(tmp_path: Path) -> None:
    text = changed(GOOD, {KEY: "", "[worker]": "[worker, --config, /etc/codechunking.yaml]"})

    assert environment(tmp_path, text) == ()


def test_the_file_is_one_of_this_checkout(tmp_path: Path) -> None:
    text = changed(GOOD, {KEY: "", "[worker]": "[worker, --config, configs/config.yaml]"})
    (finding,) = environment(tmp_path, text)

    assert finding.at.key == "gemini.api_key"


@pytest.mark.parametrize(
    ("changes", "wanted", "related"),
    [
        ({DATABASE: ""}, "`CODECHUNK_DATABASE_HOST: postgres`", 1),
        ({DATABASE: "", "  postgres:": "  other:", "[postgres, nats]": "[nats]"}, "_HOST: host.docker.internal`", 1),
        ({KEY: ""}, "`CODECHUNK_GEMINI_API_KEY: ${CODECHUNK_GEMINI_API_KEY}`", 0),
    ],
)
def test_what_is_to_be_written(changes: dict[str, str], wanted: str, related: int, tmp_path: Path) -> None:
    (finding,) = environment(tmp_path, changed(GOOD, changes))

    assert finding.fix is not None
    assert wanted in finding.fix.summary
    assert len(finding.related) == related


@pytest.mark.parametrize(
    ("key", "role", "severity", "explained"),
    [
        ("gemini.api_key", "worker", Severity.ERROR, {"gemini.key-missing"}),
        ("gemini.api_key", "worker", Severity.WARNING, set()),
        ("gemini.api_key", "api", Severity.ERROR, {"gemini.key-not-seen-by-api"}),
        ("gemini.api_key", "api", Severity.WARNING, {"gemini.key-not-seen-by-api"}),
        ("database.host", "worker", Severity.ERROR, {"database.unreachable", "database.dns"}),
        ("database.host", "api", Severity.ERROR, set()),
        ("nats.url", "worker", Severity.ERROR, {"nats.unreachable"}),
        ("nats.url", "worker", Severity.WARNING, set()),
    ],
)
def test_what_it_explains(key: str, role: str, severity: Severity, explained: set[str]) -> None:
    one = Finding("x", Location.file("docker-compose.yml", 3, key=key, detail=f"service {role}"), severity=severity)
    seen = Finding("y", Location(Place.NETWORK, name="z"))
    found = {id for each in compose_environment.explains if each.when and each.when(one, seen) for id in each.checks}

    assert found == explained


def test_no_compose_file() -> None:
    with pytest.raises(Skipped):
        compose_environment(facts.Compose(), facts.ComposeSettings(), NONE)


@pytest.mark.parametrize(
    ("changes", "key", "told"),
    [
        ({KEY: ""}, "gemini.api_key", "no Gemini key reaches worker"),
        ({KEY: "      - CODECHUNK_GEMINI_API_KEY=\n"}, "gemini.api_key", "no Gemini key reaches worker"),
        ({"worker:": "api:", "[worker]": "[api]", KEY: "      - GEMINI_API_KEY=k\n"}, "gemini.api_key", "reaches api"),
        ({DATABASE: ""}, "database.host", "database.host of worker comes out as localhost"),
        ({"=postgres": "=${DB:-127.0.0.1}"}, "database.host", "comes out as 127.0.0.1"),
        ({"nats://nats:4222": "nats://u:pw@localhost:4222"}, "nats.url", "comes out as nats://***@localhost:4222"),
    ],
)
def test_something_does_not_arrive(changes: dict[str, str], key: str, told: str, tmp_path: Path) -> None:
    (finding,) = environment(tmp_path, changed(GOOD, changes))

    assert told in finding.message
    assert "pw" not in repr(finding)
    assert finding.at.key == key
    assert finding.severity is Severity.WARNING


def test_it_is_an_error_once_the_container_is_there(tmp_path: Path) -> None:
    container = facts.Container("0123", "w", facts.ContainerState.RUNNING, service="worker")
    seen = Observed(facts.Containers("Docker", "unix:///run/docker.sock", (container,)))

    (finding,) = environment(tmp_path, changed(GOOD, {DATABASE: ""}), containers=seen)

    assert finding.severity is Severity.ERROR


# --- several-workers -------------------------------------------------------------------------------------------


def running(name: str, config: facts.Resolution | None, kind: Place = Place.PROCESS) -> facts.RunningWorker:
    return facts.RunningWorker(name, Location(kind, name=name), 1.0, config)


def several(*found: facts.RunningWorker, nats: Any = NONE, logs: Any = NONE) -> Any:
    file = facts.Compose("docker-compose.yml", {"nats": facts.ComposeService("nats", 1)})
    return several_workers(facts.RunningWorkers(found), file, nats, logs)


def stream(waiting: int) -> facts.NatsStream:
    return facts.NatsStream("INDEXING", consumers=(facts.NatsConsumer("indexing-consumer", waiting=waiting),))


def told_by_nats(waiting: int, again: int | None = None) -> Any:
    later = stream(again) if again is not None else None
    return Observed(facts.Nats(Location.file("x"), stream=stream(waiting), again=later))


def test_one_worker(resolved: Resolved) -> None:
    assert several() == ()
    assert several(running("a", resolved(""))) == ()
    assert several(running("a", None), running("b", None)) == ()
    assert several(nats=told_by_nats(0)) == ()
    assert several(nats=told_by_nats(1)) == ()
    assert several(nats=told_by_nats(2, 1)) == ()


def test_two_workers_of_two_servers(resolved: Resolved) -> None:
    assert several(running("a", resolved("nats: {url: 'nats://one:4222'}")), running("b", resolved(""))) == ()
    assert several(running("a", resolved("nats: {url: 'nats://localhost:1'}")), running("b", resolved(""))) == ()


@pytest.mark.parametrize("url", ["nats://localhost:4222", "nats://u:p@nats:4222", "nats://x:1,127.0.0.1"])
def test_two_workers_of_one_server(url: str, resolved: Resolved) -> None:
    (finding,) = several(running("a", resolved(f"nats: {{url: '{url}'}}")), running("b", resolved("")))

    assert "2 workers take jobs from the same NATS, a and b" in finding.message


def test_they_differ(resolved: Resolved) -> None:
    one, other = resolved("gemini: {model: x}"), resolved("gemini: {model: y}", name="config.yaml")

    (finding,) = several(running("pid:4", one), running("w", other, Place.CONTAINER))

    assert finding.message.endswith("they differ in gemini.model")
    assert [each.text for each in finding.evidence] == ['gemini.model: "x" in pid:4, "y" in w']
    assert finding.fix is not None
    assert finding.fix.commands == ("kill 4",)


def test_nats_tells_of_another_one() -> None:
    (finding,) = several(nats=told_by_nats(2))

    assert finding.message.startswith("2 workers wait for jobs")


@pytest.mark.parametrize(("time", "count"), [(50.0, 0), (100.0, 1)])
def test_the_log_tells_of_another_one(time: float, count: int) -> None:
    start = facts.LogEvent("worker-starting", "progress", "INFO", 100.0, "x")
    line = facts.LogEvent("nats-fetch", "symptom", "ERROR", time, "y", cause="nats-consumer-deleted")
    found = facts.LogCount("nats-fetch", "symptom", "ERROR", 3, recent=(line,), cause="nats-consumer-deleted")
    logs = facts.Logs(counts=(found,), runs=(facts.LogRun("worker", "", start),))

    assert len(several(logs=Observed(logs))) == count


# --- program-missing -------------------------------------------------------------------------------------------

ON = "zoekt: {concurrent_indexing: {enabled: true}, indexing: {git_index_path: zoekt-git-index}}"
GIT = facts.Program("git", "/usr/bin/git")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", (GIT,)),
        (ON, (GIT, facts.Program("zoekt-git-index", "/usr/local/bin/zoekt-git-index"))),
        (ON.replace("true", "false"), (GIT,)),
    ],
)
def test_all_programs_are_there(text: str, found: tuple[facts.Program, ...], resolved: Resolved) -> None:
    assert program_missing(resolved(text), HOST, facts.Programs("this machine", found)) == ()


@pytest.mark.parametrize(
    ("text", "found", "severity", "told"),
    [
        ("", (facts.Program("git"),), Severity.ERROR, "git is not on the PATH of here"),
        (ON, (GIT, facts.Program("zoekt-git-index")), Severity.WARNING, "zoekt-git-index is not on the PATH of here"),
        (ON.replace("zoekt-git-index", '""'), (GIT,), Severity.WARNING, "git_index_path is empty"),
    ],
)
def test_a_program_is_missing(
    text: str, found: tuple[facts.Program, ...], severity: Severity, told: str, resolved: Resolved
) -> None:
    (finding,) = program_missing(resolved(text), INSIDE, facts.Programs("here", found))

    assert told in finding.message
    assert finding.severity is severity


@pytest.mark.parametrize(("worker", "on_host"), [(HOST, True), (INSIDE, False)])
def test_where_a_program_is_installed(worker: facts.Worker, on_host: bool, resolved: Resolved) -> None:
    lacking = facts.Programs("here", (facts.Program("git"), facts.Program("zoekt-git-index")))
    git, indexer = program_missing(resolved(ON), worker, lacking)

    assert git.fix is not None
    assert indexer.fix is not None
    assert bool(git.fix.commands) is on_host
    assert ("go install" in indexer.fix.summary) is on_host
    assert ("an image that has it" in indexer.fix.summary) is not on_host


# --- queue-budget ----------------------------------------------------------------------------------------------

BATCH = """
batch_processing:
  enabled: true
  threshold_chunks: 10
  fallback_to_sequential: false
  queue_limits: {max_queue_size: 10000, max_wait_time: 5m}
"""


def large(chunks: int) -> tuple[facts.LargeRepository, ...]:
    return (facts.LargeRepository("1", "mono", chunks),)


def queued(size: int, time: float = 200.0, api: float | None = None) -> Any:
    start = facts.LogEvent("worker-starting", "progress", "INFO", 100.0, "x")
    other = facts.LogRun("api", "", facts.LogEvent("api-started", "progress", "INFO", api, "x"))
    line = facts.LogEvent("queue-bulk", "progress", "INFO", time, "y", {"total_queue_size": size})
    count = facts.LogCount("queue-bulk", "progress", "INFO", 1, recent=(line,))
    return Observed(facts.Logs(counts=(count,), runs=(facts.LogRun("worker", "", start, (start,)), other)))


def budget(text: str, resolved: Resolved, stored: facts.ChunkBudget | None = None, logs: Any = NONE) -> Any:
    rows = Observed(stored) if stored is not None else NONE
    return queue_budget(resolved(text), INSIDE, rows, logs)


@pytest.mark.parametrize(
    "text",
    [
        BATCH.replace("enabled: true", "enabled: false"),
        BATCH.replace("max_queue_size: 10000, ", ""),
        BATCH.replace("5m", "0s"),
        BATCH + "embedding: {provider: openai}",
    ],
)
def test_there_is_no_queue(text: str, resolved: Resolved) -> None:
    assert budget(text, resolved, facts.ChunkBudget(large(99_999), 99_999)) == ()


@pytest.mark.parametrize(
    ("stored", "logs"),
    [
        (None, NONE),
        (facts.ChunkBudget(), NONE),
        (facts.ChunkBudget(large(10_000), 7_999), NONE),
        (facts.ChunkBudget(waiting=large(2_001), taken=7_999), NONE),
        (facts.ChunkBudget(waiting=large(9), taken=7_999), NONE),
        (facts.ChunkBudget(taken=99_999), queued(10)),
        (None, queued(9_999, time=50.0)),
    ],
)
def test_there_is_room(stored: facts.ChunkBudget | None, logs: Any, resolved: Resolved) -> None:
    assert budget(BATCH, resolved, stored, logs) == ()


@pytest.mark.parametrize(
    ("stored", "logs", "severity", "told"),
    [
        (facts.ChunkBudget(large(10_001)), NONE, Severity.ERROR, "mono has 10001 chunks, more than"),
        (facts.ChunkBudget(taken=8_000), NONE, Severity.WARNING, "8000 of 10000 chunks"),
        (None, queued(8_000), Severity.WARNING, "8000 of 10000 chunks"),
        (None, queued(8_000, time=100.0), Severity.WARNING, "8000 of 10000 chunks"),
        (None, queued(8_000, api=300.0), Severity.WARNING, "8000 of 10000 chunks"),
        (facts.ChunkBudget(waiting=large(2_002), taken=7_999), NONE, Severity.ERROR, "mono does not fit any more"),
        (facts.ChunkBudget(waiting=large(10_000), taken=1), NONE, Severity.ERROR, "mono does not fit any more"),
        (facts.ChunkBudget(waiting=large(9), taken=9_995), NONE, Severity.WARNING, "since the worker started"),
        (facts.ChunkBudget(waiting=large(10), taken=9_995), NONE, Severity.ERROR, "mono does not fit any more"),
    ],
)
def test_there_is_no_room(
    stored: facts.ChunkBudget | None, logs: Any, severity: Severity, told: str, resolved: Resolved
) -> None:
    (finding,) = budget(BATCH, resolved, stored, logs)

    assert told in finding.message
    assert finding.severity is severity


@pytest.mark.parametrize(("chunks", "advised"), [(100_000, "to 100000, the most"), (100_001, "Leave out what")])
def test_what_can_be_made_to_fit(chunks: int, advised: str, resolved: Resolved) -> None:
    (finding,) = budget(BATCH, resolved, facts.ChunkBudget(large(chunks)))

    assert finding.fix is not None
    assert advised in finding.fix.summary


@pytest.mark.parametrize(("limit", "found"), [(9, 0), (10, 1)])
def test_a_queue_as_long_as_the_threshold_is_used(limit: int, found: int, resolved: Resolved) -> None:
    assert len(budget(BATCH.replace("10000", str(limit)), resolved, facts.ChunkBudget(large(11)))) == found


def test_falling_back_is_not_as_bad(resolved: Resolved) -> None:
    text = BATCH.replace("sequential: false", "sequential: true")

    (finding,) = budget(text, resolved, facts.ChunkBudget(large(10_001)))

    assert finding.severity is Severity.WARNING
