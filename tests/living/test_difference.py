"""What became of two reports."""

from __future__ import annotations

from dataclasses import replace

import pytest

from doctor.living.difference import difference
from doctor.living.seen import NoReport, parse
from doctor.model import CheckResult, OutcomeKind, Severity
from doctor.report.json import render
from tests.living.samples import IGNORED, E, N, W, blocked, finding, result, seen
from tests.report.samples import REPORT

FOUND = result("a.one", finding("k", W))
PASSED = result("a.one")


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        pytest.param([], [], {}, id="nothing"),
        pytest.param([PASSED], [PASSED], {}, id="passed"),
        pytest.param([FOUND], [FOUND], {"unchanged": 1}, id="unchanged"),
        pytest.param([FOUND], [result("a.one", finding("k", W, "other words"))], {"unchanged": 1}, id="other words"),
        pytest.param(
            [result("a.one", finding("k"), finding("l"))],
            [result("a.one", finding("l"), finding("k"))],
            {"unchanged": 2},
            id="another order",
        ),
        pytest.param([PASSED], [result("a.one", finding("k", suppressed=IGNORED))], {}, id="new, and suppressed"),
        pytest.param([result("a.one", finding("k", suppressed=IGNORED))], [PASSED], {}, id="suppressed, and gone"),
        pytest.param([PASSED], [FOUND], {"appeared": 1}, id="new"),
        pytest.param([FOUND], [PASSED], {"fixed": 1}, id="fixed"),
        pytest.param([FOUND], [result("a.one", finding("k"), finding("k"))], {"unchanged": 1, "appeared": 1}, id="two"),
        pytest.param([FOUND], [result("a.one", finding("l"))], {"fixed": 1, "appeared": 1}, id="another thing"),
        pytest.param([FOUND], [blocked("a.one")], {"unknown": 1, "unjudged": 1}, id="blocked is not fixed"),
        pytest.param([FOUND], [], {"unknown": 1, "unjudged": 1}, id="not selected is not fixed"),
        pytest.param([PASSED], [blocked("a.one")], {"unjudged": 1}, id="passed, and blocked"),
        pytest.param([blocked("a.one")], [FOUND], {"appeared": 1}, id="judged for the first time"),
        pytest.param(
            [FOUND], [result("a.one", finding("k", W, suppressed=IGNORED))], {"suppressed": 1}, id="suppressed now"
        ),
        pytest.param(
            [result("a.one", finding("k", suppressed=IGNORED))], [FOUND], {"appeared": 1}, id="suppressed no longer"
        ),
    ],
)
def test_difference(old: list[CheckResult], new: list[CheckResult], expected: dict[str, int]) -> None:
    found = difference(seen(*old), seen(*new))

    names = ("appeared", "fixed", "unchanged", "suppressed", "unknown", "unjudged")
    assert {name: len(getattr(found, name)) for name in names if getattr(found, name)} == expected


@pytest.mark.parametrize(
    ("old", "new", "threshold", "expected"),
    [
        pytest.param([FOUND], [FOUND], W, False, id="unchanged"),
        pytest.param([PASSED], [FOUND], E, False, id="below the threshold"),
        pytest.param([result("a.one", finding("k", E))], [FOUND], W, False, id="less bad than it was"),
        pytest.param([PASSED], [result("a.one", finding("k", suppressed=IGNORED))], N, False, id="suppressed"),
        pytest.param([FOUND], [blocked("a.one")], N, False, id="no answer"),
        pytest.param([PASSED], [FOUND], W, True, id="new"),
        pytest.param([FOUND], [result("a.one", finding("k", E))], E, True, id="it reaches the threshold now"),
        pytest.param([FOUND], [result("a.one", finding("k", E))], W, False, id="it reached it before"),
    ],
)
def test_threshold(old: list[CheckResult], new: list[CheckResult], threshold: Severity, expected: bool) -> None:
    assert difference(seen(*old), seen(*new)).reaches(threshold) is expected


def test_of_several_the_same_words_belong_together() -> None:
    old = seen(result("a.one", finding("k", E, "x"), finding("k", W, "y")))
    new = seen(result("a.one", finding("k", W, "y")))

    found = difference(old, new)

    assert [each.finding.message for each in found.fixed] == ["x"]
    assert [each.changed for each in found.unchanged] == [False]


def test_by_what_a_check_is_no_longer_judged() -> None:
    crash = result("a.two", kind=OutcomeKind.CRASHED, reason="KeyError")
    found = difference(seen(PASSED, result("a.two"), result("b.one")), seen(blocked("a.one", "x.y: Z"), crash))

    assert [(each.check, each.now, each.reason) for each in found.unjudged] == [
        ("a.one", OutcomeKind.BLOCKED, "x.y: Z"),
        ("a.two", OutcomeKind.CRASHED, "KeyError"),
        ("b.one", None, "it was not selected"),
    ]


def test_a_report_that_was_written_is_the_same() -> None:
    report = parse(render(REPORT), "a.json")

    assert [each.id for each in report.checks] == [each.id for each in REPORT.results]
    found = difference(report, replace(report, checks=report.checks[::-1]))
    assert (found.appeared, found.fixed, found.unknown, found.unjudged) == ((), (), (), ())
    assert len(found.unchanged) == len(REPORT.findings())


@pytest.mark.parametrize(
    ("text", "part"),
    [
        pytest.param("", "is not valid JSON", id="empty"),
        pytest.param("[]", "is a damaged report", id="a list"),
        pytest.param("{}", "is no report: it has no `schema`", id="no schema"),
        pytest.param('{"schema": "codechunk-doctor/report/2"}', "says to be 'codechunk-doctor/report/2'", id="newer"),
        pytest.param('{"schema": "codechunk-doctor/logs/1"}', "says to be 'codechunk-doctor/logs/1'", id="other"),
        pytest.param('{"schema": "codechunk-doctor/report/1"}', "damaged report: target: is missing", id="no target"),
        pytest.param(render(REPORT).replace('"outcome": "found"', '"outcome": "fuond"', 1), "damaged", id="word"),
        pytest.param(render(REPORT).replace('"line": 40', '"line": "40"'), "locations.0.line", id="type"),
        pytest.param("[" * 100_000, "is not valid JSON", id="deep"),
    ],
)
def test_what_is_no_report(text: str, part: str) -> None:
    with pytest.raises(NoReport) as caught:
        parse(text, "a.json")

    assert part in str(caught.value)
