"""Big logs: whole processes against ripgrep, lnav (where it is installed) and a loop around `json`, in the same run."""

from __future__ import annotations

import random
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from doctor.logs.catalogue import CATALOGUE, Entry
from tests.benchmarks.processes import in_turn
from tests.logs.encoder import TIME, line

# The most that scanning may take as a multiple of ripgrep's time, and the least a dense log may be read at.
RATIO, DENSE = 2.0, 300.0
MEMORY = 150.0
# How often the big log is in the one that is too big for any memory, and the bytes of the disk that are left free.
TIMES, ROOM = 5, 2_000_000_000
RUNS = 3

VALUES: dict[str, Callable[[random.Random], object]] = {
    "string": lambda rng: f"text {rng.randrange(20)}",
    "int": lambda rng: rng.randrange(10_000),
    "float": lambda rng: rng.random(),
    "bool": lambda rng: rng.random() < 0.5,
    "uuid": lambda rng: f"{rng.randrange(40):08x}-e5f6-4890-abcd-ef1234567890",
    "duration_ns": lambda _: 5_000_000_000,
    "timestamp": lambda _: "2025-11-22T10:30:00Z",
    "list": lambda _: ["batches/x1y2"],
    "object": lambda _: {"MaxQueueSize": 10_000},
    "error_object": lambda _: {},
}

# What a plain reader of these lines does.
LOOP = """
import json, sys
wanted, count = set(open(sys.argv[2], encoding="utf-8").read().splitlines()), 0
for line in open(sys.argv[1], encoding="utf-8"):
    _, _, quoted = line.partition(" msg=")
    count += json.loads(json.loads(quoted))["message"] in wanted
print(count)
"""

MEASURED = """
import resource, subprocess, sys
subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, check=True)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""


def logs(python: Path, megabytes: int) -> int:
    """One row per measurement; how many are over their limit."""
    doctor = [str(python.parent / "codechunk-doctor"), "logs", "--clean-env", "--format", "json"]
    rg = ripgrep(python)
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        literals = folder / "literals"
        literals.write_text("".join(f"{text}\n" for text in messages()), encoding="utf-8")
        rare, dense, small = folder / "rare.log", folder / "dense.log", folder / "small.log"
        write(rare, megabytes, 0.0015)
        write(dense, megabytes, 0.4)
        write(small, max(megabytes // 10, 1), 0.0015)

        def against_rg(name: str, log: Path, limit: float | None = None, least: float = 0.0) -> int:
            return _row(name, [*doctor, str(log)], [*rg, str(literals), str(log)], log, limit, least)

        print(f"\n{'logs, median of ' + str(RUNS):44} {'s':>8} {'peer s':>8} {'ratio':>6} {'MB/s':>6}  limit")
        late = against_rg(f"{megabytes} MB, 0.15 % of the lines, rg", rare, limit=RATIO)
        late += against_rg(f"{megabytes} MB, 40 % of the lines, rg", dense, least=DENSE)
        loop = [sys.executable, "-c", LOOP, str(small), str(literals)]
        _row("a tenth of it, a loop around json", [*doctor, str(small)], loop, small)
        if (lnav := shutil.which("lnav")) is not None:
            _row("a tenth of it, lnav", [*doctor, str(small)], [lnav, "-n", "-q", str(small)], small)
        else:
            print(f"{'a tenth of it, lnav':44} skipped: lnav is not installed")
        late += sum(_memory(doctor, log) for log in (small, rare, dense))
        dense.unlink()
        return late + _memory_of_much(doctor, rare)


def _row(
    name: str, ours: Sequence[str], theirs: Sequence[str], log: Path, limit: float | None = None, least: float = 0.0
) -> int:
    mine, other = in_turn(ours, theirs, runs=RUNS)
    speed = log.stat().st_size / mine / 1e6
    over = (limit is not None and mine / other > limit) or speed < least
    bound = f"{limit:g}x" if limit is not None else f"{least:g} MB/s" if least else ""
    print(f"{name:44} {mine:8.2f} {other:8.2f} {mine / other:6.2f} {speed:6.0f}  {bound}{'  OVER' if over else ''}")
    return int(over)


def _memory(doctor: Sequence[str], log: Path) -> int:
    """The most that any one process of a run holds, which does not depend on the size of the log."""
    command = [sys.executable, "-c", MEASURED, *doctor, str(log)]
    megabytes = int(subprocess.run(command, capture_output=True, check=True, text=True).stdout) / 1024
    name = f"memory of a process, {log.stem}, {log.stat().st_size / 1e6:.0f} MB"
    print(f"{name:44} {megabytes:8.0f} MB{'':17} {MEMORY:g} MB{'  OVER' if megabytes > MEMORY else ''}")
    return int(megabytes > MEMORY)


def _memory_of_much(doctor: Sequence[str], log: Path) -> int:
    """The same for several times this log, where the disk has room."""
    size = log.stat().st_size * TIMES
    if shutil.disk_usage(log.parent).free < size + ROOM:
        print(f"{f'memory of a process, {size / 1e6:.0f} MB':44} skipped: no room")
        return 0
    much = log.with_name("much.log")
    with much.open("wb") as copy:
        for _ in range(TIMES):
            with log.open("rb") as original:
                shutil.copyfileobj(original, copy)
    return _memory(doctor, much)


def ripgrep(python: Path) -> list[str]:
    """The wheel of ripgrep 14, counting lines with any of the texts in a file."""
    subprocess.run([str(python), "-m", "pip", "install", "--quiet", "ripgrep==14.1.0"], check=True)
    return [str(python.parent / "rg"), "-c", "-F", "-f"]


def messages() -> list[str]:
    """The texts that the program can write and that stand in its lines as they are."""
    return [each.message for each in visible() if each.message is not None and each.message in each.literals]


def visible() -> list[Entry]:
    """The entries that the program writes."""
    return [each for each in CATALOGUE.entries if each.visible and each.message is not None]


def write(path: Path, megabytes: int, share: float) -> None:
    """A log of this size in which so many of the lines are in the catalogue; a second has a hundred lines."""
    rng = random.Random(1)
    size, wanted, number = 0, megabytes * 1_000_000, 0
    pool = [_ordinary(rng) for _ in range(2000)]
    known = [line(each.message or "", each.level, _fields(each, rng)) for each in visible() for _ in range(8)]
    with path.open("wb") as file:
        while size < wanted:
            second = datetime.fromtimestamp(TIME + number, UTC).strftime("time=%Y-%m-%dT%H:%M:%S").encode()
            # Made once and only stamped anew: writing takes longest of all here.
            chosen = (rng.choice(known if rng.random() < share else pool) for _ in range(100))
            size += file.write(b"".join(b"%s.%03dZ%s\n" % (second, n * 10, of[29:]) for n, of in enumerate(chosen)))
            number += 1


def _ordinary(rng: random.Random) -> bytes:
    path = f"/tmp/codechunking-workspace/{rng.getrandbits(64)}/internal/file_{rng.randrange(1000)}.go"
    return line("TreeSitter parsed a chunk", fields={"path": path, "lines": rng.randrange(500)})


def _fields(entry: Entry, rng: random.Random) -> dict[str, object]:
    return {name: VALUES[kind](rng) for name, kind in entry.fields}
