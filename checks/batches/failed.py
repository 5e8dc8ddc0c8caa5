"""batches.failed: why, and what of it is still wrong."""

from __future__ import annotations

from collections.abc import Iterator

from checks.batches import _causes as causes
from checks.batches._causes import Cause, because, marked, unresolved
from checks.batches._repair import more, repair
from checks.batches._rows import ago, batches_of, many, others, owners, place, repositories, seen
from doctor.api import Explains, Finding, Fix, Guide, Severity, check, facts, same_repository


def _no_repository(explaining: Finding, explained: Finding) -> bool:
    return because(causes.NO_REPOSITORY)(explaining, explained) and same_repository(explaining, explained)


@check(
    id="batches.failed",
    title="Batches failed and their chunks have no vectors",
    severity=Severity.ERROR,
    guide=Guide.BATCH_USAGE,
    explained_by=(
        Explains("batches.download-denied", when=same_repository),
        Explains("batches.repository-mismatch", when=_no_repository),
        Explains("config.batch-client-off", "directories.batch-dir-not-creatable", when=because(causes.CLIENT)),
        Explains("config.openai-with-batch", when=because(causes.OPENAI)),
        Explains("config.batch-size-refused", when=because(causes.TOO_BIG)),
        Explains("environment.gemini-redirected", when=because(causes.JOB_ID)),
        Explains(
            "directories.batch-dir-not-writable",
            "directories.batch-dir-vanished",
            when=because(causes.INPUT_FILE),
        ),
        Explains("directories.disk-space", when=because(causes.DISK_FULL)),
        Explains(
            "config.variable-not-expanded",
            "gemini.key-missing",
            "gemini.key-malformed",
            "gemini.key-rejected",
            when=because(causes.KEY),
        ),
        Explains(
            "gemini.key-restricted",
            "gemini.batches-denied",
            "gemini.files-denied",
            when=because(causes.API_OFF, causes.FORBIDDEN),
        ),
        Explains("gemini.quota-exhausted", when=because(causes.QUOTA)),
        Explains("gemini.proxy", "gemini.dns", "gemini.unreachable", "gemini.tls", when=because(causes.NETWORK)),
    ),
    explains=(Explains("jobs.completed-without-vectors", "jobs.embedding-failed", when=same_repository),),
)
def failed(batches: facts.BatchRows, config: facts.Resolution) -> Iterator[Finding]:
    """
    Look for failed batches of each repository's newest job whose chunks still have no vectors.

    They are grouped by the cause that `error_message` tells of. Of large repositories only a part of the chunks is
    looked at.

    Why it matters: search does not find the code in these batches, although job and repository count as completed.

    Silent when: the chunks have vectors by now; a newer job of the repository took over; a finding on the present
    settings names the same cause, or a more specific one on the same batches.

    How to fix: remove the cause; then put the rows back to `pending_submission` when their requests are stored, or
    submit the repository again. Only chunks without vectors are sent.
    """
    for (cause, _), rows in _groups(batches).items():
        least = not batches.failed.complete
        repos = owners(rows)
        yield Finding(
            f"{batches_of(rows, least=least)} failed because "
            f"{cause.what}, the last {ago(rows[0].idle)} ago; {_lacking(batches, repos)}",
            at=place(rows[0]),
            related=(
                *others(rows),
                *((config.where(cause.key),) if cause.key else ()),
                *repositories(rows),
            ),
            fix=Fix(
                _advice(cause, rows, config) + more(rows, len(rows)), repair(config, rows, sendable=cause.sendable)
            ),
            evidence=(marked(cause), *seen(rows)),
        )


def _groups(batches: facts.BatchRows) -> dict[tuple[Cause, bool], list[facts.BatchRow]]:
    """
    Failed rows by cause, those that came first.

    A repository with a refused result file has a finding of its own, so its other failures are kept apart.
    """
    found = list(unresolved(batches))
    refused = {row.owner for row, cause in found if cause is causes.DENIED}
    groups: dict[tuple[Cause, bool], list[facts.BatchRow]] = {}
    for row, cause in found:
        if cause is not causes.DENIED:
            groups.setdefault((cause, row.owner in refused), []).append(row)
    return groups


def _lacking(batches: facts.BatchRows, repositories: list[str]) -> str:
    gaps = [batches.gaps[id] for id in repositories if id in batches.gaps]
    missing = sum(gap.missing for gap in gaps)
    if not missing:
        return "not all of their chunks were looked at"
    # Vectors of deleted chunks can stand in for missing ones where only the numbers were compared.
    least = len(gaps) < len(repositories) or not all(gap.total and gap.complete for gap in gaps)
    have = "have" if missing > 1 else "has"
    return f"{many(missing, 'chunk', 'chunks', least=least)} {have} no vector"


def _advice(cause: Cause, rows: list[facts.BatchRow], config: facts.Resolution) -> str:
    again = cause.sendable and config.batch_client and any(row.has_requests for row in rows)
    return f"{cause.fix} Then {'queue the batches' if again else 'submit the repositories'} again."
