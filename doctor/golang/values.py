"""Values as Go's decoders hand them on where Python's own types do not tell enough, and how fmt prints them."""

from __future__ import annotations

from typing import Any

from doctor.golang.text import format_float, general_float, quote


class Int64(int):
    """An int64 where Go's decoder does not make an int of it."""


class UInt64(int):
    """A uint64: a number above the largest int64."""


class AnyMap(dict[Any, Any]):
    """A map[interface {}]interface {}: one with keys other than text."""


_MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)

_NAMES: dict[type, tuple[str, str]] = {
    bool: ("bool", "bool"),
    int: ("int", "int"),
    Int64: ("int64", "int64"),
    UInt64: ("uint64", "uint64"),
    float: ("float64", "float64"),
    str: ("string", "string"),
    list: ("slice", "[]interface {}"),
    dict: ("map", "map[string]interface {}"),
    AnyMap: ("map", "map[interface {}]interface {}"),
}


def kind_name(value: Any) -> str:
    """reflect.Kind of a value: `int`, `slice`, `map`, ..."""
    known = _NAMES.get(type(value))
    return known[0] if known else "struct"


def type_name(value: Any) -> str:
    """%T: `[]interface {}`, `time.Time`, ..."""
    known = _NAMES.get(type(value))
    return known[1] if known else str(value.go_type)


def key_text(key: Any) -> str:
    """cast.ToString, which makes text of a key."""
    if isinstance(key, str):
        return key
    if key is None:
        return ""
    if isinstance(key, bool):
        return "true" if key else "false"
    if isinstance(key, float):
        return format_float(key)
    return "" if isinstance(key, dict | list) else str(key)


def plain(value: Any) -> str:
    """%v: maps as `map[a:1]` with sorted keys, lists as `[a b]`, null as `<nil>`."""
    if isinstance(value, str):
        return value
    if value is None:
        return "<nil>"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return general_float(value)
    if isinstance(value, list):
        return f"[{' '.join(map(plain, value))}]"
    if isinstance(value, dict):
        return f"map[{' '.join(f'{plain(key)}:{plain(value[key])}' for key in _sorted(value))}]"
    return str(value)


def syntax(value: Any) -> str:
    """%#v: the value as Go source."""
    if isinstance(value, str):
        return quote(value)
    if value is None:
        return "interface {}(nil)"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return general_float(value)
    if isinstance(value, list):
        return f"{type_name(value)}{{{', '.join(map(syntax, value))}}}"
    if isinstance(value, dict):
        pairs = (f"{syntax(key)}:{syntax(value[key])}" for key in _sorted(value))
        return f"{type_name(value)}{{{', '.join(pairs)}}}"
    if isinstance(value, UInt64):
        return f"{int(value):#x}"
    if isinstance(value, int):
        return str(value)
    return _time_syntax(value) if value.go_type == "time.Time" else str(value.go_syntax())


def _time_syntax(time: Any) -> str:
    month = _MONTHS[time.month - 1]
    clock = f"{time.hour}, {time.minute}, {time.second}, {time.nanosecond}"
    zone = 'time.Location("")' if time.offset else "time.UTC"
    return f"time.Date({time.year}, time.{month}, {time.day}, {clock}, {zone})"


def _sorted(values: dict[Any, Any]) -> list[Any]:
    """Keys in fmt's order: null, then by kind as far as kinds can be compared at all, then by value."""
    return sorted(values, key=lambda key: (key is not None, kind_name(key), _comparable(key)))


def _comparable(key: Any) -> Any:
    if isinstance(key, str):
        return key.encode("utf-8", "surrogateescape")
    return str(key) if kind_name(key) == "struct" or key is None else key
