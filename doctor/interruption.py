"""
Ctrl-C and SIGTERM: a deadline that comes now.

Where nothing else is said they raise KeyboardInterrupt in the main thread. While they are heeded they are only noted:
what waits for something is woken, ends with what it has, and the command says what is known by then. A second one ends
the program at once, as the system would.
"""

from __future__ import annotations

import contextlib
import queue
import signal
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from types import FrameType
from typing import ClassVar, TypeVar

Item = TypeVar("Item")

# Why something has no answer.
REASON = "interrupted"
SIGNALS = (signal.SIGINT, signal.SIGTERM)
# What has not come to its end so many seconds later hangs, and is torn out of it after all.
LAST_RESORT = 2.0
AGAIN = 0.1


class _State:
    """Plain values only: a handler must not wait for a lock that what it interrupts may hold."""

    asked = False
    heeding = 0
    raising = 0
    completing = 0
    waking: ClassVar[dict[object, Callable[[], object]]] = {}


def asked() -> bool:
    """Whether the user wants an end, and what runs has to come to one."""
    return _State.asked


def _arrived(number: int, _frame: FrameType | None) -> None:
    if not _State.heeding and not _State.asked:
        raise KeyboardInterrupt
    if _State.asked:
        signal.signal(number, signal.SIG_DFL)
        signal.raise_signal(number)
        return
    _State.asked = True
    if hasattr(signal, "setitimer"):
        signal.signal(signal.SIGALRM, _too_late)
        signal.setitimer(signal.ITIMER_REAL, LAST_RESORT)
    for wake in list(_State.waking.values()):
        wake()
    if _State.raising:
        raise KeyboardInterrupt


def _too_late(_number: int, _frame: FrameType | None) -> None:
    if not _State.heeding:
        return
    if not _State.completing:
        raise KeyboardInterrupt
    signal.setitimer(signal.ITIMER_REAL, AGAIN)


@contextlib.contextmanager
def handled() -> Iterator[None]:
    """While the body runs, SIGTERM is met as Ctrl-C is; afterwards all is as it was."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    # None: somebody else's handler that Python cannot put back. SIG_IGN is the wish of who started this (`nohup`).
    before = {each: signal.getsignal(each) for each in SIGNALS}
    ours = [each for each, handler in before.items() if handler not in (None, signal.SIG_IGN)]
    for each in ours:
        signal.signal(each, _arrived)
    try:
        yield
    finally:
        if _State.asked:
            # There is only the end left, and a second one must not make it loud.
            if hasattr(signal, "setitimer"):
                signal.setitimer(signal.ITIMER_REAL, 0)
        else:
            for each in ours:
                signal.signal(each, before[each])


@contextlib.contextmanager
def heeded() -> Iterator[None]:
    """While the body runs, an interruption is noted instead of raised; the body looks at `asked`."""
    _State.heeding += 1
    try:
        yield
    finally:
        _State.heeding -= 1


@contextlib.contextmanager
def completed() -> Iterator[None]:
    """While the body runs it is not torn out of what it does, however long that takes; for what must not stay half."""
    _State.completing += 1
    try:
        with heeded():
            yield
    finally:
        _State.completing -= 1


@contextlib.contextmanager
def raised() -> Iterator[None]:
    """While the body runs in the main thread, which waits for the system there, it is raised all the same."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    _State.raising += 1
    try:
        if _State.asked:
            raise KeyboardInterrupt
        yield
    finally:
        _State.raising -= 1


def raised_in(items: Iterable[Item]) -> Iterator[Item]:
    """The same items; waiting for each of them ends by KeyboardInterrupt."""
    each = iter(items)
    while True:
        with raised():
            try:
                item = next(each)
            except StopIteration:
                return
        yield item


@contextlib.contextmanager
def woken(wake: Callable[[], object]) -> Iterator[None]:
    """While the body runs, an interruption calls this, in the middle of whatever the main thread does."""
    key = object()
    _State.waking[key] = wake
    try:
        yield
    finally:
        del _State.waking[key]


def pause(seconds: float) -> None:
    """Let this time pass; an interruption ends it."""
    ends_at = time.monotonic() + seconds
    bell: queue.SimpleQueue[None] = queue.SimpleQueue()
    with woken(lambda: bell.put(None)):
        if not asked() and (left := ends_at - time.monotonic()) > 0:
            with contextlib.suppress(queue.Empty):
                bell.get(timeout=left)
