"""Edits of YAML documents in any style: what was asked for happens, and nothing else."""

from __future__ import annotations

import copy
import re
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from doctor.fixing.text import Refused, apply
from doctor.golang import yaml
from doctor.model import Action, Edit
from tests.fixing.yaml_documents import documents, leaves

pytestmark = [pytest.mark.slow, pytest.mark.no_cover]

NEW = {"true": True, "7": 7, "35m": "35m", '"a, b"': "a, b", "/tmp/x": "/tmp/x", "": None, "a [b], c": "a [b], c"}

KNOWN = re.compile(r"# (?:why|a: b|tab|head|about \S+|off: 1|further in|tail)|#\{\[,\]\}'")

SCALAR = (str, bool, int, float, type(None))

relaxed = settings(
    deadline=None,
    max_examples=40,
    derandomize=True,
    suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow],
)


def values(text: str) -> dict[str, Any]:
    return yaml.load(text.encode()).values


def edited(text: str, *edits: Edit) -> str:
    return apply(text.encode(), edits, "yaml").decode()


def put(tree: dict[str, Any], path: tuple[str, ...], value: Any) -> dict[str, Any]:
    """The tree with another value at a path, whose sections are made where there is none."""
    tree = copy.deepcopy(tree)
    place = tree
    for name in path[:-1]:
        if place.get(name) is None:
            place[name] = {}
        place = place[name]
    place[path[-1]] = value
    return tree


def untouched(before: str, after: str) -> int:
    """How many characters of the old text are the same from its start and from its end."""
    start = alike(before, after)
    return start + alike(before[start:][::-1], after[start:][::-1])


def alike(one: str, other: str) -> int:
    """How many characters two texts share from the start."""
    return next((index for index, pair in enumerate(zip(one, other, strict=False)) if pair[0] != pair[1]), len(one))


def pick(data: st.DataObject, text: str, *kinds: type) -> tuple[tuple[str, ...], Any]:
    found = [(path, value) for path, value in leaves(values(text)) if isinstance(value, kinds)]
    assume(found)
    return data.draw(st.sampled_from(found))


@relaxed
@given(documents(), st.data())
def test_a_value_set_again_to_what_it_is_changes_nothing_else(text: str, data: st.DataObject) -> None:
    path, value = pick(data, text, bool, int)
    written = str(value).lower() if isinstance(value, bool) else str(value)
    result = edited(text, Edit("f", ".".join(path).lower(), "***", written))
    assert values(result) == values(text)


@relaxed
@given(documents(), st.data(), st.sampled_from(sorted(NEW)))
def test_a_value_is_set_where_it_stands(text: str, data: st.DataObject, new: str) -> None:
    path, old = pick(data, text, *SCALAR)
    edit = Edit("f", ".".join(path).lower(), "***", new)
    result = edited(text, edit)
    assert values(result) == put(values(text), path, NEW[new])
    assert comments(result) == comments(text)
    assert untouched(text, result) >= len(text) - max(len(str(old)), 4) - 40
    assert edited(result, edit) == result


@relaxed
@given(documents(), st.data(), st.sampled_from(sorted(NEW)), st.sampled_from(("new", "new.one", "new.one.deep")))
def test_a_missing_key_is_added_and_the_rest_stays(text: str, data: st.DataObject, new: str, name: str) -> None:
    sections = [path for path, value in leaves(values(text)) if isinstance(value, dict | None)]
    above = data.draw(st.sampled_from([(), *sections]))
    path = (*above, *name.split("."))
    edit = Edit("f", ".".join(path).lower(), None, new)
    result = edited(text, edit)
    assert values(result) == put(values(text), path, NEW[new])
    assert comments(result) == comments(text)
    assert untouched(text, result) >= len(text) - 40
    assert ("\r\n" in text) == ("\r\n" in result) or "\n" not in text
    assert edited(result, edit) == result


@relaxed
@given(documents(), st.data())
def test_a_key_is_deleted_and_the_rest_stays(text: str, data: st.DataObject) -> None:
    path, _ = pick(data, text, *SCALAR, dict, list)
    # Without its last key the document would be none, and the next one take its place.
    assume(len(path) > 1 or len(values(text)) > 1)
    edit = Edit("f", ".".join(path).lower(), "***", None, action=Action.DELETE)
    result = edited(text, edit)
    assert emptied(values(result)) == emptied(without(values(text), path))
    assert set(comments(result)) <= set(comments(text))
    with pytest.raises(Refused):
        edited(result, edit)


def without(tree: dict[str, Any], path: tuple[str, ...]) -> dict[str, Any]:
    tree = copy.deepcopy(tree)
    place = tree
    for name in path[:-1]:
        place = place[name]
    del place[path[-1]]
    return tree


def emptied(tree: Any) -> Any:
    """A section that holds nothing is the same as null."""
    if isinstance(tree, dict):
        return {name: emptied(value) for name, value in tree.items()} or None
    return tree


@relaxed
@given(documents(), st.data())
def test_a_key_is_renamed_and_the_rest_stays(text: str, data: st.DataObject) -> None:
    path, value = pick(data, text, *SCALAR, dict, list)
    edit = Edit("f", ".".join(path).lower(), path[-1], "renamed", action=Action.RENAME)
    result = edited(text, edit)
    assert values(result) == put(without(values(text), path), (*path[:-1], "renamed"), value)
    assert comments(result) == comments(text)
    assert untouched(text, result) >= len(text) - len(path[-1])
    with pytest.raises(Refused):
        edited(result, edit)


@relaxed
@given(documents(), st.data())
def test_the_order_of_edits_of_what_is_there_does_not_matter(text: str, data: st.DataObject) -> None:
    found = [path for path, value in leaves(values(text)) if isinstance(value, SCALAR)]
    assume(found)
    paths = data.draw(st.lists(st.sampled_from(found), unique=True, min_size=1, max_size=4))
    edits = [Edit("f", ".".join(path).lower(), "***", str(number)) for number, path in enumerate(paths)]
    expected = values(text)
    for number, path in enumerate(paths):
        expected = put(expected, path, number)
    shuffled = data.draw(st.permutations(edits))
    assert values(edited(text, *edits)) == expected
    assert edited(text, *shuffled) == edited(text, *edits)


def comments(text: str) -> list[str]:
    """All comments of a text, by the words that stand in comments only."""
    return KNOWN.findall(text)
