"""Every two faults of different sources in one run: `python -m tests.faults` says how many, and how long it takes."""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

from tests.faults import pairs
from tests.faults.sources import SOURCES, World, carried_out


def main() -> int:
    """Print what is not as it should be as it is met; exit status 1 when there is any."""
    cases = pairs.covering()
    single = sum(len(each.faults) for each in SOURCES.values())
    print(f"{len(SOURCES)} sources, {single} faults, {len(pairs.every_pair())} pairs in {len(cases)} runs", flush=True)
    started, wrong = time.monotonic(), 0
    with tempfile.TemporaryDirectory() as directory, World.made(Path(directory)) as world:
        for case, said in carried_out(cases, world):
            wrong += bool(said)
            if said:
                print(dict(case), *said, sep="\n    ", flush=True)
    print(f"{len(cases) - wrong} as they should be, {wrong} not; {time.monotonic() - started:.0f} s")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
