"""What a finding says besides its message, in plain lines, for formats that have one text for all of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from doctor.fixes import ON_PATHS
from doctor.model import Finding, Fix, Location, Safety
from doctor.report import place
from doctor.report.text import SQL, changed, where

Named = Callable[[Location], str]


def places(finding: Finding, named: Named = place) -> Iterator[str]:
    """Where it is, and which other places belong to it, each once."""
    told: set[str] = set()
    for label, location in (("at", finding.at), *(("see", other) for other in finding.related)):
        detail = f" ({location.detail})" if location.detail else ""
        text = f"{named(location)}{detail}"
        if text not in told:
            told.add(text)
            yield f"{label} {text}"


def advice(finding: Finding) -> Iterator[str]:
    """What to do: the sentence, the lines to change, what to type; and what readers of the guide must know."""
    if finding.fix is not None:
        yield f"Fix: {fix_sentence(finding.fix)}"
        yield from changes(finding.fix)
        yield from typed(finding.fix)
    if finding.note is not None:
        yield finding.note


def fix_sentence(fix: Fix) -> str:
    """The summary, and that it is to be checked first where it is."""
    return fix.summary + (" (unsafe: check it first)" if fix.safety is Safety.UNSAFE else "")


def changes(fix: Fix) -> Iterator[str]:
    """The edits as the lines of a diff, below the places where they are made."""
    spot = None
    for edit in fix.edits:
        if edit.action in ON_PATHS:
            continue  # the command beside it says the same
        if where(edit) != spot:
            spot = where(edit)
            yield spot
        old, new = changed(edit)
        yield from (f"{sign} {line}" for sign, line in (("-", old), ("+", new)) if line is not None)


def typed(fix: Fix) -> Iterator[str]:
    """The commands, with what they are to be typed into."""
    for command in fix.commands:
        yield f"{'sql>' if SQL.match(command) else '$'} {command}"


def seen(finding: Finding) -> Iterator[str]:
    """The evidence."""
    for each in finding.evidence:
        spot = f" ({place(each.location)})" if each.location is not None else ""
        proves = f", which proves: {each.proves}" if each.proves else ""
        yield f"{each.text}{spot}{proves}"


def suppression(finding: Finding) -> str | None:
    """`suppressed by baseline: the reason`, None for a finding that counts."""
    held = finding.suppressed
    return f"suppressed by {held.by}: {held.reason}" if held is not None else None
