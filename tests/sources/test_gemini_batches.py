"""Asking Google for the jobs that rows name."""

from __future__ import annotations

import ssl
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from doctor.embedded.google import Google
from doctor.errors import SourceError, Withheld
from doctor.facts import (
    BatchRows,
    BatchState,
    GeminiAccess,
    GeminiKeys,
    GoogleBatches,
    KeySupply,
    NetworkFault,
    NetworkObstacle,
    Step,
)
from doctor.model import Location
from doctor.sources.gemini.access import way_to
from doctor.sources.gemini.api import Api
from doctor.sources.gemini.batches import ask_for, google_batches, named_jobs
from doctor.sources.web import Route
from doctor.target import Deadline, Target
from tests.checks.batch_rows import failures, listed, opened, row
from tests.checks.environments import HERE, variables

pytestmark = pytest.mark.slow

S = BatchState
AT = datetime(2026, 5, 4, tzinfo=UTC)
DENIED = "batch file reference download failed: Error 403"


@contextmanager
def serving(world: Mapping[str, Any]) -> Iterator[Google]:
    with Google.start(world) as server:
        yield server


def asked(server: Google, *ids: str, key: str = "k1", seconds: float = 5.0) -> GoogleBatches:
    api = Api(Route.to(server.base_url, None, ssl.create_default_context), key, time.monotonic() + seconds)
    try:
        return ask_for(api, [f"batches/{id}" for id in ids], AT)
    finally:
        api.close()


def calls(server: Google) -> list[str]:
    return [seen.path.removeprefix("/v1beta/") for seen in server.requests]


def world(*ids: str, **more: Any) -> dict[str, Any]:
    return {"keys": ["k1"], "batches": [{"id": id, "state": "RUNNING", "requests": 2} for id in ids], **more}


# --- which jobs -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "rows",
    [
        pytest.param(BatchRows(), id="no rows"),
        pytest.param(opened(row(S.DUE, google_id="batches/a")), id="still to be sent"),
        pytest.param(opened(row(S.BAD_JOB_ID, google_id="projects/x")), id="not of this API"),
        pytest.param(failures(row(error="x", google_id="batches/a")), id="failed by something else"),
        pytest.param(failures(row(error=DENIED)), id="without a job"),
        *(
            pytest.param(opened(row(S.AT_GOOGLE, google_id=f"batches/{id}")), id=f"not a name: {id[:8]}")
            for id in ("", "a/b", "../models", "a?key=x", "a b", "a\r\nHost: x", "ä", "%2e", "x" * 201)
        ),
    ],
)
def test_nothing_to_ask_for(rows):
    assert named_jobs(rows) == ()


def test_jobs_that_somebody_waits_for_come_first():
    rows = BatchRows(
        open={S.RETRY_DUE: listed([row(S.RETRY_DUE, google_id="batches/b")])}
        | opened(row(S.AT_GOOGLE, google_id="batches/a"), row(S.AT_GOOGLE, google_id="batches/b")).open
        | {S.RETRY_DUE: listed([row(S.RETRY_DUE, google_id="batches/c")])},
        failed=listed([row(error=DENIED, google_id="batches/d")]),
        thin=(row(S.COMPLETED, google_id="batches/e"), row(S.COMPLETED, google_id="batches/a")),
    )

    assert named_jobs(rows) == ("batches/a", "batches/b", "batches/c", "batches/d", "batches/e")


# --- few jobs -------------------------------------------------------------------------------------------------


def test_few_jobs_are_asked_for_one_by_one():
    with serving(world("a", "b", "others")) as server:
        found = asked(server, "a", "lost", "b")

    assert calls(server) == ["batches/a", "batches/lost", "batches/b"]
    assert list(found.jobs) == ["batches/a", "batches/b"]
    assert found.gone == ("batches/lost",)
    assert found.at == AT
    assert found.jobs["batches/a"].total == 2


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param({"status": 403, "word": "PERMISSION_DENIED"}, id="403"),
        pytest.param({"status": 404, "body": "<html>no such page"}, id="a 404 of somebody else"),
        pytest.param({"status": 404, "body": '{"error": {"message": "no route", "code": "404"}}'}, id="of a gateway"),
        pytest.param({"status": 400, "word": "INVALID_ARGUMENT"}, id="400"),
        pytest.param({"behaviour": "html"}, id="a web page"),
        pytest.param({"behaviour": "bad-json"}, id="no JSON"),
        pytest.param({"body": "{}"}, id="nobody's job"),
        pytest.param({"body": '{"name": "batches/other", "metadata": {"state": "BATCH_STATE_FAILED"}}'}, id="another"),
    ],
)
def test_no_other_answer_says_that_a_job_is_gone(answer):
    with serving(world("a", "b", answers={"batches/b": answer})) as server:
        found = asked(server, "b", "a")

    assert list(found.jobs) == ["batches/a"]
    assert found.gone == ()


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        pytest.param({"status": 403, "reason": "SERVICE_DISABLED"}, "SERVICE_DISABLED", id="switched off"),
        pytest.param({"status": 429, "word": "RESOURCE_EXHAUSTED", "retry": 36}, "429", id="quota"),
        pytest.param({"status": 403, "reason": "API_KEY_HTTP_REFERRER_BLOCKED"}, "BLOCKED", id="restricted"),
        pytest.param({"behaviour": "reset"}, "batches/b", id="hung up"),
    ],
)
def test_a_refusal_ends_the_asking(answer, said):
    with serving(world("a", "b", "c", answers={"batches/b": answer})) as server:
        found = asked(server, "a", "b", "c")
        with pytest.raises(SourceError, match=said):
            asked(server, "b", "c")

    assert list(found.jobs) == ["batches/a"]
    assert "batches/c" not in calls(server)


def test_a_wrong_key_is_asked_with_once():
    with serving(world("a", "b")) as server, pytest.raises(SourceError, match="API key not valid"):
        asked(server, "a", "b", key="wrong")

    assert len(server.requests) == 1


def test_what_hangs_ends_in_time():
    started = time.monotonic()

    with serving(world("a", "b", answers={"batches/b": {"behaviour": "hang"}})) as server:
        found = asked(server, "a", "b", "c", seconds=0.5)

    assert list(found.jobs) == ["batches/a"]
    assert time.monotonic() - started < 2.0


# --- many jobs ------------------------------------------------------------------------------------------------

MANY = [f"j{number}" for number in range(30)]


@pytest.mark.parametrize("empty_last_page", [False, True])
def test_many_jobs_are_found_in_the_list(empty_last_page):
    with serving(world(*MANY, page=7, empty_last_page=empty_last_page)) as server:
        found = asked(server, *MANY[:20], "lost")

    assert len(found.jobs) == 20
    assert found.gone == ("batches/lost",)
    assert [each for each in calls(server) if each != "batches"] == ["batches/lost"]


def test_the_list_is_left_when_all_are_found():
    with serving(world(*MANY, page=15)) as server:
        first = server.world["batches"][:15]
        found = asked(server, *(each["id"] for each in first[:11]))

    assert len(found.jobs) == 11
    assert calls(server) == ["batches"]


def test_an_empty_list_can_be_a_404():
    with serving({"keys": ["k1"], "empty_list_404": True}) as server:
        found = asked(server, *MANY)

    assert len(found.gone) == 30


def test_a_list_that_fails_is_made_up_for():
    with serving(world(*MANY, answers={"batches": {"status": 400, "word": "INVALID_ARGUMENT"}})) as server:
        assert len(asked(server, *MANY).jobs) == 30


def test_not_everything_is_asked_for_one_by_one():
    with serving(world("a")) as server:
        found = asked(server, *(f"lost{number}" for number in range(150)))

    assert len(found.gone) == 100
    assert found.gone[0] == "batches/lost0"


def test_thousands_of_jobs():
    with serving({"batches": 5000, "page": 1000}) as server:
        found = asked(server, *MANY)

    assert len(found.gone) == 30
    # As many pages as come in time, which on a busy machine may not be all.
    assert 5 < calls(server).count("batches") <= 50


# --- as a source ----------------------------------------------------------------------------------------------


def source(
    url: str, rows: BatchRows, *, resolved: Any, provider: str = "gemini", access: GeminiAccess | None = None
) -> Any:
    keys = GeminiKeys(worker=KeySupply("k1", Location.env("K"), "K"))
    config = resolved(f"embedding: {{provider: {provider}}}\n")
    place = access or GeminiAccess(url, "127.0.0.1", 1, Location.env("K"))
    environment = variables({"GOOGLE_GEMINI_BASE_URL": url})
    way = way_to(Target(Path("/")), HERE, environment, config, keys)
    return google_batches.function(rows, place, way, Deadline())


WAITING = opened(row(S.AT_GOOGLE, google_id="batches/a"))
NO_ACCESS = GeminiAccess(
    "", "", 0, Location.env("K"), obstacle=NetworkObstacle(Step.NAME, NetworkFault.NAME_UNKNOWN, "no such name")
)


def test_nobody_is_asked_where_no_row_names_a_job(resolved):
    with serving(world("a")) as server:
        found = source(server.base_url, BatchRows(), access=NO_ACCESS, resolved=resolved)

    assert (found.jobs, found.gone, server.requests) == ({}, (), [])


def test_the_source_asks_with_the_workers_key(resolved):
    with serving(world("a")) as server:
        found = source(server.base_url, WAITING, resolved=resolved)

    assert list(found.jobs) == ["batches/a"]
    assert [seen.headers["x-goog-api-key"] for seen in server.requests] == ["k1"]
    assert abs((datetime.now(UTC) - found.at).total_seconds()) < 60


@pytest.mark.parametrize(
    ("provider", "access", "error", "said"),
    [
        ("openai", None, Withheld, "embedding.provider is openai"),
        ("gemini", NO_ACCESS, SourceError, "no such name"),
    ],
)
def test_nobody_is_asked_where_nobody_can_be(resolved, provider, access, error, said):
    with serving(world("a")) as server, pytest.raises(error, match=said):
        source(server.base_url, WAITING, provider=provider, access=access, resolved=resolved)

    assert server.requests == []


@pytest.mark.parametrize(("ahead", "counted"), [(None, 0), (-7200, -7200), (7200, 7200), (1e300, 0)])
def test_the_moment_is_one_of_googles_clock(resolved, ahead, counted):
    access = GeminiAccess("", "", 0, Location.env("K"), clock=ahead)

    found = source("http://127.0.0.1:1", BatchRows(), access=access, resolved=resolved)

    assert abs((found.at - datetime.now(UTC)).total_seconds() - counted) < 60
