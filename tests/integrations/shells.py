"""Runs the scripts of pipelines as their runners do, in copies of fixtures; and an installed doctor, made once."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

ROOT = Path(__file__).parent.parent.parent
# What a runner's shell has; nothing else of the shell that runs the tests.
KEPT = ("PATH", "HOME", "LANG", "TMPDIR")
# Nothing is fetched: what is needed is beside the tests. pip takes 0 for a yes where the option itself is a no.
PIP = {
    "PIP_NO_INDEX": "1",
    "PIP_NO_DEPS": "1",
    "PIP_NO_BUILD_ISOLATION": "0",
    "PIP_NO_COMPILE": "0",
    "PIP_DISABLE_PIP_VERSION_CHECK": "1",
}
# What the tests themselves run in: the doctor is installed there.
ENVIRONMENT = Path(sys.prefix)


def yaml(path: Path) -> Any:
    """A YAML file as plain values."""
    return YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))


def bash(script: str, directory: Path, variables: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """A script as GitHub and GitLab run one: its first failing command ends it."""
    kept = {name: os.environ[name] for name in KEPT if name in os.environ}
    return subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script],
        cwd=directory,
        env={**kept, **PIP, **variables},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def python(folder: Path) -> Path:
    """A Python whose new environments see what the tests see, so that nothing needs to be fetched into them."""
    path = folder / "python3"
    seen = sysconfig.get_paths()["purelib"]
    path.write_text(
        f"""#!/bin/sh
"{sys.executable}" "$@" || exit
case "$*" in
"-I -m venv "*)
  for last do :; done
  echo "{seen}" > "$("$last/bin/python" -c 'import sysconfig; print(sysconfig.get_paths()["purelib"])')/beside.pth"
esac
"""
    )
    path.chmod(0o755)
    return path


def laid_out(fixture: str, directory: Path) -> Path:
    """The installation of a fixture as a checkout, which it is in a pipeline."""
    shutil.copytree(ROOT / "fixtures" / fixture / "root", directory)
    subprocess.run(["git", "init", "--quiet", str(directory)], check=True)
    return directory
