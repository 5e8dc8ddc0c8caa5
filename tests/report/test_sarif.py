"""SARIF, by the schema of OASIS and by what GitHub's upload asks for."""

from __future__ import annotations

from dataclasses import replace

import pytest

from doctor.model import Edit, Finding, Fix, Location, Place, Safety, Severity
from doctor.registry import installed
from doctor.report.sarif_places import exact
from doctor.report.worktree import Worktree
from tests.report.forges import rendered, reported, sarif
from tests.report.samples import CLIENT_OFF, EMPTY, HEALTHY, LATE, NOTES_ONLY, REPORT, UNJUDGED, UNKNOWN_KEYS


def run(report, **look):
    return sarif(rendered("sarif", report, **look))


def only(finding: Finding, **look):
    (result,) = run(reported(finding), **look)["results"]
    return result


def test_golden(golden):
    golden("report.sarif.json", rendered("sarif", REPORT))


@pytest.mark.parametrize(
    ("report", "levels", "successful", "exit_code"),
    [
        pytest.param(HEALTHY, [], True, 0, id="healthy"),
        pytest.param(EMPTY, [], True, 0, id="no check"),
        pytest.param(UNJUDGED, [], True, 0, id="not judged"),
        pytest.param(NOTES_ONLY, ["note"], True, 0, id="a note"),
        pytest.param(reported(CLIENT_OFF), ["error"], True, 1, id="an error"),
        pytest.param(LATE, [], False, 3, id="not complete"),
        pytest.param(REPORT, ["note", "warning", "warning", "error", "note"], False, 3, id="crashed"),
    ],
)
def test_results_and_how_the_run_ended(report, levels, successful, exit_code):
    written = run(report)
    (invocation,) = written["invocations"]

    assert [each["level"] for each in written["results"]] == levels
    assert (invocation["executionSuccessful"], invocation["exitCode"]) == (successful, exit_code)


def test_what_gave_no_answer_is_a_notification():
    (invocation,) = run(replace(REPORT, incomplete="the deadline"))["invocations"]
    said = [
        (each["level"], each.get("associatedRule", {}).get("id"), each["message"]["text"][:40])
        for each in invocation["toolExecutionNotifications"]
    ]

    assert said == [
        ("error", None, "The run could not be completed: the dead"),
        ("error", "config.sslmode", "The check crashed: KeyError: 'database.p"),
        ("warning", "directories.batch-dir-not-writable", "The check was not made because of config"),
        ("note", "worker.program-missing", "The check was skipped: programs are not "),
        ("warning", "worker.not-running", "The check was not made because of docker"),
        ("note", None, "variables are those of the worker, conta"),
    ]


def test_the_time_is_the_report_s():
    (invocation,) = run(REPORT)["invocations"]

    assert invocation["startTimeUtc"] == "2026-05-04T10:00:00.000Z"
    assert invocation["endTimeUtc"] == "2026-05-04T10:00:01.234Z"


def test_a_suppressed_result_says_by_what_and_why():
    results = run(REPORT)["results"]

    assert [each.get("suppressions") for each in results[:-1]] == [None] * 4
    assert results[-1]["suppressions"] == [
        {"kind": "external", "status": "accepted", "justification": "ignore: we like it so"}
    ]


def test_every_installed_check_is_a_rule_with_its_help():
    registry = installed()
    report = replace(
        HEALTHY, results=tuple(replace(HEALTHY.results[0], id=each.id, title=each.title) for each in registry.checks)
    )
    rules = run(report, checks=registry.by_id)["tool"]["driver"]["rules"]

    assert [each["id"] for each in rules] == [each.id for each in registry.checks]
    assert all("helpUri" not in each for each in rules)
    by_id = {each["id"]: each for each in rules}
    rule = by_id["config.request-outlives-job"]
    assert rule["defaultConfiguration"] == {"level": "error"}
    assert rule["fullDescription"]["text"] == "Compare `gemini.timeout` with the time a job really has."
    assert "Why it matters: The job's limit covers" in rule["help"]["text"]
    assert "**How to fix**: Lower `gemini.timeout`" in rule["help"]["markdown"]


# --- places


@pytest.mark.parametrize(
    ("at", "uri", "region", "logical"),
    [
        pytest.param(
            Location(Place.DATABASE, name="codechunking.repositories", detail="id 7"),
            "codechunking/configs/config.dev.yaml",
            {"startLine": 1},
            ("codechunking.repositories", "database:codechunking.repositories", "resource"),
            id="a database",
        ),
        pytest.param(
            Location.env("CODECHUNK_X", key="a.b"),
            "codechunking/configs/config.dev.yaml",
            {"startLine": 1},
            ("CODECHUNK_X", "env:CODECHUNK_X", "variable"),
            id="a variable",
        ),
        pytest.param(
            Location.directory("/var/lib/x"),
            "codechunking/configs/config.dev.yaml",
            {"startLine": 1},
            ("/var/lib/x", "path:/var/lib/x", "resource"),
            id="a directory",
        ),
        pytest.param(
            Location.file("configs/a b%.yaml", 3, 5, key="a.b"),
            "codechunking/configs/a%20b%25.yaml",
            {"startLine": 3, "startColumn": 5},
            ("a.b", "a.b", "property"),
            id="a line",
        ),
        pytest.param(
            Location.env("X", path=".env", line=4),
            "codechunking/.env",
            {"startLine": 4},
            ("X", "env:X", "variable"),
            id="a line of variables",
        ),
    ],
)
def test_where(at, uri, region, logical):
    (where,) = only(Finding("x", at, severity=Severity.ERROR))["locations"]
    (named,) = where["logicalLocations"]

    assert where["physicalLocation"] == {"artifactLocation": {"uri": uri, "uriBaseId": "SRCROOT"}, "region": region}
    assert (named["name"], named["fullyQualifiedName"], named["kind"]) == logical


def test_no_absolute_path_of_this_machine():
    assert "/srv" not in rendered("sarif", REPORT)


def test_a_fingerprint_does_not_know_lines_nor_machines():
    def of(finding, **look):
        return only(finding, **look)["partialFingerprints"]["codechunkDoctor/v1"]

    first = of(CLIENT_OFF)
    assert of(replace(CLIENT_OFF, at=replace(CLIENT_OFF.at, line=1, column=None))) == first
    assert of(CLIENT_OFF, worktree=Worktree("/b", "/b/codechunking", "x")) == first
    assert of(replace(CLIENT_OFF, at=replace(CLIENT_OFF.at, key="gemini.x"))) != first


# --- fixes


def fixed(**to) -> Finding:
    edit = replace(Edit("c.yaml", "a.b", "old", "new", line=2), **to)
    return Finding(
        "x", Location.file("c.yaml", 2, 6, key="a.b"), severity=Severity.ERROR, fix=Fix("Do.", edits=(edit,))
    )


@pytest.mark.parametrize(
    "finding",
    [
        pytest.param(replace(CLIENT_OFF, fix=None), id="no fix"),
        pytest.param(UNKNOWN_KEYS[1], id="renamed"),
        pytest.param(UNKNOWN_KEYS[2], id="a secret"),
        pytest.param(fixed(before=None), id="inserted"),
        pytest.param(fixed(line=3), id="another line"),
        pytest.param(fixed(key="a.c"), id="another key"),
        pytest.param(fixed(path="d.yaml"), id="another file"),
        pytest.param(fixed(after=None), id="deleted"),
        pytest.param(fixed(before="a\nb"), id="several lines"),
        pytest.param(fixed(key="gemini.api_key"), id="a secret's key"),
    ],
)
def test_no_fix_where_the_text_s_place_is_not_known(finding):
    assert "fixes" not in only(finding)


def test_a_fix_is_one_text_for_another():
    (fix,) = only(CLIENT_OFF)["fixes"]
    (change,) = fix["artifactChanges"]

    assert change["replacements"] == [
        {
            "deletedRegion": {"startLine": 12, "startColumn": 14, "endLine": 12, "endColumn": 19},
            "insertedContent": {"text": "true"},
        }
    ]
    assert fix["description"]["text"] == "Switch the client on, then restart the worker."
    assert CLIENT_OFF.fix is not None
    assert CLIENT_OFF.fix.safety is Safety.SAFE
    assert exact(CLIENT_OFF, CLIENT_OFF.fix) is CLIENT_OFF.fix.edits[0]


@pytest.mark.parametrize(
    ("text", "written"),
    [
        pytest.param("a [b] (c) {d} {", "a [b] (c) {d} {", id="brackets alone"),
        pytest.param("[click](http://x)", "[click] (http://x)", id="a link"),
        pytest.param("{0} is {12}", "{{0}} is {{12}}", id="arguments"),
        pytest.param("\x1b[1m", "\\x1b[1m", id="an escape"),
    ],
)
def test_a_message_is_plain(text, written):
    assert only(Finding(text, Location.env("A"), severity=Severity.NOTE))["message"]["text"] == written
