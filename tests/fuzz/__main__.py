"""
`python -m tests.fuzz [TARGET...] [--seconds N] [--keep]`: look for inputs that break a reader, guided by coverage.

Needs atheris (`pip install -e '.[fuzz]'`). Each target runs for so many seconds in a process of its own, from the
inputs that are kept on; with `--keep` those that reach more are kept too, the fewest that do. A table is printed in the
end, and the input of each crash.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import pytest

from tests.fuzz import corpus
from tests.fuzz.reach import telling
from tests.fuzz.target import World
from tests.fuzz.targets import TARGETS

# What one input may cost.
SECONDS, MEGABYTES = 5, 1024
# What is kept of a target takes at most so many bytes, as all of it is tried in every run of the tests.
MOST_KEPT = 40_000

_DONE = re.compile(rb"^Done (\d+) (?:runs )?in", re.MULTILINE)
_STATE = re.compile(rb"^#(\d+).*?cov: (\d+) ft: (\d+)", re.MULTILINE)


class Figures(NamedTuple):
    """How a target went: inputs tried, branches reached, inputs kept, inputs that broke it."""

    target: str
    runs: int
    branches: int
    kept: int
    crashes: tuple[bytes, ...]


def fuzz(name: str, seconds: int, *, keep: bool) -> Figures:
    """Look for `seconds`."""
    target = TARGETS[name]
    with TemporaryDirectory(prefix="fuzz-") as holder:
        folder = Path(holder)
        found = folder / "found"
        known = {*target.seeds, *corpus.load(name)}
        _lay_out(found, known)
        output = _run(name, [f"-max_total_time={seconds}", f"-artifact_prefix={folder}/crash-", str(found)])
        crashes = tuple(each.read_bytes() for each in sorted(folder.glob("crash-*")))
        if keep:
            corpus.save(name, _fewest(name, folder, found))
    done, states = _DONE.search(output), _STATE.findall(output)
    runs, branches = (int(states[-1][0]), int(states[-1][1])) if states else (0, 0)
    runs = int(done[1]) if done is not None else runs
    if not states or crashes:
        sys.stderr.buffer.write(output[-6000:])
    return Figures(name, runs, branches, len(corpus.load(name)), crashes)


def _lay_out(folder: Path, inputs: set[bytes]) -> None:
    folder.mkdir()
    for number, each in enumerate(sorted(inputs)):
        (folder / f"{number:05}").write_bytes(each)


def _fewest(name: str, folder: Path, found: Path) -> list[bytes]:
    """The fewest inputs that reach as much, as far as there is room."""
    inputs = sorted((each.read_bytes() for each in found.iterdir()), key=len)
    own = folder / "own"
    own.mkdir()
    room, kept = MOST_KEPT, []
    with pytest.MonkeyPatch.context() as patch:
        for each in telling(TARGETS[name], World(own, patch), inputs):
            room -= len(each) + 10
            if room >= 0:
                kept.append(each)
    return kept


def _run(name: str, options: list[str]) -> bytes:
    limits = [f"-timeout={SECONDS}", f"-rss_limit_mb={MEGABYTES}", f"-max_len={TARGETS[name].longest}"]
    # In memory where the system has such a place: many inputs are files.
    memory = Path("/dev/shm")
    with TemporaryDirectory(prefix="fuzz-", dir=memory if memory.is_dir() else None) as folder:
        command = [sys.executable, "-m", "tests.fuzz.guided", name, folder, *limits, *options]
        return subprocess.run(command, capture_output=True, check=False).stderr


def main() -> int:
    """Run the targets one after the other."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz")
    parser.add_argument("target", nargs="*", choices=[*TARGETS, []], help="all when none is named")
    parser.add_argument("--seconds", type=int, default=60, help="for each target (default 60)")
    parser.add_argument("--keep", action="store_true", help="keep the inputs that reach more")
    given = parser.parse_args()
    print("| target | inputs tried | branches | kept | crashes |\n|---|---|---|---|---|")
    broken = 0
    for name in given.target or TARGETS:
        figures = fuzz(name, given.seconds, keep=given.keep)
        broken += len(figures.crashes)
        print(
            f"| {name} | {figures.runs:,} | {figures.branches:,} | {figures.kept} | {len(figures.crashes)} |",
            flush=True,
        )
        for crash in figures.crashes:
            print(f"  {name}: {crash!r}", flush=True)
    return 1 if broken else 0


if __name__ == "__main__":
    raise SystemExit(main())
