"""What is wrong according to logs: errors by their root cause, worst first, then warnings."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from doctor.causes import RANKS, Cause, causes
from doctor.facts.logs import LogCount, LogEvent, Logs
from doctor.report import log_words
from doctor.report.log_words import data

# Lines of these roles tell of trouble; the level alone does not, as some errors are part of every run.
TROUBLE = ("cause", "symptom")
# The more telling ones first.
ROLES = ("cause", "symptom", "decision", "success", "progress", "noise", "")
# Kinds that say INFO or WARN, and mean that a repository got nothing.
GRAVE = ("embed-engine-failed", "git-token-auth", "git-ssh-auth", "api-mock-publish", "mig-no-version")


@dataclass(frozen=True)
class Problem:
    """Lines with one cause, or of one kind where the cause is not known."""

    counts: tuple[LogCount, ...]
    cause: Cause | None = None

    @property
    def id(self) -> str:
        """The id of the cause, else that of the kind of line."""
        return self.cause.id if self.cause is not None else self.counts[0].id

    @cached_property
    def count(self) -> int:
        """How often."""
        return sum(each.count for each in self.counts)

    @cached_property
    def first(self) -> float | None:
        """Since when."""
        return min((each.first for each in self.counts if each.first is not None), default=None)

    @cached_property
    def last(self) -> float | None:
        """Until when."""
        return max((each.last for each in self.counts if each.last is not None), default=None)

    @property
    def is_error(self) -> bool:
        """Whether something failed, and was not just unusual."""
        return any(each.level == "ERROR" or each.role == "cause" or each.id in GRAVE for each in self.counts)

    @property
    def rank(self) -> int:
        """Root causes before what only follows from them."""
        if self.cause is not None:
            return RANKS.index(self.cause.rank) * 2
        return 1 if any(each.role == "cause" for each in self.counts) else 2 * len(RANKS)

    @property
    def sentence(self) -> str:
        """What it is, in one sentence or two."""
        if self.cause is not None:
            return self.cause.cause
        first = self.samples[0] if self.samples else None
        known = log_words.meaning(self.counts[0].id, first.fields if first is not None else None)
        return known or (data(first.message) if first is not None else self.id)

    @property
    def fix(self) -> str:
        """What to do about it; empty when nobody knows."""
        return self.cause.fix if self.cause is not None else log_words.fix(self.counts[0].id)

    @property
    def messages(self) -> tuple[str, ...]:
        """What the lines say that tell of it, the most telling first."""
        said = (data(each.samples[0].message) if each.samples else log_words.text_of(each.id) for each in self.counts)
        return tuple(dict.fromkeys(said))

    @cached_property
    def samples(self) -> tuple[LogEvent, ...]:
        """The earliest lines of each kind, those of the most telling kind first."""
        return tuple(event for each in self.counts for event in each.samples)


def problems(found: Logs) -> list[Problem]:
    """All of them: errors before warnings, specific causes before generic ones before what only wraps another."""
    known = {each.id: each for each in causes()}
    grouped: dict[str, list[LogCount]] = {}
    for each in found.counts:
        if is_trouble(each):
            key = f"cause {each.cause}" if each.cause in known else f"kind {each.id}"
            grouped.setdefault(key, []).append(each)
    made = [_problem(counts, known) for counts in grouped.values()]
    return sorted(made, key=lambda each: (not each.is_error, each.rank, -each.count, each.first or 0.0, each.id))


def is_trouble(count: LogCount) -> bool:
    """Whether lines of this kind tell that something is wrong; what the catalogue does not know is another matter."""
    if not count.id or count.role == "noise":
        return False
    return count.role in TROUBLE or count.level in ("ERROR", "WARN")


def _problem(counts: Sequence[LogCount], known: dict[str, Cause]) -> Problem:
    ordered = tuple(sorted(counts, key=lambda each: (ROLES.index(each.role), -each.count, each.id)))
    return Problem(ordered, known.get(ordered[0].cause or ""))


def noise(found: Logs) -> list[LogCount]:
    """Warnings and errors that belong to every run."""
    seen = [each for each in found.counts if each.role == "noise" and each.level in ("ERROR", "WARN")]
    return sorted(seen, key=lambda each: (-each.count, each.id))


def by_kind(counts: Iterable[LogCount]) -> Iterator[tuple[str, tuple[LogCount, ...]]]:
    """The counts of each kind of line, whatever their cause."""
    kinds: dict[str, list[LogCount]] = {}
    for each in counts:
        kinds.setdefault(each.id, []).append(each)
    return ((id, tuple(group)) for id, group in kinds.items())
