"""config: settings that have no effect, and text that is taken as it stands."""

from __future__ import annotations

import pytest

from checks.config.dead_key import dead_key
from checks.config.variable_not_expanded import variable_not_expanded


@pytest.mark.parametrize(
    ("text", "env", "found"),
    [
        pytest.param("", {}, [], id="nothing set"),
        pytest.param("log: {level: debug, format: text}", {}, [], id="as the development file"),
        pytest.param("log: {level: fatal}", {}, [], id="fatal has an effect of its own"),
        pytest.param("gemini: {batch: {poll_interval: 5s, max_wait_time: 30m}}", {}, [], id="as the guide"),
        pytest.param("gemini: {batch: {poll_interval: 5000ms}}", {}, [], id="the same written otherwise"),
        pytest.param("gemini: {max_retries: 3}", {}, [], id="as config.yaml"),
        pytest.param("gemini: {max_retries: 5}", {}, [], id="as the production file"),
        pytest.param("gemini: {max_retries: }", {}, [], id="null"),
        pytest.param("gemini: {max_retries: many}", {}, [], id="does not decode"),
        pytest.param(
            "batch_processing: {enable_batch_chunking: true, max_retries: 2}", {}, [], id="batching as shipped"
        ),
        pytest.param("", {"CODECHUNK_LOG_LEVEL": "info", "CODECHUNK_LOG_FORMAT": "json"}, [], id="as .env.example"),
        pytest.param("embedding: {openai: {batch_size: 256}}", {}, [], id="as the commented example"),
        pytest.param("worker: {concurrency: 99}", {}, [], id="a key that is read"),
        pytest.param("log: {level: warn}", {}, ["log.level"], id="another level"),
        pytest.param("", {"CODECHUNK_LOG_LEVEL": "debug"}, ["log.level"], id="debug by variable"),
        pytest.param("", {"CODECHUNK_LOG_FORMAT": "text"}, ["log.format"], id="text by variable"),
        pytest.param("gemini: {batch: {poll_interval: 10s}}", {}, ["gemini.batch.poll_interval"], id="poll interval"),
        pytest.param("gemini: {batch: {max_wait_time: 1h}}", {}, ["gemini.batch.max_wait_time"], id="wait time"),
        pytest.param("gemini: {max_retries: 7}", {}, ["gemini.max_retries"], id="retries"),
        pytest.param(
            "database: {user: u, max_idle_connections: 7}", {}, ["database.max_idle_connections"], id="idle connections"
        ),
        pytest.param("api: {enable_cors: false}", {}, ["api.enable_cors"], id="CORS"),
        pytest.param("search: {semantic_weight: 0.5}", {}, ["search.semantic_weight"], id="weight"),
        pytest.param("batch_processing: {max_backoff: 10m}", {}, ["batch_processing.max_backoff"], id="backoff"),
    ],
)
def test_dead_key(resolved, text, env, found):
    """Only what somebody changed, and only where nothing reads it."""
    findings = dead_key(resolved(text, env))

    assert [finding.at.key for finding in findings] == found
    assert all(finding.severity == "note" and finding.fix.edits == () for finding in findings)


def test_dead_key_names_the_key_that_does_the_job(resolved):
    (finding,) = dead_key(resolved("gemini: {batch: {poll_interval: 10s}}"))

    assert "batch_processing.poller_interval" in finding.message
    assert "batch_processing.poller_interval" in finding.fix.summary
    assert finding.note.startswith("The guide lists")


REFERENCE = "${CODECHUNK_GEMINI_API_KEY}"


@pytest.mark.parametrize(
    ("text", "env", "found"),
    [
        pytest.param("", {}, [], id="nothing set"),
        pytest.param("gemini: {api_key: plain-key}", {}, [], id="plain"),
        pytest.param("# api_key: ${X}\nworker: {queue_group: w} # ${X}", {}, [], id="comments"),
        pytest.param("database: {user: u, password: 'pa$word'}", {}, [], id="a dollar inside a secret"),
        pytest.param("database: {user: u, password: '$ecret'}", {}, [], id="a dollar before a secret"),
        pytest.param("worker: {queue_group: a$b}", {}, [], id="a dollar inside a text"),
        pytest.param("worker: {queue_group: $1}", {}, [], id="not a name"),
        pytest.param("connectors: [{name: a, auth_token: '${T}'}]", {}, [], id="a connector's token"),
        pytest.param(
            f"gemini: {{api_key: '{REFERENCE}'}}", {}, [("gemini.api_key", "error", "safe")], id="the key, nothing else"
        ),
        pytest.param(
            f"gemini: {{api_key: '{REFERENCE}'}}",
            {"CODECHUNK_GEMINI_API_KEY": "k"},
            [("gemini.api_key", "note", "safe")],
            id="the key, overridden",
        ),
        pytest.param("worker: {queue_group: $GROUP}", {}, [("worker.queue_group", "error", "none")], id="a bare name"),
        pytest.param(
            "database: {user: '${DB_USER}', password: p}", {}, [("database.user", "error", "none")], id="user"
        ),
        pytest.param(
            "database: {user: u, password: '$DB_PASSWORD'}", {}, [("database.password", "error", "none")], id="password"
        ),
        pytest.param(
            "database: {user: '${DB_USER}', password: p}",
            {"CODECHUNK_DATABASE_USER": "u"},
            [("database.user", "note", "none")],
            id="user, overridden",
        ),
        pytest.param("database: {user: u, port: '${PORT}'}", {}, [("database.port", "error", "none")], id="a number"),
        pytest.param("nats: {url: 'nats://${HOST}:4222'}", {}, [("nats.url", "error", "none")], id="part of a text"),
        pytest.param("", {"CODECHUNK_NATS_URL": "nats://${HOST}"}, [("nats.url", "error", "none")], id="in a variable"),
        pytest.param(
            "embedding: {openai: {api_key: '${OPENAI_API_KEY}'}}",
            {},
            [("embedding.openai.api_key", "note", "none")],
            id="a key not in use",
        ),
        pytest.param(
            "embedding: {provider: openai, openai: {api_key: '${OPENAI_API_KEY}'}}",
            {},
            [("embedding.openai.api_key", "error", "none")],
            id="the same in use",
        ),
        pytest.param(
            "connectors: [{name: a, base_url: '${GITLAB}'}]",
            {},
            [("connectors[0].base_url", "error", "none")],
            id="another field of a connector",
        ),
    ],
)
def test_variable_not_expanded(resolved, text, env, found):
    """An error where the text is used, a note where a variable or another provider hides it."""
    findings = variable_not_expanded(resolved(text, env))

    assert [(each.at.key, each.severity.value, each.fix.safety.value) for each in findings] == found


@pytest.mark.parametrize(
    ("text", "command"),
    [
        pytest.param(REFERENCE, "export CODECHUNK_GEMINI_API_KEY='the value'", id="its own variable"),
        pytest.param("${MY_KEY}", 'export CODECHUNK_GEMINI_API_KEY="$MY_KEY"', id="another variable"),
    ],
)
def test_variable_not_expanded_deletes_the_line_of_the_key(resolved, text, command):
    (finding,) = variable_not_expanded(resolved(f"gemini:\n  api_key: {text}\n"))

    (edit,) = finding.fix.edits
    assert (edit.action, edit.key, edit.before, edit.after, edit.line) == ("delete", "gemini.api_key", text, None, 5)
    assert finding.fix.commands == (command,)


def test_variable_not_expanded_exports_what_was_meant(resolved):
    (finding,) = variable_not_expanded(resolved("nats: {url: 'nats://${HOST}:4222'}"))

    assert finding.fix.commands == ('export CODECHUNK_NATS_URL="nats://${HOST}:4222"',)


@pytest.mark.parametrize("text", ["${X:-hidden}", "hidden-${X}"])
def test_variable_not_expanded_shows_nothing_of_a_secret(resolved, text):
    (finding,) = variable_not_expanded(resolved(f"gemini: {{api_key: '{text}'}}"))

    assert "hidden" not in repr(finding)
