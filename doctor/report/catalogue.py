"""`list` and `explain`: what the checks are, as text and as JSON."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from doctor.registry import Check, Family, Registry
from doctor.report.json import dump
from doctor.report.terminal import Paint, padded, printable, wrap
from doctor.settlement import Relations

# As wide as anything is.
UNLIMITED = 10_000
# A column that is narrower than this cannot be read.
NARROWEST = 24


def list_text(
    registry: Registry, checks: Sequence[Check], *, width: int = 80, fit: int | None = None, color: bool = False
) -> str:
    """The families with those of their checks that are chosen, one line each unless that is wider than `fit`."""
    lines = _families(registry, checks, width, fit, Paint(color))
    for broken in registry.broken:
        lines += [*wrap(f"The family {broken.name} cannot be loaded: {broken.error}", width), ""]
    count = f"{len(checks)} check" if len(checks) == 1 else f"{len(checks)} checks"
    lines += wrap(f"{count}. `codechunk-doctor explain ID` says what one does.", width)
    return "\n".join(lines) + "\n"


def _families(registry: Registry, checks: Sequence[Check], width: int, fit: int | None, paint: Paint) -> list[str]:
    lines: list[str] = []
    for family in registry.families:
        chosen = tuple(check for check in family.checks if check in checks)
        if chosen:
            part = Family(family.name, family.summary, chosen)
            lines += [paint(family.name, "bold"), *_family(part, width, fit, paint), ""]
    return lines


def _family(family: Family, width: int, fit: int | None, paint: Paint) -> Iterator[str]:
    yield from wrap(family.summary, width, "  ")
    ids = max((len(check.id) for check in family.checks), default=0)
    words = max((len(_severities(check)) for check in family.checks), default=0)
    for check in family.checks:
        head = f"  {padded(check.id, ids)}  {paint(padded(_severities(check), words), 'dim')}"
        titled = wrap(check.title, fit or UNLIMITED, " " * (ids + words + 6))
        if fit is not None and fit - ids - words - 6 < NARROWEST:
            yield f"  {check.id}"
            yield from wrap(f"{_severities(check)}: {printable(check.title)}", width, "      ")
            continue
        yield f"{head}  {titled[0].lstrip()}"
        yield from titled[1:]


def _severities(check: Check) -> str:
    return "/".join(severity.value for severity in check.severities)


def list_json(checks: Sequence[Check]) -> str:
    """`codechunk-doctor/checks/1`."""
    listed = [
        {
            "id": check.id,
            "family": check.family,
            "title": check.title,
            "severities": [severity.value for severity in check.severities],
            "safety": check.safety.value,
            "guide": check.guide.value if check.guide is not None else None,
        }
        for check in checks
    ]
    return dump({"schema": "codechunk-doctor/checks/1", "checks": listed})


def explain_text(
    registry: Registry, checks: Sequence[Check], *, width: int = 80, fit: int | None = None, color: bool = False
) -> str:
    """One check in full; of several, as a family or a glob names them, the list."""
    paint = Paint(color)
    if len(checks) == 1:
        return "\n".join(_explain(checks[0], registry.relations, width, paint)) + "\n"
    lines = _families(registry, checks, width, fit, paint)
    lines += wrap("`codechunk-doctor explain ID` says what one of them does.", width)
    return "\n".join(lines) + "\n"


def _explain(check: Check, relations: Relations, width: int, paint: Paint) -> Iterator[str]:
    text = check.documentation
    yield from wrap(f"{check.id}: {check.title}", width)
    for title, body in (
        ("What is looked at", "\n\n".join(part for part in (text.summary, text.details) if part)),
        ("Why it matters", text.why),
        ("Silent when", text.silent),
        ("How to fix", text.fix),
        ("Where the guide says otherwise", text.since),
    ):
        if body:
            yield ""
            yield paint(title, "bold")
            for paragraph in body.split("\n\n"):
                yield from wrap(" ".join(paragraph.split()), width, "  ")
    yield ""
    for name, value in _facts(check, relations):
        yield from wrap(value, width, " " * 16, first=padded(name, 16))


def _facts(check: Check, relations: Relations) -> Iterator[tuple[str, str]]:
    yield "severity", ", ".join(severity.value for severity in check.severities)
    yield "automatic fix", {"safe": "safe", "unsafe": "only when asked for", "none": "none"}[check.safety.value]
    if check.guide is not None:
        yield "guide", check.guide.value
    if relations.blockers[check.id]:
        yield "held back by", ", ".join(relations.blockers[check.id])
    if explainers := _explainers(check, relations):
        yield "explained by", ", ".join(explainers)


def _explainers(check: Check, relations: Relations) -> tuple[str, ...]:
    return tuple(dict.fromkeys(id for id, _ in relations.explainers[check.id]))


def explain_json(registry: Registry, checks: Sequence[Check]) -> str:
    """`codechunk-doctor/explain/1`: what `list` says of a check, its documentation and its relations."""
    relations = registry.relations
    return dump({"schema": "codechunk-doctor/explain/1", "checks": [_explained(each, relations) for each in checks]})


def _explained(check: Check, relations: Relations) -> dict[str, Any]:
    text = check.documentation
    return {
        "id": check.id,
        "family": check.family,
        "title": check.title,
        "severities": [severity.value for severity in check.severities],
        "safety": check.safety.value,
        "guide": check.guide.value if check.guide is not None else None,
        "summary": text.summary,
        "details": text.details or None,
        "why": text.why or None,
        "silent_when": text.silent or None,
        "how_to_fix": text.fix or None,
        "version_note": text.since or None,
        "blocked_by": list(relations.blockers[check.id]),
        "explained_by": list(_explainers(check, relations)),
    }
