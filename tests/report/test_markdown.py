"""A comment on a pull request, as GitHub's own parser shows it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from doctor.model import Finding, Fix, Location, OutcomeKind, Severity
from doctor.report import gfm
from doctor.report.markdown import MARKER
from tests.report.forges import Page, many_findings, rendered, reported
from tests.report.samples import CLIENT_OFF, EMPTY, HEALTHY, LATE, NOTES_ONLY, REPORT, UNJUDGED

# What GitHub takes.
LIMIT = 65_536


def test_golden(golden):
    golden("report.md", rendered("markdown", REPORT))


@pytest.mark.parametrize(
    ("report", "verdict"),
    [
        pytest.param(HEALTHY, "Nothing wrong was found", id="healthy"),
        pytest.param(EMPTY, "Nothing wrong was found", id="no check"),
        pytest.param(UNJUDGED, "Nothing wrong was found in what could be judged", id="not judged"),
        pytest.param(NOTES_ONLY, "1 note", id="a note"),
        pytest.param(LATE, "Nothing was found, but the run is not complete", id="not complete"),
        pytest.param(REPORT, "1 error, 2 warnings, 1 note, 1 suppressed", id="all kinds"),
    ],
)
def test_the_marker_then_the_verdict(report, verdict):
    lines = rendered("markdown", report).splitlines()

    assert lines[0] == MARKER
    assert lines[2] == f"**codechunk-doctor: {verdict}.**"


def test_a_healthy_report_is_short():
    text = rendered("markdown", HEALTHY)

    assert "###" not in text
    assert len(text) < 700


def test_what_finds_no_room_is_counted():
    report = replace(
        many_findings(1),
        results=tuple(
            replace(many_findings(4, message="word " * 300).results[0], id=f"config.n{number}") for number in range(40)
        ),
    )
    text = rendered("markdown", report)
    whole, short = text.count("(and 3 more findings)"), text.count("### error")

    assert len(text) <= LIMIT
    assert 0 < whole < short < 40
    assert f"**{(40 - short) * 4} more findings of {40 - short} checks** found no room here" in text


def test_one_huge_text_is_cut():
    text = rendered("markdown", reported(Finding("word " * 100_000, Location.env("A"), severity=Severity.ERROR)))

    assert len(text) < 10_000
    assert " …" in text


@pytest.mark.slow
def test_a_huge_rest_finds_room_or_is_counted():
    skipped = HEALTHY.results[1]
    reasons = tuple(
        replace(
            skipped,
            id=f"a.b{n}",
            outcome=replace(skipped.outcome, kind=OutcomeKind.BLOCKED, reason="x " * 500 + str(n)),
        )
        for n in range(500)
    )
    text = rendered("markdown", replace(reported(CLIENT_OFF), results=(*reported(CLIENT_OFF).results, *reasons)))

    assert len(text) <= LIMIT
    assert "1 more part of the report found no room here." in text
    assert "### error" in text


@pytest.mark.parametrize("text", ["```\n# not a heading", "`a` ``b`` ```c```", "</details><script>x</script>"])
def test_a_fix_stays_in_its_block(text):
    finding = Finding("x", Location.env("A"), severity=Severity.ERROR, fix=Fix("Do.", commands=(text,)))
    page = Page(rendered("markdown", reported(finding)))

    assert {"h1", "script"}.isdisjoint(page.tags)
    assert text in page.all


# --- text that is text


@pytest.mark.parametrize(
    "text",
    [
        'the program\'s own words, and/or more; really? (yes) "quoted" 12 times.',
        "Größe 漢字 don’t – “so” … ≥ 3",
        "a < b -> c, e.g. this, i.e. that",
    ],
)
def test_harmless_text_is_not_set_as_code(text):
    assert "`" not in gfm.text(text)
    assert Page(gfm.text(text)).bare.strip() == text


@pytest.mark.parametrize(
    ("text", "written"),
    [
        pytest.param("set gemini.batch.enabled, then", "set `gemini.batch.enabled`, then", id="a key"),
        pytest.param("say `docker compose up`.", "say `docker compose up`.", id="code stays code"),
        pytest.param("`a`:@team x(`b`", "`` `a`:@team `` `` x(`b` ``", id="only where it stands apart"),
        pytest.param("(`a b`), `c|d`", "(`a b`), `c|d`", id="between other signs"),
        pytest.param("1. one", "`1.` one", id="a list"),
        pytest.param("- one", "`-` one", id="another list"),
        pytest.param("(@team)", "(`@team`)", id="a mention"),
        pytest.param("fixes #12", "fixes `#12`", id="a reference"),
        pytest.param("GH-12 ABC-7", "`GH-12` `ABC-7`", id="references by name"),
        pytest.param("see acme/shop#3", "see `acme/shop#3`", id="another repository's"),
        pytest.param("deadbeef 1234567", "`deadbeef` `1234567`", id="commits"),
        pytest.param("https://x.y/z.", "`https://x.y/z`.", id="an address"),
        pytest.param("www.x.y a@b.c", "`www.x.y` `a@b.c`", id="addresses without a scheme"),
        pytest.param(":tada: *b* _i_ ~~s~~", "`:tada`: `*b*` `_i_` `~~s~~`", id="emoji and emphasis"),
        pytest.param("![i](u) [l](u)", "`![i](u`) `[l](u`)", id="images and links"),
        pytest.param("a`b", "``a`b``", id="a backtick"),
        pytest.param("`", "`` ` ``", id="a backtick alone"),
        pytest.param("/close !7 %5 ~bug $3 &2", "`/close` `!7` `%5` `~bug` `$3` `&2`", id="GitLab's"),
        pytest.param("", "", id="nothing"),
    ],
)
def test_words_that_could_mean_something_are_code(text, written):
    assert gfm.text(text) == written
