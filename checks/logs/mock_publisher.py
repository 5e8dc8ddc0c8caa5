"""logs.mock-publisher: jobs that the API accepted and sent nowhere."""

from __future__ import annotations

from collections.abc import Iterator

from checks.logs._findings import Told, found, groups, reported, said, sentence
from checks.logs._lines import Lines, current
from checks.logs.nats import CAUSES as OF_NATS
from checks.logs.nats import OF_MOCK, PUBLISHING, SWALLOWED, sent_later
from doctor.api import Finding, Fix, Guide, Severity, check, facts

CAUSES = ("nats-url-empty", "nats-url-scheme", "nats-generic-connect", "nats-not-connected", "nats-circuit-open")
# What else is told of a job that was not sent: a request that was broken off is no fault.
ELSEWHERE = (*OF_NATS, "ctx-cancelled")
KEY = "nats.url"
RESTART = ("docker compose restart api",)
FIX = "Restart the API once NATS is up, then submit again what it swallowed."
DEFAULT = Told(fix="Restart the API once NATS is up, and submit the repositories again.", commands=RESTART, key=KEY)
TOLD = {"ctx-deadline": DEFAULT._replace(what="NATS did not take the job in time")}
MOCK = "mock"


@check(
    id="logs.mock-publisher",
    title="The API published into the void",
    severity=Severity.ERROR,
    guide=Guide.JOBS,
    explained_by=("config.nats-mock", "api.mock-publisher", "nats.*"),
)
def mock_publisher(logs: facts.Logs, config: facts.Resolution) -> Iterator[Finding]:
    """
    Look for an API that uses its mock instead of NATS, and for jobs that it could not publish.

    The API decides that once, when it starts, and answers 202 to every submission all the same.

    Why it matters: repositories are accepted, and no worker ever hears of them.

    Silent when: the API was started again since; the job was sent later; the request was broken off; logs.nats tells
    why it was not sent.

    How to fix: restart the API after NATS is up, then submit the repositories again.
    """
    mock = current(logs, (*OF_MOCK, SWALLOWED))
    if mock:
        yield _mock(logs, mock, config)

    causes = [count.cause for count in logs.of(PUBLISHING) if count.cause is not None]
    others = [cause for cause in causes if cause not in (*CAUSES, *ELSEWHERE)]
    pairs = [(id, cause) for id in PUBLISHING for cause in others]
    for name, lines in groups(
        logs, CAUSES, PUBLISHING, but=OF_MOCK, also=pairs, good=lambda event: sent_later(logs, event)
    ):
        yield reported(name, lines, told={**dict.fromkeys(others, DEFAULT), **TOLD}, default=DEFAULT, config=config)


def _mock(logs: facts.Logs, lines: Lines, config: facts.Resolution) -> Finding:
    swallowed = lines.only(lambda event: event.id == SWALLOWED)
    reason = lines.only(lambda event: event.id != SWALLOWED)
    jobs = f"swallowed {swallowed.count} {'job' if swallowed.count == 1 else 'jobs'}" if swallowed else "no job so far"
    why = f": {_why(reason.newest)}" if reason else ""
    return found(
        f"the API uses a mock instead of NATS{why}; {jobs if swallowed else f'it swallowed {jobs}'}",
        lines,
        fix=Fix(FIX, RESTART),
        related=(config.where(KEY),),
        mark=MOCK,
    )


def _why(event: facts.LogEvent) -> str:
    return sentence(event.cause) if event.cause is not None else said(event) or event.message
