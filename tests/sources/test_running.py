"""What runs beside what the files say: variables of compose, copies in containers, programs, start commands."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from doctor import facts
from doctor.errors import SourceError, Withheld
from doctor.model import Location, Place
from doctor.needs import Observed
from doctor.sources.composefile import services
from doctor.sources.logs import own
from doctor.sources.running.commands import start_commands
from doctor.sources.running.compose import compose_settings, fill
from doctor.sources.running.drift import drift
from doctor.sources.running.programs import executable, find, programs
from doctor.sources.running.workers import running_workers
from doctor.target import Deadline, Target

NONE: Any = Observed(None, SourceError("not looked at"))
CONFIG = "database: {user: dev, password: dev}\n"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "configs").mkdir()
    (tmp_path / "configs" / "config.yaml").write_text(CONFIG)
    return tmp_path


# --- compose ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "value", "missing"),
    [
        ("plain", "plain", False),
        ("$A-${A}", "a-a", False),
        ("$$A", "$A", False),
        ("${B:-b}", "b", False),
        ("${E-b}", "", True),
        ("${E:-b}", "b", False),
        ("${A:+x}${B:+y}", "x", False),
        ("${B}", "", True),
        ("${B:?must}", "", True),
    ],
)
def test_references_are_filled(text: str, value: str, missing: bool) -> None:
    assert fill(text, {"A": "a", "E": ""}) == (value, missing)


def read(directory: Path, text: str) -> dict[str, facts.ComposeService]:
    (directory / "docker-compose.yml").write_text(text)
    return {each.name: each for each in services(directory, "docker-compose.yml", {"P": "always"})}


def test_what_is_written_of_a_service(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        """
services:
  worker:
    depends_on:
      postgres: {condition: service_healthy}
      nats: {}
    restart: ${P}
    deploy: {restart_policy: {condition: on-failure}}
    network_mode: host
    volumes:
      - ./configs:/app/configs:ro
      - data:/data
      - /anonymous
      - {type: bind, source: ./x, target: /x, read_only: true}
  api:
    depends_on: [nats]
    deploy: {restart_policy: {delay: 5s}}
  plain: {image: nats, deploy: {replicas: 1}}
""",
    )
    worker, api, plain = found["worker"], found["api"], found["plain"]

    assert worker.depends_on == {"postgres": "service_healthy", "nats": "service_started"}
    assert (worker.restart, worker.network_mode, worker.role) == ("always", "host", "worker")
    assert worker.mounts == (
        facts.ComposeMount("./configs", "/app/configs", read_only=True),
        facts.ComposeMount("data", "/data"),
        facts.ComposeMount(None, "/anonymous"),
        facts.ComposeMount("./x", "/x", read_only=True),
    )
    assert worker.members["restart"] == 7
    assert [each.deploy_restart for each in (worker, api, plain)] == ["on-failure", "any", None]
    assert (api.depends_on, api.restart, api.role) == ({"nats": "service_started"}, None, "api")
    assert (plain.depends_on, plain.mounts, plain.role) == ({}, (), None)


def settings_of(home: Path, text: str, dotenv: Mapping[str, str] | None = None, **target: Any) -> facts.ComposeSettings:
    file = facts.Compose("docker-compose.yml", read(home, text))
    lines = tuple(facts.DotenvLine(name, value) for name, value in (dotenv or {}).items())
    found = compose_settings.function(Target(home, **target), file, Observed(facts.Dotenv(".env", lines)))
    assert isinstance(found, facts.ComposeSettings)
    return found


def test_where_the_variables_of_a_service_come_from(home: Path) -> None:
    (home / "more.env").write_text("CODECHUNK_DATABASE_NAME=file\nCODECHUNK_DATABASE_PORT=1\n")
    text = """
services:
  worker:
    env_file: more.env
    environment: {CODECHUNK_DATABASE_NAME: "${N}", CODECHUNK_DATABASE_HOST: "${H}", CODECHUNK_NATS_URL: "${U}"}
"""
    found = settings_of(home, text, {"N": "dotenv", "H": "dotenv"}, shell={"H": "shell"}).services["worker"]

    assert {key: found.config.value(f"database.{key}") for key in ("name", "host", "port")} == {
        "name": "dotenv",
        "host": "shell",
        "port": 1,
    }
    assert found.passed == {"CODECHUNK_NATS_URL"}
    assert found.config.where("database.host").line == 5


@pytest.mark.parametrize(
    ("command", "mounts", "file"),
    [
        ("[worker]", "[]", "configs/config.yaml"),
        ("[worker, --config, configs/config.dev.yaml]", "[]", "configs/config.dev.yaml"),
        ("[worker, --config, /app/configs/config.dev.yaml]", "[]", "configs/config.dev.yaml"),
        ("[worker, --config, /etc/c.yaml]", "['./configs/config.dev.yaml:/etc/c.yaml']", "configs/config.dev.yaml"),
    ],
)
def test_the_file_that_a_service_loads(command: str, mounts: str, file: str, home: Path) -> None:
    (home / "configs" / "config.dev.yaml").write_text(CONFIG)
    text = f"services:\n  worker:\n    command: {command}\n    volumes: {mounts}\n"

    assert settings_of(home, text).services["worker"].config.file.path == file


# --- drift -----------------------------------------------------------------------------------------------------


def worker(home: Path, **changes: Any) -> facts.Worker:
    found = facts.Worker(
        facts.Known.OBSERVED,
        facts.Habitat.PROCESS,
        name="pid:7",
        pid=7,
        directory=str(home),
        started_at=1_000.0,
        variables={},
    )
    return replace(found, **changes)


def contained(home: Path, **changes: Any) -> facts.Worker:
    options = {"role": "worker", "service": "worker", "directory": "/app", "started_at": 1_000.0, **changes}
    container = facts.Container("0123456789ab", "w", facts.ContainerState.RUNNING, **options)
    return worker(
        home, kind=facts.Habitat.CONTAINER, name="w", container=container, directory="/app", variables=options.get("x")
    )


def look(
    home: Path,
    of: facts.Worker,
    resolved: facts.Resolution | None = None,
    *,
    files: Any = NONE,
    compose: facts.ComposeSettings | None = None,
    environment: facts.Environment | None = None,
    **target: Any,
) -> facts.Drift:
    from doctor.sources.config import resolve

    config = resolved or resolve(home, target.get("config_argument"), {})
    given = environment or facts.Environment({})
    found = drift.function(Target(home, **target), of, config, given, compose or facts.ComposeSettings(), files)
    assert isinstance(found, facts.Drift)
    return found


def test_the_file_of_a_process(home: Path) -> None:
    os.utime(home / "configs" / "config.yaml", (900, 900))
    found = look(home, worker(home))

    assert (found.file, found.changed_at, found.started_at) == ("configs/config.yaml", 900.0, 1_000.0)
    assert (found.variables, found.loaded) == ((), ())


@pytest.mark.parametrize("nobody", [{"started_at": None}, {"directory": None}])
def test_nobody_runs(nobody: dict[str, Any], home: Path) -> None:
    assert look(home, worker(home, **nobody)) == facts.Drift()


def lines_of(**values: str) -> facts.Environment:
    return facts.Environment(
        {
            name: facts.Variable(name, value, "--env-file", Location.env(name, path="prod.env", line=1))
            for name, value in values.items()
        }
    )


@pytest.mark.parametrize(
    ("now", "keys"),
    [
        ({"CODECHUNK_DATABASE_NAME": "a"}, []),
        ({"CODECHUNK_DATABASE_PORT": "05432"}, []),
        ({"CODECHUNK_NO_SUCH_KEY": "x"}, []),
        ({"CODECHUNK_GEMINI_MODEL": "not in the file, without effect"}, []),
        ({"CODECHUNK_DATABASE_NAME": "b"}, ["database.name"]),
        ({"CODECHUNK_GEMINI_API_KEY": "k"}, ["gemini.api_key"]),
        ({"GITLAB_TOKEN": "k"}, ["GITLAB_TOKEN"]),
    ],
)
def test_only_effective_values_count(now: dict[str, str], keys: list[str], home: Path) -> None:
    had = {"CODECHUNK_DATABASE_NAME": "a", "CODECHUNK_DATABASE_PORT": "5432"}
    if "CODECHUNK_DATABASE_PORT" in now:
        had["CODECHUNK_DATABASE_PORT"] = "2842"  # 05432 is octal for the program
    found = look(home, worker(home, variables=had), environment=lines_of(**now), env_file=home / "prod.env")

    assert [each.key for each in found.variables] == keys
    assert "k" not in [each.now for each in found.variables]


def copy(text: str | None, *migrations: str, path: str = "/app/configs/config.yaml") -> Any:
    data = text.encode() if text is not None else None
    return Observed(facts.ContainerFiles("w", "/app", (facts.ContainerFile(path, data, 500.0),), migrations))


@pytest.mark.parametrize(
    ("of", "text", "target"),
    [
        ({}, CONFIG, {}),
        ({}, "# other comments\n" + CONFIG, {}),
        ({}, "database:\n  user: 'dev'\n  password: \"dev\"\n", {}),
        ({"mounts": (facts.Mount("bind", "/x", "/app/configs"),)}, CONFIG + "worker: {concurrency: 7}\n", {}),
        ({}, CONFIG + "worker: {concurrency: 7}\n", {"config_argument": "configs/config.yaml"}),
    ],
)
def test_the_copy_comes_to_the_same(of: dict[str, Any], text: str, target: dict[str, Any], home: Path) -> None:
    found = look(home, contained(home, **of), files=copy(text), **target)

    assert (found.copy, found.absent) == ((), False)
    assert (found.file, found.changed_at) == ("/app/configs/config.yaml", 500.0)


def test_the_copy_comes_to_something_else(home: Path) -> None:
    found = look(home, contained(home), files=copy(CONFIG + "worker: {concurrency: 7}\n"))

    assert [(each.key, each.had, each.now) for each in found.copy] == [("worker.concurrency", "7", "5")]


def test_the_container_has_no_such_file(home: Path) -> None:
    (home / "configs" / "new.yaml").write_text(CONFIG)
    of = replace(contained(home), config_argument="configs/new.yaml")

    assert look(home, of, files=copy(CONFIG)).absent


@pytest.mark.parametrize(
    ("inside", "missing"),
    [((), ()), (("000001_a.up.sql", "000002_b.up.sql"), ()), (("000001_a.up.sql",), ("000002_b.up.sql",))],
)
def test_migrations_that_the_image_lacks(inside: tuple[str, ...], missing: tuple[str, ...], home: Path) -> None:
    (home / "migrations").mkdir()
    for name in ("000001_a.up.sql", "000001_a.down.sql", "000002_b.up.sql", "README.md"):
        (home / "migrations" / name).write_text("")

    assert look(home, contained(home), files=copy(CONFIG, *inside)).migrations == missing


@pytest.mark.parametrize("path", ["/app/../../../../outside.yaml", "/elsewhere/x.yaml", "/app"])
def test_a_hostile_path_is_written_nowhere(path: str, home: Path) -> None:
    before = set(home.parent.rglob("*"))

    look(home, contained(home), files=copy(CONFIG, path=path))

    assert set(home.parent.rglob("*")) == before


SERVICE = """
services:
  worker:
    environment: {CODECHUNK_DATABASE_NAME: "%s", CODECHUNK_GEMINI_API_KEY: "${CODECHUNK_GEMINI_API_KEY}"}
"""


@pytest.mark.parametrize(("name", "keys"), [("chunks", []), ("other", ["database.name"])])
def test_variables_of_a_new_container(name: str, keys: list[str], home: Path) -> None:
    had = {"CODECHUNK_DATABASE_NAME": "chunks", "CODECHUNK_GEMINI_API_KEY": "of-another-shell", "PATH": "/bin"}
    compose = settings_of(home, SERVICE % name)

    found = look(home, contained(home, environment=had), compose=compose)

    assert [each.key for each in found.variables] == keys


@pytest.mark.parametrize(
    ("of", "argument", "same"),
    [
        (None, None, []),
        (None, "configs/config.yaml", [True]),
        (None, "configs/../configs/config.yaml", [True]),
        (None, "configs/other.yaml", [False]),
        ({"mounts": (facts.Mount("bind", "{home}/configs/other.yaml", "/app/configs/config.yaml"),)}, "o", [True]),
        ({}, "configs/other.yaml", [False]),
        ({}, "configs/config.yaml", [True]),
    ],
)
def test_which_file_is_loaded(of: dict[str, Any] | None, argument: str | None, same: list[bool], home: Path) -> None:
    (home / "configs" / "other.yaml").write_text(CONFIG)
    argument = "configs/other.yaml" if argument == "o" else argument
    if of and "mounts" in of:
        of = {"mounts": (replace(of["mounts"][0], source=str(home / "configs" / "other.yaml")),)}
    runs = worker(home) if of is None else contained(home, **of)

    assert [each.same for each in look(home, runs, config_argument=argument).loaded] == same


# --- programs, commands, workers -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "path", "place"),
    [
        ("git", "/bin:/usr/bin", "/usr/bin/git"),
        ("git", "relative:.:/usr/bin", "/usr/bin/git"),
        ("git", "relative", None),
        ("git", "", None),
        ("./git", "/usr/bin", "/app/./git"),
        ("/opt/git", "/usr/bin", "/opt/git"),
        ("tools/none", "/usr/bin", None),
    ],
)
def test_where_a_program_is_found(name: str, path: str, place: str | None) -> None:
    there = {"/usr/bin/git", "relative/git", "./git", "/app/./git", "/opt/git"}

    assert find(name, path, "/app", there.__contains__) == place


@pytest.mark.skipif(os.name != "posix", reason="needs the mode of a file")
def test_what_can_be_executed(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "text").write_text("")
    (tmp_path / "text").chmod(0o644)
    (tmp_path / "program").write_text("")
    (tmp_path / "program").chmod(0o755)
    (tmp_path / "link").symlink_to("program")

    names = ("folder", "text", "program", "link", "absent")
    assert [executable(str(tmp_path / name)) for name in names] == [False, False, True, True, False]


HOST = facts.Worker(facts.Known.GIVEN, facts.Habitat.HOST)


@pytest.mark.parametrize(
    ("of", "target", "error"),
    [
        (replace(HOST, location=facts.Known.ASSUMED), {}, "say --worker host"),
        (HOST, {}, "give it with --env PATH"),
        (replace(HOST, kind=facts.Habitat.PROCESS), {}, "may not be read"),
        (replace(HOST, kind=facts.Habitat.CONTAINER, name="w"), {"offline": True}, "--offline"),
        (replace(HOST, kind=facts.Habitat.CONTAINER, name="w", unseen="no engine"), {}, "no engine"),
    ],
)
def test_programs_that_nobody_can_look_for(
    of: facts.Worker, target: dict[str, Any], error: str, home: Path, resolved: Any
) -> None:
    with pytest.raises((SourceError, Withheld), match=error):
        programs.function(Target(home, **target), Deadline(), of, facts.Environment({}), resolved(""))


def test_the_programs_of_this_machine(tmp_path: Path, resolved: Any) -> None:
    (tmp_path / "git").write_text("")
    (tmp_path / "git").chmod(0o755)
    path = facts.Variable("PATH", str(tmp_path), "shell", Location.env("PATH"))
    config = resolved("zoekt: {concurrent_indexing: {enabled: true}, indexing: {git_index_path: zoekt-git-index}}")

    found = programs.function(Target(tmp_path), Deadline(), HOST, facts.Environment({"PATH": path}), config)

    assert found == facts.Programs(
        "this machine", (facts.Program("git", str(tmp_path / "git")), facts.Program("zoekt-git-index"))
    )


def test_start_commands_of_everywhere(home: Path) -> None:
    (home / "Procfile").write_text("# a comment\napi: ./bin/codechunking api\nbroken\nworker: sh -c 'x\n")
    file = facts.Compose(
        "docker-compose.yml",
        read(
            home,
            "services:\n  worker:\n    command: worker --x\n  api:\n    command: api\n    entrypoint: [sh]\n"
            "  second: {image: codechunking, entrypoint: [/app/codechunking, api],\n    command: [--y]}\n"
            "  third: {image: codechunking, entrypoint: /app/codechunking worker --z}\n"
            "  fourth: {image: codechunking, entrypoint: [], command: worker}\n",
        ),
    )
    process = facts.Process("worker", 7, ("codechunking", "worker"), str(home), 1.0)
    containers = (
        facts.Container("1", "a", facts.ContainerState.EXITED, role="api", command=("/app/codechunking", "api")),
        facts.Container("2", "n", facts.ContainerState.RUNNING, role="nats", command=("nats-server",)),
    )
    seen = Observed(facts.Containers("Docker", "unix:///x", containers))

    found = start_commands.function(Target(home), facts.Processes((process,)), file, seen)

    assert isinstance(found, facts.StartCommands)
    assert [(each.words, each.at.kind, each.at.line) for each in found.found] == [
        (("codechunking", "worker"), Place.PROCESS, None),
        (("/app/codechunking", "api"), Place.CONTAINER, None),
        (("codechunking", "worker", "--x"), Place.FILE, 3),
        (("codechunking", "api", "--y"), Place.FILE, 8),
        (("codechunking", "worker", "--z"), Place.FILE, 9),
        (("./bin/codechunking", "api"), Place.FILE, 2),
        (("sh", "-c", "'x"), Place.FILE, 4),
    ]


def test_the_workers_that_run(home: Path) -> None:
    process = facts.Process("worker", 7, ("codechunking", "worker"), str(home), 5.0, variables=None)
    up = facts.Container("1", "w", facts.ContainerState.RUNNING, role="worker", started_at=2.0)
    seen = Observed(facts.Containers("Docker", "x", (up, replace(up, name="old", state=facts.ContainerState.EXITED))))

    found = running_workers.function(Target(home), facts.Processes((process,)), seen)

    assert isinstance(found, facts.RunningWorkers)
    assert [(each.name, each.config is None) for each in found.found] == [("container w", False), ("process 7", True)]


# --- the worker's own log --------------------------------------------------------------------------------------


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="needs /proc")
def test_the_file_that_a_process_writes_to(tmp_path: Path) -> None:
    log = tmp_path / "worker.log"
    code = "import sys; sys.stdin.read()"
    with log.open("w") as file:
        process = subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=file)
    try:
        of = facts.Worker(facts.Known.OBSERVED, facts.Habitat.PROCESS, pid=process.pid, started_at=1.0)
        assert own.written_to(of) == str(log)
        assert [each.path for each in own.inputs_of(Target(tmp_path), of, None)] == [str(log)]
        assert own.written_to(replace(of, started_at=None)) is None
        assert own.written_to(replace(of, pid=None)) is None
        log.unlink()
        assert own.written_to(of) is None
    finally:
        process.communicate(b"")


def test_only_the_recent_part_of_a_file_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from doctor.sources.logs.inputs import expand

    (tmp_path / "worker.log").write_text("first line\nsecond line\nthird line\n")
    (of,) = expand(["worker.log"], tmp_path)
    assert own._recent(of).start == 0
    monkeypatch.setattr(own, "RECENT_BYTES", 15)

    assert own._recent(of).start == len("first line\nsecond line\n")


def test_a_worker_without_a_log(tmp_path: Path) -> None:
    assert own.inputs_of(Target(tmp_path), HOST, None) == ()
    assert own.inputs_of(Target(tmp_path, offline=True), contained(tmp_path), None) == ()
