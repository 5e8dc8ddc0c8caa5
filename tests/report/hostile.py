"""A report made by an enemy."""

from __future__ import annotations

from dataclasses import replace

from doctor.model import (
    Edit,
    Evidence,
    Finding,
    Fix,
    Location,
    Outcome,
    OutcomeKind,
    Report,
    Safety,
    Severity,
    Suppression,
)
from tests.report.samples import REPORT, found, result


def hostile(text: str) -> Report:
    """A report in which everything that is not ours is this text."""
    place = Location.file(text, 1, key=text, detail=text)
    fix = Fix(
        text,
        commands=(text, f"SELECT {text}"),
        edits=(Edit(text, text, text, text, line=1), Edit(text, f"a.{text}", None, text)),
        safety=Safety.UNSAFE,
    )
    finding = Finding(text, place, (place,), Severity.ERROR, fix, (Evidence(text, text, place, text),), text)
    quiet = replace(finding, suppressed=Suppression(text, text))
    outcomes = {
        "found": found(finding, quiet),
        "crashed": Outcome(OutcomeKind.CRASHED, reason=text, trace=text),
        "blocked": Outcome(OutcomeKind.BLOCKED, reason=text),
        "skipped": Outcome(OutcomeKind.SKIPPED, reason=text),
        "passed": Outcome(OutcomeKind.PASSED),
    }
    results = tuple(
        replace(result(f"a.{name}", text, outcome, why=text), family=text) for name, outcome in outcomes.items()
    )
    target = replace(
        REPORT.target,
        directory=text,
        config_file=text,
        worker=replace(REPORT.target.worker, name=text),
    )
    return replace(REPORT, target=target, results=results, incomplete=text, notices=(text,))
