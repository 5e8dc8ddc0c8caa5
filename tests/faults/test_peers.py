"""
Whatever the peers do, a run ends in time, with a whole report, the right findings and exit status, and no secret.

Every fault of every source is met in a few runs; with `FAULTS=all` (`make faults`) every two faults of different
sources meet (`tests.faults.__main__`).
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator

import pytest

from tests.faults import pairs
from tests.faults.runs import Installation, complaints
from tests.faults.sources import SOURCES, World, carried_out, placed

pytestmark = [pytest.mark.slow, pytest.mark.no_cover]

# What a run without a deadline takes at most: ten seconds for each wait, of which two may follow each other.
OF_ITSELF = 22.0


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    if sys.platform != "linux":
        pytest.skip("needs addresses of loopback and full queues as Linux has them")
    with World.made(tmp_path_factory.mktemp("faults")) as made:
        yield made


def test_without_faults_nothing_of_them_is_found(world: World) -> None:
    """A peer that is well is not reported, so that those below are found for their faults."""
    with placed(world, {"monitoring": "refused", "api": "dying"}) as given:
        ended = Installation(world.directory, given.environment).check(given.variables, *given.options)

    outcomes = {id: each["outcome"] for id, each in ended.outcomes().items()}
    assert list(complaints(ended)) == []
    assert outcomes["nats.unreachable"] == "passed"
    assert outcomes["api.not-answering"] == "passed"
    assert outcomes["logs.guide-fallback-line"] == "skipped"


def test_faults_that_meet(world: World) -> None:
    every = pairs.covering()
    cases = every if os.environ.get("FAULTS") == "all" else pairs.sample(every)

    assert {str(case): said for case, said in carried_out(cases, world) if said} == {}


def test_every_fault_is_among_them() -> None:
    cases = pairs.sample(pairs.covering())

    met = {fault for case in cases for fault in case.items()}
    assert met == {(source.name, fault) for source in SOURCES.values() for fault in source.faults}


def test_every_pair_is_among_all() -> None:
    assert {pair for case in pairs.covering() for pair in pairs.pairs(case)} == pairs.every_pair()


def test_without_a_deadline_it_ends_by_itself(world: World) -> None:
    silent = dict.fromkeys(("database", "gemini", "nats", "zoekt", "api", "docker"), "black-holed")
    with placed(world, silent) as given:
        ended = Installation(world.directory, given.environment).check(given.variables, deadline=None)

    assert list(complaints(ended, deadline=OF_ITSELF)) == []
    assert ended.status == 1
