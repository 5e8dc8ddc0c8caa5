"""The GitLab template, the hook and what the image is made of, run as far as that needs no servers."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.integrations.shells import ENVIRONMENT, PIP, ROOT, bash, laid_out, python
from tests.integrations.test_rules import GITLAB, instructions

pytestmark = [pytest.mark.slow, pytest.mark.no_cover]

JOB = GITLAB["codechunk-doctor"]


def test_gitlab_installs_the_doctor(tmp_path):
    """From this repository and not from PyPI."""
    python(tmp_path)
    script = "\n".join(JOB["script"][:-1]).replace("--quiet codechunk-doctor", f"--quiet {ROOT}")
    done = bash(script, tmp_path, {"PATH": f"{tmp_path}:{os.environ['PATH']}"})

    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert (tmp_path / ".codechunk-doctor" / "bin" / "codechunk-doctor").is_file()


def pipeline(workspace: Path) -> subprocess.CompletedProcess[str]:
    """The rest of the job."""
    (workspace / ".codechunk-doctor").symlink_to(ENVIRONMENT)
    return bash(
        JOB["script"][-1], workspace, {**JOB["variables"], "CODECHUNK_DOCTOR_CONFIG": "configs/config.dev.yaml"}
    )


def reports(workspace: Path) -> dict[str, Path]:
    """The artefacts by kind."""
    return {kind: workspace / name for kind, name in JOB["artifacts"]["reports"].items()}


def test_gitlab_lets_a_healthy_installation_pass(tmp_path):
    done = pipeline(laid_out("healthy-dev", tmp_path / "work"))

    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(reports(tmp_path / "work")["codequality"].read_text()) == []


def test_gitlab_stops_a_broken_one_and_keeps_the_reports(tmp_path):
    done = pipeline(laid_out("demo-broken", tmp_path / "work"))
    written = reports(tmp_path / "work")

    assert done.returncode == 1
    assert JOB["artifacts"]["when"] == "always"
    assert "configs/config.dev.yaml" in {
        each["location"]["path"] for each in json.loads(written["codequality"].read_text())
    }
    assert ElementTree.parse(written["junit"]).find(".//failure") is not None


def sources(folder: Path) -> None:
    """Copy what the image is made of, which is all that the package is made of."""
    for name, rest in instructions():
        if name == "COPY" and "--from" not in rest:
            for each in rest.split()[:-1]:
                (folder / each).parent.mkdir(parents=True, exist_ok=True)
                if (ROOT / each).is_dir():
                    shutil.copytree(ROOT / each, folder / each, ignore=shutil.ignore_patterns("__pycache__"))
                else:
                    shutil.copy(ROOT / each, folder / each)


@pytest.fixture(scope="module")
def hooks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The repository as pre-commit clones it: what git would commit now."""
    pytest.importorskip("pre_commit", reason="pre-commit is in the `dev` extra")
    folder = tmp_path_factory.mktemp("hooks") / "doctor"
    folder.mkdir()
    shutil.copy(ROOT / ".pre-commit-hooks.yaml", folder)
    sources(folder)
    _git(folder, "init", "--quiet")
    _git(folder, "add", "--all")
    _git(folder, "commit", "--quiet", "--message", "now")
    return folder


def _git(directory: Path, *arguments: str) -> str:
    who = ["-c", "user.name=test", "-c", "user.email=test@example.com", "-c", "commit.gpgsign=false"]
    command = ["git", "-C", str(directory), *who, *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def test_pre_commit(hooks, tmp_path):
    """A healthy commit passes, one that breaks the configuration does not, one of other files is not looked at."""
    work = laid_out("healthy-dev", tmp_path / "work")
    (work / ".pre-commit-config.yaml").write_text(
        f"repos:\n- repo: {hooks}\n  rev: {_git(hooks, 'rev-parse', 'HEAD')}\n"
        "  hooks: [{id: codechunk-doctor, args: [--config, configs/config.dev.yaml]}]\n"
    )
    config = work / "configs" / "config.dev.yaml"

    assert "Passed" in committed(work, tmp_path, config)
    config.write_text(
        config.read_text().replace("    enabled: true\n    input_dir", "    enabled: false\n    input_dir")
    )
    said = committed(work, tmp_path, config)
    assert "[config.batch-client-off]" in said
    assert "configs/config.dev.yaml:13:" in said
    (work / "notes.md").write_text("about something else\n")
    assert "Skipped" in committed(work, tmp_path, work / "notes.md")


def committed(work: Path, scratch: Path, *paths: Path) -> str:
    """What the hook says to a commit of these files."""
    _git(work, "add", "--all")
    beside = [path for path in sys.path if path.endswith("site-packages")]
    done = subprocess.run(
        [sys.executable, "-m", "pre_commit", "run", "--files", *map(str, paths)],
        cwd=work,
        env={**os.environ, **PIP, "PRE_COMMIT_HOME": str(scratch / "cache"), "PYTHONPATH": ":".join(beside)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode in (0, 1), done.stdout + done.stderr
    return done.stdout


def test_what_is_copied_into_the_image_makes_a_wheel(tmp_path):
    source = tmp_path / "source"
    source.mkdir()
    sources(source)
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--wheel-dir", str(tmp_path), str(source)]
    subprocess.run(command, env={**os.environ, **PIP}, check=True)

    (wheel,) = tmp_path.glob("*.whl")
    names = set(zipfile.ZipFile(wheel).namelist())
    assert {"doctor/cli/__init__.py", "doctor/data/schema.json", "checks/config/__init__.py"} <= names
