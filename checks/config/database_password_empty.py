"""config.database-password-empty: a word that is missing in a row of words."""

from __future__ import annotations

from collections.abc import Iterator

from checks.config._dsn import MISREAD
from doctor.api import NO_FILE, Explains, Finding, Fix, Severity, check, facts, same_key

KEY = "database.password"


@check(
    id="config.database-password-empty",
    title="An empty password makes the drivers misread the DSN",
    severity=Severity.ERROR,
    blocked_by=NO_FILE,
    explained_by=(
        Explains(
            "config.database-password-env-only",
            "config.database-user-missing",
            "config.value-reinterpreted",
            when=same_key,
        ),
    ),
    explains=MISREAD,
)
def database_password_empty(config: facts.Resolution) -> Iterator[Finding]:
    """
    Look at a `database.password` that is empty or set nowhere.

    The program writes its settings one behind the other into one connection string (a DSN), without quotes.

    Why it matters: the drivers take the next word for the password: API and worker use `sslmode=disable` as password,
    and migrate asks for a database that is named like the user.

    Silent when: the password is `''` in quotes of its own, which is a truly empty one.

    How to fix: set `database.password`. For a truly empty one write `password: "''"`.
    """
    setting = config.settings[KEY]
    if setting.value != "" or setting.problem is not None:
        return
    state = "is not set" if setting.file_entry is None else "is empty"
    yield Finding(
        f"{KEY} {state}, so the drivers take the next word of the connection string for it",
        at=config.where(KEY),
        fix=Fix(
            f"Set {KEY} in the file, or leave it empty there and export {setting.spec.env}. "
            "For a truly empty password write: password: \"''\""
        ),
    )
