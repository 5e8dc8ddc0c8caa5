"""The statements and commands that get the chunks of a batch embedded after all."""

from __future__ import annotations

from collections.abc import Iterable

from checks.batches._rows import BY_HAND, TABLE, Rows, owners
from doctor.api import SUBMITTED, facts
from doctor.api import resubmit as resubmit_urls

# Rows that the statements of a finding repair.
REPAIRED = 20


def update(rows: Rows, assignments: str) -> tuple[str, ...]:
    """The statements that set these columns in the rows, if they still are as they were seen."""
    by_status: dict[str, list[str]] = {}
    for row in rows[:REPAIRED]:
        by_status.setdefault(row.state.status, []).append(row.id)
    return tuple(
        f"UPDATE {TABLE} SET {assignments}, updated_at = now() WHERE status = '{status}' AND id IN ({_listed(ids)});"
        for status, ids in by_status.items()
    )


def _listed(ids: Iterable[str]) -> str:
    return ", ".join(f"'{id}'" for id in ids)


# What Google knew of an earlier attempt is gone after two days at the latest. Due from now on, not since it was made.
SEND_AGAIN = (
    "status = 'pending_submission', submission_attempts = 0, next_submission_at = now(), next_retry_at = NULL, "
    "gemini_file_uri = NULL, gemini_batch_job_id = NULL"
)
GIVE_UP = f"status = 'failed', error_message = '{BY_HAND}'"


def resubmit(config: facts.Resolution, rows: Iterable[facts.BatchRow]) -> tuple[str, ...]:
    """The commands that submit the rows' repositories again."""
    return resubmit_urls(config, [row.url for row in rows if row.url])


def repair(config: facts.Resolution, rows: Rows, *, sendable: bool = True) -> tuple[str, ...]:
    """
    The commands that get the rows' chunks embedded.

    What can be sent as it is stored is put back into the queue, if there is somebody to send it; the other rows are
    given up and their repositories submitted again.
    """
    again = [row for row in rows if sendable and row.has_requests and config.batch_client]
    hopeless = [row for row in rows if row not in again]
    lost = [row for row in hopeless if row.state is not facts.BatchState.FAILED]
    return (*update(again, SEND_AGAIN), *update(lost, GIVE_UP), *resubmit(config, hopeless))


def more(rows: Rows, count: int) -> str:
    """What is to be said when the commands do not cover all."""
    covered = min(len(rows), REPAIRED)
    left_out = count > covered or len(owners(rows)) > SUBMITTED
    return " The commands are for the first ones; run the doctor again for the others." if left_out else ""
