"""What a user reads of findings, as text for golden files."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from doctor.model import Finding

Told = Iterable[Finding]


def page(cases: Iterator[tuple[str, Told]]) -> str:
    """All that is said in these cases: severity, message, places, what to do, what to type, evidence."""
    return "".join(f"== {name}\n{''.join(map(_shown, findings))}\n" for name, findings in cases)


def _shown(finding: Finding) -> str:
    shown = (f"{each.name or each.path or each.key} {each.detail or ''}".rstrip() for each in finding.locations)
    fix = finding.fix
    advice = (fix.summary, *(f"$ {each}" for each in fix.commands), *(f"! {each}" for each in fix.edits)) if fix else ()
    evidence = (f"{each.kind}: {each.text}" for each in finding.evidence)
    lines = (finding.message, "; ".join(shown), *advice, *evidence)
    return f"{finding.severity.value if finding.severity else 'usual'}: " + "\n  ".join(lines) + "\n"
