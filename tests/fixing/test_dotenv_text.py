"""Edits of dotenv files."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doctor.dotenv import parse
from doctor.fixing.text import Refused, apply
from doctor.model import Action, Edit


def edited(text: str, *edits: Edit) -> str:
    return apply(text.encode(), edits, "dotenv").decode()


def put(name: str, after: str, before: str | None = None) -> Edit:
    return Edit(".env", name, before, after)


def named(before: str, after: str) -> Edit:
    return Edit(".env", before, before, after, action=Action.RENAME)


UNCHANGED = {
    "no edit": ("A=1\n", ()),
    "the value is there": ("A=1 # one\n", (put("A", "1", "1"),)),
    "the value was changed before": ("A='two words'\n", (put("A", "two words", "1"),)),
    "put in before": ("A=1\n", (put("A", "1"),)),
    "empty already": ("A=\n", (put("A", "", "x"),)),
}


@pytest.mark.parametrize(("text", "edits"), UNCHANGED.values(), ids=UNCHANGED)
def test_what_is_there_already_stays(text: str, edits: tuple[Edit, ...]) -> None:
    assert edited(text, *edits) == text


SET = {
    "plain": ("A=1\nB=2\n", "3", "A=3\nB=2\n"),
    "comment": ("# a\nA=1 # one\n", "3", "# a\nA=3 # one\n"),
    "export and blanks": ("  export  A = 1\n", "3", "  export  A = 3\n"),
    "single quotes stay": ("A='1' # x\n", "3", "A='3' # x\n"),
    "double quotes stay": ('A="1"\n', "3 4", 'A="3 4"\n'),
    "several lines": ('A="1\n2"\nB=2\n', "3", 'A="3"\nB=2\n'),
    "quotes where needed": ("A=1\n", "two words", "A='two words'\n"),
    "a mark of comments": ("A=1\n", "a #b", "A='a #b'\n"),
    "a dollar": ("A=1\n", "p$word", "A='p$word'\n"),
    "a quote": ("A=1\n", "it's", 'A="it\'s"\n'),
    "a quote and a dollar": ("A=1\n", "it's $5 \\", 'A="it\'s \\$5 \\\\"\n'),
    "quotes of a connection string": ("A=1\n", "'two words'", "A=\"'two words'\"\n"),
    "empty": ("A=\n", "3", "A=3\n"),
    "empty with comment": ("A= # why\n", "3", "A=3 # why\n"),
    "the last one counts": ("A=1\nA=1\n", "3", "A=1\nA=3\n"),
    "Windows line ends": ("A=1\r\nB=2\r\n", "3", "A=3\r\nB=2\r\n"),
    "byte order mark": ("\ufeffA=1\n", "3", "\ufeffA=3\n"),
    "no final line break": ("B=2\nA=1", "3", "B=2\nA=3"),
    "reference": ("B=2\nA=$B\n", "3", "B=2\nA=3\n"),
}


@pytest.mark.parametrize(("text", "after", "expected"), SET.values(), ids=SET)
def test_a_value_is_set(text: str, after: str, expected: str) -> None:
    assert edited(text, put("A", after, "***")) == expected


@pytest.mark.parametrize("before", ["1 2", "'1 2'", "***", '"1 2"'])
def test_the_old_value_may_be_given_as_read_or_as_written(before: str) -> None:
    assert edited("A='1 2'\n", put("A", "3", before)) == "A='3'\n"


INSERTED = {
    "nothing": ("", "A=3\n"),
    "at the end": ("# b\nB=2\n", "# b\nB=2\nA=3\n"),
    "no final line break": ("B=2", "B=2\nA=3"),
    "Windows line ends": ("B=2\r\n", "B=2\r\nA=3\r\n"),
    "a comment is no line": ("# A=1\n", "# A=1\nA=3\n"),
}


@pytest.mark.parametrize(("text", "expected"), INSERTED.values(), ids=INSERTED)
def test_a_missing_line_is_added(text: str, expected: str) -> None:
    assert edited(text, put("A", "3")) == expected


def test_a_name_is_changed_wherever_it_is_given_a_value() -> None:
    assert edited("A=1 # A\nB=2\nexport A='3'\n", named("A", "C")) == "C=1 # A\nB=2\nexport C='3'\n"


def test_a_value_and_a_name_are_changed() -> None:
    edits = (named("A", "C"), put("A", "9", "1"), put("B", "8", "2"))
    assert edited("A=1\nB=2\n", *edits) == edited("A=1\nB=2\n", *reversed(edits)) == "C=9\nB=8\n"


def test_a_line_is_deleted() -> None:
    edit = Edit(".env", "A", "1", None, action=Action.DELETE)
    assert edited("# a\nA=1 # x\nB=2\n", edit) == "# a\nB=2\n"


def test_a_key_of_a_configuration_file_gets_a_value_from_yaml() -> None:
    text = "database.user=dev\nGEMINI.MODEL=x\n"
    assert edited(text, put("database.user", '"05"', '"dev"')) == "database.user=05\nGEMINI.MODEL=x\n"
    assert edited(text, put("gemini.model", "y", '"x"')) == "database.user=dev\nGEMINI.MODEL=y\n"
    assert edited(text, put("database.password", "")) == f"{text}database.password=\n"


REFUSED = {
    "changed since": ("A=1\n", (put("A", "3", "2"),), "A at line 1 was changed since"),
    "put in by somebody": ("A=1\n", (put("A", "3"),), "was changed since"),
    "no longer there": ("B=1\n", (put("A", "3", "2"),), "was changed since"),
    "renamed before": ("B=1\n", (named("A", "B"),), "was changed since"),
    "two values": ("A=1\n", (put("A", "2", "1"), put("A", "3", "1")), "two different things"),
    "set and deleted": (
        "A=1\n",
        (put("A", "2", "1"), Edit(".env", "A", "1", None, action=Action.DELETE)),
        "two different things",
    ),
    "several lines": ("A=1\n", (put("A", "2\n3", "1"),), "does not fit on one line"),
    "masked": ("A=1\n", (put("A", "'***'", "1"),), "masked"),
    "another line uses it": ("A=1\nB=$A\n", (put("A", "2", "1"),), "another line that uses it"),
    "another line uses the name": ("A=1\nB=$A\n", (named("A", "C"),), "another line that uses it"),
    "name is taken": ("A=1\nB=2\n", (named("A", "B"),), "B is there as well"),
    "no name": ("A=1\n", (named("A", "B C"),), "no name for a variable"),
}


@pytest.mark.parametrize(("text", "edits", "reason"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_edited_safely_is_refused(text: str, edits: tuple[Edit, ...], reason: str) -> None:
    with pytest.raises(Refused) as refused:
        edited(text, *edits)
    assert reason in str(refused.value)


LINE = st.sampled_from(
    ("A=1", "B = 'x y' # b", 'export C="q\nr"', "# note", "", "D=", "E= # e", "F=a#b", 'G="', "junk")
)


@given(st.lists(LINE, unique=True), st.sampled_from("ABCDEFH"), st.text(max_size=12), st.sampled_from(("\n", "\r\n")))
def test_any_value_is_read_back_and_the_rest_stays(lines: list[str], name: str, value: str, line_break: str) -> None:
    text = line_break.join((*lines, "Z=9", ""))
    expected = {one.name: one.value for one in parse(text)}
    edit = put(name, value, "***" if name in expected else None)
    if not value.isprintable() or "***" in value:
        with pytest.raises(Refused):
            edited(text, edit)
        return
    result = edited(text, edit)
    assert {one.name: one.value for one in parse(result)} == expected | {name: value}
    assert edited(result, edit) == result
