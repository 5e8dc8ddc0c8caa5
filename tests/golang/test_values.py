"""How Go prints text and values."""

from __future__ import annotations

from typing import Any

import pytest

from doctor.golang.text import format_float, general_float, lower, quote, upper
from doctor.golang.values import AnyMap, Int64, UInt64, kind_name, plain, syntax, type_name
from doctor.golang.yaml import GoTime


@pytest.mark.parametrize(
    ("text", "quoted"),
    [
        ("", '""'),
        ("a b", '"a b"'),
        ("h\u00e9", '"h\u00e9"'),
        ('a"b\\', '"a\\"b\\\\"'),
        ("\t\n\x00\x7f", '"\\t\\n\\x00\\x7f"'),
        ("\u00a0\u200b", '"\\u00a0\\u200b"'),
        ("\U000e0001", '"\\U000e0001"'),
        ("\udc80", '"\\x80"'),
    ],
)
def test_quotes(text: str, quoted: str) -> None:
    assert quote(text) == quoted


@pytest.mark.parametrize(("text", "small"), [("API.Port", "api.port"), ("\u0130\u03a3", "i\u03c3"), ("\u212a", "k")])
def test_small_letters_one_by_one(text: str, small: str) -> None:
    assert lower(text) == small


@pytest.mark.parametrize(("text", "capital"), [("api", "API"), ("stra\u00dfe", "STRA\u00dfE"), ("\u1fb3", "\u1fbc")])
def test_capitals_one_by_one(text: str, capital: str) -> None:
    assert upper(text) == capital


@pytest.mark.parametrize(
    ("value", "full", "general"),
    [
        (0.0, "0", "0"),
        (-0.0, "-0", "-0"),
        (1.1, "1.1", "1.1"),
        (3.0, "3", "3"),
        (100000.0, "100000", "100000"),
        (1000000.0, "1000000", "1e+06"),
        (1.5e300, "15" + "0" * 299, "1.5e+300"),
        (0.0001, "0.0001", "0.0001"),
        (0.00001, "0.00001", "1e-05"),
        (float("inf"), "+Inf", "+Inf"),
        (float("-inf"), "-Inf", "-Inf"),
        (float("nan"), "NaN", "NaN"),
    ],
)
def test_floats(value: float, full: str, general: str) -> None:
    assert (format_float(value), general_float(value)) == (full, general)


@pytest.mark.parametrize(
    ("value", "kind", "name", "shown", "source"),
    [
        (True, "bool", "bool", "true", "true"),
        (5, "int", "int", "5", "5"),
        (Int64(5), "int64", "int64", "5", "5"),
        (UInt64(2**63), "uint64", "uint64", "9223372036854775808", "0x8000000000000000"),
        (1e6, "float64", "float64", "1e+06", "1e+06"),
        ('a"', "string", "string", 'a"', '"a\\""'),
        (["a", None], "slice", "[]interface {}", "[a <nil>]", '[]interface {}{"a", interface {}(nil)}'),
        ({"b": 1, "a": [2]}, "map", "map[string]interface {}", "map[a:[2] b:1]", None),
        (AnyMap({2: "x", 1: "y"}), "map", "map[interface {}]interface {}", "map[1:y 2:x]", None),
    ],
)
def test_values(value: Any, kind: str, name: str, shown: str, source: str | None) -> None:
    assert (kind_name(value), type_name(value), plain(value)) == (kind, name, shown)
    assert source is None or syntax(value) == source


def test_source_of_nested_maps() -> None:
    assert syntax({"b": {"c": True}, "a": []}) == (
        'map[string]interface {}{"a":[]interface {}{}, "b":map[string]interface {}{"c":true}}'
    )


@pytest.mark.parametrize(
    ("time", "source"),
    [
        (GoTime(2024, 1, 2), "time.Date(2024, time.January, 2, 0, 0, 0, 0, time.UTC)"),
        (
            GoTime(2024, 12, 2, 10, 4, 5, 500, 7200),
            'time.Date(2024, time.December, 2, 10, 4, 5, 500, time.Location(""))',
        ),
    ],
)
def test_source_of_times(time: GoTime, source: str) -> None:
    assert (kind_name(time), type_name(time), syntax(time)) == ("struct", "time.Time", source)
