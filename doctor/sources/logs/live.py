"""The lines that matter, while they are written."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from doctor.errors import UsageError
from doctor.facts.logs import LogEvent
from doctor.logs.result import Result
from doctor.logs.scan import Scanner, Window
from doctor.logs.story import tell
from doctor.sources.logs.container import first_of, following
from doctor.sources.logs.follow import follow_all, incoming
from doctor.sources.logs.inputs import Input
from doctor.sources.logs.waiting import pieces


def events(inputs: Sequence[Input], window: Window, ends_at: float | None = None) -> Iterator[LogEvent]:
    """
    The events in what is added to these files from now on, or in what comes from standard input or a container.

    Raises UsageError for an input that is neither.
    """
    scanner = Scanner(window)
    for number, line in _lines(inputs, ends_at):
        scanner.result = Result()
        scanner.scan(line + b"\n", number)
        if scanner.result.tallies or scanner.result.shapes:
            yield from _of(scanner.result, [each.name for each in inputs])


def _lines(inputs: Sequence[Input], ends_at: float | None) -> Iterator[tuple[int, bytes]]:
    if len(inputs) == 1 and inputs[0].kind == "stdin":
        yield from ((0, line) for line in incoming(pieces(ends_at)))
        return
    if (container := first_of(inputs)) is not None:
        yield from ((0, line) for line in incoming(following(container, ends_at)))
        return
    for each in inputs:
        if each.kind != "file" or each.form != "plain" or each.problem is not None:
            why = each.problem or "only plain files can be followed, or standard input or one container alone"
            raise UsageError(f"{each.name}: {why}")
    yield from follow_all([Path(each.path) for each in inputs], ends_at, starts=[each.size or 0 for each in inputs])


def _of(result: Result, names: Sequence[str]) -> Iterator[LogEvent]:
    found = tell(result, names)
    for count in found.counts:
        yield from count.recent
    for shape in found.unrecognised:
        yield from shape.samples
