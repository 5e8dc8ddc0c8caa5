"""Redacting whole values: every text in a report, a verdict or a log's events, wherever it stands in it."""

from __future__ import annotations

import dataclasses
import operator
from collections.abc import Callable, Iterable, Mapping
from enum import Enum
from typing import Any, TypeVar

from doctor.lazy import Lazy
from doctor.redact import Changes, Redactor

Value = TypeVar("Value")

# What holds no text.
_PLAIN = frozenset((int, float, bool, type(None)))


def scrub(value: Value, redactor: Callable[[str], str]) -> Value:
    """
    The same value with every text in it redacted; dataclasses, tuples, lists and mappings are walked.

    What holds no secret stays the object that it was: most does, and there can be very much of it.
    """
    changes = redactor.changes if isinstance(redactor, Redactor) else Changes(redactor)
    return _scrub(value, changes)  # type: ignore[no-any-return]


def _scrub(value: Any, changes: Changes) -> Any:
    if type(value) is str:
        changed = changes[value]
        return value if changed is None else changed
    # A subclass of a text (an enumeration) is one of our own words.
    if value is None or isinstance(value, str | int | float | Enum):
        return value
    if isinstance(value, tuple | list):
        items = _each(value, changes)
        if not any(map(operator.is_not, items, value)):
            return value
        return items if isinstance(value, list) else tuple(items)
    if isinstance(value, Lazy):
        return value.mapped(lambda item: _scrub(item, changes))
    if isinstance(value, Mapping):
        names, items = _each(value, changes), _each(value.values(), changes)
        same = not any(map(operator.is_not, (*names, *items), (*value, *value.values())))
        return value if same else dict(zip(names, items, strict=True))
    fields = _fields_of(type(value))
    return value if fields is None else _replaced(value, fields, changes)


def _each(items: Iterable[Any], changes: Changes) -> list[Any]:
    """All of them; texts, which most are, without a further call."""
    return [
        (item if (changed := changes[item]) is None else changed)
        if type(item) is str
        else item
        if type(item) in _PLAIN
        else _scrub(item, changes)
        for item in items
    ]


# The names of a dataclass's fields, and what takes their values out of one, None for another class.
_Fields = tuple[tuple[str, ...], Callable[[Any], tuple[Any, ...]]] | None
_known: dict[type, _Fields] = {}


def _replaced(value: Any, fields: tuple[tuple[str, ...], Callable[[Any], tuple[Any, ...]]], changes: Changes) -> Any:
    names, values_of = fields
    values = values_of(value)
    items = _each(values, changes)
    other = {name: new for name, new, old in zip(names, items, values, strict=True) if new is not old}
    return dataclasses.replace(value, **other) if other else value


def _fields_of(cls: type[Any]) -> _Fields:
    if cls not in _known:
        names = (
            tuple(each.name for each in dataclasses.fields(cls) if each.init) if dataclasses.is_dataclass(cls) else ()
        )
        _known[cls] = (names, _getter(names)) if names else None
    return _known[cls]


def _getter(names: tuple[str, ...]) -> Callable[[Any], tuple[Any, ...]]:
    get = operator.attrgetter(*names)
    return get if len(names) > 1 else lambda value: (get(value),)
