"""Which logs a run reads: those that were named, else the recent part of the found worker's own."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from doctor.facts import Worker
from doctor.sources.logs.inputs import Input, awaited, expand
from doctor.target import Target

# So much of a file that nobody named is read, from its end.
RECENT_BYTES = 64 * 1024 * 1024
_LONGEST_LINE = 1024 * 1024

NONE_TO_READ = (
    "say which logs to read: a file, a directory, a glob, docker:NAME, or - for standard input; for "
    "example `docker compose logs --no-color worker api | codechunk-doctor logs -`"
)


def _located(inputs: Iterable[Input], target: Target) -> tuple[Input, ...]:
    """The same, the containers among them looked up at their engine. Raises UsageError for one that is not there."""
    every = tuple(inputs)
    if not any(each.kind == "docker" for each in every):
        return every
    from doctor.sources.logs.container import found

    return found(every, target)


def inputs_of(target: Target, worker: Worker | None, ends_at: float | None) -> tuple[Input, ...]:
    """
    The inputs of a run, awaited until `ends_at` (monotonic seconds); none where no log is named and none is known.

    Raises UsageError for what is named and not there.
    """
    return awaited(chosen(target, worker), ends_at)


def chosen(target: Target, worker: Worker | None) -> tuple[Input, ...]:
    """The same, not awaited: for who waits for what is written to them."""
    if target.logs:
        return _located(expand(target.logs, Path.cwd(), target.display), target)
    return _own(target, worker) if worker is not None else ()


def _own(target: Target, worker: Worker) -> tuple[Input, ...]:
    if worker.container is not None:
        if target.offline:
            return ()
        from doctor.sources.logs.container import recent

        return (recent(worker.container.name, worker.container.id, target),)
    path = written_to(worker)
    if path is None:
        return ()
    return tuple(_recent(each) for each in expand((path,), target.directory, target.display))


def written_to(worker: Worker) -> str | None:
    """The file that a worker of this machine writes its log to; None for a terminal, a pipe and what is not known."""
    if worker.pid is None or not worker.running:
        return None
    try:
        link = Path(f"/proc/{worker.pid}/fd/1")
        path = os.readlink(link)  # noqa: PTH115 - a text, which may have " (deleted)" behind it
        here = Path(path).stat()
        there = link.stat()
    except (OSError, ValueError):
        return None
    same = (here.st_dev, here.st_ino) == (there.st_dev, there.st_ino)
    return path if same and stat.S_ISREG(here.st_mode) and os.access(path, os.R_OK) else None


def _recent(of: Input) -> Input:
    """From the first line in the last bytes of a file on."""
    if not of.divisible or of.problem is not None or of.size is None or of.size - of.start <= RECENT_BYTES:
        return of
    place = of.size - RECENT_BYTES
    with open(of.path, "rb") as file:  # noqa: PTH123 - a path as the system gave it
        file.seek(place)
        line = file.readline(_LONGEST_LINE)
    return replace(of, start=place + len(line))
