"""No line of any text report is wider than the terminal, but for words that nobody may break."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

import pytest

from doctor.engine import Touches
from doctor.facts.logselection import LogSelection
from doctor.facts.why import WhySelection
from doctor.model import Report
from doctor.registry import Registry, installed
from doctor.report import catalogue, logs, logs_timeline, plan, resolution, text, why
from doctor.report.batch_list import list_text as batch_list
from doctor.report.jobs import text as job_list
from doctor.report.log_look import Look
from doctor.report.terminal import Paint, columns, encodable, plain
from doctor.settlement import Relations
from doctor.testing import diagnose, load
from tests.everything import FIXTURES
from tests.report import batch_listings
from tests.report.log_samples import STORIES
from tests.report.samples import HEALTHY, LATE, REPORT
from tests.report.test_jobs import listed
from tests.report.why_samples import EVERY, MANY

WIDTHS = (40, 60, 80, 120, 200)
# What stands before something that is copied: a command, a line of a diff.
COPIED = ("$ ", "sql> ", "+ ", "- ")
# Labels and the indentation before them.
GUTTER = 20


def too_wide(rendered: str, width: int) -> list[str]:
    """The lines that could have been broken and are not."""
    return [line for line in rendered.splitlines() if columns(line) > width and not _in_one_piece(line)]


def _in_one_piece(line: str) -> bool:
    """Something to be copied, or one long word, with what stands before it in its column."""
    stripped = line.lstrip()
    if stripped.startswith((*COPIED, "Traceback", "File ", "KeyError")):
        return True
    before, _, _word = line.rpartition(" ")
    return columns(before) <= GUTTER and len(before.split()) <= 2


def look(width: int) -> Look:
    return Look(min(width, 110), width)


@cache
def registry() -> Registry:
    return installed()


@cache
def relations() -> Relations:
    """Once: `explain` works them out each time."""
    return Relations(registry())


def reports() -> Iterator[Report]:
    yield from (REPORT, HEALTHY, LATE)


@pytest.mark.parametrize("width", WIDTHS)
class TestNothingIsWider:
    def test_check(self, width):
        for report in reports():
            for verbosity in (0, 1, 2):
                assert too_wide(text.render(report, width=width, verbosity=verbosity), width) == []

    def test_list(self, width):
        shown = catalogue.list_text(registry(), registry().checks, width=min(width, 110), fit=width)

        assert too_wide(shown, width) == []
        assert all(check.id in shown for check in registry().checks)

    def test_explain(self, width):
        for check in registry().checks:
            shown = "\n".join(catalogue._explain(check, relations(), min(width, 110), Paint(False)))
            assert too_wide(shown, width) == []

    def test_logs(self, width):
        for story in STORIES.values():
            assert too_wide(logs.text(story(), LogSelection(("worker.log",)), look(width)), width) == []
            assert too_wide(logs_timeline.text(story(), look(width)), width) == []

    def test_why(self, width):
        for answer in EVERY.values():
            assert too_wide(why.text(answer, None, look(width)), width) == []
        assert too_wide(why.text(MANY, WhySelection(every=True), look(width)), width) == []

    def test_batches(self, width):
        found = batch_listings.listing(*batch_listings.EVERY)
        shown = batch_list(found, width=min(width, 110), fit=width)

        assert too_wide(shown, width) == []

    def test_jobs(self, width):
        if width == 40:
            pytest.skip("the id of a job alone takes 36 columns, and is there to be copied")
        shown = job_list(listed(), width=min(width, 110), fit=width)

        assert too_wide(shown, width) == []

    def test_plan(self, width):
        touches = Touches(("configs/config.yaml", "/tmp/a b"), ("localhost:5432",), ("SELECT 1",))

        assert too_wide(plan.text(touches, width=width), width) == []

    def test_config_show(self, width, resolved):
        found = resolved("gemini: {api_key: x}\n", {"CODECHUNK_API_PORT": "1", "CODECHUNK_LOG_LEVEL": "warn"})
        shown = resolution.show_text(found, list(found.settings), str, width=min(width, 110), fit=width, verbosity=1)

        assert too_wide(shown, width) == []


@pytest.mark.parametrize("name", ["demo-broken", "config.not-an-overlay", "environment.section-variable"])
def test_reports_of_installations(name, tmp_path):
    report = diagnose(load(FIXTURES / name), tmp_path, only=("config", "environment"))

    for width in WIDTHS:
        for verbosity in (0, 1):
            assert too_wide(text.render(report, width=width, verbosity=verbosity), width) == []


def test_commands_are_never_broken():
    commands = {each for result in REPORT.results for f in result.outcome.findings if f.fix for each in f.fix.commands}
    shown = text.render(REPORT, width=40).splitlines()

    assert commands
    assert all(any(line.endswith(f"$ {command}") for line in shown) for command in commands)


def test_in_a_pipe_a_check_has_one_line():
    shown = catalogue.list_text(registry(), registry().checks, width=80).splitlines()

    assert all(
        sum(f" {check.id} " in line and check.title in line for line in shown) == 1 for check in registry().checks
    )


# --- letters


@pytest.mark.parametrize("width", [40, 80])
def test_all_reports_can_be_shown_in_ascii(width):
    shown = [
        *(text.render(report, width=width, verbosity=2) for report in reports()),
        catalogue.list_text(registry(), registry().checks, width=width, fit=width),
        *(logs.text(story(), None, look(width)) for story in STORIES.values()),
        *(why.text(answer, None, look(width)) for answer in EVERY.values()),
    ]

    for each in shown:
        assert "\\u" not in encodable(each, "ascii"), "a letter of ours has no plain twin"


@pytest.mark.parametrize(
    ("said", "expected"),
    [("plain", "plain"), ("Müller → “x” … ≥ 3", 'Müller -> "x" ... >= 3'), ("─" * 3, "---")],
)
def test_letters_of_ours_have_plain_twins_and_those_of_others_stay(said, expected):
    assert plain(said) == expected
