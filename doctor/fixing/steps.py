"""What a fix changes, step by step: all steps are made, or those that were made are taken back."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import Any, Protocol

from doctor.fixing.system import SYSTEM, System, reason
from doctor.fixing.text import Refused


class State(StrEnum):
    """What there is now: what was there before a step, what the step made, or something else."""

    BEFORE = "before"
    AFTER = "after"
    OTHER = "other"


class Step(Protocol):
    """
    One change to one path that can be taken back.

    All that is needed for taking it back is known before it is made. Everything may raise `Refused`.
    """

    @property
    def path(self) -> Path:
        """What is changed, absolute."""

    def check(self, system: System = SYSTEM) -> None:
        """Raise `Refused` when it cannot be made; changes nothing."""

    def apply(self, system: System = SYSTEM) -> None:
        """Make the change."""

    def state(self, system: System = SYSTEM) -> State:
        """Whether the change is made; `OTHER` when it can be neither made nor taken back any more."""

    def revert(self, system: System = SYSTEM) -> str | None:
        """Take the change back; a sentence about what was left on purpose."""

    def record(self) -> dict[str, Any]:
        """What a backup keeps of it, without any content."""


class HalfDone(Refused):
    """Some of the changes could be neither completed nor taken back; the message names them."""


def apply_all(steps: Sequence[Step], *, system: System = SYSTEM) -> None:
    """
    Make all the changes, or none.

    All of them are checked before the first one is made. When one fails, those that were made are taken back; `Refused`
    says why it failed, `HalfDone` also what could not be taken back. Only one process at a time may do this to the same
    files: `doctor.fixing.backup` sees to that.
    """
    _distinct(steps)
    for step in steps:
        step.check(system)
    begun: list[Step] = []
    try:
        for step in steps:
            begun.append(step)
            step.apply(system)
    except BaseException as error:
        failures = _put_back(begun, system)
        if failures:
            first = str(error) or type(error).__name__
            raise HalfDone(f"{first} What was already changed could not be put back: {' '.join(failures)}") from error
        raise


def _distinct(steps: Sequence[Step]) -> None:
    seen: set[tuple[type, Path]] = set()
    for step in steps:
        identity = (type(step), step.path)
        if identity in seen:
            raise Refused(f"{step.path} would be changed twice.")
        seen.add(identity)


def _put_back(steps: Sequence[Step], system: System) -> list[str]:
    """Take back whatever was made, the last one first; one sentence for each that could not be."""
    failures = []
    for step in reversed(steps):
        try:
            state = step.state(system)
            if state is State.AFTER:
                step.revert(system)
            elif state is State.OTHER:
                failures.append(f"{step.path} was changed in the meantime.")
        except Refused as error:
            failures.append(str(error))
        except OSError as error:
            failures.append(f"{step.path}: {reason(error)}.")
    return failures
