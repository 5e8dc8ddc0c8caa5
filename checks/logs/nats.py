"""logs.nats: the message queue, as worker and API saw it."""

from __future__ import annotations

from collections.abc import Iterator

from checks.logs._findings import Told, because, groups, reported
from checks.logs._lines import current, later
from doctor.api import Explains, Finding, Guide, Severity, check, facts, same_key

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
BROKE = "nats-disconnected"
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
# Of the API's side logs.mock-publisher tells.
OF_API = (
    "api-nats-publisher-failed",
    "api-nats-connect-failed",
    "api-nats-stream-failed",
    "api-publish-failed",
    "con-republish-failed",
)
WORKS = ("nats-reconnected", "nats-established", "consumer-loop-started", "consumer-fetched", "consumer-ack")
URL, RECONNECTS = "nats.url", "nats.max_reconnects"
RESTART = ("docker compose restart worker",)
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
    "nats-closed": Told(
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
DEFAULT = Told(
    fix="Read the error (-v shows it); start NATS with JetStream, then restart the worker.", commands=RESTART, key=URL
)


@check(
    id="logs.nats",
    title="The worker or API lost NATS",
    severity=Severity.ERROR,
    guide=Guide.CREATED,
    explained_by=(
        Explains("nats.*", when=because(*CAUSES, *IDS, BROKE)),
        Explains("worker.several-workers", when=because("nats-consumer-deleted", "repo-transition")),
        Explains("jobs.repository-gone", when=because("repo-missing")),
        Explains("config.value-out-of-range", when=same_key),
        Explains("config.file-*", "config.database-user-missing", when=because(*WIRING)),
    ),
)
def nats(logs: facts.Logs, config: facts.Resolution) -> Iterator[Finding]:
    """
    Look for a NATS that the worker could not use, that it lost, or whose messages it could not use.

    Why it matters: a worker without NATS gets no jobs, and nothing that is submitted is indexed.

    Silent when: the connection came back, or messages arrived later; the worker was started again since.

    How to fix: start NATS with JetStream, then restart the worker; raise `nats.max_reconnects` so that it outlives
    longer pauses; purge messages that other programs published.
    """

    def works_again(event: facts.LogEvent) -> bool:
        return event.cause not in MESSAGES and later(logs, event, *WORKS)

    closed = False
    for name, lines in groups(logs, CAUSES, IDS, but=(*OF_API, BROKE), within=OF_NATS, good=works_again):
        closed = closed or name in LOST
        yield reported(name, lines, told=TOLD, default=DEFAULT, config=config)
    # Whatever broke the connection, it is broken.
    broken = current(logs, (BROKE,)).but(works_again)
    if broken and not closed:
        yield reported(BROKE, broken, told=TOLD, config=config)
