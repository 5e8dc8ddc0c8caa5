"""logs.results-unusable: Google did the work, and the worker could not take the result."""

from __future__ import annotations

from collections.abc import Iterator

from checks.logs._calls import succeeded_later
from checks.logs._findings import Told, because, groups, reported
from doctor.api import Explains, Finding, Guide, Severity, check, facts

CAUSES = (
    "res-not-complete",
    "res-inline-id",
    "res-decode-id",
    "res-dims",
    "res-scanner",
    "res-gcs",
    "res-none",
    "res-line",
    "res-local-missing",
    "res-download",
)
SINGLE = ("gb-embedding-parse-failed", "gb-line-parse-failed")
IDS = ("poll-processing-failed", *SINGLE)
ALSO = (("poll-processing-failed", "disk-full"), ("gb-line-parse-failed", "json-broken"))
AGAIN = "Submit the repository again."
SHOW = ("codechunk-doctor batches",)
TOLD = {
    "res-not-complete": Told("Google finished only a part of the job, of which the worker takes nothing", AGAIN, SHOW),
    "res-inline-id": Told("the result came inline, where it cannot be matched with the chunks", AGAIN, SHOW),
    "res-decode-id": Told("the result names something that is no chunk", AGAIN, SHOW),
    "res-dims": Told("the vectors do not have 768 dimensions", f"See that gemini.model is unset. {AGAIN}", SHOW,
                     "gemini.model"),
    "res-scanner": Told("a line of the result is longer than 64 KiB, as with vectors of the wrong length",
                        f"See that gemini.model is unset. {AGAIN}", SHOW, "gemini.model"),
    "res-gcs": Told("the result lies in a bucket, which the worker does not read",
                    f"Unset GOOGLE_GENAI_USE_VERTEXAI where the worker is started, and restart it. {AGAIN}", SHOW),
    "res-none": Told("Google says that it is done and has no result", AGAIN, SHOW),
    "res-line": Told("single chunks of a batch got no vector; the batch counts as completed", AGAIN, SHOW),
    "res-local-missing": Told("the result file could not be fetched, and no copy is here", AGAIN, SHOW),
    "res-download": Told("the result file could not be fetched", f"Remove what the line names. {AGAIN}", SHOW),
    "disk-full": Told("the disk below gemini.batch.output_dir is full", f"Free space there. {AGAIN}", SHOW,
                      "gemini.batch.output_dir"),
    "json-broken": Told("a line of the result cannot be read", AGAIN, SHOW),
}  # fmt: skip
DEFAULT = Told(fix=f"Remove what the line names (-v shows it). {AGAIN}", commands=SHOW)


@check(
    id="logs.results-unusable",
    title="Batch results could not be used",
    severity=(Severity.ERROR, Severity.WARNING),
    guide=Guide.BATCH_USAGE,
    explained_by=(
        Explains("logs.files-api-denied", when=because("res-download", "res-local-missing")),
        Explains("batches.download-denied", when=because("res-download", "res-local-missing")),
        Explains("batches.results-incomplete", when=because("res-line", "json-broken", *SINGLE)),
        Explains("directories.disk-space", when=because("disk-full")),
        Explains("environment.gemini-redirected", when=because("res-gcs")),
        Explains("batches.failed", when=because(*CAUSES[:7], *CAUSES[8:], "disk-full", IDS[0])),
    ),
)
def results_unusable(logs: facts.Logs, config: facts.Resolution) -> Iterator[Finding]:
    """
    Look for results of batch jobs that could not be fetched, read or matched with their chunks.

    Where only single chunks of a batch are lost it is a warning.

    Why it matters: Google has done the work, and the chunks have no vectors all the same.

    Silent when: Google refuses the file, which `logs.files-api-denied` reports; the batch was completed later.

    How to fix: correct the setting that is shown, if any, then submit the repository again.
    """
    for name, lines in groups(logs, CAUSES, IDS, also=ALSO, good=lambda event: succeeded_later(logs, event)):
        single = all(event.id in SINGLE for event in lines.events)
        severity = Severity.WARNING if single else Severity.ERROR
        yield reported(name, lines, told=TOLD, default=DEFAULT, config=config, severity=severity)
