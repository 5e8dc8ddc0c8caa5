"""
Start-up, an offline check, resolution, a big database and big logs, measured against a peer in the same run.

`python -m tests.benchmarks [start-up] [resolution] [database] [logs] [scale] [--rows N] [--megabytes N] [--factor N]
[--gigabytes N]`: all of them when none is named; `scale` has no peer, and tells how time and memory grow. What runs as
a process of its own is an installed wheel.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from tests.benchmarks.processes import in_turn

ROOT = Path(__file__).parent.parent.parent
RUNS = 15
PARTS = ("start-up", "resolution", "database", "logs", "scale")

TAB = "completion of a check's id"
TYPED = {
    "COMP_WORDS": "codechunk-doctor explain c",
    "COMP_CWORD": "2",
    "_CODECHUNK_DOCTOR_COMPLETE": "bash_complete",
}

# Each line: what is measured, its arguments, and the most it may take as a multiple of its peer or in seconds.
COMMANDS = (
    ("--version", ["--version"], "ratio", 2.0),
    ("--help", ["--help"], "ratio", 2.0),
    # What bash asks when Tab is pressed behind `explain c`.
    (TAB, [], "ratio", 3.0),
    (
        "check --offline, development file",
        ["check", "--offline", "--clean-env", "--dir", "{dev}"],
        "seconds",
        0.3,
    ),
    (
        "check --offline, production file",
        ["check", "--offline", "--clean-env", "--dir", "{prod}"],
        "seconds",
        0.3,
    ),
)


def main() -> int:
    """Print one row per measurement; exit status 1 when one is over its limit."""
    parts, rows, megabytes, factor, gigabytes = arguments()
    late = 0
    with tempfile.TemporaryDirectory() as scratch:
        if {"start-up", "database", "logs", "scale"} & parts:
            python = install_wheel(Path(scratch))
        if "start-up" in parts:
            places = {"dev": example(Path(scratch), "development"), "prod": example(Path(scratch), "production")}
            late += start_up(python, places)
        if "resolution" in parts:
            late += resolution()
        if "database" in parts:
            from tests.benchmarks.database import database

            late += database(python, rows)
        if "logs" in parts:
            from tests.benchmarks.logs import logs

            late += logs(python, megabytes)
        if "scale" in parts:
            from tests.benchmarks.scale import scale

            late += scale(python, factor, gigabytes)
    return 1 if late else 0


def arguments() -> tuple[set[str], int, int, int, int]:
    """What to measure, chunks of the big database, size of the big log, times as many logs for `scale`, size of all."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks")
    parser.add_argument("part", nargs="*", help=f"{', '.join(PARTS)}; all of them when none is named")
    parser.add_argument("--rows", type=int, default=1_000_000, help="chunks of the big database (default: %(default)s)")
    parser.add_argument("--megabytes", type=int, default=1000, help="size of the big log (default: %(default)s)")
    parser.add_argument("--factor", type=int, default=1, help="times as many logs for scale (default: %(default)s)")
    parser.add_argument("--gigabytes", type=int, default=0, help="read so much from 400 logs too (default: none)")
    given = parser.parse_args()
    unknown = set(given.part) - set(PARTS)
    if unknown:
        parser.error(f"no such part: {', '.join(sorted(unknown))}")
    return set(given.part or PARTS), given.rows, given.megabytes, given.factor, given.gigabytes


def install_wheel(scratch: Path) -> Path:
    """Build the wheel, install it with its dependencies into a virtual environment, return that one's Python."""
    quiet = {"check": True, "stdout": subprocess.DEVNULL}
    subprocess.run([sys.executable, "-m", "build", "--wheel", "--outdir", str(scratch), str(ROOT)], **quiet)  # type: ignore[call-overload]
    subprocess.run([sys.executable, "-m", "venv", str(scratch / "venv")], **quiet)  # type: ignore[call-overload]
    python = scratch / "venv" / "bin" / "python"
    (wheel,) = scratch.glob("*.whl")
    subprocess.run([str(python), "-m", "pip", "install", "--quiet", str(wheel)], **quiet)  # type: ignore[call-overload]
    return python


def example(scratch: Path, name: str) -> str:
    """An installation that holds one of the example configurations."""
    directory = scratch / name / "configs"
    directory.mkdir(parents=True)
    (directory / "config.yaml").write_bytes((ROOT / "configs" / f"codechunking-{name}.yaml").read_bytes())
    return str(directory.parent)


def start_up(python: Path, places: dict[str, str]) -> int:
    """Whole processes, in turn with `python -c "import click"`; how many are over their limit."""
    doctor = str(python.parent / "codechunk-doctor")
    peer = [str(python), "-c", "import click"]
    late = 0
    print(f"{'whole process, median of ' + str(RUNS):44} {'ms':>8} {'peer ms':>8} {'ratio':>6}  limit")
    for name, arguments, unit, limit in COMMANDS:
        command = [doctor, *(argument.format(**places) for argument in arguments)]
        ours, theirs = in_turn(command, peer, runs=RUNS, variables=TYPED if name == TAB else None)
        ratio = ours / theirs
        over = (ratio if unit == "ratio" else ours) > limit
        late += over
        bound = f"{limit:g}x" if unit == "ratio" else f"{limit * 1000:g} ms"
        print(f"{name:44} {ours * 1000:8.1f} {theirs * 1000:8.1f} {ratio:6.2f}  {bound}{'  OVER' if over else ''}")
    return late


def resolution() -> int:
    """All conformance cases: milliseconds a case, reading the file included, against a bare read of the same file."""
    from doctor.sources.config import resolve
    from tests.conformance import cases, laid_out

    with tempfile.TemporaryDirectory() as scratch:
        prepared = [(case, laid_out(case, Path(scratch))) for case in cases()]
        resolved = each(prepared, lambda case, where: resolve(where, case["config_arg"], case["env"]))
        read = each(prepared, lambda case, where: [(where / name).read_bytes() for name in case["files"]])
    mean = statistics.mean(resolved)
    print(f"\n{'resolution, ' + str(len(resolved)) + ' cases':44} {'ms':>8} {'peer ms':>8} {'ratio':>6}  limit")
    for name, figure in (("mean", statistics.mean), ("median", statistics.median), ("slowest", max)):
        ours, theirs = figure(resolved), figure(read)
        limit = "1 ms" if name == "mean" else ""
        print(f"  {name:42} {ours:8.3f} {theirs:8.3f} {ours / theirs:6.1f}  {limit}")
    print(f"  {'all of them':42} {sum(resolved):8.0f}")
    return int(mean > 1)


def each(prepared: list[tuple[dict, Path]], function: Callable[[dict, Path], object]) -> list[float]:  # type: ignore[type-arg]
    """The milliseconds of the function on each case; the better of two runs."""
    best = []
    for case, where in prepared:
        times = []
        for _ in range(2):
            started = time.perf_counter()
            function(case, where)
            times.append((time.perf_counter() - started) * 1000)
        best.append(min(times))
    return best


if __name__ == "__main__":
    sys.exit(main())
