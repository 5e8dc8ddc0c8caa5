"""Applies what is known and what was decided to the findings of a run, in this order: severity, ignore, baseline."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from doctor import facts
from doctor.facts.baseline import Unmatched
from doctor.identity import identity
from doctor.living.baseline import Baseline, Change, Entry, updated
from doctor.living.rules import Ignore, Override, Rules
from doctor.model import CheckResult, Finding, OutcomeKind, Report, Severity, Suppression
from doctor.registry import Registry
from doctor.values import value

BASELINE, IGNORE = "baseline", "ignore"
LISTED = "listed in the baseline"
# The check of the baseline itself, which is judged last: it looks at what became of all others.
STALE = "doctor.baseline-stale"

Judge = Callable[[facts.Baseline], CheckResult | None]
"""Judges the baseline itself; None when that is not wanted."""


@value
class Rebaselined:
    """A baseline that was brought up to date, what changed in it, and the report with it applied."""

    baseline: Baseline
    change: Change
    report: Report


def bare(results: Sequence[CheckResult]) -> tuple[CheckResult, ...]:
    """The results with nothing suppressed."""
    return tuple(
        replace(each, outcome=replace(each.outcome, findings=tuple(map(_bare, each.outcome.findings))))
        for each in results
    )


def _bare(finding: Finding) -> Finding:
    return finding if finding.suppressed is None else replace(finding, suppressed=None)


@dataclass
class Application:
    """
    One application to the results of one run.

    `shown` are the results without secrets, one for each of `results` and with the same findings: they are what
    people see, and so what rules and baseline are about.
    """

    rules: Rules
    registry: Registry
    results: Sequence[CheckResult]
    shown: Sequence[CheckResult]
    used: set[Ignore] = field(default_factory=set)
    found: Counter[str] = field(default_factory=Counter)
    """The findings that nobody ignores, by identity; the check of the baseline itself is not among them."""

    def run(self, judge: Judge) -> tuple[CheckResult, ...]:
        """The results with other severities, and with what is not to count marked as suppressed."""
        pairs = zip(self.results, self.shown, strict=True)
        done = tuple(self._applied(result, shown) for result, shown in pairs if result.id != STALE)
        last = self._stale(judge)
        return done if last is None else self._inserted(done, last)

    def update(self) -> tuple[Baseline, Change]:
        """The baseline that lists what was found, once `run` has gone through it."""
        assert self.rules.baseline is not None
        return updated(self.rules.baseline, self.found, self._judged)

    def notices(self) -> Iterator[str]:
        """What is to be said about the rules themselves, once `run` has gone through the results."""
        answered = self._judged | {STALE}
        for ignore in self.rules.ignores:
            ids = self._ids(ignore.check)
            if ignore.ended(self.rules.today):
                if ids & {each.id for each in self.results}:
                    yield f"{ignore.where}: ended on {ignore.until}, so that {ignore.check} is no longer ignored"
            elif ignore not in self.used and ids <= answered:
                yield f"{ignore.where}: matches no finding of this run; remove it if it is no longer needed"
        yield from self._unknown()

    # --- one result

    def _applied(self, result: CheckResult, shown: CheckResult) -> CheckResult:
        findings = zip(result.outcome.findings, shown.outcome.findings, strict=True)
        done = tuple(self._judge(result.id, finding, clean) for finding, clean in findings)
        return replace(result, outcome=replace(result.outcome, findings=done)) if done else result

    def _judge(self, id: str, finding: Finding, shown: Finding) -> Finding:
        severity = self.severities.get(id)
        if severity is not None:
            finding = replace(finding, severity=severity)
        ignore = self._ignored(id, shown)
        if ignore is not None:
            return replace(finding, suppressed=Suppression(IGNORE, ignore.reason))
        if id == STALE:
            return finding
        same = identity(id, shown)
        self.found[same] += 1
        entry = self._entries.get(same)
        if entry is None or self.found[same] > entry.count:
            return finding
        return replace(finding, suppressed=Suppression(BASELINE, entry.reason or LISTED))

    def _ignored(self, id: str, shown: Finding) -> Ignore | None:
        fitting = [each for each in self._ignores if id in self._ids(each.check) and each.fits(shown)]
        self.used.update(fitting)
        return fitting[0] if fitting else None

    # --- the baseline itself

    def _stale(self, judge: Judge) -> CheckResult | None:
        """The result of the check that looks at the baseline, the rules applied to it too."""
        baseline = self.rules.baseline
        if baseline is None:
            return next((each for each in self.results if each.id == STALE), None)
        result = judge(facts.Baseline(baseline.name, tuple(self._unmatched(baseline))))
        return self._applied(result, result) if result is not None else None

    def _unmatched(self, baseline: Baseline) -> Iterator[Unmatched]:
        for entry in baseline.entries:
            left = self.found[entry.identity]
            if left < entry.count and entry.check in self._judged:
                yield Unmatched(entry.check, entry.about, entry.count, left, entry.line)

    def _inserted(self, results: tuple[CheckResult, ...], last: CheckResult) -> tuple[CheckResult, ...]:
        """The results with one more at its place in the order of the registry."""
        later = {check.id for check in self.registry.checks[self._place(last.id) + 1 :]}
        after = [each for each in results if each.id in later or each.id not in self.registry.by_id]
        return (*(each for each in results if each not in after), last, *after)

    def _place(self, id: str) -> int:
        return next(place for place, check in enumerate(self.registry.checks) if check.id == id)

    def _unknown(self) -> Iterator[str]:
        baseline = self.rules.baseline
        unknown = (
            sorted({each.check for each in baseline.entries if each.check not in self.registry.by_id})
            if baseline
            else []
        )
        if unknown and baseline is not None:
            yield f"{baseline.name}: lists findings of checks that are not installed: {', '.join(unknown)}"

    # --- what holds for which check

    @cached_property
    def severities(self) -> dict[str, Severity]:
        """The severity of each check that has another one than its own; the narrower pattern decides."""

        def narrow(override: Override) -> tuple[bool, int]:
            return override.check in self.registry.by_id, len(override.check)

        wide_first = sorted(self.rules.overrides, key=narrow)
        return {id: each.severity for each in wide_first for id in self._ids(each.check)}

    @cached_property
    def _judged(self) -> set[str]:
        """The checks that gave an answer."""
        answers = (OutcomeKind.PASSED, OutcomeKind.FOUND)
        return {each.id for each in self.results if each.outcome.kind in answers and each.id != STALE}

    @cached_property
    def _ignores(self) -> tuple[Ignore, ...]:
        return tuple(each for each in self.rules.ignores if not each.ended(self.rules.today))

    @cached_property
    def _entries(self) -> dict[str, Entry]:
        return self.rules.baseline.by_identity() if self.rules.baseline is not None else {}

    def _ids(self, pattern: str) -> set[str]:
        if pattern not in self._matching:
            self._matching[pattern] = {check.id for check in self.registry.matching(pattern)}
        return self._matching[pattern]

    @cached_property
    def _matching(self) -> dict[str, set[str]]:
        return {}
