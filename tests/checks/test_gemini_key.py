"""gemini: the key, judged by its text and by whom it reaches."""

from __future__ import annotations

from dataclasses import replace

import pytest

from checks.gemini.key_malformed import key_malformed
from checks.gemini.key_missing import key_missing
from checks.gemini.key_not_seen_by_api import key_not_seen_by_api
from doctor import facts
from doctor.api import Skipped
from doctor.model import Location, Place
from tests.checks.environments import CONTAINER, HERE, RUNNING, UNSEEN_CONTAINER
from tests.checks.gemini import KEY, NO_COMPOSE, OPENAI, VARIABLE, compose, keys, shell, supply

ENV_FILE = facts.Environment(
    {VARIABLE: facts.Variable(VARIABLE, "", "--env-file", Location.env(VARIABLE, path="prod.env", line=3))}
)

# --- missing -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "worker", [HERE, RUNNING, CONTAINER, UNSEEN_CONTAINER], ids=["here", "runs", "docker", "given"]
)
@pytest.mark.parametrize("found", [supply(), supply("${X}"), supply("k", "GOOGLE_API_KEY")])
def test_a_key_is_there(resolved, worker, found):
    assert key_missing(resolved(), keys(found), worker, NO_COMPOSE, shell()) == ()


def test_what_is_in_a_container_is_not_known(resolved):
    with pytest.raises(Skipped):
        key_missing(resolved(), keys(seen=False), UNSEEN_CONTAINER, NO_COMPOSE, shell())


@pytest.mark.parametrize("rule", [key_missing, key_malformed, key_not_seen_by_api])
def test_another_provider_needs_no_such_key(resolved, rule):
    with pytest.raises(Skipped, match="openai"):
        rule(resolved(OPENAI), keys(api_here=True), HERE, NO_COMPOSE, shell())


@pytest.mark.parametrize(
    ("environment", "worker", "message"),
    [
        pytest.param(shell(), RUNNING, "the worker finds no key: gemini.api_key, CODECHUNK_GEMINI_API_KEY, "
                     "GEMINI_API_KEY and GOOGLE_API_KEY are not set", id="nowhere"),
        pytest.param(shell(), HERE, "a worker started from this shell finds no key", id="assumed"),
        pytest.param(shell(CODECHUNK_GEMINI_API_KEY=""), RUNNING, "CODECHUNK_GEMINI_API_KEY is set but empty, and no "
                     "other place has a key: gemini.api_key, GEMINI_API_KEY, GOOGLE_API_KEY", id="empty"),
        pytest.param(shell(CODECHUNK_GEMINI_API_KEY="", GOOGLE_API_KEY=""), RUNNING,
                     "CODECHUNK_GEMINI_API_KEY and GOOGLE_API_KEY are set but empty", id="two are empty"),
    ],
)  # fmt: skip
def test_key_missing(resolved, environment, worker, message):
    (finding,) = key_missing(resolved(), keys(), worker, NO_COMPOSE, environment)

    assert message in finding.message
    assert (finding.at.kind, finding.at.name, finding.at.key) == (Place.ENV, VARIABLE, KEY)
    assert [each.text for each in finding.evidence] == [
        f"{name}: {'set, but empty' if name in environment.variables else 'not set'}"
        for name in (VARIABLE, "GEMINI_API_KEY", "GOOGLE_API_KEY")
    ]


def test_the_empty_line_of_the_file_is_named(resolved):
    (without,) = key_missing(resolved(), keys(), HERE, NO_COMPOSE, shell())
    (finding,) = key_missing(resolved("gemini: {api_key: }\n"), keys(), HERE, NO_COMPOSE, shell())

    assert without.related == ()
    assert [(each.line, each.key) for each in finding.related] == [(4, KEY)]


@pytest.mark.parametrize(
    ("worker", "file", "environment", "summary", "commands"),
    [
        pytest.param(HERE, NO_COMPOSE, shell(), "in the shell that starts", [f"export {VARIABLE}='your key'"],
                     id="host"),
        pytest.param(HERE, compose(worker={}), shell(), "For a worker of docker-compose.yml",
                     [f"export {VARIABLE}='your key'"], id="host, perhaps compose"),
        pytest.param(RUNNING, compose(worker={}), shell(), "in the shell that starts",
                     [f"export {VARIABLE}='your key'"], id="a process"),
        pytest.param(HERE, NO_COMPOSE, ENV_FILE, "prod.env, line 3", [], id="env file"),
        pytest.param(CONTAINER, NO_COMPOSE, shell(), "into .env beside the compose file, then recreate",
                     ["docker compose up -d worker api"], id="container"),
        pytest.param(CONTAINER, compose(worker={VARIABLE: f"${{{VARIABLE}}}"}), shell(),
                     "into .env beside docker-compose.yml, then recreate", ["docker compose up -d worker api"],
                     id="passed on"),
        pytest.param(CONTAINER, compose(worker={VARIABLE: f"${VARIABLE}"}), shell(), ", then recreate",
                     ["docker compose up -d worker api"], id="passed on, bare"),
        pytest.param(CONTAINER, compose(worker={VARIABLE: None}), shell(), ", then recreate",
                     ["docker compose up -d worker api"], id="passed through"),
        pytest.param(CONTAINER, compose(worker={"A": "b"}), shell(), "below `environment:` of worker and api",
                     ["docker compose up -d worker api"], id="not passed on"),
        pytest.param(CONTAINER, compose(worker={VARIABLE: "$OTHER"}), shell(), "below `environment:` of worker and api",
                     ["docker compose up -d worker api"], id="another one is passed on"),
    ],
)  # fmt: skip
def test_what_gives_the_key(resolved, worker, file, environment, summary, commands):
    (finding,) = key_missing(resolved(), keys(), worker, file, environment)

    assert summary in finding.fix.summary
    assert ("For a worker of" in finding.fix.summary) is (worker is HERE and file is not NO_COMPOSE)
    assert list(finding.fix.commands) == commands


@pytest.mark.parametrize(
    ("env_file", "added"), [(".env", False), ("./.env", False), ("prod.env", True), ("docker/.env", True)]
)
def test_a_file_with_variables_that_compose_passes_on(resolved, env_file, added):
    file = compose(worker={VARIABLE: ""})
    service = replace(file.services["worker"], env_file=(env_file,))
    (finding,) = key_missing(resolved(), keys(), CONTAINER, replace(file, services={"worker": service}), shell())

    assert ("below `environment:`" in finding.fix.summary) is added


# --- malformed -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "x",
        "example-key",
        "AIzaSyExampleExampleExampleExampleExample0",
        "AQ.ExampleExampleExampleExample",
        "a" * 4096,
        "key with a blank",
        "0",
        "sky",
        "Bearerish",
        "keychain",
        "hfx",
        "yours",
        "a<b>",
        "AKIA",
        "json",
        "Schlüssel",
        "${CODECHUNK_GEMINI_API_KEY}",
        "$CODECHUNK_GEMINI_API_KEY",
        "${X:-your-key}",
        '"${X}"',
    ],
)
def test_what_can_be_a_key(resolved, text):
    assert key_malformed(resolved(), keys(supply(text), supply(text)), HERE, NO_COMPOSE, shell()) == ()


def test_no_key_is_not_malformed(resolved):
    assert key_malformed(resolved(), keys(), HERE, NO_COMPOSE, shell()) == ()


SECRET = "S3cr3tS3cr3t"


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("your-gemini-api-key-here", "the placeholder of an example"),
        ("your-api-key-here", "the placeholder of an example"),
        ("YOUR_API_KEY", "the placeholder of an example"),
        ("your key", "the placeholder of an example"),
        ('"your-api-key-here"', "the placeholder of an example"),
        ("<your key>", "the placeholder of an example"),
        ("<GEMINI_KEY>", "the placeholder of an example"),
        ("AIza...", "the placeholder of an example"),
        ("AIzaSy…", "the placeholder of an example"),
        ("   ", "nothing but blanks"),
        ("\u00a0\u200b", "nothing but blanks"),
        ("\n", "nothing but blanks"),
        ('""', "a pair of quotes with nothing in it"),
        (f"{SECRET} ", "blanks around it"),
        (f"\t{SECRET}", "blanks around it"),
        (f"\u00a0{SECRET}", "blanks around it"),
        (f"{SECRET}\u200b", "blanks around it"),
        (f"\ufeff{SECRET}", "blanks around it"),
        (f"'{SECRET}'", "quotes around it"),
        (f'"{SECRET}"', "quotes around it"),
        (f"“{SECRET}”", "quotes around it"),
        (f"«{SECRET}»", "quotes around it"),
        (f"`{SECRET}`", "quotes around it"),
        (f"{SECRET}'", "quotes around it"),
        (f'"{SECRET}" ', "quotes around it"),
        (f"{SECRET}\n", "ends with a line break"),
        (f"{SECRET}\r\n", "ends with a line break"),
        (f"{SECRET}\n{SECRET}", "a line break in it"),
        (f"{SECRET}\x00{SECRET}", "a control character in it"),
        (f"{SECRET}\x1b[0m", "a control character in it"),
        (f"{SECRET}\x7f", "a control character in it"),
        (f"Bearer {SECRET}", 'begins with "Bearer"'),
        (f"bearer {SECRET}", 'begins with "bearer"'),
        ("Bearer ", 'begins with "Bearer"'),
        (f"key={SECRET}", 'begins with "key"'),
        (f"{VARIABLE}={SECRET}", f'begins with "{VARIABLE}"'),
        (f"export {VARIABLE}={SECRET}", f'begins with "{VARIABLE}"'),
        (f"x-goog-api-key: {SECRET}", 'begins with "x-goog-api-key"'),
        (f"Authorization: Bearer {SECRET}", 'begins with "Authorization"'),
        (f'{{"type": "service_account", "private_key": "{SECRET}"}}', "is a JSON text"),
        (f"/home/{SECRET}/account.json", "is the name of a JSON file"),
        (f"sk-ant-{SECRET}", "a key of Anthropic"),
        (f"sk-or-{SECRET}", "a key of OpenRouter"),
        (f"sk-{SECRET}", "a key of OpenAI"),
        (f"ghp_{SECRET}", "a GitHub token"),
        (f"gho_{SECRET}", "a GitHub token"),
        (f"github_pat_{SECRET}", "a GitHub token"),
        (f"glpat-{SECRET}", "a GitLab token"),
        ("AKIAEXAMPLEEXAMPLE00", "an access key of AWS"),
        (f"xoxb-{SECRET}", "a Slack token"),
        (f"hf_{SECRET}", "a Hugging Face token"),
        (f"ya29.{SECRET}", "a Google OAuth token"),
        (f"eyJ{SECRET}", "a JSON web token"),
        (f" ghp_{SECRET} ", "a GitHub token"),
    ],
)
def test_key_malformed(resolved, text, what):
    (finding,) = key_malformed(resolved(), keys(supply(text)), HERE, NO_COMPOSE, shell())

    assert what in finding.message
    assert (finding.at.name, finding.at.key) == (VARIABLE, KEY)
    assert SECRET not in repr(finding)
    assert "EXAMPLE" not in repr(finding)


def test_the_api_is_judged_by_its_own_key(resolved):
    own = supply("your-key", at=Location.file("c.yaml", 4, key=KEY))

    findings = key_malformed(resolved(), keys(supply("x"), own), HERE, NO_COMPOSE, shell())

    assert [(each.message.partition(" from ")[0], each.at.line) for each in findings] == [
        ("the key that the API takes", 4)
    ]


def test_the_same_key_is_judged_once(resolved):
    bad = supply("your-key")

    assert len(key_malformed(resolved(), keys(bad, bad), HERE, NO_COMPOSE, shell())) == 1


# --- not seen by the API -------------------------------------------------------------------------------------------

FALL_BACK = supply("k", "GEMINI_API_KEY", Location.env("GEMINI_API_KEY"))


@pytest.mark.parametrize(
    "found",
    [
        pytest.param(keys(api_here=True), id="no key at all"),
        pytest.param(keys(supply(), supply(), api_here=True), id="both have it"),
        pytest.param(keys(FALL_BACK, supply("other"), api_here=True), id="the API has another one"),
        pytest.param(keys(FALL_BACK, api_here=True, api_elsewhere=True), id="the API gets it elsewhere"),
        pytest.param(keys(FALL_BACK), id="no API here"),
    ],
)
def test_the_api_has_a_key_or_needs_none(resolved, found):
    assert key_not_seen_by_api(resolved(), found, HERE, NO_COMPOSE, shell()) == ()


@pytest.mark.parametrize(
    ("name", "worker", "file", "command"),
    [
        ("GEMINI_API_KEY", HERE, NO_COMPOSE, f'export {VARIABLE}="$GEMINI_API_KEY"'),
        ("GOOGLE_API_KEY", RUNNING, compose(api={}), f'export {VARIABLE}="$GOOGLE_API_KEY"'),
        ("GEMINI_API_KEY", CONTAINER, compose(api={}), "docker compose up -d api"),
        ("GEMINI_API_KEY", CONTAINER, NO_COMPOSE, f'export {VARIABLE}="$GEMINI_API_KEY"'),
    ],
)
def test_key_not_seen_by_api(resolved, name, worker, file, command):
    found = keys(supply("hunter22", name, Location.env(name)), api_here=True)

    (finding,) = key_not_seen_by_api(resolved(), found, worker, file, shell())

    assert finding.message.startswith(f"the key comes from {name}")
    assert (finding.at.name, finding.at.key) == (VARIABLE, KEY)
    assert [each.name for each in finding.related] == [name]
    assert finding.fix.commands == (command,)
    assert "hunter22" not in repr(finding)


def test_a_key_that_is_passed_on_to_the_worker_alone(resolved):
    found = keys(supply("hunter22", VARIABLE, Location.file(".env", 1)), api_here=True)

    (finding,) = key_not_seen_by_api(resolved(), found, CONTAINER, compose(api={}), shell())

    assert finding.message == f"{VARIABLE} is passed on to the worker, but not to the API, which finds no key"
    assert finding.fix.commands == ("docker compose up -d api",)
