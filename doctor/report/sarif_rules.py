"""The checks as the rules of SARIF, each with its documentation."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from doctor.model import CheckResult, Severity
from doctor.registry import Check, Documentation

# What GitHub takes of a description.
MOST = 1024


def rule(result: CheckResult, check: Check | None) -> dict[str, Any]:
    """A reportingDescriptor; a family that cannot be loaded has a result and no check."""
    documentation = check.documentation if check is not None else Documentation.parse(result.title)
    severity = check.severities[0] if check is not None else Severity.ERROR
    return {
        "id": result.id,
        "name": "".join(word.capitalize() for word in result.id.replace(".", "-").split("-")),
        "shortDescription": {"text": result.title[:MOST]},
        "fullDescription": {"text": (documentation.summary or result.title)[:MOST]},
        "help": {
            "text": "\n\n".join(_sections(result, documentation, "{0}: {1}")),
            "markdown": "\n\n".join(_sections(result, documentation, "**{0}**: {1}")),
        },
        "defaultConfiguration": {"level": severity.value},
        "properties": _properties(result, severity),
    }


def _sections(result: CheckResult, documentation: Documentation, form: str) -> Iterator[str]:
    yield documentation.summary or result.title
    if documentation.details:
        yield documentation.details
    for title, body in (
        ("Why it matters", documentation.why),
        ("Silent when", documentation.silent),
        ("How to fix", documentation.fix),
        ("Where the guide says otherwise", documentation.since),
    ):
        if body:
            yield form.format(title, body)
    yield f"`codechunk-doctor explain {result.id}` says the same without a network."


# The words by which GitHub sorts.
_PROBLEMS: Mapping[Severity, str] = {
    Severity.ERROR: "error",
    Severity.WARNING: "warning",
    Severity.NOTE: "recommendation",
}


def _properties(result: CheckResult, severity: Severity) -> dict[str, Any]:
    return {
        "family": result.family,
        "guide": result.guide,
        "problem.severity": _PROBLEMS[severity],
        "tags": [result.family],
    }
