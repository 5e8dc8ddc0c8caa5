"""logs.nats: the message queue, as worker and API saw it."""

from __future__ import annotations

from collections.abc import Iterator

from checks.logs._findings import Told, advice, because, groups, reported
from checks.logs._lines import current, later
from checks.logs._live import RESUBMIT, over
from doctor.api import Explains, Finding, Guide, IfObserved, Severity, check, facts, same_key

REACH = ("nats-refused", "nats-no-servers", "nats-dns", "nats-timeout")
STREAM = ("nats-stream-overlap", "nats-stream-storage")
LOST = ("nats-disconnected", "nats-closed", "nats-consumer-deleted", "nats-consumer-missing")
WIRING = ("consumer-config", "worker-queue-group")
MESSAGES = ("msg-validation", "msg-unmarshal", "repo-missing", "repo-transition")
CAUSES = (
    *REACH,
    "nats-auth",
    "nats-perm",
    "nats-js-disabled",
    *STREAM,
    "nats-workqueue-unique",
    *LOST,
    *WIRING,
    *MESSAGES,
)
BROKE, CLOSED = "nats-disconnected", "nats-closed"
OF_NATS = ("nats-", "consumer-", "worker-", "job-", "stderr-nats-async")
IDS = (
    "nats-create-failed",
    "consumer-connect-failed",
    "consumer-js-failed",
    "consumer-stream-failed",
    "consumer-durable-failed",
    "consumer-pull-failed",
    "consumer-fetch-error",
    "worker-start-failed",
    "stderr-nats-async",
)
# Of an API that falls back to its mock logs.mock-publisher tells.
OF_MOCK = ("api-nats-publisher-failed", "api-nats-connect-failed", "api-nats-stream-failed")
# What a server that lets the program in shows to be over, and what a consumer that is used shows.
OF_THE_WAY = (*REACH, "nats-auth", "nats-perm", "nats-js-disabled", *IDS[:3])
OF_THE_CONSUMER = (*STREAM, "nats-workqueue-unique", *LOST, *IDS[3:7])
# The API could not send a job.
PUBLISHING = ("api-publish-failed", "con-republish-failed")
SWALLOWED = "api-mock-publish"
WORKS = ("nats-reconnected", "nats-established", "consumer-loop-started", "consumer-fetched", "consumer-ack")
URL, RECONNECTS = "nats.url", "nats.max_reconnects"
RESTART = ("docker compose restart worker",)
RESTART_API = ("docker compose restart api",)
PURGE = "nats stream purge INDEXING --subject indexing.job"
FOREIGN = Told(
    fix="Purge what older or foreign programs published, and submit the repositories again.", commands=(PURGE,)
)
TOLD = {
    **{name: Told(commands=RESTART, key=URL) for name in (*REACH, "nats-auth", "nats-perm")},
    "nats-js-disabled": Told(commands=RESTART),
    "nats-consumer-deleted": Told(
        "the consumer was removed while this worker was reading, as every start of another worker does",
        "Run one worker only; then restart it.",
        RESTART,
    ),
    "nats-consumer-missing": Told(commands=RESTART),
    CLOSED: Told(
        "the client gave up on connecting again, and the worker reads nothing for ever",
        f"Restart the worker, and raise {RECONNECTS} (-1 is for ever).",
        RESTART,
        RECONNECTS,
    ),
    "nats-disconnected": Told("the connection broke, and no line says that it is back", "Restart the worker.", RESTART),
    "consumer-config": Told(commands=RESTART, key="worker.queue_group"),
    "worker-queue-group": Told(commands=RESTART, key="worker.concurrency"),
    "msg-validation": Told("a message lacks the address of the repository or its id", FOREIGN.fix, FOREIGN.commands),
    "msg-unmarshal": Told("a message is not what the worker expects", FOREIGN.fix, FOREIGN.commands),
    "repo-missing": Told(
        "a message is about a repository that is not in this worker's database",
        "Let API and worker use the same database, or purge old messages.",
        ("codechunk-doctor check --only database",),
    ),
    "repo-transition": Told(
        "a repository could not change to its next state, as with two workers on one of them",
        "Run one worker only; then submit the repository again.",
    ),
}
AGAIN = "Then restart the API, and submit the repositories again."
OF_API = {
    "nats-consumer-missing": Told(
        "no stream takes the job: JetStream is off, or lost what it had",
        f"Start NATS with JetStream. {AGAIN}",
        RESTART_API,
        URL,
    ),
    CLOSED: Told(
        "the client gave up on connecting again, and the API sends nothing any more",
        f"Raise {RECONNECTS} (-1 is for ever). {AGAIN}",
        RESTART_API,
        RECONNECTS,
    ),
}
DEFAULT = Told(
    fix="Read the error (-v shows it); start NATS with JetStream, then restart the worker.", commands=RESTART, key=URL
)


@check(
    id="logs.nats",
    title="The worker or API lost NATS",
    severity=(Severity.ERROR, Severity.NOTE),
    guide=Guide.CREATED,
    explained_by=(
        Explains("nats.*", when=because(*CAUSES, *IDS, BROKE)),
        Explains("worker.several-workers", when=because("nats-consumer-deleted", "repo-transition")),
        Explains("jobs.repository-gone", when=because("repo-missing")),
        Explains("config.value-out-of-range", when=same_key),
        Explains("config.file-*", "config.database-user-missing", when=because(*WIRING)),
    ),
)
def nats(logs: facts.Logs, config: facts.Resolution, live: IfObserved[facts.Nats]) -> Iterator[Finding]:
    """
    Look for a NATS that the worker could not use, that it lost, or whose messages it could not use.

    And for jobs that the API could not send, as it lost NATS.

    What kept the program from NATS is a note when NATS is looked at in the same run and lets the program in; a
    connection, stream or consumer that was lost is one when somebody fetches jobs. An API that gave up on NATS stays an
    error: only a start brings it back.

    Why it matters: a worker without NATS gets no jobs, and an API without it sends none: nothing that is submitted is
    indexed.

    Silent when: the connection came back, or messages arrived later; the job was sent later; the process was started
    again since.

    How to fix: start NATS with JetStream, then restart the worker; raise `nats.max_reconnects` so that it outlives
    longer pauses; purge messages that other programs published.
    """

    def works_again(event: facts.LogEvent) -> bool:
        return event.cause not in MESSAGES and later(logs, event, *WORKS)

    closed = False
    for name, lines in groups(logs, CAUSES, IDS, but=(*OF_MOCK, BROKE), within=OF_NATS, good=works_again):
        closed = closed or name in LOST
        yield over(reported(name, lines, told=TOLD, default=DEFAULT, config=config), _seen(name, live))
    # Whatever broke the connection, it is broken.
    broken = current(logs, (BROKE,)).but(works_again)
    if broken and not closed:
        yield over(reported(BROKE, broken, told=TOLD, config=config), _seen(BROKE, live))
    for name, lines in groups(logs, CAUSES, within=PUBLISHING, good=lambda event: sent_later(logs, event)):
        # Whatever is well by now, such an API has to be started again.
        seen = "" if name == CLOSED else _seen(name, live)
        yield over(reported(name, lines, told={name: _of_api(name)}, config=config), seen, RESUBMIT)


def sent_later(logs: facts.Logs, event: facts.LogEvent) -> bool:
    """Whether the job was sent later; an API with its mock says so of its own, and that is told there."""
    return later(logs, event, "con-republished", SWALLOWED, same=("job_id", "indexing_job_id"))


def _of_api(name: str) -> Told:
    return OF_API.get(name) or Told(fix=f"{advice(name)} {AGAIN}", commands=RESTART_API, key=URL)


def _seen(name: str, live: IfObserved[facts.Nats]) -> str:
    """What shows that such a line is of the past; nothing for nothing."""
    if live.value is None or live.value.reached is None or not live.value.jetstream:
        return ""
    if name in OF_THE_WAY:
        return "NATS lets the program in now"
    mine = live.value.stream.consumer() if live.value.stream is not None else None
    used = mine is not None and bool(mine.waiting or mine.ack_pending)
    return "somebody fetches jobs now" if used and name in OF_THE_CONSUMER else ""
