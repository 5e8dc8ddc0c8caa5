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
    Compare this machine's clock with Google's and, where these agree or Google does not tell, the database server's.

    Up to five minutes are nothing to worry about.

    Why it matters: with a wrong clock valid certificates count as expired, and batches are retried or given up at the
    wrong time.

    Silent when: the clocks agree; nobody tells the time, or Google's answer comes out of a proxy's cache and no
    database is asked.

    How to fix: let the machine whose clock is wrong set it over the network: `timedatectl set-ntp true`.
    """
    gemini_only(config)
    of_google = access.clock
    if of_google is None and access.obstacle is not None:
        of_google = access.obstacle.clock
    if of_google is not None and abs(of_google) > TOLERATED:
        yield Finding(
            f"this machine's clock is {_size(of_google)} {_side(of_google)} that of {access.host}",
            at=api_place(access),
            fix=_set("Set this machine's clock over the network."),
        )
    # While this machine's own is wrong, the database's may look wrong by it alone.
    elif server.value is not None and server.value.ahead is not None and abs(server.value.ahead) > TOLERATED:
        yield _of_database(server.value.ahead, access.host if of_google is not None else None)


def _of_database(ahead: float, agrees_with: str | None) -> Finding:
    """The database server's clock is another one; who is wrong is known where this machine agrees with somebody."""
    if agrees_with is None:
        said = f"this machine's clock is {_size(ahead)} {_side(ahead)} that of the database server"
        summary = "Set the clocks of both machines over the network."
    else:
        than = f"this machine's, which agrees with that of {agrees_with}"
        said = f"the clock of the database server is {_size(ahead)} {_side(-ahead)} {than}"
        summary = "On the machine of the database server, set the clock over the network."
    return Finding(said, at=Location(Place.DATABASE, name="clock of the server"), fix=_set(summary))


def _size(seconds: float) -> str:
    minutes = round(abs(seconds) / 60)
    if minutes < 120:
        return f"about {minutes} minutes"
    return f"about {round(minutes / 60)} hours" if minutes < 48 * 60 else f"about {round(minutes / 60 / 24)} days"


def _side(ahead: float) -> str:
    return "behind" if ahead > 0 else "ahead of"


def _set(summary: str) -> Fix:
    return Fix(summary, ("sudo timedatectl set-ntp true", "timedatectl"))
