"""What lines say, in every form in which they are written."""

from __future__ import annotations

import json
import re
from datetime import datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from doctor.logs.entry import Decoded, decode
from doctor.logs.plain import in_trace
from doctor.logs.quoting import DEEPEST
from tests.logs import encoder
from tests.logs.encoder import TIME

pytestmark = pytest.mark.slow

JOB = "a1b2c3d4-e5f6-4890-abcd-ef1234567890"
ERROR_429 = (
    "Error 429, Message: You exceeded your current quota, please check your plan and billing details., "
    "Status: RESOURCE_EXHAUSTED, Details: []"
)
REFUSED = (
    "failed to ping database: failed to connect to `user=dev database=codechunking`:\n"
    "\t127.0.0.1:5432 (localhost): dial error: dial tcp 127.0.0.1:5432: connect: connection refused\n"
    "\t[::1]:5432 (localhost): dial error: dial tcp [::1]:5432: connect: connection refused"
)


@pytest.mark.parametrize(
    "line",
    [
        *encoder.FOREIGN,
        b"time",
        b"time=",
        b"time=2025-11-22T10:30:00.011Z",
        b"time=2025-11-22T10:30:00.011Z level=INFO",
        b'time=2025-11-22T10:30:00.011Z level=INFO msg="',
        b'time=2025-11-22T10:30:00.011Z level=INFO msg="{\\"timestamp\\":\\"2025-11-22T10:30:00Z\\"}"',
        b'time=2025-11-22T10:30:00.011Z level=INFO msg="{\\"level\\":3,\\"message\\":\\"x\\"}"',
        b"{}",
        b"{",
        b'{"message":"x"}',
        b'{"level":"ERROR"}',
        b'{"level":null,"message":"x"}',
        b'["level","message"]',
        b'"level"',
        b"[]",
        b"[2025-11-22T10:30:00Z]",
        b"[1] 2025/11/22 10:30:00.000000 [INF] Starting nats-server",
        b"2025/11/22",
        b"Errors happen",
        b"panics",
        b"nats server",
        b"Run 'codechunking --help' for usage.",
        *encoder.panic(signal=True)[1:],
    ],
)
def test_a_foreign_line_says_nothing(line: bytes) -> None:
    assert decode(line) is None


STRUCTURED = [
    ("Loading specified config file", "INFO", {"config_file": "configs/config.dev.yaml"}),
    ("Starting worker service", "INFO", {"concurrency": 5, "queue_group": "workers"}),
    ("Gemini API key not configured - set CODECHUNK_GEMINI_API_KEY environment variable", "ERROR", {}),
    ("Batch embeddings enabled", "INFO", {"input_dir": "/tmp/input", "poll_interval": 5_000_000_000}),
    ("Batch queue manager created", "INFO", {"queue_limits": {"MaxQueueSize": 100000, "MaxWaitTime": 900000000000}}),
    ("Making embedding processing decision", "INFO", {"batch_enabled": True, "chunk_count": 8269, "job_id": JOB}),
    ("Embedding request failed", "ERROR", {"error_message": ERROR_429, "is_retryable": True, "ratio": 0.25}),
    ("Starting batch recovery check", "INFO", {"operation": "recover_pending_batches"}),
    ("Failed to create database connection, using mock health service", "ERROR", {"error": {}}),
    ("Failed to create database connection pool", "ERROR", {"error": REFUSED}),
    ("threshold with missing IDs — consider filtering", "WARN", {"missing_ids": ["batches/x1y2"], "none": None}),
    ("Odd \x7f \u200b \U000e0001 \a\v \\ \" '", "WARN", {"html": "<a&b>\u2028", "path": "C:\\avx\\User", "nul": "\0"}),
]


@pytest.mark.parametrize(("message", "level", "fields"), STRUCTURED, ids=[each[0][:20] for each in STRUCTURED])
@pytest.mark.parametrize("zone", ["Z", "+01:00", "-09:30"])
def test_structured_lines(message: str, level: str, fields: dict[str, object], zone: str) -> None:
    line = encoder.line(message, level, fields, zone=zone)
    assert decode(line) == Decoded("structured", pytest.approx(TIME, abs=1e-6), level, message, fields)
    assert decode(line + b"\r\n") == decode(line)


@pytest.mark.parametrize(("message", "level", "fields"), STRUCTURED, ids=[each[0][:20] for each in STRUCTURED])
def test_the_entry_alone(message: str, level: str, fields: dict[str, object]) -> None:
    whole = Decoded("bare", float(int(TIME)), level, message, fields)
    assert decode(encoder.bare(message, level, fields).encode()) == whole
    assert decode(b"\n".join(encoder.pretty(message, level, fields))) == whole
    assert decode(b"\r\n".join([b"", *encoder.pretty(message, level, fields), b""])) == whole


# As the description of the format has them.
EXAMPLES = r"""
time=2025-11-22T10:30:00.004Z level=INFO msg="{\"timestamp\":\"2025-11-22T10:30:00Z\",\"level\":\"INFO\",\"message\":\"Loading specified config file\",\"correlation_id\":\"0d6f1c2e-7c0b-4b57-9a0e-5f6a3f1f9d01\",\"component\":\"\",\"metadata\":{\"config_file\":\"configs/config.dev.yaml\"}}"
time=2025-11-22T10:30:00.011Z level=INFO msg="{\"timestamp\":\"2025-11-22T10:30:00Z\",\"level\":\"INFO\",\"message\":\"Starting worker service\",\"correlation_id\":\"5b0a9c7f-2a41-4a0e-8b0f-6a1f4c9e2d02\",\"component\":\"\",\"metadata\":{\"concurrency\":5,\"queue_group\":\"workers\"}}"
time=2025-11-22T10:30:00.012Z level=INFO msg="{\"timestamp\":\"2025-11-22T10:30:00Z\",\"level\":\"ERROR\",\"message\":\"Gemini API key not configured - set CODECHUNK_GEMINI_API_KEY environment variable\",\"correlation_id\":\"9f0e4a55-3f6d-4c25-b7b2-0c7d6a5e1a03\",\"component\":\"\"}"
time=2025-11-22T10:30:00.052Z level=INFO msg="{\"timestamp\":\"2025-11-22T10:30:00Z\",\"level\":\"INFO\",\"message\":\"Batch embeddings enabled\",\"correlation_id\":\"1c2d3e4f-0a1b-4c2d-9e3f-4a5b6c7d8e04\",\"component\":\"\",\"metadata\":{\"input_dir\":\"/tmp/batch_embeddings/input\",\"output_dir\":\"/tmp/batch_embeddings/output\",\"poll_interval\":5000000000}}"
time=2025-11-22T10:30:00.053Z level=INFO msg="{\"timestamp\":\"2025-11-22T10:30:00Z\",\"level\":\"ERROR\",\"message\":\"Failed to create batch embedding client\",\"correlation_id\":\"2d3e4f50-1b2c-4d3e-8f40-5b6c7d8e9f05\",\"component\":\"\",\"metadata\":{\"error\":\"failed to create input directory: mkdir /tmp/batch_embeddings: permission denied\"}}"
time=2025-11-22T10:30:00.080Z level=INFO msg="{\"timestamp\":\"2025-11-22T10:30:00Z\",\"level\":\"INFO\",\"message\":\"Batch queue manager created and started successfully\",\"correlation_id\":\"3e4f5061-2c3d-4e4f-9051-6c7d8e9fa006\",\"component\":\"\",\"metadata\":{\"applied_batch_timeout\":300000000000,\"applied_max_batch_size\":100,\"applied_max_queue_size\":100000,\"applied_min_batch_size\":1,\"queue_limits\":{\"MaxQueueSize\":100000,\"MaxWaitTime\":900000000000}}}"
time=2025-11-22T10:31:01.230Z level=INFO msg="{\"timestamp\":\"2025-11-22T10:31:01Z\",\"level\":\"INFO\",\"message\":\"Making embedding processing decision\",\"correlation_id\":\"4f506172-3d4e-4f50-a162-7d8e9fa0b107\",\"component\":\"\",\"metadata\":{\"batch_desired\":true,\"batch_enabled\":true,\"chunk_count\":8269,\"has_queue_manager\":true,\"job_id\":\"a1b2c3d4-e5f6-4890-abcd-ef1234567890\",\"threshold_chunks\":10}}"
time=2025-11-22T10:31:01.244Z level=INFO msg="{\"timestamp\":\"2025-11-22T10:31:01Z\",\"level\":\"WARN\",\"message\":\"Batch processing failed, falling back to sequential\",\"correlation_id\":\"50617283-4e5f-4061-b273-8e9fa0b1c208\",\"component\":\"\",\"metadata\":{\"batch_number\":1,\"error\":\"batch embedding service not configured\",\"job_id\":\"a1b2c3d4-e5f6-4890-abcd-ef1234567890\"}}"
time=2025-11-22T10:31:02.010Z level=INFO msg="{\"timestamp\":\"2025-11-22T10:31:02Z\",\"level\":\"ERROR\",\"message\":\"Embedding request failed\",\"correlation_id\":\"61728394-5f60-4172-8384-9fa0b1c2d309\",\"component\":\"\",\"metadata\":{\"client_config\":{\"model\":\"gemini-embedding-001\",\"timeout_seconds\":120},\"duration_ms\":412,\"error_code\":\"quota_exceeded\",\"error_message\":\"Error 429, Message: You exceeded your current quota, please check your plan and billing details., Status: RESOURCE_EXHAUSTED, Details: []\",\"error_type\":\"quota\",\"is_retryable\":true,\"request_id\":\"req-1763807462010000000\",\"retry_recommendation\":\"retry_with_backoff_after_delay\",\"severity\":\"medium\",\"underlying_error\":\"Error 429, Message: You exceeded your current quota, please check your plan and billing details., Status: RESOURCE_EXHAUSTED, Details: []\"}}"
time=2025-11-22T10:31:10.000Z level=INFO msg="{\"timestamp\":\"2025-11-22T10:31:10Z\",\"level\":\"INFO\",\"message\":\"Starting batch recovery check\",\"correlation_id\":\"728394a5-6071-4283-9495-a0b1c2d3e40a\",\"component\":\"\",\"operation\":\"recover_pending_batches\",\"metadata\":{\"operation\":\"recover_pending_batches\"}}"
time=2025-11-22T10:31:11.000Z level=INFO msg="{\"timestamp\":\"2025-11-22T10:31:11Z\",\"level\":\"ERROR\",\"message\":\"Failed to create database connection, using mock health service\",\"correlation_id\":\"8394a5b6-7182-4394-a5a6-b1c2d3e4f50b\",\"component\":\"\",\"metadata\":{\"error\":{}}}"
time=2025-11-22T10:31:12.000Z level=INFO msg="{\"timestamp\":\"2025-11-22T10:31:12Z\",\"level\":\"ERROR\",\"message\":\"Failed to create database connection pool\",\"correlation_id\":\"94a5b6c7-8293-44a5-b6b7-c2d3e4f5060c\",\"component\":\"\",\"metadata\":{\"error\":\"failed to ping database: failed to connect to `user=dev database=codechunking`:\\n\\t127.0.0.1:5432 (localhost): dial error: dial tcp 127.0.0.1:5432: connect: connection refused\\n\\t[::1]:5432 (localhost): dial error: dial tcp [::1]:5432: connect: connection refused\"}}"
time=2025-11-22T10:31:13.000Z level=INFO msg="{\"timestamp\":\"2025-11-22T10:31:13Z\",\"level\":\"WARN\",\"message\":\"Full batch history scan exceeded threshold with missing IDs — consider server-side filtering\",\"correlation_id\":\"a5b6c7d8-93a4-45b6-87c8-d3e4f506170d\",\"component\":\"\",\"metadata\":{\"found_count\":2,\"missing_ids\":[\"batches/x1y2\"],\"scanned_count\":640,\"wanted_count\":3}}"
""".strip().split("\n")  # noqa: E501


@pytest.mark.parametrize("line", EXAMPLES)
def test_examples_of_the_format(line: str) -> None:
    found = decode(line.encode())
    inner = json.loads(json.loads(line.partition(" msg=")[2]))
    stamp = re.match(r"time=(\S+)", line)
    assert stamp is not None
    assert found == (
        "structured",
        pytest.approx(datetime.fromisoformat(stamp[1]).timestamp(), abs=1e-6),
        inner["level"],
        inner["message"],
        inner.get("metadata", {}),
    )
    # The encoder of these tests writes them in the same way.
    moment = datetime.fromisoformat(stamp[1]).timestamp()
    again = encoder.line(
        inner["message"], inner["level"], inner.get("metadata"), moment, correlation_id=inner["correlation_id"]
    )
    assert again.decode() == line


@pytest.mark.parametrize(
    ("entry", "fields"),
    [
        ('"error":"e","metadata":{"a":1}', {"a": 1, "error": "e"}),
        ('"error":"e","metadata":{"error":"m"}', {"error": "m"}),
        ('"operation":"o","context":{"request_id":"r"}', {"operation": "o", "context": {"request_id": "r"}}),
        ('"metadata":null', {}),
        ('"metadata":[1]', {}),
        ('"metadata":{"a":1,"a":2}', {"a": 2}),
        ('"metadata":{"n":9223372036854775807}', {"n": 9223372036854775807}),
        ('"metadata":{"n":' + "9" * 5000 + "}", {"n": "9" * 5000}),
        ('"metadata":{"n":1e999,"m":NaN,"k":-Infinity}', {"n": "1e999", "m": "NaN", "k": "-Infinity"}),
        ('"metadata":{"s":"\\ud800 \\udc00x \\ud83d\\ude00 \\\\ud800"}', {"s": "\ufffd \ufffdx \U0001f600 \\ud800"}),
    ],
    ids=lambda each: str(each)[:30],
)
def test_what_stands_in_an_entry(entry: str, fields: dict[str, object]) -> None:
    text = f'{{"level":"ERROR","message":"x",{entry}}}'
    for line in (text.encode(), encoder.outer(text)):
        found = decode(line)
        assert found is not None
        assert found[2:] == ("ERROR", "x", fields)


@pytest.mark.parametrize("depth", [DEEPEST - 2, DEEPEST + 5, 400, 100_000])
def test_deep_values_end_somewhere(depth: int) -> None:
    text = '{"level":"ERROR","message":"x","metadata":{"a":' + "[" * depth + "]" * depth + "}}"
    found = decode(encoder.outer(text))
    assert found is not None
    assert (found.level, found.message) == ("ERROR", "x")
    assert len(json.dumps(found.fields)) < 100


def test_bytes_that_are_no_text_are_replaced() -> None:
    found = decode(encoder.line("a# b#").replace(b"#", b"\xff"))
    assert found is not None
    assert found.message == "a\ufffd b\ufffd"
    found = decode(encoder.line("a#").replace(b"#", b"\\xff"))
    assert found is not None
    assert found.message == "a\ufffd"


def test_levels_that_others_write_become_ours() -> None:
    for written, level in (("warning", "WARN"), ("fatal", "ERROR"), ("debug", "DEBUG"), ("x" * 100, "X" * 10)):
        found = decode(f'{{"level":"{written}","message":"m"}}'.encode())
        assert found is not None
        assert found.level == level


def test_a_line_behind_something_unknown() -> None:
    line = encoder.line("Starting worker service", "WARN")
    assert decode(b"<34>some collector: " + line) == decode(line)
    assert decode(b"2025-11-22 10:00:00 x> " + line) == decode(line)
    assert decode(b"x" * 400 + line) is None


# --- cut off ---------------------------------------------------------------------------------------------------------

FULL = encoder.line('say "x" \\ \n', "ERROR", {"error": "<e>", "job_id": JOB})


@pytest.mark.parametrize("length", range(FULL.index(b"correlation_id") - 5))
def test_without_its_message_a_line_says_nothing(length: int) -> None:
    assert decode(FULL[:length]) is None


@pytest.mark.parametrize("length", range(FULL.index(b',\\"correlation_id'), len(FULL)))
def test_a_line_that_was_cut_off_says_what_is_there(length: int) -> None:
    assert decode(FULL[:length]) == Decoded(
        "structured",
        pytest.approx(TIME, abs=1e-6),
        "ERROR",
        'say "x" \\ \n',
        {},
    )


@pytest.mark.parametrize("missing", [1, 2, 10, 50])
def test_an_entry_that_was_cut_off(missing: int) -> None:
    text = encoder.bare('say "x" \\ \n', "ERROR", {"error": "<e>", "job_id": JOB}).encode()
    assert decode(text[:-missing]) == Decoded("bare", float(int(TIME)), "ERROR", 'say "x" \\ \n', {})


# --- other forms -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("level", ["INFO", "WARN", "ERROR"])
def test_the_text_format(level: str) -> None:
    time = pytest.approx(TIME, abs=1e-6)
    message = 'Failed to create: a [b] "c"'
    assert decode(encoder.text(message, level)) == ("text", time, level, message, {})
    assert decode(encoder.text(message, level, component="worker")) == (
        "text",
        time,
        level,
        message,
        {"component": "worker"},
    )


def test_any_other_message_of_the_same_handler() -> None:
    time = pytest.approx(TIME, abs=1e-6)
    assert decode(encoder.outer("not JSON {")) == ("text", time, "INFO", "not JSON {", {})
    assert decode(b"time=2025-11-22T10:30:00.011Z level=WARN msg=word") == ("text", time, "WARN", "word", {})


def test_the_access_log() -> None:
    line = encoder.access(500, "/search", "POST", "1m2.5s", zone="+02:00")
    assert decode(line) == Decoded(
        "plain",
        float(int(TIME)),
        "INFO",
        line.decode(),
        {
            "request_id": "5b0a9c7f-2a41-4a0e-8b0f-6a1f4c9e2d02",
            "method": "POST",
            "path": "/search",
            "status": 500,
            "duration": 62_500_000_000,
            "user_agent": "curl/8.5.0",
            "remote_ip": "172.18.0.1",
        },
    )


@pytest.mark.parametrize("first", [True, False])
@pytest.mark.parametrize("agent", ["Mozilla/5.0 (X11; Linux)", "x status=500 status=501 duration=9h path=/admin y", ""])
def test_a_user_agent_cannot_pretend(agent: str, first: bool) -> None:
    line = encoder.access(user_agent=agent) if first else encoder.access(remote_ip="1.2.3.4") + b""
    if not first:
        line = line.replace(b"user_agent=curl/8.5.0", f"user_agent={agent}".encode())
    found = decode(line)
    assert found is not None
    assert (found.fields["status"], found.fields["duration"], found.fields["path"]) == (200, 1234567, "/health")
    assert str(found.fields["user_agent"]) == agent.partition(" status=")[0]


def test_a_crash_of_a_handler() -> None:
    found = decode(encoder.handler_panic("runtime error: index out of range [3] with length 3"))
    assert found is not None
    assert found.level == "ERROR"
    assert found.fields["panic"] == "runtime error: index out of range [3] with length 3"


@pytest.mark.parametrize(
    ("line", "level", "fields"),
    [
        (encoder.STDERR[0], "ERROR", {"error": "open configs/nope.yaml: no such file or directory"}),
        (encoder.STDERR[1], "WARN", {"error": "bad key"}),
        (encoder.STDERR[2], "ERROR", {"error": 'unknown command "wroker" for "codechunking"'}),
        (encoder.STDERR[3], "ERROR", {"error": "unknown flag: --foo"}),
        (
            encoder.STDERR[5],
            "ERROR",
            {"error": "permissions violation on connection [12]"},
        ),
        (b"panic: " + encoder.PANIC.encode(), "ERROR", {"panic": encoder.PANIC}),
        (b"fatal error: all goroutines are asleep", "ERROR", {"panic": "all goroutines are asleep"}),
    ],
)
def test_what_goes_to_standard_error(line: bytes, level: str, fields: dict[str, object]) -> None:
    assert decode(line) == Decoded("plain", None, level, line.decode(), fields)


@pytest.mark.parametrize(
    ("said", "level", "fields"),
    [
        (encoder.EXPERIMENTAL, "", {}),
        (encoder.BOTH_KEYS, "WARN", {}),
        ("http: TLS handshake error", "", {"error": "TLS handshake error"}),
        ('INFO Bulk done count=3 name="a b" empty=', "INFO", {"count": "3", "name": "a b", "empty": ""}),
        ("ERROR It failed", "ERROR", {}),
    ],
)
def test_the_log_package(said: str, level: str, fields: dict[str, object]) -> None:
    line = encoder.go_log(said)
    assert decode(line) == Decoded("plain", float(int(TIME)), level, line.decode(), fields)
    there = encoder.go_log(said, zone="+01:00")
    assert decode(there, zone=3600) == Decoded("plain", float(int(TIME)), level, there.decode(), fields)


def test_what_belongs_to_a_trace() -> None:
    others = [encoder.line("x"), encoder.access(), b"panic: again", b"Error: x", encoder.bare("x").encode()]
    assert not any(in_trace(line) for line in [*others, *encoder.STDERR, *encoder.FOREIGN[:-1]])
    assert all(in_trace(line) for line in encoder.panic(signal=True)[1:])
    assert all(in_trace(line) for line in [b"main.(*T).Run(...)", b"...additional frames elided...", b"\t\r"])
    assert not in_trace(b"(" * 100_000 + b"]")


# --- anything --------------------------------------------------------------------------------------------------------

WORDS = st.text(st.characters(exclude_categories=("Cs",)), max_size=30)
VALUES = st.recursive(
    st.one_of(
        WORDS, st.booleans(), st.none(), st.integers(-(2**63), 2**63), st.floats(allow_nan=False, allow_infinity=False)
    ),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(WORDS, inner, max_size=3)),
    max_leaves=6,
)
FIELDS = st.dictionaries(WORDS.filter(lambda name: name not in ("operation", "duration", "error", "context")), VALUES)
TIMES = st.integers(0, 4_000_000_000_000).map(lambda milliseconds: milliseconds / 1000)
LEVELS = st.sampled_from(["DEBUG", "INFO", "WARN", "ERROR"])


@given(WORDS, LEVELS, FIELDS, TIMES, st.sampled_from(["Z", "+01:00", "-11:30"]))
def test_every_line_reads_back(message: str, level: str, fields: dict[str, object], time: float, zone: str) -> None:
    found = decode(encoder.line(message, level, fields, time, zone))
    assert found == ("structured", pytest.approx(time, abs=2e-3), level, message, fields)


@given(WORDS, LEVELS, FIELDS, TIMES)
def test_every_entry_reads_back(message: str, level: str, fields: dict[str, object], time: float) -> None:
    written = ("bare", pytest.approx(time, abs=1), level, message, fields)
    assert decode(encoder.bare(message, level, fields, time).encode()) == written
    assert decode(b"\n".join(encoder.pretty(message, level, fields, time))) == written


PARTS = st.sampled_from(
    [
        FULL,
        FULL[:200],
        FULL[200:],
        encoder.bare("x").encode(),
        encoder.access(),
        encoder.go_log("INFO x a=1"),
        b'time=2025-11-22T10:30:00.011Z level=INFO msg="',
        b"panic: ",
        b'{"timestamp":"',
        b'\\"',
        b"\\\\",
        b"\\x",
        b"\\ud800",
        b'"}',
    ]
)


@given(st.lists(st.one_of(st.binary(max_size=30), PARTS), max_size=4).map(b"".join))
@settings(max_examples=150)
def test_nothing_breaks_it(line: bytes) -> None:
    found = decode(line)
    if found is not None:
        json.dumps(found.fields, allow_nan=False).encode()
        (found.message + found.level).encode()
    in_trace(line)


@pytest.mark.parametrize(
    "line",
    [
        b"time=" + b"x" * 2_000_000,
        b'time=2025-11-22T10:30:00.011Z level=INFO msg="' + b"\\" * 2_000_001,
        b'time=2025-11-22T10:30:00.011Z level=INFO msg="' + b'\\"' * 1_000_000,
        b'time=2025-11-22T10:30:00.011Z level=INFO msg="' + b'\\"message\\":\\"' * 100_000,
        b'time=2025-11-22T10:30:00.011Z level=INFO msg="{' + b'\\"level\\":\\"ERROR\\"\\"timestamp\\' * 100_000,
        b'{"timestamp":"' + b"[" * 2_000_000,
        b'{"timestamp":' + b'"message":"' * 200_000,
        b'{"timestamp":"x","level":"ERROR","message":"' + b"\\" * 1_000_001,
        b"{" * 1_000_000,
        b" " * 2_000_000,
        b"[2025-11-22T10:30:00Z] INFO: " + b" status=1" * 200_000,
        b"2025/11/22 10:30:00 INFO x" + b' a="' * 300_000,
        b"panic: " + b"x" * 2_000_000,
        b"(" * 1_000_000,
        b"1" * 2_000_000,
    ],
    ids=lambda line: repr(line[:20]),
)
def test_endless_lines_are_soon_done_with(line: bytes) -> None:
    found = decode(line)
    assert found is None or len(found.message) <= len(line)
    in_trace(line)
