"""What holds for all formats of CI systems: hostile texts stay texts, and every fixture's report can be read."""

from __future__ import annotations

from dataclasses import replace
from xml.etree import ElementTree as ET

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from doctor.cli.forge import worktree
from doctor.model import Evidence, Finding, Fix, Location, Outcome, OutcomeKind, Place, Report, Severity, Suppression
from doctor.report import reporter
from doctor.report.github import summary
from doctor.report.markdown import MARKER
from doctor.testing import diagnose, load
from tests.everything import FIXTURES
from tests.report import forges
from tests.report.forges import FORMATS, WORKTREE, Page, commands, rendered
from tests.report.samples import HEALTHY, LATE, REPORT, UNJUDGED, found, result
from tests.report.test_junit import validate

BAD = (
    *("::set-output name=a::b", "##[add-path]x", "%0A::error::x", "::endgroup::", "\r\n::stop-commands::x"),
    *("@team", "#1", "!2", "acme/shop#3", "https://evil.example/x", "www.evil.example", "a@evil.example", ":tada:"),
    *("[x](javascript:alert(1))", "![x](http://evil.example/p.png)", "<img src=x onerror=y>", "</details>", "<!--"),
    *("```", "`", "``", "|", "\\|", "\\", "*", "_", "~~", "]]>", "&lt;", "<![CDATA[", "{0}", "\x00", "\x1b[2J", "\x85"),
    *(
        "\u2028",
        "\u202e",
        "\ufffe",
        "\ud800",
        "$`x`$",
        "- x",
        "1. x",
        "# x",
        "> x",
        "=",
        "---",
        "deadbeef1234",
        " ",
        "\n",
    ),
)
TEXTS = st.lists(st.one_of(st.sampled_from(BAD), st.text(max_size=4)), max_size=6).map("".join)


def hostile(text: str) -> Report:
    """A report that has this text wherever one can come from outside."""
    place = Location(Place.FILE, text or "x", 1, 2, text, text, text)
    finding = Finding(
        text,
        place,
        related=(Location.env(text, path=text or None), Location(Place.DATABASE, name=text, detail=text)),
        severity=Severity.ERROR,
        fix=Fix(text, commands=(text,)),
        evidence=(Evidence("log", text, place, text),),
        note=text,
    )
    held = replace(finding, suppressed=Suppression(text, text))
    return replace(
        HEALTHY,
        results=(
            result("config.some", f"Title {text}", found(finding, held), why=text),
            result("config.odd", f"Title {text}", Outcome(OutcomeKind.CRASHED, reason=text, trace=text)),
            result("config.held", f"Title {text}", Outcome(OutcomeKind.BLOCKED, reason=text)),
            result("config.out", f"Title {text}", Outcome(OutcomeKind.SKIPPED, reason=text)),
        ),
        notices=(text,),
        incomplete=text,
    )


@given(TEXTS)
@example("".join(BAD))
@example("\n".join(BAD))
@settings(max_examples=40)
def test_a_hostile_text_stays_a_text(text):
    report = hostile(text)

    validate(rendered("junit", report, fail_on="error"))
    forges.sarif(rendered("sarif", report))
    forges.gitlab(rendered("gitlab", report))
    log = rendered("github", report)
    assert [name for name, _, _ in commands(log)] == [*["error"] * 3, *["group", "endgroup"] * 2]


@given(TEXTS)
@example("".join(BAD))
@example(" ".join(BAD))
@example("0")
@settings(max_examples=60)
def test_a_hostile_text_is_no_markdown(text):
    comment = rendered("markdown", hostile(text))
    page, table = Page(comment), Page(summary(hostile(text)))

    assert comment.startswith(MARKER)
    assert set(page.tags) <= {"p", "strong", "h3", "code", "pre", "details", "summary", "ul", "li"}
    assert (page.tags.count("details"), page.open) == (3, [])
    assert set(table.tags) <= {"p", "strong", "h3", "code", "table", "thead", "tbody", "tr", "th", "td"}
    assert table.cells == [5] * 5
    for each in (page, table):
        assert not set("@#~$&|[]*_`\\^{}") & set(each.bare)
        assert "://" not in each.bare


def test_the_same_report_gives_the_same_bytes():
    assert all(rendered(each, REPORT) == rendered(each, REPORT) for each in FORMATS)


@pytest.mark.parametrize("format", FORMATS)
def test_no_format_holds_a_secret(format):
    assert "hunter2" not in rendered(format, REPORT, fail_on="note")
    assert "hunter2" not in summary(REPORT)


@pytest.mark.parametrize("format", FORMATS)
def test_every_format_shows_what_is_suppressed_and_what_is_not_complete(format):
    assert "we like it so" in rendered(format, REPORT)
    assert "the deadline ended the run" in rendered(format, LATE)
    assert "the deadline ended the run" not in rendered(format, UNJUDGED)


@pytest.mark.parametrize(
    ("format", "name"),
    [
        ("junit", "fixture.junit.xml"),
        ("sarif", "fixture.sarif.json"),
        ("github", "fixture.github.txt"),
        ("gitlab", "fixture.gitlab.json"),
        ("markdown", "fixture.md"),
    ],
)
def test_golden_of_a_fixture(format, name, tmp_path, golden):
    """`demo-broken`, without what differs from run to run."""
    report = diagnose(load(FIXTURES / "demo-broken"), tmp_path, only=("config", "environment"))
    tree = replace(worktree(report), root="/srv", directory="/srv/app")
    same = replace(
        report,
        target=replace(report.target, directory="/srv/app"),
        started_at="2026-05-04T10:00:00.000Z",
        duration_ms=0.0,
        results=tuple(replace(each, outcome=replace(each.outcome, duration_ms=0.0)) for each in report.results),
    )

    golden(name, reporter(format)(same, worktree=tree, checks={}))


def test_a_work_tree_is_found_for_a_report(tmp_path):
    (tmp_path / "app").mkdir()
    report = replace(HEALTHY, target=replace(HEALTHY.target, directory=str(tmp_path / "app"), config_file=None))
    assert worktree(report).stand_in in ("app/configs/config.yaml", "configs/config.yaml")

    (tmp_path / ".git").mkdir()
    (tmp_path / "app" / "docker-compose.yml").touch()
    found = worktree(report)
    assert (found.root, found.below, found.stand_in) == (str(tmp_path), "app", "app/docker-compose.yml")
    assert WORKTREE.below == "codechunking"


def test_xml_is_one_document():
    assert ET.fromstring(rendered("junit", REPORT)).tag == "testsuites"
