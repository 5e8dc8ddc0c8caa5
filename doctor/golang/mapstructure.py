"""mapstructure 2.2.1 as viper sets it up: weak decoding, with its two hooks for text."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from doctor.golang.duration import parse_duration
from doctor.golang.numbers import INT64_MIN, parse_bool, parse_float, parse_int
from doctor.golang.text import format_float
from doctor.golang.values import UInt64, kind_name, plain, syntax, type_name


@dataclass(frozen=True, slots=True)
class Scalar:
    """A field that takes one value; `kind` is string, int, float, bool, optional bool or duration."""

    kind: str
    go_type: str


@dataclass(frozen=True, slots=True)
class Slice:
    """A list field; its zero value is None, which is not the same as an empty list."""

    element: Target


@dataclass(frozen=True, slots=True)
class Struct:
    """A section, with its fields in their order."""

    fields: dict[str, Target]


Target = Scalar | Slice | Struct

_TYPES = {
    "string": "string",
    "int": "int",
    "float": "float64",
    "bool": "bool",
    "optional bool": "bool",
    "duration": "time.Duration",
}
_ZEROES: dict[str, Any] = {"string": "", "int": 0, "float": 0.0, "bool": False, "optional bool": None, "duration": 0}

# Letters outside ASCII that strings.EqualFold takes for one of ASCII.
_FOLDED = {0x17F: "s", 0x212A: "k"}


def scalar(kind: str, go_type: str | None = None) -> Scalar:
    """A field of one of the kinds, with the type that messages name."""
    return Scalar(kind, go_type or _TYPES[kind])


@dataclass(frozen=True, slots=True)
class Refusal:
    """One value that does not decode: its dotted place (`connectors[0].name`) and mapstructure's line about it."""

    key: str
    text: str


class _RefusedError(Exception):
    """Carries the text for the place at hand."""


def zero(target: Target) -> Any:
    """The value of a field that nothing is decoded into."""
    if isinstance(target, Scalar):
        return _ZEROES[target.kind]
    if isinstance(target, Slice):
        return None
    return {name: zero(field) for name, field in target.fields.items()}


def decode(data: Any, target: Target, name: str = "") -> tuple[Any, list[Refusal]]:
    """The decoded value and all refusals in the order of the fields; what is refused has its zero value."""
    refused: list[Refusal] = []
    return _decode(name, data, target, refused), refused


def message(refused: list[Refusal]) -> str:
    """The whole error text for what was refused."""
    lines = "\n".join(refusal.text for refusal in refused)
    return f"decoding failed due to the following error(s):\n\n{lines}"


def _decode(name: str, data: Any, target: Target, refused: list[Refusal]) -> Any:
    if data is None:
        return zero(target)
    if isinstance(target, Slice):
        return _decode_slice(name, data, target, refused)
    try:
        if isinstance(target, Struct):
            return _decode_struct(name, data, target, refused)
        return _DECODERS[target.kind](name, data, target)
    except _RefusedError as error:
        refused.append(Refusal(name, str(error)))
        return zero(target)


def _decode_struct(name: str, data: Any, target: Struct, refused: list[Refusal]) -> dict[str, Any]:
    if not isinstance(data, dict):
        kind = kind_name(data)
        if kind != "struct":
            raise _RefusedError(f"'{name}' expected a map, got '{kind}'")
        data = {}  # a date: Go finds a struct, and in it no field that it could use
    return {
        field: _decode(f"{name}.{field}" if name else field, _field(data, field), kind, refused)
        for field, kind in target.fields.items()
    }


def _field(data: dict[Any, Any], name: str) -> Any:
    if name in data:
        return data[name]
    for key in data:
        if isinstance(key, str) and not key.isascii() and key.lower().translate(_FOLDED) == name:
            return data[key]
    return None


def _decode_slice(name: str, data: Any, target: Slice, refused: list[Refusal]) -> list[Any]:
    if isinstance(data, str):
        data = data.split(",") if data else []
    elif not isinstance(data, list):
        # An empty map makes an empty list, anything else becomes its only element.
        data = [] if data == {} and isinstance(data, dict) else [data]
    return [_decode(f"{name}[{index}]", item, target.element, refused) for index, item in enumerate(data)]


def _decode_string(name: str, data: Any, target: Scalar) -> str:
    if isinstance(data, str):
        return data
    if isinstance(data, bool):
        return "1" if data else "0"
    if isinstance(data, int):
        return str(int(data))
    if isinstance(data, float):
        return format_float(data)
    raise _unconvertible(name, data, target)


def _decode_int(name: str, data: Any, target: Scalar) -> int:
    if isinstance(data, int):
        return _wrapped(data) if isinstance(data, UInt64) else int(data)
    if isinstance(data, float):
        return _truncated(data)
    if not isinstance(data, str):
        raise _unconvertible(name, data, target)
    try:
        return parse_int(data or "0")
    except ValueError as error:
        raise _RefusedError(f"cannot parse '{name}' as int: {error}") from None


def _decode_duration(name: str, data: Any, target: Scalar) -> int:
    if not isinstance(data, str):
        return _decode_int(name, data, target)
    try:
        return parse_duration(data)
    except ValueError as error:
        raise _RefusedError(f"error decoding '{name}': {error}") from None


def _decode_float(name: str, data: Any, target: Scalar) -> float:
    if isinstance(data, float | int):
        return float(data)
    if not isinstance(data, str):
        raise _unconvertible(name, data, target)
    try:
        return parse_float(data or "0")
    except ValueError as error:
        raise _RefusedError(f"cannot parse '{name}' as float: {error}") from None


def _decode_bool(name: str, data: Any, target: Scalar) -> bool:
    if isinstance(data, float | int):
        return data != 0
    if not isinstance(data, str):
        # The library formats the field itself where its type is meant, hence this odd wording.
        shown = syntax(data)
        text = f"'{name}' expected type '%!s(bool=false)', got unconvertible type '{shown}', value: '{shown}'"
        raise _RefusedError(text)
    if not data:
        return False
    try:
        return parse_bool(data)
    except ValueError as error:
        raise _RefusedError(f"cannot parse '{name}' as bool: {error}") from None


def _unconvertible(name: str, data: Any, target: Scalar) -> _RefusedError:
    return _RefusedError(
        f"'{name}' expected type '{target.go_type}', got unconvertible type '{type_name(data)}', value: '{plain(data)}'"
    )


def _wrapped(value: int) -> int:
    """int64 of a uint64: the same bits."""
    return value - (1 << 64) if value >= 1 << 63 else int(value)


def _truncated(value: float) -> int:
    """int64 of a float64 as processors of type amd64 convert: what does not fit becomes the smallest number."""
    if not math.isfinite(value) or not -(2.0**63) <= value < 2.0**63:
        return INT64_MIN
    return int(value)


_DECODERS: dict[str, Callable[[str, Any, Scalar], Any]] = {
    "string": _decode_string,
    "int": _decode_int,
    "float": _decode_float,
    "bool": _decode_bool,
    "optional bool": _decode_bool,
    "duration": _decode_duration,
}
