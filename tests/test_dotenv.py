"""doctor.dotenv: what a dotenv file says."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doctor.dotenv import LONGEST, MOST, parse


@pytest.mark.parametrize(
    ("text", "found"),
    [
        pytest.param("", [], id="empty"),
        pytest.param("# A=1\n\n  # B=2\n", [], id="comments"),
        pytest.param("A\nexport A\nnot a line\n=1\n1A=2\nA: 3\n", [], id="no assignments"),
        pytest.param("A=1\nB=2", [("A", "1", 1), ("B", "2", 2)], id="plain"),
        pytest.param("export A=1\n\texport\tB=2\n", [("A", "1", 1), ("B", "2", 2)], id="exported"),
        pytest.param("A =  1  \n", [("A", "1", 1)], id="blanks around"),
        pytest.param("A=\nB=''\nC=\"\"\n", [("A", "", 1), ("B", "", 2), ("C", "", 3)], id="empty values"),
        pytest.param("\ufeffA=1\r\nB=2\r\n", [("A", "1", 1), ("B", "2", 2)], id="byte order mark and CRLF"),
        pytest.param("A=1 # one\nB=# two\nC= # three\nD=a#b\n", [("A", "1"), ("B", "# two"), ("C", ""), ("D", "a#b")],
                     id="comments after values"),
        pytest.param("A='x # y' # z\nB=\"x # y\" # z\n", [("A", "x # y"), ("B", "x # y")], id="quoted"),
        pytest.param("A='one\ntwo'\nB=3\n", [("A", "one\ntwo", 1), ("B", "3", 3)], id="over two lines"),
        pytest.param('A="a\\"b\\\\c"\n', [("A", 'a"b\\c')], id="escapes"),
        pytest.param("A=it's\nB='open\n", [("A", "it's"), ("B", "'open")], id="a quote that is never closed"),
        pytest.param("A=1\nA=2\n", [("A", "1"), ("A", "2")], id="twice"),
        pytest.param("A=\x00\x1b[31m\n", [("A", "\x00\x1b[31m")], id="control characters"),
    ],
)  # fmt: skip
def test_assignments(text, found):
    """Names, values and lines."""
    width = len(found[0]) if found else 3

    assert [(each.name, each.value, each.line)[:width] for each in parse(text)] == found


@pytest.mark.parametrize(
    ("value", "meaning"),
    [
        pytest.param("a$", "a$", id="alone"),
        pytest.param("a$1b", "a$1b", id="before a digit"),
        pytest.param("'$X ${X}'", "$X ${X}", id="in single quotes"),
        pytest.param('"\\$X"', "$X", id="escaped"),
        pytest.param("$X", "x", id="a name"),
        pytest.param('"<${X}>"', "<x>", id="in braces"),
        pytest.param("$NONE", "", id="unknown"),
        pytest.param("${NONE:-d}/${NONE-d}/${X:-d}", "d/d/x", id="default"),
        pytest.param("${X:+set}/${NONE:+set}", "set/", id="alternative"),
        pytest.param("${X:?needed}", "x", id="required"),
        pytest.param("${X", "${X", id="never closed"),
    ],
)
def test_references(value, meaning):
    """References to earlier lines."""
    assert parse(f"X=x\nA={value}\n")[1].value == meaning


def test_variables_come_before_lines():
    """As with docker compose, the shell's variables win."""
    assert [each.value for each in parse("X=line\nA=$X$Y\n", {"X": "shell", "Y": "!"})] == ["line", "shell!"]


def test_no_value_grows_without_end():
    text = "X=xx\n" + "X=$X$X\n" * 5000

    values = [each.value for each in parse(text)]

    assert max(map(len, values)) <= LONGEST
    assert sum(map(len, values)) <= MOST


@given(st.text(alphabet=st.sampled_from("AB=$'\"\\{}:-# \n\r\t\0é"), max_size=60))
def test_nothing_raises(text):
    assert all(1 <= each.line <= text.count("\n") + 1 for each in parse(text))


def test_the_value_is_not_in_the_repr():
    assert "hunter2" not in repr(parse("A=hunter2"))
