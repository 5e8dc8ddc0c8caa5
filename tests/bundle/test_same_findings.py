"""What a bundle says of an installation is what a live run says of it: every fixture, in the words of the report."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from doctor import app, testing
from doctor.bundle import making, stored
from doctor.model import Report
from doctor.registry import installed
from doctor.report import json as as_json
from doctor.settings import Settings
from doctor.testing import Databases
from tests.everything import DIRECTORIES, has_servers

# Whole runs, and one for every fixture.
pytestmark = [pytest.mark.slow, pytest.mark.no_cover]

# What a run is told of what is known already is no part of what it looks at.
OF_THE_RUN = "doctor.baseline-stale"
# One fixture of each check is enough, and all that are well.
WITHOUT_SERVERS = [
    pytest.param(each, id=each.name)
    for each in DIRECTORIES
    if not has_servers(each) and "--" not in each.name and each.name != OF_THE_RUN
]
WITH_DATABASE = [
    pytest.param(each, id=each.name)
    for each in DIRECTORIES
    if each.name in ("healthy-database", "database.auth", "database.migrations-behind", "jobs.failed")
]


def said(report: Report) -> dict[str, Any]:
    """The report without what is another one each time, and without the check of a baseline, which a run has."""
    results = tuple(each for each in report.results if each.id != OF_THE_RUN)
    document: dict[str, Any] = as_json.as_json(replace(report, results=results))
    for each in (document, *document["checks"]):
        each["duration_ms"] = None
    return document


def twice(settings: Settings, *, known: Mapping[type[Any], object] | None = None) -> Report:
    """In the place of a run: the same live, and by the document that a bundle holds."""
    registry = installed()
    run = making.collected(settings, known=known, registry=registry)
    live = app.scrub(run.report, run.clean)
    observed = stored.load(run.data, registry)
    again = making.reexamined(observed, settings, registry)
    later = app.scrub(again, app.redactor(dict(observed.facts), also=observed.tokens))
    assert said(later) == said(live)
    assert later.notices == live.notices
    assert later.incomplete == live.incomplete
    return later


def judge(directory: Path, workspace: Path, monkeypatch: pytest.MonkeyPatch, *servers: Any) -> None:
    runs: list[Report] = []

    def run(settings: Settings, *, known: Mapping[type[Any], object] | None = None) -> Report:
        runs.append(twice(settings, known=known))
        return runs[0]

    monkeypatch.setattr(app, "diagnose", run)
    installation = testing.load(directory)
    assert testing.disagreements(installation, testing.diagnose(installation, workspace, *servers)) == []
    assert len(runs) == 1


@pytest.mark.parametrize("directory", WITHOUT_SERVERS)
def test_fixture(directory: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    judge(directory, tmp_path, monkeypatch)


@pytest.mark.parametrize("directory", WITH_DATABASE)
def test_with_a_database(
    directory: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, databases: Databases
) -> None:
    judge(directory, tmp_path, monkeypatch, databases)
