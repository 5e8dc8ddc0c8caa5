"""config: numbers, durations and words outside what the program takes."""

from __future__ import annotations

import pytest

from checks.config.value_not_allowed import value_not_allowed
from checks.config.value_out_of_range import LIMITS, value_out_of_range

CLIENT = "gemini: {batch: {enabled: true}}\n"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        pytest.param("", [], id="built-in defaults"),
        pytest.param("api: {port: 65535}", [], id="highest port"),
        pytest.param("api: {port: 1}", [], id="lowest port"),
        pytest.param("api: {port: '+8080'}", [], id="a sign is read"),
        pytest.param("api: {read_timeout: 0s, write_timeout: 0s}", [], id="0 is no limit"),
        pytest.param("api: {write_timeout: 10s}", [], id="10s as shipped"),
        pytest.param("worker: {concurrency: 1}", [], id="one worker"),
        pytest.param("worker: {job_timeout: 1ms}", [], id="short but there"),
        pytest.param("database: {user: u, port: 1}", [], id="lowest database port"),
        pytest.param("database: {user: u, port: 65535}", [], id="highest database port"),
        pytest.param("database: {user: u, max_connections: 1}", [], id="one connection"),
        pytest.param("nats: {max_reconnects: 1}", [], id="one reconnect"),
        pytest.param("nats: {max_reconnects: -1}", [], id="negative reconnects are nats-mock's"),
        pytest.param("gemini: {timeout: 0}", [], id="0 is the client's 120s"),
        pytest.param("embedding: {provider: openai}\ngemini: {timeout: -1s}", [], id="gemini.timeout with openai"),
        pytest.param("batch_processing: {threshold_chunks: 0}", [], id="threshold 0"),
        pytest.param("batch_processing: {submitter_poll_interval: -1s}", [], id="submitter without client"),
        pytest.param("batch_processing: {max_concurrent_submissions: 9}", [], id="submissions without client"),
        pytest.param(CLIENT + "batch_processing: {max_concurrent_submissions: 1}", [], id="one submission"),
        pytest.param(CLIENT + "batch_processing: {max_concurrent_submissions: 0}", [], id="0 is 1"),
        pytest.param(CLIENT + "batch_processing: {max_submission_attempts: 0}", [], id="0 is 10"),
        pytest.param(
            CLIENT + "batch_processing: {submission_initial_backoff: 30m}", [], id="first wait = default longest"
        ),
        pytest.param(CLIENT + "batch_processing: {submission_max_backoff: 1m}", [], id="longest = default first wait"),
        pytest.param("batch_processing: {submission_max_backoff: 1s}", [], id="backoff without client"),
        pytest.param(
            "batch_processing: {enabled: true, queue_limits: {max_queue_size: 100000, max_wait_time: 5m}}",
            [],
            id="largest queue, longest wait",
        ),
        pytest.param("batch_processing: {enabled: true, queue_limits: {max_wait_time: 15m}}", [], id="15m ships"),
        pytest.param("batch_processing: {enabled: true, queue_limits: {max_wait_time: 30m}}", [], id="30m ships"),
        pytest.param("batch_processing: {queue_limits: {max_queue_size: 900000}}", [], id="queue with batching off"),
        pytest.param(
            "batch_processing: {token_counting: {mode: sample, sample_percent: 0}}", [], id="token counting off"
        ),
        pytest.param(
            "batch_processing: {token_counting: {enabled: true, mode: all, sample_percent: 0}}", [], id="not sampled"
        ),
        pytest.param(
            "batch_processing: {token_counting: {enabled: true, mode: sample, sample_percent: 100}}", [], id="100 %"
        ),
        pytest.param("embedding: {openai: {max_retries: -1, batch_size: 9999}}", [], id="openai block with gemini"),
        pytest.param("search: {semantic_weight: 0.7, text_weight: 0.3}", [], id="weights add up"),
        pytest.param("search: {semantic_weight: 0.7, text_weight: 0.3009}", [], id="weights nearly add up"),
        pytest.param("search: {semantic_weight: 0.7}", [], id="one weight only"),
        pytest.param("search: {semantic_weight: 1, text_weight: 0}", [], id="weight of 1"),
        pytest.param("worker: {concurrency: abc}", [], id="does not decode"),
        pytest.param("api: {port: 65536}", [("api.port", "error")], id="port too high"),
        pytest.param("api: {port: -1}", [("api.port", "error")], id="port negative"),
        pytest.param("api: {port: 8080.5}", [("api.port", "error")], id="port with a fraction"),
        pytest.param("api: {port: http}", [("api.port", "error")], id="port as a word"),
        pytest.param("api: {port: 0}", [("api.port", "warning")], id="port 0"),
        pytest.param("api: {port: ''}", [("api.port", "warning")], id="port empty"),
        pytest.param("api: {read_timeout: -1s}", [("api.read_timeout", "error")], id="read timeout negative"),
        pytest.param("api: {write_timeout: -1s}", [("api.write_timeout", "error")], id="write timeout negative"),
        pytest.param("api: {write_timeout: 9.9s}", [("api.write_timeout", "warning")], id="write timeout short"),
        pytest.param("worker: {concurrency: 0}", [("worker.concurrency", "error")], id="no concurrency"),
        pytest.param("worker: {job_timeout: 0}", [("worker.job_timeout", "error")], id="no time for jobs"),
        pytest.param("worker: {job_timeout: -1m}", [("worker.job_timeout", "error")], id="negative job time"),
        pytest.param("worker: {queue_group: ''}", [("worker.queue_group", "error")], id="no queue group"),
        pytest.param("database: {user: u, port: 0}", [("database.port", "error")], id="database port 0"),
        pytest.param("database: {user: u, port: 65536}", [("database.port", "error")], id="database port too high"),
        pytest.param(
            "database: {user: u, max_connections: 0}", [("database.max_connections", "warning")], id="no connections"
        ),
        pytest.param("nats: {max_reconnects: 0}", [("nats.max_reconnects", "warning")], id="no reconnect"),
        pytest.param("gemini: {timeout: -1s}", [("gemini.timeout", "error")], id="gemini.timeout negative"),
        pytest.param(
            "batch_processing: {enabled: false, threshold_chunks: -1}",
            [("batch_processing.threshold_chunks", "error")],
            id="threshold negative with batching off",
        ),
        pytest.param(
            CLIENT + "batch_processing: {submitter_poll_interval: -1s}",
            [("batch_processing.submitter_poll_interval", "error")],
            id="submitter interval",
        ),
        pytest.param(
            CLIENT + "batch_processing: {max_concurrent_submissions: -1}",
            [("batch_processing.max_concurrent_submissions", "error")],
            id="submissions negative",
        ),
        pytest.param(
            CLIENT + "batch_processing: {max_concurrent_submissions: 2}",
            [("batch_processing.max_concurrent_submissions", "warning")],
            id="two submissions",
        ),
        pytest.param(
            CLIENT + "batch_processing: {max_submission_attempts: -1}",
            [("batch_processing.max_submission_attempts", "warning")],
            id="attempts negative",
        ),
        pytest.param(
            CLIENT + "batch_processing: {submission_initial_backoff: 10m, submission_max_backoff: 5m}",
            [("batch_processing.submission_max_backoff", "warning")],
            id="longest wait below the first",
        ),
        pytest.param(
            CLIENT + "batch_processing: {submission_initial_backoff: 31m}",
            [("batch_processing.submission_max_backoff", "warning")],
            id="default longest wait below the first",
        ),
        pytest.param(
            "batch_processing: {enabled: true, queue_limits: {max_queue_size: 100001, max_wait_time: 5m}}",
            [("batch_processing.queue_limits.max_queue_size", "warning")],
            id="queue too large",
        ),
        pytest.param(
            "batch_processing: {enabled: true, queue_limits: {max_queue_size: 1, max_wait_time: 6m}}",
            [("batch_processing.queue_limits.max_wait_time", "note")],
            id="wait is cut",
        ),
        pytest.param(
            "batch_processing: {token_counting: {enabled: true, mode: sample, sample_percent: 0}}",
            [("batch_processing.token_counting.sample_percent", "warning")],
            id="0 % sampled",
        ),
        pytest.param(
            "batch_processing: {token_counting: {enabled: true, mode: sample, sample_percent: 101}}",
            [("batch_processing.token_counting.sample_percent", "warning")],
            id="101 % sampled",
        ),
        pytest.param("search: {semantic_weight: 1.2}", [("search.semantic_weight", "error")], id="weight above 1"),
        pytest.param("search: {text_weight: -0.2}", [("search.text_weight", "error")], id="weight below 0"),
        pytest.param(
            "search: {semantic_weight: 0.7, text_weight: 0.4}",
            [("search.semantic_weight", "error")],
            id="weights do not add up",
        ),
    ],
)
def test_value_out_of_range(resolved, text, found):
    """Each limit at, below and above its boundary, and never for a part that is not in use."""
    findings = value_out_of_range(resolved(text))

    assert [(finding.at.key, finding.severity.value) for finding in findings] == found


def test_all_limits_are_reported_in_one_run(resolved):
    """The program names only the first of these; the doctor names all."""
    findings = value_out_of_range(resolved("worker: {concurrency: 0}\ndatabase: {user: u, port: 0}\napi: {port: 0}"))

    assert [finding.at.key for finding in findings] == ["api.port", "worker.concurrency", "database.port"]


def test_a_value_from_a_variable_is_corrected_there(resolved):
    """A shell's variable can only be shown as a command."""
    (finding,) = value_out_of_range(resolved("", {"CODECHUNK_WORKER_CONCURRENCY": "0"}))

    assert (finding.at.kind, finding.at.name) == ("env", "CODECHUNK_WORKER_CONCURRENCY")
    assert finding.fix.commands == ("export CODECHUNK_WORKER_CONCURRENCY=1",)
    assert finding.fix.safety == "none"


@pytest.mark.parametrize(
    ("text", "edit"),
    [
        pytest.param("batch_processing: {max_concurrent_submissions: 2}", ("2", "1", "safe"), id="submissions"),
        pytest.param(
            "batch_processing: {enabled: true, queue_limits: {max_queue_size: 200000}}",
            ("200000", "100000", "safe"),
            id="queue size",
        ),
        pytest.param("worker: {concurrency: 0}", ("0", "1", "unsafe"), id="anything else"),
        pytest.param(
            "batch_processing: {submission_initial_backoff: 45m}", (None, "45m", "unsafe"), id="computed and inserted"
        ),
        pytest.param(
            "search: {semantic_weight: 0.7, text_weight: 0.4}", ("0.7", "0.6", "unsafe"), id="the rest of the weight"
        ),
    ],
)
def test_value_out_of_range_fix(resolved, text, edit):
    """The nearest accepted value goes into the line that holds the wrong one."""
    (finding,) = value_out_of_range(resolved(CLIENT + text))

    (change,) = finding.fix.edits
    assert (change.before, change.after, finding.fix.safety.value) == edit


def test_every_limit_accepts_its_own_remedy(resolved):
    """What a fix writes is quiet afterwards."""
    sampling = "token_counting: {enabled: true, mode: sample, sample_percent: %s}"
    for limit in LIMITS:
        section, _, name = limit.key.rpartition(".")
        nested = f"{name}: {limit.instead}"
        for part in reversed(section.split(".")):
            nested = f"{part}: {{{nested}}}"
        if name == "sample_percent":
            nested = "batch_processing: {%s}" % (sampling % limit.instead)
        text = nested if section.startswith("database") else nested + "\n"
        text = text.replace("database: {", "database: {user: u, ")
        findings = value_out_of_range(resolved(text if "gemini" in text else CLIENT + text))
        assert [finding.at.key for finding in findings] == [], limit.key


@pytest.mark.parametrize(
    ("text", "found"),
    [
        pytest.param("", [], id="nothing set"),
        pytest.param("embedding: {provider: gemini}", [], id="gemini"),
        pytest.param("embedding: {provider: openai}", [], id="openai"),
        pytest.param("embedding: {provider: ''}", [], id="empty is gemini"),
        pytest.param("gemini: {model: gemini-embedding-001}", [], id="the model"),
        pytest.param("gemini: {model: ''}", [], id="empty model"),
        pytest.param("embedding: {provider: openai}\ngemini: {model: other}", [], id="gemini.model with openai"),
        pytest.param("search: {iterative_scan_mode: off}", [], id="off is a word"),
        pytest.param("search: {iterative_scan_mode: strict_order}", [], id="strict order"),
        pytest.param("batch_processing: {token_counting: {mode: none}}", [], id="token counting off"),
        pytest.param("batch_processing: {token_counting: {enabled: true, mode: ''}}", [], id="empty mode"),
        pytest.param("batch_processing: {token_counting: {enabled: true, mode: all}}", [], id="all"),
        pytest.param("embedding: {provider: cohere}", [("embedding.provider", "error", "none")], id="provider"),
        pytest.param("embedding: {provider: Gemini}", [("embedding.provider", "error", "safe")], id="provider's case"),
        pytest.param("gemini: {model: text-embedding-004}", [("gemini.model", "error", "none")], id="model"),
        pytest.param(
            "search: {iterative_scan_mode: relaxed}",
            [("search.iterative_scan_mode", "warning", "none")],
            id="scan mode",
        ),
        pytest.param(
            "search: {iterative_scan_mode: OFF}",
            [("search.iterative_scan_mode", "warning", "safe")],
            id="scan mode's case",
        ),
        pytest.param(
            "batch_processing: {token_counting: {enabled: true, mode: none}}",
            [("batch_processing.token_counting.mode", "warning", "none")],
            id="counting mode",
        ),
    ],
)
def test_value_not_allowed(resolved, text, found):
    """Only a listed word is taken; one that differs in case alone can be corrected safely."""
    findings = value_not_allowed(resolved(text))

    assert [(each.at.key, each.severity.value, each.fix.safety.value) for each in findings] == found


def test_value_not_allowed_suggests_the_nearest_word(resolved):
    (finding,) = value_not_allowed(resolved("search: {iterative_scan_mode: strict-order}"))

    assert "search.iterative_scan_mode: strict_order" in finding.fix.summary
