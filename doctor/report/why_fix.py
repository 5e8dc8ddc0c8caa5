"""What to do, as `why` shows it: in a sentence near the top, and what to change and to type further down."""

from __future__ import annotations

from collections.abc import Iterator

from doctor.model import Edit, Fix, Safety
from doctor.report.log_look import Look
from doctor.report.log_words import data
from doctor.report.terminal import printable
from doctor.report.text import FEW, MOST_EDITS, SQL, changed, where
from doctor.report.why_words import sentence

INDENT = "  "
DEEPER = "    "


def summary(fix: Fix) -> str:
    """The sentence."""
    unsafe = " (unsafe: check it first)" if fix.safety is Safety.UNSAFE else ""
    return f"{sentence(fix.summary)}{unsafe}"


def whole(fix: Fix | None, look: Look) -> Iterator[str]:
    """All of it in one place."""
    if fix is not None:
        yield from look.prose(summary(fix), INDENT)
        yield from steps(fix, look)


def steps(fix: Fix | None, look: Look) -> Iterator[str]:
    """Edits as lines that go and come, commands as they are typed; none of these is ever wrapped."""
    if fix is None:
        return
    previous = None
    shown = fix.edits if look.verbosity or len(fix.edits) <= MOST_EDITS else fix.edits[:FEW]
    for edit in shown:
        place = where(edit)
        if place != previous:
            yield DEEPER + look.paint(data(place), "dim")
            previous = place
        yield from _diff(edit, look)
    if len(shown) < len(fix.edits):
        yield f"{DEEPER}and {len(fix.edits) - len(shown)} more lines; -v shows them all."
    for command in fix.commands:
        sign = "sql>" if SQL.match(command) else "$"
        yield from (f"{DEEPER}{line}" for line in printable(f"{sign} {command}").split("\n"))


def _diff(edit: Edit, look: Look) -> Iterator[str]:
    old, new = changed(edit)
    for sign, text, style in (("-", old, "red"), ("+", new, "green")):
        if text is not None:
            yield f"{DEEPER}  {look.paint(data(f'{sign} {text}'), style)}"
