"""A world in which nothing is wrong, to be spoilt in one respect, and the lines of a job in it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from doctor.why.model import ANSWERS, Fact, embed, forward
from tests.why import render

HEALTHY: Mapping[Fact, Any] = {fact: answers[0] for fact, answers in ANSWERS.items()} | {Fact.SUBMISSION: "waits"}
BATCH = "0c1d2e3f-0000-4000-8000-000000000001"


def job(id: str, world: Mapping[Fact, Any], chunks: int, threshold: int = 10) -> list[tuple[str, dict[str, Any]]]:
    """What is printed about one job in such a world."""
    path = forward(embed, world)
    assert path is not None
    return render.job(path, render.Job(id, BATCH, chunks, threshold, world))
