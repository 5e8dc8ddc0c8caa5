"""
How time and memory grow: the same thing at three sizes, each in a process of its own, and the exponent of the growth.

An exponent of 1 is linear. What a run takes in any case is measured with next to nothing and taken off first. Counted
is the time of the processors, as others may want them too; memory is the most of any one process.
"""

from __future__ import annotations

import json
import math
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from doctor.embedded.authority import Authority
from doctor.embedded.google import Google
from tests.benchmarks.logs import write
from tests.logs.encoder import line

RUNS = 3
MEGABYTES = 25
MANY = 400
STEEP = 1.25
"""From this exponent on something grows worse than linearly; below half a second it means nothing."""
LEAST = 0.5

HEAD = "database: {user: u, password: p, host: 127.0.0.1, port: 1}\n"
KEY = "AIzaSyD-canary_0123456789abcdefghijklmnop"

# Runs a command and prints its seconds and the most memory of it or of one of its processes.
MEASURED = """
import json, os, resource, subprocess, sys, time
started = time.perf_counter()
status = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL).returncode
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(json.dumps([status, time.perf_counter() - started, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024]))
"""


@dataclass(frozen=True)
class Made:
    """What is measured at one size: arguments of the command, and variables for it."""

    arguments: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict)


Making = Callable[[Path, int], Made]


@dataclass(frozen=True)
class Growing:
    """One row: what grows, at which sizes, and how it is made below an empty directory."""

    name: str
    sizes: tuple[int, int, int]
    make: Making
    unit: str = ""


def _offline(where: Path, *further: str) -> Made:
    return Made(["check", "--offline", "--clean-env", "--dir", str(where), *further])


def _configured(where: Path, text: str) -> None:
    (where / "configs").mkdir()
    (where / "configs" / "config.yaml").write_text(HEAD + text)


def configuration(where: Path, kilobytes: int) -> Made:
    """A file of this size, all of it connectors with comments."""
    entry = (
        "  - {{name: c{n}, type: gitlab, base_url: 'https://gitlab.example.com/{n}', auth_token: x{n}}} # one of them\n"
    )
    number = kilobytes * 1000 // len(entry)
    _configured(where, "connectors:\n" + "".join(entry.format(n=n) for n in range(number)))
    return _offline(where)


def unknown_keys(where: Path, count: int) -> Made:
    """Settings that nobody knows."""
    _configured(where, "".join(f"sectoin{n}: {{thresholds: {n}}}\n" for n in range(count)))
    return _offline(where)


def variables(where: Path, count: int) -> Made:
    """Variables of the program's own kind that it does not know, in an `--env-file`."""
    _configured(where, "")
    (where / "many.env").write_text("".join(f"CODECHUNK_GEMINI_TIMEOUT_{n}=30s\n" for n in range(count)))
    return _offline(where, "--env-file", str(where / "many.env"))


def services(where: Path, count: int) -> Made:
    """A compose file with this many workers."""
    _configured(where, "")
    one = (
        "  worker{n}:\n    image: codechunking\n    command: [worker]\n    environment: {{CODECHUNK_API_PORT: '{n}'}}\n"
    )
    (where / "docker-compose.yml").write_text("services:\n" + "".join(one.format(n=n) for n in range(count)))
    return _offline(where)


def jobs(where: Path, count: int) -> Made:
    """One log with this many jobs, each embedded sequentially, for a verdict on each."""
    _configured(where, "batch_processing: {enabled: true, threshold_chunks: 50}\n")
    with (where / "worker.log").open("wb") as log:
        for number in range(count):
            decided = {
                "job_id": f"00000000-0000-4000-8000-{number:012d}",
                "chunk_count": 10,
                "has_queue_manager": True,
                "batch_enabled": True,
                "batch_desired": False,
                "threshold_chunks": 50,
            }
            time = 1_760_000_000.0 + number
            log.write(line("Making embedding processing decision", "INFO", decided, time) + b"\n")
    return Made(["why", "--all", "--offline", "--clean-env", "--dir", str(where), "--logs", str(where / "worker.log")])


def files(where: Path, count: int, megabytes: int = MEGABYTES) -> Made:
    """So many files of a size."""
    _configured(where, "")
    write(where / "0.log", megabytes, 0.002)
    for number in range(1, count):
        shutil.copyfile(where / "0.log", where / f"{number}.log")
    return Made(["logs", "--clean-env", *(str(where / f"{number}.log") for number in range(count))])


GROWING = (
    Growing("configuration", (250, 500, 1000), configuration, "kB"),
    Growing("unknown settings", (500, 1000, 2000), unknown_keys),
    Growing("variables nobody knows", (2500, 5000, 10_000), variables),
    Growing("services of a compose file", (250, 500, 1000), services),
    Growing("why --all, jobs in one log", (2500, 5000, 10_000), jobs),
    Growing(f"logs, files of {MEGABYTES} MB", (8, 16, 32), files),
)
BATCHES = (1250, 2500, 5000)


def scale(python: Path, factor: int, gigabytes: int) -> int:
    """
    Print a row for each; how many grow worse than linearly.

    `factor` multiplies the files of logs. With `gigabytes` so much is read once more from 400 files.
    """
    print(f"\n{'how it grows, best of ' + str(RUNS):34} {'sizes':>22} {'CPU seconds':>22} {'MB':>16} {'exponent':>9}")
    steep = sum(_row(python, _scaled(each, factor)) for each in GROWING) + batches(python)
    if gigabytes:
        _huge(python, gigabytes)
    return steep


def _huge(python: Path, gigabytes: int) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        made = files(Path(scratch), MANY, gigabytes * 1000 // MANY)
        elapsed, seconds, most = _run(python, made)
    print(f"logs, {MANY} files, {gigabytes} GB: {elapsed:.1f} s, {seconds:.1f} CPU seconds, {most:.0f} MB")


def _scaled(each: Growing, factor: int) -> Growing:
    if each.make is not files:
        return each
    first, second, third = (size * factor for size in each.sizes)
    return Growing(each.name, (first, second, third), each.make, each.unit)


def _row(python: Path, each: Growing) -> int:
    with tempfile.TemporaryDirectory() as scratch:
        figures = []
        for size in (0, *each.sizes):
            where = Path(scratch, str(size))
            where.mkdir()
            figures.append(_measured(python, each.make(where, max(size, 1))))
    return _told(f"{each.name}{', ' + each.unit if each.unit else ''}", each.sizes, figures)


def batches(python: Path) -> int:
    """`batches list` with so many batch jobs at a stand-in for Google."""
    authority, figures = Authority(), []
    with tempfile.TemporaryDirectory() as scratch:
        where = Path(scratch)
        _configured(where, "")
        trusted = str(authority.certificate_file(where / "authority.pem"))
        for count in (1, *BATCHES):
            with Google.start({"batches": count, "page": 100}, tls=authority.context) as google:
                given = {"HTTPS_PROXY": google.proxy, "SSL_CERT_FILE": trusted, "GEMINI_API_KEY": KEY}
                figures.append(_measured(python, Made(["batches", "list", "--dir", scratch, "--limit", "10"], given)))
    return _told("batches list, batches at Google", BATCHES, figures)


def _measured(python: Path, made: Made) -> tuple[float, float]:
    """Seconds of the processors, the least of some runs, and megabytes."""
    runs = [_run(python, made) for _ in range(RUNS)]
    return min(seconds for _, seconds, _ in runs), max(size for _, _, size in runs)


def _run(python: Path, made: Made) -> tuple[float, float, float]:
    """Seconds, seconds of the processors, and megabytes."""
    command = [sys.executable, "-c", MEASURED, str(python.parent / "codechunk-doctor"), *made.arguments]
    environment = {"PATH": os.environ["PATH"], **made.environment}
    done = subprocess.run(command, capture_output=True, env=environment, check=True, text=True)
    status, elapsed, seconds, size = json.loads(done.stdout)
    if status not in (0, 1):
        raise RuntimeError(f"{made.arguments[0]} ends with status {status}: {done.stderr[-300:]}")
    return elapsed, seconds, size


def _told(name: str, sizes: Sequence[int], figures: Sequence[tuple[float, float]]) -> int:
    """Print a row; the first figure is of next to nothing."""
    (base, _), *measured = figures
    grown = exponent(sizes, [seconds - base for seconds, _ in measured])
    steep = grown > STEEP and measured[-1][0] - base > LEAST
    seconds = " ".join(f"{each:7.2f}" for each, _ in measured)
    memory = " ".join(f"{each:5.0f}" for _, each in measured)
    numbers = " ".join(f"{size:7,}" for size in sizes)
    print(f"{name:34} {numbers:>22} {seconds:>22} {memory:>16} {grown:9.2f}{'  STEEP' if steep else ''}", flush=True)
    return int(steep)


def exponent(sizes: Sequence[int], seconds: Sequence[float]) -> float:
    """The slope of the line through the logarithms, by least squares; no time at all does not grow."""
    points = [(math.log(size), math.log(max(each, 1e-3))) for size, each in zip(sizes, seconds, strict=True)]
    x, y = (sum(values) / len(points) for values in zip(*points, strict=True))
    return sum((a - x) * (b - y) for a, b in points) / sum((a - x) ** 2 for a, _ in points)
