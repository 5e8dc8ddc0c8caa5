"""YAML as yaml.v3 3.0.1 reads it. Every expectation was seen from that library."""

from __future__ import annotations

import math

import pytest

from doctor.golang import yaml
from doctor.golang.values import AnyMap, UInt64
from doctor.golang.yaml import GoTime, Scalar, YamlError, load


def values(text: str) -> dict[str, object]:
    return load(text.encode()).values


# --- what is accepted ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("yes", "yes"),
        ("off", "off"),
        ("n", "n"),
        ("True", True),
        ("FALSE", False),
        ("tRue", "tRue"),
        ("~", None),
        ("Null", None),
        ("", None),
        ("10", 10),
        ("-0", 0),
        ("+5", 5),
        ("1_000", 1000),
        ("0x1F", 31),
        ("0o17", 15),
        ("0b11", 3),
        ("0b-11", -3),
        ("010", 8),
        ("08", 8.0),
        ("1e5", 100000.0),
        (".5", 0.5),
        (".1_0", 0.1),
        ("1.", 1.0),
        (".inf", math.inf),
        ("-.INF", -math.inf),
        ("1e999", "1e999"),
        ("9223372036854775807", 9223372036854775807),
        ("9223372036854775808", UInt64(9223372036854775808)),
        ("18446744073709551616", 18446744073709551616.0),
        ("12:30", "12:30"),
        ("2024-01-31", GoTime(2024, 1, 31)),
        ("2024-1-2T3:4:5.5+01:30", GoTime(2024, 1, 2, 3, 4, 5, 500_000_000, 5400)),
        ("2024-1-2 3:4:5", GoTime(2024, 1, 2, 3, 4, 5)),
        ("2024-02-30", "2024-02-30"),
        ("2024-01-31 10:00 +1", "2024-01-31 10:00 +1"),
        ("'2024-01-31'", "2024-01-31"),
        ('"10"', "10"),
        ("!!str 10", "10"),
        ('!!int "81"', 81),
        ("!!float 3", 3.0),
        ("!!binary aGk=", "hi"),
        ("!x abc", "abc"),
        ("! 12", 12),
        ("!", None),
        ("abc #def", "abc"),
        ("abc#def", "abc#def"),
        ("$HOME/${X}", "$HOME/${X}"),
    ],
)
def test_scalars(written: str, value: object) -> None:
    """Types by yaml.v3's own rules: neither YAML 1.1's nor 1.2's."""
    read = values(f"key: {written}\n")["key"]

    assert read == value
    assert type(read) is type(value)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("", {}, id="empty"),
        pytest.param("# only\n", {}, id="comment"),
        pytest.param("null\n", {}, id="null"),
        pytest.param("\ufeffa: 1\n", {"a": 1}, id="byte order mark"),
        pytest.param("a: 1\r\nb: 2\r\n", {"a": 1, "b": 2}, id="CRLF"),
        pytest.param("a: 1\rb: 2\r", {"a": 1, "b": 2}, id="CR"),
        pytest.param("---\na: 1\n...\n", {"a": 1}, id="markers"),
        pytest.param("a:\n- 1\n-\n- b: 2\n", {"a": [1, None, {"b": 2}]}, id="list at the key's column"),
        pytest.param("{a: b, c: [1, {d: e}, ], f}", {"a": "b", "c": [1, {"d": "e"}], "f": None}, id="flow"),
        pytest.param("a: [b: c, ? d]\n", {"a": [{"b": "c"}, {"d": None}]}, id="pairs in a list"),
        pytest.param('{"a":1}', {"a": 1}, id="no blank in flow"),
        pytest.param("a: |\n  x\n   y\n\nb: >-\n  p\n  q\n\n  r\n", {"a": "x\n y\n", "b": "p q\nr"}, id="blocks"),
        pytest.param("a: |+\n  x\n\nb: |2\n   y\n", {"a": "x\n\n", "b": " y\n"}, id="block indicators"),
        pytest.param("a: 'it''s\n\n  two'\n", {"a": "it's\ntwo"}, id="single quotes"),
        pytest.param('a: "\\x41\\u00e9\\n\\\n   b"\n', {"a": "Aé\nb"}, id="double quotes"),
        pytest.param("a: b\n  c\n\n  d\n", {"a": "b c\nd"}, id="plain over lines"),
        pytest.param("a: &x {b: 1}\nc: *x\n", {"a": {"b": 1}, "c": {"b": 1}}, id="alias"),
        pytest.param(
            "x: &x {a: 1, b: 2}\ny: {<<: *x, a: 3}\n", {"x": {"a": 1, "b": 2}, "y": {"a": 3, "b": 2}}, id="merge"
        ),
        pytest.param(
            "x: &x {a: 1}\ny: &y {a: 2, b: 2}\nz:\n  <<: [*x, *y]\n",
            {"x": {"a": 1}, "y": {"a": 2, "b": 2}, "z": {"a": 1, "b": 2}},
            id="merge of several: the first wins",
        ),
        pytest.param("1: a\ntrue: b\n~: c\n", {"1": "a", "true": "b"}, id="keys at the top become text"),
        pytest.param("a: {1: b, x: c}\n", {"a": AnyMap({1: "b", "x": "c"})}, id="other keys stay what they are"),
        pytest.param("# c\n\t# d\na: 1\n", {"a": 1}, id="a tab before a comment below a comment"),
        pytest.param("a:\t1\n", {"a": 1}, id="a tab after the colon"),
        pytest.param("%YAML 1.1\n---\na: 1\n", {"a": 1}, id="directive"),
        pytest.param("%TAG !e! tag:e.org,2000:\n---\na: !e!x 1\n", {"a": "1"}, id="tag directive"),
    ],
)
def test_documents(text: str, expected: dict[str, object]) -> None:
    assert values(text) == expected


def test_a_mapping_with_other_keys_is_another_type() -> None:
    assert type(values("a: {1: b}\n")["a"]) is AnyMap
    assert type(values("a: {b: 1}\n")["a"]) is dict


def test_utf_16_is_read_by_its_mark() -> None:
    assert load("\ufeffa: é\n".encode("utf-16-le")).values == {"a": "é"}


def test_further_documents_are_located_and_not_read() -> None:
    document = load(b"a: 1\n---\nb: [\n---\nc: 1\n")

    assert document.values == {"a": 1}
    assert document.further_documents == (2, 4)


# --- places ----------------------------------------------------------------------------------------------------


def test_every_scalar_knows_its_place_and_how_it_is_written() -> None:
    document = load(b"top:\n  key:   !!str 'v # 1'  # comment\n  list: [a, &x b]\n")
    ((_, section),) = document.root.entries  # type: ignore[union-attr]
    (key, value), (_, items) = section.entries  # type: ignore[union-attr]

    assert (key.text, key.line, key.column) == ("key", 2, 3)  # type: ignore[union-attr]
    assert isinstance(value, Scalar)
    assert (value.written, value.style, value.tag) == ("!!str 'v # 1'", "single", "!!str")
    assert (value.line, value.column) == (2, 10)
    assert [(item.line, item.column, item.text) for item in items.items] == [(3, 10, "a"), (3, 13, "b")]  # type: ignore[union-attr]


# --- what is refused -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "message", "place"),
    [
        pytest.param("a:\n\tb: 1\n", "line 2: found character that cannot start any token", (2, 1), id="tab"),
        pytest.param(
            "a: b\n\tc\n", "line 2: found a tab character that violates indentation", (2, 1), id="tab in plain"
        ),
        pytest.param("a: @b\n", "found character that cannot start any token", (1, 4), id="at sign on line 1"),
        pytest.param("a: `b\n", "found character that cannot start any token", (1, 4), id="backtick"),
        pytest.param("a: %b\n", "found character that cannot start any token", (1, 4), id="percent"),
        pytest.param(
            "x: 1\na: b: c\n", "line 2: mapping values are not allowed in this context", (2, 5), id="two colons"
        ),
        pytest.param(
            "a: - b\n", "block sequence entries are not allowed in this context", (1, 4), id="list on the line"
        ),
        pytest.param(
            "a: 1\n b: 2\n", "line 2: mapping values are not allowed in this context", (2, 3), id="deeper key"
        ),
        pytest.param("a:\n   b: 1\n  c: 2\n", "line 2: did not find expected key", (3, 3), id="less deep key"),
        pytest.param("a: 1\nb\n", "line 2: could not find expected ':'", (2, 1), id="no colon"),
        pytest.param("a: [1, 2\n", "line 1: did not find expected ',' or ']'", (1, 4), id="open list"),
        pytest.param("a: {b\n", "line 1: did not find expected ',' or '}'", (1, 4), id="open map"),
        pytest.param("x:\na: [\n", "line 2: did not find expected node content", (3, 1), id="nothing in the list"),
        pytest.param("x:\na: 'b\n", "line 2: found unexpected end of stream", (2, 4), id="open quote"),
        pytest.param('x:\na: "\\q"\n', "line 2: found unknown escape character", (2, 5), id="escape"),
        pytest.param("a: *x\n", "unknown anchor 'x' referenced", (1, 4), id="unknown anchor"),
        pytest.param("a: &a [*a]\n", "anchor 'a' value contains itself", (1, 8), id="alias to itself"),
        pytest.param("a: !!int x\n", "cannot decode !!str `x` as a !!int", (1, 4), id="tag that does not fit"),
        pytest.param("a: {<<: 1}\n", "map merge requires map or sequence of maps as the value", (1, 9), id="merge"),
        pytest.param("a: !e!x 1\n", "found undefined tag handle", (1, 4), id="tag handle"),
        pytest.param("%YAML 1.2\n---\na: 1\n", "found incompatible YAML document", (1, 1), id="version"),
        pytest.param("a: \x07\n", "control characters are not allowed", (1, 4), id="control character"),
        pytest.param(
            "- a\n",
            "unmarshal errors:\n  line 1: cannot unmarshal !!seq into map[string]interface {}",
            (1, 1),
            id="list at the top",
        ),
        pytest.param(
            "hello world\n",
            "unmarshal errors:\n  line 1: cannot unmarshal !!str `hello w...` into map[string]interface {}",
            (1, 1),
            id="text at the top",
        ),
    ],
)
def test_errors(text: str, message: str, place: tuple[int | None, int | None]) -> None:
    """Go's words with Go's line, and beside them where the fault really is."""
    with pytest.raises(YamlError) as caught:
        values(text)

    assert str(caught.value) == f"yaml: {message}"
    assert (caught.value.line, caught.value.column) == place


def test_all_duplicates_are_named() -> None:
    with pytest.raises(YamlError) as caught:
        values("a: 1\nb:\n  c: 1\n  c: 2\na: 3\n")

    assert str(caught.value) == 'yaml: unmarshal errors:\n  line 5: mapping key "a" already defined at line 1'
    assert [(each.key, each.first_line, each.line) for each in caught.value.duplicates] == [("a", 1, 5)]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"a: \xff\n", "invalid leading UTF-8 octet"),
        (b"a: \xc3\x28\n", "invalid trailing UTF-8 octet"),
        (b"a: \xe2\x82", "incomplete UTF-8 octet sequence"),
        (b"a: \xc0\x80\n", "invalid length of a UTF-8 sequence"),
        (b"a: \xed\xa0\x80\n", "invalid Unicode character"),
        (b"\xff\xfea\x00:\x00 \x00\x00\xdc", "unexpected low surrogate area"),
        (b"\xff\xfea\x00:\x00 \x00\x00\xd8a\x00", "expected low surrogate area"),
    ],
)
def test_broken_encodings(data: bytes, message: str) -> None:
    with pytest.raises(YamlError, match=message):
        load(data)


def test_a_problem_before_a_broken_character_far_away_comes_first() -> None:
    """The library reads in pieces, and the first piece is at fault before the last is looked at."""
    with pytest.raises(YamlError, match="cannot start any token"):
        load(b"a: @\n" + b"# comment\n" * 100 + b"\xff")


# --- hostile input ---------------------------------------------------------------------------------------------


def bomb() -> bytes:
    lines = [b"a: &a [x,x,x,x,x,x,x,x,x,x]"]
    lines += [b"%c: &%c [%s]" % (c, c, b",".join([b"*%c" % (c - 1)] * 10)) for c in range(ord("b"), ord("k"))]
    return b"\n".join(lines)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("data", "message"),
    [
        pytest.param(bomb(), "document contains excessive aliasing", id="alias bomb"),
        pytest.param(b"[" * 100_000, "exceeded max depth of 10000", id="brackets"),
        pytest.param(b"".join(b" " * n + b"-\n" for n in range(10_100)), "exceeded max depth of 10000", id="indents"),
    ],
)
def test_limits(data: bytes, message: str) -> None:
    with pytest.raises(YamlError, match=message):
        load(data)


def test_deep_nesting_within_the_limit_is_read() -> None:
    value: object = load(b"a: " + b"[" * 9_000 + b"]" * 9_000).values["a"]

    depth = 0
    while isinstance(value, list):
        value, depth = value[0] if value else None, depth + 1
    assert depth == 9_000


def test_the_module_exports_what_it_says() -> None:
    assert all(hasattr(yaml, name) for name in yaml.__all__)
