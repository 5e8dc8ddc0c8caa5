"""Log lines as the program writes them, byte by byte, and every wrapper that collectors put around them."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta, timezone

# 2025-11-22T10:30:00.011Z
TIME = 1763807400.011
PIECE = 16384
PANIC = "invalid configuration: database.user is required"

Lines = list[bytes]


def line(
    message: str,
    level: str = "INFO",
    fields: Mapping[str, object] | None = None,
    time: float = TIME,
    zone: str = "Z",
    correlation_id: str | None = None,
) -> bytes:
    """A structured line, without its line end."""
    return outer(bare(message, level, fields, time, correlation_id), time, zone)


def outer(message: str, time: float = TIME, zone: str = "Z") -> bytes:
    """What slog's text handler makes of a message."""
    return f"time={local(time, zone)} level=INFO msg={go_quote(message)}".encode()


def bare(
    message: str,
    level: str = "INFO",
    fields: Mapping[str, object] | None = None,
    time: float = TIME,
    correlation_id: str | None = None,
) -> str:
    """The inner JSON alone."""
    return go_json(entry(message, level, fields, time, correlation_id))


def pretty(
    message: str, level: str = "INFO", fields: Mapping[str, object] | None = None, time: float = TIME
) -> list[bytes]:
    """The inner JSON over several lines."""
    return go_json(entry(message, level, fields, time), "  ").encode().split(b"\n")


def entry(
    message: str,
    level: str = "INFO",
    fields: Mapping[str, object] | None = None,
    time: float = TIME,
    correlation_id: str | None = None,
) -> dict[str, object]:
    """The entry in the order in which it is written."""
    made: dict[str, object] = {
        "timestamp": utc(time),
        "level": level,
        "message": message,
        "correlation_id": correlation_id or str(uuid.uuid5(uuid.NAMESPACE_OID, f"{time}{message}")),
        "component": "",
    }
    if isinstance(operation := (fields or {}).get("operation"), str):
        made["operation"] = operation
    if fields:
        made["metadata"] = dict(sorted(fields.items(), key=lambda pair: pair[0].encode()))
    return made


def text(message: str, level: str = "INFO", time: float = TIME, component: str = "") -> bytes:
    """The text format, which only the code has."""
    return outer(f"[{utc(time)}] {level} {component}: {message}", time)


# --- Go's ways of writing ------------------------------------------------------------------------------------------

_SHORT = {7: "\\a", 8: "\\b", 9: "\\t", 10: "\\n", 11: "\\v", 12: "\\f", 13: "\\r", 34: '\\"', 92: "\\\\"}
_JSON_SHORT = {8: "\\b", 9: "\\t", 10: "\\n", 12: "\\f", 13: "\\r", 34: '\\"', 92: "\\\\"}


def go_quote(value: str | bytes) -> str:
    """strconv.Quote; of bytes, those that are no UTF-8 become hexadecimal."""
    given = value.decode("utf-8", "surrogateescape") if isinstance(value, bytes) else value
    return '"' + "".join(map(_quoted, given)) + '"'


def _quoted(character: str) -> str:
    code = ord(character)
    if code in _SHORT:
        return _SHORT[code]
    if character.isprintable():
        return character
    if 0xDC80 <= code <= 0xDCFF:
        return f"\\x{code - 0xDC00:02x}"
    if code < 0x20 or code == 0x7F:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def go_json(value: object, indent: str = "", depth: int = 0) -> str:
    """encoding/json, with its escapes for HTML; the keys of maps come in the order in which they are given."""
    if isinstance(value, Mapping):
        inner = [
            f"{go_json(str(key))}:{' ' * bool(indent)}{go_json(each, indent, depth + 1)}" for key, each in value.items()
        ]
        return _group("{", inner, "}", indent, depth)
    if isinstance(value, str):
        return '"' + "".join(map(_json_escaped, value)) + '"'
    if isinstance(value, Sequence):
        return _group("[", [go_json(each, indent, depth + 1) for each in value], "]", indent, depth)
    if isinstance(value, bool) or value is None:
        return {True: "true", False: "false", None: "null"}[value]
    return repr(value)


def _group(start: str, inner: list[str], end: str, indent: str, depth: int) -> str:
    if not indent or not inner:
        return start + ",".join(inner) + end
    pad = "\n" + indent * (depth + 1)
    return start + pad + ("," + pad).join(inner) + "\n" + indent * depth + end


def _json_escaped(character: str) -> str:
    code = ord(character)
    if code in _JSON_SHORT:
        return _JSON_SHORT[code]
    if code < 0x20 or character in "<>&\u2028\u2029":
        return f"\\u{code:04x}"
    return "\\ufffd" if 0xD800 <= code <= 0xDFFF else character


# --- Times ---------------------------------------------------------------------------------------------------------


def at(time: float, zone: str = "Z") -> datetime:
    """That moment in a zone written as Z or +01:00."""
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=round(time * 1e6))
    if zone == "Z":
        return moment
    hours, minutes = int(zone[1:3]), int(zone[-2:])
    offset = timedelta(hours=hours, minutes=minutes)
    return moment.astimezone(timezone(-offset if zone[0] == "-" else offset))


def utc(time: float) -> str:
    """Whole seconds, as the inner timestamp is."""
    return f"{at(time):%Y-%m-%dT%H:%M:%SZ}"


def local(time: float, zone: str = "Z") -> str:
    """Three decimals, as the outer time is (cut, not rounded)."""
    moment = at(time, zone)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}{zone}"


def nanoseconds(time: float, zone: str = "Z") -> str:
    """Nine decimals, as docker and kubernetes write it."""
    moment = at(time, zone)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond:06d}312{zone}"


# --- What is not structured ------------------------------------------------------------------------------------------


def access(
    status: int = 200,
    path: str = "/health",
    method: str = "GET",
    duration: str = "1.234567ms",
    time: float = TIME,
    zone: str = "Z",
    **more: str,
) -> bytes:
    """A line of the API's access log; the order of the keys is that of `more` first, then the others."""
    pairs = {
        **more,
        "request_id": "5b0a9c7f-2a41-4a0e-8b0f-6a1f4c9e2d02",
        "method": method,
        "path": path,
        "status": str(status),
        "duration": duration,
    }
    pairs.setdefault("user_agent", "curl/8.5.0")
    pairs.setdefault("remote_ip", "172.18.0.1")
    shown = " ".join(f"{key}={value}" for key, value in pairs.items())
    return f"[{at(time, zone):%Y-%m-%dT%H:%M:%S}{zone}] INFO: HTTP request completed {shown}".encode()


def handler_panic(panic: str = "runtime error: index out of range [3] with length 3", time: float = TIME) -> bytes:
    """A crash within a handler of the API."""
    shown = f"request_id=5b0a9c7f-2a41-4a0e-8b0f-6a1f4c9e2d02 method=POST path=/search panic={panic}"
    return f"[{utc(time)}] ERROR: Panic recovered in HTTP handler {shown}".encode()


def go_log(message: str, time: float = TIME, zone: str = "Z") -> bytes:
    """Go's log package."""
    return f"{at(time, zone):%Y/%m/%d %H:%M:%S} {message}".encode()


def panic(message: str = PANIC, *, signal: bool = False, exit_status: bool = True) -> Lines:
    """A panic with its trace."""
    lines = [f"panic: {message}".encode()]
    if signal:
        lines.append(b"[signal SIGSEGV: segmentation violation code=0x1 addr=0x20 pc=0x8f2b31]")
    lines += [
        b"",
        b"goroutine 1 [running]:",
        b"codechunking/internal/config.New(0xc000123456)",
        b"\t/app/internal/config/config.go:359 +0x1c5",
        b"codechunking/cmd.initConfig()",
        b"\t/app/cmd/root.go:162 +0x2a",
        b"created by codechunking/cmd.Execute in goroutine 1",
        b"\t/app/cmd/root.go:88 +0x1d",
    ]
    return [*lines, b"exit status 2"] if exit_status else lines


EXPERIMENTAL = "The SDK's CreateEmbeddings implementation is experimental, and may change in future versions."
BOTH_KEYS = "Warning: Both GOOGLE_API_KEY and GEMINI_API_KEY are set. Using GOOGLE_API_KEY."
STDERR: Lines = [
    b"Error reading config file: open configs/nope.yaml: no such file or directory",
    b"Warning: Failed to bind environment variable CODECHUNK_X to x: bad key",
    b'Error: unknown command "wroker" for "codechunking"',
    b"Error: unknown flag: --foo",
    b'nats: permissions violation for subscription on connection [12] for subscription on "indexing.job"',
    b"nats: permissions violation on connection [12]",
    go_log(EXPERIMENTAL),
    go_log(BOTH_KEYS),
    go_log("http: TLS handshake error from 172.18.0.1:51234: EOF"),
    go_log("INFO Bulk duplicate detection done count=3 repository=acme"),
]
# Other services in the same file.
FOREIGN: Lines = [
    b'2025-11-22 10:30:00.123 UTC [1] FATAL:  password authentication failed for user "dev"',
    b"[1] 2025/11/22 10:30:00.000000 [INF] Starting nats-server",
    b"PostgreSQL init process complete; ready for start up.",
    b"",
]

# --- Wrappers of one line ---------------------------------------------------------------------------


def compose(line: bytes, name: str = "worker-1", pad: int = 2, colour: int | None = None) -> bytes:
    """docker compose logs; `worker_1` is the old way, a container's name another."""
    prefix = f"{name}{' ' * pad}|"
    shown = prefix if colour is None else f"\x1b[{colour}m{prefix}\x1b[0m"
    return f"{shown} ".encode() + line


def docker_timestamps(line: bytes, time: float = TIME, zone: str = "Z") -> bytes:
    """docker logs -t, and kubectl logs --timestamps."""
    return f"{nanoseconds(time, zone)} ".encode() + line


def kubectl(line: bytes, pod: str = "worker-7c9d", container: str = "worker", time: float | None = None) -> bytes:
    """kubectl logs --prefix, with a time also --timestamps."""
    stamp = "" if time is None else f"{nanoseconds(time)} "
    return f"[pod/{pod}/{container}] {stamp}".encode() + line


def journald(
    line: bytes, name: str = "codechunking", pid: int | None = 4711, time: float = TIME, zone: str = "Z"
) -> bytes:
    """journalctl, short; its times are local ones without a year."""
    moment = at(time, zone)
    tag = name if pid is None else f"{name}[{pid}]"
    return f"{moment:%b} {moment.day:2d} {moment:%H:%M:%S} buildhost {tag}: ".encode() + line


def journald_iso(line: bytes, name: str = "codechunking", pid: int | None = 4711, time: float = TIME) -> bytes:
    """journalctl -o short-iso."""
    tag = name if pid is None else f"{name}[{pid}]"
    return f"{at(time):%Y-%m-%dT%H:%M:%S}+0000 buildhost {tag}: ".encode() + line


def procfile(line: bytes, name: str = "worker", time: float = TIME) -> bytes:
    """Procfile runners."""
    return f"{at(time):%H:%M:%S} {name} | ".encode() + line


def cri(line: bytes, output: str = "stdout", tag: str = "F", time: float = TIME) -> bytes:
    """One piece of Kubernetes' container runtime interface."""
    return f"{nanoseconds(time)} {output} {tag} ".encode() + line


def docker_json(
    line: bytes, output: str = "stdout", time: float = TIME, attrs: Mapping[str, str] | None = None
) -> bytes:
    """One object of docker's json-file driver; a whole line has its line break within."""
    content = go_json(line.decode("utf-8", "surrogateescape"))
    more = f',"attrs":{go_json(attrs)}' if attrs else ""
    return f'{{"log":{content},"stream":"{output}"{more},"time":"{nanoseconds(time)}"}}'.encode()


# --- Wrappers of many lines ---------------------------------------------------------------------------


def cri_lines(lines: Sequence[bytes], output: str = "stdout", time: float = TIME, piece: int = PIECE) -> Lines:
    """Lines as the container runtime writes them, long ones in pieces."""
    made: Lines = []
    for each in lines:
        *early, last = pieces(each, piece)
        made += [cri(part, output, "P", time) for part in early]
        made.append(cri(last, output, "F", time))
    return made


def docker_json_lines(
    lines: Sequence[bytes],
    output: str = "stdout",
    time: float = TIME,
    piece: int = PIECE,
    attrs: Mapping[str, str] | None = None,
) -> Lines:
    """Lines as docker's json-file driver writes them, long ones in pieces."""
    made: Lines = []
    for each in lines:
        *early, last = pieces(each, piece)
        made += [docker_json(part, output, time, attrs) for part in early]
        made.append(docker_json(last + b"\n", output, time, attrs))
    return made


def pieces(line: bytes, size: int = PIECE) -> Lines:
    """A line cut into pieces; at least one."""
    return [line[start : start + size] for start in range(0, len(line), size)] or [b""]


def each(wrap: Callable[[bytes], bytes]) -> Callable[[Sequence[bytes]], Lines]:
    """A wrapper of one line, for many."""
    return lambda lines: [wrap(one) for one in lines]


def crlf(lines: Sequence[bytes]) -> Lines:
    """Lines that went through Windows."""
    return [one + b"\r" for one in lines]


def coloured(line: bytes) -> bytes:
    """Another way to colour: the whole line."""
    return b"\x1b[1;36m" + line + b"\x1b[0m"


def file(lines: Sequence[bytes]) -> bytes:
    """The lines as they stand in a file."""
    return b"".join(one + b"\n" for one in lines)


# Every way of section 5, by name: what it makes of lines, and how it is called in our output.
WRAPPERS: dict[str, tuple[Callable[[Sequence[bytes]], Lines], tuple[str, ...]]] = {
    "none": (list, ()),
    "crlf": (crlf, ()),
    "coloured": (each(coloured), ()),
    "compose": (each(compose), ("compose",)),
    "compose v1": (each(lambda one: compose(one, "worker_1")), ("compose",)),
    "compose container name": (each(lambda one: compose(one, "codechunking-worker")), ("compose",)),
    "compose padded": (each(lambda one: compose(one, "api-1", pad=16)), ("compose",)),
    "compose coloured": (each(lambda one: compose(one, colour=36)), ("compose",)),
    "compose -t": (each(lambda one: compose(docker_timestamps(one))), ("compose", "docker-timestamps")),
    "docker -t": (each(docker_timestamps), ("docker-timestamps",)),
    "docker json": (docker_json_lines, ("docker-json",)),
    "docker json attrs": (lambda lines: docker_json_lines(lines, attrs={"tag": "a<b"}), ("docker-json",)),
    "cri": (cri_lines, ("cri",)),
    "kubectl": (each(kubectl), ("kubectl",)),
    "kubectl --timestamps": (each(lambda one: kubectl(one, time=TIME)), ("kubectl",)),
    "journald": (each(journald), ("journald",)),
    "journald without pid": (each(lambda one: journald(one, pid=None)), ("journald",)),
    "journald iso": (each(journald_iso), ("journald",)),
    "procfile": (each(procfile), ("procfile",)),
}

COLOURS = re.compile(rb"\x1b\[[0-9;]*[A-Za-z]")
