"""Numbers and booleans: what Go reads, and its words for the rest."""

from __future__ import annotations

import math

import pytest

from doctor.golang.numbers import parse_bool, parse_float, parse_int


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("10", 10),
        ("+10", 10),
        ("-3", -3),
        ("010", 8),
        ("0o17", 15),
        ("0x10", 16),
        ("0b11", 3),
        ("1_000", 1000),
        ("0x_1", 1),
        ("0_7", 7),
        ("9223372036854775807", 2**63 - 1),
        ("-9223372036854775808", -(2**63)),
    ],
)
def test_integers(text: str, value: int) -> None:
    assert parse_int(text) == value


@pytest.mark.parametrize(
    "text", ["", "-", "08", "10.9", "1e1", "  7", "1__0", "_1", "1_", "0x", "0o8", "abc", "\u0663"]
)
def test_what_is_no_integer(text: str) -> None:
    with pytest.raises(ValueError, match=r"^strconv.ParseInt: parsing .*: invalid syntax$"):
        parse_int(text)


@pytest.mark.parametrize(
    "text", ["9223372036854775808", "-9223372036854775809", "99999999999999999999", "9" * 30 + "x"]
)
def test_integers_out_of_range(text: str) -> None:
    with pytest.raises(ValueError, match=rf'^strconv.ParseInt: parsing "{text}": value out of range$'):
        parse_int(text)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0.7", 0.7),
        (".5", 0.5),
        ("1.", 1.0),
        ("1_0", 10.0),
        ("0x1p-2", 0.25),
        ("Inf", math.inf),
        ("-infinity", -math.inf),
        ("1e-400", 0.0),
    ],
)
def test_floats(text: str, value: float) -> None:
    assert parse_float(text) == value


def test_nan_is_a_float() -> None:
    assert math.isnan(parse_float("NaN"))


@pytest.mark.parametrize("text", ["", ".", "1e", " 1", "1 ", "1__0", "+nan", "0x1", ".inf", "\u0663", "1,2"])
def test_what_is_no_float(text: str) -> None:
    with pytest.raises(ValueError, match=r"^strconv.ParseFloat: parsing .*: invalid syntax$"):
        parse_float(text)


@pytest.mark.parametrize("text", ["1e400", "-1e400", "0x1p1025"])
def test_floats_out_of_range(text: str) -> None:
    with pytest.raises(ValueError, match=r"value out of range$"):
        parse_float(text)


@pytest.mark.parametrize(("spellings", "value"), [("1 t T true True TRUE", True), ("0 f F false False FALSE", False)])
def test_booleans(spellings: str, value: bool) -> None:
    assert {parse_bool(text) for text in spellings.split()} == {value}


@pytest.mark.parametrize("text", ["", "yes", "no", "on", "off", "tRue", " true"])
def test_what_is_no_boolean(text: str) -> None:
    with pytest.raises(ValueError, match=rf'^strconv.ParseBool: parsing "{text}": invalid syntax$'):
        parse_bool(text)
