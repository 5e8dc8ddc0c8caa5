"""Where output goes: terminals, pipes, files, and a sign of life."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
import time

import pytest

from doctor.cli import output, progress
from doctor.errors import DoctorError, UsageError


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_the_width_is_the_terminal_s_within_reason(monkeypatch):
    for columns, width in (("20", 40), ("100", 100), ("300", output.WIDEST)):
        monkeypatch.setenv("COLUMNS", columns)
        assert output.width(Terminal()) == width
    assert output.width(io.StringIO()) == 80


@pytest.mark.parametrize(
    ("environ", "colored"),
    [
        pytest.param({"TERM": "xterm"}, True, id="terminal"),
        pytest.param({"TERM": "dumb"}, False, id="dumb"),
        pytest.param({"NO_COLOR": "1"}, False, id="NO_COLOR"),
        pytest.param({"NO_COLOR": ""}, True, id="NO_COLOR empty counts as unset"),
    ],
)
def test_colour_on_a_terminal(environ, colored):
    assert output.colored("auto", Terminal(), environ) is colored


def test_a_closed_stream_is_no_terminal():
    stream = io.StringIO()
    stream.close()

    assert output.width(stream) == 80


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may write anywhere")
def test_a_directory_that_is_not_writable(tmp_path):
    tmp_path.chmod(0o555)

    with pytest.raises(UsageError, match="not writable"):
        output.check_writable([("json", tmp_path / "r.json")])


def test_a_file_that_cannot_be_written_leaves_nothing_behind(tmp_path, monkeypatch):
    monkeypatch.setattr("pathlib.Path.replace", lambda *_: (_ for _ in ()).throw(OSError(28, "No space left")))

    with pytest.raises(DoctorError, match="No space left") as caught:
        output.write(tmp_path / "r.json", "text")

    assert caught.value.exit_code == 3
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(os.name == "nt", reason="devices have other names there")
def test_devices_are_written_straight():
    output.check_writable([("json", output.Path("/dev/null"))])
    output.write(output.Path("/dev/null"), "text")


def test_a_sign_of_life_comes_late_and_goes_away(monkeypatch):
    stream = Terminal()
    monkeypatch.setattr(sys, "stderr", stream)
    monkeypatch.setattr(progress, "PATIENCE", 0.02)

    with progress.waiting("looking"):
        pass
    assert stream.getvalue() == ""

    with progress.waiting("looking"):
        time.sleep(0.2)
    assert stream.getvalue().startswith("looking ...")
    assert stream.getvalue().endswith("\r")


@pytest.mark.parametrize(("stream", "quiet"), [(io.StringIO(), False), (Terminal(), True)])
def test_no_sign_of_life_for_machines_and_the_quiet(monkeypatch, stream, quiet):
    monkeypatch.setattr(sys, "stderr", stream)
    monkeypatch.setattr(progress, "PATIENCE", 0.01)

    with progress.waiting("looking", quiet=quiet):
        time.sleep(0.05)

    assert stream.getvalue() == ""


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="signals work otherwise there")
def test_an_interrupt_ends_the_run_at_once(tmp_path):
    script = (
        "import time, doctor.app\n"
        "def hang(settings):\n    print('ready', flush=True)\n    time.sleep(60)\n"
        "doctor.app.diagnose = hang\n"
        "from doctor.cli import main\nmain(['check'])"
    )
    run = subprocess.Popen(
        [sys.executable, "-c", script], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=tmp_path
    )
    assert run.stdout is not None
    assert run.stdout.readline() == "ready\n"
    run.send_signal(signal.SIGINT)
    rest, said = run.communicate(timeout=10)

    assert (run.returncode, rest) == (3, "")
    assert said.strip() == "codechunk-doctor: interrupted"
