"""jobs.failed: the newest job of a repository failed."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterator

from checks.jobs._rows import age, marks, names, one_or_many, resubmit, row
from doctor.api import Evidence, Explains, Finding, Fix, Guide, Severity, beginning, check, facts, log_causes

NO_REASON = "no reason given"
# What differs between two errors of one kind: ids, numbers, times, quoted words.
# Numbers inside of words stay: a key of which only the digits are missing could no longer be masked.
VARYING = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}|\"[^\"]*\"|'[^']*'|(?<![^\s(\[{=:,])\d[\d.:]*(?![^\s)\]},;])")


def _about(*causes: str) -> Callable[[Finding, Finding], bool]:
    """Whether a failure has one of these causes; a finding of the configuration then says what is behind it."""

    def matches(_: Finding, explained: Finding) -> bool:
        return any(each.kind == "cause" and each.text.startswith(causes) for each in explained.evidence)

    return matches


@check(
    id="jobs.failed",
    title="Indexing jobs failed",
    severity=Severity.WARNING,
    guide=Guide.DATABASE_USAGE,
    explained_by=(
        Explains("environment.git-credential-stops-clone", when=_about("no-chunks", "chunk-invalid", "git-")),
        Explains("config.batch-client-off", "directories.batch-dir-not-creatable", when=_about("batch-service-nil")),
        Explains("config.queue-limits-incomplete", "config.value-out-of-range", when=_about("queue-", "batch-")),
        Explains("config.batch-size-refused", when=_about("gem-batch-too-big")),
        Explains("config.openai-with-batch", when=_about("oai-batch-unsupported")),
        Explains("config.openai-incomplete", when=_about("oai-")),
        Explains("gemini.*", when=_about("gem-")),
    ),
)
def failed(config: facts.Resolution, jobs: facts.JobRows) -> Iterator[Finding]:
    """
    Look at the newest job of every repository, and group those that failed by the cause in their `error_message`.

    Why it matters: these repositories cannot be searched, or not as they are now.

    Silent when: the repository was completed by a later attempt; the job was cancelled; a finding on the configuration
    or on Gemini explains the failure.

    How to fix: remove the cause, then submit the repository again.

    Since 2026-04-14: the guide says failed jobs are found in `indexing_jobs`; workers built before that never write
    the outcome of a job to the table.
    """
    groups: dict[tuple[str, str, str], list[facts.JobRow]] = defaultdict(list)
    for job in jobs.failed:
        groups[_kind(job.error)].append(job)
    for (id, what, fix), members in groups.items():
        yield _finding(config, id, what, fix, members)


def _kind(error: str | None) -> tuple[str, str, str]:
    """What makes failures one group: the known cause, else the shape of the text."""
    text = (error or "").strip()
    # The text that the worker writes there is the one of its line.
    known = log_causes.cause_at(text, "consumer-nak")
    if known is not None:
        return known.id, known.cause, known.fix
    shape = beginning(VARYING.sub("*", text), 200) or NO_REASON
    return "other", shape, "Look at the error; the worker's log around that time says more."


def _finding(config: facts.Resolution, id: str, what: str, fix: str, members: list[facts.JobRow]) -> Finding:
    repositories = [each.repository for each in members if each.repository]
    newest = min(members, key=lambda each: each.age)
    quoted = beginning((newest.error or NO_REASON).strip(), 400)
    return Finding(
        f"{one_or_many(len(members), 'job')} of {names(repositories)} failed, last {age(newest.age)} ago: {what}",
        at=row("indexing_jobs", newest.id),
        related=marks(repositories),
        fix=Fix(f"{fix} Then submit again.", ("codechunk-doctor jobs --failed", *resubmit(config, repositories))),
        evidence=(
            Evidence(
                "row", beginning(quoted, 400), row("indexing_jobs", newest.id), proves="what the worker wrote down"
            ),
            Evidence("cause", f"{id}: {what}"),
        ),
    )
