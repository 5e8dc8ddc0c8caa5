"""Which names are those of secrets, and what of a text is masked when secrets are known."""

from __future__ import annotations

import base64
import html
import json
import shlex
from collections.abc import Callable
from urllib.parse import quote, quote_plus

import pytest

from doctor.common import Common
from doctor.redact import MASK, Redactor, is_secret_name
from doctor.registry import installed
from doctor.scrub import scrub
from tests.conftest import Resolved

SECRET = 'Zq8 "vK\\w@N7/x'
KEY = "AIzaSyD-canary_0123456789abcdefghijkl"


@pytest.mark.parametrize(
    "name",
    [
        "",
        "port",
        "user",
        "keyspace",
        "max_tokens_per_request",
        "gemini.max_tokens",
        "token_count",
        "total_tokens",
        "token_counting",
        "time_taken",
        "regret",
        "PWD",
        "OLDPWD",
        "keyword",
        "passes",
    ],
)
def test_no_secret(name: str) -> None:
    assert not is_secret_name(name)


@pytest.mark.parametrize(
    "name",
    [
        *("password", "database.password", "CODECHUNK_GEMINI_API_KEY", "auth_token", "tokens", "GITLAB_TOKEN_MAX"),
        # Misspelt: a letter is missing, too many, wrong, or in the wrong place.
        *("database.pasword", "passsword", "passwird", "passowrd", "paswd", "passwrd", "pwd", "secert", "toekn"),
        *("CODECHUNK_DATABASE_PASSWRD", "CODECHUNK_GEMINI_APIKYE", "api_kye", "credentails"),
    ],
)
def test_secret(name: str) -> None:
    assert is_secret_name(name)


# --- what stays as it is -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "",
        "nothing of it",
        "hunter is a word, hunter2x is another",
        "hunter2-Zq8vKw4: goes on in another way",
        "its first five, hunte, tell nothing",
        "AIzaS is the beginning of them all",
        "postgresql is a database",
        "postgres: the user",
        "config.database-password-empty",
        "developers develop in /srv/dev/password",
        "the password is not dev's",
        "batch_processing.token_counting.enabled",
    ],
)
def test_ordinary_words_stay(text: str) -> None:
    clean = Redactor(["hunter2-Zq8vKw3xN7", KEY, "postgres", "dev"], lambda each: each in ("postgres", "hunter"))

    assert clean(text) == text


def test_a_password_that_is_a_word_of_ours_tears_no_holes(resolved: Resolved) -> None:
    registry = installed()
    config = resolved("database: {user: postgres, password: postgres, host: db.internal}\n")
    words = ("postgres", "password", "sequential", "configuration", "worker", "repository", "db.internal")
    clean = Redactor(words, Common(config, None, registry))

    for check in registry.checks:
        assert clean(f"{check.id}: {check.title}") == f"{check.id}: {check.title}"
    assert clean("falls back to sequential, in /srv/worker/configuration.yaml") == (
        "falls back to sequential, in /srv/worker/configuration.yaml"
    )
    assert clean("connected to db.internal as postgres") == "connected to db.internal as postgres"


def test_what_is_no_word_of_ours_is_not_common(resolved: Resolved) -> None:
    common = Common(resolved(), None, installed())

    assert not any(map(common, ("correcthorse", "hunter22", KEY, "config.yaml1", "zebra")))
    assert all(map(common, ("postgres", "Password", "database.password", "sequential")))


def test_checks_are_not_loaded_for_a_password_that_is_no_word() -> None:
    def loaded() -> None:
        raise AssertionError

    assert not Common(None, None, loaded)("hunter2")  # type: ignore[arg-type]


# --- what is masked ------------------------------------------------------------------------------------------------

WAYS: dict[str, Callable[[str], str]] = {
    "as it is": str,
    "in a URL": lambda text: quote(text, safe=""),
    "in a path": quote,
    "in a form": quote_plus,
    "in JSON": lambda text: json.dumps(text)[1:-1],
    "in JSON in JSON": lambda text: json.dumps(json.dumps(text))[3:-3],
    "in HTML": html.escape,
    "in a shell": shlex.quote,
    "in SQL": lambda text: text.replace("'", "''"),
    "in Python": lambda text: repr(text)[1:-1],
    "in base64": lambda text: base64.b64encode(text.encode()).decode(),
    "in base64 behind a user": lambda text: base64.b64encode(f"user:{text}".encode()).decode(),
    "in base64 for URLs": lambda text: base64.urlsafe_b64encode(f"ab:{text}\xff".encode()).decode(),
}


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
@pytest.mark.parametrize("secret", [SECRET, KEY, "pass=w'rd&<1>", "\u00fcnic\u00f6de-1234"])
def test_however_it_is_written(way: Callable[[str], str], secret: str) -> None:
    written = way(secret)

    shown = Redactor([secret])(f"before {written} after")

    assert shown.startswith("before ")
    assert shown.endswith(" after")
    assert MASK in shown
    # In base64 the first and last characters hold bits of what stands around.
    assert written[4:-4] not in shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("hunter2-Zq8vKw3xN7", "***"),
        ("xhunter2-Zq8vKw3xN7x", "x***x"),
        ("cut: hunter2-Zq8v", "cut: ***"),
        ("cut: hunter2-Zq8...", "cut: ***..."),
        ("hunter2-Z*** and hunter2-Zq8vKw3xN7", "****** and ***"),
        ("key AIzaSyD-canary_01...", "key ***..."),
        ("postgres://postgres:postgres@db/x", "postgres://***@db/x"),
        ("password=postgres user=postgres", "password=*** user=postgres"),
        ("user: dev, password: dev", "user: dev, password: ***"),
        ('{"user": "dev", "api_key": "dev"}', '{"user": "dev", "api_key": "***"}'),
        ("PGPASSWORD='dev' psql -U dev", "PGPASSWORD='***' psql -U dev"),
    ],
)
def test_what_is_masked(text: str, shown: str) -> None:
    clean = Redactor(["hunter2-Zq8vKw3xN7", KEY, "postgres", "dev"], lambda each: each == "postgres")

    assert clean(text) == shown


def test_keys_of_mappings_are_texts_too() -> None:
    assert scrub({"a": 1, "hunter22": {"b": "hunter22"}}, Redactor(["hunter22"])) == {"a": 1, "***": {"b": "***"}}


@pytest.mark.slow
def test_many_secrets_are_found_fast() -> None:
    secrets = [f"secret-number-{number:05}-Zq" for number in range(2000)]
    clean = Redactor(secrets)

    assert clean("a text " * 2000 + secrets[1234]) == "a text " * 2000 + MASK
