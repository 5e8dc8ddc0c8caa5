"""config.database-password-env-only: a password that only a variable gives."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from checks.config._dsn import MISREAD
from checks.config._problems import unseen_variable
from doctor.api import NO_FILE, Edit, Explains, Finding, Fix, Safety, Severity, check, facts, same_variable

KEY = "database.password"


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
    variable = unseen_variable(config, KEY)
    if variable is None or variable.location is None:
        return
    path = config.file.path or ""
    name = config.settings[KEY].spec.env
    yield Finding(
        f"{name} is set, but {path} has no {KEY}, so the program does not see it",
        at=replace(variable.location, key=KEY),
        related=(replace(config.where(KEY), key=KEY),),
        fix=Fix(
            f"Write password: with nothing behind it below database: in {path}; {name} then counts.",
            edits=(Edit(path, KEY, None, ""),),
            safety=Safety.SAFE,
        ),
    )
