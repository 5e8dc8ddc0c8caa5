"""config.database-user-missing: the gate in front of all settings."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from checks.config._meant import misspelt, renamed
from checks.config._problems import DATABASE
from checks.config._start import NO_ENDPOINT, SYMPTOMS
from doctor.api import NO_FILE, Explains, Finding, Fix, Location, Severity, check, facts, key_below

KEY = "database.user"
PASSWORD = "database.password"  # noqa: S105 - the name of a key
VARIABLE = "CODECHUNK_DATABASE_USER"


@check(
    id="config.database-user-missing",
    title="database.user is set nowhere, so no setting counts",
    severity=Severity.ERROR,
    blocked_by=NO_FILE,
    blocks=NO_ENDPOINT,
    explains=(
        *SYMPTOMS,
        Explains("config.database-password-env-only", when=key_below),
    ),
)
def database_user_missing(config: facts.Resolution) -> Iterator[Finding]:
    """
    Look for `database.user` in the loaded file and in `CODECHUNK_DATABASE_USER`.

    A key or section whose name is nearly that is named as the cause, and so is one value where the section belongs.

    Why it matters: without a database user the program throws its whole configuration away, built-in values included,
    and then fails with a message about something else.

    Silent when: no file is loaded at all; the variable is set and only the line in the file is missing (that stops
    the start and has a finding of its own).

    How to fix: add what is missing of `user:` and `password:` below `database:`, with their values there or in
    `CODECHUNK_DATABASE_USER` and `CODECHUNK_DATABASE_PASSWORD`. Rename a misspelt `user:` or `database:`. The program
    takes no address of a database: where one stands behind `database:`, write its parts below.
    """
    if config.outcome != "zero":
        return
    value = next((entry for entry in config.by_key.get(DATABASE, ()) if entry.counts and _is_value(entry)), None)
    if value is not None:
        yield _no_section(config, value)
        return
    meant = {key: entry for entry, key in misspelt(config, KEY, DATABASE, PASSWORD)}
    # A password that is missing as well is part of the same fault.
    alone = config.settings[PASSWORD].candidates == () and PASSWORD not in meant
    # Where the right name is there too, with nothing in it, renaming would write it twice.
    if KEY in meant and KEY not in config.by_key:
        yield _misspelt(config, meant[KEY], KEY, alone=alone)
    elif DATABASE in meant and not config.has_section(DATABASE) and f"{meant[DATABASE].key}.user" in config.by_key:
        alone = alone and f"{meant[DATABASE].key}.password" not in config.by_key
        yield _misspelt(config, meant[DATABASE], DATABASE, alone=alone)
    else:
        yield _missing(config, alone=alone)


def _is_value(entry: facts.Entry) -> bool:
    """Whether something stands in the place of the section; an empty one is a section all the same."""
    return entry.kind != "mapping" and entry.value is not None


def _places(config: facts.Resolution, *keys: str) -> tuple[Location, ...]:
    return tuple(replace(config.where(key), key=key) for key in keys)


def _no_section(config: facts.Resolution, entry: facts.Entry) -> Finding:
    address = "The program takes no address of a database, only its parts: write" if "://" in entry.written else "Write"
    return Finding(
        f"{DATABASE} is not a section, so nothing can be below it: {KEY} is not set, and all other settings are "
        "dropped with it",
        at=replace(entry.location, key=DATABASE),
        related=_places(config, KEY),
        fix=Fix(
            f"{address} {DATABASE}: alone on its line and, indented below it, user:, password:, host:, port:, name: "
            "and sslmode:, each with its own value."
        ),
    )


def _misspelt(config: facts.Resolution, near: facts.Entry, meant: str, *, alone: bool) -> Finding:
    # The edit is that of config.unknown-key, which says it of every key.
    advice = renamed(config, near, meant).summary
    return Finding(
        f"{KEY} is not in the file, {near.spelled} is, which the program does not know: all other settings are dropped "
        "with it",
        at=replace(near.key_location, key=near.key),
        # With the section, all in it is missing, the password as well.
        related=_places(config, KEY, *[PASSWORD] * (alone or meant == DATABASE)),
        fix=Fix(f"{advice}{_password(config)}" if alone else advice),
    )


def _missing(config: facts.Resolution, *, alone: bool) -> Finding:
    path = config.file.path
    variable = f"{VARIABLE} is not set: all other settings are dropped with it"
    if KEY in config.by_key:
        message = f"{KEY} is empty in the file and {variable}"
        advice = f"Write the user behind user: in {path}, or set {VARIABLE}.{_password(config) if alone else ''}"
    else:
        message = f"{KEY} is not in the file, and {variable}"
        advice = f"Write user: below database: in {path}, with its value there or in {VARIABLE}."
        if alone:
            advice = (
                f"Write user: and password: below database: in {path}, with their values there or in "
                f"{VARIABLE} and CODECHUNK_DATABASE_PASSWORD."
            )
    (at,) = _places(config, KEY)
    return Finding(message, at, related=_places(config, PASSWORD) if alone else (), fix=Fix(advice))


def _password(config: facts.Resolution) -> str:
    return f" Write password: below database: in {config.file.path} as well."
