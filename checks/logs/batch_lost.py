"""logs.batch-lost: jobs at Google that ended without a result, or are not there."""

from __future__ import annotations

from collections.abc import Iterator

from checks.logs._calls import OF_GEMINI
from checks.logs._findings import Told, because, found, groups, reported
from checks.logs._lines import Lines, current, later
from doctor.api import Explains, Finding, Fix, Guide, Severity, check, facts

CAUSES = ("gem-job-failed", "gem-job-terminal", "gem-not-found", "gem-job-id-format")
IDS = (
    "poll-cancelled",
    "poll-job-failed",
    "rec-failed-permanently",
    "poll-bad-job-id",
    "sub-job-id-invalid",
    "poll-unknown-state",
)
ROUNDS = 10
SHOW = ("codechunk-doctor batches",)
AGAIN = "Submit the repository again."
MISSING = "missing"
TOLD = {
    "gem-job-failed": Told("Google reports the job as failed or expired", AGAIN, SHOW),
    "gem-job-terminal": Told("the job had ended without a result when the worker started", AGAIN, SHOW),
    "gem-not-found": Told(
        "the job, its file or the model is not there (any more): files are kept for about 48 hours, and another key "
        "sees other jobs",
        f"Use one key for sending and fetching. {AGAIN}",
        SHOW,
    ),
    "gem-job-id-format": Told(
        "the name of the job does not begin with batches/, so that it went to Vertex AI",
        f"Unset GOOGLE_GENAI_USE_VERTEXAI where the worker is started, and restart it. {AGAIN}",
        SHOW,
    ),
    "poll-bad-job-id": Told("the name of the job in the database does not begin with batches/", AGAIN, SHOW),
    "poll-unknown-state": Told(
        "the job is in a state that this version does not know, which cancelled is one of; it looks at it for ever",
        "Restart the worker, which marks a cancelled batch as failed, and submit the repository again.",
        ("docker compose restart worker",),
    ),
    "poll-cancelled": Told(
        "the job was cancelled at Google; the worker looks at it for ever",
        "Restart the worker, which then marks the batch as failed, and submit the repository again.",
        ("docker compose restart worker",),
    ),
}
DEFAULT = Told(fix=AGAIN, commands=SHOW)


@check(
    id="logs.batch-lost",
    title="A batch job ended or vanished at Google",
    severity=Severity.WARNING,
    guide=Guide.BATCH_USAGE,
    explained_by=(
        Explains("batches.job-gone", when=because("gem-not-found", MISSING)),
        Explains(
            "batches.job-ended-badly",
            when=because("gem-job-failed", "gem-job-terminal", "poll-unknown-state", *IDS[:3]),
        ),
        Explains("batches.bad-job-id", when=because("gem-job-id-format", "poll-bad-job-id", "sub-job-id-invalid")),
        Explains("environment.gemini-redirected", when=because("gem-job-id-format", "sub-job-id-invalid")),
        Explains("gemini.model-unavailable", when=because("gem-not-found")),
        Explains("batches.failed", when=because(*CAUSES, *IDS)),
    ),
)
def batch_lost(logs: facts.Logs) -> Iterator[Finding]:
    """
    Look for batch jobs that failed, expired, were cancelled, or are missing in Google's list ten times in a row.

    Why it matters: the chunks of these batches get no vectors.

    Silent when: the batch was done later; findings on the rows of the database name these batches.

    How to fix: restart the worker where a job was cancelled; then submit the repository again.
    """

    def done(event: facts.LogEvent) -> bool:
        return later(logs, event, "poll-marked-completed", same=("batch_id",))

    for name, lines in groups(logs, CAUSES, IDS, within=OF_GEMINI, good=done):
        yield reported(name, lines, told=TOLD, default=DEFAULT)
    rounds = current(logs, ("poll-polled",)).events[-ROUNDS:]
    counts = [each.fields.get("missing_count") for each in rounds]
    if len(rounds) == ROUNDS and all(isinstance(count, int) and count > 0 for count in counts):
        yield _missing(Lines(rounds, ROUNDS, exact=False), min(count for count in counts if isinstance(count, int)))


def _missing(lines: Lines, missing: int) -> Finding:
    jobs = "1 job is" if missing == 1 else f"{missing} jobs are"
    return found(
        f"{jobs} missing in Google's list round after round, at least {ROUNDS} times up to now",
        lines,
        fix=Fix(
            "See which they are; if the key was changed, go back to the key that sent them, else submit the "
            "repositories again.",
            SHOW,
        ),
        mark=MISSING,
    )
