"""Frozen dataclasses that are cheap to make."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import MISSING, FrozenInstanceError, dataclass, field, fields
from operator import attrgetter
from typing import Any, TypeVar, dataclass_transform

Class = TypeVar("Class", bound=type)


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def value(cls: Class) -> Class:
    """
    A dataclass, frozen and with slots, like `@dataclass(frozen=True, slots=True)`.

    `dataclass` compiles six functions for every class, which for a hundred classes is a good part of the time that a
    short run takes. Comparison, hash and text are the same functions for all classes here, and what makes a value is
    compiled when the first one of its class is made: most classes are never used in a run.
    """
    made: Any = dataclass(init=False, slots=True, eq=False, repr=False)(cls)
    made.__init__ = _first
    made.__setattr__ = made.__delattr__ = _refuse
    made.__eq__ = _equals
    made.__hash__ = _hash
    made.__repr__ = _text
    made.__getstate__, made.__setstate__ = _state, _restore
    return made  # type: ignore[no-any-return]


def _first(self: Any, *arguments: object, **named: object) -> None:
    """Make the first value of a class, and with it the function that makes all others."""
    cls = type(self)
    cls.__init__ = _compiled(cls)
    cls.__init__(self, *arguments, **named)


def _compiled(cls: type) -> Any:
    """`__init__` with the fields as parameters, each set by its slot."""
    scope: dict[str, Any] = {"_missing": MISSING}
    parameters, lines = ["self"], []
    for each in fields(cls):
        name = each.name
        scope[f"_set_{name}"] = getattr(cls, name).__set__
        given = name
        if each.default_factory is not MISSING:
            scope[f"_new_{name}"] = each.default_factory
            parameters.append(f"{name}=_missing")
            given = f"_new_{name}() if {name} is _missing else {name}"
        elif each.default is not MISSING:
            scope[f"_default_{name}"] = each.default
            parameters.append(f"{name}=_default_{name}")
        else:
            parameters.append(name)
        lines.append(f" _set_{name}(self, {given})")
    exec(f"def __init__({', '.join(parameters)}):\n" + "\n".join(lines or [" pass"]), scope)  # noqa: S102 - names of fields
    made = scope["__init__"]
    made.__qualname__ = f"{cls.__qualname__}.__init__"
    return made


def _refuse(self: object, name: str, *_: object) -> None:
    raise FrozenInstanceError(f"cannot assign to field {name!r} of {type(self).__name__}")


def _state(self: Any) -> list[object]:
    """What `pickle` and `copy` keep of a value."""
    return [getattr(self, each.name) for each in fields(self)]


def _restore(self: Any, state: list[object]) -> None:
    """Set the fields past what refuses to: nothing else could, where no value of the class was made yet."""
    for each, content in zip(fields(self), state, strict=True):
        object.__setattr__(self, each.name, content)


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
