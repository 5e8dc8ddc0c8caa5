"""The report for people: what to do now, then why, and little about what is fine."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from doctor.fixes import ON_PATHS
from doctor.model import Action, CheckResult, Edit, Finding, Fix, OutcomeKind, Report, Safety, Severity
from doctor.report import after, before, exit_status, first_sentence, place
from doctor.report.terminal import Paint, columns, one_line, printable, wrap
from doctor.report.words import (
    counting,
    ended,
    examined,
    exit_sentence,
    fired,
    many,
    severity_of,
    sum_of_checks,
    sum_of_findings,
    unjudged,
    verdict,
    waiting_for,
)

COLORS = {Severity.ERROR: ("bold", "red"), Severity.WARNING: ("bold", "yellow"), Severity.NOTE: ("bold", "cyan")}
SUPPRESSED = {"baseline": "known", "ignore": "ignored"}
# Labels stand in a column of their own, so that an eye can run down them.
GUTTER = 9
# So many ids can be read in passing.
FEW = 5
# Longer diffs are cut to a few lines: the first screen says what is wrong, -v gives the rest.
MOST_EDITS = 8
# What is to be typed into psql and not into a shell.
SQL = re.compile(r"(ALTER|CREATE|DELETE|DROP|GRANT|INSERT|REVOKE|SELECT|UPDATE)\s")


def render(
    report: Report,
    *,
    width: int = 80,
    color: bool = False,
    verbosity: int = 0,
    quiet: bool = False,
    fail_on: str = "error",
) -> str:
    """The report as text of this width; `fail_on` is only needed to explain the exit status."""
    writer = _Writer(report, width, Paint(color), verbosity, fail_on)
    lines = writer.one_liners() if quiet else writer.everything()
    return "".join(line + "\n" for line in lines)


@dataclass(frozen=True)
class _Writer:
    """One rendering; each method yields lines."""

    report: Report
    width: int
    paint: Paint
    verbosity: int
    fail_on: str

    @cached_property
    def fired(self) -> list[CheckResult]:
        """What the text is about, sorted once."""
        return fired(self.report)

    def everything(self) -> Iterator[str]:
        yield from self.head()
        for result in self.fired:
            yield ""
            yield from self.check(result)
        yield from self.crashed()
        yield from self.unjudged()
        if self.verbosity:
            yield from self.lists()
        yield ""
        yield from self.closing()

    # --- the first and the last lines

    def head(self) -> Iterator[str]:
        yield from wrap(examined(self.report.target), self.width)
        for notice in self.report.notices:
            yield from wrap(f"{notice[:1].upper()}{notice[1:]}.", self.width)

    def closing(self) -> Iterator[str]:
        """What it comes to, and what to type next."""
        report = self.report
        checks = sum_of_checks(report)
        if sum_of_findings(report):
            hint = "" if report.findings() or self.verbosity else " (-v shows them)"
            yield from wrap(f"{verdict(report)}{hint}. Of {many(len(report.results), 'check')}: {checks}.", self.width)
        else:
            yield from self.nothing_found(checks)
        if report.incomplete is not None:
            yield from wrap(f"Not complete: {report.incomplete}.", self.width)
        status = exit_status(report, self.fail_on)
        if self.fired:
            first = self.fired[0].id
            advice = f"Start with the first one; `codechunk-doctor explain {first}` says more about it."
            yield from wrap(f"{advice} {exit_sentence(status, self.fail_on)}", self.width)
        elif status:
            yield from wrap(exit_sentence(status, self.fail_on), self.width)

    def nothing_found(self, checks: str) -> Iterator[str]:
        """The verdict where there is no finding; it stands out when the run is complete."""
        report, said = self.report, verdict(self.report)
        if report.incomplete is not None or report.count(OutcomeKind.CRASHED):
            yield from wrap(f"{said}: {checks}.", self.width)
            return
        styles = ("bold", "yellow" if report.count(OutcomeKind.BLOCKED) else "green")
        for line in wrap(f"{said}: {checks or 'no check was selected'}{self._more()}.", self.width):
            yield line.replace(said, self.paint(said, *styles))

    def _more(self) -> str:
        quiet = self.report.count(OutcomeKind.SKIPPED) + self.report.count(OutcomeKind.BLOCKED)
        return " (-v says why)" if quiet and not self.verbosity else ""

    # --- findings

    def one_liners(self) -> Iterator[str]:
        for result in self.fired:
            for finding in counting(result):
                severity = severity_of(finding)
                word = self.paint(severity.value, *COLORS[severity])
                yield f"{word}: {one_line(place(finding.at))}: {one_line(finding.message)} [{result.id}]"
        for result in ended(self.report, OutcomeKind.CRASHED):
            yield f"crashed: {result.id}: {one_line(result.outcome.reason or '')}"

    def check(self, result: CheckResult) -> Iterator[str]:
        """A check that fired: title, then its findings, why it matters once, what it holds back."""
        findings = counting(result)
        severity = severity_of(findings[0])
        yield from self.titled(result, severity.value, *COLORS[severity])
        told: set[str] = set()
        for index, finding in enumerate(findings):
            mine = severity_of(finding)
            differs = "" if mine is severity else f"({mine.value}) "
            yield from self.part("and" if index else "", differs + finding.message)
            yield from self.places(finding)
            if index == 0 and result.why:
                yield from self.part("why", first_sentence(result.why))
            if finding.fix is not None:
                yield from self.fix(finding.fix)
            if finding.note is not None and finding.note not in told:
                told.add(finding.note)
                yield from self.part("guide", finding.note)
            if self.verbosity:
                yield from self.evidence(finding)
        yield from self.held_back(result)

    def titled(self, result: CheckResult, label: str, *styles: str) -> Iterator[str]:
        """What a check is called, and its id, which goes below where there is no room for it."""
        id = f"[{result.id}]"
        lines = wrap(result.title, self.width, " " * GUTTER)
        roomy = columns(lines[-1]) + len(id) + 2 <= self.width
        lines = [" " * GUTTER + self.paint(line[GUTTER:], "bold") for line in lines]
        lines[0] = self.paint(label.ljust(GUTTER), *styles) + lines[0][GUTTER:]
        id = self.paint(id, "dim")
        yield from (*lines[:-1], f"{lines[-1]}  {id}") if roomy else (*lines, " " * GUTTER + id)

    def part(self, label: str, text: str) -> Iterator[str]:
        """A labelled paragraph."""
        lines = wrap(text, self.width, " " * GUTTER)
        if label and lines:
            rest = lines[0][GUTTER:]
            lines[0] = self.paint(f"  {label}".ljust(GUTTER), "dim") + rest
        yield from lines

    def spot(self, label: str, text: str, path: str | None) -> Iterator[str]:
        """Where something is; a path with blanks in it stays in one piece, as somebody will copy it."""
        before = self.paint(f"  {label}".ljust(GUTTER), "dim") if label else " " * GUTTER
        if path is not None and " " in path:
            yield before + text
        else:
            yield from self.part(label, text)

    def raw(self, text: str, *styles: str) -> Iterator[str]:
        """Lines that somebody will copy: never wrapped."""
        for line in printable(text).split("\n"):
            yield " " * GUTTER + self.paint(line, *styles)

    def places(self, finding: Finding) -> Iterator[str]:
        told: set[str] = set()
        for label, location in (("at", finding.at), *(("see", other) for other in finding.related)):
            detail = f" ({one_line(location.detail)})" if location.detail else ""
            text = one_line(place(location)) + detail
            if text not in told:
                told.add(text)
                yield from self.spot(label, text, location.path)

    def fix(self, fix: Fix) -> Iterator[str]:
        """The sentence, then what to type or to change."""
        unsafe = " (unsafe: check it first)" if fix.safety is Safety.UNSAFE else ""
        yield from self.part("fix", fix.summary + unsafe)
        previous = None
        shown = fix.edits if self.verbosity or len(fix.edits) <= MOST_EDITS else fix.edits[:FEW]
        for edit in shown:
            spot = where(edit)
            if spot != previous and edit.action not in ON_PATHS:
                yield from (self.paint(line, "dim") for line in self.spot("", printable(spot), edit.path))
                previous = spot
            yield from self.diff(edit)
        if len(shown) < len(fix.edits):
            yield from self.part("", f"and {len(fix.edits) - len(shown)} more lines; -v shows them all.")
        for command in fix.commands:
            yield from self.raw(f"{'sql>' if SQL.match(command) else '$'} {command}")

    def diff(self, edit: Edit) -> Iterator[str]:
        if edit.action in ON_PATHS:
            return  # the command beside it says the same
        old, new = changed(edit)
        if old is not None:
            yield from self.raw(f"  - {old}", "red")
        if new is not None:
            yield from self.raw(f"  + {new}", "green")

    def evidence(self, finding: Finding) -> Iterator[str]:
        for each in finding.evidence:
            where = f" ({place(each.location)})" if each.location is not None else ""
            proves = f", which proves: {each.proves}" if each.proves else ""
            yield from self.part("seen", f"{each.text}{where}{proves}")

    def held_back(self, result: CheckResult) -> Iterator[str]:
        waiting = waiting_for(self.report, result)
        if waiting:
            verb = "waits" if len(waiting) == 1 else "wait"
            text = f"Also held back: {many(len(waiting), 'check')} that {verb} for this one."
            yield from (" " * GUTTER + self.paint(line, "dim") for line in wrap(text, self.width - GUTTER))

    # --- what did not run

    def crashed(self) -> Iterator[str]:
        for result in ended(self.report, OutcomeKind.CRASHED):
            yield ""
            yield from self.titled(result, "crashed", "bold", "red")
            hint = "" if self.verbosity else " with what -v shows"
            yield from self.part("", f"{result.outcome.reason}. This is a bug in the check; please report it{hint}.")
            if self.verbosity and result.outcome.trace:
                yield from self.raw(result.outcome.trace.rstrip(), "dim")

    def unjudged(self) -> Iterator[str]:
        """Blocked checks for which no finding above is the reason."""
        for reason, results in unjudged(self.report).items():
            ids = [result.id for result in results]
            yield ""
            label = self.paint("unknown".ljust(GUTTER), "bold")
            yield f"{label}{many(len(ids), 'check')} could not be judged"
            yield from self.part("why", reason)
            if len(ids) <= FEW and not self.verbosity:  # with -v they are listed anyway
                yield from self.part("", ", ".join(ids))

    def lists(self) -> Iterator[str]:
        for kind, title in (
            (OutcomeKind.PASSED, "Passed"),
            (OutcomeKind.SKIPPED, "Skipped"),
            (OutcomeKind.BLOCKED, "Held back"),
        ):
            results = ended(self.report, kind)
            if results:
                yield ""
                yield self.paint(f"{title} ({len(results)})", "bold")
            for result in results:
                reason = f": {result.outcome.reason}" if result.outcome.reason else ""
                spent = f" [{result.outcome.duration_ms:.1f} ms]" if self.verbosity > 1 else ""
                yield from wrap(f"{result.id}{reason}{spent}", self.width, "    ", first="  ")
        yield from self.suppressed()
        if self.verbosity > 1:
            yield ""
            yield f"The run took {self.report.duration_ms:.0f} ms."

    def suppressed(self) -> Iterator[str]:
        """What does not count, and why."""
        if self.report.suppressed():
            yield ""
            yield self.paint(f"Suppressed ({self.report.suppressed()})", "bold")
        for result in self.report.results:
            for finding in result.outcome.findings:
                if finding.suppressed is None:
                    continue
                told = f"{result.id}: {one_line(place(finding.at))}: {one_line(finding.message)}"
                yield from wrap(told, self.width, "    ", first="  ")
                by = SUPPRESSED.get(finding.suppressed.by, finding.suppressed.by)
                yield from wrap(f"{by}: {one_line(finding.suppressed.reason)}", self.width, "    ")


def changed_line(edit: Edit, text: str) -> str:
    """How the changed line reads: `key: value`, or `NAME=value` in a file of variables."""
    name = edit.key.rpartition(".")[2]
    return f"{name}={text}" if "." not in edit.key and name.isupper() else f"{name}: {text}".rstrip()


def changed(edit: Edit) -> tuple[str | None, str | None]:
    """The line that goes and the one that comes; for what changes a path itself neither says anything."""
    if edit.action is Action.RENAME:
        return f"{edit.key.rpartition('.')[2]}:", f"{after(edit)}:"
    old, new = before(edit), after(edit)
    return (
        None if old is None else changed_line(edit, old),
        None if new is None else changed_line(edit, new),
    )


def where(edit: Edit) -> str:
    """The line to change, or the section below which a new one goes."""
    if edit.line is not None:
        return f"{edit.path}:{edit.line}"
    section = edit.key.rpartition(".")[0]
    return f"{edit.path}, below {section}:" if section else edit.path
