"""The model run forwards, its way printed as a log, and the log read backwards: the same end."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from doctor.facts import WhySelection
from doctor.why.explain import Given, explain
from doctor.why.leaves import Leaf
from doctor.why.model import ANSWERS, Fact, embed, forward
from tests.why import render
from tests.why.given import configuration, logs_of, variables

pytestmark = [pytest.mark.slow, pytest.mark.no_cover]

# Facts that a configuration decides; all others are what happens.
SETTINGS = (Fact.ROAD, Fact.FALLBACK, Fact.TEST, Fact.CLIENT, Fact.PROVIDER)
EVENTS = tuple(
    fact
    for fact in (
        Fact.REPOSITORY,
        Fact.FETCHING,
        Fact.CLONE,
        Fact.TIME,
        Fact.CHUNKS,
        Fact.QUEUE_MANAGER,
        Fact.QUEUE,
        Fact.STORE,
        Fact.ERROR_TEXT,
        Fact.RUN,
        Fact.SUBMISSION,
        Fact.GOOGLE,
        Fact.RESULTS,
    )
)


EARLY = (Fact.REPOSITORY, Fact.FETCHING, Fact.CLONE, Fact.TIME, Fact.CHUNKS)


@st.composite
def worlds(draw: st.DrawFn) -> tuple[dict[Fact, Any], int, int]:
    """A world, the threshold, and how many chunks a repository has."""
    world = {fact: draw(st.sampled_from(ANSWERS[fact])) for fact in (*SETTINGS, *EVENTS)}
    # What ends everything early is seldom, so that all that comes later is seen as well.
    if draw(st.integers(0, 9)):
        world |= {fact: ANSWERS[fact][0] for fact in EARLY}
    threshold = draw(st.integers(0, 40))
    chunks = draw(st.integers(1, 60))
    world[Fact.ENOUGH] = chunks >= threshold
    world[Fact.LIMITS] = "consistent"
    world[Fact.SUBMITTER] = bool(world[Fact.CLIENT]) and world[Fact.PROVIDER] == "gemini"
    return world, threshold, chunks


@settings(max_examples=200, deadline=None)
@given(worlds())
def test_a_way_that_is_printed_is_read_backwards(made: tuple[dict[Fact, Any], int, int]) -> None:
    world, threshold, chunks = made
    path = forward(embed, world)
    assert path is not None
    of = render.Job(str(uuid.uuid4()), str(uuid.uuid4()), chunks, threshold, world)
    lines = render.start(world, threshold) + render.job(path, of)
    called = path.answer(Fact.RUN) == "ends well" and not world[Fact.TEST]
    logs = logs_of(render.with_calls(lines) if called else lines)

    config = configuration(world, threshold)
    answer = explain(Given(config, variables(), None, logs), WhySelection())

    (verdict,) = answer.jobs
    assert verdict.leaf is path.leaf, [each[0] for each in lines]
    assert verdict.leaf is verdict.candidates[0]
    assert verdict.certainty.value in ("proven", "likely")
    assert verdict.leaf not in {each.leaf for each in verdict.ruled_out}
    if verdict.leaf not in (Leaf.T2, Leaf.B1, Leaf.B2):
        assert verdict.certainty.value == "proven", verdict


@settings(max_examples=200, deadline=None)
@given(worlds(), st.data())
def test_a_log_that_begins_in_the_middle_is_never_sure_of_what_is_not_so(
    made: tuple[dict[Fact, Any], int, int], data: st.DataObject
) -> None:
    world, threshold, chunks = made
    path = forward(embed, world)
    assert path is not None
    of = render.Job(str(uuid.uuid4()), str(uuid.uuid4()), chunks, threshold, world)
    lines = render.start(world, threshold) + render.job(path, of)
    called = path.answer(Fact.RUN) == "ends well" and not world[Fact.TEST]
    lines = render.with_calls(lines) if called else lines
    # The configuration may have been edited since.
    edited = {**world, **{fact: not world[fact] for fact in (Fact.ROAD, Fact.FALLBACK, Fact.CLIENT)}}
    config = configuration(edited if data.draw(st.booleans()) else world, threshold)
    begins = data.draw(st.integers(0, len(lines) - 1))

    (verdict,) = explain(Given(config, variables(), None, logs_of(lines[begins:])), WhySelection()).jobs

    if not verdict.hypothetical and verdict.certainty.value == "proven":
        assert verdict.leaf is path.leaf, [each[0] for each in lines[begins:]]
