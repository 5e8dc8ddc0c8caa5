"""The report as a page."""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import replace
from importlib.resources import files
from itertools import pairwise

import html5lib
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from doctor.model import Safety, Suppression
from doctor.registry import installed
from doctor.report.html import render
from tests.report.hostile import hostile
from tests.report.pages import Parsed, contrast
from tests.report.samples import CLIENT_OFF, EMPTY, HEALTHY, LATE, NOTES_ONLY, REPORT, UNJUDGED, found, result

REPORTS = [
    pytest.param(HEALTHY, id="healthy"),
    pytest.param(EMPTY, id="no check"),
    pytest.param(UNJUDGED, id="nothing found, something unknown"),
    pytest.param(LATE, id="not complete"),
    pytest.param(NOTES_ONLY, id="a note"),
    pytest.param(REPORT, id="all five outcomes"),
]
# A page holds no other element, whatever the findings say.
FRAME = {"html", "head", "meta", "title", "style", "body", "header", "main", "footer"}
FILTER = {"form", "fieldset", "legend", "label", "input", "button"}
CONTENT = {"section", "article", "h1", "h2", "h3", "p", "ul", "ol", "li", "dl", "dt", "dd", "div", "span", "details"}
WORDS = {"summary", "a", "code", "pre", "del", "ins", "cite", "strong", "time", "wbr"}
ELEMENTS = FRAME | FILTER | CONTENT | WORDS


def page(report, **look):
    return Parsed(render(report, **look))


# --- what is not there --------------------------------------------------------------------------------------------


def test_a_healthy_run_has_a_verdict_and_nothing_to_do():
    shown = page(HEALTHY)

    assert shown.texts("h1") == ["Nothing wrong was found"]
    assert shown.texts("h2") == ["Skipped 1", "Passed 1"]
    assert not shown.all("article")
    assert not shown.all("ol")


def test_what_could_not_be_judged_is_not_called_healthy():
    assert page(UNJUDGED).texts("h1") == ["Nothing wrong was found in what could be judged"]
    assert page(LATE).texts("h1") == ["Nothing was found, but the run is not complete"]
    assert not page(UNJUDGED).all("header", class_="good")


def test_a_run_without_checks_says_so_and_has_no_filter():
    shown = page(EMPTY)

    assert shown.texts("p", class_="lead") == [
        "No check was selected. Exit status 0: none of it reaches --fail-on error."
    ]
    assert not shown.all("form")


@pytest.mark.parametrize("report", REPORTS)
def test_nothing_is_loaded_and_nothing_runs(report):
    shown = page(report)

    assert {each.name for each in shown.elements} <= ELEMENTS
    names = {name for each in shown.elements for name in each.attributes}
    assert not [name for name in names if name.startswith("on") or name in ("src", "style", "srcset", "action")]
    assert all(each.attributes["href"].startswith("#") for each in shown.elements if "href" in each.attributes)
    assert "url(" not in shown.page
    assert "@import" not in shown.page


def test_no_edit_shows_a_secret():
    assert "hunter2" not in render(REPORT)


def test_a_title_is_not_told_again_where_all_findings_are_alike():
    assert len(page(replace(REPORT, results=REPORT.results[2:3])).all("span", class_="badge")) == 2


# --- what is there ------------------------------------------------------------------------------------------------


def test_golden(golden):
    # Style is for eyes, and looked at by the tests in a browser; the line breaks are for those who review this.
    plain = re.sub(r"sha256-[\w+/=]+|(?s:(?<=<style>).*(?=</style>))", "...", render(REPORT))
    golden(
        "report.html",
        re.sub(
            r"(?=<(?:meta|title|header|section|article|form|fieldset|label|details|div|h\d|p|li|pre)\b)", "\n", plain
        ),
    )


@pytest.mark.parametrize("report", REPORTS)
def test_it_is_valid_for_a_strict_parser(report):
    html5lib.HTMLParser(strict=True).parse(render(report))


@pytest.mark.parametrize("report", REPORTS)
def test_links_lead_somewhere_and_ids_are_unique(report):
    elements = page(report).elements
    ids = [each.attributes["id"] for each in elements if "id" in each.attributes]

    assert len(ids) == len(set(ids))
    assert {each.attributes["href"][1:] for each in elements if "href" in each.attributes} <= set(ids)


@pytest.mark.parametrize("report", REPORTS)
def test_headings_are_in_order_under_one_title(report):
    levels = [int(each.name[1]) for each in page(report).elements if re.fullmatch("h[1-6]", each.name)]

    assert levels.count(1) == 1
    assert levels[0] == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))


@pytest.mark.parametrize("report", REPORTS)
def test_landmarks_and_language(report):
    shown = page(report)

    assert shown.all("html", lang="en")
    assert [len(shown.all(name)) for name in ("header", "main", "footer")] == [1, 1, 1]
    assert len(shown.all("form", role="search")) == len(shown.all("form"))


def test_the_policy_lets_in_the_style_sheet_and_nothing_else():
    shown = page(REPORT)
    policy = next(each.attributes["content"] for each in shown.all("meta") if "http-equiv" in each.attributes)
    digest = base64.b64encode(hashlib.sha256(shown.all("style")[0].text.encode()).digest()).decode()

    assert policy == f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"


def test_the_worst_comes_first_and_says_what_to_do():
    shown = page(REPORT)

    assert [each.text for each in shown.all("li")][:2] == [
        "errorBatches are wanted but the client is offSwitch the client on, then restart the worker.",
        "warningA key is known to nobodyRename modl to model.",
    ]
    assert [each.attributes["id"] for each in shown.all("article")] == [
        "config.batch-client-off",
        "config.unknown-key",
        "config.sslmode",
        "suppressed-config.dead-key",
    ]


def test_a_card_has_place_reason_change_command_and_what_was_seen():
    card = page(REPORT).texts("article", class_="error")[0]

    for said in (
        "configs/config.dev.yaml:12:14",
        "embedding fails, e.g. for every repository at or above the threshold.",
        "- enabled: false + enabled: true",
        "docker compose up -d --build worker api",
        "codechunk-doctor fix --apply makes this change",
        "since 2025-11-26",
        '"Falling back to sequential" - Batch processing not working',
        "the worker says so (logs/worker.log:81), which proves: the client is really off",
        "Also held back: 1 check that waits for this one",
    ):
        assert said in card


@pytest.mark.parametrize(
    ("safety", "said"),
    [
        pytest.param(Safety.NONE, "To be done by hand.", id="none"),
        pytest.param(Safety.SAFE, "Safe: codechunk-doctor fix --apply makes this change.", id="safe"),
        pytest.param(
            Safety.UNSAFE,
            "Unsafe, check it first: codechunk-doctor fix --apply --unsafe a.b makes this change.",
            id="unsafe",
        ),
    ],
)
def test_how_safe_a_fix_is(safety, said):
    finding = replace(CLIENT_OFF, fix=replace(CLIENT_OFF.fix, safety=safety))

    assert said in page(replace(REPORT, results=(result("a.b", "T", found(finding)),))).texts("article")[0]


def test_the_head_says_what_was_examined_and_how_it_ended():
    shown = page(replace(REPORT, incomplete="the deadline came"), fail_on="note")
    head = shown.texts("header")[0]

    for said in (
        "/srv/codechunking",
        "configs/config.dev.yaml",
        "the worker was found running (container worker-1)",
        "2026-05-04 10:00:00 UTC, in 1.2 s",
        "Not complete: the deadline came.",
        "Exit status 3",
        "Variables are those of the worker, container worker-1.",
    ):
        assert said in head


def test_what_is_suppressed_is_shown_with_its_reason():
    assert "we like it so (by ignore)" in page(REPORT).texts("section", id="section-suppressed")[0]


def test_a_check_that_fired_and_is_suppressed_in_part_is_in_both_sections():
    both = found(CLIENT_OFF, replace(CLIENT_OFF, suppressed=Suppression("baseline", "known")))
    shown = page(replace(REPORT, results=(result("a.b", "T", both),)))

    assert [each.attributes["id"] for each in shown.all("article")] == ["a.b", "suppressed-a.b"]


def test_the_filter_knows_every_severity_outcome_and_family():
    shown = page(REPORT)
    labels = shown.texts("label")

    assert labels == [
        *("error 1", "warning 2", "note 2"),
        *("found something 2", "crashed 1", "could not be judged 2", "suppressed 1", "skipped 1", "passed 1"),
        *("all 8", "config 5", "directories 1", "worker 2"),
    ]
    style = shown.all("style")[0].text
    assert all(f"#{each.attributes['id']}" in style for each in shown.all("input"))


def test_all_checks_fit_into_a_page_of_300_kilobytes():
    results = tuple(
        result(each.id, each.title, found(CLIENT_OFF), why=each.documentation.why, guide=each.guide)
        for each in installed().checks
    )

    assert len(render(replace(REPORT, results=results)).encode()) < 300_000


# --- colours ------------------------------------------------------------------------------------------------------

GROUNDS = ("page", "surface", "code")
PAIRS = [
    *((ink, ground) for ink in ("text", "muted", "link") for ground in GROUNDS),
    *((tone, ground) for tone in ("error", "warning", "note", "good") for ground in (*GROUNDS[:2], f"{tone}-tint")),
]


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
def test_every_pair_of_colours_can_be_read(scheme):
    style = (files("doctor") / "data" / "report.css").read_text(encoding="utf-8")
    colors = dict(re.findall(r"--([\w-]+): (#\w+);", re.findall(r":root \{(.*?)\}", style, re.DOTALL)[scheme]))

    assert not [pair for pair in PAIRS if contrast(*(colors[name] for name in pair)) < 4.5]


# --- hostile texts ------------------------------------------------------------------------------------------------

EVIL = st.one_of(
    st.sampled_from(
        [
            "<script>alert(1)</script>",
            "</style><script>alert(1)</script>",
            "\"><img src=x onerror=alert(1)>",
            "' onmouseover='alert(1)",
            "<!-- ", "-->", "<![CDATA[", "]]>", "&lt;b&gt;", "&#x3c;b>", "</title></head>", "javascript:alert(1)",
            "\x00<b\x00>", "\u202e<i>", "\ud800", "<svg/onload=alert(1)>", "`<b>`", "--a<b>", "{}*{display:none}",
        ]
    ),
    st.text(st.characters(), max_size=30),
    st.text("<>&\"'`=/!-; \n\tab", max_size=30),
)  # fmt: skip


@settings(max_examples=40)
@given(EVIL)
def test_no_text_becomes_markup(text):
    written = render(hostile(text))
    shown = Parsed(written)

    assert {each.name for each in shown.elements} <= ELEMENTS
    assert not shown.comments
    names = {name for each in shown.elements for name in each.attributes}
    assert names <= {
        *("lang", "charset", "http-equiv", "content", "name", "class", "id", "href", "datetime", "tabindex"),
        *("role", "aria-label", "autocomplete", "type", "checked"),
    }
    html5lib.HTMLParser(strict=True).parse(written)
    assert not set(written) & set("\x00\x1b\u202e\u2066\x85\r")


def test_a_text_that_is_shown_is_the_text_that_was_given():
    evil = "</p><script>alert('&amp;')</script>"

    assert evil in page(hostile(evil)).texts("p", class_="message")
