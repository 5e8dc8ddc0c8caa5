"""Every directory below fixtures/ gives exactly the outcome that its expected.yaml states."""

from __future__ import annotations

from pathlib import Path

import pytest

from doctor.testing import Databases, Google, Installation, OpenAi, diagnose, disagreements
from tests.everything import EVERY


def judge(
    installation: Installation, workspace: Path, google: Google, openai: OpenAi, databases: Databases | None = None
) -> None:
    """What fires, where, and what it blocks is as stated; everything else is silent."""
    assert disagreements(installation, diagnose(installation, workspace, databases, google, openai)) == []


@pytest.mark.parametrize("installation", [pytest.param(each, id=each.name) for each in EVERY if not each.has_database])
def test_fixture(installation: Installation, tmp_path: Path, google: Google, openai: OpenAi) -> None:
    judge(installation, tmp_path, google, openai)


@pytest.mark.slow
@pytest.mark.parametrize("installation", [pytest.param(each, id=each.name) for each in EVERY if each.has_database])
def test_fixture_with_a_database(
    installation: Installation, tmp_path: Path, databases: Databases, google: Google, openai: OpenAi
) -> None:
    judge(installation, tmp_path, google, openai, databases)
