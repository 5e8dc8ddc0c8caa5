"""What can be read off the files for pipelines without running them."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from doctor.settings.values import THRESHOLDS
from tests.integrations.shells import ROOT, yaml

ACTION = yaml(ROOT / "action.yml")
STEPS = ACTION["runs"]["steps"]
HOOK = yaml(ROOT / ".pre-commit-hooks.yaml")[0]
GITLAB = yaml(ROOT / "docs" / "integrations" / "gitlab.yml")
DOCKERFILE = (ROOT / "Dockerfile").read_text()


def test_no_text_of_an_input_is_part_of_a_script():
    assert [step["name"] for step in STEPS if "${{" in step["run"]] == []


def test_every_input_is_used_and_described():
    used = set(re.findall(r"inputs\.([\w-]+)", str(STEPS)))

    assert used == set(ACTION["inputs"])
    assert all(each["description"].endswith(".") for each in ACTION["inputs"].values())
    # A default that is no text (true, 3.11) would arrive as another one.
    assert all(isinstance(each["default"], str) for each in ACTION["inputs"].values())
    assert ACTION["inputs"]["fail-on"]["default"] in THRESHOLDS


def test_the_documentation_has_the_inputs_and_outputs_as_they_are():
    page = (ROOT / "docs" / "howto" / "in-a-pipeline.md").read_text()
    rows = re.findall(r"^\| `([\w-]+)` \| (?:`(.*)`)? ?\|", page, re.MULTILINE)

    assert dict(rows) == {name: each["default"] for name, each in ACTION["inputs"].items()}
    assert re.findall(r"`([\w-]+)`", re.search(r"^Outputs: .*", page, re.MULTILINE)[0]) == list(ACTION["outputs"])


def test_every_output_is_set_by_a_step_that_there_is():
    script = STEPS[1]["run"]
    for name, each in ACTION["outputs"].items():
        assert each["value"] == f"${{{{ steps.{STEPS[1]['id']}.outputs.{name} }}}}"
        assert f"{name}=" in script or "{kind}=" in script


def test_nothing_of_others_is_run():
    assert [step for step in STEPS if "uses" in step] == []
    assert all(step["shell"] == "bash" for step in STEPS)


def test_nothing_of_the_workspace_is_imported():
    scripts = [step["run"] for step in STEPS] + GITLAB["codechunk-doctor"]["script"]
    calls = [call for script in scripts for call in re.findall(r'python3?"? (-\w*)|\$PYTHON" (-\w*)', script)]

    assert {one or other for one, other in calls} == {"-I"}


WATCHED = (
    *("configs/config.yaml", "configs/config.dev.yaml", "config.yaml", "deploy/configs/config.prod.yml"),
    *(".env", ".env.production", "prod.env", "docker-compose.yml", "compose.override.yaml", "codechunk-doctor.toml"),
    "doctor-baseline.json",
)
PASSED_OVER = (
    "README.md",
    "main.go",
    "internal/config/config.go",
    "environment.md",
    "a.yaml",
    "src/.envrc",
    "configs.py",
)


@pytest.mark.parametrize("path", PASSED_OVER)
def test_the_hook_lets_others_pass(path):
    assert re.search(HOOK["files"], path) is None


@pytest.mark.parametrize("path", WATCHED)
def test_the_hook_watches(path):
    assert re.search(HOOK["files"], path) is not None


def test_the_hook_needs_no_network_and_no_file_names():
    assert shlex.split(HOOK["entry"])[:2] == ["codechunk-doctor", "check"]
    assert {"--offline", "--clean-env"} <= set(shlex.split(HOOK["entry"]))
    assert (HOOK["language"], HOOK["pass_filenames"]) == ("python", False)


# --- the image


def instructions() -> list[tuple[str, str]]:
    """Each instruction with its arguments, continued lines joined."""
    text = re.sub(r"\\\n", " ", re.sub(r"^#.*\n", "", DOCKERFILE, flags=re.MULTILINE))
    return [(line.split(None, 1)[0], line.split(None, 1)[1]) for line in text.splitlines() if line.strip()]


def test_the_image_runs_without_root_and_without_a_shell():
    last = dict(instructions())  # the last of each kind counts

    assert last["USER"].split(":")[0].isdigit()
    assert last["USER"].split(":")[0] != "0"
    assert last["ENTRYPOINT"].startswith('["/opt/codechunk-doctor/bin/codechunk-doctor"')
    assert "CMD" not in last
    assert all(rest.startswith("[") for name, rest in instructions() if name == "RUN")


def test_the_image_is_made_of_named_versions():
    bases = [rest.split()[0] for name, rest in instructions() if name == "FROM"]

    assert len(set(bases)) == 1
    assert re.fullmatch(r"python:3\.\d+-slim-\w+", bases[0])
    assert not any(name in ("ADD", "ARG", "ENV") for name, _ in instructions())


def test_what_is_copied_is_let_in():
    allowed = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    copied = [rest.split()[:-1] for name, rest in instructions() if name == "COPY" and "--from" not in rest]
    names = {Path(name).as_posix() for names in copied for name in names}

    assert names == allowed
    assert all((ROOT / name).exists() for name in names)
