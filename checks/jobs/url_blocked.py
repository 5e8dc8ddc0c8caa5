"""jobs.url-blocked: deleted, and still in the way."""

from __future__ import annotations

from collections.abc import Iterator

from checks.jobs._rows import NAMED, one_or_many, row
from doctor.api import Finding, Fix, Guide, Severity, check, facts


@check(
    id="jobs.url-blocked",
    title="A deleted repository blocks its URL",
    severity=(Severity.NOTE, Severity.WARNING),
    guide=Guide.NOTES,
)
def url_blocked(jobs: facts.JobRows) -> Iterator[Finding]:
    """
    Look for soft-deleted repositories.

    Deleting a repository only marks it; its chunks, vectors and Zoekt shards stay.

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
    yield Finding(
        f"the URL of {count} cannot be added again: {named}{more}",
        at=row("repositories", jobs.deleted[0].id),
        fix=Fix(
            "To use a URL again bring its row back, then submit it; nothing is to be done otherwise.",
            tuple(
                f"UPDATE codechunking.repositories SET deleted_at=NULL, status='pending' WHERE id='{each.id}';"
                for each in jobs.deleted[:1]
            ),
        ),
    )
