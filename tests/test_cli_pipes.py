"""Readers that go away, streams that are closed, disks that are full: quiet or one sentence, and a sensible status."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

if os.name == "nt":
    pytest.skip("there is no such shell", allow_module_level=True)

FULL = "codechunk-doctor: standard output cannot be written: No space left on device\n"
# What each answers to somebody who reads it all.
COMMANDS = {
    "check --offline --clean-env --only config": 1,
    "check --offline --plan": 0,
    "list": 0,
    "config show --offline": 0,
    "--help": 0,
    "check --help": 0,
    "--version": 0,
    "completion bash": 0,
}


def shell(tmp_path: Path, command: str, redirected: str) -> subprocess.CompletedProcess[str]:
    """Run it in bash; the status is the program's own, whatever reads its output."""
    line = f"{sys.executable} -m doctor {command} {redirected}; exit ${{PIPESTATUS[0]}}"
    root = Path(__file__).parent.parent
    variables = {**os.environ, "PYTHONPATH": str(root)}
    return subprocess.run(
        ["bash", "-c", line], capture_output=True, text=True, cwd=tmp_path, env=variables, check=False, timeout=60
    )


@pytest.mark.parametrize("command", COMMANDS)
def test_a_reader_that_is_gone_and_a_closed_stream_are_no_matter(tmp_path, command):
    gone = shell(tmp_path, command, "| true")
    closed = shell(tmp_path, command, ">&-")

    assert (gone.returncode, gone.stderr) == (COMMANDS[command], "")
    assert (closed.returncode, closed.stderr) == (COMMANDS[command], "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no disk here is full")
@pytest.mark.parametrize("command", ["check --offline --only config", "list", "--help", "check --help", "--version"])
def test_a_full_disk_is_said(tmp_path, command):
    done = shell(tmp_path, command, "> /dev/full")

    assert (done.returncode, done.stderr) == (3, FULL)


def test_nobody_hears_what_is_said_beside_the_report(tmp_path):
    assert shell(tmp_path, "check --only nope", "2>&-").returncode == 2
    assert shell(tmp_path, "check --only nope", "2>/dev/full").returncode == 2
    assert shell(tmp_path, "--onyl", "2>/dev/full").returncode == 2


def test_no_file_takes_the_place_of_a_closed_stream(tmp_path):
    """The next file that is opened gets the lowest free number, and what is printed would land in it."""
    done = shell(tmp_path, "check --offline --clean-env --only config --output json=r.json", ">&- 2>&- <&-")

    assert done.returncode == 1
    assert (tmp_path / "r.json").read_text().startswith("{")


def test_a_follower_ends_when_nobody_reads(tmp_path):
    log = tmp_path / "worker.log"
    log.touch()
    line = '{"timestamp":"2026-01-01T00:00:00Z","level":"ERROR","message":"boom %s"}'
    writer = f"(for i in $(seq 50); do echo '{line}' | sed s/%s/$i/ >> {log}; sleep 0.1; done) & W=$!"
    command = (
        f"{writer}; {sys.executable} -m doctor logs --follow {log} | head -1; S=${{PIPESTATUS[0]}}; kill $W; exit $S"
    )
    done = subprocess.run(
        ["bash", "-c", command],
        capture_output=True,
        text=True,
        cwd=Path(__file__).parent.parent,
        check=False,
        timeout=60,
    )

    assert (done.returncode, done.stderr) == (0, "")
    assert "boom" in done.stdout
