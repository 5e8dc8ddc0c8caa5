"""Scanning inputs: in this process what is small, over all cores what is not; the result is the same."""

from __future__ import annotations

import contextlib
import os
import pickle
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

from doctor import interruption
from doctor.facts.logs import Logs
from doctor.logs.result import Result
from doctor.sources.logs.blocks import Part, Trouble, parts, whole
from doctor.sources.logs.inputs import Input

# What reads and tells is loaded where it is used: while others are reading already.
if TYPE_CHECKING:
    from doctor.logs.scan import Window
    from doctor.sources.logs.worker import Reader

# What one process takes at a time, and from which size on others are started to help.
PART = 24 * 1024 * 1024
WORTH_HELP = 96 * 1024 * 1024
MOST_HELPERS = 16
# A part takes some tenths of a second: so long a process may go on with its own once there is to be an end.
GRACE = 0.5
MOMENT = 0.05

Progress = Callable[[int], None]


def read(
    inputs: Sequence[Input], window: Window, *, progress: Progress | None = None, ends_at: float | None = None
) -> Logs:
    """
    What these inputs hold. `progress` is told how many bytes more were scanned.

    What is not done by `ends_at` (monotonic seconds) is left out, and said of the inputs.
    """
    return begun(inputs, window, progress=progress, ends_at=ends_at)()


def begun(
    inputs: Sequence[Input], window: Window, *, progress: Progress | None = None, ends_at: float | None = None
) -> Callable[[], Logs]:
    """The same, for callers who have something else to do while other processes read: the answer is called for all."""
    reading = _Reading(inputs, window, progress or (lambda _: None), ends_at)
    reading.start()

    def finish() -> Logs:
        from doctor.logs.story import tell

        result, troubles = reading.run()
        problems = {number: trouble.text for number, trouble in troubles.items() if trouble.text is not None}
        return tell(result, [each.name for each in inputs], problems)

    return finish


class _Reading:
    """The parts that are left, and what came of the others."""

    def __init__(self, inputs: Sequence[Input], window: Window, progress: Progress, ends_at: float | None) -> None:
        self._window = window
        self._progress = progress
        self._ends_at = ends_at
        self._parts: deque[Part] = deque()
        self._serial: list[Part] = []
        self._lock = threading.Lock()
        self._total, self._troubles = Result(window.depth), dict[int, Trouble]()
        self._late: set[int] = set()
        self._processes: list[_Helper] = []
        self._helpers = [
            threading.Thread(target=self._helped, name="log reader", daemon=True) for _ in range(self._share(inputs))
        ]

    def _share(self, inputs: Sequence[Input]) -> int:
        """What others can read and what only this process can; how many are worth starting."""
        size = sum((each.size or 0) - each.start for each in inputs if each.kind == "file" and each.problem is None)
        if size < WORTH_HELP:
            self._serial = [whole(each) for each in inputs]
            return 0
        for each in inputs:
            if each.kind != "file" or each.problem is not None:
                self._serial.append(whole(each))
            else:
                self._parts += parts(each, PART)
        return min(_cores(), len(self._parts), MOST_HELPERS)

    def start(self) -> None:
        """Have the helpers begin, as many as the system lets."""
        started = []
        with contextlib.suppress(RuntimeError):
            for helper in self._helpers:
                helper.start()
                started.append(helper)
        self._helpers = started

    def run(self) -> tuple[Result, dict[int, Trouble]]:
        """Read everything else, and wait for the helpers."""
        self._read_here(self._serial)
        self._wait()
        if self._parts:
            self._read_here(self._left())  # what a helper that failed has left
        for number in self._late:
            from doctor.sources.logs.waiting import stopped

            self._troubles[number] = self._troubles.get(number, Trouble()) + Trouble(stopped=stopped())
        return self._total.pruned(), self._troubles

    def _wait(self) -> None:
        """Until the helpers are through; one that goes on some time after there was to be an end is ended."""
        patience = 0.0
        for helper in self._helpers:
            while helper.is_alive():
                helper.join(MOMENT)
                patience += MOMENT if self._over() else 0.0
                if patience >= GRACE:
                    for each in self._processes:
                        each.end()

    def _left(self) -> Iterable[Part]:
        """
        What is left, for one reader: the newest and the oldest part first, then backwards.

        Of most others nothing has to be kept then, as it is neither among the newest nor among the earliest lines.
        """
        with contextlib.suppress(IndexError):
            yield self._parts.pop()
            yield self._parts.popleft()
            while True:
                yield self._parts.pop()

    def _over(self) -> bool:
        return interruption.asked() or (self._ends_at is not None and time.monotonic() >= self._ends_at)

    def _read_here(self, wanted: Iterable[Part]) -> None:
        reader: Reader | None = None
        for part in wanted:
            if self._over():
                self._late.add(part.input.number)
                continue
            if reader is None:
                from doctor.sources.logs.worker import Reader

                reader = Reader(self._window, hurried=self._ends_at is not None)
            self._progress(reader.read(part, self._over))
        if reader is not None:
            self._take(reader.result(), reader.troubles)

    def _take(self, result: Result, troubles: dict[int, Trouble]) -> None:
        with self._lock:
            self._total.merge(result)
            for number, trouble in troubles.items():
                self._troubles[number] = self._troubles.get(number, Trouble()) + trouble

    # --- in other processes ----------------------------------------------------------------------------------------

    def _helped(self) -> None:
        """Give parts to a process of its own until there are none; what it did counts when it has told all."""
        mine: list[Part] = []
        with contextlib.ExitStack() as stack:
            try:
                helper = stack.enter_context(_Helper(self._window, self._ends_at))
                self._processes.append(helper)
                for part in self._left():
                    if self._over():
                        self._parts.append(part)
                        break
                    mine.append(part)
                    self._progress(helper.ask(part))
                self._take(*helper.finish())
                return
            except (OSError, EOFError, MemoryError, pickle.UnpicklingError):
                pass
        with self._lock:
            if self._over():
                self._late |= {part.input.number for part in mine}
            else:  # it died: its parts are read once more, in this process
                for part in mine:
                    self._parts.append(part)


class _Helper:
    """One other process."""

    def __init__(self, window: Window, ends_at: float | None) -> None:
        # -P: what lies in the directory at hand is none of our modules.
        command = [sys.executable, "-P", "-m", "doctor.sources.logs.worker"]
        # A session of its own: an interrupt at the terminal is ours to pass on.
        self._process = subprocess.Popen(  # noqa: S603
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True
        )
        self._say((window, ends_at))

    def ask(self, part: Part) -> int:
        """Have a part scanned, or as much of it as comes before the end."""
        self._say(part)
        return int(self._hear())

    def finish(self) -> tuple[Result, dict[int, Trouble]]:
        """Everything that it found."""
        self._say(None)
        result, troubles = self._hear()
        return result, troubles

    def end(self) -> None:
        """End it at once; whoever waits for its answer hears that it is gone."""
        self._process.kill()

    def _say(self, what: Any) -> None:
        assert self._process.stdin is not None
        pickle.dump(what, self._process.stdin, protocol=pickle.HIGHEST_PROTOCOL)
        self._process.stdin.flush()

    def _hear(self) -> Any:
        assert self._process.stdout is not None
        return pickle.load(self._process.stdout)  # noqa: S301 - of our own child

    def __enter__(self) -> _Helper:
        return self

    def __exit__(self, *_: object) -> None:
        for pipe in (self._process.stdin, self._process.stdout):
            with contextlib.suppress(OSError):
                if pipe is not None:
                    pipe.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(timeout=1.0)
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()


def _cores() -> int:
    """The processors that this process may use."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # not on every system
        return os.cpu_count() or 1
