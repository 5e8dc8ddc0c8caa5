"""JUnit XML, as its consumers read it."""

from __future__ import annotations

import re
from dataclasses import replace
from xml.etree import ElementTree as ET

import pytest

from doctor.model import Finding, Location, Severity, Suppression
from tests.report.forges import many_findings, outcome, rendered, reported
from tests.report.samples import EMPTY, HEALTHY, LATE, NOTES_ONLY, REPORT, UNJUDGED

# The schema that Jenkins publishes for its plugin, as far as it says what may stand where: name -> attributes, children
# in their order.
RULES: dict[str, tuple[set[str], list[str]]] = {
    "testsuites": ({"name", "time", "tests", "failures", "errors", "skipped"}, ["testsuite"]),
    "testsuite": (
        {"name", "tests", "failures", "errors", "skipped", "time", "timestamp"},
        ["properties", "testcase"],
    ),
    "properties": (set(), ["property"]),
    "property": ({"name", "value"}, []),
    "testcase": ({"name", "classname", "time"}, ["skipped", "error", "failure", "system-out"]),
    "skipped": ({"message"}, []),
    "error": ({"type", "message"}, []),
    "failure": ({"type", "message"}, []),
    "system-out": (set(), []),
}


def validate(document: str) -> ET.Element:
    """Parse it, hold it against the rules, return the root."""
    root = ET.fromstring(document)
    for element in root.iter():
        attributes, children = RULES[element.tag]
        assert set(element.keys()) <= attributes
        order = [children.index(child.tag) for child in element]
        assert order == sorted(order)
        if element.tag in ("testsuites", "testsuite"):
            assert re.fullmatch(r"\d+\.\d{3}", element.get("time", ""))
            for name, tag in (("tests", "testcase"), ("failures", "failure"), ("errors", "error")):
                assert int(element.get(name, "-1")) == len(element.findall(f".//{tag}"))
    return root


def test_golden(golden):
    golden("report.junit.xml", rendered("junit", REPORT))


@pytest.mark.parametrize(
    ("report", "fail_on", "expected"),
    [
        pytest.param(HEALTHY, "note", (2, 0, 0, 1), id="healthy"),
        pytest.param(EMPTY, "note", (0, 0, 0, 0), id="no check"),
        pytest.param(UNJUDGED, "note", (2, 0, 0, 1), id="not judged"),
        pytest.param(NOTES_ONLY, "error", (1, 0, 0, 0), id="below the threshold"),
        pytest.param(REPORT, "never", (8, 0, 1, 3), id="never fails"),
        pytest.param(NOTES_ONLY, "note", (1, 1, 0, 0), id="at the threshold"),
        pytest.param(REPORT, "error", (8, 1, 1, 3), id="one error"),
        pytest.param(REPORT, "warning", (8, 2, 1, 3), id="and a warning"),
        pytest.param(REPORT, "note", (8, 2, 1, 3), id="a suppressed note never fails"),
        pytest.param(LATE, "error", (3, 0, 1, 1), id="not complete"),
    ],
)
def test_what_a_consumer_counts(report, fail_on, expected):
    document = rendered("junit", report, fail_on=fail_on)

    validate(document)
    assert outcome(document) == expected


def test_what_is_below_the_threshold_or_suppressed_is_told_all_the_same():
    root = validate(rendered("junit", REPORT))
    told = {case.get("name"): case.findtext("system-out") for case in root.iter("testcase")}

    assert "warning: gemini.modl is not a key" in str(told["config.unknown-key: A key is known to nobody"])
    assert "suppressed by ignore: we like it so" in str(told["config.dead-key: A setting nobody reads was changed"])


def test_one_failure_for_all_findings_of_a_check():
    (failure,) = validate(rendered("junit", many_findings(3))).iter("failure")

    assert failure.get("message") == "c.yaml:1:1: it is wrong (1) (and 2 more findings)"
    assert failure.text is not None
    assert failure.text.count("error: it is wrong") == 3


def test_the_time_is_in_seconds_and_has_no_zone():
    root = validate(rendered("junit", REPORT))

    assert root.get("time") == "1.235"
    assert root[0].get("timestamp") == "2026-05-04T10:00:00"
    assert next(root.iter("testcase")).get("time") == "0.001"


def test_what_xml_has_no_place_for_is_written_out():
    hostile = "a\x00b\x1b[31m\x85\ufffe\ud800]]>&<c>\n\r\t\"'"
    finding = Finding(hostile, Location.env(hostile), severity=Severity.ERROR)
    document = rendered("junit", reported(finding, replace(finding, suppressed=Suppression("ignore", hostile))))

    assert document.isascii()
    (failure,) = validate(document).iter("failure")
    assert "a\\x00b\\x1b[31m\\x85?\\ud800]]>&<c>" in str(failure.text)
