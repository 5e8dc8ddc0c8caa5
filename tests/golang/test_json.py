"""encoding/json: values, and the words for what it does not accept."""

from __future__ import annotations

from typing import Any

import pytest

from doctor.golang.json import JsonError, load


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("{}", {}),
        ("null", {}),
        (' {"a": 1, "a": 2}\n', {"a": 2.0}),
        ('{"a": [true, false, null, -0.5e1, "x"]}', {"a": [True, False, None, -5.0, "x"]}),
        ('{"a": "\\ud83d\\ude00 \\ud800"}', {"a": "\U0001f600 \ufffd"}),
    ],
)
def test_values(text: str, value: dict[str, Any]) -> None:
    assert load(text.encode()) == value


def test_bytes_that_are_no_utf_8_are_replaced() -> None:
    assert load(b'{"a": "\xff"}') == {"a": "\ufffd"}


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "unexpected end of JSON input"),
        ("database:", "invalid character 'd' looking for beginning of value"),
        ("\ufeff{}", "invalid character '\u00ef' looking for beginning of value"),
        ("{", "unexpected end of JSON input"),
        ("{a", "invalid character 'a' looking for beginning of object key string"),
        ('{"a" 1', "invalid character '1' after object key"),
        ('{"a": 1 2', "invalid character '2' after object key:value pair"),
        ('{"a": 1,}', "invalid character '}' looking for beginning of object key string"),
        ("[1 2]", "invalid character '2' after array element"),
        ("[1,]", "invalid character ']' looking for beginning of value"),
        ("{} x", "invalid character 'x' after top-level value"),
        ("truth", "invalid character 't' in literal true (expecting 'e')"),
        ("nul", "invalid character ' ' in literal null (expecting 'l')"),
        ("-x", "invalid character 'x' in numeric literal"),
        ("1.x", "invalid character 'x' after decimal point in numeric literal"),
        ("1ex", "invalid character 'x' in exponent of numeric literal"),
        ("01", "invalid character '1' after top-level value"),
        ('"a\nb"', "invalid character '\\n' in string literal"),
        ('"\\x"', "invalid character 'x' in string escape code"),
        ('"\\u12x4"', "invalid character 'x' in \\u hexadecimal character escape"),
        ("[1]", "json: cannot unmarshal array into Go value of type map[string]interface {}"),
        ('"a"', "json: cannot unmarshal string into Go value of type map[string]interface {}"),
        ('{"a": 1e400}', "json: cannot unmarshal number 1e400 into Go value of type float64"),
        ("[" * 20_000, "exceeded max depth"),
    ],
)
def test_complaints(text: str, complaint: str) -> None:
    with pytest.raises(JsonError) as error:
        load(text.encode())
    assert str(error.value) == complaint


def test_deep_nesting_is_refused_at_worst() -> None:
    with pytest.raises(JsonError):
        load(b"[" * 9_000 + b"]" * 9_000)
