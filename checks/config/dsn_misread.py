"""config.dsn-misread: values that do not survive being put into a connection string."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

from checks.config import _dsn, _yaml
from checks.config._values import undecodable
from doctor.api import (
    MASK,
    NO_FILE,
    Edit,
    Explains,
    Finding,
    Fix,
    Place,
    Safety,
    Severity,
    check,
    facts,
    same_key,
    set_value,
)

KEYS = ("database.user", "database.password", "database.host", "database.name")
MIGRATE_ONLY = "API and worker use localhost, but migrate takes the next word of the connection string for it"


@check(
    id="config.dsn-misread",
    title="A database value breaks the connection string",
    severity=(Severity.ERROR, Severity.WARNING),
    safety=Safety.UNSAFE,
    blocked_by=NO_FILE,
    explained_by=(Explains("config.value-reinterpreted", when=same_key),),
    explains=_dsn.MISREAD,
)
def dsn_misread(config: facts.Resolution) -> Iterator[Finding]:
    """
    Read `database.user`, `password`, `host` and `name` as the two database drivers do.

    The program writes its settings one behind the other into one connection string (a DSN), without quotes. A blank, a
    quote at the start and a backslash at the end break it for both drivers (an error). A backslash inside is kept by
    the driver of API and worker and dropped by that of migrate; an empty host misleads migrate alone (warnings).

    Why it matters: the value reaches the database server cut, changed or mixed up with the next setting.

    Silent when: the value stands in quotes of the connection string already, or holds `'` (not first), `=`, `@`, `/`,
    `#` or `:`.

    How to fix: put quotes of the connection string into the value: `password: "'my pass'"`. Inside them write a
    backslash before each `'` and each backslash.
    """
    for key in KEYS:
        value = config.value(key)
        if not isinstance(value, str) or undecodable(config, key):
            continue
        if not value:
            yield from _empty_host(config, key)
        elif (why := _dsn.breaks(value)) is not None:
            yield _finding(config, key, value, f"{why}, which breaks the connection string", Severity.ERROR)
        elif _dsn.read_by_pgx(value) != _dsn.read_by_pq(value):
            why = "holds a backslash: API and worker keep it, migrate drops it"
            yield _finding(config, key, value, why, Severity.WARNING)


def _empty_host(config: facts.Resolution, key: str) -> Iterator[Finding]:
    if key != "database.host":
        return  # an empty user or name is refused at start, an empty password has a check of its own
    yield Finding(
        f"{key} is empty: {MIGRATE_ONLY}",
        at=config.where(key),
        severity=Severity.WARNING,
        fix=set_value(config, key, "localhost", f"Set {key} to localhost.", safety=Safety.UNSAFE),
    )


def _finding(config: facts.Resolution, key: str, value: str, why: str, severity: Severity) -> Finding:
    shown = f" ({config.show(key)})" if not config.settings[key].spec.secret else ""
    return Finding(f"{key}{shown} {why}", at=config.where(key), severity=severity, fix=_fix(config, key, value))


def _fix(config: facts.Resolution, key: str, value: str) -> Fix:
    setting = config.settings[key]
    text = _dsn.quoted(value)
    summary = f"Put the value of {key} in quotes of the connection string."
    if not setting.spec.secret:
        return set_value(config, key, _yaml.quoted(text), summary, safety=Safety.UNSAFE, plain=text)
    # Of a secret no text may be shown: not the one that is there, and in a command not the new one either.
    place, entry = setting.location, setting.entry
    if entry is not None:
        edit = Edit(config.file.path or "", key, MASK, _yaml.quoted(text), line=entry.location.line)
        return Fix(f"{summary} It then reads: \"'***'\"", edits=(edit,), safety=Safety.UNSAFE)
    if place.kind is Place.ENV and place.path is not None:
        edit = Edit(place.path, place.name or setting.spec.env, MASK, text, line=place.line)
        return Fix(summary, edits=(edit,), safety=Safety.UNSAFE)
    return Fix(summary, commands=(_requoted(place.name or setting.spec.env),))


def _requoted(name: str) -> str:
    """A command for the shell that has the variable: it reads the old value there."""
    escape = shlex.quote(r"s/[\\']/\\&/g")
    return f"""export {name}="'$(printf %s "${name}" | sed {escape})'\""""
