"""Whatever is done to a configuration: no check crashes, and a program that would not start is never called healthy."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from doctor import app, facts
from doctor.model import OutcomeKind, Severity
from doctor.registry import installed
from doctor.report import reporter
from doctor.schema import SCHEMA
from doctor.settings import Settings
from tests.report.schemas import validate

pytestmark = pytest.mark.no_cover

ROOT = Path(__file__).parent.parent
CONFIGS = [path.read_text(encoding="utf-8") for path in sorted((ROOT / "configs").glob("codechunking-*.yaml"))]

PIECES = st.sampled_from(
    [
        *":#[]{}'\"&*!|%@~\t\n\\",
        "- ",
        "---\n",
        "<<: ",
        "${X}",
        "0123",
        "1e3",
        "yes",
        "1d",
        "5min",
        "2024-01-01",
        "\x1b",
        "é",
    ]
)
EDITS = st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 4), PIECES), max_size=4)
VARIABLES = st.dictionaries(
    st.sampled_from([*(spec.env for spec in SCHEMA.values()), "CODECHUNK_DATABASE", "CODECHUNK_LOG", "PGSERVICE"]),
    st.one_of(PIECES, st.sampled_from(["", "0", "-1", "true", "30s", "x"])).filter(lambda text: "\0" not in text),
    max_size=3,
)


def edited(text: str, edits: list[tuple[float, int, str]]) -> str:
    """The text with a piece put in at each place, a few characters of it dropped."""
    for share, dropped, piece in edits:
        place = int(share * len(text))
        text = text[:place] + piece + text[place + dropped :]
    return text


@pytest.mark.slow
@settings(max_examples=75, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(CONFIGS), EDITS, VARIABLES)
def test_a_damaged_configuration(text: str, edits: list[tuple[float, int, str]], variables: dict[str, str]) -> None:
    with tempfile.TemporaryDirectory() as directory:
        (Path(directory) / "config.yaml").write_text(edited(text, edits), encoding="utf-8", newline="")
        chosen = Settings(directory=Path(directory), env=variables, clean_env=True, offline=True, worker="host")
        report = app.diagnose(chosen, registry=installed(), known={facts.Processes: facts.Processes()})
        resolved, _ = app.resolution(chosen)

    assert report.incomplete is None
    assert report.count(OutcomeKind.CRASHED) == 0
    assert resolved.outcome == "ok" or report.findings(Severity.ERROR)
    assert "\x1b" not in reporter("text")(report, width=80, color=False, verbosity=2)
    validate(reporter("json")(report), "report")
