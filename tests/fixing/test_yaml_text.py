"""Edits of YAML files, style by style."""

from __future__ import annotations

import pytest

from doctor.fixing.text import Refused, apply
from doctor.model import Action, Edit

DELETE, RENAME = Action.DELETE, Action.RENAME


def edited(text: str, *edits: Edit) -> str:
    return apply(text.encode(), edits, "yaml").decode()


def put(key: str, after: str | None, before: str | None = None, line: int | None = None) -> Edit:
    return Edit("config.yaml", key, before, after, line)


def gone(key: str, before: str = "***", line: int | None = None) -> Edit:
    return Edit("config.yaml", key, before, None, line, DELETE)


def named(key: str, before: str, after: str, line: int | None = None) -> Edit:
    return Edit("config.yaml", key, before, after, line, RENAME)


UNCHANGED = {
    "no edit": ("a: 1\n", ()),
    "nothing at all": ("", ()),
    "the value is there": ("a:\n  b: 1 # one\n", (put("a.b", "1", "1"),)),
    "the value was put in before": ("a:\n  b: true\n", (put("a.b", "true"),)),
    "the value was changed before": ("a:\n  b: true\n", (put("a.b", "true", "false"),)),
    "an empty line was put in before": ("a:\n  b:\n", (put("a.b", ""),)),
    "an empty one as null between braces": ("a: {b: null}\n", (put("a.b", ""),)),
    "the same in another spelling": ("A:\n  'B': true\n", (put("a.b", "true"),)),
}


@pytest.mark.parametrize(("text", "edits"), UNCHANGED.values(), ids=UNCHANGED)
def test_what_is_there_already_stays(text: str, edits: tuple[Edit, ...]) -> None:
    assert edited(text, *edits) == text


SET = {
    "plain": ("a:\n  b: 1\n", "1", "a:\n  b: 2\n"),
    "comment": ("a:\n  b: 1   # one\n", "1", "a:\n  b: 2   # one\n"),
    "tab and comment": ("a:\n  b: 1\t# one\ttab\n", "1", "a:\n  b: 2\t# one\ttab\n"),
    "double quotes": ('a:\n  b: "1 # x" # c\n', '"1 # x"', "a:\n  b: 2 # c\n"),
    "single quotes": ("a:\n  b: 'it''s'\n", "'it''s'", "a:\n  b: 2\n"),
    "several lines": ("a:\n  b: one\n    two\n  c: 3\n", "one\n    two", "a:\n  b: 2\n  c: 3\n"),
    "on the next line": ("a:\n  b:\n    1\n  c: 3\n", "1", "a:\n  b:\n    2\n  c: 3\n"),
    "literal": ("a:\n  b: |\n    x\n    # y\n  c: 3\n", "|\n    x\n    # y", "a:\n  b: 2\n  c: 3\n"),
    "folded with comment": ("a:\n  b: >- # why\n    x\n\n  c: 3\n", ">- # why\n    x", "a:\n  b: 2 # why\n\n  c: 3\n"),
    "kept lines": ("a:\n  b: |+\n    x\n\n\n  c: 3\n", "***", "a:\n  b: 2\n\n\n  c: 3\n"),
    "empty literal": ("a:\n  b: |\n  c: 3\n", "***", "a:\n  b: 2\n  c: 3\n"),
    "empty": ("a:\n  b:\n  c: 3\n", "", "a:\n  b: 2\n  c: 3\n"),
    "empty with comment": ("a:\n  b:   # why\n", "", "a:\n  b: 2   # why\n"),
    "tilde": ("a:\n  b: ~ # why\n", "~", "a:\n  b: 2 # why\n"),
    "tag": ("a:\n  b: !!str 1\n", "!!str 1", "a:\n  b: 2\n"),
    "anchor of nothing": ("a:\n  b: &x 1\n", "&x 1", "a:\n  b: &x 2\n"),
    "anchor left out": ("a:\n  b: &x 1\n", "1", "a:\n  b: &x 2\n"),
    "alias": ("x: &x 1\na:\n  b: *x # c\n", "*x", "x: &x 1\na:\n  b: 2 # c\n"),
    "braces": ("a: {b: 1, c: 3}\n", "1", "a: {b: 2, c: 3}\n"),
    "braces, quoted": ('a: {"b":"1","c":3}\n', '"1"', 'a: {"b":2,"c":3}\n'),
    "braces, nothing": ("a: {b: , c: 3}\n", "", "a: {b: 2 , c: 3}\n"),
    "braces, no colon": ("a: {b, c: 3}\n", "", "a: {b: 2, c: 3}\n"),
    "JSON": ('{\n  "a": {\n    "b": 1\n  }\n}\n', "1", '{\n  "a": {\n    "b": 2\n  }\n}\n'),
    "merge key": ("x: &x {b: 1, c: 3}\na:\n  <<: *x\n", "1", "x: &x {b: 1, c: 3}\na:\n  <<: *x\n  b: 2\n"),
    "aliased section": (
        "x: &x\n  b: 1\n  c: 3\na: *x # why\nd: 4\n",
        "1",
        "x: &x\n  b: 1\n  c: 3\na:\n  <<: *x # why\n  b: 2\nd: 4\n",
    ),
    "aliased section in braces": ("{x: &x {b: 1, c: 3}, a: *x }\n", "1", "{x: &x {b: 1, c: 3}, a: {<<: *x, b: 2} }\n"),
    "capitals": ("A:\n  B: 1\n", "1", "A:\n  B: 2\n"),
    "dotted": ("a.b: 1\nc: 3\n", "1", "a.b: 2\nc: 3\n"),
    "the one that counts": ("a:\n  b: 1\na.b: 1\n", "1", "a:\n  b: 1\na.b: 2\n"),
    "quoted key": ("\"a\":\n  'b': 1\n", "1", "\"a\":\n  'b': 2\n"),
    "explicit key": ("a:\n  ? b\n  : 1\n", "1", "a:\n  ? b\n  : 2\n"),
    "Windows line ends": ("a:\r\n  b: 1\r\nc: 3\r\n", "1", "a:\r\n  b: 2\r\nc: 3\r\n"),
    "mixed line ends": ("a:\r\n  b: 1\nc: 3\r\n", "1", "a:\r\n  b: 2\nc: 3\r\n"),
    "byte order mark": ("\ufeffa:\n  b: 1\n", "1", "\ufeffa:\n  b: 2\n"),
    "no final line break": ("a:\n  b: 1", "1", "a:\n  b: 2"),
    "first document": ("---\na:\n  b: 1\n---\na:\n  b: 1\n", "1", "---\na:\n  b: 2\n---\na:\n  b: 1\n"),
    "other letters": ("# ü €\nä: ö\na:\n  b: 1 # 𝄞\n", "1", "# ü €\nä: ö\na:\n  b: 2 # 𝄞\n"),
}


@pytest.mark.parametrize(("text", "before", "expected"), SET.values(), ids=SET)
def test_a_value_is_set(text: str, before: str | None, expected: str) -> None:
    assert edited(text, put("a.b", "2", before)) == expected


def test_a_comment_that_was_meant_as_a_part_of_the_value_becomes_one() -> None:
    text = "a: group #1\nb: #x\nc: 1 # one\n"
    assert edited(text, put("a", '"group #1"', "group")) == 'a: "group #1"\nb: #x\nc: 1 # one\n'
    assert edited(text, put("b", '"#x"', "")) == 'a: group #1\nb: "#x"\nc: 1 # one\n'
    assert edited(text, put("c", '"1 # one"', "1")) == 'a: group #1\nb: #x\nc: "1 # one" # one\n'


def test_a_value_becomes_empty() -> None:
    assert edited("a: 1 # x\nb: 2\n", put("a", "", "1"), put("b", "", "2")) == "a: # x\nb:\n"
    assert edited("a: {b: 1}\n", put("a.b", "", "1")) == "a: {b: null}\n"


@pytest.mark.parametrize(
    ("after", "written"),
    [("/tmp/x", "/tmp/x"), ("a, b", '"a, b"'), ('"a, b"', '"a, b"'), ("x{y}", '"x{y}"'), ("'{}'", "'{}'")],
)
def test_between_braces_a_text_gets_the_quotes_it_needs(after: str, written: str) -> None:
    assert edited("a: {b: 1, c: 2}\n", put("a.b", after, "1")) == f"a: {{b: {written}, c: 2}}\n"


INSERTED = {
    "behind the last key": ("a:\n  c: 1\n\nd: 1\n", "a:\n  c: 1\n  b: 2\n\nd: 1\n"),
    "before what belongs to the next": ("a:\n  c: 1\n# d\nd: 1\n", "a:\n  c: 1\n  b: 2\n# d\nd: 1\n"),
    "behind the comment of a section in it": (
        "a:\n  c:\n    d: 1\n    # e: 2\n  # f\ng: 1\n",
        "a:\n  c:\n    d: 1\n    # e: 2\n  b: 2\n  # f\ng: 1\n",
    ),
    "behind a list": ("a:\n  c:\n  - 1\n  -\nd: 1\n", "a:\n  c:\n  - 1\n  -\n  b: 2\nd: 1\n"),
    "behind a text": ("a:\n  c: |\n    # x\nd: 1\n", "a:\n  c: |\n    # x\n  b: 2\nd: 1\n"),
    "behind a text with its empty lines": ("a:\n  c: |+\n    x\n\nd: 1\n", "a:\n  c: |+\n    x\n\n  b: 2\nd: 1\n"),
    "wide steps": ("a:\n    c: 1\n", "a:\n    c: 1\n    b: 2\n"),
    "empty section": ("a:\n# c\nd: 1\n", "a:\n  b: 2\n# c\nd: 1\n"),
    "empty section with comment": ("a: # c\nd:\n    e: 1\n", "a: # c\n    b: 2\nd:\n    e: 1\n"),
    "null section": ("a: ~ # c\nd: 1\n", "a: # c\n  b: 2\nd: 1\n"),
    "new section": ("d: 1\n", "d: 1\na:\n  b: 2\n"),
    "new section among spaced ones": ("d:\n  e: 1\n\nf: 1\n", "d:\n  e: 1\n\nf: 1\n\na:\n  b: 2\n"),
    "new section with the step of the others": ("d:\n    e: 1\n", "d:\n    e: 1\na:\n    b: 2\n"),
    "new section behind the last comment": ("d: 1\n# end\n", "d: 1\n# end\n\na:\n  b: 2\n"),
    "new section before the next document": ("d: 1\n\n---\na: 1\n", "d: 1\na:\n  b: 2\n\n---\na: 1\n"),
    "no final line break": ("a:\n  c: 1", "a:\n  c: 1\n  b: 2"),
    "no final line break, new section": ("d: 1", "d: 1\na:\n  b: 2"),
    "Windows line ends": ("a:\r\n  c: 1\r\nd: 1\r\n", "a:\r\n  c: 1\r\n  b: 2\r\nd: 1\r\n"),
    "Windows line ends, no final one": ("d: 1\r\ne: 1", "d: 1\r\ne: 1\r\na:\r\n  b: 2"),
    "the line end of the line above": ("d: 1\r\na:\n  c: 1\ne: 1\r\n", "d: 1\r\na:\n  c: 1\n  b: 2\ne: 1\r\n"),
    "nothing": ("", "a:\n  b: 2\n"),
    "only a byte order mark": ("\ufeff", "\ufeffa:\n  b: 2\n"),
    "only comments": ("# c\n", "# c\n\na:\n  b: 2\n"),
    "only the start of a document": ("---\n", "---\na:\n  b: 2\n"),
    "capitals": ("A:\n  c: 1\n", "A:\n  c: 1\n  b: 2\n"),
    "dotted neighbours": ("a.c: 1\nd: 1\n", "a.c: 1\na.b: 2\nd: 1\n"),
    "empty braces": ("a: {} # c\n", "a: {b: 2} # c\n"),
    "empty braces with a blank": ("a: { }\n", "a: { b: 2 }\n"),
    "empty braces with a comment": ("a: {# c\n  }\n", "a: { b: 2 # c\n  }\n"),
    "braces": ("a: {c: 1}\n", "a: {c: 1, b: 2}\n"),
    "braces with blanks": ("a: { c: 1 } # x\n", "a: { c: 1, b: 2 } # x\n"),
    "braces with a last comma": ("a: {c: 1,}\n", "a: {c: 1, b: 2,}\n"),
    "braces over lines": (
        "a: {\n  c: 1, # c\n  d: 1 # d\n  # e\n}\n",
        "a: {\n  c: 1, # c\n  d: 1, # d\n  b: 2\n  # e\n}\n",
    ),
    "braces over lines with a last comma": ("a: {\n  c: 1, # c\n}\n", "a: {\n  c: 1, # c\n  b: 2,\n}\n"),
    "braces, null section": ("{a: , c: 1}\n", "{a: {b: 2} , c: 1}\n"),
    "braces, new section": ("{c: 1}\n", "{c: 1, a: {b: 2}}\n"),
    "JSON": ('{\n  "a": {\n    "c": 1\n  }\n}\n', '{\n  "a": {\n    "c": 1,\n    "b": 2\n  }\n}\n'),
    "aliased section": (
        "x: &x {c: 1}\ny: {z: 1}\na: *x\n",
        "x: &x {c: 1}\ny: {z: 1}\na:\n  <<: *x\n  b: 2\n",
    ),
}


@pytest.mark.parametrize(("text", "expected"), INSERTED.values(), ids=INSERTED)
def test_a_missing_key_is_put_where_a_person_would_put_it(text: str, expected: str) -> None:
    assert edited(text, put("a.b", "2")) == expected


def test_sections_are_made_inside_the_deepest_one_there_is() -> None:
    text = "gemini:\n  timeout: 1m\nlog: {}\n"
    assert edited(text, put("gemini.batch.enabled", "true")) == (
        "gemini:\n  timeout: 1m\n  batch:\n    enabled: true\nlog: {}\n"
    )
    assert edited(text, put("log.a.b", "1")) == "gemini:\n  timeout: 1m\nlog: {a: {b: 1}}\n"


DELETED = {
    "line and its comment": ("a:\n  c: 1\n  b: 2 # b\n  d: 1\n", "a:\n  c: 1\n  d: 1\n"),
    "comments above stay": ("a:\n  c: 1\n  # b\n  b: 2\n", "a:\n  c: 1\n  # b\n"),
    "section with its comments": ("a:\n  b:\n    # x\n    c: 1\n    # y\n  d: 1\n", "a:\n  d: 1\n"),
    "text": ("a:\n  b: |\n    x\n\n  d: 1\n", "a:\n\n  d: 1\n"),
    "below a text with its empty lines": ("c: |+\n  x\n\na:\n  b: 1\n\nd: 1\n", "c: |+\n  x\n\na:\n\nd: 1\n"),
    "last key": ("a:\n  b: 2\nd: 1\n", "a:\nd: 1\n"),
    "no final line break": ("a:\n  c: 1\n  b: 2", "a:\n  c: 1"),
    "no final line break, Windows": ("a:\r\n  c: 1\r\n  b: 2", "a:\r\n  c: 1"),
    "no final line break, below a text": ("a:\n  c: |\n    x\n  b: 2", "a:\n  c: |\n    x\n"),
    "braces, first": ("a: {b: 2, c: 1}\n", "a: {c: 1}\n"),
    "braces, middle": ("a: {c: 1, b: 2, d: 1}\n", "a: {c: 1, d: 1}\n"),
    "braces, last": ("a: {c: 1, b: 2}\n", "a: {c: 1}\n"),
    "braces, last with comma": ("a: {c: 1, b: 2,}\n", "a: {c: 1,}\n"),
    "braces, only": ("a: {b: 2}\n", "a: {}\n"),
    "braces, line": ("a: {\n  c: 1,\n  b: 2, # b\n  d: 1\n}\n", "a: {\n  c: 1,\n  d: 1\n}\n"),
    "braces, last line": ("a: {\n  c: 1, # c\n  b: 2 # b\n}\n", "a: {\n  c: 1 # c\n}\n"),
    "braces, end of a line": ("a: {c: 1, b: 2,\n  d: 1}\n", "a: {c: 1,\n  d: 1}\n"),
}


@pytest.mark.parametrize(("text", "expected"), DELETED.values(), ids=DELETED)
def test_a_key_is_deleted(text: str, expected: str) -> None:
    assert edited(text, gone("a.b")) == expected


def test_empty_lines_below_do_not_join_a_text_above() -> None:
    assert edited("c: |+\n  x\n\na: 1\n\nd: 1\n", gone("a")) == "c: |+\n  x\n\nd: 1\n"


def test_of_two_spellings_the_one_on_the_line_is_deleted() -> None:
    text = "a:\n  b: 1\n  B: 2\n"
    assert edited(text, gone("a.b", "1", 2)) == "a:\n  B: 2\n"
    assert edited(text, gone("a.B", "2", 3)) == "a:\n  b: 1\n"
    assert edited("a:\n  b: 1\na.b: 2\n", gone("a.b", "1", 2)) == "a:\na.b: 2\n"


REPEATED = {
    "next line": ("a:\n  b: 1\n  b: 1\n", gone("b", line=3), "a:\n  b: 1\n"),
    "other quotes": ("b: 1\n'b': 1\n# c\n", gone("b", line=2), "b: 1\n# c\n"),
    "one of two pairs": ("a: 1\na: 1\nb: 1\nb: 1\n", gone("b", line=4), "a: 1\na: 1\nb: 1\n"),
    "further down": ("b: 1 # x\nc: 1\nb: 1 # x\n", gone("b", line=3), "b: 1 # x\nc: 1\n"),
}


@pytest.mark.parametrize(("text", "edit", "expected"), REPEATED.values(), ids=REPEATED)
def test_of_two_equal_lines_the_second_is_deleted(text: str, edit: Edit, expected: str) -> None:
    assert edited(text, edit) == expected


@pytest.mark.parametrize(("lines", "expected"), [((4,), 3), ((3, 4), 2), ((4, 2), 2), ((2, 3, 4), 1)])
def test_of_several_equal_lines_those_asked_for_are_deleted(lines: tuple[int, ...], expected: int) -> None:
    assert edited("b: 1\n" * 4, *(gone("b", line=line) for line in lines)) == "b: 1\n" * expected


RENAMED = {
    "plain": ("a:\n  b: 1 # b\n", "a:\n  new: 1 # b\n"),
    "quotes": ("a:\n  'b' : 1\n", "a:\n  'new' : 1\n"),
    "double quotes in braces": ('{"a":{"b":1}}\n', '{"a":{"new":1}}\n'),
    "section": ("a:\n  b:\n    c: 1\n", "a:\n  new:\n    c: 1\n"),
    "dotted": ("a.b: 1\n", "a.new: 1\n"),
}


@pytest.mark.parametrize(("text", "expected"), RENAMED.values(), ids=RENAMED)
def test_a_key_is_renamed(text: str, expected: str) -> None:
    assert edited(text, named("a.b", "b", "new")) == expected


def test_several_edits_find_their_places_in_the_file_as_it_was() -> None:
    text = "a:\n  b: 1\n  c: 2\n  d: 3\ne:\n  f: 4\n"
    edits = [
        gone("a.b", "1", 2),
        put("a.c", "20", "2", 3),
        named("a.d", "d", "D2", 4),
        put("a.x", "5"),
        put("e.f", "40", "4", 6),
        put("z.y", "6"),
    ]
    expected = "a:\n  c: 20\n  D2: 3\n  x: 5\ne:\n  f: 40\nz:\n  y: 6\n"
    assert edited(text, *edits) == expected
    assert edited(text, *reversed(edits)) == expected
    assert edited(text, *edits, *edits) == expected


def test_a_section_and_a_key_in_it_are_renamed() -> None:
    edits = (named("a", "a", "x"), named("a.b", "b", "y"), put("a.c", "2", "1"))
    assert edited("a:\n  b: 1\n  c: 1\n", *edits) == "x:\n  y: 1\n  c: 2\n"


def test_sixteen_bit_text_stays_so() -> None:
    text = "\ufeffa: 1 # ü\n"
    for encoding in ("utf-16-le", "utf-16-be"):
        changed = apply(text.encode(encoding), [put("a", "2", "1")], "yaml")
        assert changed == text.replace("1", "2").encode(encoding)


REFUSED = {
    "changed since": ("a: 1\n", (put("a", "3", "2"),), "a at line 1 was changed since"),
    "put in by somebody": ("a: 1\n", (put("a", "3"),), "was changed since"),
    "no longer there": ("b: 1\n", (put("a", "3", "2"),), "was changed since"),
    "deleted before": ("b: 1\n", (gone("a"),), "was changed since"),
    "delete of another value": ("a: 1\n", (gone("a", "2"),), "was changed since"),
    "renamed before": ("b: 1\n", (named("a", "a", "b"),), "was changed since"),
    "two values": ("a: 1\n", (put("a", "2", "1"), put("a", "3", "1")), "two different things"),
    "two spellings of two values": ("x: 1\n", (put("a.b", "2"), put("A.B", "3")), "two different things"),
    "deleted and set": ("a: 1\n", (put("a", "2", "1"), gone("a")), "to be deleted and changed"),
    "deleted with what is set": ("a:\n  b: 1\n", (put("a.b", "2", "1"), gone("a")), "to be deleted and changed"),
    "section": ("a:\n  b: 1\n", (put("a", "2", ""),), "a at line 1 is a section"),
    "list": ("a: [1]\n", (put("a", "2", ""),), "a at line 1 is a list"),
    "in a list": ("a:\n- b: 1\n", (put("a[0].b", "2", "1"),), "a[0].b stands in a list"),
    "below a value": ("x: 1\na: 5\n", (put("a.b", "2"),), "a at line 2 is not a section"),
    "below a list": ("a:\n- 1\n", (put("a.b", "2"),), "a at line 1 is not a section"),
    "list at the top": ("- 1\n", (put("a.b", "2"),), "does not parse"),
    "anchor of others": ("a: &x 1\nb: *x\n", (put("a", "2", "&x 1"),), "the anchor &x"),
    "anchor deleted": ("a: &x 1\nb: *x\n", (gone("a"),), "a at line 1 is the anchor &x"),
    "section with an anchor deleted": ("a: &x\n  c: 1\nb: *x\n", (gone("a"),), "a at line 1 is the anchor &x"),
    "anchor in what is deleted": ("a:\n  c: &x 1\nb: *x\n", (gone("a"),), "a at line 1 holds the anchor &x"),
    "section of a merged one": (
        "x: &x\n  b: {c: 1, d: 1}\na:\n  <<: *x\n",
        (put("a.b.c", "2", "1"),),
        "a.b.d would change with it",
    ),
    "new name is taken": ("a: 1\nb: 1\n", (named("a", "a", "b"),), "b is there as well"),
    "new name is no name": ("a: 1\nb: 1\n", (named("a", "a", "x: y"),), "a at line 1 cannot be edited"),
    "key twice": ("a: 1\na: 1\n", (put("b", "2"),), "The key at line 2 stands at line 1 already"),
    "key twice with two values": ("a: 1\na: 2\n", (gone("a", line=2),), "Lines 1 and 2 do not say the same"),
    "section twice": ("a:\n  b: 1\na:\n  c: 1\n", (gone("a", line=3),), "do not say the same"),
    "does not parse": ("x: 1\na: [\n", (put("a", "2", "1"),), "does not parse at line 3"),
    "no text": ("a: \x07\n", (put("a", "2", "1"),), "does not parse"),
    "no text in another document": (
        "a: 1\n---\n" + "- x: 1\n" * 300 + "b: \x07\n",
        (put("a", "2", "1"),),
        "characters that YAML",
    ),
    "two byte order marks": ("\ufeff\ufeffa: 1\n", (put("a", "2", "1"),), "characters that YAML"),
    "value with a comment": ("a: 1\n", (put("a", "2 # x", "1"),), "not one value on one line"),
    "value over lines": ("a: 1\n", (put("a", "2\nb: 3", "1"),), "not one value on one line"),
    "masked value": ("a: 1\n", (put("a", "'***'", "1"),), "The new value of a is masked"),
    "below a text without its last break": ("c: |\n  x", (put("a.b", "2"),), "without changing more"),
    "explicit key deleted": ("a:\n  ? b\n  : 1\n", (gone("a.b"),), "a question mark"),
    "the only key before another document": ("a: 1\n---\nb: 1\n", (gone("a"),), "cannot be edited"),
}


@pytest.mark.parametrize(("text", "edits", "reason"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_edited_safely_is_refused(text: str, edits: tuple[Edit, ...], reason: str) -> None:
    with pytest.raises(Refused) as refused:
        edited(text, *edits)
    assert reason in str(refused.value)


def test_bytes_that_are_no_text_are_refused() -> None:
    with pytest.raises(Refused, match="bytes that are no text"):
        apply(b"a: 1\n# \xff\n", [put("a", "2", "1")], "yaml")


def test_deep_nesting_does_not_end_the_program() -> None:
    deep = "".join(f"{' ' * depth}k:\n" for depth in range(300)) + "a: 1\n"
    assert edited(deep, put("a", "2", "1")) == deep.replace("a: 1", "a: 2")
    braces = "x: " + "{k: " * 400 + "1" + "}" * 400 + "\na: 1\n"
    assert edited(braces, put("a", "2", "1")) == braces.replace("a: 1", "a: 2")
