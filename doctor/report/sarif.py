"""The report as SARIF 2.1.0, as GitHub's code scanning and most editors read it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from doctor import __version__
from doctor.model import Action, CheckResult, Finding, OutcomeKind, Report
from doctor.registry import Check
from doctor.report import exit_status, plain
from doctor.report.fingerprints import fingerprinted
from doctor.report.json import dump
from doctor.report.sarif_places import ROOT, artifact, exact, location, physical, related
from doctor.report.sarif_rules import rule
from doctor.report.terminal import printable
from doctor.report.words import severity_of
from doctor.report.worktree import Worktree

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
FINGERPRINT = "codechunkDoctor/v1"

# What a reader of SARIF takes for the beginning of a link, and for the place of an argument.
_LINK = re.compile(r"\](?=\()")
_ARGUMENT = re.compile(r"\{(\d+)\}")


def render(
    report: Report,
    *,
    worktree: Worktree,
    checks: Mapping[str, Check],
    fail_on: str = "error",
    **_look: object,
) -> str:
    """
    One run in SARIF.

    `checks` hold the documentation of the rules, by id. All files are named from the root of `worktree` on, whose own
    place is left open: it differs from machine to machine.
    """
    return dump({"$schema": SCHEMA, "version": "2.1.0", "runs": [_run(report, worktree, checks, fail_on)]})


def _run(report: Report, worktree: Worktree, checks: Mapping[str, Check], fail_on: str) -> dict[str, Any]:
    numbers = {result.id: number for number, result in enumerate(report.results)}
    return {
        "tool": {
            "driver": {
                "name": "codechunk-doctor",
                "version": __version__,
                "rules": [rule(result, checks.get(result.id)) for result in report.results],
            }
        },
        "invocations": [_invocation(report, fail_on)],
        "originalUriBaseIds": {ROOT: {"description": {"text": "The root of the work tree."}}},
        "columnKind": "unicodeCodePoints",
        "results": [
            _result(result, finding, name, numbers[result.id], worktree)
            for result, finding, name in fingerprinted(report, worktree)
        ],
    }


def _result(result: CheckResult, finding: Finding, name: str, number: int, worktree: Worktree) -> dict[str, Any]:
    made: dict[str, Any] = {
        "ruleId": result.id,
        "ruleIndex": number,
        "level": severity_of(finding).value,
        "message": _message("\n".join((finding.message, *plain.advice(finding)))),
        "locations": [location(finding, worktree)],
        "partialFingerprints": {FINGERPRINT: name},
    }
    others = list(related(finding, worktree))
    if others:
        made["relatedLocations"] = others
    held = finding.suppressed
    if held is not None:
        made["suppressions"] = [
            {"kind": "external", "status": "accepted", "justification": printable(f"{held.by}: {held.reason}")}
        ]
    fixes = list(_fixes(finding, worktree))
    if fixes:
        made["fixes"] = fixes
    return made


def _fixes(finding: Finding, worktree: Worktree) -> Iterator[dict[str, Any]]:
    """The fix, where it is one text in place of another whose first and last letter are known."""
    if finding.fix is None:
        return
    edit, anchor = exact(finding, finding.fix), worktree.at(finding.at)
    if edit is None or edit.before is None or edit.after is None or edit.action is not Action.SET or anchor is None:
        return
    spot = physical(anchor, len(edit.before))
    replacement = {"deletedRegion": spot["region"], "insertedContent": {"text": edit.after}}
    yield {
        "description": _message(plain.fix_sentence(finding.fix)),
        "artifactChanges": [{"artifactLocation": artifact(anchor.path), "replacements": [replacement]}],
    }


def _invocation(report: Report, fail_on: str) -> dict[str, Any]:
    crashed = report.count(OutcomeKind.CRASHED)
    started = datetime.fromisoformat(report.started_at)
    ended = started + timedelta(milliseconds=report.duration_ms)
    return {
        "executionSuccessful": report.incomplete is None and not crashed,
        "exitCode": exit_status(report, fail_on),
        "startTimeUtc": report.started_at,
        "endTimeUtc": ended.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "toolExecutionNotifications": list(_notifications(report)),
    }


def _notifications(report: Report) -> Iterator[dict[str, Any]]:
    """What a reader must know of the run itself, and which checks gave no answer."""
    if report.incomplete is not None:
        yield _notification("error", f"The run could not be completed: {report.incomplete}")
    for number, result in enumerate(report.results):
        reason = result.outcome.reason or ""
        match result.outcome.kind:
            case OutcomeKind.CRASHED:
                yield _notification("error", f"The check crashed: {reason}", result.id, number)
            case OutcomeKind.BLOCKED:
                yield _notification("warning", f"The check was not made because of {reason}", result.id, number)
            case OutcomeKind.SKIPPED:
                yield _notification("note", f"The check was skipped: {reason}", result.id, number)
            case _:
                pass
    for notice in report.notices:
        yield _notification("note", notice)


def _notification(level: str, text: str, rule: str | None = None, number: int = -1) -> dict[str, Any]:
    made: dict[str, Any] = {"level": level, "message": _message(text)}
    if rule is not None:
        made["associatedRule"] = {"id": rule, "index": number}
    return made


def _message(text: str) -> dict[str, str]:
    """A plain text message, in which SARIF would find links and arguments otherwise."""
    return {"text": _ARGUMENT.sub(r"{{\1}}", _LINK.sub("] ", printable(text)))}
