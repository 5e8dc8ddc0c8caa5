"""What reads lines of logs: peeling, decoding, times, quotes, the scanner and its two ways of finding literals."""

from __future__ import annotations

import json

from tests.fuzz.target import Run, Target, World, strings


def lines(_: World) -> Run:
    from doctor.logs.entry import decode
    from doctor.logs.plain import in_trace
    from doctor.logs.wrappers import peel

    def run(data: bytes) -> None:
        for line in data.split(b"\n"):
            peeled = peel(line)
            decode(peeled.rest)
            in_trace(peeled.rest)

    return run


def words(_: World) -> Run:
    from doctor.logs import quoting, times

    def run(data: bytes) -> None:
        times.parse(data)
        times.parse(data, 2025, 3600)
        times.duration(data)
        quoting.unquoted(data, 0)
        quoting.go_unquote(data)

    return run


def scanner(world: World) -> Run:
    from doctor.logs.matcher import Matcher
    from doctor.logs.scan import Scanner, Window

    # It takes longer to load than most inputs do.
    once = Matcher.load()
    world.patch.setattr(Matcher, "load", lambda: once)

    def run(data: bytes) -> None:
        for window in (None, Window(deep=True)):
            scanner = Scanner(window)
            scanner.scan(data)
            # What was read in two blocks can be added to itself.
            scanner.result.merge(scanner.result)

    return run


def engines(_: World) -> Run:
    from doctor.logs.matcher import Hyperscan, Plain, literals

    fast, plain = Hyperscan(literals()), Plain(literals())

    def run(data: bytes) -> None:
        assert fast.find(data) == plain.find(data)

    return run


def pieces(_: World) -> Run:
    from doctor.logs.pieces import mend
    from doctor.sources.logs.records import boundary

    def run(data: bytes) -> None:
        mend(data)
        assert 0 <= boundary(data) <= len(data)

    return run


STARTING = {
    "timestamp": "2025-11-22T10:30:00.011Z",
    "level": "INFO",
    "message": "Starting worker service",
    "metadata": {"concurrency": 2, "job_id": "a1b2c3d4-e5f6-4890-abcd-ef1234567890"},
}
_INNER = json.dumps(STARTING)
_OUTER = f"time=2025-11-22T10:30:00.011Z level=INFO msg={json.dumps(_INNER)}"
LINES = strings(
    [
        f"{_OUTER}\n",
        f"{_INNER}\n",
        f"worker-1  | 2025-11-22T10:30:00.011111111Z {_OUTER}\n",
        json.dumps({"log": f"{_OUTER}\n", "stream": "stderr", "time": "2025-11-22T10:30:00Z"}) + "\n",
        f"2025-11-22T10:30:00Z stderr P {_OUTER[:40]}\n2025-11-22T10:30:00Z stderr F {_OUTER[40:]}\n",
        f"[pod/worker-1/worker] {_OUTER}\nNov 22 10:30:00 host codechunking[12]: {_OUTER}\n",
        "[2025-11-22T10:30:00Z] WARN worker: Batch processing not implemented\n2025/11/22 10:30:00 panic: x\n",
        "panic: runtime error: index out of range [1]\n\ngoroutine 1 [running]:\nmain.main()\n\t/app/x.go:1 +0x1\n",
        '::1 - - [22/Nov/2025:10:30:00 +0000] "GET /health HTTP/1.1" 200 12 "-" "curl/8" 1.5ms\n',
        "\x1b[32mINFO\x1b[0m Starting worker service failed\r\n",
    ]
)
LOGS = (
    Target(
        "lines", lines, ("doctor.logs.entry", "doctor.logs.plain", "doctor.logs.wrappers", "doctor.logs.quoting"), LINES
    ),
    Target(
        "words",
        words,
        ("doctor.logs.times", "doctor.logs.quoting"),
        strings(
            ["2025-11-22T10:30:00.011Z", "Nov 22 10:30:00", "1h2m3.5s", '\\"a\\u00e9\\x41\\n"', "2025/11/22 10:30:00"]
        ),
        longest=300,
    ),
    Target("scanner", scanner, ("doctor.logs",), LINES, longest=8192),
    Target(
        "engines",
        engines,
        ("doctor.logs.matcher",),
        (*LINES, b'Starting worker service Starting worker service stopped "ERROR] WARN panic: '),
        longest=8192,
    ),
    Target("pieces", pieces, ("doctor.logs.pieces", "doctor.sources.logs.records"), LINES, longest=8192),
)
