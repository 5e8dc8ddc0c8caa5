"""The catalogue of lines: each entry is found by a line as the program writes it, and by no other's."""

from __future__ import annotations

import re
from collections import Counter

import pytest

from doctor.causes import causes
from doctor.logs.catalogue import CATALOGUE, Catalogue, Entry
from doctor.logs.entry import decode
from tests.logs import encoder

pytestmark = pytest.mark.slow

ENTRIES = CATALOGUE.entries
STRUCTURED = [pytest.param(each, id=each.id) for each in ENTRIES if each.format == "structured"]
VALUES: dict[str, object] = {
    "string": 'a "text" with \\ and <tags>',
    "int": 8269,
    "float": 1.5,
    "bool": True,
    "uuid": "a1b2c3d4-e5f6-4890-abcd-ef1234567890",
    "list": ["batches/x1y2"],
    "object": {"MaxQueueSize": 100000, "MaxWaitTime": 900000000000},
    "timestamp": "2025-11-22T10:30:00.123456789Z",
    "duration_ns": 5000000000,
    "error_object": {},
}
# Texts with something formatted in.
FORMATTED = {"rec-found": "Found 17 pending batches to check"}
PANIC = "panic: invalid configuration: database.user is required"
NIL = "panic: runtime error: invalid memory address or nil pointer dereference"

# What each entry that is not structured looks like, and what is taken out of it.
PLAIN: list[tuple[str, str, dict[str, str]]] = [
    ("api-access-log", encoder.access(path="/search").decode(), {"ts": "2025-11-22T10:30:00Z"}),
    ("api-access-log", encoder.access(zone="+01:00").decode(), {"ts": "2025-11-22T11:30:00+01:00"}),
    ("api-panic-recovered", encoder.handler_panic().decode(), {"ts": "2025-11-22T10:30:00Z"}),
    ("go-panic-config", PANIC, {"error": "invalid configuration: database.user is required"}),
    ("go-panic-config", "panic: unable to decode config: 1 error(s)", {"error": "unable to decode config: 1 error(s)"}),
    ("go-panic-nil", NIL, {"error": "invalid memory address or nil pointer dereference"}),
    ("go-panic-any", "panic: send on closed channel", {"error": "send on closed channel"}),
    ("go-panic-any", "fatal error: concurrent map writes", {"error": "concurrent map writes"}),
    ("stderr-config-read-error", "Error reading config file: open x.yaml: denied", {"error": "open x.yaml: denied"}),
    (
        "stderr-bind-env",
        "Warning: Failed to bind environment variable CODECHUNK_X to x.y: bad key",
        {"env": "CODECHUNK_X", "key": "x.y", "error": "bad key"},
    ),
    ("stderr-cobra-error", 'Error: unknown command "wroker" for "x"', {"error": 'unknown command "wroker" for "x"'}),
    ("stderr-cobra-error", "Error: unknown flag: --foo", {"error": "unknown flag: --foo"}),
    ("stderr-cobra-error", "Error: accepts 1 arg(s), received 2", {"error": "accepts 1 arg(s), received 2"}),
    ("stderr-genai-experimental", encoder.go_log(encoder.EXPERIMENTAL).decode(), {"ts": "2025/11/22 10:30:00"}),
    ("stderr-genai-both-keys", encoder.go_log(encoder.BOTH_KEYS).decode(), {"ts": "2025/11/22 10:30:00"}),
    (
        "stderr-nats-async",
        'nats: permissions violation for subscription on connection [12] for subscription on "indexing.job"',
        {"error": "permissions violation for subscription", "cid": "12", "subject": "indexing.job"},
    ),
    ("stderr-nats-async", "nats: slow consumer on connection [3]", {"error": "slow consumer", "cid": "3"}),
    (
        "stderr-http-server",
        encoder.go_log("http: TLS handshake error from 172.18.0.1:5: EOF").decode(),
        {"ts": "2025/11/22 10:30:00", "error": "TLS handshake error from 172.18.0.1:5: EOF"},
    ),
    (
        "compose-blank-key",
        'time="2025-11-22T10:30:00Z" level=warning msg="The \\"CODECHUNK_GEMINI_API_KEY\\" variable is not set. '
        'Defaulting to a blank string."',
        {},
    ),
    (
        "compose-blank-key",
        "WARNING: The CODECHUNK_GEMINI_API_KEY variable is not set. Defaulting to a blank string.",
        {},
    ),
]


def message_of(entry: Entry) -> str:
    return entry.message or FORMATTED[entry.id]


def fields_of(entry: Entry) -> dict[str, object]:
    return {name: VALUES[kind] for name, kind in entry.fields}


# --- What is not an entry ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "message",
    [
        "",
        "TreeSitter parsed chunk",
        "starting worker service",
        "Starting worker service ",
        "Starting worker",
        "Batch processing failed, falling back",
        "Found many pending batches to check",
        "Found 17 pending batches to check again",
    ],
)
def test_a_text_that_only_resembles_one_is_none(message: str) -> None:
    assert CATALOGUE.of_message(message) is None


@pytest.mark.parametrize(
    "line",
    [
        *(each.decode() for each in encoder.FOREIGN),
        encoder.go_log("INFO Bulk duplicate detection done count=3 repository=acme").decode(),
        "The GOOGLE_API_KEY variable is not set. Defaulting to a blank string.",
        "[2025-11-22T10:30:00Z] INFO: HTTP request completely lost",
        " panic: not at the beginning",
        "Error: something else",
        "Starting worker service",
    ],
)
def test_a_plain_line_that_only_resembles_one_is_none(line: str) -> None:
    assert CATALOGUE.of_plain(line) is None


def test_nothing_is_read_before_it_is_needed() -> None:
    assert "entries" not in vars(Catalogue())


# --- Each entry by its line ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("entry", STRUCTURED)
def test_a_structured_entry_is_found_by_its_line(entry: Entry) -> None:
    fields = fields_of(entry)
    for line in (
        encoder.line(message_of(entry), entry.level, fields),
        encoder.bare(message_of(entry), entry.level, fields).encode(),
        encoder.text(message_of(entry), entry.level),
    ):
        decoded = decode(line)
        assert decoded is not None
        found = CATALOGUE.of_message(decoded.message)
        assert found is not None
        assert found.entry is entry
        assert CATALOGUE.by_raw_message.get(decoded.message.encode(), entry) is entry
        assert decoded.level == entry.level
        assert decoded.format == "text" or {name: decoded.fields[name] for name in fields} == fields


@pytest.mark.parametrize(("id", "line", "parts"), PLAIN)
def test_a_plain_entry_is_found_by_its_line(id: str, line: str, parts: dict[str, str]) -> None:
    found = CATALOGUE.of_plain(line)

    assert found is not None
    assert found.entry.id == id
    assert found.parts == parts


def test_each_plain_entry_has_a_line_here() -> None:
    assert {id for id, _, _ in PLAIN} == {each.id for each in ENTRIES if each.format != "structured"}


def test_no_two_entries_claim_one_line() -> None:
    texts = [message_of(each) for each in ENTRIES if each.format == "structured"]
    patterns = [each for each in ENTRIES if each.pattern is not None]

    assert [text for text, count in Counter(texts).items() if count > 1] == []
    for text in texts:
        assert {each.id for each in patterns if re.search(each.pattern or "", text)} <= {
            id for id, formatted in FORMATTED.items() if formatted == text
        }
    for id, line, _ in PLAIN:
        # The one for any panic comes after those for panics that are known better.
        assert {each.id for each in patterns if re.search(each.pattern or "", line)} <= {id, "go-panic-any"}


@pytest.mark.parametrize("entry", [pytest.param(each, id=each.id) for each in ENTRIES])
def test_a_literal_stands_verbatim_in_every_wrapping(entry: Entry) -> None:
    lines = [line.encode() for id, line, _ in PLAIN if id == entry.id]
    if entry.format == "structured":
        message, fields = message_of(entry), fields_of(entry)
        lines = [encoder.line(message, entry.level, fields), b"".join(encoder.pretty(message, entry.level, fields))]
    for line in lines:
        wrapped = (
            line,
            encoder.docker_json(line + b"\n"),
            encoder.docker_json(encoder.docker_json(line + b"\n")),
            encoder.cri(line),
            encoder.compose(line, colour=36),
            encoder.journald(line),
        )
        for each in wrapped:
            assert any(literal.encode() in each for literal in entry.literals)


# --- What an entry says --------------------------------------------------------------------------------------------


def test_ids_are_unique_and_kebab_case() -> None:
    assert len(CATALOGUE.by_id) == len(ENTRIES) == 374
    assert [each.id for each in ENTRIES if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", each.id)] == []


@pytest.mark.parametrize("entry", [pytest.param(each, id=each.id) for each in ENTRIES])
def test_an_entry_is_well_formed(entry: Entry) -> None:
    names = {name for name, _ in entry.fields}

    assert (entry.message is None) != (entry.pattern is None)
    assert entry.level in ("DEBUG", "INFO", "WARN", "ERROR")
    assert entry.role in ("cause", "symptom", "progress", "success", "noise", "decision")
    assert entry.format in ("structured", "access-log", "panic", "plain-stderr", "go-log-stderr", "other")
    assert entry.visible == (entry.level != "DEBUG")
    assert entry.source in ("", "guide")
    assert {kind for _, kind in entry.fields} <= set(VALUES)
    assert all(re.fullmatch(r"20\d\d-\d\d-\d\d", date) for date in (entry.since, entry.until) if date is not None)
    assert all(re.fullmatch(r"[a-z_.]+=\S+", word) for word in entry.implies)
    assert set(entry.causes) <= {each.id for each in causes()}
    assert {condition.field for each in entry.implies_when for condition in each.when} <= names
    assert {each.present or each.absent for each in entry.variants} <= names
    assert entry.error_field == "error" or entry.error_field in names


@pytest.mark.parametrize("entry", [pytest.param(each, id=each.id) for each in ENTRIES])
def test_an_entry_speaks_for_itself(entry: Entry) -> None:
    texts = [entry.meaning, *filter(None, (entry.fix,)), *(each.meaning for each in entry.variants)]

    assert all(text[-1] in ".]" and text == text.strip() for text in texts), texts
    assert not re.search(
        r"\.md|\.go\b|\bHEAD\b|\b(?=[a-f]*\d)[0-9a-f]{7}\b|[Aa]s above|[Ss]ee error\b", " ".join(texts)
    )
    assert entry.fix or entry.role not in ("cause", "symptom") or entry.level in ("INFO", "DEBUG"), "what to do?"


@pytest.mark.parametrize(
    ("id", "fields", "facts"),
    [
        ("embed-decision", {}, {}),
        ("embed-decision", {"batch_enabled": "false", "chunk_count": "3"}, {}),
        ("gb-status", {"state": "PENDING"}, {}),
        ("mig-status", {"version": True}, {}),
        (
            "embed-decision",
            {"batch_enabled": False, "batch_desired": False},
            {"batch.processing_enabled": "false", "embedding.path": "sequential"},
        ),
        (
            "embed-decision",
            {"batch_enabled": True, "chunk_count": 3, "threshold_chunks": 10, "batch_desired": False},
            {"batch.desired": "false", "embedding.path": "sequential"},
        ),
        (
            "embed-decision",
            {"batch_enabled": True, "chunk_count": 10, "threshold_chunks": 10, "batch_desired": True},
            {},
        ),
        (
            "embed-decision",
            {"batch_desired": True, "has_queue_manager": False},
            {"batch.desired": "true", "batch.queue_manager": "absent", "batch.path": "direct"},
        ),
        ("gb-status", {"state": "FAILED"}, {"batch.gemini_job": "failed"}),
        ("mig-status", {"state": "DIRTY (interrupted)", "version": 20}, {"migrations": "dirty"}),
        ("mig-status", {"state": "CLEAN", "version": 19}, {"db.schema": "outdated"}),
    ],
)
def test_the_fields_tell_more(id: str, fields: dict[str, object], facts: dict[str, str]) -> None:
    entry = CATALOGUE.by_id[id]
    always = dict(word.split("=", 1) for word in entry.implies)

    assert entry.facts(fields) == always | facts


@pytest.mark.parametrize(
    ("id", "fields", "meaning"),
    [
        ("worker-started", {"subject": "x"}, CATALOGUE.by_id["worker-started"].meaning),
        ("nats-established", {}, CATALOGUE.by_id["nats-established"].meaning),
        ("nats-establishing", {}, "The queue manager of the batches is connecting to NATS."),
        ("nats-establishing", {"subject": "indexing.job"}, "The consumer of jobs is connecting to NATS."),
    ],
)
def test_the_fields_tell_which_of_several_meanings(id: str, fields: dict[str, object], meaning: str) -> None:
    assert CATALOGUE.by_id[id].meaning_of(fields) == meaning


@pytest.mark.parametrize(
    ("id", "error", "cause"),
    [
        ("worker-started", "connect: connection refused", None),
        ("go-panic-config", "something else", None),
        ("worker-db-pool-failed", "dial tcp 127.0.0.1:5432: connect: connection refused", "db-refused"),
        ("go-panic-config", "invalid configuration: database.user is required", "cfg-database-user"),
        # Elsewhere that text has another reason.
        ("go-panic-config", "database.port must be between 1 and 65535", "cfg-database-port"),
        ("go-panic-config", "unable to decode config: embedding.provider x is not supported", "cfg-embedding-provider"),
    ],
)
def test_an_error_has_a_cause_of_its_own_entry(id: str, error: str, cause: str | None) -> None:
    assert [each.id for each in CATALOGUE.by_id[id].causes_of(error)][:1] == ([cause] if cause is not None else [])
