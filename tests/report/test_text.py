"""The report for people."""

from __future__ import annotations

from dataclasses import replace

import pytest

from doctor.model import Finding, Fix, Location, Severity
from doctor.report import exit_status, first_sentence, place
from doctor.report.text import render
from tests.report.samples import EMPTY, HEALTHY, LATE, NOTES_ONLY, REPORT, UNJUDGED, found, result


@pytest.mark.parametrize(
    ("name", "report", "look"),
    [
        pytest.param("report-healthy.txt", HEALTHY, {}, id="healthy"),
        pytest.param("report-unjudged.txt", UNJUDGED, {}, id="nothing found, something unknown"),
        pytest.param("report-late.txt", LATE, {}, id="not complete"),
        pytest.param("report-notes.txt", NOTES_ONLY, {}, id="below the threshold"),
        pytest.param("report.txt", REPORT, {}, id="all five outcomes"),
        pytest.param("report-narrow.txt", REPORT, {"width": 50}, id="narrow"),
        pytest.param("report-color.txt", REPORT, {"color": True}, id="colour"),
        pytest.param("report-verbose.txt", REPORT, {"verbosity": 1}, id="-v"),
        pytest.param("report-very-verbose.txt", REPORT, {"verbosity": 2}, id="-vv"),
        pytest.param("report-quiet.txt", REPORT, {"quiet": True}, id="-q"),
    ],
)
def test_golden(golden, name, report, look):
    golden(name, render(report, **look))


def test_a_healthy_run_is_short():
    assert len(render(HEALTHY).splitlines()) <= 4
    assert render(HEALTHY, quiet=True) == ""


def test_what_could_not_be_judged_is_not_called_healthy():
    assert "in what could be judged" in render(UNJUDGED)
    assert "Nothing wrong" not in render(LATE)


def test_nothing_selected_is_said():
    assert "no check was selected" in render(EMPTY)


def test_lines_keep_to_the_width_except_what_is_to_be_copied():
    long = [line for line in render(REPORT, width=60).splitlines() if len(line) > 60]

    assert all(line.startswith("         ") or "[config." in line for line in long)


def test_without_colour_there_is_no_escape():
    assert "\x1b" not in render(REPORT, verbosity=2)


def test_what_files_and_variables_hold_cannot_steer_the_terminal():
    evil = "\x1b[2J\x9b31m\u202egnp\r\x07"
    finding = Finding(
        evil,
        at=Location.file(f"a{evil}b", 1, detail=evil),
        severity=Severity.ERROR,
        fix=Fix(evil, commands=(evil,)),
        note=evil,
    )
    report = replace(REPORT, results=(result("a.b", evil, found(finding), why=evil),))

    for look in ({}, {"quiet": True}, {"verbosity": 2}):
        text = render(report, **look)
        assert not set(text) & set("\x1b\x9b\u202e\r\x07")


def test_no_edit_shows_a_secret():
    assert "hunter2" not in render(REPORT, verbosity=2)


@pytest.mark.parametrize(
    ("report", "fail_on", "status"),
    [
        pytest.param(HEALTHY, "error", 0, id="healthy"),
        pytest.param(UNJUDGED, "note", 0, id="held back is no finding"),
        pytest.param(NOTES_ONLY, "error", 0, id="a note, errors count"),
        pytest.param(NOTES_ONLY, "warning", 0, id="a note, warnings count"),
        pytest.param(NOTES_ONLY, "never", 0, id="a note, nothing counts"),
        pytest.param(NOTES_ONLY, "note", 1, id="a note, notes count"),
        pytest.param(replace(REPORT, results=REPORT.results[:4]), "error", 1, id="an error"),
        pytest.param(replace(REPORT, results=REPORT.results[3:4]), "note", 0, id="suppressed"),
        pytest.param(REPORT, "error", 3, id="a crash wins over an error"),
        pytest.param(REPORT, "never", 3, id="a crash counts always"),
        pytest.param(LATE, "never", 3, id="incomplete"),
    ],
)
def test_exit_status(report, fail_on, status):
    assert exit_status(report, fail_on) == status


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        pytest.param("", "", id="nothing"),
        pytest.param("all in one", "all in one", id="no full stop"),
        pytest.param("one\nline. Two.", "one line.", id="line breaks"),
        pytest.param("e.g. this, i.e. that. More.", "e.g. this, i.e. that.", id="abbreviations"),
        pytest.param("set a.b.c. `x` next.", "set a.b.c.", id="keys"),
    ],
)
def test_first_sentence(text, sentence):
    assert first_sentence(text) == sentence


@pytest.mark.parametrize(
    ("location", "text"),
    [
        pytest.param(Location.file("a.yaml"), "a.yaml", id="file"),
        pytest.param(Location.file("a.yaml", 3), "a.yaml:3", id="line"),
        pytest.param(Location.file("a.yaml", 3, 7, key="k"), "a.yaml:3:7", id="column"),
        pytest.param(Location.env("X"), "environment variable X", id="variable"),
        pytest.param(Location.env("X", path="e.env", line=2), "X (e.env:2)", id="variable of a file"),
        pytest.param(Location.directory("/tmp"), "/tmp", id="directory"),
    ],
)
def test_place(location, text):
    assert place(location) == text
