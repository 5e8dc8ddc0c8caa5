"""What must hold for the baseline of any report."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from doctor.living.apply import Application, bare
from doctor.living.baseline import Baseline, dump, parse
from doctor.living.rules import Rules
from doctor.model import CheckResult, Finding, Location, Report
from doctor.registry import Registry

TODAY = datetime(2026, 5, 4, tzinfo=UTC).date()


def faults_of_baseline(report: Report, registry: Registry) -> list[str]:
    """Where the baseline of a report does not make the same run quiet, or changes when it is written again."""
    results = bare(report.results)
    text = _update(results, Baseline("b.json"), registry)
    faults = []
    if _update(results, parse(text, "b.json"), registry) != text:
        faults.append("written again, it is another one")
    moved = tuple(_moved(each) for each in reversed(results))
    for name, run in (("the same run", results), ("the run with lines moved, in another order", moved)):
        left = _run(run, parse(text, "b.json"), registry)[1]
        faults += [f"{name} is not quiet: {each}" for each in left]
    return faults


def _run(
    results: tuple[CheckResult, ...], baseline: Baseline, registry: Registry
) -> tuple[Application, list[tuple[str, Finding]]]:
    application = Application(Rules(TODAY, baseline=baseline), registry, results, results)
    unmatched: list[object] = []
    done = application.run(lambda fact: unmatched.extend(fact.unmatched))
    assert unmatched == []
    counting = [(each.id, f) for each in done for f in each.outcome.findings if f.suppressed is None]
    return application, counting


def _update(results: tuple[CheckResult, ...], baseline: Baseline, registry: Registry) -> str:
    return dump(_run(results, baseline, registry)[0].update()[0])


def _moved(result: CheckResult) -> CheckResult:
    findings = tuple(replace(each, at=_below(each.at)) for each in result.outcome.findings)
    return replace(result, outcome=replace(result.outcome, findings=findings))


def _below(place: Location) -> Location:
    return replace(place, line=place.line + 7) if place.line is not None else place
