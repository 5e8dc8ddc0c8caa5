"""The inputs that a run reads: each with its place in the order, how it is written and how much there is of it."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import field, replace
from pathlib import Path
from typing import IO, cast

from doctor.logs.rotation import turn
from doctor.sources.logs.names import Named, named
from doctor.sources.logs.probe import probe
from doctor.sources.logs.waiting import Awaited
from doctor.values import value


@value
class Input:
    """
    One thing to read, with its place in the order.

    `name` is for people, `path` for opening. `kind` is file, pipe, stdin or docker. `form` is how a file is written
    (plain, gzip, zstd...), `start` where the text in it begins, `size` its bytes on the disk, None where nobody knows.
    With a `problem` it cannot be read at all. What waits for others is `awaited` until `ends_at` (monotonic seconds).
    The `path` of a container is its id, `shell` has the variables that lead to its engine; only its `recent` log counts
    where nobody named it.
    """

    number: int
    name: str
    path: str = ""
    kind: str = "file"
    form: str = "plain"
    start: int = 0
    size: int | None = None
    problem: str | None = None
    ends_at: float | None = None
    shell: Mapping[str, str] = field(default_factory=dict, repr=False)
    recent: bool = False

    @property
    def divisible(self) -> bool:
        """Whether parts of it can be read by themselves."""
        return self.kind == "file" and self.form == "plain"


def expand(arguments: Sequence[str], directory: Path, show: Callable[[str], str] | None = None) -> tuple[Input, ...]:
    """
    The inputs that these arguments mean, in the order in which they are to be read: rotated sets the oldest first.

    Relative ones are looked up in `directory`. What is named twice counts once, also by another name. `show` makes the
    name of a file for people out of its path; without it that is as typed. Raises UsageError for what is not there;
    what is there and cannot be read is an input with a problem.
    """
    found: dict[object, Named] = {}
    for argument in arguments:
        for each in named(argument, directory):
            found.setdefault(_identity(each), each)
    inputs = (_input(number, each) for number, each in enumerate(_in_turn(found.values())))
    return tuple(replace(each, name=show(each.path)) if show is not None and each.path else each for each in inputs)


def awaited(inputs: Iterable[Input], ends_at: float | None = None) -> tuple[Input, ...]:
    """
    The same inputs, whose reading ends with what is there by then where it would wait for others to write.

    Without `ends_at` it waits for ever, and Ctrl-C ends it in the same way.
    """
    return tuple(
        replace(each, kind="docker" if each.kind == "docker" else "pipe", ends_at=ends_at)
        if each.kind in ("stdin", "pipe", "docker")
        else each
        for each in inputs
    )


def total(inputs: Iterable[Input]) -> int | None:
    """How many bytes there are to read, as they are on the disk; None where one has no end yet."""
    count = 0
    for each in inputs:
        if each.problem is not None:
            continue
        if each.size is None:
            return None
        count += each.size - each.start
    return count


def opened(of: Input) -> IO[bytes]:
    """Open a file or pipe; a file that another thing took the place of is refused."""
    if of.kind != "file":
        return cast("IO[bytes]", Awaited(of.path, of.ends_at))
    file = open(of.path, "rb", buffering=0, opener=without_waiting)  # noqa: SIM115
    if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        file.close()
        raise OSError("this is not a file any more")
    return file


def reason(error: OSError) -> str:
    """Why the system refused something, in a few words."""
    text = error.strerror or str(error)
    return text[:1].lower() + text[1:]


def without_waiting(path: str, flags: int) -> int:
    """An opener for which a pipe that nobody writes to is no reason to wait."""
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))


def _identity(of: Named) -> object:
    """The same for two names of one thing."""
    if of.path is None:
        return of.name
    try:
        found = of.path.stat()
    except (OSError, ValueError):
        return of.path
    return (found.st_dev, found.st_ino) if found.st_ino else of.path.resolve()


def _in_turn(found: Iterable[Named]) -> list[Named]:
    """Each rotated set where the first of it was named."""
    sets: dict[str, list[Named]] = {}
    for each in found:
        sets.setdefault(turn(str(each.path)).base if each.path else each.name, []).append(each)
    return [each for of in sets.values() for each in sorted(of, key=lambda each: turn(str(each.path)).age)]


def _input(number: int, of: Named) -> Input:
    if of.path is None:
        return Input(number, of.name, kind="stdin" if of.name == "-" else "docker")
    found = Input(number, of.name, str(of.path))
    try:
        mode = of.path.stat().st_mode
        if stat.S_ISFIFO(mode):
            return replace(found, kind="pipe")
        if stat.S_ISDIR(mode):
            next(of.path.iterdir(), None)  # tells why it cannot be read
        if not stat.S_ISREG(mode):
            return replace(found, problem="this is not a file")
        return _file(found)
    except OSError as error:
        return replace(found, problem=reason(error))


def _file(of: Input) -> Input:
    with opened(of) as file:
        size = os.fstat(file.fileno()).st_size
        found = probe(file, size)
    return replace(of, form=found.form, start=found.start, size=size, problem=found.problem)
