"""logs.guide-fallback-line: the line that the guide begins with, and which of its four causes holds."""

from __future__ import annotations

from collections.abc import Iterator

from checks.logs._findings import found
from checks.logs._lines import current
from doctor.api import Evidence, Finding, Guide, IfObserved, Severity, check, facts, guide

WORDS = {"confirmed": "confirmed", "ruled_out": "ruled out", "unknown": "unknown"}


@check(
    id="logs.guide-fallback-line",
    title="The guide's fallback line is in the log",
    severity=Severity.ERROR,
    guide=Guide.SEQUENTIAL,
)
def guide_fallback_line(
    logs: facts.Logs, config: facts.Resolution, directories: IfObserved[facts.Directories]
) -> Iterator[Finding]:
    """
    Look for "Production batch processing not implemented - falling back to sequential".

    Each of the guide's four causes is marked as confirmed, ruled out or unknown, by the configuration as it is now;
    `codechunk-doctor why` says the same of the job.

    Why it matters: repositories are embedded one chunk at a time although batches are wanted.

    Silent when: the text stands only inside a field of another line, or in a document that was pasted.

    How to fix: change the setting that is confirmed, restart the worker, and look for "Batch queued for submission".

    Since 2025-11-27: the guide says that this line shows a fallback; the program prints "Batch processing failed,
    falling back to sequential", which `logs.fell-back` reports, and needs batch_processing.enabled as well as
    gemini.batch.enabled.
    """
    lines = current(logs, guide.LINES)
    if not lines:
        return
    causes = guide.causes(config, directories.value)
    confirmed = [each for each in causes if each.status is guide.CONFIRMED]
    which = f"confirmed: {', '.join(each.title for each in confirmed)}" if confirmed else "none of them is confirmed"
    yield found(
        f"the guide's line is in the log {lines.how_often}; of its four causes {which}",
        lines,
        fix=guide.fix(confirmed),
        note=guide.NOTE,
        related=tuple(dict.fromkeys(each.at for each in confirmed if each.at is not None)),
        mark=lines.newest.id,
        more=tuple(
            Evidence("cause of the guide", f"{each.title}: {WORDS[each.status]}: {each.because}", each.at)
            for each in causes
        ),
    )
