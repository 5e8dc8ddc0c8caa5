"""Every directory below fixtures/ gives the outcome that its expected.yaml states, and can be told in all formats."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from doctor.docs.examples import example, record, recorded
from doctor.model import Report
from doctor.registry import installed
from doctor.testing import Databases, Google, Installation, OpenAi, diagnose, disagreements, load
from tests.everything import DIRECTORIES, has_servers
from tests.living.quiet import faults_of_baseline
from tests.report.forges import unreadable

REGISTRY = installed()
PAGES = Path(__file__).parent.parent / "docs" / "checks"


def judge(directory: Path, workspace: Path, *servers: Any) -> tuple[Installation, Report]:
    """What fires, where, and what it blocks is as stated; everything else is silent."""
    installation = load(directory)
    assert bool(installation.servers) is bool(servers)
    report = diagnose(installation, workspace, *servers)
    assert disagreements(installation, report) == []
    assert faults_of_baseline(report, REGISTRY) == []
    assert unreadable(report) == []
    return installation, report


# One for each family is enough for the quick tests, one for each check to see what is covered.
FIRST = {each.name.partition(".")[0]: each for each in reversed(DIRECTORIES) if not has_servers(each)}


def _marks(directory: Path) -> tuple[pytest.MarkDecorator, ...]:
    if directory in FIRST.values():
        return ()
    return (pytest.mark.slow, pytest.mark.no_cover) if "--" in directory.name else (pytest.mark.slow,)


ALL = {each: pytest.param(each, id=each.name, marks=_marks(each)) for each in DIRECTORIES}
WITHOUT_SERVERS = [given for each, given in ALL.items() if not has_servers(each)]
WITH_SERVERS = [given for each, given in ALL.items() if has_servers(each)]


@pytest.mark.parametrize("directory", WITHOUT_SERVERS)
def test_fixture(directory: Path, tmp_path: Path) -> None:
    judge(directory, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("directory", WITH_SERVERS)
def test_fixture_with_servers(
    directory: Path,
    tmp_path: Path,
    databases: Databases,
    google: Google,
    openai: OpenAi,
    request: pytest.FixtureRequest,
) -> None:
    installation, report = judge(directory, tmp_path, databases, google, openai)
    page = PAGES / f"{installation.name}.md"
    if page.is_file():
        shown = example(report, installation)
        if request.config.getoption("--update-golden"):
            record(page, shown)
        assert shown == recorded(page)
