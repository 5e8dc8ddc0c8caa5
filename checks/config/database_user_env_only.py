"""config.database-user-env-only: a user that only a variable names."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from checks.config._problems import unseen_variable
from doctor.api import NO_FILE, Edit, Explains, Finding, Fix, Safety, Severity, check, facts, same_variable

KEY = "database.user"


@check(
    id="config.database-user-env-only",
    title="The database user is given only where it is not seen",
    severity=Severity.ERROR,
    safety=Safety.SAFE,
    blocked_by=NO_FILE,
    blocks=("database.*", "nats.*", "zoekt.unreachable", "zoekt.index-not-shared"),
    explains=(
        "worker.restart-loop",
        "api.restart-loop",
        "logs.panic",
        Explains("environment.variable-ignored", when=same_variable),
    ),
)
def database_user_env_only(config: facts.Resolution) -> Iterator[Finding]:
    """
    Look for `CODECHUNK_DATABASE_USER` with a loaded file that has no `database.user`.

    The program asks for a variable only when it knows the key, and it knows this one from the file alone.

    Why it matters: every command stops at start with "database.user is required" although the variable is exported.

    Silent when: the file has the key, even with nothing behind it; no file is loaded at all.

    How to fix: write `user:` with nothing behind it below `database:`; the variable then counts.
    """
    variable = unseen_variable(config, KEY)
    if variable is None or variable.location is None:
        return
    path = config.file.path or ""
    name = config.settings[KEY].spec.env
    yield Finding(
        f"{name} is set, but {path} has no {KEY}, so the program does not see it and does not start",
        at=replace(variable.location, key=KEY),
        related=(replace(config.where(KEY), key=KEY),),
        fix=Fix(
            f"Write user: with nothing behind it below database: in {path}; {name} then counts.",
            edits=(Edit(path, KEY, None, ""),),
            safety=Safety.SAFE,
        ),
    )
