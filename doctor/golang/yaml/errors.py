"""What yaml.v3 says when it gives up."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class DuplicateKey:
    """A key that stands twice in one mapping; places count from 1."""

    key: str
    first_line: int
    first_column: int
    line: int
    column: int


class YamlError(Exception):
    """
    A document that yaml.v3 3.0.1 refuses; `str()` is Go's whole text.

    `line` and `column` (from 1, None where there is no one place) are where the problem really is, which the line in
    Go's text often is not. `duplicates` are the keys that stand twice, when that is the problem.
    """

    def __init__(
        self,
        message: str,
        line: int | None = None,
        column: int | None = None,
        duplicates: tuple[DuplicateKey, ...] = (),
    ) -> None:
        super().__init__(f"yaml: {message}")
        self.line = line
        self.column = column
        self.duplicates = duplicates
