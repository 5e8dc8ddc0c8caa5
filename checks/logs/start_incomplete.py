"""logs.start-incomplete: a start whose last line is not the one that says that it is done."""

from __future__ import annotations

from collections.abc import Iterator

from checks.logs._findings import Told, found, headline, reported
from checks.logs._lines import STARTED, Lines, after, by_line, process_of
from doctor.api import Finding, Fix, Guide, Severity, check, facts

CAUSES = ("api-port",)
PORT = "api-start-failed"
ROLES = {"worker": "Worker service started successfully", "api": "API server started successfully"}
YOUNG = 60.0
# Lines of which no check tells unless their text has a known cause; these end a start,
ENDING = (
    "gemini-client-failed",
    "worker-create-failed",
    "worker-treesitter-failed",
    "api-search-service-failed",
    "api-create-server-failed",
    "api-start-failed",
)
# these do not.
PASSING = ("queue-config-invalid", "con-reconcile-skipped", "con-reconcile-failed", "db-query-failed")
# That time ran out says nothing of what took it.
NO_REASON = (None, "ctx-deadline")
REMOVE = "Remove what the line names (-v shows it), then start it again."
TOLD = {
    "gemini-client-failed": Told(fix=f"A setting below gemini: was refused. {REMOVE}", key="gemini.model"),
    "api-create-server-failed": Told(
        "the program does not print why; most often api.port or a time limit of the API is out of range",
        "Correct api.port, api.read_timeout or api.write_timeout, then start the API again.",
        ("codechunk-doctor check --only config",),
        "api.port",
    ),
}
ANY = Told(fix=REMOVE, commands=("codechunk-doctor check",))
# What comes next, by the last line that is there.
NEXT = {
    "config-": "reading the settings, then the database",
    "worker-starting": "the database",
    "api-db-config": "the database",
    "gemini-service": "NATS",
    "openai-service": "NATS",
    "batch-": "NATS",
    "queue-": "NATS and its stream",
    "nats-established": "the stream and the consumer of NATS",
}


@check(
    id="logs.start-incomplete",
    title="A start-up ended before it was complete",
    severity=Severity.ERROR,
    guide=Guide.CREATED,
    explained_by=("worker.not-running", "worker.restart-loop", "api.restart-loop"),
)
def start_incomplete(logs: facts.Logs, config: facts.Resolution) -> Iterator[Finding]:
    """
    Look whether the last start of worker and API came to its end, and which step was the last.

    Why it matters: nothing is indexed then; a worker that hangs prints no error, one that ends may be started for ever.

    Silent when: another finding on the log tells why; the start is the last one, under way and younger than 60 seconds;
    the log begins in the middle of it.

    How to fix: remove what the error says that ended it; without one, look at what comes after the last line that is
    there, and whether that can be reached.
    """
    port = by_line(logs, PORT, CAUSES[0])
    if port:
        yield _port(port, config)
    for role, wanted in ROLES.items():
        run = _unfinished(logs, role)
        if run is None or (port and role == "api"):
            continue
        if run.end is not None:
            yield reported(run.end.id, Lines((run.end,), 1), told=TOLD, default=ANY, config=config)
        else:
            yield _finding(run, role, wanted)


def _unfinished(logs: facts.Logs, role: str) -> facts.LogRun | None:
    """The last start of this role, or that before one that is still young, if it did not come to its end untold."""
    lives = [run for run in logs.runs if run.role == role]
    if lives and _young(logs, lives[-1]):
        lives = lives[:-1]
    run = lives[-1] if lives else None
    if run is None or any(run.of(*STARTED)):
        return None
    # Of a hang nothing is known where the beginning is not there; an error that ended a start speaks for itself.
    untold = run.start is not None if run.end is None else run.end.id in ENDING and not _tells(run.end)
    return run if untold and not _told(logs, run) else None


def _young(logs: facts.Logs, run: facts.LogRun) -> bool:
    if run.end is not None or any(run.of(*STARTED)):
        return False
    began = run.started_at
    return began is None or logs.last is None or logs.last - began < YOUNG


def _told(logs: facts.Logs, run: facts.LogRun) -> bool:
    """Whether an error of this start, or since, says why."""
    if any(map(_tells, run.milestones)):
        return True
    return any(
        _tells(event) and after(event, run.milestones[0])
        for count in logs.counts
        if count.role == "cause"
        for event in count.recent
        if event.stream == run.stream and process_of(logs, event) == run.role
    )


def _tells(event: facts.LogEvent) -> bool:
    """Whether this is an error that has a finding of its own."""
    unknown = event.cause in NO_REASON and event.id in (*ENDING, *PASSING)
    return event.level == "ERROR" and not unknown


def _finding(run: facts.LogRun, role: str, wanted: str) -> Finding:
    last = run.milestones[-1] if run.milestones else run.start
    assert last is not None
    following = next(
        (step for prefix, step in NEXT.items() if last.id.startswith(prefix)), "what comes after that line"
    )
    lines = Lines((last,), 1)
    who = "worker" if role == "worker" else "API"
    return found(
        f"the start of the {who} got to “{headline(last)}”, {lines.how_often}, and “{wanted}” is not there",
        lines,
        fix=Fix(
            f"See whether {following} can be reached, then restart the {who}.",
            ("codechunk-doctor check", f"docker compose restart {role}"),
        ),
        mark=role,
    )


def _port(lines: Lines, config: facts.Resolution) -> Finding:
    key = "api.port"
    what = f"{key} ({config.show(key)}) is taken, privileged or out of range"
    return found(
        f"“{headline(lines.newest)}”, {lines.how_often}: {what}",
        lines,
        fix=Fix(f"Choose another {key}, or end the program that has it, then restart the API.", ("ss -ltnp",)),
        related=(config.where(key),),
        mark=CAUSES[0],
    )
