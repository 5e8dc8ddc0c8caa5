"""What became of two runs: which findings are new, which are gone, and what nobody knows any more."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from doctor.living.seen import SeenCheck, SeenReport
from doctor.model import Finding, OutcomeKind, Severity
from doctor.values import value

NOT_SELECTED = "it was not selected"


@value
class Compared:
    """
    A finding of the new report, or of the old one when it is gone.

    `before` is its severity in the old report, None when it is new. `judged_before` is False when its check had no
    answer then: it may have been there all the same.
    """

    check: str
    title: str
    finding: Finding
    before: Severity | None = None
    judged_before: bool = True

    @property
    def severity(self) -> Severity:
        """How bad it is."""
        return self.finding.severity or Severity.ERROR

    @property
    def changed(self) -> bool:
        """Whether it is as bad as it was."""
        return self.before not in (None, self.severity)


@value
class Unjudged:
    """A check that gave an answer once and gives none now; `now` is None where it was not selected."""

    check: str
    title: str
    before: OutcomeKind
    now: OutcomeKind | None
    reason: str


@value
class Difference:
    """
    What two reports differ in. Only findings that count, so are not suppressed, can be new.

    `unknown` are findings of the old report whose checks have no answer in the new one: whether they are fixed is not
    known. `suppressed` are those that counted and are suppressed now.
    """

    old: SeenReport
    new: SeenReport
    appeared: tuple[Compared, ...]
    fixed: tuple[Compared, ...]
    unchanged: tuple[Compared, ...]
    suppressed: tuple[Compared, ...]
    unknown: tuple[Compared, ...]
    unjudged: tuple[Unjudged, ...]

    def reaches(self, threshold: Severity) -> bool:
        """Whether the new report has a finding as bad as this that the old one has not, or had not as bad."""
        return any(each.severity.at_least(threshold) for each in self.appeared) or any(
            each.severity.at_least(threshold) and each.before is not None and not each.before.at_least(threshold)
            for each in self.unchanged
        )


def difference(old: SeenReport, new: SeenReport) -> Difference:
    """Compare two reports; findings are paired by their identity, several of the same one by their words first."""
    return _Comparison(old, new).result()


@dataclass
class _Comparison:
    old: SeenReport
    new: SeenReport
    appeared: list[Compared] = field(default_factory=list)
    fixed: list[Compared] = field(default_factory=list)
    unchanged: list[Compared] = field(default_factory=list)
    suppressed: list[Compared] = field(default_factory=list)
    unknown: list[Compared] = field(default_factory=list)

    def result(self) -> Difference:
        was, now = _by_identity(self.old), _by_identity(self.new)
        for id in dict.fromkeys((*now, *was)):
            self._sort_out(was.get(id, ()), now.get(id, ()))
        return Difference(
            self.old,
            self.new,
            self._sorted(self.appeared),
            self._sorted(self.fixed),
            self._sorted(self.unchanged),
            self._sorted(self.suppressed),
            self._sorted(self.unknown),
            tuple(self._unjudged()),
        )

    def _sort_out(self, was: Sequence[Found], now: Sequence[Found]) -> None:
        """Findings of one identity; those that did not count before do not count as having been there."""
        counted = [each for each in was if each[1].suppressed is None]
        pairs, gone, come = _paired(counted, now)
        for (_, before), (check, after) in pairs:
            same = Compared(check.id, check.title, after, before.severity)
            (self.unchanged if after.suppressed is None else self.suppressed).append(same)
        for check, after in come:
            if after.suppressed is None:
                judged = self._judged(self.old, check.id)
                self.appeared.append(Compared(check.id, check.title, after, None, judged))
        for check, before in gone:
            left = Compared(check.id, check.title, before, before.severity)
            (self.fixed if self._judged(self.new, check.id) else self.unknown).append(left)

    @staticmethod
    def _judged(report: SeenReport, id: str) -> bool:
        check = report.check(id)
        return check is not None and check.judged

    def _unjudged(self) -> Iterator[Unjudged]:
        now = {check.id: check for check in self.new.checks}
        for check in self.old.checks:
            other = now.get(check.id)
            if check.judged and (other is None or not other.judged):
                outcome = other.outcome if other is not None else None
                reason = (other.reason or "") if other is not None else NOT_SELECTED
                yield Unjudged(check.id, check.title, check.outcome, outcome, reason)

    def _sorted(self, some: Iterable[Compared]) -> tuple[Compared, ...]:
        """The worst first, else in the order of the reports."""
        ids = dict.fromkeys(check.id for check in (*self.new.checks, *self.old.checks))
        order = {id: place for place, id in enumerate(ids)}
        return tuple(sorted(some, key=lambda each: (each.severity.rank, order[each.check])))


Found = tuple[SeenCheck, Finding]


def _by_identity(report: SeenReport) -> dict[str, list[Found]]:
    found: dict[str, list[Found]] = {}
    for check in report.checks:
        for finding in check.findings:
            found.setdefault(check.identity(finding), []).append((check, finding))
    return found


def _paired(
    before: Sequence[Found], after: Sequence[Found]
) -> tuple[list[tuple[Found, Found]], list[Found], list[Found]]:
    """The pairs, what is gone and what came; those with the same words belong together first."""
    gone, come = list(before), list(after)
    pairs: list[tuple[Found, Found]] = []
    for same_words in (True, False):
        for one in list(gone):
            fitting = (each for each in come if not same_words or each[1].message == one[1].message)
            other = next(fitting, None)
            if other is not None:
                pairs.append((one, other))
                gone.remove(one)
                come.remove(other)
    return pairs, gone, come
