"""Text for terminals."""

from __future__ import annotations

import pytest

from doctor.report.terminal import Paint, columns, encodable, one_line, padded, printable, wrap


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        pytest.param("plain, with\ttab\nand line", "plain, with\ttab\nand line", id="plain"),
        pytest.param("Grüße 你好", "Grüße 你好", id="letters of all kinds"),
        pytest.param("\x1b[31m", "\\x1b[31m", id="escape"),
        pytest.param("\x9b31m", "\\x9b31m", id="8-bit escape"),
        pytest.param("a\rb", "a\\rb", id="carriage return"),
        pytest.param("\u202eabc", "\\u202eabc", id="reordering"),
        pytest.param("\udcff", "\\udcff", id="bytes of a file name that are no text"),
    ],
)
def test_printable(text, shown):
    assert printable(text) == shown


def test_one_line():
    assert one_line(" a\n\tb  c\x00") == "a b c\\x00"


@pytest.mark.parametrize(
    ("text", "encoding", "shown"),
    [
        pytest.param("a – b", "utf-8", "a – b", id="utf-8"),
        pytest.param("a – b … 'x'", "ascii", "a - b ... 'x'", id="typographic"),
        pytest.param("Grüße", "latin-1", "Grüße", id="the encoding has them"),
        pytest.param("Grüße", "ascii", "Gr\\xfc\\xdfe", id="written out"),
        pytest.param("Grüße", None, "Grüße", id="no encoding known"),
        pytest.param("Grüße", "no-such-thing", "Gr\\xfc\\xdfe", id="an encoding that does not exist"),
    ],
)
def test_encodable(text, encoding, shown):
    assert encodable(text, encoding) == shown


def test_wrap_keeps_words_and_breaks():
    assert wrap("one two three\nfour", 9, "  ", first="* ") == ["* one two", "  three", "  four"]
    assert wrap("/a/very/long-path", 5) == ["/a/very/long-path"]
    assert wrap("", 10) == [""]


def test_wide_letters_take_two_columns():
    assert columns("abc") == 3
    assert columns("你好") == 4
    assert columns("e\u0301") == 1
    assert padded("你", 4) == "你  "


def test_paint():
    assert Paint(False)("x", "red") == "x"
    assert Paint(True)("x", "bold", "red") == "\x1b[1;31mx\x1b[0m"
    assert Paint(True)("", "red") == ""
