"""How what logs tell is to look: widths, colours, how much of it, and lines put together by these."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from doctor.report.table import cut
from doctor.report.terminal import Paint, wrap

# Labels stand in a column of their own, so that an eye can run down them.
GUTTER = 9
# What one line of a log may take where nothing else sets a limit.
LINE = 150


@dataclass(frozen=True)
class Look:
    """How it is to be shown: the width of prose, what a table or a line may take (None: what it needs)."""

    width: int = 80
    fit: int | None = None
    color: bool = False
    verbosity: int = 0
    quiet: bool = False

    @property
    def paint(self) -> Paint:
        """For colours."""
        return Paint(self.color)

    def few(self, most: int) -> int | None:
        """So many, or all with -v."""
        return None if self.verbosity else most

    def line(self, text: str, taken: int = 0) -> str:
        """A line of a log, cut to what fits unless all is asked for."""
        return text if self.verbosity else cut(text, (self.fit or max(self.width, LINE)) - taken)

    def prose(self, sentence: str, indent: str = "", first: str | None = None) -> Iterator[str]:
        """A paragraph."""
        yield from wrap(sentence, self.width, indent, first)

    def part(self, label: str, sentence: str) -> Iterator[str]:
        """A labelled paragraph."""
        lines = wrap(sentence, self.width, " " * GUTTER)
        if lines:
            lines[0] = self.label(label) + lines[0][GUTTER:]
        yield from lines

    def label(self, label: str) -> str:
        """What stands before a line."""
        return self.paint(f"  {label}".ljust(GUTTER), "dim")

    def title(self, words: str) -> str:
        """Above a section."""
        return self.paint(words, "bold")
