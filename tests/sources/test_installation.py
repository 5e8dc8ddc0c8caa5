"""The sources of what lies around: .env, the compose file, config.yaml, what git tracks."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from doctor.errors import SourceError
from doctor.facts import Habitat, Known, Resolution, Worker
from doctor.sources import tracked as tracked_module
from doctor.sources.config import resolve
from doctor.sources.installation import base_config, compose, dotenv, tracked
from doctor.target import Target

HOST = Worker(Known.ASSUMED, Habitat.HOST)
HEAD = "database: {user: u, password: dev}\n"


def write(directory: Path, files: Mapping[str, str]) -> Path:
    for path, text in files.items():
        (directory / path).parent.mkdir(parents=True, exist_ok=True)
        (directory / path).write_text(text, encoding="utf-8")
    return directory


# --- .env ------------------------------------------------------------------------------------------------------


def test_no_dotenv(tmp_path):
    found = dotenv.function(Target(tmp_path))

    assert (found.path, found.lines, found.given) == (None, (), False)


def test_dotenv(tmp_path):
    write(tmp_path, {".env": "# keys\nexport A='1'\nB=$A-$SHELL_ONE\n"})

    found = dotenv.function(Target(tmp_path, shell={"SHELL_ONE": "s"}))

    assert found.path == ".env"
    assert [(each.name, each.value, each.line) for each in found.lines] == [("A", "1", 2), ("B", "1-s", 3)]


def test_an_env_file_is_known_to_be_given(tmp_path):
    write(tmp_path, {".env": "A=1\n", "prod.env": "A=2\n"})

    assert dotenv.function(Target(tmp_path, env_file=tmp_path / "prod.env")).given


@pytest.mark.skipif(os.name != "posix", reason="pipes and links are made")
@pytest.mark.parametrize("stand_in", ["directory", "pipe", "loop"])
def test_what_is_no_dotenv(tmp_path, stand_in):
    path = tmp_path / ".env"
    if stand_in == "directory":
        path.mkdir()
    elif stand_in == "pipe":
        os.mkfifo(path)
    else:
        path.symlink_to(".env")

    assert dotenv.function(Target(tmp_path)).path is None


def test_a_dotenv_that_cannot_be_read_is_not_the_same_as_none(tmp_path):
    """What it says stays unknown, and the check that asks for it is not passed."""
    with (tmp_path / ".env").open("wb") as file:
        file.truncate(1 << 31)

    with pytest.raises(SourceError, match="larger than 1024 KiB"):
        dotenv.function(Target(tmp_path))


# --- compose ---------------------------------------------------------------------------------------------------

COMPOSE = """\
services:
  postgres:
    image: pgvector/pgvector:pg16
    environment:
      POSTGRES_PASSWORD: dev
      PORT: 5432
      PASSED:
  worker:
    command: ["worker", "--config", "configs/config.dev.yaml"]
    env_file: [.env, {path: other.env}]
    environment:
      - CODECHUNK_DATABASE_HOST=postgres
      - CODECHUNK_GEMINI_API_KEY=${CODECHUNK_GEMINI_API_KEY}
      - GITLAB_TOKEN
  api:
    command: api --config 'configs/a b.yaml'
    env_file: .env
"""


def test_compose(tmp_path):
    write(tmp_path, {"docker-compose.yml": COMPOSE})

    found = compose.function(Target(tmp_path))

    assert found.path == "docker-compose.yml"
    assert list(found.services) == ["postgres", "worker", "api"]
    postgres, worker, api = found.services.values()
    assert postgres.environment == {"POSTGRES_PASSWORD": "dev", "PORT": "5432", "PASSED": None}
    assert postgres.lines == {"POSTGRES_PASSWORD": 5, "PORT": 6, "PASSED": 7}
    assert worker.line == 8
    assert worker.command == ("worker", "--config", "configs/config.dev.yaml")
    assert worker.env_file == (".env", "other.env")
    assert worker.environment == {
        "CODECHUNK_DATABASE_HOST": "postgres",
        "CODECHUNK_GEMINI_API_KEY": "${CODECHUNK_GEMINI_API_KEY}",
        "GITLAB_TOKEN": None,
    }
    assert worker.lines["CODECHUNK_DATABASE_HOST"] == 12
    assert api.command == ("api", "--config", "configs/a b.yaml")
    assert api.env_file == (".env",)


PORTS = """\
services:
  postgres:
    image: pgvector/pgvector:pg16
    container_name: codechunking-postgres
    ports: [%s]
"""


@pytest.mark.parametrize(
    ("written", "ports"),
    [
        ("", []),
        ('"5432"', []),  # docker chooses
        ('"5000-5010:5432"', []),
        ('"5432:5432/udp"', []),
        ('"nonsense:x"', []),
        ('"5432:5432"', [(5432, 5432, None)]),
        ("15432:5432", [(5432, 15432, None)]),
        ('"127.0.0.1:15432:5432"', [(5432, 15432, "127.0.0.1")]),
        ('"[::1]:15432:5432/tcp"', [(5432, 15432, "::1")]),
        ('"${DB_PORT:-15432}:5432"', [(5432, 15432, None)]),
        ('"${FROM_DOTENV}:5432"', [(5432, 25432, None)]),
        ('"$FROM_SHELL:5432", "8080:80"', [(5432, 35432, None), (80, 8080, None)]),
        ("{target: 5432, published: 15432}", [(5432, 15432, None)]),
        ('{target: 5432, published: "15432", host_ip: 127.0.0.1}', [(5432, 15432, "127.0.0.1")]),
        ("{target: 5432}", []),
    ],
)
def test_published_ports(tmp_path, written, ports):
    write(tmp_path, {"docker-compose.yml": PORTS % written, ".env": "FROM_DOTENV=25432\n"})

    found = compose.function(Target(tmp_path, shell={"FROM_SHELL": "35432"})).services["postgres"]

    assert [(each.target, each.published, each.address) for each in found.ports] == ports
    assert (found.image, found.container) == ("pgvector/pgvector:pg16", "codechunking-postgres")


def test_the_compose_file_that_compose_itself_takes(tmp_path):
    write(tmp_path, {"docker-compose.yml": COMPOSE, "compose.yml": "services: {one: {image: x}}\n"})

    found = compose.function(Target(tmp_path))

    assert (found.path, list(found.services)) == ("compose.yml", ["one"])


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="empty"),
        pytest.param("services:\n\tx: 1\n", id="broken"),
        pytest.param("services: 1\n", id="services is no mapping"),
        pytest.param("- a\n", id="top level is a list"),
        pytest.param("services: {a: 1, b: [x], c: {environment: 1, command: {}, env_file: 3}}\n", id="nonsense"),
        pytest.param('services: {c: {command: "it\'s"}}\n', id="open quote"),
        pytest.param("a: &a [*a]\n", id="alias to itself"),
    ],
)
def test_an_odd_compose_file(tmp_path, text):
    """It is there, and whatever it holds is no reason to stop."""
    write(tmp_path, {"compose.yaml": text})

    assert compose.function(Target(tmp_path)).path == "compose.yaml"


def test_no_compose_file(tmp_path):
    assert compose.function(Target(tmp_path)).path is None


# --- config.yaml -----------------------------------------------------------------------------------------------


def base(directory: Path, argument: str | None):
    return base_config.function(Target(directory), resolve(directory, argument, {}))


def test_the_file_beside(tmp_path):
    write(tmp_path, {"configs/config.yaml": "zoekt: {webserver: {port: 6071}}\n", "configs/config.dev.yaml": HEAD})

    found = base(tmp_path, "configs/config.dev.yaml")

    assert found.path == "configs/config.yaml"
    assert found.has_section("zoekt.webserver")
    assert not found.has_section("zoek")


def test_the_file_beside_in_the_directory_itself(tmp_path):
    write(tmp_path, {"config.yaml": "zoekt: {}\n", "dev.yaml": HEAD})

    assert base(tmp_path, "dev.yaml").path == "config.yaml"


@pytest.mark.parametrize(
    ("files", "argument"),
    [
        pytest.param({"configs/config.yaml": HEAD}, None, id="it is the loaded one"),
        pytest.param({"configs/config.dev.yaml": HEAD}, "configs/config.dev.yaml", id="there is none"),
        pytest.param({"configs/config.yaml": HEAD}, "configs/config.dev.yaml", id="nothing is loaded"),
        pytest.param({"a.yaml": HEAD, "config.yaml": "a: 1\n\tb: 2\n"}, "a.yaml", id="it is broken"),
        pytest.param({"a.yaml": HEAD, "configs/config.yaml": "a: 1\n"}, "a.yaml", id="in another folder"),
    ],
)
def test_no_file_beside(tmp_path, files, argument):
    write(tmp_path, files)

    assert base(tmp_path, argument).path is None


def test_a_link_to_config_yaml_is_the_same_file(tmp_path):
    write(tmp_path, {"config.yaml": HEAD})
    (tmp_path / "dev.yaml").symlink_to("config.yaml")

    assert base(tmp_path, "dev.yaml").path is None


# --- git -------------------------------------------------------------------------------------------------------


def git(directory: Path, *arguments: str) -> None:
    subprocess.run(["git", "-C", str(directory), *arguments], check=True, capture_output=True)


def asked(directory: Path, resolution: Resolution | None = None):
    return tracked.function(Target(directory), resolution or resolve(directory, None, {}))


FILES = {
    "configs/config.dev.yaml": (
        "database:\n  user: dev\n  password: hunter2-1\n"
        "gemini:\n  api_key: hunter2-2\n  max_tokens: 5\n"
        "connectors:\n  - {name: a, type: gitlab, auth_token: hunter2-3}\n"
        "  - {name: b, type: gitlab, auth_token: ''}\n"
    ),
    ".env": "CODECHUNK_GEMINI_API_KEY=hunter2-4\nCODECHUNK_LOG_LEVEL=info\nEMPTY_TOKEN=\nMAX_TOKENS_EACH=3\n",
    "docker-compose.yml": (
        "services:\n  db:\n    environment:\n      - POSTGRES_PASSWORD=hunter2-5\n      - TOKEN_PATH=/x\n"
    ),
    "README.md": "password: hunter2-6\n",
    "configs/other.txt": "password: hunter2-7\n",
}


def test_outside_a_work_tree_git_is_not_asked(tmp_path, monkeypatch):
    write(tmp_path, FILES)
    monkeypatch.setattr(tracked_module, "_in_work_tree", lambda directory: False)

    assert asked(tmp_path) == type(asked(tmp_path))()


def test_tracked_values(tmp_path):
    write(tmp_path, FILES)
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", ".")

    found = asked(tmp_path)

    assert found.work_tree
    assert {file.path: [(each.name, each.value, each.line) for each in file.values] for file in found.files} == {
        ".env": [("CODECHUNK_GEMINI_API_KEY", "hunter2-4", 1)],
        "configs/config.dev.yaml": [
            ("database.password", "hunter2-1", 3),
            ("gemini.api_key", "hunter2-2", 5),
            ("connectors[0].auth_token", "hunter2-3", 8),
        ],
        "docker-compose.yml": [("POSTGRES_PASSWORD", "hunter2-5", 4)],
    }
    assert {file.path: file.kind for file in found.files} == {
        ".env": "dotenv",
        "configs/config.dev.yaml": "config",
        "docker-compose.yml": "compose",
    }
    assert "hunter2" not in repr(found)


def test_only_what_is_tracked(tmp_path):
    write(tmp_path, {**FILES, ".gitignore": ".env\n"})
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", ".gitignore", "docker-compose.yml")

    assert [file.path for file in asked(tmp_path).files] == ["docker-compose.yml"]


def test_tracked_though_ignored(tmp_path):
    write(tmp_path, {**FILES, ".gitignore": ".env\n"})
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", "-f", ".env", "docker-compose.yml")

    assert {file.path: file.ignored for file in asked(tmp_path).files} == {".env": True, "docker-compose.yml": False}


def test_a_directory_below_the_work_tree(tmp_path):
    write(tmp_path, {"app/configs/config.yaml": "gemini: {api_key: hunter2}\n", ".env": "A_TOKEN=hunter2\n"})
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", ".")

    assert [file.path for file in asked(tmp_path / "app").files] == ["configs/config.yaml"]


def test_the_loaded_file_wherever_it_lies(tmp_path):
    write(tmp_path, {"deploy/worker.yaml": HEAD + "gemini: {api_key: hunter2}\n"})
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", ".")

    found = asked(tmp_path, resolve(tmp_path, "deploy/worker.yaml", {}))

    assert [(file.path, [value.name for value in file.values]) for file in found.files] == [
        ("deploy/worker.yaml", ["database.password", "gemini.api_key"])
    ]


def test_a_tracked_file_that_is_gone(tmp_path):
    write(tmp_path, FILES)
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", ".env")
    (tmp_path / ".env").unlink()

    assert [(file.path, file.values) for file in asked(tmp_path).files] == [(".env", ())]


def test_without_git(tmp_path, monkeypatch):
    (tmp_path / ".git").mkdir()
    monkeypatch.setenv("PATH", str(tmp_path))

    assert asked(tmp_path).unknown == "git is not installed"


def test_git_that_refuses(tmp_path):
    (tmp_path / ".git").mkdir()

    found = asked(tmp_path)

    assert not found.work_tree
    assert "not a git repository" in found.unknown


@pytest.mark.skipif(os.name != "posix", reason="the stand-in is a shell script")
def test_git_that_does_not_answer(tmp_path, monkeypatch):
    (tmp_path / ".git").mkdir()
    (tmp_path / "git").write_text("#!/bin/sh\nexec sleep 60\n")
    (tmp_path / "git").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setattr(tracked_module, "SECONDS", 0.2)

    assert asked(tmp_path).unknown == "it gave no answer within 0.2 s"


def test_a_repository_cannot_make_git_run_something(tmp_path, monkeypatch):
    """A `.git/config` of somebody else's is not to be trusted, and neither are variables of a hook around us."""
    write(tmp_path, FILES)
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", ".env")
    git(tmp_path, "config", "core.fsmonitor", f"touch {tmp_path}/ran")
    monkeypatch.setenv("GIT_DIR", "/nowhere")

    assert [file.path for file in asked(tmp_path).files] == [".env"]
    assert not (tmp_path / "ran").exists()
