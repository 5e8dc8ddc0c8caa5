"""What a line says, once its wrappers are off: time, level, message and fields, in whichever form it is written."""

from __future__ import annotations

import re

from doctor.logs import times
from doctor.logs.forms import BARE, STRUCTURED, TEXT, Decoded
from doctor.logs.plain import decode_plain
from doctor.logs.quoting import go_unquote, load, unquoted

__all__ = ["Decoded", "decode"]

# The longest JSON that is read on its own.
LONGEST = 1 << 20
# How far is searched for a line that stands behind something unknown, and for the level of one that was cut off.
_REACH, _LEVEL_REACH = 300, 2000

_HEAD = re.compile(rb'time=(\S{10,40}) level=\w{1,10} msg="')
_UNQUOTED = re.compile(rb"time=(\S{10,40}) level=(\w{1,10}) msg=(\S+)$")
_TEXT = re.compile(r"\[([^\]]{10,40})\] (DEBUG|INFO|WARN|ERROR) ([^:]{0,100}): (.*)", re.DOTALL)
_BARE = re.compile(r'\{\s*"timestamp"\s*:')
# What may stand beside the metadata.
_ALSO = ("operation", "duration", "error", "context")
_LEVELS = {"WARNING": "WARN", "FATAL": "ERROR", "PANIC": "ERROR", "ERR": "ERROR"}


def decode(rest: bytes, zone: int = 0) -> Decoded | None:
    """
    What a line without wrappers says, or a pretty-printed entry whose lines were joined; None for a foreign line.

    `zone`, in seconds east of UTC, is that of the time stamps that tell none. Of a line that was cut off, what can be
    read of its time, level and message. Never raises.
    """
    if rest.startswith(b"time="):
        return _structured(rest)
    first = rest[:1]
    if first == b"{" or (first.isspace() and rest[:_REACH].lstrip()[:1] == b"{"):
        found = _bare(rest)
    else:
        found = decode_plain(rest, zone)
    return found if found is not None else _behind_something(rest)


def _behind_something(rest: bytes) -> Decoded | None:
    """A line behind a prefix that nobody knows."""
    head = _HEAD.search(rest, 0, _REACH)
    return None if head is None or head.start() == 0 else _structured(rest[head.start() :])


def _structured(rest: bytes) -> Decoded | None:
    head = _HEAD.match(rest)
    if head is None:
        return _without_quotes(rest)
    time = times.parse(head[1].strip(b'"'))
    message = unquoted(rest if rest.endswith(b'"') else rest.rstrip(), head.end())
    if message is None:
        return _cut_off(rest, time)
    if not message.startswith("{"):
        return _text(message, time)
    return _entry(STRUCTURED, load(message), time) or _cut_off(rest, time)


def _without_quotes(rest: bytes) -> Decoded | None:
    """One of the same handler whose message needs no quotes, which this program never writes."""
    head = _UNQUOTED.match(rest[:LONGEST])
    if head is None:
        return None
    return Decoded(TEXT, times.parse(head[1]), _level(head[2].decode()), head[3].decode("utf-8", "replace"), {})


def _text(message: str, time: float | None) -> Decoded:
    found = _TEXT.fullmatch(message)
    if found is None:
        return Decoded(TEXT, time, "INFO", message, {})
    if time is None:
        time = times.parse(found[1].encode())
    return Decoded(TEXT, time, found[2], found[4], {"component": found[3]} if found[3] else {})


def _entry(format: str, entry: object, time: float | None) -> Decoded | None:
    if not isinstance(entry, dict):
        return None
    message, level, metadata = entry.get("message"), entry.get("level"), entry.get("metadata")
    if not isinstance(message, str) or not isinstance(level, str):
        return None
    if time is None:
        stamp = entry.get("timestamp")
        time = times.parse(stamp.encode()) if isinstance(stamp, str) else None
    fields = metadata if isinstance(metadata, dict) else {}
    for name in _ALSO:
        if name in entry and entry[name] and name not in fields:
            fields[name] = entry[name]
    return Decoded(format, time, _level(level), message, fields)


def _level(word: str) -> str:
    upper = word.upper()
    return _LEVELS.get(upper, upper[:10])


def _bare(rest: bytes) -> Decoded | None:
    text = rest[:LONGEST].decode("utf-8", "replace").lstrip()
    found = _entry(BARE, load(text), None)
    return found if found is not None or not _BARE.match(text) else _cut_off(rest[:LONGEST], None, BARE)


_STAMP = re.compile(rb'"timestamp\\{0,3}"\s{0,9}:\s{0,9}\\{0,3}"([^"\\]{10,40})\\{0,3}"')
_LEVEL = re.compile(rb'"level\\{0,3}"\s{0,9}:\s{0,9}\\{0,3}"([A-Z]{4,5})\\{0,3}"')
# Quoted twice, a quote within the message has three backslashes before it.
_MESSAGE = re.compile(rb'\\"message\\":\\("(?:[^"\\]++|\\\\(?:\\["\\]|[^"\\])|\\[^"\\])*+\\")')
_BARE_MESSAGE = re.compile(rb'"message"\s{0,9}:\s{0,9}("(?:[^"\\]++|\\.)*+")')


def _cut_off(rest: bytes, time: float | None, format: str = STRUCTURED) -> Decoded | None:
    """What can be read of an entry whose end is missing; its message must be whole."""
    level = _LEVEL.search(rest, 0, _LEVEL_REACH)
    message = (_MESSAGE if format == STRUCTURED else _BARE_MESSAGE).search(rest)
    if level is None or message is None:
        return None
    said = load(go_unquote(message[1]) if format == STRUCTURED else message[1].decode("utf-8", "replace"))
    if not isinstance(said, str):
        return None
    stamp = _STAMP.search(rest, 0, _LEVEL_REACH)
    if time is None and stamp is not None:
        time = times.parse(stamp[1])
    return Decoded(format, time, level[1].decode(), said, {})
