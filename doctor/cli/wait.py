"""What `check --wait` says while it waits."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from doctor.cli.output import notice
from doctor.cli.progress import listens, showing
from doctor.report.figures import duration

if TYPE_CHECKING:
    from doctor.model import Report
    from doctor.settings import Settings
    from doctor.waiting import State

# So many ids are named; the report has all.
FEW = 5


def wait(settings: Settings) -> Report:
    """The last report; on the way a terminal shows one line, anything else gets a line for each change."""
    import sys

    from doctor import waiting

    told = _Told(settings, live=listens(sys.stderr))
    with showing(told.line, quiet=settings.quiet):
        report = waiting.diagnose(settings, told)
    for sentence in told.at_last:
        notice(sentence)
    return report


class _Told:
    """Hears how it stands after each run."""

    def __init__(self, settings: Settings, *, live: bool) -> None:
        self._settings, self._live = settings, live
        self._began = time.monotonic()
        self._state: State | None = None
        self.at_last: tuple[str, ...] = ()

    def line(self) -> str:
        """For a terminal, at this moment."""
        if self._state is None:
            return "examining the installation ..."
        left = max(0.0, self._state.ends_at - time.monotonic())
        return f"waiting for {self._what(self._state)}: {_span(left)} left"

    def __call__(self, state: State) -> None:
        """Say what has changed, and in the end why it is the end."""
        before, self._state = self._state, state
        if state.last:
            self.at_last = tuple(self._ending(state, first=before is None))
        elif not (self._live or self._settings.quiet) and (before is None or before.left != state.left):
            left = max(0.0, state.ends_at - time.monotonic())
            notice(f"waiting for {self._what(state)}: {_span(left)} left")

    def _ending(self, state: State, *, first: bool) -> list[str]:
        spent = _span(time.monotonic() - self._began)
        if state.stuck:
            return [f"waiting cannot change {_listed(state.stuck)}: the cause is written in a file or a variable"]
        if not state.left and state.complete:
            return [] if first or self._settings.quiet else [f"nothing is left to wait for after {spent}"]
        return [f"still {self._what(state)} after {spent}"] if not self._settings.quiet else []

    def _what(self, state: State) -> str:
        return _listed(state.left) if state.left else "a complete run"


def _listed(ids: tuple[str, ...]) -> str:
    more = f" and {len(ids) - FEW} more" if len(ids) > FEW else ""
    return ", ".join(ids[:FEW]) + more


def _span(seconds: float) -> str:
    start = datetime(2000, 1, 1, tzinfo=UTC)
    return duration(start, start + timedelta(seconds=round(seconds)))
