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


def test_without_its_servers_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    from doctor.cli import main

    monkeypatch.setitem(sys.modules, "doctor.embedded.walk", None)

    result = CliRunner().invoke(main, ["demo"])

    assert result.exit_code == 2
    assert "pip install 'codechunk-doctor[demo]'" in result.stderr
    assert result.stdout == ""
