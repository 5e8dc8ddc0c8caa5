"""What the formats for people say of a report, in the same words: the verdict, what was examined, what counts."""

from __future__ import annotations

from collections.abc import Iterable

from doctor.model import (
    CheckResult,
    Finding,
    Outcome,
    OutcomeKind,
    Report,
    Severity,
    TargetSummary,
    WorkerSummary,
)

OUTCOMES = {
    OutcomeKind.PASSED: "passed",
    OutcomeKind.FOUND: "found something",
    OutcomeKind.SKIPPED: "skipped",
    OutcomeKind.BLOCKED: "held back",
    OutcomeKind.CRASHED: "crashed",
}


def counting(result: CheckResult) -> list[Finding]:
    """The findings that are not suppressed, worst first."""
    findings = [finding for finding in result.outcome.findings if finding.suppressed is None]
    return sorted(findings, key=lambda finding: severity_of(finding).rank)


def severity_of(finding: Finding) -> Severity:
    """The severity of a finding; the engine has filled it in."""
    return finding.severity or Severity.ERROR


def fired(report: Report) -> list[CheckResult]:
    """The checks with findings that count, worst first, otherwise in registry order."""
    return sorted((each for each in report.results if counting(each)), key=lambda each: worst(each).rank)


def worst(result: CheckResult) -> Severity:
    """The severity of a check that fired: that of its worst finding."""
    return severity_of(counting(result)[0])


def ended(report: Report, kind: OutcomeKind) -> list[CheckResult]:
    """The checks with this outcome, in registry order."""
    return [result for result in report.results if result.outcome.kind is kind]


def blocker(outcome: Outcome) -> str:
    """The id of the check, or the name of the source, that holds a blocked check back."""
    return (outcome.reason or "").partition(":")[0]


def waiting_for(report: Report, result: CheckResult) -> list[CheckResult]:
    """The checks that a check which fired holds back."""
    return [each for each in ended(report, OutcomeKind.BLOCKED) if blocker(each.outcome) == result.id]


def unjudged(report: Report) -> dict[str, list[CheckResult]]:
    """By reason, the blocked checks for which no finding that counts is the reason."""
    found = {result.id for result in fired(report)}
    reasons: dict[str, list[CheckResult]] = {}
    for result in ended(report, OutcomeKind.BLOCKED):
        if blocker(result.outcome) not in found:
            reasons.setdefault(result.outcome.reason or "", []).append(result)
    return reasons


def verdict(report: Report) -> str:
    """
    What it comes to, without a full stop: `2 errors, 1 note`, or that nothing was found, and how far that holds.

    Findings that are all suppressed are counted behind it.
    """
    found = sum_of_findings(report)
    if report.findings():
        return found
    suppressed = f"; {found}" if found else ""
    if report.incomplete is not None or report.count(OutcomeKind.CRASHED):
        return f"Nothing{' else' if found else ''} was found, but the run is not complete{suppressed}"
    judged = "" if is_whole(report) else " in what could be judged"
    return f"Nothing {'else' if found else 'wrong'} was found{judged}{suppressed}"


def is_whole(report: Report) -> bool:
    """Whether every check that was selected could be judged."""
    return report.incomplete is None and not report.count(OutcomeKind.CRASHED) and not report.count(OutcomeKind.BLOCKED)


def sum_of_findings(report: Report) -> str:
    """`2 errors, 1 note, 3 suppressed`; empty without findings."""
    counts: Iterable[tuple[Severity, int]] = ((severity, len(report.findings(severity))) for severity in Severity)
    shown = [many(count, severity.value) for severity, count in counts if count]
    if report.suppressed():
        shown.append(f"{report.suppressed()} suppressed")
    return ", ".join(shown)


def sum_of_checks(report: Report) -> str:
    """`57 passed, 5 found something`; empty where no check was selected."""
    counts = {kind: report.count(kind) for kind in OutcomeKind}
    return ", ".join(f"{count} {OUTCOMES[kind]}" for kind, count in counts.items() if count)


def many(count: int, word: str) -> str:
    """`1 check`, `2 checks`."""
    return f"{count} {word}" if count == 1 else f"{count} {word}s"


def exit_sentence(status: int, fail_on: str) -> str:
    """What the exit status is, and which option makes it so."""
    if status == 3:
        return "Exit status 3: the run could not be completed."
    if fail_on == "never":
        return "Exit status 0, as always with --fail-on never."
    if status:
        return f"Exit status 1 (--fail-on {fail_on})."
    return f"Exit status 0: none of it reaches --fail-on {fail_on}."


def examined(target: TargetSummary) -> str:
    """Which installation this is about, as one sentence."""
    loaded = target.config_file or "no configuration file"
    found = " (found by search)" if target.config_arg is None and target.config_file is not None else ""
    offline = ", offline" if target.offline else ""
    return f"Examined {target.directory} with {loaded}{found}{offline}; {worker(target.worker)}."


def worker(summary: WorkerSummary) -> str:
    """Where the worker runs, and how that is known."""
    named = f"{summary.kind} {summary.name}" if summary.name else summary.kind
    match summary.location:
        case "observed":
            how = f"running ({named})" if summary.state is None else f"({named}, {summary.state})"
            return f"the worker was found {how}"
        case "given":
            return f"the worker runs where --worker says ({named})"
        case _:
            return "no running worker was seen, so it is taken to run on this host"
