"""Rare cases in which yaml.v3 3.0.1 does what nobody would guess. Every expectation was seen from that library."""

from __future__ import annotations

import time

import pytest

from doctor.golang.values import AnyMap
from doctor.golang.yaml import YamlError, load
from doctor.golang.yaml.decode import MOST_REPEATED

pytestmark = pytest.mark.slow

TOP = "into map[string]interface {}"


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        pytest.param(b"# c\n\t# d\na: 1\n", {"a": 1}, id="a comment takes those below it along, tabs and all"),
        pytest.param(b"a: b  # c\n  # d\n\t# e\n", {"a": "b"}, id="tab before a comment that follows a value's second"),
        pytest.param(b'a: "b"#c\n', {"a": "b"}, id="a comment right behind a quote"),
        pytest.param(b"{a: b} c\n", {"a": "b"}, id="nobody reads what follows a flow document"),
        pytest.param(b"a: 1\n...\n}{ @\n", {"a": 1}, id="nor what follows the end marker"),
        pytest.param(b"{a:b, c: 1}", {"a:b": None, "c": 1}, id="no blank behind the colon in flow"),
        pytest.param(b"a: {b: c, ? d}\n", {"a": {"b": "c", "d": None}}, id="question mark in flow"),
        pytest.param(b"{a: [b, !x, c]}", {"a": ["b", "c"]}, id="a comma belongs to a tag"),
        pytest.param(b"a: <<\n", {"a": "<<"}, id="merge word as a value"),
        pytest.param(b'"<<": {a: 1}\n', {"<<": {"a": 1}}, id="a quoted merge key is a key"),
        pytest.param(b"1: a\n<<: {1: b, 2: c}\n", {"1": "b", "2": "c"}, id="a merged number wins over the same number"),
        pytest.param(b"a: {1: x, <<: {1: b, 2: c}}\n", {"a": AnyMap({1: "x", 2: "c"})}, id="but not below the top"),
        pytest.param(b"~: &a [*a]\nb: 1\n", {"b": 1}, id="a value whose key is null is never looked at"),
        pytest.param(b"&a a: 1\nb: *a\n", {"a": 1, "b": "a"}, id="an anchored key"),
        pytest.param(b"a: &x\nb: *x\n", {"a": None, "b": None}, id="an anchored nothing"),
        pytest.param("a: 1\u2028b: 2\x85c: 3\n".encode(), {"a": 1, "b": 2, "c": 3}, id="line breaks of Unicode"),
        pytest.param("a: x\n  \u2028 y\n".encode(), {"a": "x\u2028y"}, id="a line separator is kept when folded"),
        pytest.param(
            "\ufeff\ufeffab: 1\ncd: 2\n".encode(), {"ab": 1, "d": 2}, id="second byte order mark eats letters"
        ),
        pytest.param("\ufeff\ufeffx: 1\n\nyz: 2\n".encode(), {"x": 1, "z": 2}, id="or an empty line"),
        pytest.param(b"a: !!binary /w==\n", {"a": "\udcff"}, id="bytes that are no text"),
        pytest.param(b"%TAG ! tag:yaml.org,2002:\n---\na: !str 1\n", {"a": "1"}, id="the short handle redefined"),
        pytest.param(b"a: !<tag:yaml.org,2002:str> 1\n", {"a": "1"}, id="a tag in full"),
    ],
)
def test_accepted(data: bytes, expected: dict[str, object]) -> None:
    assert load(data).values == expected


@pytest.mark.parametrize(
    ("data", "message"),
    [
        pytest.param(b"- # c\n\t- a\n", "line 2: found character that cannot start any token", id="tab after a dash"),
        pytest.param(b"a: b # c\n\t# d\n", "line 2: found character that cannot start any token", id="tab, comment"),
        pytest.param(b"!!int <<: 1\n", "cannot decode !!str `<<` as a !!int", id="merge word with a tag"),
        pytest.param(b"a: !!bool yes\n", "cannot decode !!str `yes` as a !!bool", id="old word for true"),
        pytest.param(b"a: !!float 18446744073709551615\n", "cannot decode !!int `18446744073709551615` as a !!float"),
        pytest.param(b"a: !!binary '*'\n", "!!binary value contains invalid base64 data", id="base64"),
        pytest.param(
            b"? {a: 1, a: 2}\n: 1\n",
            'unmarshal errors:\n  line 1: mapping key "a" already defined at line 1',
            id="a map as key: its repeated key comes first",
        ),
        pytest.param(
            b"[a]: 1\n[b]: 2\n",
            'unmarshal errors:\n  line 2: mapping key "" already defined at line 1',
            id="all lists are one key",
        ),
        pytest.param(b"a: {[x, 1]: 2}\n", 'invalid map key: []interface {}{"x", 1}', id="a list as key below the top"),
        pytest.param(
            b"[a]: 1\n", "unmarshal errors:\n  line 1: cannot unmarshal !!seq into string", id="or at the top"
        ),
        pytest.param(
            b"a: &a {x: 1, x: 2}\nb: *a\n",
            "unmarshal errors:\n" + "\n".join(['  line 1: mapping key "x" already defined at line 1'] * 2),
            id="an alias repeats the error",
        ),
        pytest.param(b"a: 1\n'a': 2\n", 'unmarshal errors:\n  line 2: mapping key "a" already defined at line 1'),
        pytest.param(b"!x [a]\n", f"unmarshal errors:\n  line 1: cannot unmarshal !x `` {TOP}", id="tagged list"),
        pytest.param(b"&x\n", None, id="an anchor alone is an empty document"),
        pytest.param(b"k" * 1025 + b": v\n", "mapping values are not allowed in this context", id="key too long"),
        pytest.param(b"{a\n: c}\n", "line 1: did not find expected ',' or '}'", id="colon on the next line"),
        pytest.param(b"a: b\n]\n", "line 1: did not find expected key", id="bracket closed at column 0"),
        pytest.param(
            b"a: 1\n---\n\t@\n", "line 3: found character that cannot start any token", id="in the look-ahead"
        ),
        pytest.param(b"%41|\xf0\x00", "found unexpected non-alphabetical character", id="a problem before a fault"),
        pytest.param(b"  ? a\n: b\n]\xe6\x97", "incomplete UTF-8 octet sequence", id="a fault in the look-ahead"),
        pytest.param(b"a: @\n" + b"#" * 507 + b"\xff", "found character that cannot start any token", id="next piece"),
        pytest.param(b"a: @\n" + b"#" * 506 + b"\xff", "invalid leading UTF-8 octet", id="same piece"),
    ],
)
def test_refused(data: bytes, message: str | None) -> None:
    if message is None:
        load(data)
        return
    with pytest.raises(YamlError) as caught:
        load(data)
    assert str(caught.value) == f"yaml: {message}"


@pytest.mark.parametrize(
    ("data", "place"),
    [
        pytest.param(b"a: !!int x\n", (1, 4), id="a value under its tag"),
        pytest.param(b"x:\n  a: [1,\n  b: 2\n", (2, 6), id="what is never closed, where it was opened"),
        pytest.param(b"x:\n  a: 'b\nc: 1\n", (2, 6), id="likewise a quote"),
        pytest.param(b"a: 1\nb\nc: 2\n", (2, 1), id="a key without its colon"),
        pytest.param(b"a: 1\n\xff\n", (2, 1), id="a byte that is no text"),
    ],
)
def test_the_place_is_where_a_person_would_look(data: bytes, place: tuple[int, int]) -> None:
    with pytest.raises(YamlError) as caught:
        load(data)
    assert (caught.value.line, caught.value.column) == place


@pytest.mark.parametrize(
    ("data", "lines"),
    [
        (b"a: 1\r\n---\r\nb: 1\r\n--- c\r\n---x\r\n", (2, 4)),
        (b"a: 1\r---\rb: 1\r", (2,)),
        (b"---\na: |\n ---\n  ---\n", ()),
        (b"a: 1\n---b: 1\n", ()),
        (b"a: 1\n--- x\n\t@\n", (2,)),
        (b"a: 1\n---", ()),
        (b"a: 1\n--- # b\n\n  # c: 1\n...\n%YAML 1.1\n---\n", ()),
        (b"a: 1\r---\r---\r\r  b: 1\r", (3,)),
        (b"a: 1\n---\n....\n", (2,)),
    ],
)
def test_further_documents(data: bytes, lines: tuple[int, ...]) -> None:
    assert load(data).further_documents == lines


@pytest.mark.no_cover
@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"k: v\n" * 20_000, id="one key all over"),
        pytest.param(b"a: &a {" + b"k: 1," * 1_000 + b"}\nb: [" + b"*a," * 20_000 + b"]", id="the same, aliased"),
        pytest.param(b"---\na: b\n" * 20_000, id="documents"),
        pytest.param(b"a: b\n" + b"#\n" * 100_000 + b"\xff", id="a fault far down"),
        pytest.param(b"a: '" + b"\n" * 100_000, id="empty lines in a quote"),
        pytest.param(b"a: " + b"9" * 100_000, id="digits"),
        pytest.param(b"a" + b":a" * 100_000, id="colons"),
        pytest.param(b"[" + b"a: b," * 5_000, id="pairs"),
    ],
)
def test_time_grows_with_the_input_only(data: bytes) -> None:
    """Each takes well under a second; a quadratic rule anywhere would take minutes."""
    begin = time.process_time()
    try:
        load(data)
    except YamlError as error:
        assert str(error).count("\n") <= 2 * MOST_REPEATED  # noqa: PT017 - a document may well be accepted
    assert time.process_time() - begin < 20
