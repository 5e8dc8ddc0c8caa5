"""Taking off what collectors put around a line: prefixes, objects, pieces, colours."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import NamedTuple

NONE = "none"
COMPOSE = "compose"
DOCKER_TIMESTAMPS = "docker-timestamps"
DOCKER_JSON = "docker-json"
CRI = "cri"
KUBECTL = "kubectl"
JOURNALD = "journald"
PROCFILE = "procfile"

# How far a wrapper may reach into a line, and how many there may be.
REACH, DEEPEST = 300, 6
# How the lines of the program's logger begin.
_OURS = b"time="


class Peeled(NamedTuple):
    """
    A line without its wrappers.

    `stream` is who wrote it, by the innermost wrapper that tells: service, container, `pod/container`, `name[pid]`.
    `time` is the innermost wrapper's stamp as written; `output` is stdout or stderr where that is known. A `partial`
    one goes on in the next line of the same stream and output; what it holds is left as it is.
    """

    rest: bytes
    stream: str = ""
    wrappers: tuple[str, ...] = ()
    time: bytes | None = None
    partial: bool = False
    output: str = ""


# Twice as fast as the constructor.
_made = tuple.__new__

_COLOURS = re.compile(rb"\x1b\[[0-9;]*[A-Za-z]")
_STAMP = rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)"
_STAMPED = re.compile(rb"(" + _STAMP + rb")(?: (stdout|stderr) ([FP])(?::[^ ]*)?(?: |\Z)| )")
_COMPOSE = re.compile(rb"([A-Za-z0-9][\w.-]*)[ \t]*\| ?")
_KUBECTL = re.compile(rb"\[pod/([^\]\s]+)\] (?:(" + _STAMP + rb") (?!std(?:out|err) [FP]))?")
_TAG = rb" [\w.-]+ ([^\s:\[\]]+(?:\[\d+\])?):(?: |\Z)"
_JOURNALD = re.compile(rb"([A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d(?:\.\d{1,6})?)" + _TAG)
_JOURNALD_ISO = re.compile(rb"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{6})?[+-]\d\d:?\d\d)" + _TAG)
_PROCFILE = re.compile(rb"(\d\d:\d\d:\d\d) ([A-Za-z0-9][\w.-]*)[ \t]*\| ?")
_DOCKER_JSON = re.compile(rb'\{\s*"(?:log"\s*:\s*"|[^{}]*"log"\s*:\s*")')
_OBJECT = json.JSONDecoder(strict=False)
_CUT = re.compile(r"\\(?:u[0-9A-Fa-f]{0,3})?$")


# One wrapper: its name, the bytes and the place in them where what it holds begins, who wrote it, time, whether it is a
# piece, stdout or stderr.
_Layer = tuple[str, bytes, int, bytes | None, bytes | None, bool, str]
_Reader = Callable[[bytes, int], _Layer | None]


def _stamped(line: bytes, at: int) -> _Layer | None:
    found = _STAMPED.match(line, at, at + REACH)
    if found is None:
        return None
    time, output, tag = found.groups()
    if output is None:
        return (DOCKER_TIMESTAMPS, line, found.end(), None, time, False, "")
    return (CRI, line, found.end(), None, time, tag == b"P", "stdout" if output == b"stdout" else "stderr")


def _compose(line: bytes, at: int) -> _Layer | None:
    found = _COMPOSE.match(line, at, at + REACH)
    return None if found is None else (COMPOSE, line, found.end(), found[1], None, False, "")


def _kubectl(line: bytes, at: int) -> _Layer | None:
    found = _KUBECTL.match(line, at, at + REACH)
    return None if found is None else (KUBECTL, line, found.end(), found[1], found[2], False, "")


def _journald(line: bytes, at: int) -> _Layer | None:
    found = _JOURNALD.match(line, at, at + REACH)
    return None if found is None else (JOURNALD, line, found.end(), found[2], found[1], False, "")


def _journald_iso(line: bytes, at: int) -> _Layer | None:
    found = _JOURNALD_ISO.match(line, at, at + REACH)
    return None if found is None else (JOURNALD, line, found.end(), found[2], found[1], False, "")


def _procfile(line: bytes, at: int) -> _Layer | None:
    found = _PROCFILE.match(line, at, at + REACH)
    return None if found is None else (PROCFILE, line, found.end(), found[2], found[1], False, "")


def _docker_json(line: bytes, at: int) -> _Layer | None:
    found = _DOCKER_JSON.match(line, at, at + REACH)
    if found is None:
        return None
    text = line[at:].decode("utf-8", "replace")
    try:
        held, _ = _OBJECT.raw_decode(text)
    except (ValueError, RecursionError):
        return _cut_off(line[found.end() :]) if found[0].startswith(b'{"log":"') else None
    log = held.get("log")
    if not isinstance(log, str):
        return None
    time, output = held.get("time"), held.get("stream")
    return (
        DOCKER_JSON,
        (log[:-1] if log.endswith("\n") else log).encode("utf-8", "replace"),
        0,
        None,
        time[:64].encode("utf-8", "replace") if isinstance(time, str) else None,
        not log.endswith("\n"),
        str(output) if output in ("stdout", "stderr") else "",
    )


def _cut_off(log: bytes) -> _Layer | None:
    """What can be read of an object that has no end, as the last line of a file may be."""
    text = _CUT.sub("", log.decode("utf-8", "ignore"))
    for shown in (text, text[:-1]):  # half of a doubled backslash may be gone
        try:
            held, _ = _OBJECT.raw_decode(f'"{shown}"')
        except (ValueError, RecursionError):
            continue
        return (DOCKER_JSON, held.removesuffix("\n").encode("utf-8", "replace"), 0, None, None, False, "")
    return None


# What a wrapper may begin with. Nothing that the program writes itself begins like one of them and is taken for it.
_READERS: list[tuple[_Reader, ...]] = [()] * 256
for _byte in b"abcdefghijklmnopqrstuvwxyz":
    _READERS[_byte] = (_compose,)
for _byte in b"ABCDEFGHIJKLMNOPQRSTUVWXYZ":
    _READERS[_byte] = (_journald, _compose)
for _byte in b"0123456789":
    _READERS[_byte] = (_journald_iso, _stamped, _procfile, _compose)
_READERS[ord("[")] = (_kubectl,)
_READERS[ord("{")] = (_docker_json,)


def peel(line: bytes) -> Peeled:
    """
    Take off line end, colours and wrappers, until none is left.

    Only the first few hundred bytes are looked at, but for colours and for docker's objects. Never raises.
    """
    if line.startswith(_OURS) and line[-1] == 34:  # nothing stands behind the last quote
        return _made(Peeled, (line, "", (), None, False, ""))
    line = _plain(line)
    layer = _layer(line, 0)
    if layer is None:
        return Peeled(line)
    name, line, at, stream, time, partial, output = layer
    names: tuple[str, ...] = (name,)
    while not partial and len(names) < DEEPEST:
        if name == DOCKER_JSON:
            line = _plain(line)
        if line.startswith(_OURS, at) or (layer := _layer(line, at)) is None:
            break
        name, line, at, who, when, partial, where = layer
        names, stream, output = (*names, name), who or stream, where or output
        # The time of day that a procfile runner gives is the last resort.
        if when is not None and (time is None or name != PROCFILE):
            time = when
    return Peeled(line[at:], "" if stream is None else stream.decode("utf-8", "replace"), names, time, partial, output)


def _layer(line: bytes, at: int) -> _Layer | None:
    if at >= len(line):
        return None
    for read in _READERS[line[at]]:
        layer = read(line, at)
        if layer is not None:
            return layer
    return None


def _plain(line: bytes) -> bytes:
    """Without line end, byte order mark and colours."""
    line = line.rstrip(b"\r\n")
    if line[:3] == b"\xef\xbb\xbf":
        line = line[3:]
    if line.find(b"\x1b", 0, REACH) >= 0 or line.find(b"\x1b", max(0, len(line) - 16)) >= 0:
        line = _COLOURS.sub(b"", line).rstrip(b"\r\n")
    return line
