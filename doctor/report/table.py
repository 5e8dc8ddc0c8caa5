"""Tables for terminals: columns of text that fit into a width."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from doctor.report.terminal import Paint, columns, padded

GAP = "  "
# A name shorter than this tells one nothing.
ROOM = 10


@dataclass(frozen=True)
class Column:
    """A title and the cells below it, printable and in one line each; `styles` is one for each cell."""

    title: str
    cells: Sequence[str]
    right: bool = False
    styles: Sequence[str | None] = ()

    @cached_property
    def width(self) -> int:
        """The columns of a terminal that it takes."""
        return max(map(columns, (self.title, *self.cells)))


def table(
    wanted: Sequence[Column],
    paint: Paint,
    *,
    fit: int | None = None,
    droppable: Sequence[str] = (),
    cuttable: str = "",
) -> list[str]:
    """
    The lines of a table, titles first.

    When it is wider than `fit`, the cells of the `cuttable` column lose their ends, down to a width that still tells
    names apart; when that is not enough, `droppable` columns go, in that order.
    """
    shown = list(wanted) if fit is None else _fitted(wanted, fit, droppable, cuttable)
    lines = [_line([_aligned(column, column.title) for column in shown], paint, ["dim"] * len(shown))]
    for row in range(len(shown[0].cells)):
        cells = [_aligned(column, column.cells[row]) for column in shown]
        lines.append(_line(cells, paint, [column.styles[row] if column.styles else None for column in shown]))
    return lines


def _fitted(wanted: Sequence[Column], fit: int, droppable: Sequence[str], cuttable: str) -> list[Column]:
    shown = list(wanted)
    for title in droppable:
        if _width(shown) - _spare(shown, cuttable) <= fit:
            break
        shown = [column for column in shown if column.title != title]
    too_much = _width(shown) - fit
    if too_much > 0:
        shown = [_narrowed(each, each.width - too_much) if each.title == cuttable else each for each in shown]
    return shown


def _width(shown: Sequence[Column]) -> int:
    return sum(column.width for column in shown) + len(GAP) * (len(shown) - 1)


def _spare(shown: Sequence[Column], cuttable: str) -> int:
    return sum(max(0, column.width - ROOM) for column in shown if column.title == cuttable)


def _narrowed(column: Column, width: int) -> Column:
    cells = [cut(cell, max(width, 1)) for cell in column.cells]
    return Column(cut(column.title, max(width, 1)), cells, column.right, column.styles)


def _aligned(column: Column, text: str) -> str:
    return " " * (column.width - columns(text)) + text if column.right else padded(text, column.width)


def _line(cells: Sequence[str], paint: Paint, styles: Sequence[str | None]) -> str:
    stripped = [*cells[:-1], cells[-1].rstrip()]
    painted = [paint(cell, style) if style else cell for cell, style in zip(stripped, styles, strict=True)]
    return GAP.join(painted).rstrip()


def cut(text: str, width: int) -> str:
    """The text, or its beginning and an ellipsis, in at most this many columns."""
    if columns(text) <= width:
        return text
    while text and columns(text) > width - 1:
        text = text[: max(0, len(text) - max(1, (columns(text) - width + 1) // 2))]
    return text.rstrip() + "…"
