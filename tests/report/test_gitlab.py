"""GitLab's code quality report."""

from __future__ import annotations

from dataclasses import replace

import pytest

from doctor.model import Location, Place, Severity
from doctor.report.worktree import Worktree
from tests.report.forges import gitlab, many_findings, rendered, reported
from tests.report.samples import CLIENT_OFF, EMPTY, HEALTHY, LATE, NOTES_ONLY, REPORT, UNJUDGED


def test_golden(golden):
    golden("report.gitlab.json", rendered("gitlab", REPORT))


@pytest.mark.parametrize(
    ("report", "severities"),
    [
        pytest.param(HEALTHY, [], id="healthy"),
        pytest.param(EMPTY, [], id="no check"),
        pytest.param(UNJUDGED, [], id="not judged"),
        pytest.param(NOTES_ONLY, ["info"], id="a note"),
        pytest.param(LATE, ["major"], id="not complete"),
        pytest.param(many_findings(2, Severity.WARNING), ["major", "major"], id="warnings"),
        pytest.param(REPORT, ["major", "info", "major", "major", "critical", "info"], id="crashed, found, suppressed"),
    ],
)
def test_what_gitlab_reads(report, severities):
    assert [each["severity"] for each in gitlab(rendered("gitlab", report))] == severities


def test_a_suppressed_finding_says_so():
    (*_, last) = gitlab(rendered("gitlab", REPORT))

    assert last["description"].startswith("[suppressed by ignore: we like it so] A setting nobody reads was changed: ")


def test_every_finding_has_a_file():
    (issue,) = gitlab(
        rendered("gitlab", reported(replace(CLIENT_OFF, at=Location(Place.DATABASE, name="t"), related=())))
    )

    assert issue["location"] == {"path": WORK_FILE, "lines": {"begin": 1}}
    assert "(t)" in issue["description"]


WORK_FILE = "codechunking/configs/config.dev.yaml"


def prints(report, **look):
    return [each["fingerprint"] for each in gitlab(rendered("gitlab", report, **look))]


def moved(finding, **to):
    return reported(replace(finding, at=replace(finding.at, **to)))


def test_a_fingerprint_stays_when_lines_move_and_checkouts_lie_elsewhere():
    first = prints(reported(CLIENT_OFF))
    elsewhere = Worktree("/builds/acme", "/builds/acme/codechunking", WORK_FILE)

    assert prints(moved(CLIENT_OFF, line=99, column=1)) == first
    assert prints(reported(replace(CLIENT_OFF, message="in other words"))) == first
    assert prints(reported(CLIENT_OFF), worktree=elsewhere) == first
    assert (
        prints(moved(CLIENT_OFF, path="/builds/acme/codechunking/" + str(CLIENT_OFF.at.path)), worktree=elsewhere)
        == first
    )


def test_a_fingerprint_differs_with_what_it_is_about():
    first = prints(reported(CLIENT_OFF))

    assert prints(moved(CLIENT_OFF, key="gemini.other")) != first
    assert prints(moved(CLIENT_OFF, path="configs/other.yaml")) != first
    assert prints(reported(CLIENT_OFF), worktree=Worktree("/srv", "/srv/other", WORK_FILE)) != first


def test_findings_about_the_same_are_numbered():
    assert len(set(prints(reported(CLIENT_OFF, CLIENT_OFF, CLIENT_OFF)))) == 3
