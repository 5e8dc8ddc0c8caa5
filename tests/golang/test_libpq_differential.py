"""Connection strings as libpq reads them, and pgx and pq by our reading: the same, but for what is listed here."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import psycopg
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from psycopg.conninfo import conninfo_to_dict

from doctor.golang import pgx, pq

Read = dict[str, str] | None
NAMES = {"database": "dbname"}

# A text, and what libpq, pgx 5.7 and pq 1.10 make of it, None where one refuses it: where they part, and why.
DIFFERENCES: dict[str, tuple[str, Read, Read, Read]] = {
    "pgx takes away a backslash only before another one and before a quote": (
        r"host=a\bc",
        {"host": "abc"},
        {"host": r"a\bc"},
        {"host": "abc"},
    ),
    "in quotes as well": (r"host='a\bc'", {"host": "abc"}, {"host": r"a\bc"}, {"host": "abc"}),
    "before a blank too": (r"host=a\ b", {"host": "a b"}, {"host": r"a\ b"}, {"host": "a b"}),
    "libpq alone lets a backslash stand at the end": ("host=a\\", {"host": "a"}, None, None),
    "pgx takes everything before the sign for a keyword": ("a b=c", None, {"a b": "c"}, None),
    "pq takes no keyword for one": ("=a", None, None, {"": "a"}),
    "the drivers hand a keyword that they do not know to the server": (
        "nonsense=1",
        None,
        {"nonsense": "1"},
        {"nonsense": "1"},
    ),
}


def by_libpq(text: str) -> Read:
    try:
        return {name: str(value) for name, value in conninfo_to_dict(text).items()}
    except psycopg.ProgrammingError:
        return None


def by(keywords: Callable[[str], Iterable[tuple[str, str]]], text: str) -> Read:
    try:
        return {NAMES.get(name, name): value for name, value in keywords(text)}
    except (ValueError, pgx._Refused):
        return None


def all_three(text: str) -> tuple[Read, Read, Read]:
    return by_libpq(text), by(pgx.keywords, text), by(pq.keywords, text)


@pytest.mark.parametrize("case", DIFFERENCES.values(), ids=DIFFERENCES)
def test_where_they_part(case: tuple[str, Read, Read, Read]) -> None:
    text, *expected = case

    assert list(all_three(text)) == expected
    assert len({str(each) for each in expected}) > 1


@pytest.mark.parametrize(
    "text",
    [
        "",
        "host=a",
        "host = a",
        "host=",
        "host= port=1",
        "host='a'port=1",
        "host=a'b",
        "host=''",
        "host=a\vport=1",
        "host",
    ],
)
def test_where_they_do_not(text: str) -> None:
    one, *others = all_three(text)

    assert others == [one, one]


KEYWORDS = st.sampled_from(["host", "user", "password", "dbname", "sslmode", "options"])
# Neither NUL nor what is no text: libpq cannot be asked about them.
TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12)
BARE = st.text(st.characters(codec="ascii", categories=["L", "N", "P", "S"], exclude_characters="'\\ "), min_size=1)


@given(st.lists(st.tuples(KEYWORDS, TEXTS), max_size=4))
@example([("password", "it's \\ a = b"), ("password", "later")])
def test_what_stands_in_quotes(words: list[tuple[str, str]]) -> None:
    quoted = ((name, value.replace("\\", "\\\\").replace("'", "\\'")) for name, value in words)
    text = " ".join(f"{name}='{value}'" for name, value in quoted)

    assert all_three(text) == (dict(words), dict(words), dict(words))


@given(st.lists(st.tuples(KEYWORDS, BARE), max_size=4))
@example([("password", "a@/:#,b=c")])
def test_what_needs_no_quotes(words: list[tuple[str, str]]) -> None:
    text = " ".join(f"{name}={value}" for name, value in words)

    assert all_three(text) == (dict(words), dict(words), dict(words))
