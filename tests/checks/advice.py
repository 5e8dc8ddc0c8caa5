"""What a user reads of findings, as text for golden files."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from doctor.model import Finding, Location

Told = Iterable[Finding]


def page(cases: Iterator[tuple[str, Told]]) -> str:
    """All that is said in these cases: severity, message, places, what to do, what to type, evidence."""
    return "".join(f"== {name}\n{''.join(map(_shown, findings))}\n" for name, findings in cases)


def _shown(finding: Finding) -> str:
    shown = (" ".join(filter(None, (_where(each), each.key, each.detail))) for each in finding.locations)
    fix = finding.fix
    advice = (fix.summary, *(f"$ {each}" for each in fix.commands), *(f"! {each}" for each in fix.edits)) if fix else ()
    evidence = (f"{each.kind}: {each.text}" for each in finding.evidence)
    note = (f"~ {finding.note}",) if finding.note else ()
    lines = (finding.message, "; ".join(shown), *advice, *evidence, *note)
    return f"{finding.severity.value if finding.severity else 'usual'}: " + "\n  ".join(lines) + "\n"


def _where(place: Location) -> str | None:
    return f"{place.path}:{place.line}" if place.path and place.line else place.name or place.path
