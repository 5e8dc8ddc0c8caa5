"""Batch jobs as the REST API writes them: protobuf's JSON, in which counts are texts and zeros are left out."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from doctor.embedded.google import things
from doctor.facts.gemini import GoogleBatch
from doctor.sources.gemini.operations import batch_of, batches_of

NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)


def job(*, top: Any = None, **metadata: Any) -> GoogleBatch:
    """The job of an operation with this metadata."""
    found = batch_of({"name": "batches/abc", "metadata": metadata, **(top or {})})
    assert found is not None
    return found


def counts(stats: Any) -> tuple[int | None, int | None, int | None]:
    found = job(batchStats=stats)
    return found.total, found.succeeded, found.failed


# --- as Google writes it ----------------------------------------------------------------------------------------------


def test_a_job_that_succeeded() -> None:
    of = {"id": "abc", "requests": 10, "succeeded": 9, "failed": 1, "ended": 1800, "updated": 1700, "output": "out"}

    assert batch_of(things.batch(of, NOW)) == GoogleBatch(
        "batches/abc",
        "BATCH_STATE_SUCCEEDED",
        "gemini-embedding-001",
        "embeddings-abc",
        10,
        9,
        1,
        NOW - timedelta(hours=1) + timedelta(microseconds=0),
        NOW - timedelta(seconds=1700),
        NOW - timedelta(seconds=1800),
        "files/out",
        None,
    )


def test_a_job_that_failed() -> None:
    found = batch_of(things.batch({"id": "abc", "state": "FAILED", "error": {"code": 13, "message": "broken"}}, NOW))

    assert found is not None
    assert (found.guide_state, found.ended, found.error, found.output_file) == ("FAILED", True, "broken", None)


def test_a_job_without_anything() -> None:
    assert batch_of({"name": "batches/abc"}) == GoogleBatch("batches/abc", "BATCH_STATE_UNSPECIFIED")
    assert batch_of({"metadata": {"name": "batches/abc"}}) == GoogleBatch("batches/abc", "BATCH_STATE_UNSPECIFIED")


@pytest.mark.parametrize("operation", [{}, {"name": ""}, {"name": 7}, {"name": None, "metadata": {"name": []}}])
def test_what_has_no_name_is_none(operation: dict[str, Any]) -> None:
    assert batch_of(operation) is None


@pytest.mark.parametrize(
    ("page", "ids"),
    [
        ({}, []),
        ({"operations": []}, []),
        ({"operations": None}, []),
        ({"operations": {"name": "x"}}, []),
        ({"operations": [None, 1, "x", [], {}, {"name": "batches/a"}]}, ["batches/a"]),
        ({"operations": [{"name": "batches/a"}, {"name": "batches/b"}]}, ["batches/a", "batches/b"]),
        ({"batches": [{"name": "batches/a"}]}, []),
    ],
)
def test_pages(page: dict[str, Any], ids: list[str]) -> None:
    assert [each.id for each in batches_of(page)] == ids


@pytest.mark.parametrize(
    ("stats", "expected"),
    [
        (None, (None, None, None)),
        ({}, (None, None, None)),
        ([], (None, None, None)),
        ({"requestCount": "10"}, (10, 0, 0)),
        ({"requestCount": 10, "successfulRequestCount": 4}, (10, 4, 0)),
        ({"requestCount": "0"}, (0, 0, 0)),
        ({"successfulRequestCount": "4"}, (None, 4, None)),
        ({"requestCount": "10", "failedRequestCount": None}, (10, 0, 0)),
        ({"requestCount": "-1"}, (None, None, None)),
        ({"requestCount": 1.5}, (None, None, None)),
        ({"requestCount": True}, (None, None, None)),
        ({"requestCount": "ten"}, (None, None, None)),
        ({"requestCount": "١٠"}, (None, None, None)),
        ({"requestCount": "9" * 16}, (None, None, None)),
        ({"requestCount": 10**4000}, (None, None, None)),
        ({"requestCount": [10]}, (None, None, None)),
        ({"requestCount": "10", "successfulRequestCount": {}}, (10, 0, 0)),
    ],
)
def test_counts(stats: Any, expected: tuple[int | None, ...]) -> None:
    assert counts(stats) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-05-04T12:00:00Z", NOW),
        ("2026-05-04T12:00:00.123456789Z", NOW + timedelta(microseconds=123456)),
        ("2026-05-04T12:00:00.5Z", NOW + timedelta(microseconds=500000)),
        ("2026-05-04T14:00:00+02:00", NOW),
        ("2026-05-04T12:00:00", NOW),
        ("2026-05-04T12:00:00.", None),
        ("tomorrow", None),
        ("", None),
        (None, None),
        (1777896000, None),
        ({"seconds": 1}, None),
        ("0001-01-01T00:00:00+14:00", None),
        ("9999-12-31T23:59:59-14:00", None),
        ("0000-00-00T00:00:00Z", None),
        ("2026-05-04T12:00:00+99:99", None),
    ],
)
def test_times(text: Any, expected: datetime | None) -> None:
    found = job(createTime=text, updateTime=text, endTime=text)

    assert (found.created_at, found.updated_at, found.completed_at) == (expected,) * 3


@pytest.mark.parametrize(
    ("state", "guide", "ended"),
    [
        ("BATCH_STATE_PENDING", "PENDING", False),
        ("BATCH_STATE_RUNNING", "PROCESSING", False),
        ("BATCH_STATE_SUCCEEDED", "COMPLETED", True),
        ("JOB_STATE_SUCCEEDED", "COMPLETED", True),
        ("BATCH_STATE_FAILED", "FAILED", True),
        ("BATCH_STATE_EXPIRED", "FAILED", True),
        ("BATCH_STATE_CANCELLED", "CANCELLED", True),
        ("JOB_STATE_CANCELLING", "CANCELLED", False),
        ("BATCH_STATE_UNSPECIFIED", "PENDING", False),
        ("BATCH_STATE_OF_TOMORROW", "PENDING", False),
    ],
)
def test_states(state: str, guide: str, ended: bool) -> None:
    found = job(state=state)

    assert (found.state, found.guide_state, found.ended) == (state, guide, ended)


@pytest.mark.parametrize("state", [None, "", 2, ["x"]])
def test_states_of_other_kinds(state: Any) -> None:
    assert job(state=state).state == "BATCH_STATE_UNSPECIFIED"


@pytest.mark.parametrize(
    ("response", "output", "expected"),
    [
        (None, None, None),
        ({}, {}, None),
        ({"responsesFile": "files/a"}, None, "files/a"),
        (None, {"responsesFile": "files/b"}, "files/b"),
        ({"responsesFile": "files/a"}, {"responsesFile": "files/b"}, "files/a"),
        ({"responsesFile": ""}, {"responsesFile": "files/b"}, "files/b"),
        ({"responsesFile": ["files/a"]}, "files/b", None),
        ({"inlinedResponses": {}}, None, None),
    ],
)
def test_the_file_with_the_results(response: Any, output: Any, expected: str | None) -> None:
    found = job(top={"response": response}, output=output)

    assert found.output_file == expected
    assert found.output_id == (expected.removeprefix("files/") if expected else None)


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (None, None),
        ({}, None),
        ([], None),
        ({"code": 13, "message": "broken"}, "broken"),
        ({"code": 13}, "code 13"),
        ({"code": 13, "message": ""}, "code 13"),
        ({"code": 13, "message": ["x"]}, "code 13"),
        ({"code": ["x" * 10_000]}, None),
        ({"message": "m" * 9000}, "m" * 2000),
        ({"message": "m" * 1990 + " AIzaSyFormerKey0123456789"}, "m" * 1990 + " ***"),
    ],
)
def test_errors(error: Any, expected: str | None) -> None:
    assert job(top={"error": error}).error == expected


def test_names_are_cut() -> None:
    found = job(displayName="x" * 9000, model="models/" + "y" * 9000, state="z" * 9000)

    assert max(len(each or "") for each in (found.display_name, found.model, found.state)) <= 300


KEYS = (
    *("name", "metadata", "batchStats", "requestCount", "successfulRequestCount", "state", "createTime", "endTime"),
    *("error", "message", "code", "response", "responsesFile", "output", "model", "displayName", "operations"),
)
JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=10) | st.datetimes().map(str),
    lambda each: st.lists(each, max_size=4) | st.dictionaries(st.sampled_from(KEYS), each, max_size=6),
    max_leaves=25,
)


@settings(deadline=None)
@given(JSON)
def test_any_json(value: Any) -> None:
    found = json.loads(json.dumps(value))
    page = found if isinstance(found, dict) else {"operations": [found]}
    list(batches_of(page))
    batch_of(page)
