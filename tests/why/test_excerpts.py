"""Logs that begin in the middle of a message, and single lines that somebody looked for."""

from __future__ import annotations

from typing import Any

import pytest

from doctor.facts import WhySelection
from doctor.why.explain import Given, explain
from doctor.why.leaves import Leaf
from tests.why import given, render
from tests.why.worlds import HEALTHY

FULL = "batch processing failed: queue manager error (capacity/queue_full): Queue capacity exceeded"
FAILED: tuple[str, dict[str, Any]] = ("embed-engine-failed", {"repo": render.URL, "error": FULL})
ACK: tuple[str, dict[str, Any]] = ("consumer-ack", {})


def nak(error: str) -> tuple[str, dict[str, Any]]:
    return ("consumer-nak", {"error": error})


@pytest.mark.parametrize(
    ("lines", "ends"),
    [
        pytest.param([ACK], [], id="one that went well"),
        pytest.param([("consumer-processing", {}), ACK, nak(FULL)], [], id="an end that is doubled"),
        pytest.param([nak(FULL)], [(Leaf.F4, None)], id="one that failed"),
        pytest.param([nak(FULL), nak(render.NOT_CLONED)], [(Leaf.F1, None), (Leaf.F4, None)], id="two"),
        pytest.param([nak(FULL), nak(FULL)], [(Leaf.F4, None)] * 2, id="one, twice delivered"),
        pytest.param([FAILED, nak(f"both failed: {FULL}")], [(Leaf.F4, render.URL)], id="both of its lines"),
        pytest.param([FAILED, nak(render.NOT_CLONED)], [(Leaf.F1, None), (Leaf.F4, render.URL)], id="another's end"),
        pytest.param([FAILED, ACK], [(Leaf.F4, render.URL)], id="failed in part"),
        pytest.param([FAILED, ACK, nak(FULL)], [(Leaf.F4, None), (Leaf.F4, render.URL)], id="the end of the next one"),
        pytest.param([("embed-engine-ok", {"repo": render.URL}), nak(FULL)], [(Leaf.F4, None), (Leaf.B1, render.URL)],
                     id="no error to go by"),
    ],
)  # fmt: skip
def test_what_a_few_lines_tell(lines: list[tuple[str, dict[str, Any]]], ends: list[tuple[Leaf, str | None]]) -> None:
    what = Given(given.configuration(HEALTHY, 10), given.variables(), logs=given.logs_of(lines))
    found = explain(what, WhySelection(every=True)).jobs

    assert [(each.leaf, each.repository) for each in found if not each.hypothetical] == ends
