"""A registry of a few checks, results of them, and reports as they are written."""

from __future__ import annotations

from collections.abc import Iterable
from types import SimpleNamespace

from doctor.living.seen import SeenCheck, SeenReport
from doctor.model import CheckResult, Finding, Location, Outcome, OutcomeKind, Severity, Suppression
from doctor.registry import build, check

E, W, N = Severity.ERROR, Severity.WARNING, Severity.NOTE


def _declared(id: str) -> object:
    @check(id=id, title=f"Title of {id}", severity=E)
    def rule() -> Iterable[Finding]:
        return ()

    return rule


def _family(name: str, *checks: str) -> tuple[str, SimpleNamespace]:
    return name, SimpleNamespace(__doc__=name, CHECKS=tuple(_declared(f"{name}.{each}") for each in checks))


REGISTRY = build([_family("a", "one", "two"), _family("b", "one"), _family("doctor", "baseline-stale")])


def finding(key: str, severity: Severity = E, message: str = "wrong", **more: object) -> Finding:
    return Finding(message, at=Location.file("c.yaml", 3, key=key), severity=severity, **more)


def result(id: str, *findings: Finding, kind: OutcomeKind | None = None, reason: str | None = None) -> CheckResult:
    kind = kind or (OutcomeKind.FOUND if findings else OutcomeKind.PASSED)
    return CheckResult(id, id.partition(".")[0], f"Title of {id}", None, "", Outcome(kind, findings, reason))


def seen(*results: CheckResult, name: str = "a.json") -> SeenReport:
    checks = (
        SeenCheck(each.id, each.title, each.outcome.kind, each.outcome.reason, each.outcome.findings)
        for each in results
    )
    return SeenReport(name, "/srv/codechunking", "2026-05-04T10:00:00.000Z", tuple(checks))


def blocked(id: str, by: str = "a.one: Title of a.one") -> CheckResult:
    return result(id, kind=OutcomeKind.BLOCKED, reason=by)


IGNORED = Suppression("ignore", "we like it so")
