"""`diff`: files, standard input, exit status."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from doctor.cli import main
from doctor.report.json import render
from tests.report.samples import HEALTHY, NOTES_ONLY, REPORT
from tests.report.schemas import validate


@pytest.fixture
def reports(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name, report in (("healthy", HEALTHY), ("notes", NOTES_ONLY), ("broken", REPORT)):
        Path(f"{name}.json").write_text(render(report), encoding="utf-8")


def run(*arguments: str, input: str | None = None) -> Result:
    return CliRunner().invoke(main, ("diff", *arguments), input=input)


pytestmark = pytest.mark.usefixtures("reports")


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        pytest.param(["broken.json", "broken.json"], 0, id="the same"),
        pytest.param(["broken.json", "healthy.json", "--fail-on", "note"], 0, id="better"),
        pytest.param(["healthy.json", "notes.json"], 0, id="a note, errors count"),
        pytest.param(["healthy.json", "broken.json", "--fail-on", "never"], 0, id="nothing counts"),
        pytest.param(["healthy.json", "notes.json", "--fail-on", "note"], 1, id="a note, notes count"),
        pytest.param(["healthy.json", "broken.json"], 1, id="an error"),
    ],
)
def test_exit_status(arguments, status):
    result = run(*arguments)

    assert (result.exit_code, result.stderr) == (status, "")
    assert f"Exit status {status}" in result.stdout


def test_one_report_can_come_from_standard_input():
    result = run("healthy.json", "-", "--format", "json", input=render(REPORT))

    assert result.exit_code == 1
    assert validate(result.stdout, "diff")["reports"]["new"]["path"] == "-"


def test_a_report_of_fix_is_a_report():
    Path("fix.json").write_text(json.dumps({**json.loads(render(REPORT)), "fix": {"applied": False}}))

    assert run("broken.json", "fix.json").exit_code == 0


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        pytest.param(["nowhere.json", "broken.json"], "nowhere.json: cannot be read: No such file", id="no file"),
        pytest.param([".", "broken.json"], "cannot be read: Is a directory", id="a directory"),
        pytest.param(["broken.json", "binary"], "binary is not a text", id="no text"),
        pytest.param(["broken.json", "-"], "standard input is not valid JSON", id="empty input"),
        pytest.param(["-", "-"], "only one of the two", id="both from standard input"),
        pytest.param(["broken.json"], "Missing argument", id="one file"),
        pytest.param(["broken.json", "broken.json", "--fail-on", "eror"], "did you mean error?", id="threshold"),
    ],
)
def test_wrong_use(arguments, part):
    Path("binary").write_bytes(b"\xff\xfe\x00")

    result = run(*arguments, input="")

    assert (result.exit_code, result.stdout) == (2, "")
    assert part in result.stderr
