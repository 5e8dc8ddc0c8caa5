"""config: what the embedding providers and NATS ask for."""

from __future__ import annotations

import pytest

from checks.config.log_level_needs_key import log_level_needs_key
from checks.config.nats_mock import nats_mock
from checks.config.openai_incomplete import openai_incomplete
from checks.config.openai_with_batch import openai_with_batch

KEY = {"CODECHUNK_GEMINI_API_KEY": "example-key"}


@pytest.mark.parametrize(
    ("text", "env", "found"),
    [
        pytest.param("", {}, [], id="built-in level"),
        pytest.param("log: {level: error}", KEY, [], id="key by variable"),
        pytest.param("log: {level: fatal}\ngemini: {api_key: example-key}", {}, [], id="key in the file"),
        pytest.param("log: {level: ERROR}", {}, [], id="capitals do not count"),
        pytest.param("log: {level: warn}", {}, [], id="another level"),
        pytest.param("log: {level: error}\nembedding: {provider: openai}", {}, [], id="openai"),
        pytest.param("log: {level: error}", {}, ["log.level"], id="error"),
        pytest.param("log: {level: fatal}", {}, ["log.level"], id="fatal"),
        pytest.param("", {"CODECHUNK_LOG_LEVEL": "error"}, ["log.level"], id="by variable"),
        pytest.param("log: {level: error}", {"GEMINI_API_KEY": "k"}, ["log.level"], id="GEMINI_API_KEY does not count"),
    ],
)
def test_log_level_needs_key(resolved, text, env, found):
    """Two words make the key mandatory."""
    assert [finding.at.key for finding in log_level_needs_key(resolved(text, env))] == found


def test_log_level_needs_key_uses_the_key_that_is_there(resolved):
    (finding,) = log_level_needs_key(resolved("log: {level: error}", {"GEMINI_API_KEY": "secret-value"}))

    assert finding.fix.commands == ('export CODECHUNK_GEMINI_API_KEY="$GEMINI_API_KEY"',)
    assert [(edit.key, edit.after) for edit in finding.fix.edits] == [("log.level", "info")]
    assert "secret-value" not in repr(finding)


OPENAI = "embedding:\n  provider: openai\n  openai: {%s}\n"
GOOD = "model: m, dimensions: 768, base_url: 'http://localhost:1234/v1'"


@pytest.mark.parametrize(
    ("block", "found"),
    [
        pytest.param(GOOD, [], id="other host without key"),
        pytest.param("model: m, dimensions: 768, api_key: k", [], id="api.openai.com with key"),
        pytest.param(
            "model: m, dimensions: 768, base_url: 'https://api.openai.com:443/v1'", [], id="a port: other host"
        ),
        pytest.param("model: m, dimensions: 768, base_url: 'https://API.openai.com/v1'", [], id="capitals: other host"),
        pytest.param(GOOD + ", max_retries: 0, timeout: 0, batch_size: 2048", [], id="numbers at their limits"),
        pytest.param(GOOD + ", batch_size: many", [], id="does not decode"),
        pytest.param("", ["model", "dimensions", "api_key"], id="empty block"),
        pytest.param("model: m, dimensions: 768", ["api_key"], id="default host without key"),
        pytest.param(
            "model: m, dimensions: 768, base_url: 'https://api.openai.com/v1/'", ["api_key"], id="that host without key"
        ),
        pytest.param(GOOD.replace("model: m", "model: ''"), ["model"], id="model empty"),
        pytest.param(GOOD.replace("model: m", "model: text-embedding-ada-002"), ["model"], id="ada-002"),
        pytest.param(GOOD.replace("768", "767"), ["dimensions"], id="767"),
        pytest.param(GOOD.replace("768", "769"), ["dimensions"], id="769"),
        pytest.param(GOOD + ", max_retries: -1", ["max_retries"], id="retries negative"),
        pytest.param(GOOD + ", timeout: -1s", ["timeout"], id="timeout negative"),
        pytest.param(GOOD + ", batch_size: -1", ["batch_size"], id="batch size negative"),
        pytest.param(GOOD + ", batch_size: 2049", ["batch_size"], id="batch size 2049"),
    ],
)
def test_openai_incomplete(resolved, block, found):
    """Everything the block lacks, not only the first thing the program would name."""
    findings = openai_incomplete(resolved(OPENAI % block))

    assert [finding.at.key for finding in findings] == [f"embedding.openai.{name}" for name in found]


@pytest.mark.parametrize(
    ("block", "variable", "counts"),
    [
        pytest.param("model: m, dimensions: 768", "OPENAI_API_KEY", True, id="another variable"),
        pytest.param("model: m, dimensions: 768", "CODECHUNK_EMBEDDING_OPENAI_MODEL", True, id="of another key"),
        pytest.param("model: m, dimensions: 1", "CODECHUNK_EMBEDDING_OPENAI_API_KEY", True, id="not of this one"),
        pytest.param("model: m, dimensions: 768", "CODECHUNK_EMBEDDING_OPENAI_API_KEY", False, id="the key's"),
        pytest.param(GOOD.replace("model: m, ", ""), "CODECHUNK_EMBEDDING_OPENAI_MODEL", False, id="the model's"),
    ],
)
def test_openai_incomplete_names_the_variable_that_does_not_count(resolved, block, variable, counts):
    """One that stands for the missing value is a part of this finding, and of no other."""
    finding = openai_incomplete(resolved(OPENAI % block, {variable: "hunter2"}))[0]

    assert ("does not count while the file lacks the key" in finding.message) is not counts
    assert [place.name for place in finding.related] == ([] if counts else [variable])
    assert (f"with nothing behind it; {variable} then counts" in finding.fix.summary) is not counts
    assert "hunter2" not in repr(finding)


@pytest.mark.parametrize(
    ("block", "asked"),
    [
        pytest.param(GOOD + ", batch_size: 4000", True, id="too large a batch"),
        pytest.param(GOOD + ", timeout: -1s, max_retries: -1", True, id="negative numbers"),
        pytest.param(GOOD.replace("768", "1536"), True, id="dimensions, which are asked for as the database has them"),
        pytest.param(GOOD.replace("model: m", "model: ''"), False, id="no model"),
        pytest.param(GOOD.replace("model: m", "model: text-embedding-ada-002"), False, id="ada-002"),
        pytest.param("model: m, dimensions: 768, batch_size: 4000", False, id="no key"),
    ],
)
def test_whether_the_server_is_judged_all_the_same(resolved, block, asked):
    """What the block lacks keeps its server from being judged only where the answer would depend on it."""
    (blocks,) = openai_incomplete.blocks
    findings = openai_incomplete(resolved(OPENAI % block))

    assert blocks.checks == ("openai.endpoint",)
    assert findings
    assert any(map(blocks.when, findings)) is not asked


def test_openai_incomplete_does_not_look_with_gemini(resolved):
    assert openai_incomplete(resolved("embedding: {openai: {dimensions: 1536, batch_size: -1}}")) == ()


@pytest.mark.parametrize(
    ("text", "env", "found"),
    [
        pytest.param("batch_processing: {enabled: true}", {}, [], id="gemini"),
        pytest.param("embedding: {provider: openai}", {}, [], id="batching absent"),
        pytest.param("embedding: {provider: openai}\nbatch_processing: {enabled: false}", {}, [], id="batching off"),
        pytest.param("embedding: {provider: openai}\nbatch_processing: {enabled: true}", {}, ["safe"], id="both"),
        pytest.param(
            "embedding: {provider: gemini}\nbatch_processing: {enabled: true}",
            {"CODECHUNK_EMBEDDING_PROVIDER": "openai"},
            ["safe"],
            id="provider by variable",
        ),
    ],
)
def test_openai_with_batch(resolved, text, env, found):
    """Nobody sends batches with openai."""
    findings = openai_with_batch(resolved(text, env))

    assert [finding.fix.safety.value for finding in findings] == found
    assert all(finding.fix.edits[0].after == "false" for finding in findings)


@pytest.mark.parametrize(
    ("text", "env", "found"),
    [
        pytest.param("", {}, [], id="built-in address"),
        pytest.param("nats: {url: 'nats://a:4222,tls://b:4222'}", {}, [], id="first of a list"),
        pytest.param("nats: {max_reconnects: 0, reconnect_wait: 0}", {}, [], id="0 is taken"),
        pytest.param("nats: {test_mode: false}", {}, [], id="test mode off"),
        pytest.param("", {"CODECHUNK_NATS_TEST_MODE": "true"}, [], id="variable without the key"),
        pytest.param("nats: {reconnect_wait: soon}", {}, [], id="does not decode"),
        pytest.param("nats: {url: ''}", {}, [("nats.url", "nats://localhost:4222")], id="empty"),
        pytest.param("nats: {url: 'tls://n:4222'}", {}, [("nats.url", "nats://n:4222")], id="other scheme"),
        pytest.param("nats: {url: 'n:4222'}", {}, [("nats.url", "nats://n:4222")], id="no scheme"),
        pytest.param("nats: {url: 'ws://a,nats://b'}", {}, [("nats.url", "nats://a,nats://b")], id="list, first wrong"),
        pytest.param("nats: {url: 'nats://n:4222 '}", {}, [], id="a blank behind"),
        pytest.param("nats: {url: ' nats://n:4222'}", {}, [("nats.url", "nats://n:4222")], id="a blank before"),
        pytest.param("nats: {url: ' tls://n:4222 '}", {}, [("nats.url", "nats://n:4222")], id="blanks around"),
        pytest.param("nats: {url: ' '}", {}, [("nats.url", "nats://localhost:4222")], id="nothing but a blank"),
        pytest.param("nats: {max_reconnects: -1}", {}, [("nats.max_reconnects", "5")], id="reconnects negative"),
        pytest.param("nats: {reconnect_wait: -1s}", {}, [("nats.reconnect_wait", "2s")], id="wait negative"),
        pytest.param("nats: {test_mode: true}", {}, [("nats.test_mode", "false")], id="test mode"),
        pytest.param(
            "nats: {test_mode: }",
            {"CODECHUNK_NATS_TEST_MODE": "true"},
            [("nats.test_mode", None)],
            id="variable counts",
        ),
    ],
)
def test_nats_mock(resolved, text, env, found):
    """What the API refuses without saying so."""
    findings = nats_mock(resolved(text, env))

    assert [(each.at.key, each.fix.edits[0].after if each.fix.edits else None) for each in findings] == found


@pytest.mark.parametrize("address", ["tls://me:secret-pw@n:4222", "me:secret-pw@n:4222", "secret-token@n"])
def test_nats_mock_shows_no_password(resolved, address):
    (finding,) = nats_mock(resolved(f"nats: {{url: '{address}'}}"))

    assert "secret" not in repr(finding)
    assert finding.fix.edits == ()
