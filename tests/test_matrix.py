"""Every check is made and finds nothing in some healthy installation, so that its silence means something."""

from __future__ import annotations

from pathlib import Path

import pytest

from doctor.model import OutcomeKind
from doctor.registry import installed
from doctor.testing import Databases, Google, OpenAi, diagnose
from tests.everything import every

pytestmark = pytest.mark.slow


def test_every_check_is_silent_in_a_healthy_installation(
    tmp_path: Path, databases: Databases, google: Google, openai: OpenAi
) -> None:
    passed: set[str] = set()
    for each in every():
        if each.name.startswith("healthy-"):
            workspace = tmp_path / each.name
            workspace.mkdir()
            report = diagnose(each, workspace, databases, google, openai)
            passed |= {result.id for result in report.results if result.outcome.kind is OutcomeKind.PASSED}

    assert [each.id for each in installed().checks if each.id not in passed] == [], "no healthy-* has it passed"
