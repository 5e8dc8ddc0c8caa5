"""config.sslmode: two drivers, two lists of words."""

from __future__ import annotations

from collections.abc import Iterator

from checks.config._dsn import MISREAD
from checks.config._values import undecodable
from doctor.api import (
    NO_FILE,
    Explains,
    Finding,
    Safety,
    Severity,
    check,
    facts,
    nearest,
    same_key,
    set_value,
)

KEY = "database.sslmode"
BOTH = ("disable", "require", "verify-ca", "verify-full")
# Taken by API and worker and not by migrate, with the word of both that comes nearest.
API_ONLY = {"allow": "disable", "prefer": "require", "": "disable"}


@check(
    id="config.sslmode",
    title="database.sslmode is refused by a driver",
    severity=(Severity.ERROR, Severity.WARNING),
    safety=Safety.UNSAFE,
    blocked_by=NO_FILE,
    # Also when it is a number or a comment that made the word another one: this says what comes of it.
    explains=(*MISREAD, Explains("config.value-reinterpreted", when=same_key)),
)
def sslmode(config: facts.Resolution) -> Iterator[Finding]:
    """
    Compare `database.sslmode` with the words that the drivers of API, worker and migrate take.

    All three take `disable`, `require`, `verify-ca` and `verify-full`, in lower case. `allow`, `prefer` and nothing at
    all work for API and worker, but not for migrate (a warning).

    Why it matters: a driver that does not know the word makes no connection at all.

    Silent when: the value is one of the four.

    How to fix: write one of the four; `disable` fits the database server of the compose file.
    """
    value = config.value(KEY)
    if value in BOTH or undecodable(config, KEY):
        return
    meant = API_ONLY.get(value)
    if meant is not None:
        severity, who = Severity.WARNING, "migrate"
    else:
        severity, who = Severity.ERROR, "API, worker and migrate"
        meant = nearest(value.strip().lower(), BOTH) or "disable"
    yield Finding(
        f"{KEY} ({config.show(KEY)}) is refused by the database driver of {who}",
        at=config.where(KEY),
        severity=severity,
        fix=set_value(config, KEY, meant, f"Set {KEY} to {meant}.", safety=Safety.UNSAFE),
    )
