"""logs.start-incomplete: a start whose last line is not the one that says that it is done."""

from __future__ import annotations

from collections.abc import Iterator

from checks.logs._findings import found, headline
from checks.logs._lines import STARTED, Lines, by_line, is_old
from doctor.api import Finding, Fix, Guide, Severity, check, facts

CAUSES = ("api-port",)
PORT = "api-start-failed"
ROLES = {"worker": "Worker service started successfully", "api": "API server started successfully"}
YOUNG = 60.0
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

    Why it matters: a worker that hangs in its start takes no jobs, and prints no error either.

    Silent when: another line tells why; the start is the last one and younger than 60 seconds; the log begins in the
    middle of it.

    How to fix: look at what comes after the last line that is there, and whether that can be reached.
    """
    port = by_line(logs, PORT, CAUSES[0])
    if port:
        yield _port(port, config)
    for role, wanted in ROLES.items():
        run = _unfinished(logs, role)
        if run is not None and not (port and role == "api"):
            yield _finding(run, role, wanted)


def _unfinished(logs: facts.Logs, role: str) -> facts.LogRun | None:
    """The last start of this role, or that before one that is still young, if it came to no end and no error."""
    lives = [run for run in logs.runs if run.role == role]
    if lives and _young(logs, lives[-1]):
        lives = lives[:-1]
    run = lives[-1] if lives else None
    if run is None or run.start is None or run.end is not None or any(run.of(*STARTED)):
        return None
    return None if _told(logs, run) else run


def _young(logs: facts.Logs, run: facts.LogRun) -> bool:
    if any(run.of(*STARTED)):
        return False
    began = run.started_at
    return began is None or logs.last is None or logs.last - began < YOUNG


def _told(logs: facts.Logs, run: facts.LogRun) -> bool:
    """Whether an error of this start, or since, says why."""
    if any(event.level == "ERROR" for event in run.milestones):
        return True
    return any(
        _since(run, event)
        for count in logs.counts
        if count.level == "ERROR" and count.role == "cause"
        for event in count.recent
        if event.stream == run.stream and not is_old(logs, event)
    )


def _since(run: facts.LogRun, event: facts.LogEvent) -> bool:
    """Whether a line is not older than a start; one without a time by its place."""
    if run.start is None:
        return False
    if event.time is None or run.start.time is None:
        return event.path == run.start.path and event.line > run.start.line
    return event.time >= run.start.time


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
