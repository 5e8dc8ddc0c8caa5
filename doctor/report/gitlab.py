"""The report as a code quality report of GitLab (`artifacts: reports: codequality`)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from doctor.model import CheckResult, Finding, OutcomeKind, Report, Severity
from doctor.report import place
from doctor.report.fingerprints import fingerprint, fingerprinted
from doctor.report.json import dump
from doctor.report.terminal import one_line
from doctor.report.words import severity_of
from doctor.report.worktree import Anchor, Worktree

# GitLab's words; `blocker` and `minor` say nothing that ours do.
SEVERITIES = {Severity.ERROR: "critical", Severity.WARNING: "major", Severity.NOTE: "info"}


def render(report: Report, *, worktree: Worktree, **_look: object) -> str:
    """
    The report as GitLab takes it: an array of findings, each with a path below the root of `worktree` and a line.

    A finding that is suppressed is `info` and says so; what could not be judged because the doctor failed is `major`.
    """
    return dump(list(_issues(report, worktree)))


def _issues(report: Report, worktree: Worktree) -> Iterator[dict[str, Any]]:
    here = Anchor(worktree.stand_in)
    if report.incomplete is not None:
        said = f"The run could not be completed: {report.incomplete}"
        yield _issue("codechunk-doctor", said, "major", here, fingerprint("codechunk-doctor incomplete"))
    for result in report.results:
        if result.outcome.kind is OutcomeKind.CRASHED:
            said = f"The check crashed and found nothing: {result.outcome.reason}"
            yield _issue(result.id, said, "major", here, fingerprint(f"{result.id} crashed"))
    for result, finding, name in fingerprinted(report, worktree):
        said, severity = _description(result, finding, worktree), SEVERITIES[severity_of(finding)]
        if finding.suppressed is not None:
            severity = "info"
        yield _issue(result.id, said, severity, worktree.somewhere(finding), name)


def _description(result: CheckResult, finding: Finding, worktree: Worktree) -> str:
    """One line, as GitLab shows no more; the place where it is not one that GitLab can show."""
    held = finding.suppressed
    first = f"[suppressed by {held.by}: {held.reason}] " if held is not None else ""
    spot = "" if worktree.at(finding.at) is not None else f" ({place(finding.at)})"
    fix = f" Fix: {finding.fix.summary}" if finding.fix is not None else ""
    stop = "." if fix and not f"{finding.message}{spot}".endswith((".", "!", "?")) else ""
    return f"{first}{result.title}: {finding.message}{spot}{stop}{fix}"


def _issue(check: str, description: str, severity: str, anchor: Anchor, name: str) -> dict[str, Any]:
    return {
        "description": one_line(description),
        "check_name": check,
        "fingerprint": name,
        "severity": severity,
        "location": {"path": anchor.path, "lines": {"begin": anchor.line or 1}},
    }
