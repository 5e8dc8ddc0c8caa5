"""What was read: how much of what, from when to when, and what kept it from being all."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from doctor.facts.logs import Logs
from doctor.facts.logselection import LogSelection
from doctor.report.log_words import Clock, data, input_name, listed, many, named

MOST_SERVICES = 6


def absent(found: Logs, selection: LogSelection) -> str | None:
    """That what was asked for by its id is not in these logs; None where it is, or where nothing was asked for."""
    wanted = {"job": selection.job, "id": selection.id}
    ids = [f"{word} {data(id)}" for word, id in wanted.items() if id is not None]
    if not ids or found.counts or found.unrecognised:
        return None
    when = "" if selection.since is None and selection.until is None else " at that time"
    return f"{listed(ids)} {'is' if len(ids) == 1 else 'are'} not in these logs{when}"


@dataclass(frozen=True)
class Head:
    """The first sentences."""

    found: Logs
    selection: LogSelection
    clock: Clock

    def sentences(self) -> Iterator[str]:
        """What was read, then what there is to say of it."""
        yield self._read()
        yield from self._remarks()

    def _read(self) -> str:
        inputs = self.found.inputs
        names = f" ({input_name(inputs[0].path)})" if len(inputs) == 1 else ""
        sizes = f"{size(sum(each.bytes for each in inputs))}, {many(sum(each.lines for each in inputs), 'line')}"
        services = self._services()
        of = f" of {listed(services)}" if services else ""
        when = f", {self.clock.whole}" if self.clock.whole else ""
        return f"Read {many(len(inputs), 'log')}{names}: {sizes}{of}{when}."

    def _services(self) -> list[str]:
        seen = dict.fromkeys(data(each.service) for each in self.found.runs if each.stream)
        samples = (event for count in self.found.counts for event in count.samples)
        seen |= dict.fromkeys(data(event.service) for event in samples if event.stream)
        return [
            *islice(seen, MOST_SERVICES),
            *([f"{len(seen) - MOST_SERVICES} more"] if len(seen) > MOST_SERVICES else []),
        ]

    def _remarks(self) -> Iterator[str]:
        narrow = list(self._narrowed())
        if narrow:
            yield f"Only lines {listed(narrow)} count."
        for each in self.found.inputs:
            if each.problem is not None:
                yield f"{input_name(each.path)}: {data(each.problem)}."
        if not any(each.lines for each in self.found.inputs):
            if all(each.problem is None for each in self.found.inputs):
                yield "There is nothing in it."
        elif not self.found.counts and not self.found.unrecognised:
            yield self._why_nothing(narrow)

    def _why_nothing(self, narrow: Sequence[str]) -> str:
        missing = absent(self.found, self.selection)
        if missing is not None:
            return f"{missing[:1].upper()}{missing[1:]}."
        if narrow:
            return "No such line is known to mean anything."
        if all(each.format == "foreign" for each in self.found.inputs):
            return (
                "No line of it is in a format that codechunking writes. Its API and worker write to standard output: "
                "give what `docker compose logs` or the file that you keep them in has."
            )
        return "No line of it is known to mean anything, and none is an error or a warning."

    def _narrowed(self) -> Iterator[str]:
        chosen, clock = self.selection, Clock(None, None)
        if chosen.since is not None:
            yield f"since {clock.at(chosen.since)} UTC"
        if chosen.until is not None:
            yield f"until {clock.at(chosen.until)} UTC"
        if chosen.job is not None:
            yield f"of job {data(chosen.job)}"
        if chosen.id is not None:
            yield f"with {named(chosen.id)} in them"


def size(count: int) -> str:
    """`1.2 GB`."""
    for unit, least in (("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if count >= least:
            return f"{count / least:.1f} {unit}"
    return many(count, "byte")
