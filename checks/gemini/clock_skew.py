"""gemini.clock-skew: this machine's clock is not right."""

from __future__ import annotations

from collections.abc import Iterator

from checks.gemini._ladder import OUT_OF_TIME, api_place, gemini_only
from doctor.api import (
    NO_FILE,
    Explains,
    Finding,
    Fix,
    IfObserved,
    Location,
    Place,
    Severity,
    check,
    facts,
)

# In seconds; certificates and tokens are not judged more strictly than that.
TOLERATED = 300


def _of_time(explaining: Finding, explained: Finding) -> bool:
    """Only a certificate that is not valid now, and by the clock of the server that shows it."""
    return explaining.at.kind is Place.NETWORK and any(each.kind == OUT_OF_TIME for each in explained.evidence)


@check(
    id="gemini.clock-skew",
    title="Clocks disagree",
    severity=Severity.WARNING,
    blocked_by=NO_FILE,
    explains=(Explains("gemini.tls", when=_of_time),),
)
def clock_skew(
    config: facts.Resolution, access: facts.GeminiAccess, server: IfObserved[facts.Server]
) -> Iterator[Finding]:
    """
    Compare this machine's clock with Google's, or the database server's where Google does not tell.

    Up to five minutes are nothing to worry about.

    Why it matters: with a wrong clock valid certificates count as expired, and batches are retried or given up at the
    wrong time.

    Silent when: the answer has no time in it, or comes out of a proxy's cache; the clocks agree.

    How to fix: let the machine set its clock over the network: `timedatectl set-ntp true`.
    """
    gemini_only(config)
    of_google = access.clock
    if of_google is None and access.obstacle is not None:
        of_google = access.obstacle.clock
    if of_google is not None:
        if abs(of_google) > TOLERATED:
            yield Finding(
                f"this machine's clock is {_size(of_google)} {_side(of_google)} that of {access.host}",
                at=api_place(access),
                fix=_set("Set this machine's clock over the network."),
            )
        return
    of_database = server.value.ahead if server.value is not None else None
    if of_database is not None and abs(of_database) > TOLERATED:
        yield Finding(
            f"this machine's clock is {_size(of_database)} {_side(of_database)} that of the database server",
            at=Location(Place.DATABASE, name="clock of the server"),
            fix=_set("Set the clocks of both machines over the network."),
        )


def _size(seconds: float) -> str:
    minutes = round(abs(seconds) / 60)
    if minutes < 120:
        return f"about {minutes} minutes"
    return f"about {round(minutes / 60)} hours" if minutes < 48 * 60 else f"about {round(minutes / 60 / 24)} days"


def _side(ahead: float) -> str:
    return "behind" if ahead > 0 else "ahead of"


def _set(summary: str) -> Fix:
    return Fix(summary, ("sudo timedatectl set-ntp true", "timedatectl"))
