"""Every directory below fixtures/ gives exactly the outcome that its expected.yaml states."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from doctor.testing import Databases, Google, OpenAi, diagnose, disagreements, load
from tests.everything import DIRECTORIES, has_servers


def judge(directory: Path, workspace: Path, *servers: Any) -> None:
    """What fires, where, and what it blocks is as stated; everything else is silent."""
    installation = load(directory)
    assert bool(installation.servers) is bool(servers)
    assert disagreements(installation, diagnose(installation, workspace, *servers)) == []


WITHOUT_SERVERS = [pytest.param(each, id=each.name) for each in DIRECTORIES if not has_servers(each)]
WITH_SERVERS = [pytest.param(each, id=each.name) for each in DIRECTORIES if has_servers(each)]


@pytest.mark.parametrize("directory", WITHOUT_SERVERS)
def test_fixture(directory: Path, tmp_path: Path) -> None:
    judge(directory, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("directory", WITH_SERVERS)
def test_fixture_with_servers(
    directory: Path, tmp_path: Path, databases: Databases, google: Google, openai: OpenAi
) -> None:
    judge(directory, tmp_path, databases, google, openai)
