"""The tool for mutation testing: what it turns round, that it really puts it in, and what is accepted."""

from __future__ import annotations

import importlib.util
import sys
from collections import Counter
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from types import ModuleType

import pytest

from tests.mutation.__main__ import PAGE
from tests.mutation.mutants import mutants
from tests.mutation.page import Row, accepted, page, rows
from tests.mutation.trial import Functions

ROOT = Path(__file__).resolve().parents[2]
SOURCE = """\
from functools import cache

DEFAULT = 3

def explains(when):
    return lambda function: function

@explains(when=lambda one, other: one == other)
def few(count):
    assert count != 7
    return count < DEFAULT

@cache
def known(name):
    return "yes" if name else "no"

def several(names, extra):
    return [each for each in names if each] or (not extra and DEFAULT)

def unused():
    return lambda x: x in ()
"""


@pytest.fixture
def module(tmp_path: Path) -> Iterator[ModuleType]:
    path = tmp_path / "checks_of_a_test.py"
    path.write_text(SOURCE, encoding="utf-8")
    spec = importlib.util.spec_from_file_location("checks.of_a_test", path)
    assert spec is not None
    assert spec.loader is not None
    found = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = found
    spec.loader.exec_module(found)
    yield found
    del sys.modules[spec.name]


def test_every_condition_is_turned_round(module: ModuleType) -> None:
    path = Path(module.__file__ or "")

    assert [str(each).partition(".py ")[2] for each in mutants(path)] == [
        "few: `count < DEFAULT` -> `count >= DEFAULT`",
        "few: `count < DEFAULT` -> `count <= DEFAULT`",
        "known: `name` -> `not name`",
        "several: `[each for each in names if each] or (not extra and DEFAULT)` -> "
        "`[each for each in names if each] and (not extra and DEFAULT)`",
        "several: `[each for each in names if each]` -> `not [each for each in names if each]`",
        "several: `each` -> `not each`",
        "several: `not extra and DEFAULT` -> `not extra or DEFAULT`",
        "several: `not extra` -> `extra`",
        "lambda: `x in ()` -> `x not in ()`",
        "lambda: `one == other` -> `one != other`",
    ]


def test_what_is_turned_round_is_put_in(module: ModuleType) -> None:
    """A cache does not hide it."""
    assert (module.few(3), module.known("a")) == (False, "yes")
    found = {str(each).partition(".py ")[2]: each for each in mutants(Path(module.__file__ or ""))}
    functions = Functions()

    assert functions.put_in(found["few: `count < DEFAULT` -> `count <= DEFAULT`"])
    assert module.few(3)
    assert functions.put_in(found["known: `name` -> `not name`"])
    assert module.known("a") == "no"


def test_what_is_nowhere_to_be_found_is_put_in_nowhere(module: ModuleType) -> None:
    path = Path(module.__file__ or "")
    (inner,) = (each for each in mutants(path) if "x in ()" in str(each))
    del module.unused

    assert not Functions().put_in(inner)


@pytest.mark.no_cover
@pytest.mark.slow
def test_what_is_accepted_is_there() -> None:
    lines = Counter(chain(*accepted().values()))
    there = Counter(str(each) for path in {line.partition(" ")[0] for line in lines} for each in mutants(Path(path)))

    assert lines - there == Counter()


def test_the_page_tells_what_is_accepted() -> None:
    text = PAGE.read_text(encoding="utf-8")
    known = rows(text)
    families = {family: row for family, row in known.items() if family != "all"}

    assert page(families) == text
    assert known["all"].survived == sum(len(each) for each in accepted().values())
    assert Row(1, 0, 2) in rows(page({"some": Row(1, 0, 2)})).values()
