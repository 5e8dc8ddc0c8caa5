"""What the findings on batches tell to type does what it says."""

from __future__ import annotations

from pathlib import Path

import pytest

from doctor.model import OutcomeKind, Report
from doctor.testing import Installation, Placement, diagnose, load
from tests.servers import Databases

pytestmark = pytest.mark.slow

FIXTURES = Path(__file__).parent.parent.parent / "fixtures"


def outcome(report: Report, id: str) -> OutcomeKind:
    return next(result.outcome.kind for result in report.results if result.id == id)


def statements(report: Report, id: str) -> list[str]:
    (result,) = (result for result in report.results if result.id == id)
    commands = [
        command for finding in result.outcome.findings for command in (finding.fix.commands if finding.fix else ())
    ]
    return [command for command in commands if command.startswith("UPDATE ")]


def examine(installation: Installation, workspace: Path, place: Placement) -> Report:
    workspace.mkdir()
    return diagnose(installation, workspace, lambda *_: place)


@pytest.mark.parametrize(
    ("name", "then"),
    [
        # Sent again as it is stored: nothing is left to report.
        pytest.param("batches.never-selected", None, id="never selected"),
        pytest.param("batches.failed", None, id="failed"),
        pytest.param("batches.repository-mismatch", None, id="repository mismatch"),
        # Given up: the chunks have no vectors until the repository is submitted again.
        pytest.param("batches.never-selected--states", "batches.failed", id="never selected, nothing stored"),
        pytest.param("batches.bad-job-id", "batches.failed", id="bad job id"),
        pytest.param("batches.request-data-missing", "batches.failed", id="request data missing"),
        pytest.param("batches.submission-stalled--left-over", "batches.failed", id="left over"),
    ],
)
def test_the_statements_repair(databases: Databases, tmp_path: Path, name: str, then: str | None) -> None:
    installation = load(FIXTURES / name)
    id = name.partition("--")[0]
    place = databases(statements=(installation.directory / "database.sql").read_text(encoding="utf-8"))
    repairs = statements(examine(installation, tmp_path / "before", place), id)
    assert repairs

    databases.run(place.name, "".join(repairs))

    report = examine(installation, tmp_path / "after", place)
    assert outcome(report, id) is OutcomeKind.PASSED
    found = [result.id for result in report.results if result.outcome.kind is OutcomeKind.FOUND]
    assert found == ([then] if then else [])
