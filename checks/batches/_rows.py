"""How rows of batch_job_progress are named and counted in findings."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypeAlias

from doctor.api import REPOSITORY, Evidence, Location, Place, beginning, facts, strip_keys, strip_user, without_user

TABLE = "codechunking.batch_job_progress"

# What the repairs write to error_message.
BY_HAND = "set to failed by hand"

# Rows that a finding names as examples.
SHOWN = 3
# Repositories that it says it is about, for findings on the same ones.
RELATED = 20

# A text, so that the classes of rows are not made before a run asks for them.
Rows: TypeAlias = "Sequence[facts.BatchRow]"


# --- places ---------------------------------------------------------------------------------------------------


def place(row: facts.BatchRow) -> Location:
    """The row as a place to point at."""
    return Location(Place.DATABASE, name=TABLE, detail=f"id {row.id}")


def others(rows: Rows, most: int = SHOWN) -> tuple[Location, ...]:
    """The rows after the first one, of which a finding names `most` in all."""
    return tuple(place(row) for row in rows[1:most])


def owners(rows: Iterable[facts.BatchRow]) -> list[str]:
    """The repositories of the rows' jobs, each once."""
    return list(dict.fromkeys(row.owner for row in rows if row.owner))


def repositories(rows: Iterable[facts.BatchRow]) -> tuple[Location, ...]:
    """The same as places, which findings of other checks are compared by."""
    return tuple(Location(Place.DATABASE, name=REPOSITORY, detail=id) for id in owners(rows)[:RELATED])


# --- words ----------------------------------------------------------------------------------------------------


def many(count: int, word: str = "batch", plural: str = "batches", *, least: bool = False) -> str:
    """`1 batch`, `1,234 batches`; with `least` it is said that there can be more."""
    return f"{'at least ' if least else ''}{count:,} {word if count == 1 else plural}"


def batches_of(rows: Rows, count: int | None = None, *, least: bool = False) -> str:
    """`3 batches of 2 repositories`, one repository by its address; `count` when the rows are not all."""
    total = many(len(rows) if count is None else count, least=least)
    repos = owners(rows)
    if count is not None and count > len(rows):
        return total
    return f"{total} of {shown_url(rows[0]) if len(repos) < 2 else many(len(repos), 'repository', 'repositories')}"


def ago(seconds: float) -> str:
    """A span of time in the unit in which one would say it."""
    for size, word in ((86_400, "day"), (3_600, "hour"), (60, "minute")):
        if seconds >= 2 * size:
            return f"{int(seconds // size)} {word}s"
    return f"{max(0, int(seconds))} seconds"


def named(row: facts.BatchRow) -> str:
    """The batch as a reader would look for it."""
    return f"batch {row.number} of {row.total} of {shown_url(row)}"


def shown_url(row: facts.BatchRow) -> str:
    """The repository's address without user and password."""
    return without_user(row.url) if row.url else f"repository {row.owner or 'unknown'}"


def scrubbed(text: str) -> str:
    """A text of the program without the API keys that it may quote, also those no longer in use."""
    return strip_keys(strip_user(text))


def seen(rows: Rows, most: int = SHOWN) -> tuple[Evidence, ...]:
    """The first rows with what they say."""
    return tuple(Evidence("row", f"{named(row)}: {'; '.join(_facts(row))}", place(row)) for row in rows[:most])


def _facts(row: facts.BatchRow) -> Iterable[str]:
    yield f"status {row.state.status}"
    yield f"updated {ago(row.idle)} ago"
    if row.google_id:
        yield f"job {row.google_id!r}"
    if row.attempts:
        yield f"{many(row.attempts, 'attempt', 'attempts')} to send it"
    if row.error:
        yield f"error_message: {beginning(scrubbed(row.error), 500)}"
