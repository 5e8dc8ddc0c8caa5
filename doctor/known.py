"""The secrets that a run has seen, wherever they stand, so that they can be masked wherever they turn up again."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, TypeVar

from doctor import facts
from doctor.redact import is_secret_name, secrets_of
from doctor.schema import SCHEMA
from doctor.spelling import pieces

Value = TypeVar("Value")

# A variable that was meant to be put in.
_NAME = re.compile(r"\$\{?(\w+)")

# A login in a URL; a user alone is a token. A password may hold another @.
_LOGIN = re.compile(r"\b[a-zA-Z][a-zA-Z0-9+.-]*://(?P<user>[^/:\s@?#\"']*)(?P<colon>:?)(?P<password>[^/\s?#\"']*)@")

# A `#` that was meant to belong to the value: what follows it is a piece of a secret and no comment.
_GLUED = re.compile(r"#+(?=[^\s#])")


def secrets(found: Mapping[type[Any], object]) -> Iterator[str]:
    """Every value that no output may hold, from all facts at hand, and its parts."""
    for each in _whole(found):
        yield each
        names = _NAME.findall(each)
        yield from (part for part in pieces(each) if part not in names)


def _whole(found: Mapping[type[Any], object]) -> Iterator[str]:
    environment, resolved = _maybe(found, facts.Environment), _maybe(found, facts.Resolution)
    if environment is not None:
        yield from _of_variables(environment.mapping())
    if resolved is not None:
        yield from resolution_secrets(resolved)
    dotenv, compose = _maybe(found, facts.Dotenv), _maybe(found, facts.Compose)
    if dotenv is not None:
        yield from _of_variables({line.name: line.value for line in dotenv.lines})
    for service in compose.services.values() if compose is not None else ():
        yield from _of_variables({name: value or "" for name, value in service.environment.items()})
    contained, tracked = _maybe(found, facts.Containers), _maybe(found, facts.Tracked)
    for container in contained.found if contained is not None else ():
        yield from _of_variables(container.environment)
    for file in tracked.files if tracked is not None else ():
        yield from (each.value for each in file.values)


def _maybe(found: Mapping[type[Any], object], fact: type[Value]) -> Value | None:
    value = found.get(fact)
    return value if isinstance(value, fact) else None


def _of_variables(variables: Mapping[str, str]) -> Iterator[str]:
    yield from secrets_of(variables)
    for name, value in variables.items():
        # The program takes the variable of a whole section for one of its keys, and may mean the secret one.
        if value and any(spec.secret and spec.env.startswith(f"{name}_") for spec in SCHEMA.values()):
            yield value
        yield from logins(value)


def logins(text: str) -> Iterator[str]:
    """The passwords and tokens in the URLs of a text."""
    for match in _LOGIN.finditer(text) if "@" in text else ():
        yield match["password"] if match["colon"] else match["user"]


def resolution_secrets(resolved: facts.Resolution) -> Iterator[str]:
    """The secret values of a configuration, wherever they stand: keys, misspelt keys, lists below them, variables."""
    yield from _of_variables(resolved.environment)
    for entry in resolved.entries:
        yield from _of_entry(entry)
    for setting in resolved.settings.values():
        if setting.spec.secret:
            yield from _leaves(setting.value)
            for candidate in setting.candidates:
                yield candidate.text
                yield from _leaves(candidate.value)
        yield from _named(setting.value)
    for connector in resolved.connectors:
        yield from _leaves(connector.fields["auth_token"].value)


def is_secret_entry(entry: facts.Entry) -> bool:
    """Whether the value of a key of a file is secret: the schema knows, of all others each part of the name tells."""
    spec = SCHEMA.get(entry.key)
    return spec.secret if spec is not None else any(map(is_secret_name, entry.key.split(".")))


def _of_entry(entry: facts.Entry) -> Iterator[str]:
    if not is_secret_entry(entry):
        yield from _named(entry.value)
        return
    yield from _leaves(entry.value)
    yield entry.written.strip("\"'")
    if entry.comment is not None and _GLUED.match(entry.comment):
        yield _GLUED.sub("", entry.comment, count=1)
        yield f"{entry.written} {entry.comment}"


def _leaves(value: object) -> Iterator[str]:
    if isinstance(value, Mapping):
        for item in value.values():
            yield from _leaves(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _leaves(item)
    elif value is not None and not isinstance(value, bool):
        yield str(value)


def _named(value: object) -> Iterator[str]:
    """What stands in a value under the name of a secret, and in URLs."""
    if isinstance(value, Mapping):
        for name, item in value.items():
            yield from _leaves(item) if isinstance(name, str) and is_secret_name(name) else _named(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _named(item)
    elif isinstance(value, str):
        yield from logins(value)
