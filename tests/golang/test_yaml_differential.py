"""Documents that have one meaning in every YAML: read here as ruamel.yaml reads them, however they are written."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from doctor.golang import yaml

ROOT = Path(__file__).parents[2]
FILES = sorted((*ROOT.glob("configs/*.yaml"), *ROOT.glob("fixtures/healthy-*/root/configs/*.yaml")))

# What yaml.v3 does otherwise than YAML 1.2 says, and what both make of `a`, None where one refuses it.
DIFFERENCES: dict[str, tuple[bytes, Any, Any]] = {
    "a leading zero makes a number octal": (b"a: 0123", 83, 123),
    "behind a sign as well": (b"a: -010", -8, -10),
    "in brackets a question mark ends a word": (b"a: [b?c]", None, ["b?c"]),
    "and a colon begins a value": (b"a: [:0]", None, [":0"]),
}

TEXTS = st.text(st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"], exclude_characters="?:\ufeff\ufffe\uffff"))
NAMES = st.text("abcdefgh-_.", min_size=1, max_size=6)
SCALARS = st.none() | st.booleans() | st.integers(-(2**62), 2**62) | st.floats(-1e9, 1e9, width=32) | TEXTS
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3), max_leaves=8
)


def by_ruamel(data: bytes) -> Any:
    return YAML(typ="safe", pure=True).load(data)


def written(value: Any, *, flow: bool, width: int) -> bytes:
    writer = YAML(typ="safe", pure=True)
    writer.default_flow_style = flow
    writer.width = width
    writer.allow_unicode = True
    stream = io.BytesIO()
    writer.dump(value, stream)
    return stream.getvalue()


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_files_of_the_project(path: Path) -> None:
    data = path.read_bytes()
    assert yaml.load(data).values == (by_ruamel(data) or {})


@settings(max_examples=40)
@given(st.dictionaries(NAMES, VALUES, max_size=4), st.booleans(), st.sampled_from([20, 80, 4096]))
@example({"a": 'it\'s: "x" # y', "b": ["- z", "null", "0x1"]}, False, 20)
def test_what_ruamel_writes(value: dict[str, Any], flow: bool, width: int) -> None:
    data = written(value, flow=flow, width=width)

    assert yaml.load(data).values == by_ruamel(data) == value


@pytest.mark.parametrize("case", DIFFERENCES.values(), ids=DIFFERENCES)
def test_where_they_part(case: tuple[bytes, Any, Any]) -> None:
    data, ours, theirs = case

    if ours is None:
        with pytest.raises(yaml.YamlError):
            yaml.load(data)
    else:
        assert yaml.load(data).values == {"a": ours}
    assert by_ruamel(data) == {"a": theirs}
