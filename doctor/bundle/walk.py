"""Going through facts: every text in them, with what its place says of it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from typing import Any, TypeVar

from doctor import facts
from doctor.errors import SourceError
from doctor.known import is_secret_entry
from doctor.lazy import Lazy
from doctor.redact import is_secret_name
from doctor.report import is_secret_key
from doctor.schema import SCHEMA, key_of_variable
from doctor.values import value as frozen

Value = TypeVar("Value")


@frozen
class Role:
    """
    What a text is by its place.

    `name` is the key or variable whose value it is. `private` says that it is nobody's business though it is no
    secret: the value of a variable that neither codechunking nor anything around it reads.
    """

    name: str
    private: bool = False


Leaf = Callable[[str, Role | None], str]
"""What becomes of a text; None for one that is no value of a secret."""

# Variables that something here reads, or that tell what surrounds it. Of all others only the names are taken along.
_KNOWN_VARIABLE = re.compile(
    r"(PG|POSTGRES|GEMINI|GOOGLE|OPENAI|NATS|ZOEKT|GIT|GITHUB|GITLAB|SSH|DOCKER|COMPOSE|SSL|XDG).*"
    r"|(\w+_)?PROXY|HOME|USER|LOGNAME|PATH|PWD|TZ|LANG|LC_\w+|TMPDIR|CI|HOSTNAME",
    re.IGNORECASE,
)
_OPTION = re.compile(r"--?[A-Za-z][\w-]*")


def transformed(value: Value, leaf: Leaf) -> Value:
    """The same value with `leaf` applied to every text in it."""
    return _transformed(value, leaf, None)  # type: ignore[no-any-return]


def _transformed(value: Any, leaf: Leaf, role: Role | None) -> Any:
    if type(value) is str:
        return leaf(value, role)
    if value is None or isinstance(value, bool | Enum):
        return value
    if isinstance(value, int | float):
        # A password may be a number; nothing else is by its place both.
        text = leaf(str(value), role) if role is not None else ""
        return text if role is not None and text != str(value) else value
    if isinstance(value, bytes):
        return leaf(value.decode("latin-1"), role).encode("latin-1", "replace")
    if isinstance(value, Mapping):
        return {_transformed(key, leaf, None): _item(key, of, leaf, role) for key, of in value.items()}
    if isinstance(value, tuple | Lazy):
        return _words(tuple(value), leaf, role)
    if isinstance(value, list):
        return [_transformed(item, leaf, role) for item in value]
    if isinstance(value, frozenset):
        return frozenset(_transformed(item, leaf, role) for item in value)
    if isinstance(value, SourceError):
        return _error(value, leaf)
    return _fields(value, leaf, role) if is_dataclass(value) else value


def _item(name: Any, value: Any, leaf: Leaf, role: Role | None) -> Any:
    key = name if isinstance(name, str) else ""
    if isinstance(value, int | float) and role is None:
        return value  # `total_tokens: 17` of a log line
    return _transformed(value, leaf, _role(key, role))


def _role(name: str, outer: Role | None = None) -> Role | None:
    """What the value of this key or variable is; the schema knows, the name decides for all others."""
    return Role(name) if is_secret_key(name) else outer


def _words(items: tuple[Any, ...], leaf: Leaf, role: Role | None) -> tuple[Any, ...]:
    """The words of a command: what follows `--token` is one."""
    made, before = [], ""
    for item in items:
        named = isinstance(item, str) and _OPTION.fullmatch(before) is not None and is_secret_name(before)
        made.append(_transformed(item, leaf, Role(before.lstrip("-")) if named else role))
        before = item if isinstance(item, str) else ""
    return tuple(made)


def _error(error: SourceError, leaf: Leaf) -> SourceError:
    reason = leaf(error.reason, None)
    if reason == error.reason:
        return error
    made = type(error)(reason)
    made.source = error.source
    if hasattr(error, "sqlstate"):
        made.sqlstate = error.sqlstate  # type: ignore[attr-defined]
    return made


# Where the variables of a process stand as mere names and values.
_ENVIRONMENTS = {
    "ComposeService": "environment",
    "ComposeStart": "variables",
    "Container": "environment",
    "Process": "variables",
    "Resolution": "environment",
    "Worker": "variables",
}


def _fields(value: Any, leaf: Leaf, role: Role | None) -> Any:
    # What makes its parts only when they are asked for is no more than what it stands for.
    kind = facts.Resolution if isinstance(value, facts.Resolution) else type(value)
    environment = _ENVIRONMENTS.get(kind.__name__)
    made: dict[str, Any] = {}
    for each in fields(kind):
        was = getattr(value, each.name)
        if each.name == environment and isinstance(was, Mapping):
            made[each.name] = {name: _transformed(text, leaf, variable(name)) for name, text in was.items()}
        else:
            made[each.name] = _transformed(was, leaf, _of_field(value, each.name, role))
    if kind is type(value) and all(made[name] is getattr(value, name) for name in made):
        return value
    return kind(**made)


def _of_field(owner: Any, name: str, role: Role | None) -> Role | None:
    """What the text in a field of one of the facts is."""
    match owner:
        case facts.Setting():
            return _role(owner.key) if name in ("value", "candidates") else None
        case facts.Candidate():
            return role if name in ("text", "value", "entry", "problem") else None
        case facts.Entry():
            inner = role or (Role(owner.key) if is_secret_entry(owner) else None)
            return inner if name in ("value", "written", "comment") else None
        case facts.Variable() | facts.DotenvLine():
            return variable(owner.name) if name == "value" else None
        case facts.TrackedValue():
            return Role(owner.name) if name == "value" else None
        case facts.KeySupply():
            return Role(owner.name) if name == "text" else None
    return role


def variable(name: str) -> Role | None:
    """What the value of a variable is."""
    key = key_of_variable(name)
    if key is not None:
        return Role(key) if SCHEMA[key].secret else None
    return _role(name) or (None if _KNOWN_VARIABLE.fullmatch(name) else Role(name, private=True))
