"""jobs.url-blocked: deleted, and still in the way."""

from __future__ import annotations

from collections.abc import Iterator

from checks.jobs._rows import NAMED, one_or_many, row
from doctor.api import Finding, Fix, Guide, IfObserved, Severity, check, facts, quote

# What the API logs when the database minds an address that is there already.
OF_API, TAKEN = "api-", "db-unique"


@check(
    id="jobs.url-blocked",
    title="A deleted repository blocks its URL",
    severity=(Severity.NOTE, Severity.WARNING),
    guide=Guide.NOTES,
)
def url_blocked(jobs: facts.JobRows, logs: IfObserved[facts.Logs]) -> Iterator[Finding]:
    """
    Look for soft-deleted repositories.

    Deleting a repository only marks it; its chunks, vectors and Zoekt shards stay. It is a warning when logs are read
    in the same run and show that an address could not be added for that reason.

    Why it matters: adding the same URL again fails with a unique violation, because the program looks for living
    repositories only while the database minds the deleted ones too.

    Silent when: no repository is marked as deleted.

    How to fix: bring the row back and submit the URL again, or remove the row for good.
    """
    if not jobs.deleted:
        return
    named = ", ".join(each.name for each in jobs.deleted[:NAMED])
    more = f" and {jobs.deleted_count - NAMED} more" if jobs.deleted_count > NAMED else ""
    count = one_or_many(jobs.deleted_count, "deleted repository", "deleted repositories")
    tried = _tried(logs.value) if logs.value is not None else ()
    seen = "; the log shows that it was tried" if tried else ""
    yield Finding(
        f"the URL of {count} cannot be added again: {named}{more}{seen}",
        at=row("repositories", jobs.deleted[0].id),
        severity=Severity.WARNING if tried else Severity.NOTE,
        fix=Fix(
            "To use a URL again bring its row back, then submit it; nothing is to be done otherwise.",
            tuple(
                f"UPDATE codechunking.repositories SET deleted_at=NULL, status='pending' WHERE id='{each.id}';"
                for each in jobs.deleted[:1]
            ),
        ),
        evidence=tuple(quote.evidence(each) for each in tried[-1:]),
    )


def _tried(logs: facts.Logs) -> tuple[facts.LogEvent, ...]:
    """The newest lines of an API that could not store a repository, as there is one with its address."""
    counts = (count for count in logs.of(causes=(TAKEN,)) if count.id.startswith(OF_API))
    return tuple(event for count in counts for event in count.recent)
