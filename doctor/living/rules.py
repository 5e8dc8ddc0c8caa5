"""What somebody decided about findings: other severities, and what is left alone, with a reason."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from fnmatch import fnmatchcase

from doctor.living.baseline import Baseline
from doctor.model import Finding, Severity
from doctor.values import value


@value
class Override:
    """Another severity for the findings of a check, a family or a glob. `where` it is written is for messages."""

    check: str
    severity: Severity
    where: str


@value
class Ignore:
    """
    Findings that are left alone: of a check, a family or a glob; of those, what the other fields narrow it to.

    `path`, `key` and `name` are held, as globs, against the place that a finding is at, `message` against its words,
    as a part of them. It holds up to and including the day `until`. `where` it is written is for messages.
    """

    check: str
    reason: str
    where: str
    path: str | None = None
    key: str | None = None
    name: str | None = None
    message: str | None = None
    until: datetime.date | None = None

    def ended(self, today: datetime.date) -> bool:
        """Whether it no longer holds."""
        return self.until is not None and today > self.until

    def fits(self, finding: Finding) -> bool:
        """Whether it is meant, the check aside; the finding is one that is redacted."""
        place = finding.at
        given = ((self.path, place.path), (self.key, place.key), (self.name, place.name))
        fitting = all(wanted is None or (has is not None and fnmatchcase(has, wanted)) for wanted, has in given)
        return fitting and (self.message is None or self.message in finding.message)


@value
class Rules:
    """All that is applied to the findings of a run; `today` is the day in UTC."""

    today: datetime.date
    overrides: tuple[Override, ...] = ()
    ignores: tuple[Ignore, ...] = ()
    baseline: Baseline | None = None

    def patterns(self) -> Iterator[tuple[str, str]]:
        """Every pattern for checks, with where it is written."""
        for override in self.overrides:
            yield override.check, override.where
        for ignore in self.ignores:
            yield ignore.check, ignore.where
