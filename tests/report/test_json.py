"""The report for machines."""

from __future__ import annotations

import json

import pytest

from doctor.report.json import render
from doctor.settings.values import FORMATS
from tests.report.samples import EMPTY, HEALTHY, LATE, NOTES_ONLY, REPORT, UNJUDGED
from tests.report.schemas import validate


def test_golden(golden):
    golden("report.json", render(REPORT, width=80, color=True, verbosity=2))


@pytest.mark.parametrize("report", [HEALTHY, UNJUDGED, LATE, NOTES_ONLY, EMPTY, REPORT])
def test_every_report_is_as_the_schema_says(report):
    validate(render(report), "report")


def test_the_summary_counts_checks_by_outcome_and_findings_that_count():
    assert json.loads(render(REPORT))["summary"] == {
        "passed": 1,
        "found": 3,
        "skipped": 1,
        "blocked": 2,
        "crashed": 1,
        "errors": 1,
        "warnings": 2,
        "notes": 1,
        "suppressed": 1,
    }


def test_it_is_ascii_and_holds_no_secret():
    text = render(REPORT)

    assert text.isascii()
    assert "hunter2" not in text


def test_every_format_has_a_reporter():
    from doctor.report import REPORTERS, reporter

    assert tuple(REPORTERS) == FORMATS
    assert all(callable(reporter(name)) for name in FORMATS)
