"""`list`, `explain` and the help texts."""

from __future__ import annotations

import pytest
from click.testing import CliRunner, Result

from doctor.cli import main
from doctor.cli.reference import help_texts
from doctor.registry import installed
from tests.report.schemas import validate


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, arguments)


def test_list_names_every_check():
    result = run("list")

    assert result.exit_code == 0
    assert all(f"  {check.id} " in result.stdout for check in installed().checks)


def test_list_for_machines():
    checks = validate(run("list", "--format", "json").stdout, "checks")["checks"]

    assert [check["id"] for check in checks] == [check.id for check in installed().checks]
    (capped,) = (check for check in checks if check["id"] == "config.job-timeout-capped")
    assert capped == {
        "id": "config.job-timeout-capped",
        "family": "config",
        "title": "worker.job_timeout is cut to 35 minutes",
        "severities": ["warning"],
        "safety": "safe",
        "guide": None,
    }


def test_common_options_are_taken_though_not_shown():
    assert run("--dir", ".", "list", "--config", "x", "-v").exit_code == 0
    assert "--config" not in run("list", "--help").stdout


def test_explain_a_check():
    result = run("explain", "config.request-outlives-job")

    assert result.exit_code == 0
    for part in ("Why it matters", "Silent when", "How to fix", "held back by", "explained by", "severity"):
        assert part in result.stdout


@pytest.mark.slow
@pytest.mark.parametrize("name", [check.id for check in installed().checks])
def test_every_check_can_be_explained(name):
    result = run("explain", name, "--format", "json")

    assert result.exit_code == 0
    (explained,) = validate(result.stdout, "explain")["checks"]
    assert explained["id"] == name
    assert explained["why"]


@pytest.mark.parametrize("name", ["config", "config.batch-*", "*"])
def test_explain_several(name):
    result = run("explain", name)

    assert result.exit_code == 0
    assert "config.batch-off" in result.stdout
    assert "codechunk-doctor explain ID" in result.stdout


def test_every_command_has_a_help_text():
    assert list(help_texts()) == [
        "codechunk-doctor",
        "check",
        "config",
        "config show",
        "config resolve",
        "why",
        "fix",
        "logs",
        "jobs",
        "batches",
        "batches list",
        "batches show",
        "bundle",
        "demo",
        "list",
        "explain",
        "diff",
        "completion",
    ]


@pytest.mark.parametrize(("command", "text"), help_texts().items(), ids=list(help_texts()))
def test_help_is_what_the_reference_says(command, text):
    assert text.strip() == run(*command.replace("codechunk-doctor", "").split(), "--help").stdout.strip()
    assert max(map(len, text.splitlines())) <= 80
