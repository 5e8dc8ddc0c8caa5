"""Annotations, as a runner of GitHub reads the lines of a log, and the summary of a step."""

from __future__ import annotations

from dataclasses import replace

import pytest

from doctor.model import Finding, Fix, Location, Severity
from doctor.report.github import summary
from tests.report.forges import Page, commands, many_findings, rendered, reported
from tests.report.samples import CLIENT_OFF, EMPTY, HEALTHY, LATE, NOTES_ONLY, REPORT, UNJUDGED

HOSTILE = "x\n::set-output name=a::b\r::add-mask::c\x85::stop-commands::d\u2028::error::e ##[set-env name=a]b %0A::g::h"


def test_golden(golden):
    golden("report.github.txt", rendered("github", REPORT))


@pytest.mark.parametrize(
    ("report", "names"),
    [
        pytest.param(HEALTHY, [], id="healthy"),
        pytest.param(EMPTY, [], id="no check"),
        pytest.param(UNJUDGED, ["group", "endgroup"], id="not judged"),
        pytest.param(NOTES_ONLY, ["notice"], id="a note"),
        pytest.param(many_findings(10), ["error"] * 10, id="as many as are shown"),
        pytest.param(LATE, ["error", "group", "endgroup"], id="not complete"),
        pytest.param(many_findings(11), ["error"] * 10 + ["group", "endgroup"], id="more than are shown"),
        pytest.param(
            REPORT,
            ["error", "error", "warning", "warning", "notice", "group", "endgroup", "group", "endgroup"],
            id="crashed, found, suppressed, not judged",
        ),
    ],
)
def test_the_commands(report, names):
    assert [name for name, _, _ in commands(rendered("github", report))] == names


def test_quiet_leaves_the_annotations():
    assert rendered("github", HEALTHY, quiet=True) == ""
    assert [name for name, _, _ in commands(rendered("github", REPORT, quiet=True))] == [
        *("error", "error", "warning", "warning", "notice")
    ]


def test_an_annotation_has_place_title_reason_and_fix():
    ((name, properties, message),) = commands(rendered("github", reported(CLIENT_OFF)))

    assert name == "error"
    assert properties == {
        "file": "codechunking/configs/config.dev.yaml",
        "line": "12",
        "col": "14",
        "title": "Some title [config.some]",
    }
    assert message.splitlines() == [
        "gemini.batch.enabled is false, and fallback_to_sequential is false as well",
        "Fix: Switch the client on, then restart the worker.",
        "configs/config.dev.yaml:12",
        "- enabled: false",
        "+ enabled: true",
        "$ docker compose up -d --build worker api",
        "The guide says that jobs fall back; since 2025-11-26 they fail unless fallback_to_sequential is true.",
    ]


def test_what_has_no_file_says_where_it_is():
    finding = Finding("it is empty", Location.env("CODECHUNK_X"), severity=Severity.WARNING)
    ((name, properties, message),) = commands(rendered("github", reported(finding)))

    assert (name, properties) == ("warning", {"title": "Some title [config.some]"})
    assert message == "it is empty\nat environment variable CODECHUNK_X"


def test_the_findings_beyond_what_is_shown_are_lines():
    log = rendered("github", many_findings(12)).splitlines()

    assert log[10:14] == [
        "::group::2 more findings, beyond what GitHub annotates",
        "error: c.yaml:11:1: it is wrong (11) [config.some]",
        "error: c.yaml:12:1: it is wrong (12) [config.some]",
        "::endgroup::",
    ]


@pytest.mark.parametrize("count", [1, 12])
def test_no_text_is_a_command(count):
    finding = Finding(HOSTILE, Location.file(HOSTILE, 1, 2), severity=Severity.ERROR)
    report = replace(reported(*[finding] * count), incomplete=HOSTILE)
    report = replace(report, results=(*report.results, replace(UNJUDGED.results[1], title=HOSTILE)))
    log = rendered("github", report)
    found = commands(log)

    assert not set("\r\x85\u2028") & set(log)
    assert {name for name, _, _ in found} <= {"error", "group", "endgroup"}
    assert {key for _, properties, _ in found for key in properties} <= {"file", "line", "col", "title"}
    assert len(found) == 1 + min(count, 9) + 2 * (1 + (count > 9))


def test_a_message_is_what_it_was():
    ((_, properties, message),) = commands(
        rendered("github", reported(Finding("50%, a:b\n%0A", Location.file("a,b:c%.yaml", 1), severity=Severity.NOTE)))
    )

    assert (message, properties["file"]) == ("50%, a:b\n%0A", "codechunking/a,b:c%.yaml")


# --- the summary


def test_golden_summary(golden):
    golden("report.summary.md", summary(REPORT))


@pytest.mark.parametrize(
    ("report", "rows"),
    [
        pytest.param(HEALTHY, 0, id="healthy"),
        pytest.param(EMPTY, 0, id="no check"),
        pytest.param(NOTES_ONLY, 1, id="a note"),
        pytest.param(UNJUDGED, 1, id="not judged"),
        pytest.param(many_findings(30), 30, id="all of them"),
        pytest.param(REPORT, 7, id="crashed, found, suppressed, not judged"),
    ],
)
def test_the_table(report, rows):
    page = Page(summary(report))

    assert page.cells == ([5] * (rows + 1) if rows else [])


def test_a_summary_of_a_run_that_is_not_complete_says_so():
    assert "**Not complete:** the deadline ended" in summary(LATE)


@pytest.mark.parametrize("room", [0, 400, 5_000])
def test_what_finds_no_room_is_counted(room):
    text = summary(many_findings(100), room)
    shown = text.count("it is wrong")

    assert len(text.encode()) <= max(room, 300)
    assert f"{100 - shown} more rows found no room here." in text


@pytest.mark.parametrize(
    "hostile",
    [
        "a|b",
        "`c|d`",
        "`c d|e`",
        "\\|",
        "e\\|f",
        "\\\\|",
        "||",
        "`|",
        "|`",
        "a\\",
        "@team",
        "<img src=x>",
        "[x](y)",
        "#1",
    ],
)
def test_a_cell_stays_a_cell(hostile):
    """What stands in a cell neither ends it nor opens anything in the next ones."""
    finding = Finding(f"x {hostile} y", Location.file(hostile, 1), severity=Severity.ERROR, fix=Fix("the end"))
    page = Page(summary(reported(finding)))

    assert set(page.tags) <= {"h3", "table", "thead", "tbody", "tr", "th", "td", "code"}
    assert page.bare.replace(")", "").split()[-4:] == ["x", "y", "the", "end"]
    assert hostile.strip("`").replace("\\", "") in page.all.replace("\\", "")
