"""
Facts as JSON values and back, by the annotations of their classes.

Nothing but the classes of facts, and what these are made of by their annotations, can come out of a bundle: the text in
it names members of enumerations, kinds of errors and fields, never a class or a function. What a file can hold under a
key without a type of its own (`Any`) is limited to plain values, each kind with a tag.
"""

from __future__ import annotations

import base64
import math
import types
from collections.abc import Callable, Mapping, Sequence
from dataclasses import MISSING, Field, fields, is_dataclass
from datetime import date, datetime, time, timedelta
from enum import Enum
from functools import cache
from typing import Any, Union, get_args, get_origin, get_type_hints

from doctor.engine import OutOfTime, Unexpected
from doctor.errors import Refused, Silent, SourceError, Withheld
from doctor.lazy import Lazy

Json = Any
"""What `json` reads and writes."""


class Unreadable(ValueError):
    """What stands in a bundle is not what a fact is made of; the text says where."""


# --- types -----------------------------------------------------------------------------------------------------


@cache
def hints(cls: type) -> Mapping[str, Any]:
    """The types of a class's fields; names that a module has for type checkers only are looked up in the facts."""
    return get_type_hints(cls, localns=_Names())


class _Names(dict[str, Any]):
    """Names of annotations whose modules are loaded late."""

    def __missing__(self, name: str) -> Any:
        from doctor import facts, schema

        if hasattr(schema, name):
            return getattr(schema, name)
        try:
            return getattr(facts, name)
        except AttributeError:
            raise KeyError(name) from None


def _parts(cls: type) -> tuple[Field[Any], ...]:
    return tuple(each for each in fields(cls) if each.init)


# --- writing ---------------------------------------------------------------------------------------------------


def encode(value: object) -> Json:
    """A fact, or the error in its place, as JSON values. A mapping becomes pairs, so that no key is a name of ours."""
    if value is None or isinstance(value, bool):
        return value
    for kind, write in _WRITERS:
        if isinstance(value, kind):
            return write(value)
    if is_dataclass(value) and type(value).__module__.startswith(_OURS):
        return {each.name: encode(getattr(value, each.name)) for each in _parts(type(value))}
    # A kind of value that no fact has today: its text is better than no bundle.
    return str(value)


# Where the classes are defined that facts are made of.
_OURS = ("doctor.facts", "doctor.model", "doctor.schema", "doctor.sources")


def _float(value: float) -> Json:
    return value if math.isfinite(value) else {"$float": repr(value)}


def _error(error: SourceError) -> Json:
    kind = next((name for name, known in ERRORS.items() if type(error) is known), "error")
    state = getattr(error, "sqlstate", None)
    return {"$error": kind, "reason": error.reason, "source": error.source, "sqlstate": state}


_WRITERS: tuple[tuple[type | tuple[type, ...], Callable[[Any], Json]], ...] = (
    (Enum, lambda value: value.value),
    (str, str),
    (int, int),
    (float, _float),
    (bytes, lambda value: {"$bytes": base64.b64encode(value).decode()}),
    (datetime, lambda value: {"$datetime": value.isoformat()}),
    (date, lambda value: {"$date": value.isoformat()}),
    (time, lambda value: {"$time": value.isoformat()}),
    (timedelta, lambda value: {"$seconds": value.total_seconds()}),
    (Mapping, lambda value: {"$map": [[encode(key), encode(item)] for key, item in value.items()]}),
    (tuple, lambda value: [encode(item) for item in value]),
    (Lazy, lambda value: [encode(item) for item in value]),
    (list, lambda value: {"$list": [encode(item) for item in value]}),
    ((frozenset, set), lambda value: {"$set": sorted((encode(item) for item in value), key=repr)}),
    (SourceError, _error),
)

ERRORS: Mapping[str, type[SourceError]] = {
    "error": SourceError,
    "refused": Refused,
    "silent": Silent,
    "withheld": Withheld,
    "out of time": OutOfTime,
    "unexpected": Unexpected,
}


# --- reading ---------------------------------------------------------------------------------------------------


def decode(value: Json, kind: Any, place: str = "") -> Any:
    """
    A value of this type.

    Raises Unreadable for anything else; `place` is where it stands, for the message.
    """
    origin = get_origin(kind)
    if kind is Any or kind is object:
        return _plain(value, place)
    if origin is Union or origin is types.UnionType:
        return _one_of(value, get_args(kind), place)
    if origin is not None:
        return _collection(value, origin, get_args(kind), place)
    if isinstance(kind, type):
        return _instance(value, kind, place)
    if kind is None:
        return _same(value, type(None), place)
    raise Unreadable(f"{place}: nothing of type {kind} can be in a bundle")


def decode_fact(value: Json, kind: type, place: str) -> object:
    """A fact, or the error that stands in its place."""
    return _failure(value, place) if isinstance(value, dict) and "$error" in value else decode(value, kind, place)


def _failure(value: dict[str, Json], place: str) -> SourceError:
    kind = ERRORS.get(value["$error"]) if isinstance(value["$error"], str) else None
    if kind is None:
        raise Unreadable(f"{place}: there is no such kind of error")
    reason, source = (_same(value.get(name), str, f"{place}.{name}") for name in ("reason", "source"))
    made: SourceError
    if kind is Refused:
        made = Refused(reason, _one_of(value.get("sqlstate"), (str, type(None)), f"{place}.sqlstate"))
        made.source = source
    else:
        made = kind(reason, source)
    return made


def _one_of(value: Json, kinds: Sequence[Any], place: str) -> Any:
    if value is None and type(None) in kinds:
        return None
    faults = []
    for kind in kinds:
        if kind is type(None):
            continue
        try:
            return decode(value, kind, place)
        except Unreadable as error:
            faults.append(error)
    raise faults[0] if faults else Unreadable(f"{place}: nothing fits here")


def _collection(value: Json, origin: Any, kinds: tuple[Any, ...], place: str) -> Any:
    if origin is Mapping or origin is dict or (isinstance(origin, type) and issubclass(origin, Mapping)):
        return _mapping(value, kinds, place)
    if origin in (frozenset, set):
        items = _same(_tagged(value, "$set", place), list, place)
        return frozenset(decode(item, kinds[0], place) for item in items)
    if origin is tuple and not (len(kinds) == 2 and kinds[1] is Ellipsis):
        return _fixed(value, kinds, place)
    if origin is tuple or origin is Sequence or origin is list:
        items = value if isinstance(value, list) else _same(_tagged(value, "$list", place), list, place)
        return tuple(decode(item, kinds[0], f"{place}[{number}]") for number, item in enumerate(items))
    if str(origin) == "typing.Literal":
        return value
    raise Unreadable(f"{place}: nothing of type {origin} can be in a bundle")


def _mapping(value: Json, kinds: tuple[Any, ...], place: str) -> dict[Any, Any]:
    made = {}
    for pair in _same(_tagged(value, "$map", place), list, place):
        if not isinstance(pair, list) or len(pair) != 2:
            raise Unreadable(f"{place}: a key and a value should stand here")
        key = decode(pair[0], kinds[0], place)
        made[key] = decode(pair[1], kinds[1], f"{place}[{str(key)[:40]!r}]")
    return made


def _fixed(value: Json, kinds: tuple[Any, ...], place: str) -> tuple[Any, ...]:
    items = _same(value, list, place)
    if len(items) != len(kinds):
        raise Unreadable(f"{place}: {len(kinds)} values should stand here, not {len(items)}")
    return tuple(decode(item, kind, place) for item, kind in zip(items, kinds, strict=True))


def _instance(value: Json, kind: type, place: str) -> Any:
    if issubclass(kind, Enum):
        try:
            return kind(value)
        except ValueError:
            raise Unreadable(f"{place}: is none of the words of {kind.__name__}") from None
    if is_dataclass(kind):
        return _made(value, kind, place)
    tag = next((tag for tag, (known, _) in _TAGS.items() if known is kind), None)
    if tag is not None:
        return _untag(tag, _tagged(value, tag, place), place)
    if kind is float:
        return _number(value, place)
    if kind in (str, int, bool, type(None)):
        return _same(value, kind, place)
    raise Unreadable(f"{place}: nothing of type {kind.__name__} can be in a bundle")


def _number(value: Json, place: str) -> float:
    if isinstance(value, dict):
        return float(_same(_tagged(value, "$float", place), str, place))
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Unreadable(f"{place}: a number should stand here")
    return value


def _made(value: Json, kind: type, place: str) -> Any:
    """A value of a class; a field that another version's bundle lacks has its default, one too many is passed over."""
    given = _same(value, dict, place)
    types = hints(kind)
    arguments = {}
    for each in _parts(kind):
        if each.name in given:
            arguments[each.name] = decode(given[each.name], types[each.name], f"{place}.{each.name}")
        elif each.default is MISSING and each.default_factory is MISSING:
            raise Unreadable(f"{place}: has no {each.name}")
    return kind(**arguments)


def _same(value: Json, kind: type, place: str) -> Any:
    if type(value) is not kind:
        raise Unreadable(f"{place}: {kind.__name__} should stand here, not {type(value).__name__}")
    return value


def _tagged(value: Json, tag: str, place: str) -> Json:
    if not isinstance(value, dict) or tag not in value:
        raise Unreadable(f"{place}: {tag[1:]} should stand here")
    return value[tag]


def _untag(tag: str, value: Json, place: str) -> Any:
    try:
        return _TAGS[tag][1](value)
    except (TypeError, ValueError, OverflowError):
        raise Unreadable(f"{place}: is no {tag[1:]}") from None


_TAGS: Mapping[str, tuple[type, Callable[[Any], Any]]] = {
    "$float": (type(None), float),
    "$bytes": (bytes, lambda text: base64.b64decode(text, validate=True)),
    "$datetime": (datetime, datetime.fromisoformat),
    "$date": (date, date.fromisoformat),
    "$time": (time, time.fromisoformat),
    "$seconds": (timedelta, lambda seconds: timedelta(seconds=seconds)),
}


def _plain(value: Json, place: str) -> Any:
    """What a file or a driver gave, of no type that a fact declares."""
    if isinstance(value, list):
        return tuple(_plain(item, place) for item in value)
    if not isinstance(value, dict):
        return value
    if len(value) == 1:
        ((tag, item),) = value.items()
        if tag == "$map":
            return _mapping(value, (Any, Any), place)
        if tag == "$list":
            return [_plain(each, place) for each in _same(item, list, place)]
        if tag == "$set":
            return frozenset(_plain(each, place) for each in _same(item, list, place))
        if tag in _TAGS:
            return _untag(tag, item, place)
    raise Unreadable(f"{place}: is no plain value")
