"""One small report that holds all five outcomes, and others made from it."""

from __future__ import annotations

from dataclasses import replace

from doctor.model import (
    Action,
    CheckResult,
    Edit,
    Evidence,
    Finding,
    Fix,
    Guide,
    Location,
    Outcome,
    OutcomeKind,
    Report,
    Safety,
    Severity,
    Suppression,
    TargetSummary,
    WorkerSummary,
)

FILE = "configs/config.dev.yaml"


def result(id: str, title: str, outcome: Outcome, *, why: str = "", guide: Guide | None = None) -> CheckResult:
    return CheckResult(id, id.partition(".")[0], title, guide, why, replace(outcome, duration_ms=1.25))


def found(*findings: Finding) -> Outcome:
    return Outcome(OutcomeKind.FOUND, findings)


CLIENT_OFF = Finding(
    "gemini.batch.enabled is false, and fallback_to_sequential is false as well",
    at=Location.file(FILE, 12, 14, key="gemini.batch.enabled"),
    related=(Location.file(FILE, 31, 5, key="batch_processing.fallback_to_sequential"),),
    severity=Severity.ERROR,
    fix=Fix(
        "Switch the client on, then restart the worker.",
        commands=("docker compose up -d --build worker api",),
        edits=(Edit(FILE, "gemini.batch.enabled", "false", "true", line=12),),
        safety=Safety.SAFE,
    ),
    evidence=(
        Evidence(
            "finding",
            "logs.no-batch-client: the worker says so",
            Location.file("logs/worker.log", 81),
            "the client is really off",
        ),
    ),
    note="The guide says that jobs fall back; since 2025-11-26 they fail unless fallback_to_sequential is true.",
)
UNKNOWN_KEYS = (
    Finding(
        "nope is not a section of the program",
        at=Location.file(FILE, 40, 1, key="nope"),
        severity=Severity.NOTE,
    ),
    Finding(
        "gemini.modl is not a key of the program, gemini.model is",
        at=Location.file(FILE, 9, 3, key="gemini.modl"),
        severity=Severity.WARNING,
        fix=Fix(
            "Rename modl to model.",
            edits=(Edit(FILE, "gemini.modl", "x", "model", line=9, action=Action.RENAME),),
            safety=Safety.UNSAFE,
        ),
    ),
    Finding(
        "CODECHUNK_DATABASE_PASSWORD is set but nobody asks for it",
        at=Location.env("CODECHUNK_DATABASE_PASSWORD", key="database.password", path="prod.env", line=3),
        severity=Severity.WARNING,
        fix=Fix(
            "Correct the value or delete it.",
            commands=("export CODECHUNK_DATABASE_PASSWORD=...",),
            edits=(
                Edit("prod.env", "CODECHUNK_DATABASE_PASSWORD", "hunter2-secret", "hunter2-secret", line=3),
                Edit(FILE, "database.password", None, '""'),
                Edit(FILE, "gemini.token", "hunter2-secret", None, line=10, action=Action.DELETE),
            ),
        ),
    ),
)
SUPPRESSED = Finding(
    "log.level is debug",
    at=Location.file(FILE, 50, 10, key="log.level"),
    severity=Severity.NOTE,
    suppressed=Suppression("ignore", "we like it so"),
)
CRASH = Outcome(
    OutcomeKind.CRASHED,
    reason="KeyError: 'database.port'",
    trace="Traceback (most recent call last):\n  File \"check.py\", line 1\nKeyError: 'database.port'\n",
)
HELD_BACK = Outcome(OutcomeKind.BLOCKED, reason="config.batch-client-off: Batches are wanted but the client is off")
NO_ANSWER = Outcome(OutcomeKind.BLOCKED, reason="docker: no answer within 10 s")
SKIPPED = Outcome(OutcomeKind.SKIPPED, reason="programs are not judged on an assumed host; say --worker host")

REPORT = Report(
    TargetSummary("/srv/codechunking", FILE, FILE, WorkerSummary("observed", "container", "worker-1"), False),
    "2026-05-04T10:00:00.000Z",
    1234.5678,
    (
        result("config.file-broken", "The configuration file does not parse", Outcome(OutcomeKind.PASSED)),
        result(
            "config.unknown-key",
            "A key is known to nobody",
            found(*UNKNOWN_KEYS),
            why="the program ignores a misspelt key without a word. It then goes on with another value.",
        ),
        result(
            "config.batch-client-off",
            "Batches are wanted but the client is off",
            found(CLIENT_OFF),
            why="embedding fails, e.g. for\nevery repository at or above the threshold. More follows.",
            guide=Guide.SEQUENTIAL,
        ),
        result("config.dead-key", "A setting nobody reads was changed", found(SUPPRESSED)),
        result("config.sslmode", "database.sslmode is refused by a driver", CRASH),
        result("directories.batch-dir-not-writable", "A batch directory is not writable", HELD_BACK),
        result("worker.program-missing", "A program is missing", SKIPPED),
        result("worker.not-running", "No worker is running", NO_ANSWER),
    ),
    notices=("variables are those of the worker, container worker-1",),
)

HEALTHY = replace(
    REPORT,
    target=TargetSummary("/srv/codechunking", None, FILE, WorkerSummary("assumed", "host", None), True),
    results=(REPORT.results[0], REPORT.results[6]),
    notices=(),
)

UNJUDGED = replace(HEALTHY, results=(REPORT.results[0], REPORT.results[7]))
EMPTY = replace(HEALTHY, results=())
LATE = replace(UNJUDGED, incomplete="the deadline ended the run before worker.not-running could be judged")
NOTES_ONLY = replace(HEALTHY, results=(result("a.b", "Title", found(UNKNOWN_KEYS[0])),))
