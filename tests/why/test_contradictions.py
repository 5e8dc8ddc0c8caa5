"""Lines that do not go together, and lines that say more than they seem to."""

from __future__ import annotations

from typing import Any

import pytest

from doctor.facts import WhySelection
from doctor.logs import quote
from doctor.why.explain import Given, explain
from doctor.why.leaves import Leaf
from doctor.why.model import Fact
from doctor.why.verdict import Certainty, JobVerdict
from tests.why import given, render
from tests.why.worlds import HEALTHY, job

ID = "a1b2c3d4-e5f6-4890-abcd-ef1234567890"
OFF = {**HEALTHY, Fact.ROAD: False}
NO_CLIENT = {**HEALTHY, Fact.CLIENT: False}
FAILED = ("embed-engine-failed", {"repo": render.URL, "error": "it broke", "duration": 5_000_000})

Lines = list[tuple[str, dict[str, Any]]]


def verdict(world: dict[Fact, Any], lines: Lines) -> JobVerdict:
    """On the newest job of a worker of such a world that printed these lines."""
    logs = given.logs_of([*render.start(world, 10), *lines])
    return explain(Given(given.configuration(world, 10), given.variables(), logs=logs), WhySelection()).jobs[0]


def but(lines: Lines, *ids: str) -> Lines:
    """Without the lines of these kinds."""
    return [each for each in lines if each[0] not in ids]


# --- a failure behind which no success counts ------------------------------------------------------------------------


@pytest.mark.parametrize(("world", "leaf"), [(OFF, Leaf.S1), (NO_CLIENT, Leaf.S4), (dict(HEALTHY), Leaf.B1)])
def test_lines_of_success_alone(world: dict[Fact, Any], leaf: Leaf) -> None:
    found = verdict(world, render.with_calls(job(ID, world, 42)))

    assert (found.leaf, found.certainty) == (leaf, Certainty.PROVEN)


def test_a_message_that_was_given_back_after_all_was_done() -> None:
    """What failed then was something behind embedding."""
    lines = [*but(job(ID, OFF, 42), "consumer-ack"), ("consumer-nak", {"error": "no connection"})]

    assert verdict(OFF, render.with_calls(lines)).leaf is Leaf.S1


@pytest.mark.parametrize("world", [OFF, NO_CLIENT, dict(HEALTHY)])
def test_embedding_failed_whatever_else_is_printed(world: dict[Fact, Any]) -> None:
    lines = but(job(ID, world, 42), "consumer-ack")
    found = verdict(world, [*render.with_calls(lines), FAILED, ("job-completed", {}), ("consumer-ack", {})])

    assert {each.value[0] for each in found.candidates} == {"F"}
    assert found.certainty is Certainty.POSSIBLE


def test_an_error_that_nobody_knows_leaves_the_failures_alone() -> None:
    lines = [each for each in job(ID, HEALTHY, 42) if each[0] in ("consumer-processing", "embed-decision")]
    found = verdict(dict(HEALTHY), [*lines, FAILED, ("consumer-ack", {})])

    assert {each.value[0] for each in found.candidates} == {"F"}


# --- the guide's line ------------------------------------------------------------------------------------------------


def test_the_guides_line_that_names_no_job_is_nobodys() -> None:
    found = verdict(NO_CLIENT, [*job(ID, NO_CLIENT, 42), ("guide-not-implemented", {})])

    assert (found.leaf, found.job_id) == (Leaf.G, None)


def test_the_guides_line_that_names_another_job_is_not_this_ones() -> None:
    other = ("guide-not-implemented", {"job_id": ID.replace("a1", "c3")})
    found = verdict(NO_CLIENT, [other, *job(ID, NO_CLIENT, 42)])

    assert (found.leaf, found.job_id) == (Leaf.S4, ID)


def test_the_guides_line_that_names_its_job() -> None:
    lines = job(ID, NO_CLIENT, 42)
    found = verdict(NO_CLIENT, [*lines[:-1], ("guide-not-implemented", {"job_id": ID}), lines[-1]])

    assert (found.leaf, found.job_id, found.chunk_count) == (Leaf.G, ID, 42)
    assert [each.status.value for each in found.guide_causes or ()][2] == "confirmed"


# --- what one line shows of several things ---------------------------------------------------------------------------


def test_a_line_is_quoted_once() -> None:
    shown = verdict(NO_CLIENT, job(ID, NO_CLIENT, 42)).evidence
    decision = [each for each in shown if "Making embedding processing decision" in each.text]

    assert [each.proves for each in decision] == [
        "batch processing was on for this job; 42 chunks reach the threshold of 10"
    ]
    assert len(decision[0].text) <= quote.SHOWN


# --- a batch that Google may not know any more ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("pending", "missing", "ends"),
    [
        (1, 0, (Leaf.B1,)),
        (3, 0, (Leaf.B1,)),
        (1, 1, (Leaf.B5,)),
        (3, 1, (Leaf.B1, Leaf.B5)),
    ],
)
def test_jobs_that_google_misses(pending: int, missing: int, ends: tuple[Leaf, ...]) -> None:
    world = {**HEALTHY, Fact.SUBMISSION: "sent", Fact.GOOGLE: "waits"}
    found = {"pending_count": pending, "returned_count": pending - missing, "missing_count": missing}
    lines = [("poll-polled", found) if each[0] == "poll-polled" else each for each in job(ID, world, 42)]

    told = verdict(world, lines)

    assert told.candidates == ends
    assert told.certainty is (Certainty.PROVEN if len(ends) == 1 else Certainty.POSSIBLE)


# --- a log that tells nothing of a worker ----------------------------------------------------------------------------

DROPPED = given.resolved("worker: {concurrency: 5}\n")
API: Lines = [("api-db-config", {}), ("api-started", {}), ("api-mock-publish", {"job_id": ID})]


@pytest.mark.parametrize(
    "lines",
    [
        pytest.param(job(ID, HEALTHY, 42), id="a job"),
        pytest.param([("consumer-ack", {})], id="a message"),
        pytest.param([("sub-first", {"batch_id": ID})], id="a batch"),
        pytest.param([*API, ("worker-started", {})], id="a worker beside the API"),
    ],
)
def test_a_worker_that_was_heard_did_not_end_at_its_start(lines: Lines) -> None:
    found = explain(Given(DROPPED, given.variables(), logs=given.logs_of(lines)), WhySelection())

    assert found.process.leaf is None


@pytest.mark.parametrize(
    "lines",
    [
        pytest.param([], id="empty"),
        pytest.param(b"\x00\xff\xfe\x00" * 40, id="binary"),
        pytest.param(b"nats  | [INF] Server is ready\n", id="another program"),
        pytest.param(API, id="the API"),
    ],
)
def test_a_log_without_a_worker_changes_nothing(lines: Lines | bytes) -> None:
    silent = explain(Given(DROPPED, given.variables()), WhySelection())
    found = explain(Given(DROPPED, given.variables(), logs=given.logs_of(lines)), WhySelection())

    assert (found.process, found.jobs) == (silent.process, silent.jobs)
    assert found.process.leaf is Leaf.X2
