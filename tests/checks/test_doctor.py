"""doctor: the baseline itself."""

from __future__ import annotations

import pytest

from checks.doctor.baseline_stale import baseline_stale
from doctor import facts


@pytest.mark.parametrize(
    ("entries", "found"),
    [
        pytest.param([], [], id="all fits"),
        pytest.param([("a.b", 1, 0)], ["a.b (kind=file) is listed in the baseline, and no longer found"], id="gone"),
        pytest.param([("a.b", 3, 1)], ["a.b (kind=file) is listed 3 times in the baseline, and found once"], id="one"),
        pytest.param(
            [("a.b", 3, 2)], ["a.b (kind=file) is listed 3 times in the baseline, and found 2 times"], id="two"
        ),
    ],
)
def test_baseline_stale(entries, found):
    unmatched = tuple(facts.Unmatched(check, "kind=file", *counts, line=4) for check, *counts in entries)

    findings = baseline_stale(facts.Baseline("my b.json", unmatched))

    assert [each.message for each in findings] == found
    assert [(each.at.path, each.at.line) for each in findings] == [("my b.json", 4)] * len(found)
    assert all("--baseline 'my b.json' --update-baseline" in each.fix.commands[0] for each in findings)
