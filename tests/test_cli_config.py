"""`config show` and `config resolve` as commands."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from doctor.cli import main
from tests.report.schemas import validate

TEXT = "database:\n  user: u\n  password: p\napi:\n  port: 8080\n"


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    (tmp_path / "configs").mkdir()
    (tmp_path / "configs" / "config.yaml").write_text(TEXT)
    return tmp_path


def run(directory: Path, *arguments: str) -> Result:
    return CliRunner().invoke(main, ["config", *arguments, "--dir", str(directory), "--clean-env"])


def test_show(directory):
    result = run(directory, "show")

    assert result.exit_code == 0
    assert "configs/config.yaml, found by the program's own search." in result.stdout
    assert "configs/config.yaml:5:9" in result.stdout


def test_show_some_keys(directory):
    result = run(directory, "show", "api.port", "log")

    assert result.exit_code == 0
    assert "8080" in result.stdout
    assert "database" not in result.stdout


def test_show_a_key_that_is_none(directory):
    result = run(directory, "show", "api.prot")

    assert (result.exit_code, result.stdout) == (2, "")
    assert "did you mean api.port?" in result.stderr


def test_resolve(directory):
    document = validate(
        run(directory, "resolve", "--format", "json", "--env", "CODECHUNK_API_PORT=9").stdout, "resolution"
    )

    assert document["config_file"] == "configs/config.yaml"
    port = document["values"]["api.port"]
    assert (port["value"], port["source"]) == ("9", "env")
    assert (port["location"]["kind"], port["location"]["name"]) == ("env", "CODECHUNK_API_PORT")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        pytest.param(["--config", "x.yaml"], "No configuration file is loaded: open x.yaml", id="missing"),
        pytest.param(["--env", "CODECHUNK_WORKER_CONCURRENCY=0"], "The program stops at start:", id="refused"),
        pytest.param(["--env", "CODECHUNK_DATABASE=x"], "database.user is set nowhere", id="zero"),
    ],
)
def test_showing_trouble_is_no_trouble(directory, arguments, said):
    """They answer 0 when they could show it, whatever it says."""
    result = run(directory, "show", *arguments)

    assert result.exit_code == 0
    assert said in result.stdout


ABSENT = ("--worker", "docker:nosuch", "--offline")
NOT_SEEN = "ontainer nosuch was not looked into (--offline: no container engine is asked): its variables are not known"


@pytest.mark.parametrize("command", ["show", "resolve"])
@pytest.mark.parametrize("worker", [[], ["--worker", "host"]])
@pytest.mark.parametrize("format", ["text", "json"])
def test_nothing_is_said_of_a_worker_on_this_host(directory, command, worker, format):
    result = run(directory, command, *worker, "--offline", "--format", format)

    assert (result.exit_code, result.stderr) == (0, "")
    assert "not looked into" not in result.stdout


@pytest.mark.parametrize(
    ("arguments", "where"),
    [
        pytest.param(["show"], "stdout", id="show"),
        pytest.param(["show", "--format", "json"], "stderr", id="show as JSON"),
        pytest.param(["resolve"], "stderr", id="resolve"),
        pytest.param(["resolve", "--format", "json"], "stderr", id="resolve as JSON"),
    ],
)
def test_a_worker_that_could_not_be_looked_into_is_said(directory, arguments, where):
    result = run(directory, *arguments, *ABSENT)

    said = {name: NOT_SEEN in " ".join(getattr(result, name).split()) for name in ("stdout", "stderr")}
    assert (result.exit_code, said) == (0, {"stdout": where == "stdout", "stderr": where == "stderr"})


def test_a_process_that_is_gone_is_said(directory):
    result = run(directory, "resolve", "--worker", "pid:99999999", "--offline")

    assert "process pid:99999999 is not running: its variables are not known" in result.stderr


def test_output_into_a_file(directory, tmp_path):
    result = run(directory, "resolve", "--output", f"json={tmp_path}/r.json")

    assert "outcome = ok" in result.stdout
    validate((tmp_path / "r.json").read_text(), "resolution")
