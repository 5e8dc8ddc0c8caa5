"""One call of a command that shows what a server knows: once, or again and again."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

from doctor.cli.output import PIPED_WIDTH, emit, fit, notice, write
from doctor.cli.progress import waiting

if TYPE_CHECKING:
    from datetime import datetime

    from doctor.cli.live import Render
    from doctor.model import Report
    from doctor.settings import Settings


class _Dated(Protocol):
    @property
    def at(self) -> datetime:
        """When it was so."""


Found = TypeVar("Found", bound=_Dated)


class Hindered(Exception):
    """Nothing can be shown; the report says why."""

    def __init__(self, report: Report) -> None:
        super().__init__("nothing can be shown")
        self.report = report


class Showing(ABC, Generic[Found]):
    """Asks, and shows what is found; it ends within the deadline, however often it asks."""

    asking: str
    # What a watcher is told of the end.
    until = "until Ctrl-C"

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.watched = False
        deadline = settings.deadline
        self._ends_at = time.monotonic() + deadline if deadline is not None else None

    @abstractmethod
    def found(self, settings: Settings) -> Found | Report:
        """What is to be shown, or what stands in the way."""

    @abstractmethod
    def text(self, found: Found, *, width: int, fit: int | None, color: bool) -> str:
        """For people; `fit` is what a table may take, None where it may take what it needs."""

    @abstractmethod
    def json(self, found: Found, *, line: bool) -> str:
        """For machines, in one line if asked for."""

    def over(self, found: Found) -> bool:
        """Whether there is nothing more to watch."""
        return False

    def status(self, found: Found) -> int:
        """The exit status when it was shown."""
        return 0

    def run(self, *, watch: bool) -> int:
        """Ask and show."""
        try:
            first = self._ask()
        except Hindered as hindered:
            return self._say(hindered.report)
        return self._watch(first) if watch else self._show(first)

    def _ask(self, *, quiet: bool = False) -> Found:
        from doctor.model import Report

        with waiting(self.asking, quiet=quiet or self.settings.quiet):
            found = self.found(self._limited())
        if isinstance(found, Report):
            raise Hindered(found)
        return found

    def _say(self, report: Report) -> int:
        """Say it as `check` does."""
        from doctor.report import REPORTERS, exit_status, reporter

        settings = self.settings

        def render(format: str, width: int, color: bool) -> str:
            return reporter(format)(
                report, width=width, color=color, verbosity=settings.verbosity, quiet=settings.quiet
            )

        emit(settings, {name: partial(render, name) for name in REPORTERS})
        if report.incomplete is not None and (settings.format != "text" or settings.quiet):
            notice(f"could not complete: {report.incomplete}")
        # Whatever stands in the way is in the way, also what `check` calls a warning.
        return exit_status(report, "warning")

    def _show(self, found: Found) -> int:
        emit(self.settings, {"text": self._renderer(found), "json": lambda *_: self.json(found, line=False)})
        return self.status(found)

    def _watch(self, first: Found) -> int:
        """Show it until it is over, or Ctrl-C; what stands in the way on the way may pass."""
        from doctor.cli import live

        self.watched = True
        last = first
        looks = iter((first,))

        def frame() -> Render:
            nonlocal last
            last = next(looks, None) or self._again()
            return self._frame(last)

        with live.display(self.settings.color, text=self.settings.format == "text") as display:
            live.follow(display, frame, ends_at=self._ends_at, over=lambda: self.over(last))
        if isinstance(display, live.Screen) and self.over(last):
            # The screen went back to what it was, and with it the answer that was waited for.
            self.watched = False
            emit(replace(self.settings, output=()), {"text": self._renderer(last)})
        return self.status(last)

    def _again(self) -> Found:
        from doctor.errors import SourceError
        from doctor.model import Severity

        try:
            return self._ask(quiet=True)
        except Hindered as hindered:
            found = sorted(hindered.report.findings(), key=lambda each: (each.severity or Severity.ERROR).rank)
            why = found[0].message if found else hindered.report.incomplete
            raise SourceError(why or str(hindered)) from hindered

    def _limited(self) -> Settings:
        if self._ends_at is None:
            return self.settings
        return replace(self.settings, deadline=max(0.01, self._ends_at - time.monotonic()))

    def _frame(self, found: Found) -> Render:
        for format, path in self.settings.output:
            whole = self.json(found, line=False) if format == "json" else self._renderer(found)(PIPED_WIDTH, False)
            write(path, whole)
        if self.settings.format == "json":
            return lambda *_: self.json(found, line=True)
        head = f"{found.at:%Y-%m-%d %H:%M:%S} UTC, again every 2 seconds {self.until}\n\n"
        text = self._renderer(found)
        return lambda width, color: head + text(width, color)

    def _renderer(self, found: Found) -> Render:
        return lambda width, color: self.text(found, width=width, fit=fit(width), color=color)
