"""The schema against the program's own decoded defaults."""

from __future__ import annotations

import json

import pytest

from doctor.golang.duration import parse_duration
from doctor.schema import (
    CLIENT_KEYS,
    SCHEMA,
    SECTIONS,
    client_key_of_variable,
    key_of_variable,
    section_of_variable,
    why_unknown,
)
from tests.conformance import DATA

DEFAULTS = json.loads((DATA / "config-defaults.json").read_text(encoding="utf-8"))


def test_keys_defaults_and_order_are_the_program_s() -> None:
    # The data was made with this user, the one thing the program cannot do without.
    assert list(SCHEMA) == list(DEFAULTS)
    assert {**{key: spec.default for key, spec in SCHEMA.items()}, "database.user": "u"} == DEFAULTS


def test_what_is_known_without_a_file() -> None:
    assert sum(spec.built_in for spec in SCHEMA.values()) == 18
    assert sum(spec.bound for spec in SCHEMA.values()) == 6
    assert [key for key, spec in SCHEMA.items() if spec.secret] == [
        "database.password",
        "gemini.api_key",
        "embedding.openai.api_key",
    ]


def test_shipped_values_are_of_their_kind() -> None:
    for spec in SCHEMA.values():
        for text in spec.shipped:
            if spec.kind == "duration":
                assert parse_duration(text) > 0
            elif spec.kind in ("int", "float"):
                assert float(text) >= 0
            elif spec.kind == "bool":
                assert text in ("true", "false")


def test_what_does_the_job_of_a_dead_key_is_alive() -> None:
    for spec in SCHEMA.values():
        assert spec.instead is None or (spec.used != "yes" and SCHEMA[spec.instead].used == "yes")


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("CODECHUNK_API_PORT", "api.port"),
        ("CODECHUNK_BATCH_PROCESSING_QUEUE_LIMITS_MAX_QUEUE_SIZE", "batch_processing.queue_limits.max_queue_size"),
        ("CODECHUNK_API", None),
        ("codechunk_api_port", None),
        ("CODECHUNK_CLIENT_TIMEOUT", None),
    ],
)
def test_keys_of_variables(name: str, key: str | None) -> None:
    assert key_of_variable(name) == key


def test_variables_of_sections_and_of_the_client() -> None:
    assert section_of_variable("CODECHUNK_GEMINI_BATCH") == "gemini.batch"
    assert section_of_variable("CODECHUNK_CONNECTORS") == "connectors"
    assert section_of_variable("CODECHUNK_API_PORT") is None
    assert client_key_of_variable("CODECHUNK_CLIENT_REPOS_POLL_INTERVAL") == "client.repos.poll_interval"
    assert set(SECTIONS) >= {"api", "zoekt.webserver", "embedding.openai", "connectors"}
    assert not set(CLIENT_KEYS) & set(SCHEMA)


@pytest.mark.parametrize(
    ("name", "known"),
    [
        ("chunking.overlap_size", True),
        ("git.default_depth", True),
        ("CODECHUNK_DATABASE_SCHEMA", True),
        ("CODECHUNK_ACK_TIMEOUT", True),
        ("chunking.other", False),
        ("api.port", False),
        ("CODECHUNK_DATABASE_SCHEMAS", False),
    ],
)
def test_documented_but_unknown(name: str, known: bool) -> None:
    assert (why_unknown(name) is not None) is known
