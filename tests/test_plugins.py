"""A package of somebody else's adds checks by its entry point alone."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLE = Path(__file__).parent.parent / "docs" / "example-plugin"


@pytest.fixture(scope="module")
def installed_plugin(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The example plugin, built and installed into a directory of its own."""
    target = tmp_path_factory.mktemp("site")
    install = [
        sys.executable,
        "-m",
        "pip",
        "install",
        "--quiet",
        "--no-deps",
        "--no-build-isolation",
        "--no-index",
    ]
    subprocess.run([*install, "--target", str(target), str(EXAMPLE)], check=True)
    return target


def doctor(plugin: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(plugin)}
    command = [sys.executable, "-m", "doctor", *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.slow
def test_the_plugin_is_listed_after_the_built_in_families(installed_plugin: Path) -> None:
    listed = json.loads(doctor(installed_plugin, "list", "--format", "json").stdout)

    assert listed["checks"][-1]["id"] == "house.log-format"


@pytest.mark.slow
def test_the_plugin_s_check_runs_and_fires(installed_plugin: Path, tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text("database: {user: u, password: p}\nlog: {format: text}\n")

    run = doctor(
        installed_plugin,
        "--dir",
        str(tmp_path),
        "--only",
        "house",
        "--offline",
        "--clean-env",
        "--format",
        "json",
    )

    (result,) = json.loads(run.stdout)["checks"]
    assert result["outcome"] == "found"
    assert result["findings"][0]["locations"][0]["line"] == 2
