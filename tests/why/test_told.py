"""What a verdict tells of the setting behind it, on whole installations of fixtures/why."""

from __future__ import annotations

from pathlib import Path

import pytest

from doctor.testing import load, prepare
from doctor.why.verdict import JobVerdict
from tests.everything import FIXTURES
from tests.why.test_scenarios import asked, told


def verdict(name: str, workspace: Path) -> JobVerdict:
    """The verdict on the first job of a scenario."""
    installation = load(FIXTURES / "why" / name)
    root = prepare(installation, workspace)
    variables = {name: str(value) for name, value in (installation.run.get("env") or {}).items()}
    return asked(installation, root, variables, told(installation.directory).get("select") or {}).jobs[0]


def proves(found: JobVerdict) -> str:
    """All that its evidence is said to prove."""
    return "\n".join(each.proves or "" for each in found.evidence)


@pytest.mark.parametrize("name", ["S1--switch-off-in-the-file", "S1--env-file-says-no", "S1--another-file-loaded"])
def test_no_variable_is_said_not_to_count(name: str, tmp_path: Path) -> None:
    assert "does not count" not in proves(verdict(name, tmp_path))


def test_a_variable_that_does_not_count(tmp_path: Path) -> None:
    found = verdict("S1--variables-that-do-not-count", tmp_path)

    assert "the variable does not count: " in proves(found)
    assert "CODECHUNK_BATCH_PROCESSING_ENABLED is set" in [each.text for each in found.evidence]


@pytest.mark.parametrize("name", ["S1--switched-on-since", "S2--threshold-lowered-since", "S4--switched-on-since"])
def test_the_file_that_was_loaded_is_the_one_that_was_examined(name: str, tmp_path: Path) -> None:
    found = verdict(name, tmp_path)

    assert found.changed
    assert found.fix is not None
    assert "docker compose restart worker" in found.fix.commands


def test_another_file_was_loaded_than_the_one_that_was_examined(tmp_path: Path) -> None:
    found = verdict("S1--another-file-loaded", tmp_path)

    assert found.fix is not None
    assert found.fix.commands == ("codechunk-doctor why --config configs/config.dev.yaml",)
    assert "the setting behind it" not in proves(found)


@pytest.mark.parametrize("name", ["S3--larger-than-the-queue", "S3--thought-of", "S4--client-off"])
def test_nothing_is_said_of_a_queue_that_was_not_filled(name: str, tmp_path: Path) -> None:
    assert "chunks were in the queue before" not in proves(verdict(name, tmp_path))


@pytest.mark.parametrize(("name", "held"), [("S3--filled-over-days", 143), ("S3--raised-since-november-2025", 48)])
def test_how_much_was_in_the_queue(name: str, held: int, tmp_path: Path) -> None:
    assert f"{held} chunks were in the queue before" in proves(verdict(name, tmp_path))


@pytest.mark.parametrize("name", ["T1--switched-off-since", "T2--switched-off-since"])
def test_made_up_vectors_are_deleted_before_anything_is_submitted_again(name: str, tmp_path: Path) -> None:
    found = verdict(name, tmp_path)

    assert found.fix is not None
    assert "delete the made-up vectors" in found.fix.summary
    assert not any("curl" in each for each in found.fix.commands)


@pytest.mark.parametrize("name", ["K2--batch-road", "K2--sequential-road"])
def test_no_setting_gives_chunks_vectors_that_they_have(name: str, tmp_path: Path) -> None:
    assert verdict(name, tmp_path).counterfactual == ()
