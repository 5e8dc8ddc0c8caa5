"""logs.submission-failed: batches that never got to Google."""

from __future__ import annotations

from collections.abc import Iterator

from checks.logs._findings import Told, because, groups, reported
from checks.logs._lines import later
from doctor.api import Explains, Finding, Guide, Severity, check, facts

CAUSES = (
    "gem-batch-too-big",
    "gem-empty-requests",
    "gem-file-exists",
    "disk-full",
    "json-broken",
    "gem-input-file",
    "gem-upload",
)
IDS = ("sub-non-retryable", "sub-max-attempts", "sub-deserialize-failed")
# Lines of one request that are read from a result; those are not about sending.
OF_RESULTS = ("gb-line-parse-failed", "poll-processing-failed", "batch-client-failed")
SENT = ("sub-file-uploaded", "poll-completed", "poll-marked-completed")
SIZE, INPUT = "batch_processing.max_batch_size", "gemini.batch.input_dir"
BACK = "Then put its row back to pending_submission, or submit the repository again."
SHOW = ("codechunk-doctor batches",)
TOLD = {
    "gem-batch-too-big": Told(fix=f"Set {SIZE} to 500 or less, restart the worker, and submit the repository again.",
                              commands=("docker compose restart worker",), key=SIZE),
    "gem-empty-requests": Told("the row of the batch holds no requests", "Submit the repository again.", SHOW),
    "gem-file-exists": Told(commands=SHOW),
    "disk-full": Told(fix=f"Free space below {INPUT}; nothing there is deleted by the program. {BACK}", commands=SHOW,
                      key=INPUT),
    "json-broken": Told("the requests stored for the batch are empty or damaged", "Submit the repository again.", SHOW),
    "gem-input-file": Told("the worker could not write the input file",
                           f"Make {INPUT} writable for the worker. {BACK}", SHOW, INPUT),
    "gem-upload": Told("the input file could not be uploaded", f"Remove what the line names. {BACK}", SHOW),
}  # fmt: skip
DEFAULT = Told(fix=f"Remove what the line names (-v shows it). {BACK}", commands=SHOW)


@check(
    id="logs.submission-failed",
    title="Batches could not be submitted",
    severity=Severity.ERROR,
    guide=Guide.BATCH_USAGE,
    explained_by=(
        Explains("config.batch-size-refused", when=because("gem-batch-too-big")),
        Explains(
            "directories.batch-dir-not-writable", "directories.batch-dir-vanished", when=because("gem-input-file")
        ),
        Explains("directories.disk-space", when=because("disk-full")),
        Explains("batches.request-data-missing", when=because("gem-empty-requests", "json-broken")),
        Explains("batches.failed", when=because(*CAUSES, *IDS)),
    ),
)
def submission_failed(logs: facts.Logs, config: facts.Resolution) -> Iterator[Finding]:
    """
    Look for batches that the worker gave up before Google had them, by the reason.

    Why it matters: the chunks of these batches get no vectors, and the worker does not try again.

    Silent when: the batch was sent later; another finding on the log has the cause.

    How to fix: remove the cause, then put the row of the batch back to `pending_submission` or submit the repository
    again.
    """

    def sent(event: facts.LogEvent) -> bool:
        return later(logs, event, *SENT, same=("batch_id",))

    for name, lines in groups(logs, CAUSES, IDS, but=OF_RESULTS, good=sent):
        yield reported(name, lines, told=TOLD, default=DEFAULT, config=config)
