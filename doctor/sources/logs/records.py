"""Where a log may be cut in two: at a line that begins something, not inside of what several lines tell."""

from __future__ import annotations

import re

from doctor.logs.plain import in_trace
from doctor.logs.wrappers import peel

# How far is looked for a better place than the end of any line.
REACH = 64 * 1024

# How lines begin that stand for themselves, behind their wrappers.
_BEGINS = re.compile(
    rb"time=\S|\{|panic: |fatal error: |\[20\d\d-\d\d-|20\d\d[-/]\d\d[-/]\d\d[ T]\d\d:|\[\d+\] 20\d\d/"
)
# How those begin that go on with JSON, or with the keys of a refused configuration.
_GOES_ON = (b"]", b"}", b'"', b"*", b"'")

# A container runtime cuts lines at 16 KiB; all pieces but the last lack the line break, or have the tag P.
_DOCKER = re.compile(rb'\{"log":"((?:[^"\\]++|\\.)*+)"(?:,"stream":"(\w*)")?')
_CRI = re.compile(rb"\d{4}-\S+ (stdout|stderr) ([FP])[ :]")

# Wrappers are shorter, and so is what shows how a line begins.
_HEAD = 1024
_ENOUGH = 256


def boundary(data: bytes) -> int:
    """
    The last place at which a record begins, so that all before it can be read without the rest; 0 if there is none.

    It is a place behind a line break. One that is inside a record is taken only where 64 KiB have no other.
    """
    end = data.rfind(b"\n") + 1
    starts = _line_starts(data, end)
    whole = _whole(data, starts)
    second_best = 0
    for start in starts:
        if start not in whole:
            continue
        rest = peel(data[start : start + _HEAD].partition(b"\n")[0]).rest
        if _BEGINS.match(rest):
            return start
        if not second_best and not _goes_on(rest):
            second_best = start
    return second_best or (end if end > REACH else 0)


def _line_starts(data: bytes, end: int) -> list[int]:
    """The lines behind a line break, the last one first; not the very last as long as too little of it is there."""
    floor = max(end - REACH, 1)
    found = [end] if end and len(data) - end >= _ENOUGH else []
    while (end := data.rfind(b"\n", 0, end - 1) + 1) >= floor:
        found.append(end)
    return found


def _whole(data: bytes, starts: list[int]) -> frozenset[int]:
    """Those at which no line is in pieces, in either of the streams that are mixed here."""
    if not starts:
        return frozenset()
    before = data.rfind(b"\n", 0, starts[-1] - 1) + 1
    window = data[before : starts[0]]
    if not any(sign in window for sign in (b'{"log":"', b" stdout P", b" stderr P")):
        return frozenset(starts)
    found: set[int] = set()
    unfinished: set[bytes] = set()
    for start in reversed(starts):
        stream, partial = _piece(data[before:start])
        (unfinished.add if partial else unfinished.discard)(stream)
        if not unfinished:
            found.add(start)
        before = start
    return frozenset(found)


def _piece(line: bytes) -> tuple[bytes, bool]:
    """Which stream a line belongs to, and whether the rest of it is still to come."""
    if cri := _CRI.match(line):
        return cri[1], cri[2] == b"P"
    if docker := _DOCKER.match(line):
        return docker[2] or b"", not _has_line_break(docker[1])
    return b"", False


def _has_line_break(text: bytes) -> bool:
    """Whether JSON text ends in an escaped line break, not in an escaped backslash and an n."""
    before = text.removesuffix(b"n")
    return before != text and (len(before) - len(before.rstrip(b"\\"))) % 2 == 1


def _goes_on(line: bytes) -> bool:
    """Whether a line goes on with what others began: the trace of a crash, JSON over several lines."""
    return line.startswith(_GOES_ON) or in_trace(line)
