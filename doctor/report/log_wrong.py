"""What is wrong according to logs, on the screen: each cause with how often, since when, what to do, and a line."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice

from doctor.facts.logs import LogEvent, Logs, LogShape
from doctor.report.log_look import GUTTER, LINE, Look
from doctor.report.log_problems import Problem, problems
from doctor.report.log_words import Clock, data, lasting, many, message, place, service, shown_fields
from doctor.report.terminal import Paint, wrap

# What fits on a screen; -v shows all.
MOST_PROBLEMS, MOST_SHAPES, MOST_FIELDS = 6, 5, 12
# Without -v, with it, and with -vv.
MOST_SAMPLES = (1, 3, None)
# A shorter text may stand in another one by accident.
SHORT = 12
# So many are a rate.
OFTEN = 4


@dataclass(frozen=True)
class Wrong:
    """The part of the screen that says what is wrong."""

    found: Logs
    look: Look
    clock: Clock

    @cached_property
    def problems(self) -> list[Problem]:
        """All that is wrong and known, worst first."""
        return problems(self.found)

    @property
    def paint(self) -> Paint:
        """For colours."""
        return self.look.paint

    def one_liners(self) -> Iterator[str]:
        """A line for each thing that is wrong."""
        for each in self.problems:
            where = f"{place(each.samples[0])}: " if each.samples else ""
            often = f"{self._often(each)}{self._when(each)}"
            yield f"{self._word(each)}: {where}{data(each.sentence)} ({often}) [{each.id}]"
        for shape in self.found.unrecognised:
            where = f"{place(shape.samples[0])}: " if shape.samples else ""
            yield f"unrecognised: {where}{data(shape.shape)} ({many(shape.count, 'time')})"
        if not self.problems and not self.found.unrecognised:
            yield self._nothing_wrong()

    def _word(self, problem: Problem, width: int = 0) -> str:
        if problem.is_error:
            return self.paint("error".ljust(width), "bold", "red")
        return self.paint("warning".ljust(width), "bold", "yellow")

    def _often(self, problem: Problem) -> str:
        kinds = len({each.id for each in problem.counts})
        if kinds > 1:
            return f"{many(problem.count, 'line')} of {kinds} kinds"
        return "once" if problem.count == 1 else many(problem.count, "time")

    def _when(self, problem: Problem) -> str:
        when = self.clock.span(problem.first, problem.last)
        return f", {when}" if when else ""

    def _nothing_wrong(self) -> str:
        return self.paint("Nothing wrong was found in these lines.", "bold", "green")

    def lines(self) -> Iterator[str]:
        """What is known, worst first."""
        if not self.problems:
            yield self._nothing_wrong()
            return
        yield self.look.title("What is wrong")
        shown = self.problems[: self.look.few(MOST_PROBLEMS)]
        for each in shown:
            yield from self.problem(each)
        for each in self.problems[len(shown) :]:
            said = f"{each.messages[0]} ({many(each.count, 'line')}) [{each.id}]"
            yield self._word(each, GUTTER) + self.look.line(said, GUTTER)
        if len(shown) < len(self.problems):
            yield from self.look.prose("-v says what each of these means.", " " * GUTTER)

    def problem(self, each: Problem) -> Iterator[str]:
        """One of them: what it is, how often, what to do, a line that shows it."""
        first, *rest = wrap(f"{data(each.sentence)} [{each.id}]", self.look.width, " " * GUTTER)
        yield self._word(each, GUTTER) + self.paint(first[GUTTER:], "bold")
        yield from (self.paint(line, "bold") for line in rest)
        yield from self.look.part("seen", f"{self._often(each)}{self._when(each)}{rate(each)}.")
        if each.fix:
            yield from self.look.part("fix", data(each.fix))
        yield from self.samples(each.samples)

    def samples(self, events: Sequence[LogEvent], told: str = "") -> Iterator[str]:
        """The first of them, with -v more, with their fields; of what is `told` already only the place."""
        for event in events[: MOST_SAMPLES[min(self.look.verbosity, 2)]]:
            by, said = service(event), message(event)
            head = f"{place(event)} {self.clock.at(event.time)}{' ' + by if by else ''}"
            yield self.look.label("line") + self.look.line(head if said == told else f"{head}: {said}", GUTTER)
            if self.look.verbosity:
                yield from self.fields(event, said)

    def fields(self, event: LogEvent, said: str) -> Iterator[str]:
        """What the line tells beside its message."""
        fields = ((data(name), data(_text(value))) for name, value in shown_fields(event.fields).items())
        new = (f"{name}={value}" for name, value in fields if value not in said or len(value) < SHORT)
        for each in islice(new, None if self.look.verbosity > 1 else MOST_FIELDS):
            yield from wrap(each, self.look.fit or LINE, " " * (GUTTER + 4), " " * (GUTTER + 2))

    def unrecognised(self) -> Iterator[str]:
        """Warnings and errors that the catalogue does not know, by their shape."""
        shapes = self.found.unrecognised
        if not shapes:
            return
        yield self.look.title("Not recognised") + f" ({many(self.found.unrecognised_count, 'line')})"
        shown = shapes[: self.look.few(MOST_SHAPES)]
        for shape in shown:
            yield from self._shape(shape)
        if len(shown) < len(shapes):
            yield from self.look.prose(f"{many(len(shapes) - len(shown), 'more kind')}; -v shows all.", " " * GUTTER)

    def _shape(self, shape: LogShape) -> Iterator[str]:
        style = "red" if shape.level == "ERROR" else "yellow"
        word = "error" if shape.level == "ERROR" else "warning"
        when = self.clock.span(shape.first, shape.last)
        often = f"{many(shape.count, 'time')}{', ' + when if when else ''}: "
        yield self.paint(word.ljust(GUTTER), style) + self.look.line(often + data(shape.shape), GUTTER)
        yield from self.samples(shape.samples, data(shape.shape))


def _text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def rate(problem: Problem) -> str:
    """How often in a time, for what happens again and again."""
    if problem.count < OFTEN or problem.first is None or problem.last is None or problem.last <= problem.first:
        return ""
    apart = (problem.last - problem.first) / (problem.count - 1)
    if apart >= 60:
        return f", every {lasting(apart)}"
    return f", {60 / apart:.0f} a minute" if apart >= 1 else f", {1 / apart:,.0f} a second"
