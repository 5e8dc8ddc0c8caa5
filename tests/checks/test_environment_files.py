"""environment: what stands in .env, and secrets in files that git tracks."""

from __future__ import annotations

from dataclasses import replace

import pytest

from checks.environment.dotenv_not_read import EXAMPLE, dotenv_not_read
from checks.environment.secret_tracked import secret_tracked
from doctor import facts
from doctor.api import Skipped
from doctor.dotenv import parse
from doctor.model import Finding, Location
from doctor.schema import key_of_variable
from tests.checks.environments import CONTAINER, GIVEN, HERE, RUNNING, UNSEEN_CONTAINER

NO_COMPOSE = facts.Compose()
SHIPPED = facts.Compose(
    "docker-compose.yml",
    {
        "worker": facts.ComposeService(
            "worker",
            1,
            environment={
                "CODECHUNK_DATABASE_HOST": "postgres",
                "CODECHUNK_GEMINI_API_KEY": "${CODECHUNK_GEMINI_API_KEY}",
                "GITLAB_TOKEN": "${GITLAB_TOKEN}",
            },
        )
    },
)


def lines(text: str, *, given: bool = False) -> facts.Dotenv:
    return facts.Dotenv(
        ".env", tuple(facts.DotenvLine(each.name, each.value, each.line) for each in parse(text)), given
    )


@pytest.mark.parametrize(
    ("text", "env", "dotenv", "found"),
    [
        pytest.param("", {}, "", [], id="empty file"),
        pytest.param("", {}, "CODECHUNK_NATS_URL=\n", [], id="empty line"),
        pytest.param("", {}, "GITLAB_TOKEN=x\nFOO=bar\n", [], id="variables of others"),
        pytest.param("", {}, "CODECHUNK_NOBODY_KNOWS=1\nCODECHUNK_CLIENT_TIMEOUT=1s\n", [], id="no key of the server"),
        pytest.param("", {}, "\n".join(f"{name}={text}" for name, text in EXAMPLE.items()), [], id="the example"),
        pytest.param("gemini: {api_key: k}", {}, "CODECHUNK_GEMINI_API_KEY=k\n", [], id="the file says so too"),
        pytest.param("", {"CODECHUNK_GEMINI_API_KEY": "k"}, "CODECHUNK_GEMINI_API_KEY=k\n", [], id="exported"),
        pytest.param("", {}, "CODECHUNK_DATABASE_USER=u\n", [], id="value of the file"),
        pytest.param("", {}, "CODECHUNK_WORKER_JOB_TIMEOUT=1800s\n", [], id="equal when decoded: duration"),
        pytest.param("", {}, "CODECHUNK_DATABASE_MAX_CONNECTIONS=0x19\n", [], id="equal when decoded: int"),
        pytest.param("", {}, "CODECHUNK_GEMINI_BATCH_ENABLED=F\n", [], id="equal when decoded: bool"),
        pytest.param("", {}, "CODECHUNK_GEMINI_TIMEOUT=120s\n", [], id="what is taken where nothing is set"),
        pytest.param("", {}, "CODECHUNK_NATS_URL=nats://a\nCODECHUNK_NATS_URL=nats://localhost:4222\n", [],
                     id="the last line counts"),
        pytest.param("", {}, "CODECHUNK_GEMINI_API_KEY=k\n", [("CODECHUNK_GEMINI_API_KEY", 1)], id="a key"),
        pytest.param("", {"CODECHUNK_GEMINI_API_KEY": "other"}, "\nexport CODECHUNK_GEMINI_API_KEY=k\n",
                     [("CODECHUNK_GEMINI_API_KEY", 2)], id="another one is exported"),
        pytest.param("", {}, "CODECHUNK_WORKER_CONCURRENCY=6\n# x\nCODECHUNK_API_PORT=8081\n",
                     [("CODECHUNK_WORKER_CONCURRENCY", 1), ("CODECHUNK_API_PORT", 3)], id="two"),
        pytest.param("", {}, "CODECHUNK_WORKER_JOB_TIMEOUT=soon\n", [("CODECHUNK_WORKER_JOB_TIMEOUT", 1)],
                     id="cannot be decoded"),
        pytest.param("", {}, "CODECHUNK_GEMINI_BATCH_ENABLED=true\n", [("CODECHUNK_GEMINI_BATCH_ENABLED", 1)],
                     id="a switch"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("worker", [HERE, GIVEN, RUNNING], ids=["assumed", "given", "running"])
def test_dotenv_not_read_on_a_host(resolved, text, env, dotenv, found, worker):
    """The program does not read it."""
    findings = dotenv_not_read(resolved(text, env), lines(dotenv), NO_COMPOSE, worker)

    assert [(place.name, place.line) for each in findings for place in each.locations] == found
    assert all(each.fix.commands == ("set -a; . ./.env; set +a",) for each in findings)


KEY = "CODECHUNK_GEMINI_API_KEY=k\n"


@pytest.mark.parametrize(
    ("dotenv", "compose", "worker"),
    [
        pytest.param(facts.Dotenv(), NO_COMPOSE, HERE, id="no file"),
        pytest.param(lines(KEY, given=True), NO_COMPOSE, HERE, id="--env-file given"),
        pytest.param(lines(KEY), SHIPPED, CONTAINER, id="compose passes it on"),
        pytest.param(lines(KEY), NO_COMPOSE, CONTAINER, id="the shipped file would pass it on"),
    ],
)
def test_dotenv_not_read_is_silent(resolved, dotenv, compose, worker):
    assert dotenv_not_read(resolved(), dotenv, compose, worker) == ()


@pytest.mark.parametrize(
    ("service", "found"),
    [
        pytest.param({"environment": {"CODECHUNK_NATS_URL": "${CODECHUNK_NATS_URL:-nats://nats}"}}, False, id="filled"),
        pytest.param({"environment": {"CODECHUNK_NATS_URL": "$CODECHUNK_NATS_URL"}}, False, id="filled, bare"),
        pytest.param({"environment": {"CODECHUNK_NATS_URL": None}}, False, id="passed through"),
        pytest.param({"env_file": (".env",)}, False, id="env_file"),
        pytest.param({"env_file": ("./.env",)}, False, id="env_file with a dot"),
        pytest.param({"env_file": ("other.env",)}, True, id="another env_file"),
        pytest.param({"environment": {"CODECHUNK_NATS_URL": "nats://nats"}}, True, id="fixed"),
        pytest.param({}, True, id="not named"),
    ],
)
def test_what_compose_passes_on(resolved, service, found):
    compose = facts.Compose("compose.yaml", {"worker": facts.ComposeService("worker", 1, **service)})

    findings = dotenv_not_read(resolved(), lines("CODECHUNK_NATS_URL=nats://x\n"), compose, CONTAINER)

    assert bool(findings) is found
    assert all("compose.yaml does not pass it on" in each.message for each in findings)


def test_a_container_whose_variables_are_not_known(resolved):
    with pytest.raises(Skipped):
        dotenv_not_read(resolved(), lines(KEY), SHIPPED, UNSEEN_CONTAINER)


def test_lines_that_would_not_count_either(resolved):
    """The advice says what else is needed."""
    text = "CODECHUNK_GEMINI_API_KEY=hunter2\nCODECHUNK_EMBEDDING_PROVIDER=openai\n"

    (finding,) = dotenv_not_read(resolved(), lines(text), SHIPPED, HERE)

    assert finding.message == (
        "CODECHUNK_GEMINI_API_KEY and CODECHUNK_EMBEDDING_PROVIDER in .env do not reach a program started on this "
        "host: it does not read the file, only docker compose does"
    )
    assert finding.fix.summary.endswith("with nothing behind it, for CODECHUNK_EMBEDDING_PROVIDER.")
    assert "hunter2" not in repr(finding)


@pytest.mark.parametrize(
    ("count", "listed"),
    [
        (3, "CODECHUNK_API_PORT, CODECHUNK_WORKER_CONCURRENCY and CODECHUNK_NATS_URL in"),
        (4, "CODECHUNK_API_PORT, CODECHUNK_WORKER_CONCURRENCY and 2 more in"),
    ],
)
@pytest.mark.parametrize(
    ("worker", "said"), [(HERE, "Export the lines"), (CONTAINER, "services in docker-compose.yml")]
)
def test_many_lines(resolved, count, listed, worker, said):
    names = ("CODECHUNK_API_PORT", "CODECHUNK_WORKER_CONCURRENCY", "CODECHUNK_NATS_URL", "CODECHUNK_DATABASE_NAME")
    dotenv = lines("".join(f"{name}=99\n" for name in names[:count]))
    (finding,) = dotenv_not_read(resolved(), dotenv, SHIPPED, worker)

    assert finding.message.startswith(listed)
    assert said in finding.fix.summary


def test_a_missing_key_is_explained_only_while_nothing_was_observed(resolved):
    (relation,) = dotenv_not_read.explains
    missing = Finding("gemini.api_key is not set", Location.file("config.yaml", key="gemini.api_key"))
    seen = [dotenv_not_read(resolved(), lines(KEY), NO_COMPOSE, worker)[0] for worker in (HERE, RUNNING)]

    assert [relation.when(each, missing) for each in seen] == [True, False]


def test_the_example_names_keys():
    assert all(key_of_variable(name) for name in EXAMPLE)


# --- git -------------------------------------------------------------------------------------------------------


def file(path: str, kind: str, *values: tuple[str, str], **fields: bool) -> facts.TrackedFile:
    return facts.TrackedFile(
        path, tuple(facts.TrackedValue(name, text, line) for line, (name, text) in enumerate(values, 1)), kind, **fields
    )


def in_git(*files: facts.TrackedFile) -> facts.Tracked:
    return facts.Tracked(work_tree=True, files=files)


@pytest.mark.parametrize(
    "value",
    [
        "", "dev", "your-api-key", "your-gemini-api-key-here", "your_password", "YOUR-TOKEN", "${X}", "$X", "${X:-dev}",
        "${X:-}", "${X:?needed}", "${CODECHUNK_GEMINI_API_KEY}", "example", "example-key", "changeme", "change-me",
        "CHANGE_ME", "change-me-please", "<key>", "<your key>", "xxx", "XXXXXXXX", "***", "...", "admin", "postgres",
        "password", "placeholder", "dummy-key", "fake", "test", "test-key", "replace-me", "insert-key-here", "TODO",
        "null", "none",
    ],
)  # fmt: skip
def test_placeholders(value):
    assert secret_tracked(in_git(file("configs/config.yaml", "config", ("gemini.api_key", value)))) == ()


@pytest.mark.parametrize(
    "value",
    [
        "hunter2",
        "developer1",
        "AIzaSyExample",
        "s3cr3t",
        "${X:-hunter2}",
        "yourself",
        "glpat-abc",
        "pa$$word",
        "testify",
    ],
)
def test_real_values(value):
    (finding,) = secret_tracked(in_git(file("configs/config.yaml", "config", ("gemini.api_key", value))))

    assert value not in repr(finding)


@pytest.mark.parametrize(
    "tracked",
    [
        pytest.param(facts.Tracked(), id="no work tree"),
        pytest.param(in_git(), id="nothing tracked"),
        pytest.param(in_git(file("configs/config.yaml", "config")), id="no secrets in it"),
    ],
)
def test_secret_tracked_is_silent(tracked):
    assert secret_tracked(tracked) == ()


def test_git_that_gives_no_answer():
    """Not having looked is no pass."""
    with pytest.raises(Skipped, match="git is not installed"):
        secret_tracked(facts.Tracked(unknown="git is not installed"))


@pytest.mark.parametrize(
    ("kind", "name", "said"),
    [
        pytest.param("config", "gemini.api_key", "export CODECHUNK_GEMINI_API_KEY", id="a key"),
        pytest.param("config", "connectors[1].auth_token", '"${GITLAB_TOKEN}"', id="a connector's token"),
        pytest.param("config", "gemini.apikey", "environment", id="a misspelt key"),
        pytest.param("compose", "POSTGRES_PASSWORD", "${POSTGRES_PASSWORD}", id="a variable of compose"),
    ],
)
def test_where_the_secret_belongs(kind, name, said):
    (finding,) = secret_tracked(in_git(file("the/file.yaml", kind, ("database.password", "dev"), (name, "hunter2"))))

    assert finding.message == f"{name} has a real value in the/file.yaml, which git tracks"
    assert (finding.at.path, finding.at.line, finding.at.key or finding.at.name) == ("the/file.yaml", 2, name)
    assert said in finding.fix.summary
    assert (finding.fix.commands, finding.fix.edits, finding.fix.safety.value) == ((), (), "none")


DOTENV = file(
    ".env", "dotenv", ("CODECHUNK_GEMINI_API_KEY", "hunter2"), ("A_TOKEN", "dev"), ("GITLAB_TOKEN", "hunter3")
)


def test_a_tracked_dotenv():
    (finding,) = secret_tracked(in_git(DOTENV))

    assert finding.message == "CODECHUNK_GEMINI_API_KEY and 1 more have real values in .env, which git tracks"
    assert [(place.path, place.line) for place in finding.locations] == [(".env", 1), (".env", 3)]
    (edit,) = finding.fix.edits
    assert (edit.path, edit.before, edit.after) == (".gitignore", None, ".env")
    assert finding.fix.commands == ("git rm --cached .env",)
    assert finding.fix.safety.value == "unsafe"


def test_a_tracked_dotenv_with_one_secret():
    (finding,) = secret_tracked(in_git(file(".env", "dotenv", ("A_TOKEN", "hunter2"))))

    assert finding.message == "A_TOKEN has a real value in .env, which git tracks"


def test_a_tracked_dotenv_that_is_ignored_already():
    (finding,) = secret_tracked(in_git(replace(DOTENV, ignored=True)))

    assert finding.fix.edits == ()
    assert finding.fix.commands == ("git rm --cached .env",)
    assert finding.fix.safety.value == "none"


def test_an_example_stays_tracked():
    (finding,) = secret_tracked(in_git(replace(DOTENV, path=".env.example")))

    assert "placeholders" in finding.fix.summary
    assert (finding.fix.commands, finding.fix.edits) == ((), ())
