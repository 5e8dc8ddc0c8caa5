"""New values in JSON and TOML files."""

from __future__ import annotations

import pytest

from doctor.fixing.text import Refused, apply
from doctor.model import Action, Edit

JSON = '{\n  "Batch": {"enabled" : false, "list": [{"enabled": 1}, 2]},\n  "a.b": "x\\"y",\n  "n": null\n}\n'
TOML = (
    "# top\nname = \"x\"  # c\n\n[batch]\nenabled=false\nwait = '5m'\r\nlist = [\n 1 ]\n"
    "[[many]]\nenabled = 1\n[a.b]\nn = 1_0\n"
)


def put(key: str, after: str, before: str | None = "***") -> Edit:
    return Edit("config", key, before, after)


def edited(text: str, format: str, *edits: Edit) -> str:
    return apply(text.encode(), edits, format).decode()


@pytest.mark.parametrize(
    ("format", "text", "key", "after"),
    [("json", JSON, "batch.enabled", "false"), ("toml", TOML, "batch.enabled", "false"), ("toml", TOML, "name", '"x"')],
)
def test_what_is_there_already_stays(format: str, text: str, key: str, after: str) -> None:
    assert edited(text, format, put(key, after)) == text
    assert edited(text, format, put(key, after, "another")) == text


@pytest.mark.parametrize(
    ("key", "before", "after", "old", "new"),
    [
        ("batch.enabled", "false", "true", "false", "true"),
        ("batch.enabled", "***", "10m", "false", '"10m"'),
        ("a.b", '"x\\"y"', '"05"', '"x\\"y"', '"05"'),
        ("n", "***", "500", "null", "500"),
    ],
)
def test_a_json_value_is_set(key: str, before: str, after: str, old: str, new: str) -> None:
    assert edited(JSON, "json", put(key, after, before)) == JSON.replace(old, new, 1)


@pytest.mark.parametrize(
    ("key", "before", "after", "old", "new"),
    [
        ("batch.enabled", "false", "true", "false", "true"),
        ("batch.wait", '"5m"', "10m", "'5m'", '"10m"'),
        ("name", '"x"', "a b", '"x"', '"a b"'),
        ("a.b.n", "10", "20", "1_0", "20"),
    ],
)
def test_a_toml_value_is_set(key: str, before: str, after: str, old: str, new: str) -> None:
    assert edited(TOML, "toml", put(key, after, before)) == TOML.replace(old, new, 1)


@pytest.mark.parametrize(
    ("format", "text", "edit", "reason"),
    [
        ("json", JSON, put("batch.enabled", "true", "true?"), "was changed since"),
        ("json", JSON, put("batch.new", "1", None), "Set batch.new by hand."),
        ("json", JSON, put("batch.list", "1"), "Set batch.list by hand."),
        ("json", JSON, put("batch", "1"), "Set batch by hand."),
        ("json", JSON, put("n", ""), "Set n by hand."),
        ("json", JSON, Edit("c", "n", "***", None, 4, Action.DELETE), "Delete n at line 4 by hand."),
        ("json", JSON, Edit("c", "n", "n", "m", 4, Action.RENAME), "Rename n at line 4 by hand."),
        ("json", '{"a": 1, "A": 2}', put("a", "3"), "Set a by hand."),
        ("json", '{"a": 1', put("a", "3"), "does not parse"),
        ("toml", TOML, put("batch.enabled", "true", "1"), "was changed since"),
        ("toml", TOML, put("batch.list", "1"), "Set batch.list by hand."),
        ("toml", TOML, put("many.enabled", "2"), "Set many.enabled by hand."),
        ("toml", TOML, put("new", "1", None), "Set new by hand."),
        ("toml", "a = ", put("a", "3"), "does not parse"),
        ("ini", "a = 1", put("a", "3"), "a format that is not edited"),
    ],
)
def test_the_rest_is_left_to_the_user(format: str, text: str, edit: Edit, reason: str) -> None:
    with pytest.raises(Refused) as refused:
        edited(text, format, edit)
    assert reason in str(refused.value)
