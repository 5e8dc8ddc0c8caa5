"""batches.download-denied: done at Google, and not handed out."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator

from checks.batches import _causes as causes
from checks.batches._causes import unresolved
from checks.batches._google import job_of, told
from checks.batches._repair import more, resubmit
from checks.batches._rows import SHOWN, ago, batches_of, others, place, repositories, seen
from doctor.api import Evidence, Explains, Finding, Fix, Guide, Observed, Severity, check, facts, same_repository

OUTPUT = "gemini.batch.output_dir"
USUAL = "/tmp/batch_embeddings/output"  # noqa: S108 - the program's own default
NOTE = (
    "The guide describes several ways of fetching and a local copy; since 2026-04-23 the worker makes one direct "
    "download, removes no prefix and falls back to no local file."
)
FILE = re.compile(r"\bfiles/([\w-]+)")
# What Google's documentation allows an id of a file.
LONGEST = 40
SHOWN_ID = 100


@check(
    id="batches.download-denied",
    title="Google refuses the result file of a batch",
    severity=Severity.ERROR,
    guide=Guide.FORBIDDEN,
    explains=(Explains("jobs.completed-without-vectors", "jobs.embedding-failed", when=same_repository),),
)
def download_denied(
    batches: facts.BatchRows, config: facts.Resolution, google: Observed[facts.GoogleBatches]
) -> Iterator[Finding]:
    """
    Look for failed batches whose result file Google would not hand out (403 PERMISSION_DENIED).

    Ids of result files have 42 characters, where Google documents 40; the length is shown. The id is that of the job at
    Google, or the one that the error names.

    Why it matters: Google has done the work, and the vectors are lost.

    Silent when: the file was gone (404, after about 48 hours), which `batches.failed` reports; the chunks have vectors
    by now; a newer job of the repository took over.

    How to fix: see that `gemini.batch.output_dir` exists and is writable, and whether a file is there; give the key
    access to batches and files; send and fetch with one key; then submit the repository again.

    Since 2026-04-23: the guide says that several ways of fetching are tried and a local copy is used; the program makes
    one direct download with the id as it is, and fails the batch when that is refused.
    """
    rows = [row for row, cause in unresolved(batches) if cause is causes.DENIED]
    if not rows:
        return
    least = not batches.failed.complete
    files = [file for row in rows if (file := _file(row, google.value))]
    yield Finding(
        f"Google refused the result files of {batches_of(rows, least=least)}, the last {ago(rows[0].idle)} ago"
        f"{_length(files)}",
        at=place(rows[0]),
        related=(*others(rows), config.where(OUTPUT), *repositories(rows)),
        fix=Fix(
            "Look whether the result is in the output directory, give the key access to batches and files, and use one "
            "key for sending and fetching. Then submit the repositories again." + more(rows, len(rows)),
            (f"ls -la {shlex.quote(config.value(OUTPUT) or USUAL)}", *resubmit(config, rows)),
        ),
        evidence=(
            *(Evidence("file", f"files/{file[:SHOWN_ID]}: an id of {len(file)} characters") for file in files[:SHOWN]),
            *told(rows, google.value),
            *seen(rows),
        ),
        note=NOTE,
    )


def _file(row: facts.BatchRow, google: facts.GoogleBatches | None) -> str:
    """The id of the row's result file, as Google has it or else as the error names it."""
    job = job_of(row, google)
    if job is not None and job.output_id:
        return job.output_id
    found = FILE.search(row.error or "")
    return found[1] if found else ""


def _length(files: list[str]) -> str:
    long = next((file for file in files if len(file) > LONGEST), None)
    if long is None:
        return ""
    return f"; the result file files/{long[:SHOWN_ID]} has an id of {len(long)} characters, Google documents {LONGEST}"
