"""The report as JUnit XML, as Jenkins, GitLab and most others read it: a test case for each check."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from xml.etree import ElementTree as ET

from doctor import __version__
from doctor.model import CheckResult, Finding, OutcomeKind, Report, Severity
from doctor.report import place, plain
from doctor.report.terminal import one_line, printable
from doctor.report.words import examined, many, severity_of, verdict

# Two more that XML has no place for, beside those that steer a terminal.
_NOT_IN_XML = re.compile("[\ufffe\uffff]")


def render(report: Report, *, fail_on: str = "error", **_look: object) -> str:
    """
    The report in JUnit XML, with times in seconds; it is in ASCII, so that no encoding can change it.

    A check fails when one of its findings counts for the exit status (`fail_on`); findings below that stand in its
    `system-out`. A run that is not complete has one test case more, with an error.
    """
    root = ET.Element("testsuites", name="codechunk-doctor")
    families: dict[str, list[ET.Element]] = {}
    for result in report.results:
        families.setdefault(result.family, []).append(_case(result, fail_on))
    if report.incomplete is not None:
        families.setdefault("codechunk-doctor", []).append(_incomplete(report.incomplete))
    for family, cases in families.items():
        root.append(_suite(family, cases, report))
    _count(root, report.duration_ms / 1000)
    ET.indent(root)
    written = ET.tostring(root, encoding="us-ascii", xml_declaration=False).decode("ascii")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{written}\n'


def _suite(family: str, cases: Sequence[ET.Element], report: Report) -> ET.Element:
    suite = ET.Element("testsuite", name=_line(family))
    properties = ET.SubElement(suite, "properties")
    for name, value in (
        ("version", __version__),
        ("examined", examined(report.target)),
        ("verdict", verdict(report)),
        *(("notice", notice) for notice in report.notices),
    ):
        ET.SubElement(properties, "property", name=name, value=_line(value))
    suite.extend(cases)
    _count(suite, sum(float(case.get("time", "0")) for case in cases))
    # In UTC; consumers that hold the schema of Ant against it know no zones.
    suite.set("timestamp", report.started_at[:19])
    return suite


def _count(element: ET.Element, seconds: float) -> None:
    for name, path in (("tests", "testcase"), ("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        element.set(name, str(len(element.findall(f".//{path}"))))
    element.set("time", f"{seconds:.3f}")


def _case(result: CheckResult, fail_on: str) -> ET.Element:
    outcome = result.outcome
    seconds = f"{outcome.duration_ms / 1000:.3f}"
    case = ET.Element(
        "testcase", classname=_line(result.family), name=_line(f"{result.id}: {result.title}"), time=seconds
    )
    match outcome.kind:
        case OutcomeKind.FOUND:
            _findings(case, result, fail_on)
        case OutcomeKind.SKIPPED:
            ET.SubElement(case, "skipped", message=_line(outcome.reason or "skipped"))
        case OutcomeKind.BLOCKED:
            ET.SubElement(case, "skipped", message=_line(f"not judged because of {outcome.reason}"))
        case OutcomeKind.CRASHED:
            error = ET.SubElement(case, "error", type="crashed", message=_line(outcome.reason or "crashed"))
            error.text = _text(outcome.trace or outcome.reason or "")
        case OutcomeKind.PASSED:
            pass
    return case


def _incomplete(reason: str) -> ET.Element:
    case = ET.Element("testcase", classname="codechunk-doctor", name="the run is complete", time="0.000")
    ET.SubElement(case, "error", type="incomplete", message=_line(f"could not complete: {reason}"))
    return case


def _findings(case: ET.Element, result: CheckResult, fail_on: str) -> None:
    ordered = sorted(result.outcome.findings, key=lambda finding: severity_of(finding).rank)
    failing = [each for each in ordered if _fails(each, fail_on)]
    other = [each for each in ordered if each not in failing]
    if failing:
        # One element for all: many consumers show but the first of several.
        first = failing[0]
        more = f" (and {many(len(failing) - 1, 'more finding')})" if len(failing) > 1 else ""
        message = f"{place(first.at)}: {first.message}{more}"
        failure = ET.SubElement(case, "failure", type=severity_of(first).value, message=_line(message))
        failure.text = _text("\n\n".join("\n".join(_lines(each)) for each in failing))
    if other:
        out = ET.SubElement(case, "system-out")
        out.text = _text("\n\n".join("\n".join(_lines(each)) for each in other))


def _fails(finding: Finding, fail_on: str) -> bool:
    if finding.suppressed is not None or fail_on == "never":
        return False
    return severity_of(finding).at_least(Severity(fail_on))


def _lines(finding: Finding) -> Iterator[str]:
    yield f"{severity_of(finding).value}: {finding.message}"
    suppressed = plain.suppression(finding)
    if suppressed is not None:
        yield suppressed
    yield from plain.places(finding)
    yield from plain.advice(finding)
    yield from (f"seen: {each}" for each in plain.seen(finding))


def _line(text: str) -> str:
    return _NOT_IN_XML.sub("?", one_line(text))


def _text(text: str) -> str:
    return _NOT_IN_XML.sub("?", printable(text))
