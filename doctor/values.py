"""Frozen dataclasses that are cheap to make."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, fields
from operator import attrgetter
from typing import Any, TypeVar, dataclass_transform

Class = TypeVar("Class", bound=type)


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def value(cls: Class) -> Class:
    """
    A dataclass, frozen and with slots, like `@dataclass(frozen=True, slots=True)`.

    `dataclass` compiles six functions for every class, which for a hundred classes is a good part of the time that a
    short run takes. Comparison, hash and text are the same three functions for all classes here.
    """
    made: Any = dataclass(frozen=True, slots=True, eq=False, repr=False)(cls)
    made.__eq__ = _equals
    made.__hash__ = _hash
    made.__repr__ = _text
    return made  # type: ignore[no-any-return]


_readers: dict[type, Callable[[object], object]] = {}


def _content(of: Any) -> object:
    """All that makes a value equal to another one."""
    cls = type(of)
    reader = _readers.get(cls)
    if reader is None:
        names = [each.name for each in fields(cls) if each.compare]
        reader = _readers[cls] = attrgetter(*names) if names else lambda _: None
    return reader(of)


def _equals(self: object, other: object) -> Any:
    if other.__class__ is not self.__class__:
        return NotImplemented
    return _content(self) == _content(other)


def _hash(self: object) -> int:
    return hash((self.__class__, _content(self)))


def _text(self: Any) -> str:
    shown = ", ".join(f"{each.name}={getattr(self, each.name)!r}" for each in fields(self) if each.repr)
    return f"{self.__class__.__qualname__}({shown})"
