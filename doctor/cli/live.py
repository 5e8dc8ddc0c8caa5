"""Something shown again and again, until Ctrl-C: on a screen of its own, or one after the other into a pipe."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import sys
import time
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Protocol

from doctor.cli.output import colored, notice, say, width
from doctor.errors import SourceError

EVERY = 2.0
# How long a terminal waits at most for an answer to what it asks for.
SLICE = 0.1

# Alternate screen, hidden cursor, no wrapping of long lines; and all of it back.
ENTER = "\x1b[?1049h\x1b[?25l\x1b[?7l\x1b[H\x1b[2J"
LEAVE = "\x1b[?7h\x1b[?25h\x1b[?1049l"

# Makes the text for a width, with colour or without.
Render = Callable[[int, bool], str]
Handler = Callable[[int, FrameType | None], object]


class Display(Protocol):
    """Where frames go."""

    def show(self, render: Render) -> bool:
        """Show a frame; False when nobody looks any more."""

    def trouble(self, text: str) -> bool:
        """Say that there is no new frame for now, and why; False when nobody looks any more."""

    def wait(self, seconds: float) -> None:
        """Let this time pass."""


class Screen:
    """A terminal while it is ours; each frame is written at once, over the one before."""

    def __init__(self, color: str) -> None:
        self._color = colored(color, sys.stdout, os.environ)
        self._last: Render | None = None
        self._trouble: str | None = None
        self._asked: Callable[[], object] | None = None

    def show(self, render: Render) -> bool:
        """Draw the frame, as much of it as there are lines."""
        self._last, self._trouble = render, None
        return self._draw()

    def trouble(self, text: str) -> bool:
        """Draw the last frame again, below what the trouble is."""
        self._trouble = text
        return self._draw()

    def _draw(self) -> bool:
        from doctor.report.terminal import Paint, wrap

        columns = width(sys.stdout)
        lines = self._last(columns, self._color).rstrip("\n").split("\n") if self._last is not None else []
        if self._trouble is not None:
            lines[:0] = [*(Paint(self._color)(line, "yellow") for line in wrap(self._trouble, columns)), ""]
        shown = lines[: max(1, shutil.get_terminal_size().lines - 1)]
        return say("\x1b[H" + "".join(f"{line}\x1b[K\n" for line in shown) + "\x1b[J")

    def wait(self, seconds: float) -> None:
        """Wait, and see to what the terminal asks for in the meantime."""
        ends_at = time.monotonic() + seconds
        while (left := ends_at - time.monotonic()) > 0:
            time.sleep(min(left, SLICE))
            if self._asked is not None:
                asked, self._asked = self._asked, None
                asked()

    @contextlib.contextmanager
    def taken(self) -> Iterator[None]:
        """Take the terminal, and give it back as it was, however this ends."""
        before = {number: signal.signal(number, handler) for number, handler in self._handlers().items()}
        try:
            say(ENTER)
            yield
        finally:
            say(LEAVE)
            for number, handler in before.items():
                signal.signal(number, handler)

    def _handlers(self) -> dict[int, Handler]:
        known: dict[str, Handler] = {
            "SIGWINCH": lambda *_: self._ask(self._draw),
            "SIGTSTP": lambda *_: self._ask(self._step_aside),
            "SIGTERM": _end,
            "SIGHUP": _end,
        }
        return {getattr(signal, name): handler for name, handler in known.items() if hasattr(signal, name)}

    def _ask(self, action: Callable[[], object]) -> None:
        """For later: a handler runs in the middle of whatever is being written or locked."""
        self._asked = action

    def _step_aside(self) -> None:
        """Ctrl-Z: the shell has its screen back until we go on."""
        say(LEAVE)
        os.kill(os.getpid(), signal.SIGSTOP)
        say(ENTER)
        self._draw()


def _end(number: int, _frame: FrameType | None) -> None:
    raise SystemExit(128 + number)


class Stream:
    """Standard output that is no terminal: frame after frame, `between` them a text."""

    def __init__(self, color: str, between: str) -> None:
        self._color = colored(color, sys.stdout, os.environ)
        self._between = between
        self._begun = False

    def show(self, render: Render) -> bool:
        """Write the frame."""
        before = self._between if self._begun else ""
        self._begun = True
        return say(before + render(width(sys.stdout), self._color))

    def trouble(self, text: str) -> bool:
        """Say it on standard error."""
        notice(text)
        return True

    def wait(self, seconds: float) -> None:
        """Wait."""
        time.sleep(seconds)


@contextlib.contextmanager
def display(color: str, *, text: bool) -> Iterator[Display]:
    """
    A screen when text goes to a terminal, else a stream.

    Ctrl-C ends the block without an error: it is how one stops watching.
    """
    with contextlib.suppress(KeyboardInterrupt):
        if text and sys.stdout.isatty() and os.environ.get("TERM") != "dumb":
            screen = Screen(color)
            with screen.taken():
                yield screen
        else:
            yield Stream(color, "\n" if text else "")


def follow(
    display: Display,
    frame: Callable[[], Render],
    *,
    ends_at: float | None = None,
    over: Callable[[], bool] = lambda: False,
) -> None:
    """
    Show a new frame every two seconds, until nobody looks or the time (monotonic seconds) is over.

    `over` says after each frame whether it was the last. What takes long to look at is looked at less often, half of
    the time at most. A SourceError of `frame` is shown, and the next one tried.
    """
    while True:
        began = time.monotonic()
        try:
            looked_at = display.show(frame())
        except SourceError as error:
            looked_at = display.trouble(f"{error}; trying again")
        now = time.monotonic()
        pause = max(began + EVERY - now, now - began)
        if not looked_at or over() or (ends_at is not None and now + pause >= ends_at):
            return
        display.wait(pause)
