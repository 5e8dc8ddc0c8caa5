"""The file with what is known: reading, writing, bringing up to date."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doctor.living.baseline import Baseline, Change, Entry, NoBaseline, dump, parse, updated
from tests.report.schemas import validate

HEAD = '{"schema": "codechunk-doctor/baseline/1"'
ONE = Entry("a.b", "kind=file key=x", 2, "known")
TWO = Entry("c.d", "kind=file")


def bare(baseline: Baseline) -> set[tuple[str, str, int, str]]:
    return {(each.check, each.about, each.count, each.reason) for each in baseline.entries}


texts = st.text(min_size=1, max_size=20)
entries = st.builds(Entry, texts, texts, st.integers(1, 10**6), st.text(max_size=20))


@given(st.lists(entries, unique_by=lambda entry: entry.identity, max_size=5))
def test_what_is_written_is_read_again(some: list[Entry]) -> None:
    text = dump(Baseline("b.json", tuple(some)))

    validate(text, "baseline")
    read = parse(text, "b.json")
    assert bare(read) == bare(Baseline("", tuple(some)))
    assert dump(read) == text
    lines = text.split("\n")
    assert all(each.line is not None and lines[each.line - 1].strip().startswith("{") for each in read.entries)


def test_an_entry_has_a_line_of_its_own() -> None:
    assert dump(Baseline("b.json", (TWO, ONE))) == (
        "{\n"
        '  "schema": "codechunk-doctor/baseline/1",\n'
        '  "findings": [\n'
        '    {"check": "a.b", "about": "kind=file key=x", "count": 2, "reason": "known"},\n'
        '    {"check": "c.d", "about": "kind=file", "count": 1, "reason": ""}\n'
        "  ]\n"
        "}\n"
    )


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(HEAD + ', "findings": []}', id="empty"),
        pytest.param(HEAD + ', "findings": [{"check": "a.b", "about": "x", "count": 1}]}', id="no reason"),
        pytest.param(HEAD + ', "findings": [{"check":"a.b","about":"x","count":1,"reason":null}]}', id="null"),
        pytest.param(HEAD + ',\n"findings": [\n\n{"about": "x",\n"check": "a.b", "count": 1}]\n}', id="another layout"),
    ],
)
def test_what_a_person_may_write(text: str) -> None:
    assert {each.reason for each in parse(text, "b.json").entries} <= {""}


def test_two_branches_that_brought_in_the_same() -> None:
    same = '{"check": "a.b", "about": "x", "count": %d, "reason": "%s"}'
    text = f'{HEAD}, "findings": [{same % (1, "")}, {same % (3, "known")}, {same % (2, "later")}]}}'

    assert bare(parse(text, "b.json")) == {("a.b", "x", 3, "known")}


@pytest.mark.parametrize(
    ("text", "part"),
    [
        pytest.param("", "is not valid JSON (line 1, column 1)", id="empty"),
        pytest.param("<<<<<<< HEAD", "is not valid JSON", id="conflict"),
        pytest.param("[" * 100_000, "is no baseline", id="deep"),
        pytest.param("[]", "is no baseline (it has no `schema`", id="a list"),
        pytest.param('{"schema": 1}', "is no baseline", id="a number"),
        pytest.param('{"schema": "codechunk-doctor/report/1"}', "says to be 'codechunk-doctor/report/1'", id="report"),
        pytest.param('{"schema": "codechunk-doctor/baseline/2"}', "by a newer codechunk-doctor", id="newer"),
        pytest.param('{"schema": "codechunk-doctor/baseline/0"}', "is no baseline", id="older than the first"),
        pytest.param(HEAD + "}", "has no list `findings`", id="no list"),
        pytest.param(HEAD + ', "findings": [1]}', "entry 1 of `findings` is damaged", id="a number for an entry"),
        *(
            pytest.param(f'{HEAD}, "findings": [{entry}]}}', "entry 1 of `findings` is damaged", id=entry)
            for entry in (
                '{"check": "a.b", "about": "x"}',
                '{"check": "a.b", "about": "x", "count": 0}',
                '{"check": "a.b", "about": "x", "count": true}',
                '{"check": "a.b", "about": "", "count": 1}',
                '{"check": null, "about": "x", "count": 1}',
                '{"check": "a.b", "about": "x", "count": 1, "reason": 1}',
                '{"check": "a.b", "about": "x", "count": 1, "resaon": ""}',
            )
        ),
    ],
)
def test_what_is_no_baseline(text: str, part: str) -> None:
    with pytest.raises(NoBaseline) as caught:
        parse(text, "b.json")

    assert part in str(caught.value)


@pytest.mark.parametrize(
    ("found", "judged", "kept", "change"),
    [
        pytest.param({ONE.identity: 2, TWO.identity: 1}, {"a.b", "c.d"}, (ONE, TWO), (0, 0, 3), id="all as it was"),
        pytest.param({ONE.identity: 2}, {"a.b"}, (ONE, TWO), (0, 0, 3), id="no answer"),
        pytest.param({}, set(), (ONE, TWO), (0, 0, 3), id="no answer at all"),
        pytest.param({ONE.identity: 2}, {"a.b", "c.d"}, (ONE,), (0, 1, 2), id="gone"),
        pytest.param({ONE.identity: 1}, {"a.b"}, (Entry("a.b", ONE.about, 1, "known"), TWO), (0, 1, 2), id="fewer"),
        pytest.param({ONE.identity: 3}, {"a.b"}, (Entry("a.b", ONE.about, 3, "known"), TWO), (1, 0, 3), id="more"),
        pytest.param({"a.b y": 1}, {"a.b"}, (Entry("a.b", "y"), TWO), (1, 2, 1), id="another one"),
    ],
)
def test_updating(found: dict[str, int], judged: set[str], kept: tuple[Entry, ...], change: tuple[int, ...]) -> None:
    fresh, changed = updated(Baseline("b.json", (ONE, TWO)), found, judged)

    assert bare(fresh) == bare(Baseline("", kept))
    assert changed == Change(*change)
    assert updated(fresh, found, judged)[0] == fresh
