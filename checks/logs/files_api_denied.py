"""logs.files-api-denied: the result is there, and Google does not hand it out."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

from checks.logs._calls import succeeded_later
from checks.logs._findings import found
from checks.logs._lines import Lines, gathered
from doctor.api import Evidence, Finding, Fix, Guide, Severity, check, facts

CAUSES = ("gem-file-permission", "res-40char")
GUIDE_IDS = ("guide-metadata-failed", "guide-all-failed")
DOWNLOADS = ("gb-download-failed",)
REFUSED = ("gem-permission", *CAUSES)
OUTPUT = "gemini.batch.output_dir"
LONGEST = 40
NOTE = (
    "The guide says that several ways of fetching are tried and a local copy is used; since 2026-04-23 the program "
    "makes one direct download, logs “Failed to download batch output file with constructed reference” when it is "
    "refused, and fails the batch."
)


@check(
    id="logs.files-api-denied",
    title="Google denies the download of results (403)",
    severity=Severity.ERROR,
    guide=Guide.FORBIDDEN,
    explained_by=("batches.download-denied", "gemini.files-denied"),
)
def files_api_denied(logs: facts.Logs, config: facts.Resolution) -> Iterator[Finding]:
    """
    Look for result files of batches that Google refused with 403 PERMISSION_DENIED.

    Ids of result files have 42 characters, where Google documents 40; the length is shown.

    Why it matters: Google has done the work, and the vectors are lost.

    Silent when: the same file was downloaded later; `batches.download-denied` names the batches.

    How to fix: see whether the file is in `gemini.batch.output_dir`; send and fetch with one key; give the key access
    to batches and files; then submit the repository again.

    Since 2026-04-23: the guide says that several ways of fetching are tried, down to a local copy; the program makes
    one direct download with the id as it is, and fails the batch when that is refused.
    """
    lines = _refused(logs)
    if not lines:
        return
    ids = [id for event in lines.events if (id := _file(event))]
    long = next((id for id in ids if len(id) > LONGEST), "")
    length = f"; the id of {long} has {len(long)} characters, Google documents {LONGEST}" if long else ""
    output = str(config.value(OUTPUT) or "/tmp/batch_embeddings/output")  # noqa: S108
    yield found(
        f"Google refused result files with 403, {lines.how_often}{length}",
        lines,
        fix=Fix(
            "See whether the result is in the output directory, use one key for sending and fetching, and give it "
            "access to batches and files. Then submit the repository again.",
            (f"ls -la {shlex.quote(output)}", "codechunk-doctor batches"),
        ),
        related=(config.where(OUTPUT),),
        note=NOTE,
        mark="gem-file-permission",
        more=tuple(Evidence("file", f"{id}: an id of {len(id)} characters") for id in dict.fromkeys(ids[-3:])),
    )


def _refused(logs: facts.Logs) -> Lines:
    counts = [
        count
        for count in logs.of((*GUIDE_IDS, *DOWNLOADS), CAUSES)
        if count.id in GUIDE_IDS or count.cause in (REFUSED if count.id in DOWNLOADS else CAUSES)
    ]
    return gathered(logs, counts).but(lambda event: succeeded_later(logs, event))


def _file(event: facts.LogEvent) -> str:
    """The id of the file without what stands before it."""
    return (event.get("file_ref", "file_id") or "").removeprefix("files/")[:100]
