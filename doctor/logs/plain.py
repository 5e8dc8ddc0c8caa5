"""Lines that are not structured: access log, Go's log package, crashes, complaints on standard error."""

from __future__ import annotations

import re

from doctor.logs import times
from doctor.logs.forms import PLAIN, Decoded

# As much of a line is looked at, and of one with fields of slog's default logger.
LONGEST, LONGEST_PAIRS, LONGEST_TRACE = 64 * 1024, 4096, 4096

_ACCESS = re.compile(rb"\[(\d{4}-[^\]]{6,35})\] (DEBUG|INFO|WARN|ERROR)(?: [\w.-]*)?: (.*)", re.DOTALL)
_ACCESS_PAIR = re.compile(r"(?:^| )(request_id|method|path|status|duration|user_agent|remote_ip|panic)=")
_GO_LOG = re.compile(rb"(\d{4}/\d\d/\d\d \d\d:\d\d:\d\d(?:\.\d{1,9})?) (.*)", re.DOTALL)
_SLOG = re.compile(r"(DEBUG|INFO|WARN|ERROR)(?:[+-]\d+)? (.*)", re.DOTALL)
_PAIR = re.compile(r'\s([A-Za-z_][\w.]*)=(?:"((?:[^"\\]|\\.)*+)"|(\S*))')

_PANIC = (re.compile(rb"(?:panic|fatal error): (.*)", re.DOTALL), "ERROR", "panic")
_BIND = rb"Warning: (?:Failed to bind environment variable \S+ to \S+: )?(.*)"
# By the first byte: how a line may go on, its level, and the field that its capture becomes.
_FORMS = {
    b"E": (re.compile(rb"Error(?: reading config file)?: (.*)", re.DOTALL), "ERROR", "error"),
    b"W": (re.compile(_BIND, re.DOTALL), "WARN", "error"),
    b"f": _PANIC,
    b"n": (re.compile(rb"nats: (.*)", re.DOTALL), "ERROR", "error"),
    b"p": _PANIC,
}


def decode_plain(rest: bytes, zone: int = 0) -> Decoded | None:
    """What a line without wrappers and without structure says; None for a foreign one."""
    first, rest = rest[:1], rest[:LONGEST]
    if first == b"[":
        return _access(rest)
    if first.isdigit():
        return _go_log(rest, zone)
    if first not in _FORMS:
        return None
    form, level, field = _FORMS[first]
    found = form.match(rest)
    return None if found is None else Decoded(PLAIN, None, level, _text(rest), {field: _text(found[1])})


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "replace")


def _access(rest: bytes) -> Decoded | None:
    found = _ACCESS.fullmatch(rest)
    if found is None:
        return None
    return Decoded(PLAIN, times.parse(found[1]), found[2].decode(), _text(rest), _access_fields(_text(found[3])))


def _access_fields(text: str) -> dict[str, object]:
    """
    The fields of a line of the access log, whose values are not quoted.

    A user agent may hold what looks like another field: of one that comes twice, that before the user agent counts,
    else the last.
    """
    pairs = list(_ACCESS_PAIR.finditer(text))
    ends = [*(each.start() for each in pairs[1:]), len(text)]
    fields: dict[str, object] = {}
    sure: set[str] = set()
    for pair, end in zip(pairs, ends, strict=bool(pairs)):
        name = pair[1]
        if name in sure:
            continue
        if "user_agent" not in fields:
            sure.add(name)
        fields[name] = _access_value(name, text[pair.end() : end])
    return fields


def _access_value(name: str, value: str) -> object:
    if name == "status" and value.isascii() and value.isdigit() and len(value) == 3:
        return int(value)
    taken = times.duration(value.encode()) if name == "duration" else None
    return value if taken is None else taken


def _go_log(rest: bytes, zone: int) -> Decoded | None:
    found = _GO_LOG.fullmatch(rest)
    if found is None:
        return None
    time, said = times.parse(found[1], zone=zone), _text(found[2])
    slog = _SLOG.match(said)
    if slog is not None:
        pairs = _PAIR.findall(slog[2][:LONGEST_PAIRS])
        fields: dict[str, object] = {name: quoted or bare for name, quoted, bare in pairs}
        return Decoded(PLAIN, time, slog[1], _text(rest), fields)
    level = "WARN" if said.startswith("Warning: ") else ""
    return Decoded(PLAIN, time, level, _text(rest), {"error": said[6:]} if said.startswith("http: ") else {})


_TRACE = re.compile(rb"\s|$|goroutine \d|created by |\[signal |\[recovered|exit status \d|\.\.\.")


def in_trace(rest: bytes) -> bool:
    """Whether a line without wrappers may be one of those that follow a panic."""
    line = rest[:LONGEST_TRACE].rstrip(b"\r\n")
    if _TRACE.match(line):
        return True
    # package.function(arguments)
    name, bracket, _ = line.partition(b"(")
    return bool(name and bracket) and b" " not in name and line.endswith(b")")
