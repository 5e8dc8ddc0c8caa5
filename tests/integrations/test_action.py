"""The steps of the GitHub Action, run in a shell as a runner would."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.integrations.shells import ENVIRONMENT, ROOT, bash, laid_out, python, yaml

pytestmark = [pytest.mark.slow, pytest.mark.no_cover]

ACTION: dict[str, Any] = yaml(ROOT / "action.yml")
INSTALL, CHECK = ACTION["runs"]["steps"]
_EXPRESSION = re.compile(r"\$\{\{\s*(\S+)\s*\}\}")

HEALTHY, BROKEN = "healthy-dev", "demo-broken"
DEV = {"config": "configs/config.dev.yaml", "args": "--skip=gemini.key-*"}


@dataclass(frozen=True)
class Done:
    """What a step left behind."""

    status: int
    said: str
    complained: str
    outputs: dict[str, str]
    summary: str
    workspace: Path


@dataclass(frozen=True)
class Runner:
    """A runner on which the first step was taken."""

    temporary: Path

    def run(self, step: Mapping[str, Any], workspace: Path, **inputs: str) -> Done:
        """One step with these inputs, `-` in their names written as `_`."""
        given = {name: str(each["default"]) for name, each in ACTION["inputs"].items()}
        given |= {name.replace("_", "-"): text for name, text in inputs.items()}
        known = {f"inputs.{name}": text for name, text in given.items()} | {"github.action_path": str(ROOT)}
        variables = {
            name: _EXPRESSION.sub(lambda found: known[found[1]], str(text)) for name, text in step["env"].items()
        }
        files = {name: workspace.parent / name for name in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY")}
        for path in files.values():
            path.write_text("")
        named = {"RUNNER_TEMP": str(self.temporary), **{name: str(path) for name, path in files.items()}}
        done = bash(step["run"], workspace, {**variables, **named, "GITHUB_ACTIONS": "true"})
        lines = files["GITHUB_OUTPUT"].read_text().splitlines()
        return Done(
            done.returncode,
            done.stdout,
            done.stderr,
            dict(line.split("=", 1) for line in lines),
            files["GITHUB_STEP_SUMMARY"].read_text(),
            workspace,
        )


@pytest.fixture
def runner(tmp_path: Path) -> Runner:
    """A runner on which the doctor is installed already."""
    made = Runner(tmp_path / "runner")
    made.temporary.mkdir()
    (made.temporary / "codechunk-doctor").symlink_to(ENVIRONMENT)
    return made


def test_the_doctor_is_installed(tmp_path):
    runner = Runner(tmp_path)
    workspace = tmp_path / "workspace"
    workspace.mkdir()
    # It would be run if the step imported from the workspace.
    (workspace / "venv.py").write_text("raise SystemExit('the workspace was run')\n")
    done = runner.run(INSTALL, workspace, python=str(python(tmp_path)))

    assert (done.status, done.said, done.complained) == (0, "", "")
    assert (tmp_path / "codechunk-doctor" / "bin" / "codechunk-doctor").is_file()
    assert not (tmp_path / "codechunk-doctor" / "bin").is_symlink()


@pytest.fixture
def check(runner: Runner, tmp_path: Path) -> Any:
    """The second step in the copy of a fixture."""

    def step(fixture: str, **inputs: str) -> Done:
        return runner.run(CHECK, laid_out(fixture, tmp_path / "work"), **{**DEV, **inputs})

    return step


def test_a_healthy_installation_is_green(check):
    done = check(HEALTHY)

    assert (done.status, done.complained) == (0, "")
    assert "::error" not in done.said
    assert "::warning" not in done.said
    assert done.outputs["exit-code"] == "0"
    assert [done.outputs[each] for each in ("errors", "warnings", "notes")] == ["0", "0", "0"]
    assert json.loads((done.workspace / "codechunk-doctor.sarif").read_text())["runs"][0]["results"] == []


def test_what_is_known_is_green(check, runner, tmp_path):
    first = check(BROKEN, baseline="known.json", args=f"{DEV['args']}\n--update-baseline")
    again = runner.run(CHECK, first.workspace, **DEV, baseline="known.json")

    assert (first.status, again.status) == (0, 0)
    assert again.outputs["errors"] == "0"
    assert "suppressed" in again.said


def test_never_failing(check):
    done = check(BROKEN, fail_on="never")

    assert (done.status, done.outputs["exit-code"], done.outputs["errors"]) == (0, "0", "3")


def test_nothing_is_written_that_was_not_asked_for(check):
    done = check(HEALTHY, sarif_file="")

    assert done.outputs["sarif-file"] == ""
    assert sorted(each.name for each in done.workspace.iterdir()) == [".git", "configs"]


def test_a_broken_installation_is_red_at_the_line(check):
    done = check(BROKEN, formats="junit=doctor.xml\nmarkdown=doctor.md\n")

    assert done.status == 1
    assert "::error file=configs/config.dev.yaml,line=11,col=14,title=Batches are wanted" in done.said
    assert (done.outputs["exit-code"], done.outputs["errors"], done.outputs["warnings"]) == ("1", "3", "1")
    assert "config.batch-client-off" in done.summary
    assert json.loads(Path(done.outputs["json-file"]).read_text())["summary"]["errors"] == 3
    for name in (done.outputs["sarif-file"], "doctor.xml", "doctor.md"):
        assert (done.workspace / name).stat().st_size


def test_a_directory_of_the_workspace(runner, tmp_path):
    laid_out(BROKEN, tmp_path / "work" / "deploy dir")
    done = runner.run(CHECK, tmp_path / "work", **DEV, directory="deploy dir")

    assert done.status == 1
    assert (tmp_path / "work" / "codechunk-doctor.sarif").is_file()


# Ends any quotation that a script could have put around it, and then has something to run.
HOSTILE = """x'";touch stolen;"'$(touch stolen)`touch stolen`${HOME}
touch stolen"""
TEXTS = ("directory", "config", "env_file", "baseline", "fail_on", "formats", "args", "clean_env", "offline")


@pytest.mark.parametrize("name", TEXTS)
def test_no_input_is_run(check, name):
    done = check(HEALTHY, **{name: HOSTILE})

    assert not list(done.workspace.rglob("stolen"))
    assert done.status in (0, 1, 2)
    assert set(done.outputs) <= set(ACTION["outputs"])


@pytest.mark.parametrize("text", ["x\nerrors=7", "a b$(touch stolen).sarif"])
def test_a_file_s_name_makes_no_output(check, text):
    done = check(HEALTHY, sarif_file=text)

    assert done.outputs["errors"] == "0"
    assert not list(done.workspace.rglob("stolen"))


@pytest.mark.parametrize(
    "inputs",
    [
        pytest.param({"fail_on": "errors"}, id="severity"),
        pytest.param({"directory": "not-there"}, id="directory"),
        pytest.param({"args": "--skip=no.such-check"}, id="check"),
        pytest.param({"formats": "sarf=x"}, id="format"),
    ],
)
def test_wrong_use_says_so(check, inputs):
    done = check(HEALTHY, **inputs)

    assert (done.status, done.outputs) == (2, {"exit-code": "2"})
    assert done.said.startswith("::error title=codechunk-doctor::The inputs of the action cannot be used")
    assert next(iter(inputs.values())).rpartition("=")[2] in done.complained or "sarf" in done.complained


@pytest.mark.parametrize("python", ["/bin/false", "no-such-python", "$(touch stolen)"])
def test_a_python_that_is_none(runner, tmp_path, python):
    done = runner.run(INSTALL, runner.temporary, python=python)

    assert done.status == 2
    assert "::error title=codechunk-doctor::The input python must name Python 3.11 or later" in done.said
    assert not list(tmp_path.rglob("stolen"))


@pytest.mark.parametrize("version", ["$(touch stolen)", "1 --index-url=http://127.0.0.1:1", "--help", "9999"])
def test_a_version_that_is_none(runner, tmp_path, version):
    step = {**INSTALL, "run": INSTALL["run"].replace('"$PYTHON" -I -m venv', "true")}  # there is one
    done = runner.run(step, runner.temporary, version=version)

    assert done.status == 1
    assert not list(tmp_path.rglob("stolen"))
