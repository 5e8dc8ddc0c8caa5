"""A run of the real command among peers at fault, and what must hold of it whatever they do."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.report.schemas import validator

DEADLINE = 3.0
"""What `--deadline` is given, in seconds."""

GRACE = 1.0
"""How much later than that a run may end on a machine with nothing else to do."""

SECRET = "hunter2-Zq8vKw3xN7"
KEY = "AIzaSyD-canary_0123456789abcdefghijklmnop"


@dataclass(frozen=True)
class Ended:
    """How a run ended."""

    status: int
    seconds: float
    stdout: str
    stderr: str

    @property
    def report(self) -> dict[str, Any]:
        """The report; empty where there is none."""
        with contextlib.suppress(ValueError):
            found = json.loads(self.stdout)
            return found if isinstance(found, dict) else {}
        return {}

    def outcomes(self) -> dict[str, dict[str, Any]]:
        """By the check's id."""
        return {each["id"]: each for each in self.report.get("checks", ())}


@dataclass(frozen=True)
class Installation:
    """A directory with a configuration, and what is running in it."""

    directory: Path
    environment: Mapping[str, str] = field(default_factory=dict)

    def check(self, variables: Mapping[str, str], *options: str, deadline: float | None = DEADLINE) -> Ended:
        """Run `check` with these variables of the worker."""
        given = [word for name, text in variables.items() for word in ("--env", f"{name}={text}")]
        limit = [] if deadline is None else ["--deadline", f"{deadline:g}s"]
        where = ["--dir", str(self.directory), "--worker", "host"]
        return run(["check", "--format", "json", *limit, *where, *given, *options], self.environment)


def run(arguments: Sequence[str], environment: Mapping[str, str], timeout: float = 60.0) -> Ended:
    """Run the command as a process of its own, with nothing of this shell's but PATH and HOME."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    started = time.monotonic()
    process = subprocess.Popen(
        [sys.executable, "-m", "doctor", *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**kept, **environment},
        cwd=Path(__file__).parent.parent.parent,
        start_new_session=True,
    )
    guard = threading.Timer(timeout, os.killpg, (process.pid, signal.SIGKILL))
    guard.start()
    try:
        out, err = process.communicate()
    finally:
        guard.cancel()
    seconds = time.monotonic() - started
    return Ended(process.returncode, seconds, out.decode("utf-8", "replace"), err.decode("utf-8", "replace"))


def late(seconds: float, deadline: float) -> bool:
    """Whether a run was too long, with more patience the more others want the processors."""
    busy = max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))
    return seconds > deadline + GRACE * busy


def complaints(ended: Ended, *, deadline: float = DEADLINE, secrets: Sequence[str] = (SECRET, KEY)) -> Iterator[str]:
    """What is wrong with a run, no matter what it met."""
    if late(ended.seconds, deadline):
        yield f"took {ended.seconds:.2f} s with a deadline of {deadline:g} s"
    if "Traceback" in ended.stderr or "Traceback" in ended.stdout:
        yield f"a traceback: {ended.stderr[-1500:]}"
    if any(secret in ended.stdout + ended.stderr for secret in secrets):
        yield "a secret in the output"
    if ended.status not in (1, 3):
        yield f"exit status {ended.status}: {ended.stderr[-500:]}"
    faults = [f"{each.json_path}: {each.message}"[:200] for each in validator("report").iter_errors(ended.report)]
    yield from faults
    yield from (
        f"{id} crashed: {each['reason']}" for id, each in ended.outcomes().items() if each["outcome"] == "crashed"
    )
    if "a bug in codechunk-doctor" in ended.stderr + ended.stdout or "failed unexpectedly" in ended.stdout:
        yield f"a source failed unexpectedly: {ended.stderr[-500:]}"
