"""`diff` as text and as JSON."""

from __future__ import annotations

import pytest

from doctor.living.difference import difference
from doctor.report import diff
from tests.living.samples import IGNORED, E, N, W, blocked, finding, result, seen
from tests.report.schemas import validate

OLD = seen(
    result("a.gone", finding("gone", E, "was wrong")),
    result("a.one", finding("k", W), finding("l", N)),
    result("a.two", finding("left alone", W)),
    result("b.one", finding("who knows", E)),
    result("b.two"),
    blocked("c.one", "database: no answer within 10 s"),
)
NEW = seen(
    result("a.gone"),
    result("a.one", finding("k", E), finding("l", N)),
    result("a.two", finding("left alone", W, suppressed=IGNORED)),
    blocked("b.one"),
    blocked("b.two"),
    result("c.one", finding("new", E, "is wrong")),
    name="b.json",
)
SAME = difference(OLD, OLD)
BOTH = difference(OLD, NEW)
LOOK = {"status": 1, "fail_on": "error", "width": 80, "color": False}


@pytest.mark.parametrize(
    ("name", "found", "look"),
    [
        pytest.param("diff-same.txt", SAME, {"status": 0}, id="the same"),
        pytest.param("diff.txt", BOTH, {}, id="everything"),
        pytest.param("diff-verbose.txt", BOTH, {"verbosity": 1}, id="-v"),
        pytest.param("diff-quiet.txt", BOTH, {"quiet": True}, id="-q"),
        pytest.param("diff-narrow.txt", BOTH, {"width": 40}, id="narrow"),
    ],
)
def test_golden(golden, name, found, look):
    golden(name, diff.text(found, **{**LOOK, **look}))


def test_nothing_new_is_said_in_a_line():
    assert len(diff.text(SAME, **{**LOOK, "status": 0}).splitlines()) <= 2
    assert diff.text(SAME, **LOOK, quiet=True) == ""


def test_json_keeps_to_its_schema(golden):
    document = diff.json(BOTH)

    golden("diff.json", document)
    value = validate(document, "diff")
    assert value["summary"] == {
        "new": 1,
        "fixed": 1,
        "unchanged": 2,
        "suppressed": 1,
        "unknown": 1,
        "no_longer_judged": 2,
    }
    validate(diff.json(SAME), "diff")


def test_what_a_report_holds_cannot_steer_the_terminal():
    evil = "\x1b[2J\x9b31m\u202egnp\r\x07"
    found = difference(
        seen(result("a.one")), seen(result("a.one", finding(evil, E, evil)), blocked("b.one", evil), name=evil)
    )

    for look in ({}, {"quiet": True}, {"verbosity": 1}):
        assert not set(diff.text(found, **LOOK, **look)) & set("\x1b\x9b\u202e\r\x07")
