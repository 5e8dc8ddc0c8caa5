"""logs.submission-failed: batches that never got to Google."""

from __future__ import annotations

from collections.abc import Iterator

from checks.logs._calls import QUOTA_MISREAD, by_quota
from checks.logs._findings import Told, because, groups, reported, same_cause
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
GIVEN_UP = ("sub-non-retryable", "sub-max-attempts")
IDS = (*GIVEN_UP, "sub-deserialize-failed")
# What is a warning elsewhere, as it passes: here the batch is given up for it.
PASSING = ("gem-quota", "gem-overloaded", "gem-not-found", QUOTA_MISREAD)
# What keeps a batch client from being made, where it is said of making it.
DIRECTORIES = ("dir-permission", "dir-readonly", "dir-not-dir")
ALSO = tuple((id, cause) for id in GIVEN_UP for cause in (*DIRECTORIES, *PASSING))
# Lines of one request that are read from a result; those are not about sending.
OF_RESULTS = ("gb-line-parse-failed", "poll-processing-failed", "batch-client-failed")
SENT = ("sub-file-uploaded", "poll-completed", "poll-marked-completed")
SIZE, INPUT = "batch_processing.max_batch_size", "gemini.batch.input_dir"
BACK = "Then put its row back to pending_submission, or submit the repository again."
BACK_NOW = "Put its row back to pending_submission, or submit the repository again."
SHOW = ("codechunk-doctor batches",)
TOLD = {
    "gem-batch-too-big": Told(fix=f"Set {SIZE} to 500 or less, restart the worker, and submit the repository again.",
                              commands=("docker compose restart worker",), key=SIZE),
    "gem-empty-requests": Told("the row of the batch holds no requests", "Submit the repository again.", SHOW),
    "gem-file-exists": Told(commands=SHOW),
    "disk-full": Told(fix=f"Free space below {INPUT}; nothing there is deleted by the program. {BACK}", commands=SHOW,
                      key=INPUT),
    "json-broken": Told("the requests stored for the batch are empty or damaged", "Submit the repository again.", SHOW),
    **dict.fromkeys(
        ("gem-input-file", *DIRECTORIES), Told("the worker could not write the input file",
                                               f"Make {INPUT} writable for the worker. {BACK}", SHOW, INPUT)),
    "gem-quota": Told("Google's quota is used up, and the worker does not send the batch any more",
                      f"Wait until the quota is renewed, turn on billing or ask for more. {BACK}", SHOW),
    "gem-overloaded": Told("Gemini was overloaded, and a batch that is refused for that is not sent again", BACK_NOW,
                           SHOW),
    "gem-not-found": Told("the model or the file is not there, or this key does not see it",
                          f"See that gemini.model is unset, and that the key was not changed. {BACK}", SHOW,
                          "gemini.model"),
    QUOTA_MISREAD: Told("the program took this for the quota, as the text has the word “limit”",
                        f"Remove what the error itself names (-v shows it). {BACK}", SHOW),
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
            "directories.batch-dir-not-writable",
            "directories.batch-dir-vanished",
            when=because("gem-input-file", *DIRECTORIES),
        ),
        Explains("gemini.model-unavailable", when=because("gem-not-found")),
        Explains("directories.disk-space", when=because("disk-full")),
        Explains("batches.request-data-missing", when=because("gem-empty-requests", "json-broken")),
        Explains("batches.failed", when=because(*CAUSES, *DIRECTORIES, *PASSING, *IDS)),
    ),
    explains=(Explains("logs.rate-limited", "logs.batch-lost", when=same_cause),),
)
def submission_failed(logs: facts.Logs, config: facts.Resolution) -> Iterator[Finding]:
    """
    Look for batches that the worker gave up before Google had them, by the reason.

    Why it matters: the chunks of these batches get no vectors, and the worker does not try again.

    The quota and the load of Google are among the reasons: they pass, but a batch that was given up is not sent again.

    Silent when: the batch was sent later; another finding on the log has the cause, as with the key or the network.

    How to fix: remove the cause, then put the row of the batch back to `pending_submission` or submit the repository
    again.
    """

    def sent(event: facts.LogEvent) -> bool:
        return later(logs, event, *SENT, same=("batch_id",))

    for name, lines in groups(logs, CAUSES, IDS, but=OF_RESULTS, also=ALSO, good=sent):
        for kind, part in by_quota(name, lines):
            yield reported(kind, part, told=TOLD, default=DEFAULT, config=config)
