"""batches.bad-job-id: a name that the poller does not ask Google for."""

from __future__ import annotations

from collections.abc import Iterator

from checks.batches._repair import GIVE_UP, more, resubmit, update
from checks.batches._rows import batches_of, others, place, seen
from doctor.api import Finding, Fix, Guide, Severity, check, facts

NOTE = 'The guide shows ids like "projects/.../batchJobs/..."; the program takes only ids that start with "batches/".'


@check(
    id="batches.bad-job-id",
    title="A batch job id has a form the poller refuses",
    severity=Severity.WARNING,
    guide=Guide.BATCH_USAGE,
)
def bad_job_id(batches: facts.BatchRows, config: facts.Resolution) -> Iterator[Finding]:
    """
    Compare the job ids of batches in status `processing` with the form that the poller asks for.

    Why it matters: the worker skips such a batch every time, so its results are never fetched.

    Silent when: the batch is completed or failed; its job or repository is deleted.

    How to fix: set the row to `failed` and submit the repository again. Ids of another form come from Vertex AI: see
    that `GOOGLE_GENAI_USE_VERTEXAI` and `GOOGLE_GEMINI_BASE_URL` are not set for the worker
    (`environment.gemini-redirected`).

    Since 2025-11-26: the guide says that ids look like `projects/.../batchJobs/...`; the program takes only ids that
    start with `batches/`.
    """
    found = batches.of(facts.BatchState.BAD_JOB_ID)
    if not found.count:
        return
    rows = found.rows
    first = f"{(rows[0].google_id or '')[:100]!r}"
    yield Finding(
        f"{batches_of(rows, found.count)} in status processing with a job id that does not start with "
        f'"batches/": {first}',
        at=place(rows[0]),
        related=others(rows),
        fix=Fix(
            "Give the rows up and submit their repositories again; see that the worker's environment does not lead to "
            "Vertex AI (GOOGLE_GENAI_USE_VERTEXAI)." + more(rows, found.count),
            (*update(rows, GIVE_UP), *resubmit(config, rows)),
        ),
        evidence=seen(rows),
        note=NOTE,
    )
