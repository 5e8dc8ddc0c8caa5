"""How a baseline fits to what a run found."""

from __future__ import annotations

from doctor.values import value


@value
class Unmatched:
    """
    An entry of the baseline that lists more than there is.

    `about` is what its findings are about (see `doctor.identity`), `line` where it stands in the file, counted from
    1, None where it does not stand in a line of its own.
    """

    check: str
    about: str
    listed: int
    left: int
    line: int | None = None


@value
class Baseline:
    """A baseline, by its path as reports show it, and which of its entries no longer fit; none when it all fits."""

    path: str
    unmatched: tuple[Unmatched, ...] = ()
