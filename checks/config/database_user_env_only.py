"""config.database-user-env-only: a user that only a variable names."""

from __future__ import annotations

from collections.abc import Iterator

from checks.config._start import NO_ENDPOINT, SYMPTOMS
from checks.config._unseen import given_unseen
from doctor.api import NO_FILE, Explains, Finding, Safety, Severity, check, facts, same_variable


@check(
    id="config.database-user-env-only",
    title="The database user is given only where it is not seen",
    severity=Severity.ERROR,
    safety=Safety.SAFE,
    blocked_by=NO_FILE,
    blocks=NO_ENDPOINT,
    explains=(
        *SYMPTOMS,
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
    yield from given_unseen(config, "database.user", " and does not start")
