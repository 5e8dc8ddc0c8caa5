"""What differs between versions of the program, by the day on which it changed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import field
from datetime import date

from doctor.values import value

# Changes of the program that make it end elsewhere.
FALLBACK = "2025-11-27"  # 9e62701: a batch that cannot be stored can be answered by falling back
EMPTY_SETTINGS = "2025-12-07"  # ed29f5e: no database user anywhere means empty settings, not a panic
SKIPPING = "2026-04-22"  # a5a5617: chunks with vectors are skipped
CANCELLED = "2026-04-23"  # afd55c1: batches are polled in bulk; a cancelled one is known as such
CLONE_SKIPPED = "2026-04-26"  # cf54b70: a credential keeps git from running
OPENAI = "2026-05-04"  # 29cdb79: provider openai; submitter and poller only with a real client


@value
class Version:
    """
    When the program at hand was made, as far as its lines tell: not before `since`, and before `until`.

    Both are days as text (`2025-11-27`), empty where nothing tells. `told_by` names the lines that did.
    """

    since: str = ""
    until: str = ""
    told_by: tuple[str, ...] = field(default=())

    def has(self, change: str) -> bool:
        """Whether a change of this day is in it; where nothing speaks against it, it is."""
        return not self.until or change < self.until

    @property
    def words(self) -> str | None:
        """For a reader; None while it may be the newest."""
        return f"before {date.fromisoformat(self.until):%d %B %Y}".replace(" 0", " ") if self.until else None


NEWEST = Version()


def recognised(spans: Iterable[tuple[str, str | None, str | None]]) -> Version:
    """The version that wrote lines of these kinds: (id, since, until) with the days between which each existed."""
    since, until, told = "", "", list[str]()
    for id, first, last in spans:
        if first and first > since:
            since = first
        if last and (not until or last < until):
            until, told = last, [id]
    # Lines of two versions in one life cannot be; then nothing is told.
    return Version(since, until, tuple(told)) if not until or since <= until else NEWEST
