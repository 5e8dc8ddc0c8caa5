"""gotenv: assignments, and the words for what is none."""

from __future__ import annotations

import pytest

from doctor.golang.dotenv import DotenvError, load


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("", {}),
        ("# x\n\nA=1\n", {"A": "1"}),
        ("\ufeffA=1\r\nB = 2 # two\rC=3", {"A": "1", "B": "2", "C": "3"}),
        ("export A=1", {"A": "1"}),
        ("database.user=u", {"database.user": "u"}),
        ("A: 1", {"A": "1"}),
        ("A=", {"A": ""}),
        ("A='$B \\n'", {"A": "$B \\n"}),
        ('A="x\\ny \\"z\\""', {"A": 'x\ny "z"'}),
        ('A="x\ny"', {"A": "x\ny"}),
        ("A=1\nB=$A-${A}-$HOME-$NONE", {"A": "1", "B": "1-1-/home-"}),
        ("A=\\$B", {"A": "$B"}),
        ("A=$b", {"A": "$b"}),
        ("A=1#x", {"A": "1"}),
    ],
)
def test_values(text: str, values: dict[str, str]) -> None:
    assert load(text.encode(), {"HOME": "/home"}) == values


@pytest.mark.parametrize(
    ("text", "complaint", "line"),
    [
        ("database:\n  user: a\n", "line `database:` doesn't match format", 1),
        ("A=1\nwhat", "line `what` doesn't match format", 2),
        ("export A", "line `export A` has an unset variable", 1),
        ('A="x\ny', "missing quotes", 1),
    ],
)
def test_complaints(text: str, complaint: str, line: int) -> None:
    with pytest.raises(DotenvError) as error:
        load(text.encode(), {})
    assert (str(error.value), error.value.line) == (complaint, line)
