"""`demo`: it all on an installation of its own, which is gone afterwards."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from click.testing import CliRunner

pytestmark = pytest.mark.slow

# What a shell has for an installation of its own.
SECRETS = {
    "CODECHUNK_GEMINI_API_KEY": "AIzaSyCanary0Canary1Canary2Canary3Canar",
    "CODECHUNK_DATABASE_PASSWORD": "canary-password-of-the-shell",
    "DATABASE_URL": "postgres://jo:canary-in-an-address@127.0.0.1:1/x",
    "CODECHUNK_NATS_URL": "nats://jo:canary-of-the-queue@127.0.0.1:1",
}


def test_it_diagnoses_explains_fixes_and_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "tmp").mkdir()
    environment = {"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), "TMPDIR": str(tmp_path / "tmp"), **SECRETS}
    # What is set for checks of other installations does not reach this one.
    environment |= {"CODECHUNK_DOCTOR_ONLY": "zoekt", "CODECHUNK_DOCTOR_FORMAT": "json"}
    # A user who may not look into this directory runs the database's server.
    tmp_path.chmod(0o755)
    for parent in tmp_path.parents:
        if parent != Path(tempfile.gettempdir()) and parent.is_relative_to(tempfile.gettempdir()):
            parent.chmod(parent.stat().st_mode | 0o011)

    done = subprocess.run(
        [sys.executable, "-m", "doctor", "demo"], env=environment, capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert "config.batch-client-off" in done.stdout
    assert "because the worker has no batch client.  [S4, proven]" in done.stdout
    assert "+    enabled: true" in done.stdout
    assert "Nothing wrong was found" in done.stdout
    assert list((tmp_path / "tmp").iterdir()) == []
    assert "anary" not in done.stdout + done.stderr


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The options that its commands are given; none is run."""
    given: list[list[str]] = []

    def walk(_say: object, *, look: list[str], keep: object) -> int:
        given.append(look)
        return 0

    monkeypatch.setattr("doctor.embedded.walk.walk", walk)
    return given


@pytest.mark.parametrize(
    ("arguments", "look"),
    [
        pytest.param([], ["--color", "auto"], id="nothing"),
        pytest.param(["--format", "text"], ["--color", "auto"], id="its format"),
        pytest.param(["--color", "never", "-vv"], ["--color", "never", "-v", "-v"], id="how it looks"),
        pytest.param(["-q"], ["--color", "auto", "-q"], id="quiet"),
    ],
)
def test_what_its_commands_are_given(looks: list[list[str]], arguments: list[str], look: list[str]) -> None:
    from doctor.cli import main

    result = CliRunner().invoke(main, ["demo", *arguments])

    assert (result.exit_code, looks) == (0, [look])


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        pytest.param([], ["--format", "json"], "prints text only: leave out --format", id="format"),
        pytest.param([], ["--output", "json=r.json"], "prints text only: leave out --output", id="output"),
        pytest.param([], ["--deadline", "1s"], "as long as it takes: leave out --deadline", id="deadline"),
        pytest.param([], ["--dir", "/nonexistent"], "of its own, as long as it takes: leave out --dir", id="dir"),
        pytest.param(["--dir", "/"], [], "leave out --dir", id="before its name"),
        pytest.param([], ["--env", "A=b"], "leave out --env", id="env"),
        pytest.param([], ["--worker", "host"], "leave out --worker", id="worker"),
    ],
)
def test_what_means_nothing_to_it_is_refused(
    looks: list[list[str]], before: list[str], after: list[str], said: str
) -> None:
    from doctor.cli import main

    result = CliRunner().invoke(main, [*before, "demo", *after])

    assert (result.exit_code, result.stdout, looks) == (2, "", [])
    assert said in result.stderr


def test_a_fault_in_the_settings_is_said_first(looks: list[list[str]], monkeypatch: pytest.MonkeyPatch) -> None:
    from doctor.cli import main

    monkeypatch.setenv("CODECHUNK_DOCTOR_COLOR", "blue")
    result = CliRunner().invoke(main, ["demo"])

    assert (result.exit_code, result.stdout, looks) == (2, "", [])
    assert "CODECHUNK_DOCTOR_COLOR: 'blue' is not one of" in result.stderr


def test_without_its_servers_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    from doctor.cli import main

    monkeypatch.setitem(sys.modules, "doctor.embedded.walk", None)

    result = CliRunner().invoke(main, ["demo"])

    assert result.exit_code == 2
    assert "pip install 'codechunk-doctor[demo]'" in result.stderr
    assert result.stdout == ""
