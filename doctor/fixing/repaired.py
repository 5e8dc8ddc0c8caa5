"""What became of the fixes of a run."""

from __future__ import annotations

from dataclasses import dataclass

from doctor.fixing.plan import Plan
from doctor.model import Report


@dataclass(frozen=True)
class Repair:
    """
    What became of the fixes.

    `report` is what was found, with what trying each fix showed. `diff` are the lines of the plan's changes of files,
    fit to be shown. `after` is what is left once they are written, None when nothing was. `written` are the files and
    paths that were changed, `taken_back` the checks whose fix did not take. `problem` says why nothing, or not all,
    could be written.
    """

    report: Report
    plan: Plan
    diff: tuple[str, ...] = ()
    applying: bool = False
    after: Report | None = None
    written: tuple[str, ...] = ()
    taken_back: tuple[str, ...] = ()
    backup: str | None = None
    problem: str | None = None

    @property
    def left(self) -> Report:
        """What is still there."""
        return self.after or self.report
