"""go-toml: values, and the words for what it does not accept."""

from __future__ import annotations

import pytest

from doctor.golang.toml import TomlError, load
from doctor.golang.values import Int64, kind_name, plain, type_name


def test_values() -> None:
    found = load(b'a = 5\nb.c = "x"\n[[d]]\ne = [1.5, true]\n')
    assert found == {"a": 5, "b": {"c": "x"}, "d": [{"e": [1.5, True]}]}
    assert type(found["a"]) is Int64


@pytest.mark.parametrize(
    ("text", "name", "shown"),
    [
        ("2024-01-01", "toml.LocalDate", "2024-01-01"),
        ("10:00:00", "toml.LocalTime", "10:00:00"),
        ("2024-01-01T10:00:00", "toml.LocalDateTime", "2024-01-01T10:00:00"),
        ("2024-01-01T10:00:00Z", "time.Time", "2024-01-01 10:00:00 +0000 UTC"),
        ("2024-01-01T10:00:00.5+02:00", "time.Time", "2024-01-01 10:00:00.5 +0200 +0200"),
    ],
)
def test_moments_are_structs(text: str, name: str, shown: str) -> None:
    value = load(f"a = {text}".encode())["a"]
    assert (kind_name(value), type_name(value), plain(value)) == ("struct", name, shown)


@pytest.mark.parametrize(
    ("data", "complaint", "line"),
    [
        (b"database:\n  user: a\n", "toml: expected character =", 1),
        (b"a = 1\nb = \xff", "toml: invalid UTF-8", 2),
        (b"a = 99999999999999999999", "toml: integer 99999999999999999999 does not fit into 64 bits", None),
    ],
)
def test_complaints(data: bytes, complaint: str, line: int | None) -> None:
    with pytest.raises(TomlError) as error:
        load(data)
    assert (str(error.value), error.value.line) == (complaint, line)
