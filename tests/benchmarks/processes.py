"""Whole processes, timed in turn."""

from __future__ import annotations

import os
import statistics
import subprocess
import time
from collections.abc import Mapping, Sequence


def in_turn(
    ours: Sequence[str], theirs: Sequence[str], *, runs: int, variables: Mapping[str, str] | None = None
) -> tuple[float, float]:
    """The median seconds of two commands, run A B A B after a warm-up, `variables` beside those of the shell."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("CODECHUNK_")}
    environment |= variables or {}

    def run(command: Sequence[str]) -> float:
        started = time.perf_counter()
        subprocess.run(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
        return time.perf_counter() - started

    run(ours), run(theirs)
    pairs = [(run(ours), run(theirs)) for _ in range(runs)]
    return statistics.median(pair[0] for pair in pairs), statistics.median(pair[1] for pair in pairs)
