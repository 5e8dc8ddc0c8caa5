"""What is advised leads where it says, and is typed as it works."""

from __future__ import annotations

from typing import Any

import pytest

from doctor.facts import WhySelection
from doctor.model import Fix
from doctor.why.explain import Given, explain
from doctor.why.leaves import Leaf
from doctor.why.model import Fact
from doctor.why.restarts import RECREATE, RESTART
from doctor.why.verdict import JobVerdict
from tests.why import given, render
from tests.why.worlds import HEALTHY, job

ID = "a1b2c3d4-e5f6-4890-abcd-ef1234567890"
OFF, NO_CLIENT = {**HEALTHY, Fact.ROAD: False}, {**HEALTHY, Fact.CLIENT: False}
BELOW = {**HEALTHY, Fact.ENOUGH: False}
OPENAI = {**HEALTHY, Fact.PROVIDER: "openai", Fact.CLIENT: False}
LEFT_OUT = {**HEALTHY, Fact.CLONE: "left out"}


def verdict(world: dict[Fact, Any], chunks: int, now: dict[Fact, Any] | None = None, **env: str) -> JobVerdict:
    """On a job of such a world; `now` is how it is configured since."""
    logs = given.logs_of([*render.start(world, 10), *render.with_calls(job(ID, world, chunks))])
    config = given.configuration(now or world, 10)
    return explain(Given(config, given.variables(**env), logs=logs), WhySelection()).jobs[0]


def fix(found: JobVerdict) -> Fix:
    """What to do; there is something."""
    assert found.fix is not None
    return found.fix


def edits(found: JobVerdict) -> dict[str, str | None]:
    """What is to be changed in the file."""
    return {each.key: each.after for each in fix(found).edits}


# --- nothing that does harm or no good --------------------------------------------------------------------------------


@pytest.mark.parametrize("world", [OPENAI | {Fact.ROAD: False}, OPENAI | {Fact.ENOUGH: False}])
def test_with_openai_nothing_is_sent_as_a_batch(world: dict[Fact, Any]) -> None:
    found = verdict(world, 3 if world[Fact.ROAD] else 42)

    assert found.leaf in (Leaf.S1, Leaf.S2)
    assert edits(found) == {}
    assert "openai has no batches" in fix(found).summary


def test_a_client_is_no_remedy_when_the_provider_is_openai_by_now() -> None:
    assert edits(verdict(NO_CLIENT, 42, OPENAI)) == {"batch_processing.enabled": "false"}


def test_a_file_is_read_by_a_restart() -> None:
    commands = fix(verdict(NO_CLIENT, 42)).commands

    assert RESTART in commands
    assert RECREATE not in commands


def test_nothing_is_said_of_a_threshold_that_is_reached() -> None:
    assert "still goes one by one" not in fix(verdict(OFF, 10)).summary


# --- all that it takes ------------------------------------------------------------------------------------------------


def test_a_small_repository_needs_a_client_too() -> None:
    world = BELOW | {Fact.CLIENT: False}

    assert edits(verdict(world, 3)) == {"batch_processing.threshold_chunks": "3", "gemini.batch.enabled": "true"}


def test_a_small_repository_of_a_worker_with_a_client() -> None:
    assert edits(verdict(BELOW, 3)) == {"batch_processing.threshold_chunks": "3"}


def test_both_switches() -> None:
    both = {"batch_processing.enabled": "true", "gemini.batch.enabled": "true"}

    assert edits(verdict(OFF | {Fact.CLIENT: False}, 42)) == both


def test_a_repository_that_stays_below_the_threshold() -> None:
    assert "still goes one by one then: 3 chunks are below 10." in fix(verdict(OFF, 3)).summary


def test_a_variable_is_taken_away_with_a_new_container() -> None:
    found = fix(verdict(LEFT_OUT, 0, GITHUB_TOKEN="ghp_0123456789"))

    assert found.commands[:2] == ("unset GITHUB_TOKEN", RECREATE)
    assert RESTART not in found.commands


# --- nothing that is done already -------------------------------------------------------------------------------------


def refused(error: str, now: dict[str, int], *start: tuple[str, dict[str, Any]]) -> JobVerdict:
    """On a job that the worker refused for its settings; `now` is how they are configured since."""
    lines = [*start, ("embed-start", {"job_id": ID, "chunk_count": 5})]
    logs = given.logs_of([*lines, ("embed-config-invalid", {"job_id": ID, "error": error})])
    limits = ", ".join(f"{name}: {value}" for name, value in now.items() if name != "threshold_chunks")
    threshold = now.get("threshold_chunks", 10)
    text = f"batch_processing: {{threshold_chunks: {threshold}, queue_limits: {{{limits}}}}}\n"
    config = given.resolved(f"database: {{user: dev, password: dev}}\n{text}")
    return explain(Given(config, given.variables(), logs=logs), WhySelection()).jobs[0]


NEGATIVE, ZERO = "negative batch threshold is invalid: -1", "zero batch threshold is invalid"
NO_WAIT = "queue limits max_wait_time must be positive when max queue size is configured"
BELOW_ZERO = "queue limits max_queue_size cannot be negative"


@pytest.mark.parametrize(
    ("error", "now", "key", "least"),
    [
        pytest.param(NEGATIVE, {"threshold_chunks": -1}, "batch_processing.threshold_chunks", "0", id="negative"),
        pytest.param(ZERO, {"threshold_chunks": 0}, "batch_processing.threshold_chunks", "1", id="zero"),
        pytest.param(NO_WAIT, {"max_queue_size": 100}, "batch_processing.queue_limits.max_wait_time", "5m", id="wait"),
        pytest.param(BELOW_ZERO, {"max_queue_size": -1, "max_wait_time": 0},
                     "batch_processing.queue_limits.max_queue_size", "10000", id="size"),
    ],
)  # fmt: skip
def test_what_is_still_refused_is_corrected(error: str, now: dict[str, int], key: str, least: str) -> None:
    found = refused(error, now)

    assert found.leaf is Leaf.F3
    assert edits(found) == {key: least}
    assert found.cause is not None
    assert not found.cause.changed


@pytest.mark.parametrize(
    ("error", "now", "was", "start"),
    [
        pytest.param(NEGATIVE, {"threshold_chunks": 0}, -1, [], id="negative"),
        pytest.param(NEGATIVE, {"threshold_chunks": 10}, -1, render.start(HEALTHY, -1), id="the start has it too"),
        pytest.param(ZERO, {"threshold_chunks": 1}, 0, [], id="zero"),
        pytest.param(NO_WAIT, {"max_queue_size": 100, "max_wait_time": 5}, 0, [], id="wait"),
        pytest.param(BELOW_ZERO, {}, "negative", [], id="size"),
    ],
)
def test_what_is_right_by_now_takes_a_restart(
    error: str, now: dict[str, int], was: object, start: list[tuple[str, dict[str, Any]]]
) -> None:
    found = refused(error, now, *start)

    assert found.leaf is Leaf.F3
    assert edits(found) == {}
    assert fix(found).summary.startswith("Restart the worker: it still has")
    assert found.cause is not None
    assert (found.cause.value, found.cause.changed) == (was, True)
    assert found.cause.location is not None
    assert found.cause.location.path == "worker.log"
