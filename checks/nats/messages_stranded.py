"""nats.messages-stranded: jobs that NATS will not hand out any more."""

from __future__ import annotations

from collections.abc import Iterator

from checks.nats._server import CONSUMER, STREAM, count, place, reached, shown
from doctor.api import Evidence, Finding, Fix, Severity, check, facts, resubmit

HOUR = 3600.0
DELIVERIES = 3
LIST = "codechunk-doctor jobs --status pending"


@check(
    id="nats.messages-stranded",
    title="Job messages will never be delivered again",
    severity=Severity.WARNING,
)
def messages_stranded(nats: facts.Nats, config: facts.Resolution) -> Iterator[Finding]:
    """
    Compare the jobs in the stream with those that the worker's consumer still has to get or works on.

    A job is handed out three times at most. One that failed as often stays in the stream, where nobody looks at it,
    until NATS drops it after 24 hours. A message of more than 20 of these 24 hours is about to go the same way.

    Why it matters: nothing happens to these repositories by itself, and no error tells.

    Silent when: the counters move while they are looked at; there is no consumer to compare with; the stream has no
    age limit.

    How to fix: put right why they failed (the worker's log tells), then submit those repositories again.
    """
    server = reached(nats)
    stream = nats.stream
    if stream is None:
        return
    lost = stream.stranded if stream.steady else 0
    old = stream.expiring(nats.now)
    if not lost and not old:
        return
    said = [*_lost(stream, lost), *((_old(stream, nats.now),) if old else ())]
    about = tuple(Evidence("repository", each) for each in stream.repositories)
    yield Finding(
        f"in stream {STREAM} at {shown(server)} {', and '.join(said)}",
        at=nats.at,
        related=(place(server),),
        fix=_fix(config, stream),
        evidence=about,
    )


def _lost(stream: facts.NatsStream, lost: int) -> Iterator[str]:
    mine = stream.consumer()
    if lost and mine is not None:
        times = mine.max_deliver or DELIVERIES
        verb = "was" if lost == 1 else "were"
        yield f"{count(lost, 'job')} of {stream.jobs} {verb} handed to {CONSUMER} {times} times without success"


def _old(stream: facts.NatsStream, now: float) -> str:
    assert stream.first_at is not None  # else nothing expires
    assert stream.max_age is not None
    return f"the oldest message is {_hours(now - stream.first_at)} old and goes at {_hours(stream.max_age)}"


def _hours(seconds: float) -> str:
    return f"{seconds / HOUR:.0f} hours" if seconds >= 2 * HOUR else f"{seconds / 60:.0f} minutes"


def _fix(config: facts.Resolution, stream: facts.NatsStream) -> Fix:
    summary = "Read in the worker's log why they failed, put that right, and submit the repositories again"
    if not stream.repositories:
        return Fix(f"{summary}; this lists the jobs that wait.", (LIST,))
    return Fix(f"{summary}. Those of the oldest messages:", resubmit(config, stream.repositories))
