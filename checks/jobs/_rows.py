"""Rows as places to point at, and what to type to set a repository going again."""

from __future__ import annotations

from collections.abc import Sequence

from doctor.api import REPOSITORY, Location, Place, facts
from doctor.api import resubmit as resubmit_urls

MINUTE = 60.0
HOUR = 60 * MINUTE
DAY = 24 * HOUR

# So many rows are named; the others are counted.
NAMED = 3

# No job gets more than 35 minutes; a few more pass until its end is written down.
LONGEST_JOB = 35 * MINUTE
LEEWAY = 5 * MINUTE


def job_limit(config: facts.Resolution) -> float:
    """After how many seconds a job that still runs is not one that takes long."""
    return float(min(config.value("worker.job_timeout") / 1e9, LONGEST_JOB) + LEEWAY)


def row(table: str, id: str) -> Location:
    """One row of a table of codechunking's."""
    return Location(Place.DATABASE, name=f"codechunking.{table}", detail=f"id {id}")


def marks(repositories: Sequence[facts.RepositoryRow]) -> tuple[Location, ...]:
    """The repositories that a finding is about, for the relations between findings."""
    return tuple(Location(Place.DATABASE, name=REPOSITORY, detail=each.id) for each in repositories[:20])


def age(seconds: float) -> str:
    """How long ago, in the largest unit that fits."""
    for size, word in ((DAY, "day"), (HOUR, "hour"), (MINUTE, "minute")):
        if seconds >= size:
            count = int(seconds // size)
            return f"{count} {word}{'s' if count != 1 else ''}"
    return f"{int(max(0.0, seconds))} seconds"


def names(repositories: Sequence[facts.RepositoryRow]) -> str:
    """The first few by name, and how many more there are."""
    first = ", ".join(dict.fromkeys(each.name or each.id for each in repositories[:NAMED]))
    more = len(repositories) - NAMED
    return f"{first} and {more} more" if more > 0 else first


def one_or_many(count: int, one: str, many: str | None = None) -> str:
    """`1 job`, `2 jobs`."""
    return f"{count} {one if count == 1 else many or one + 's'}"


def ids(values: Sequence[str]) -> str:
    """A list of ids for SQL, bounded."""
    return ", ".join(f"'{value}'" for value in values[:20])


def resubmit(config: facts.Resolution, repositories: Sequence[facts.RepositoryRow]) -> tuple[str, ...]:
    """The requests that make the API start over with the first few of these."""
    return resubmit_urls(config, [each.url for each in repositories[:NAMED]])


def apart(repositories: Sequence[facts.RepositoryRow]) -> list[Sequence[facts.RepositoryRow]]:
    """
    The repositories in the groups that findings are about: the first few alone, the others together.

    So that what is said elsewhere about one of them takes its finding away and not those of the others.
    """
    first = [[each] for each in repositories[:NAMED]]
    rest = repositories[NAMED:]
    return [*first, rest] if rest else list(first)
