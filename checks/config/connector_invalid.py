"""config.connector-invalid: entries of `connectors` that find nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from checks.config._expand import expand, references
from doctor.api import NO_FILE, Explains, Finding, Fix, Location, Severity, check, facts, same_key

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


@check(
    id="config.connector-invalid",
    title="A connector entry is skipped or does nothing",
    severity=Severity.WARNING,
    blocked_by=NO_FILE,
    explained_by=(Explains("config.variable-not-expanded", "config.unknown-key", when=same_key),),
)
def connector_invalid(config: facts.Resolution) -> Iterator[Finding]:
    """
    Check every entry of `connectors` as the API does when it starts.

    `type` has to be gitlab, `name` given once, `base_url` given without `/api/v4`, and `groups` or `projects` must name
    something. In `auth_token`, and only there, `$VAR` and `${VAR}` are expanded when the API starts.

    Why it matters: the API skips such an entry, or asks GitLab with a wrong token, and only its log says so.

    Silent when: there is no `auth_token` (public projects need none), or its variable is set for the API.

    How to fix: correct the field, or export the variable for the API, and restart it.
    """
    first: dict[str, Location] = {}
    for connector in config.connectors:
        name = _text(connector, "name")
        yield from _name(connector, name, first)
        yield from _fields(connector)
        yield from _token(connector, config.environment)
        first.setdefault(name, _place(connector, "name"))


def _name(connector: facts.Connector, name: str, first: Mapping[str, Location]) -> Iterator[Finding]:
    if not name:
        yield _finding(connector, "name", "is empty, so the entry is skipped", "Give the connector a name.")
    elif name in first:
        fault = f'("{name}") is taken by an earlier entry, and both stand for one connector'
        found = _finding(connector, "name", fault, "Give each connector a name of its own.")
        yield replace(found, related=(first[name],))


def _fields(connector: facts.Connector) -> Iterator[Finding]:
    kind, address = _text(connector, "type"), _text(connector, "base_url")
    if kind != "gitlab":
        fault = f'("{kind}") is not gitlab, so the entry is skipped' if kind else "is empty, so the entry is skipped"
        yield _finding(connector, "type", fault, "Write `type: gitlab`, the only kind there is.")
    if not address:
        advice = "Write the server's address, for example `base_url: https://gitlab.com`."
        yield _finding(connector, "base_url", "is empty, so the entry is skipped", advice)
    elif address.rstrip("/").endswith("/api/v4"):
        fault = "ends in /api/v4, but has to be the address of the server"
        yield _finding(connector, "base_url", fault, "Cut /api/v4 off.")
    if not _value(connector, "groups") and not _value(connector, "projects"):
        advice = "Add `groups:` or `projects:` with at least one entry."
        yield _finding(connector, "groups", "and projects are both empty, so nothing is looked for", advice)


def _token(connector: facts.Connector, environment: Mapping[str, str]) -> Iterator[Finding]:
    token = _text(connector, "auth_token")
    unset = [name for name in references(token) if not environment.get(name)]
    if not unset:
        return
    name = unset[0]
    if expand(token, environment):
        fault = "holds a $ that the program takes for a variable, so a part of the token is lost"
        advice = 'Put the token into a variable, export that for the API, and write auth_token: "${GITLAB_TOKEN}".'
        yield _finding(connector, "auth_token", fault, advice)
    elif _NAME.fullmatch(name):
        fault = f"is empty, because {name} is not set"
        yield _finding(connector, "auth_token", fault, f"Export {name} for the API.", f"export {name}='your token'")
    else:
        known = _NAME.match(name)
        advice = (
            f"Write ${{{known[0]}}} and export that variable." if known else "Write the name of a variable: ${NAME}."
        )
        yield _finding(connector, "auth_token", "is empty, because only $NAME and ${NAME} are understood", advice)


def _finding(connector: facts.Connector, field: str, fault: str, advice: str, *commands: str) -> Finding:
    key = f"connectors[{connector.index}].{field}"
    return Finding(f"{key} {fault}", at=_place(connector, field), fix=Fix(advice, commands))


def _place(connector: facts.Connector, field: str) -> Location:
    entry = connector.fields[field].entry if field in connector.fields else None
    place = entry.location if entry is not None else connector.location
    return replace(place, key=f"connectors[{connector.index}].{field}")


def _value(connector: facts.Connector, field: str) -> Any:
    return connector.fields[field].value if field in connector.fields else None


def _text(connector: facts.Connector, field: str) -> str:
    value = _value(connector, field)
    return "" if value is None else str(value)
