"""config.database-password-env-only: a password that only a variable gives."""

from __future__ import annotations

from collections.abc import Iterator

from checks.config._dsn import MISREAD
from checks.config._unseen import given_unseen
from doctor.api import NO_FILE, Explains, Finding, Safety, Severity, check, facts, same_variable


@check(
    id="config.database-password-env-only",
    title="The database password is given only where it is not seen",
    severity=Severity.ERROR,
    safety=Safety.SAFE,
    blocked_by=NO_FILE,
    explains=(*MISREAD, Explains("environment.variable-ignored", when=same_variable)),
)
def database_password_env_only(config: facts.Resolution) -> Iterator[Finding]:
    """
    Look for `CODECHUNK_DATABASE_PASSWORD` with a loaded file that has no `database.password`.

    The program asks for a variable only when it knows the key, and it knows this one from the file alone.

    Why it matters: the program connects with an empty password, and an empty one also makes it misread the rest of
    its connection settings.

    Silent when: the file has the key, even with nothing behind it; no file is loaded at all.

    How to fix: write `password:` with nothing behind it below `database:`; the variable then counts.
    """
    yield from given_unseen(config, "database.password", "")
