"""Which jobs are explained: by id, by repository, and what is said when there is none."""

from __future__ import annotations

import pytest

from doctor.facts.why import WhySelection, bare_address
from doctor.why.explain import Given, explain
from doctor.why.model import Fact
from doctor.why.verdict import Why
from tests.why import given, render
from tests.why.worlds import HEALTHY, job

FIRST = "a1b2c3d4-e5f6-4890-abcd-ef1234567890"
SECOND = "a1b2c3d4-0000-4890-abcd-ef1234567890"


def answer(selection: WhySelection) -> Why:
    """On a log with two jobs of one repository, whose ids begin alike."""
    lines = [*render.start(HEALTHY, 10), *job(FIRST, HEALTHY, 42), *job(SECOND, {**HEALTHY, Fact.ENOUGH: False}, 3)]
    facts = Given(
        given.configuration(HEALTHY, 10),
        given.variables(),
        logs=given.logs_of(lines),
        sources=("1 log", "the database"),
    )
    return explain(facts, selection)


@pytest.mark.parametrize(
    "repository",
    ["https://github.com/acme/other", "https://gitlab.com/acme/shop", "acme/shopping", "git@github.com:acme/other.git"],
)
def test_another_repository(repository: str) -> None:
    found = answer(WhySelection(repository=repository))

    assert found.jobs == ()
    assert found.missing is not None


def test_another_job() -> None:
    found = answer(WhySelection(job="ffff"))

    assert found.jobs == ()
    assert found.missing == "there is no job ffff in what was read: 1 log and the database"


@pytest.mark.parametrize(
    "repository",
    [
        render.URL,
        f"{render.URL}.git",
        f"{render.URL}/",
        "acme/shop",
        "SHOP",
        "git@github.com:acme/shop.git",
        "ssh://git@github.com/acme/shop.git",
    ],
)
def test_the_newest_job_of_a_repository_however_its_address_is_written(repository: str) -> None:
    assert [each.job_id for each in answer(WhySelection(repository=repository)).jobs] == [SECOND]


def test_all_jobs_of_a_repository() -> None:
    found = answer(WhySelection(repository="acme/shop", every=True))

    assert [each.job_id for each in found.jobs] == [SECOND, FIRST]


def test_all_jobs_whose_ids_begin_alike() -> None:
    assert [each.job_id for each in answer(WhySelection(job="A1B2C3D4")).jobs] == [SECOND, FIRST]
    assert [each.job_id for each in answer(WhySelection(job="a1b2c3d4-E5")).jobs] == [FIRST]


@pytest.mark.parametrize("text", ["/", ".git", "://", "@:"])
def test_no_name_is_left_empty(text: str) -> None:
    """What is empty would stand in every name."""
    assert bare_address(text)
