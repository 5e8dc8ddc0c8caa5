"""What a report comes to, in the words that all formats for people share."""

from __future__ import annotations

from dataclasses import replace

import pytest

from doctor.model import Outcome, OutcomeKind, Report, Suppression, TargetSummary, WorkerSummary
from doctor.report.words import verdict
from tests.report.samples import CLIENT_OFF, found, result

PASSED, SKIPPED = Outcome(OutcomeKind.PASSED), Outcome(OutcomeKind.SKIPPED, reason="batch processing is off")
BLOCKED, CRASHED = Outcome(OutcomeKind.BLOCKED, reason="nats: down"), Outcome(OutcomeKind.CRASHED, reason="x")
KNOWN = found(replace(CLIENT_OFF, suppressed=Suppression("baseline", "known")))
FOUND = found(CLIENT_OFF)


def report(*outcomes: Outcome, incomplete: str | None = None) -> Report:
    target = TargetSummary("/srv", None, None, WorkerSummary("assumed", "host", None), False)
    results = tuple(result(f"config.x{number}", "A title", each) for number, each in enumerate(outcomes))
    return Report(target, "2026-05-04T10:00:00Z", 1.0, results, incomplete)


@pytest.mark.parametrize(
    ("made", "said"),
    [
        (report(), "Nothing wrong was found"),
        (report(PASSED, SKIPPED), "Nothing wrong was found"),
        (report(PASSED, BLOCKED), "Nothing wrong was found in what could be judged"),
        (report(PASSED, CRASHED), "Nothing was found, but the run is not complete"),
        (report(PASSED, incomplete="interrupted"), "Nothing was found, but the run is not complete"),
        (report(PASSED, KNOWN), "Nothing else was found; 1 suppressed"),
        (report(KNOWN, BLOCKED), "Nothing else was found in what could be judged; 1 suppressed"),
        (report(KNOWN, CRASHED), "Nothing else was found, but the run is not complete; 1 suppressed"),
        (report(KNOWN, KNOWN, incomplete="x"), "Nothing else was found, but the run is not complete; 2 suppressed"),
        (report(FOUND), "1 error"),
        (report(FOUND, KNOWN, BLOCKED, incomplete="x"), "1 error, 1 suppressed"),
    ],
)
def test_verdict(made: Report, said: str) -> None:
    assert verdict(made) == said
