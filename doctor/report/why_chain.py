"""How it came to this: what was seen, step by step, and what has changed since."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from doctor.model import Evidence
from doctor.report.log_look import LINE, Look
from doctor.report.log_words import data, many
from doctor.report.table import cut
from doctor.report.terminal import columns, wrap
from doctor.report.why_fix import INDENT
from doctor.report.why_words import sentence, shown, where_of
from doctor.why.verdict import Cause, Changed

# What fits on a screen; -v shows all.
MOST_STEPS = 6


def section(title: str, lines: Iterable[str], look: Look) -> Iterator[str]:
    """An empty line, the title, the lines; nothing where there are none."""
    held = list(lines)
    if held:
        yield ""
        yield look.title(title)
        yield from held


def heading(said: str, code: str, styles: Sequence[str], look: Look) -> Iterator[str]:
    """The verdict with its code, which stays in one piece."""
    for line in look.prose(f"{said}  {code.replace(' ', chr(0xA0))}"):
        yield look.paint(line.replace("\xa0", " "), *styles)


def chain(evidence: Sequence[Evidence], look: Look) -> Iterator[str]:
    """One numbered step for each thing seen: what it proves, then where it stands and what it says."""
    seen = list(enumerate(evidence, 1))
    most = look.few(MOST_STEPS)
    left_out = 0 if most is None else max(0, len(seen) - most)
    if left_out:
        seen = [seen[0], *seen[1 + left_out :]]
    room = len(str(len(evidence))) + len(INDENT) + 2
    for number, each in seen:
        yield from look.prose(sentence(each.proves or each.text), " " * room, f"{number:>{room - 2}}. ")
        yield from _seen(each, " " * room, look)
        if left_out and number == 1:
            yield look.paint(f"{' ' * room}({many(left_out, 'step')} left out; -v shows all)", "dim")


def _seen(each: Evidence, indent: str, look: Look) -> Iterator[str]:
    place = where_of(each.location) if each.location is not None else ""
    said = data(each.text) if each.proves else ""
    whole = ": ".join(filter(None, (place, said)))
    if look.verbosity:
        yield from (look.paint(line, "dim") for line in look.prose(whole, indent) if line.strip())
        return
    # A place is typed into an editor: it stays whole, and what stands there has the next line where both are too long.
    room = (look.fit or max(look.width, LINE)) - len(indent)
    apart = columns(whole) > room
    lines = [*wrap(place, room), cut(said, room)] if apart else [whole]
    yield from (indent + look.paint(line, "dim") for line in lines if line)


def changed_lines(settings: Sequence[Changed], look: Look) -> Iterator[str]:
    """What the worker read at its start is no longer what is configured."""
    lines: list[str] = []
    for each in settings:
        where = f" ({where_of(each.location)})" if each.location is not None else ""
        lines += look.prose(
            f"{data(each.key)} was {shown(each.then)} then, and is {shown(each.now)} now{where}.", INDENT
        )
    if lines:
        lines += look.prose("A worker keeps what it read at its start: restart it before the new value counts.", INDENT)
    yield from section("Changed since the worker started", lines, look)


def changed_by(found: Cause | None) -> tuple[Changed, ...]:
    """The cause itself, where it is another one now."""
    if found is None or not found.changed:
        return ()
    return (Changed(found.key, shown(found.value), shown(found.now), found.location),)
