"""Ctrl-C and SIGTERM in real processes: what is known by then is reported, at once, and nothing is left behind."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.hanging import HANGING, LOOK, Peer, hanging, installation
from tests.report.schemas import validate

pytestmark = pytest.mark.slow

if os.name == "nt":
    pytest.skip("signals work otherwise there", allow_module_level=True)


@pytest.fixture
def peer() -> Iterator[Peer]:
    with hanging() as made:
        yield made


@pytest.fixture
def place(tmp_path: Path, peer: Peer) -> Path:
    return installation(tmp_path, peer.port)


def started(place: Path, *arguments: str, **more: object) -> subprocess.Popen[str]:
    variables = {**os.environ, "TMPDIR": str(place / "tmp"), "XDG_STATE_HOME": str(place / "state")}
    return subprocess.Popen(
        [sys.executable, "-m", "doctor", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parent.parent,
        env=variables,
        start_new_session=True,
        **more,  # type: ignore[call-overload]
    )


def ended(run: subprocess.Popen[str], number: int = signal.SIGINT) -> tuple[int, str, str, float]:
    """Status, standard output and error, and how many seconds it took, once it is told to end."""
    began = time.monotonic()
    run.send_signal(number)
    out, err = run.communicate(timeout=20)
    return run.returncode, out, err, time.monotonic() - began


def check(place: Path, *arguments: str, **more: object) -> subprocess.Popen[str]:
    return started(place, "check", "--dir", str(place / "root"), *LOOK, *HANGING, *arguments, **more)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_what_is_known_is_reported(place, peer, number):
    run = check(place, "--format", "json")
    assert peer.met.wait(20)
    status, out, err, took = ended(run, number)

    report = validate(out, "report")
    outcomes = {each["id"]: each for each in report["checks"]}
    assert (status, took < 1.0) == (3, True)
    assert outcomes["config.batch-client-off"]["outcome"] == "found"
    assert (outcomes["database.unreachable"]["outcome"], outcomes["database.unreachable"]["reason"]) == (
        "blocked",
        "database: interrupted",
    )
    assert "could not complete: interrupted" in err
    assert "Traceback" not in err
    assert list((place / "tmp").iterdir()) == []


@pytest.mark.parametrize("format", ["text", "junit", "sarif"])
def test_every_format_is_whole(place, peer, format):
    run = check(place, "--format", format, "--output", f"json={place}/report.json")
    assert peer.met.wait(20)
    status, out, err, _ = ended(run)

    assert (status, "Traceback" in err) == (3, False)
    assert out.endswith("\n")
    validate((place / "report.json").read_text(), "report")
    if format == "sarif":
        assert json.loads(out)["runs"][0]["invocations"][0]["executionSuccessful"] is False
    if format == "junit":
        assert out.rstrip().endswith("</testsuites>")


def test_a_second_one_ends_it_at_once(place, peer):
    run = check(place)
    assert peer.met.wait(20)
    run.send_signal(signal.SIGINT)
    run.send_signal(signal.SIGTERM)
    out, err = run.communicate(timeout=20)

    # Whichever comes first: both are pending, and the report may be there already.
    assert run.returncode in (3, -signal.SIGINT, -signal.SIGTERM)
    assert "Traceback" not in out + err


def test_a_wait_is_ended(place, peer):
    peer.close()
    run = check(place, "--wait", "10m", "--only", "nats", "--skip", "config", "--skip", "database")
    assert run.stderr is not None
    assert "waiting for nats.unreachable" in run.stderr.readline()
    status, out, err, took = ended(run)

    assert (status, took < 1.0) == (3, True)
    assert "nats.unreachable" in out
    assert "interrupted while waiting for nats.unreachable" in " ".join(out.split())
    assert "Traceback" not in err


@pytest.mark.parametrize("command", [["jobs"], ["config", "show"], ["why"], ["bundle"], ["fix"]])
def test_every_command_ends_at_once(place, peer, command):
    more = [str(place / "b.zip")] if command == ["bundle"] else []
    asks = command[0] != "config"
    where = ["--dir", str(place / "root"), *LOOK]
    run = started(place, *command, *more, *where)
    if asks:
        assert peer.met.wait(20)
    status, out, err, took = ended(run)

    assert took < 2.5
    assert "Traceback" not in out + err
    if asks:
        assert status == 3
        assert "interrupted" in out + err
    assert list((place / "tmp").iterdir()) == []
    assert not (place / "b.zip").exists()


def test_logs_that_are_read_are_told_as_far_as_they_were_read(place):
    read_end, write_end = os.pipe()
    line = b'{"timestamp":"2026-01-01T00:00:00Z","level":"INFO","message":"Starting worker service"}\n'
    run = started(place, "logs", "-", "--format", "json", "--dir", str(place / "root"), stdin=read_end)
    os.close(read_end)
    os.write(write_end, line)
    _until_waits(run)
    status, out, err, took = ended(run)
    os.close(write_end)

    assert (status, took < 1.5) == (3, True)
    assert validate(out, "logs")["inputs"][0]["lines"] == 1
    assert "interrupted" in err


def _until_waits(run: subprocess.Popen[str]) -> None:
    """Until it has read what there is: it does nothing any more."""
    process, still = psutil.Process(run.pid), 0
    before = process.cpu_times().user
    while still < 5:
        time.sleep(0.1)
        now = process.cpu_times().user
        still, before = (still + 1 if now == before and now > 0 else 0), now


@pytest.mark.parametrize("delay", [0.1, 0.25, 0.4, 0.55])
def test_a_fix_is_there_whole_or_not_at_all(place, delay):
    config = place / "root" / "config.yaml"
    before = config.read_bytes()
    look = (*LOOK, "--offline", "--only", "config")
    run = started(place, "fix", "--apply", "--dir", str(place / "root"), *look)
    time.sleep(delay)
    _, out, err, took = ended(run)

    after = config.read_bytes()
    assert took < 2.5
    # Python itself may still be starting at first, and says what it was interrupted in.
    assert "Traceback" not in out + err or "doctor" not in out + err
    directories = b"input_dir: /tmp/batch_embeddings/input, output_dir: /tmp/batch_embeddings/output"
    assert after in (before, before.replace(b"{enabled: false}", b"{enabled: true, " + directories + b"}"))
    assert [path.name for path in (place / "root").iterdir()] == ["config.yaml"]
    assert list((place / "tmp").iterdir()) == []


def test_a_process_that_is_to_ignore_it_does(place, peer):
    """What `nohup` and shells do for jobs in the background."""
    run = check(place, "--deadline", "2s", preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_IGN))
    assert peer.met.wait(20)
    status, _, _, took = ended(run)

    assert status in (1, 3)
    assert took > 0.5
