"""Weak decoding: what becomes of a value in a field of another type."""

from __future__ import annotations

from typing import Any

import pytest

from doctor.golang.mapstructure import Slice, Struct, decode, message, scalar
from doctor.golang.values import UInt64

SECOND = 1_000_000_000
PAIR = Struct({"a": scalar("int"), "b": Struct({"c": scalar("string"), "d": scalar("bool")})})


@pytest.mark.parametrize(
    ("kind", "raw", "value"),
    [
        ("string", "", ""),
        ("string", True, "1"),
        ("string", False, "0"),
        ("string", 83, "83"),
        ("string", UInt64(2**64 - 1), "18446744073709551615"),
        ("string", 1e5, "100000"),
        ("string", 1.10, "1.1"),
        ("int", "", 0),
        ("int", "0x10", 16),
        ("int", 10.9, 10),
        ("int", -1.9, -1),
        ("int", True, 1),
        ("int", UInt64(2**63), -(2**63)),
        ("int", float("nan"), -(2**63)),
        ("int", float("inf"), -(2**63)),
        ("int", 1e19, -(2**63)),
        ("float", "", 0.0),
        ("float", 5, 5.0),
        ("float", True, 1.0),
        ("bool", "", False),
        ("bool", "T", True),
        ("bool", -1, True),
        ("bool", 0.0, False),
        ("optional bool", "f", False),
        ("optional bool", None, None),
        ("duration", "30s", 30 * SECOND),
        ("duration", 30, 30),
        ("duration", 1.5, 1),
        ("duration", True, 1),
        ("duration", None, 0),
    ],
)
def test_decodes(kind: str, raw: Any, value: Any) -> None:
    decoded, refused = decode(raw, scalar(kind), "key")
    assert (decoded, refused) == (value, [])
    assert type(decoded) is type(value)


@pytest.mark.parametrize(
    ("kind", "raw", "text"),
    [
        ("string", ["a"], "'key' expected type 'string', got unconvertible type '[]interface {}', value: '[a]'"),
        ("int", {}, "'key' expected type 'int', got unconvertible type 'map[string]interface {}', value: 'map[]'"),
        ("int", "08", "cannot parse 'key' as int: strconv.ParseInt: parsing \"08\": invalid syntax"),
        ("float", "x", "cannot parse 'key' as float: strconv.ParseFloat: parsing \"x\": invalid syntax"),
        ("bool", "yes", "cannot parse 'key' as bool: strconv.ParseBool: parsing \"yes\": invalid syntax"),
        (
            "bool",
            [True],
            "'key' expected type '%!s(bool=false)', got unconvertible type '[]interface {}{true}', "
            "value: '[]interface {}{true}'",
        ),
        ("duration", "30", "error decoding 'key': time: missing unit in duration \"30\""),
        ("duration", "", "error decoding 'key': time: invalid duration \"\""),
        (
            "duration",
            [1],
            "'key' expected type 'time.Duration', got unconvertible type '[]interface {}', value: '[1]'",
        ),
    ],
)
def test_refuses(kind: str, raw: Any, text: str) -> None:
    _, refused = decode(raw, scalar(kind), "key")
    assert [refusal.text for refusal in refused] == [text]


def test_refusals_come_in_the_order_of_the_fields_and_leave_zero_values() -> None:
    decoded, refused = decode({"b": {"d": "no", "c": []}, "a": "x"}, PAIR)
    assert decoded == {"a": 0, "b": {"c": "", "d": False}}
    assert [refusal.key for refusal in refused] == ["a", "b.c", "b.d"]
    assert message(refused).startswith("decoding failed due to the following error(s):\n\ncannot parse 'a' as int: ")


@pytest.mark.parametrize(("raw", "kind"), [(5, "int"), ("", "string"), ([], "slice"), (1.5, "float64"), (True, "bool")])
def test_a_section_must_be_a_map(raw: Any, kind: str) -> None:
    decoded, refused = decode({"b": raw}, PAIR)
    assert decoded == {"a": 0, "b": {"c": "", "d": False}}
    assert [refusal.text for refusal in refused] == [f"'b' expected a map, got '{kind}'"]


def test_letters_that_fold_find_their_field() -> None:
    assert decode({"pa\u017fs": 1}, Struct({"pass": scalar("int")}))[0] == {"pass": 1}


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        (None, None),
        ("", []),
        ({}, []),
        ([], []),
        ("a,b", ["a", "b"]),
        (5, ["5"]),
        ([1, "x"], ["1", "x"]),
        ([None], [""]),
    ],
)
def test_lists(raw: Any, value: Any) -> None:
    assert decode(raw, Slice(scalar("string")), "key") == (value, [])


def test_elements_are_named_by_their_place() -> None:
    _, refused = decode("x,y", Slice(PAIR), "list")
    assert [refusal.text for refusal in refused] == [
        "'list[0]' expected a map, got 'string'",
        "'list[1]' expected a map, got 'string'",
    ]
