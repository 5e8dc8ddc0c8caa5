"""The report as JSON, `codechunk-doctor/report/1`: a contract of its own, apart from the model's types."""

from __future__ import annotations

import json
from typing import Any

from doctor import __version__
from doctor.model import CheckResult, Evidence, Finding, Fix, Location, OutcomeKind, Report, Severity, Suppression
from doctor.report import after, before

SCHEMA = "codechunk-doctor/report/1"


def render(report: Report, **_look: object) -> str:
    """The report in JSON."""
    return dump(as_json(report))


def dump(value: object) -> str:
    """JSON as all commands print it: indented, in ASCII, so that no terminal or encoding changes its meaning."""
    return json.dumps(value, indent=2) + "\n"


def as_json(report: Report) -> dict[str, Any]:
    """The report as JSON values."""
    target = report.target
    return {
        "schema": SCHEMA,
        "tool": {"name": "codechunk-doctor", "version": __version__},
        "target": {
            "directory": target.directory,
            "config_arg": target.config_arg,
            "config_file": target.config_file,
            "worker": {
                "location": target.worker.location,
                "kind": target.worker.kind,
                "name": target.worker.name,
            },
            "offline": target.offline,
        },
        "started_at": report.started_at,
        "duration_ms": round(report.duration_ms, 3),
        "summary": {
            **{kind.value: report.count(kind) for kind in OutcomeKind},
            **{f"{severity.value}s": len(report.findings(severity)) for severity in Severity},
            "suppressed": report.suppressed(),
        },
        "checks": [_check(result) for result in report.results],
    }


def _check(result: CheckResult) -> dict[str, Any]:
    outcome = result.outcome
    return {
        "id": result.id,
        "family": result.family,
        "title": result.title,
        "outcome": outcome.kind.value,
        "reason": outcome.reason,
        "duration_ms": round(outcome.duration_ms, 3),
        "findings": [_finding(finding, result) for finding in outcome.findings],
    }


def _finding(finding: Finding, result: CheckResult) -> dict[str, Any]:
    evidence = [_evidence(each) for each in finding.evidence]
    if finding.note is not None:
        # The contract has no place of its own for what readers of the guide must know.
        evidence.append(_evidence(Evidence("guide", finding.note)))
    return {
        "severity": finding.severity.value if finding.severity is not None else None,
        "message": finding.message,
        "locations": [location(each) for each in finding.locations],
        "evidence": evidence,
        "guide": result.guide,
        "fix": _fix(finding.fix) if finding.fix is not None else None,
        "suppressed": _suppression(finding.suppressed) if finding.suppressed is not None else None,
    }


def location(place: Location) -> dict[str, Any]:
    """A location as it stands in every JSON of the doctor."""
    return {
        "kind": place.kind.value,
        "path": place.path,
        "line": place.line,
        "column": place.column,
        "key": place.key,
        "name": place.name,
        "detail": place.detail,
    }


def _evidence(evidence: Evidence) -> dict[str, Any]:
    return {
        "kind": evidence.kind,
        "location": location(evidence.location) if evidence.location is not None else None,
        "text": evidence.text,
        "proves": evidence.proves,
    }


def _fix(fix: Fix) -> dict[str, Any]:
    verified = fix.verification
    return {
        "summary": fix.summary,
        "commands": list(fix.commands),
        "edits": [{"path": edit.path, "key": edit.key, "from": before(edit), "to": after(edit)} for edit in fix.edits],
        "safety": fix.safety.value,
        "verification": {"status": verified.status.value, "detail": verified.detail} if verified is not None else None,
    }


def _suppression(suppression: Suppression) -> dict[str, Any]:
    return {"by": suppression.by, "reason": suppression.reason}
