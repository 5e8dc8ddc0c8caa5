"""The names of rotated logs: which belong together, and which of them is the older one."""

from __future__ import annotations

import re
from pathlib import PurePath

from doctor.values import value

COMPRESSED = (".gz", ".zst", ".zstd", ".bz2", ".xz", ".lzma")

# 20251122, 2025-11-22, 2025-11-22T10-30-00.123Z, 20251122-103000; or the seconds of logrotate's `dateformat -%s`.
_DATE = re.compile(
    r"[-._](?P<date>20\d\d([-_.]?)(?:0[1-9]|1[0-2])\2(?:0[1-9]|[12]\d|3[01])"
    r"(?:[-_.T ]?\d\d[-:_.]?\d\d(?:[-:_.]?\d\d(?:[.,]\d{1,9})?)?)?(?:Z|[+-]\d\d:?\d\d)?|1\d{9})(?=[-._]|$)"
)
_NUMBER = re.compile(r"\.(?P<number>\d{1,4})(?=\.[A-Za-z]+$|$)")


@value
class Turn:
    """What a name tells: `base` is the same for all files of a set, `age` sorts them, the oldest first."""

    base: str
    age: tuple[object, ...]


def turn(path: str) -> Turn:
    """
    The place of a file in its set.

    Dates come before numbers, numbers before the log that is still written. Of two numbers the greater is the older
    one (`worker.log.2`), but behind a date the newer one (`worker-2025-11-22.1.log`).
    """
    folder, name = PurePath(path).parent, PurePath(path).name
    for ending in COMPRESSED:
        name = name.removesuffix(ending)
    date = _DATE.search(name)
    if date is not None:
        name = name[: date.start()] + name[date.end() :]
    number = _NUMBER.search(name)
    if number is not None:
        name = name[: number.start()] + name[number.end() :]
    count = int(number["number"]) if number is not None else 0
    return Turn(str(folder / name), _age(date["date"] if date is not None else "", count, number is not None))


def _age(date: str, count: int, numbered: bool) -> tuple[object, ...]:
    if date:
        digits = re.sub(r"\D", "", date)
        epoch = len(digits) == 10 and digits.startswith("1")
        return (0, 0 if epoch else 1, digits, count)
    return (1, -count) if numbered else (2,)
