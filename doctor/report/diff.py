"""`diff`: what became of two reports, as text and as JSON."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from doctor.living.difference import Compared, Difference, Unjudged
from doctor.living.seen import SeenReport
from doctor.report import place
from doctor.report.json import dump, location
from doctor.report.terminal import Paint, one_line, wrap
from doctor.report.text import COLORS, GUTTER

# So many checks that wait for the same are named.
FEW = 5


def text(
    found: Difference, *, status: int, fail_on: str, width: int, color: bool, verbosity: int = 0, quiet: bool = False
) -> str:
    """For people; `status` is the exit status, which the last line explains."""
    writer = _Writer(found, width, Paint(color), verbosity)
    lines = (
        writer.one_liners()
        if quiet
        else [*writer.everything(), *wrap(f"{_sum(found)} {_exit(status, fail_on)}", width)]
    )
    return "".join(f"{line}\n" for line in lines)


def json(found: Difference) -> str:
    """`codechunk-doctor/diff/1`."""
    lists = {name: [_finding(each) for each in some] for name, some in _lists(found).items()}
    return dump(
        {
            "schema": "codechunk-doctor/diff/1",
            "reports": {"old": _report(found.old), "new": _report(found.new)},
            "summary": {**{name: len(some) for name, some in lists.items()}, "no_longer_judged": len(found.unjudged)},
            **lists,
            "no_longer_judged": [_unjudged(each) for each in found.unjudged],
        }
    )


def _lists(found: Difference) -> dict[str, tuple[Compared, ...]]:
    return {
        "new": found.appeared,
        "fixed": found.fixed,
        "unchanged": found.unchanged,
        "suppressed": found.suppressed,
        "unknown": found.unknown,
    }


def _report(report: SeenReport) -> dict[str, Any]:
    return {"path": report.name, "directory": report.directory, "started_at": report.started_at}


def _finding(compared: Compared) -> dict[str, Any]:
    suppressed = compared.finding.suppressed
    return {
        "check": compared.check,
        "title": compared.title,
        "severity": compared.severity.value,
        "severity_before": compared.before.value if compared.before is not None else None,
        "judged_before": compared.judged_before,
        "message": compared.finding.message,
        "location": location(compared.finding.at),
        "suppressed": {"by": suppressed.by, "reason": suppressed.reason} if suppressed is not None else None,
    }


def _unjudged(each: Unjudged) -> dict[str, Any]:
    return {
        "check": each.check,
        "title": each.title,
        "before": each.before.value,
        "now": each.now.value if each.now is not None else None,
        "reason": each.reason,
    }


@dataclass(frozen=True)
class _Writer:
    found: Difference
    width: int
    paint: Paint
    verbosity: int

    def everything(self) -> Iterator[str]:
        """What is new and what is gone; with -v what stayed, too."""
        found = self.found
        yield from self._group("New", found.appeared)
        yield from self._group("Fixed", found.fixed)
        yield from self._group("Severity changed", [each for each in found.unchanged if each.changed])
        yield from self._group("Not known any more: the check has no answer now", found.unknown)
        yield from self._group("Suppressed now", found.suppressed)
        yield from self._no_longer_judged()
        if self.verbosity:
            yield from self._group("Unchanged", [each for each in found.unchanged if not each.changed])

    def one_liners(self) -> Iterator[str]:
        """A line for each new finding."""
        for each in self.found.appeared:
            yield f"{self.paint(each.severity.value, *COLORS[each.severity])}: {_told(each)} [{each.check}]"

    def _group(self, title: str, some: Sequence[Compared]) -> Iterator[str]:
        if not some:
            return
        yield self.paint(f"{title} ({len(some)})", "bold")
        for each in some:
            label = self.paint(each.severity.value.ljust(GUTTER), *COLORS[each.severity])
            yield f"{label}{self.paint(one_line(each.title), 'bold')}  {self.paint(f'[{each.check}]', 'dim')}"
            yield from wrap(one_line(each.finding.message), self.width, " " * GUTTER)
            yield self.paint("  at".ljust(GUTTER), "dim") + one_line(place(each.finding.at))
            for remark in _remarks(each):
                yield from wrap(remark, self.width, " " * GUTTER)
        yield ""

    def _no_longer_judged(self) -> Iterator[str]:
        if not self.found.unjudged:
            return
        yield self.paint(f"Can no longer be judged ({len(self.found.unjudged)})", "bold")
        reasons: dict[str, list[str]] = {}
        for each in self.found.unjudged:
            reason = f"{each.now.value}: {each.reason}" if each.now is not None else each.reason
            reasons.setdefault(reason, []).append(each.check)
        for reason, ids in reasons.items():
            named = ids if self.verbosity or len(ids) <= FEW else [*ids[:FEW], f"and {len(ids) - FEW} more"]
            yield from wrap(one_line(reason), self.width, "    ", first="  ")
            yield from wrap(", ".join(named), self.width, "    ")
        yield ""


def _remarks(each: Compared) -> Iterator[str]:
    if each.changed and each.before is not None:
        yield f"It was {_article(each.before.value)} before."
    if not each.judged_before:
        yield "Its check had no answer before: it may have been there all the same."
    if each.finding.suppressed is not None:
        yield one_line(f"{each.finding.suppressed.by}: {each.finding.suppressed.reason}")


def _article(word: str) -> str:
    return f"an {word}" if word == "error" else f"a {word}"


def _told(each: Compared) -> str:
    return f"{one_line(place(each.finding.at))}: {one_line(each.finding.message)}"


def _sum(found: Difference) -> str:
    """`2 new, 1 fixed, 5 unchanged.`"""
    counts = {name: len(some) for name, some in _lists(found).items()}
    always = ("new", "fixed", "unchanged")
    said = [f"{count} {_WORDS.get(name, name)}" for name, count in counts.items() if count or name in always]
    return f"{', '.join(said)}."


_WORDS = {"unknown": "not known any more", "suppressed": "suppressed now"}


def _exit(status: int, fail_on: str) -> str:
    if status:
        return f"Exit status 1 (--fail-on {fail_on})."
    if fail_on == "never":
        return "Exit status 0, as always with --fail-on never."
    return f"Exit status 0: nothing new reaches --fail-on {fail_on}."
