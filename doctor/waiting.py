"""`--wait`: runs again and again until nothing at the threshold is left, or waiting is of no use any more."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from doctor import app, interruption
from doctor.engine import lasting
from doctor.model import CheckResult, Finding, OutcomeKind, Place, Report, Severity, WorkerSummary
from doctor.registry import Registry, installed
from doctor.target import MARGIN
from doctor.values import value

if TYPE_CHECKING:
    from doctor.settings import Settings

# Seconds between the end of a run and the next one: at first, and at most.
FIRST = 1.0
LONGEST = 10.0


@value
class State:
    """
    How the waiting stands after a run.

    `left` are the ids of the checks with findings at the threshold, and crashed ones; `stuck` those of them that
    waiting cannot change. `ends_at` (monotonic seconds) is when the last look begins. `over` says that it was taken.
    """

    left: tuple[str, ...]
    stuck: tuple[str, ...]
    complete: bool
    ends_at: float
    over: bool

    @property
    def last(self) -> bool:
        """Whether there is no further run."""
        return self.over or bool(self.stuck) or (self.complete and not self.left)


Look = Callable[["Settings"], Report]


def diagnose(
    settings: Settings,
    told: Callable[[State], object],
    *,
    look: Look | None = None,
    clock: Callable[[], float] = time.monotonic,
    pause: Callable[[float], object] = interruption.pause,
    registry: Registry | None = None,
) -> Report:
    """
    The report of the last run, complete unless `--deadline` or the user cut it short; `told` hears of every run.

    Each run looks at everything anew. None begins after `settings.wait` seconds, nor when it would, judged by the one
    before, not be done by the deadline. Raises UsageError like `app.diagnose`.
    """
    look = look or app.diagnose
    judge = _Judge(registry or installed())
    began, delay = clock(), FIRST
    ends_at = began + (settings.wait or 0.0)
    must_end = began + settings.deadline if settings.deadline is not None else None
    while True:
        started = clock()
        report = look(_limited(settings, must_end, started))
        if interruption.asked():
            return report
        now = clock()
        latest = ends_at if must_end is None else min(ends_at, must_end - (now - started) - MARGIN)
        state = judge(report, settings.fail_on, latest, over=now >= latest)
        told(state)
        if state.last:
            return report
        pause(min(delay, latest - now))
        if interruption.asked():
            return replace(report, incomplete=f"{interruption.REASON} while waiting for {_named(state)}")
        delay = min(2 * delay, LONGEST)


def _named(state: State) -> str:
    return ", ".join(state.left) or "a complete run"


def _limited(settings: Settings, must_end: float | None, now: float) -> Settings:
    return settings if must_end is None else replace(settings, deadline=max(0.01, must_end - now))


class _Judge:
    """Tells what is left and what of it stays, whatever is waited for."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry

    def __call__(self, report: Report, fail_on: str, ends_at: float, *, over: bool) -> State:
        """How it stands."""
        left = [each for each in report.results if _counts(each, fail_on)]
        stuck = [each.id for each in left if self._stays(each, report.target.worker, fail_on)]
        return State(tuple(each.id for each in left), tuple(stuck), report.incomplete is None, ends_at, over)

    def _stays(self, result: CheckResult, worker: WorkerSummary, fail_on: str) -> bool:
        check = self._registry.by_id.get(result.id)
        if check is None:  # a family that cannot be loaded
            return True
        if not lasting(check, app.sources()):
            return False
        crashed = result.outcome.kind is OutcomeKind.CRASHED
        return crashed or any(_is_written(each, worker) for each in _at(result, fail_on))


def _counts(result: CheckResult, fail_on: str) -> bool:
    return result.outcome.kind is OutcomeKind.CRASHED or any(_at(result, fail_on))


def _at(result: CheckResult, fail_on: str) -> Iterator[Finding]:
    """The findings at the threshold."""
    if fail_on == "never":
        return
    threshold = Severity(fail_on)
    for each in result.outcome.findings:
        if each.suppressed is None and each.severity is not None and each.severity.at_least(threshold):
            yield each


def _is_written(finding: Finding, worker: WorkerSummary) -> bool:
    """Whether it is about a file, or about variables that are no longer going to be those of a worker yet to start."""
    if finding.at.kind is Place.FILE:
        return True
    given = worker.location == "given" and worker.kind == "host"
    return given or (worker.location != "assumed" and worker.state is None)
