"""Every directory below fixtures/ gives exactly the outcome that its expected.yaml states."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from doctor.testing import Databases, Google, Installation, OpenAi, diagnose, disagreements
from tests.everything import EVERY


def judge(installation: Installation, workspace: Path, *servers: Any) -> None:
    """What fires, where, and what it blocks is as stated; everything else is silent."""
    assert disagreements(installation, diagnose(installation, workspace, *servers)) == []


WITH_SERVERS = [pytest.param(each, id=each.name) for each in EVERY if each.servers]


@pytest.mark.parametrize("installation", [pytest.param(each, id=each.name) for each in EVERY if not each.servers])
def test_fixture(installation: Installation, tmp_path: Path) -> None:
    judge(installation, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("installation", WITH_SERVERS)
def test_fixture_with_servers(
    installation: Installation, tmp_path: Path, databases: Databases, google: Google, openai: OpenAi
) -> None:
    judge(installation, tmp_path, databases, google, openai)
