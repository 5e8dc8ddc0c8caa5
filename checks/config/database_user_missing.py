"""config.database-user-missing: the gate in front of all settings."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from checks.config._start import NO_ENDPOINT, SYMPTOMS
from doctor.api import NO_FILE, Finding, Fix, Severity, check, facts

KEY = "database.user"
PASSWORD = "database.password"  # noqa: S105 - the name of a key


@check(
    id="config.database-user-missing",
    title="database.user is set nowhere, so no setting counts",
    severity=Severity.ERROR,
    blocked_by=NO_FILE,
    blocks=NO_ENDPOINT,
    explains=SYMPTOMS,
)
def database_user_missing(config: facts.Resolution) -> Iterator[Finding]:
    """
    Look for `database.user` in the loaded file and in `CODECHUNK_DATABASE_USER`.

    Why it matters: without a database user the program throws its whole configuration away, built-in values included,
    and then fails with a message about something else.

    Silent when: no file is loaded at all; the variable is set and only the line in the file is missing (that stops
    the start and has a finding of its own).

    How to fix: add `user:` and `password:` below `database:`, with their values there or in
    `CODECHUNK_DATABASE_USER` and `CODECHUNK_DATABASE_PASSWORD`.
    """
    if config.outcome != "zero":
        return
    empty = KEY in config.by_key
    state = "is empty in the file and" if empty else "is not in the file, and"
    # A password that is missing as well is part of the same fault.
    alone = config.settings[PASSWORD].candidates == ()
    yield Finding(
        f"{KEY} {state} CODECHUNK_DATABASE_USER is not set: all other settings are dropped with it",
        at=replace(config.where(KEY), key=KEY),
        related=(replace(config.where(PASSWORD), key=PASSWORD),) if alone else (),
        fix=Fix(
            f"Write user: and password: below database: in {config.file.path}, with their values there or in "
            "CODECHUNK_DATABASE_USER and CODECHUNK_DATABASE_PASSWORD."
        ),
    )
