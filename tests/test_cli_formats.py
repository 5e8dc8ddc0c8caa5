"""The formats of `check` from the command line: several outputs of one run, the work tree, the summary of a step."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from doctor import app
from doctor.cli import main
from doctor.cli.forge import write_summary
from doctor.report.github import SUMMARY
from doctor.settings.values import FORMATS
from tests.report import forges
from tests.report.forges import commands, many_findings
from tests.report.samples import HEALTHY, REPORT


def run(*arguments: str, env: dict[str, str] | None = None) -> Result:
    return CliRunner().invoke(main, arguments, env=env)


@pytest.fixture(autouse=True)
def _no_step(monkeypatch: pytest.MonkeyPatch) -> None:
    """These tests may run in a workflow themselves."""
    monkeypatch.delenv("GITHUB_STEP_SUMMARY", raising=False)


@pytest.fixture
def healthy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app, "diagnose", lambda settings: HEALTHY)


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app, "diagnose", lambda settings: REPORT)


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.usefixtures("healthy")
def test_every_format_on_standard_output_and_in_a_file(format, tmp_path):
    done = run("--format", format, "--output", f"{format}={tmp_path}/out")

    assert (done.exit_code, done.stderr) == (0, "")
    assert done.stdout
    assert (tmp_path / "out").read_text(encoding="utf-8") == done.stdout


@pytest.mark.usefixtures("broken")
def test_all_formats_of_one_run(tmp_path):
    outputs = [each for name in FORMATS for each in ("--output", f"{name}={tmp_path}/{name}")]
    done = run("-q", *outputs)

    assert done.exit_code == 3
    assert done.stdout.startswith("error: configs/config.dev.yaml:12:14: ")
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(FORMATS)
    forges.sarif((tmp_path / "sarif").read_text(encoding="utf-8"))
    forges.gitlab((tmp_path / "gitlab").read_text(encoding="utf-8"))
    assert json.loads((tmp_path / "json").read_text(encoding="utf-8"))["schema"] == "codechunk-doctor/report/1"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        pytest.param(["--format", "sarf"], "did you mean sarif?", id="mistyped"),
        pytest.param(["--output", "gitab=x"], "did you mean gitlab?", id="mistyped for a file"),
        pytest.param(["--output", "sarif"], "json=report.json", id="no file"),
        pytest.param(["jobs", "--format", "sarif"], "'sarif' is not one of text, json", id="not of that command"),
        pytest.param(
            ["--format", "sarif", "jobs"], "`codechunk-doctor jobs` has no format 'sarif'", id="typed before it"
        ),
        pytest.param(
            ["config", "--output", "junit=x", "show"], "no format 'junit', only text and json", id="of a group"
        ),
        pytest.param(["list", "--output", "html=x"], "'html' is not one of text, json", id="a file of that command"),
        pytest.param(["--plan", "--format", "markdown"], "--plan has no format 'markdown'", id="not of a plan"),
    ],
)
def test_a_format_that_there_is_not(arguments, said):
    done = run(*arguments)

    assert (done.exit_code, done.stdout) == (2, "")
    assert said in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("arguments", [["list", "--only", "guide"], ["--plan", "--offline"]])
def test_what_the_settings_say_of_formats_is_meant_for_check(arguments, tmp_path):
    (tmp_path / "codechunk-doctor.toml").write_text('format = "sarif"\noutput = ["junit=j.xml"]\n', encoding="utf-8")
    done = run(
        "--dir", str(tmp_path), *([] if "list" in arguments else arguments), *(["list"] if "list" in arguments else [])
    )

    assert done.exit_code == 0
    assert not done.stdout.startswith("{")
    assert not (tmp_path / "j.xml").exists()


def test_files_are_named_from_the_root_of_the_work_tree(tmp_path):
    below = tmp_path / "deploy"
    (below / "configs").mkdir(parents=True)
    (tmp_path / ".git").mkdir()
    (below / "configs" / "config.yaml").write_text("database: {user: u, password: p}\nnope: 1\n", encoding="utf-8")
    only = ("--offline", "--clean-env", "--dir", str(below), "--only", "config.unknown-key")

    ((name, properties, _),) = commands(run(*only, "--format", "github").stdout)
    assert (name, properties["file"], properties["line"]) == ("notice", "deploy/configs/config.yaml", "2")
    (issue,) = forges.gitlab(run(*only, "--format", "gitlab").stdout)
    assert issue["location"] == {"path": "deploy/configs/config.yaml", "lines": {"begin": 2}}
    written = run(*only, "--format", "sarif").stdout
    (result,) = forges.sarif(written)["results"]
    assert result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "deploy/configs/config.yaml"
    assert str(tmp_path) not in written


# --- the summary of a step


@pytest.mark.usefixtures("broken")
def test_no_summary_without_the_format_or_the_variable(tmp_path):
    file = tmp_path / "summary"

    run("--format", "json", env={"GITHUB_STEP_SUMMARY": str(file)})
    run("--format", "github", env={"GITHUB_STEP_SUMMARY": ""})
    run("--format", "github")
    assert not file.exists()


@pytest.mark.usefixtures("broken")
def test_the_summary_is_added_to_what_is_there(tmp_path):
    file = tmp_path / "summary"
    file.write_text("before\n", encoding="utf-8")

    run("--format", "text", "--output", f"github={tmp_path}/log", env={"GITHUB_STEP_SUMMARY": str(file)})
    assert file.read_text(encoding="utf-8").startswith("before\n### codechunk-doctor: 1 error")


@pytest.mark.usefixtures("broken")
def test_a_summary_that_cannot_be_written_is_said_and_no_more(tmp_path):
    done = run("--format", "github", env={"GITHUB_STEP_SUMMARY": str(tmp_path / "no" / "summary")})

    assert done.exit_code == 3
    assert "the summary of the step could not be written" in done.stderr


def test_a_summary_stays_within_what_a_step_may_have(tmp_path):
    file = Path(tmp_path / "summary")
    file.write_bytes(b"x" * (SUMMARY - 3_000))

    write_summary(many_findings(100), {"GITHUB_STEP_SUMMARY": str(file)})
    assert SUMMARY - 3_000 < file.stat().st_size <= SUMMARY
