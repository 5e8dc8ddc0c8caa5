"""Values behave like frozen dataclasses with slots."""

from __future__ import annotations

import copy
import dataclasses
import pickle

import pytest

from doctor.values import value


@value
class Point:
    """A value."""

    x: int
    y: int = 0
    secret: str = dataclasses.field(default="s", repr=False, compare=False)


@value
class Place:
    """Another one with the same fields."""

    x: int
    y: int = 0


@value
class Nothing:
    """A value without content."""


def test_equal_content_is_equal() -> None:
    assert Point(1, 2) == Point(1, 2)
    assert hash(Point(1, 2)) == hash(Point(1, 2))
    assert Point(1, secret="a") == Point(1, secret="b")
    assert Nothing() == Nothing()


def test_other_content_or_another_class_is_not() -> None:
    assert Point(1, 2) != Point(2, 1)
    assert Point(1) != Place(1)
    assert Point(1) != (1, 0)
    assert len({Point(1), Place(1), Point(2)}) == 3


def test_its_text_leaves_out_what_is_not_to_be_shown() -> None:
    assert repr(Point(1, 2, "hunter2")) == "Point(x=1, y=2)"
    assert repr(Nothing()) == "Nothing()"


def test_it_cannot_be_changed_and_has_nothing_but_its_fields() -> None:
    point = Point(1)

    with pytest.raises(dataclasses.FrozenInstanceError):
        point.x = 2  # type: ignore[misc]
    with pytest.raises((AttributeError, TypeError)):
        point.z = 3  # type: ignore[attr-defined]
    assert not hasattr(point, "__dict__")


def test_the_tools_for_dataclasses_work_on_it() -> None:
    assert dataclasses.is_dataclass(Point)
    assert dataclasses.replace(Point(1), y=5) == Point(1, 5)
    assert dataclasses.asdict(Place(1)) == {"x": 1, "y": 0}


@pytest.mark.parametrize("of", [Point(1, 2, "a"), Place(1), Nothing()], ids=repr)
def test_it_goes_to_another_process_and_back(of: object) -> None:
    again = [copy.copy(of), copy.deepcopy(of), *(pickle.loads(pickle.dumps(of, each)) for each in range(2, 6))]

    assert all(each == of and repr(each) == repr(of) for each in again)
    assert all(getattr(each, "secret", "") == getattr(of, "secret", "") for each in again)
