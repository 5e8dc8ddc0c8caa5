"""`config show` and `config resolve`: tables, JSON, and no secret in any of them."""

from __future__ import annotations

import json

import pytest

from doctor.known import resolution_secrets
from doctor.redact import Redactor
from doctor.report.resolution import matching, public, resolve_json, resolve_text, show_json, show_text
from tests.report.schemas import validate

SECRET = "hunter2-Zq8v"

MIXED = """\
database:
  user: u
  password: hunter2-Zq8v
api:
  port: 8080
gemini:
  modl: x
  batch:
    poll_interval: 10s
nats:
  url: nats://u:hunter2-Zq8v@host:4222
connectors:
  - {name: one, type: gitlab, base_url: "https://gitlab.com", auth_token: hunter2-Zq8v, groups: [a]}
"""
VARIABLES = {"CODECHUNK_API_PORT": "9090", "CODECHUNK_GEMINI_TIMEOUT": "3s"}


def cleaner(resolution):
    return Redactor(resolution_secrets(resolution))


def shown(resolution, *words, **look):
    keys = list(resolution.settings)
    return show_text(resolution, matching(words, keys) if words else keys, cleaner(resolution), **look)


@pytest.mark.parametrize(
    ("name", "text", "variables", "options", "look"),
    [
        pytest.param("show.txt", MIXED, VARIABLES, {}, {}, id="ok"),
        pytest.param("show-verbose.txt", MIXED, VARIABLES, {}, {"verbosity": 1}, id="overridden ones too"),
        pytest.param("show-missing.txt", "", {}, {"argument": "configs/x.yaml"}, {}, id="no file"),
        pytest.param("show-zero.txt", "api: {port: 1}", {}, {"bare": True}, {}, id="no user"),
        pytest.param("show-panic.txt", "worker: {concurrency: many}", {}, {}, {}, id="refused"),
        pytest.param("show-section.txt", "", {"CODECHUNK_WORKER": "5"}, {}, {}, id="a variable hides a section"),
    ],
)
def test_show(golden, resolved, name, text, variables, options, look):
    golden(name, shown(resolved(text, variables, **options), **look))


def test_show_a_section(resolved):
    text = shown(resolved(MIXED, VARIABLES), "api", "gemini.timeout")

    assert "port" in text
    assert "CODECHUNK_GEMINI_TIMEOUT: 3s" in text
    assert "nats" not in text
    assert "known to nobody" not in text


def test_of_very_many_unknown_keys_the_first_are_shown(resolved):
    text = shown(resolved("".join(f"key{number}: 1\n" for number in range(50))))

    assert "key19" in text
    assert "key20" not in text
    assert "  and 30 more\n" in text


def test_show_for_machines(resolved):
    resolution = resolved(MIXED, VARIABLES)
    document = validate(show_json(resolution, list(resolution.settings), cleaner(resolution)), "config")

    assert document["as_repaired"] is False
    timeout = document["values"]["gemini.timeout"]
    assert (timeout["value"], timeout["source"], timeout["location"]) == (0, "default", None)
    (candidate,) = timeout["candidates"]
    assert (candidate["text"], candidate["effect"]) == ("3s", "ignored")


def test_resolve_for_machines(resolved):
    resolution = resolved(MIXED, VARIABLES)
    document = validate(resolve_json(resolution, cleaner(resolution)), "resolution")

    assert list(document["values"]) == list(resolution.values)
    port = document["values"]["api.port"]
    assert (port["value"], port["source"], port["location"]["name"]) == ("9090", "env", "CODECHUNK_API_PORT")
    password = document["values"]["database.password"]
    assert (password["value"], password["location"]["line"]) == ("***", 3)
    assert document["values"]["gemini.api_key"]["value"] == ""
    assert document["values"]["gemini.batch.poll_interval"]["value"] == 10_000_000_000
    assert document["values"]["connectors"]["value"][0]["auth_token"] == "***"
    assert document["values"]["nats.url"]["value"] == "nats://***@host:4222"


@pytest.mark.parametrize(
    ("text", "options", "outcome"),
    [
        pytest.param("api: {port: 1}", {"bare": True}, "zero", id="zero"),
        pytest.param("worker: {concurrency: 0}", {}, "panic", id="panic"),
    ],
)
def test_resolve_when_nothing_is_decoded(resolved, text, options, outcome):
    resolution = resolved(text, **options)
    document = validate(resolve_json(resolution, cleaner(resolution)), "resolution")

    assert (document["outcome"], document["values"]) == (outcome, None)
    assert f"outcome = {outcome}" in resolve_text(resolution, cleaner(resolution))
    machine = show_json(resolution, list(resolution.settings), cleaner(resolution))
    assert validate(machine, "config")["as_repaired"] is True


def test_resolve_as_text(golden, resolved):
    resolution = resolved(MIXED, VARIABLES)

    golden("resolve.txt", resolve_text(resolution, cleaner(resolution)))


# Short ones cannot be found again in a text: only knowing where they stand keeps them out.
@pytest.mark.parametrize("secret", [SECRET, "pw1", "12345"])
@pytest.mark.parametrize(
    "text",
    [
        pytest.param("database: {{user: u, password: '{0}'}}", id="as it should be"),
        pytest.param("database: {{user: u, password: {{a: '{0}'}}}}", id="a map"),
        pytest.param("database: {{user: u, password: ['{0}', b]}}", id="a list"),
        pytest.param("database: {{user: u, host: {{password: '{0}'}}}}", id="a map for another key"),
        pytest.param("database: {{user: u}}\ngemini: {{api_key: [['{0}']]}}", id="nested"),
        pytest.param("database: {{user: u}}\nconnectors: [{{name: a, auth_token: '{0}'}}]", id="a connector"),
        pytest.param("database: {{user: u}}\nconnectors: [{{name: a, auth_token: {{b: '{0}'}}}}]", id="its map"),
        pytest.param("database: {{user: u}}\nnats: {{url: 'nats://u:{0}@h'}}", id="a URL"),
    ],
)
def test_no_secret_is_shown(resolved, text, secret):
    resolution = resolved(text.format(secret))
    clean, keys = cleaner(resolution), list(resolution.settings)

    for output in (
        show_text(resolution, keys, clean, verbosity=2),
        show_json(resolution, keys, clean),
        resolve_text(resolution, clean),
        resolve_json(resolution, clean),
    ):
        assert secret not in output


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(f"database:\n  user: u\n  password: *{SECRET}\n", id="an anchor"),
        pytest.param(f"{SECRET}\n", id="the whole file"),
    ],
)
def test_a_broken_file_is_not_quoted(resolved, text):
    resolution = resolved(text, bare=True)

    assert resolution.read_error
    for output in (shown(resolution), resolve_json(resolution, cleaner(resolution))):
        assert SECRET not in output


def test_what_json_has_no_number_for():
    assert json.dumps(public("search.semantic_weight", float("inf"), str)) == '"inf"'


@pytest.mark.parametrize(
    ("words", "keys"),
    [
        pytest.param(["api.port"], ["api.port"], id="a key"),
        pytest.param(["API.Port"], ["api.port"], id="in capitals"),
        pytest.param(["api"], ["api.host", "api.port"], id="a section"),
        pytest.param(["log.level", "api.port"], ["api.port", "log.level"], id="in the order of the program"),
    ],
)
def test_matching(words, keys):
    assert matching(words, ["api.host", "api.port", "log.level", "apis"]) == keys


@pytest.mark.parametrize(("word", "hint"), [("api.prt", "api.port"), ("gemni", "gemini"), ("xyz", None)])
def test_matching_nothing(word, hint):
    with pytest.raises(ValueError, match="no key or section") as caught:
        matching([word], ["api.port", "gemini.model"])

    assert (hint is None) or f"did you mean {hint}?" in str(caught.value)
