"""Builders for the tests of the family batches."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from doctor.errors import SourceError
from doctor.facts import BatchList, BatchRow, BatchRows, BatchState, Gap, GoogleBatch, GoogleBatches
from doctor.model import Finding
from doctor.needs import Observed

MINUTE, HOUR, DAY = 60.0, 3_600.0, 86_400.0
_numbers = itertools.count(1)


def row(state: BatchState = BatchState.FAILED, *, of: str | None = "shop", **values: Any) -> BatchRow:
    """A row of the repository `of`, which it names too unless told otherwise."""
    number = next(_numbers)
    given: dict[str, Any] = {
        "id": f"id-{number}",
        "job": f"job-{of}",
        "repository": of,
        "owner": of,
        "url": f"https://github.com/acme/{of}" if of else None,
        "age": HOUR,
        "idle": HOUR,
        "request_bytes": 1000,
        **values,
    }
    return BatchRow(state=state, **given)


def listed(rows: Iterable[BatchRow], count: int | None = None) -> BatchList:
    """These rows, or the first of `count`."""
    rows = tuple(rows)
    return BatchList(rows, len(rows) if count is None else count)


def opened(*rows: BatchRow, last_sent: float | None = None, count: int | None = None) -> BatchRows:
    """Open batches; `count` is how many there are of each state, when that is more."""
    states = dict.fromkeys(row.state for row in rows)
    lists = {state: listed((row for row in rows if row.state is state), count) for state in states}
    return BatchRows(open=lists, last_sent=last_sent)


def failures(*rows: BatchRow, gaps: Mapping[str, Gap] | None = None, count: int | None = None) -> BatchRows:
    """Failed batches of newest jobs; unless told otherwise half of each repository's ten chunks have no vector."""
    found = {row.owner: Gap(10, 5) for row in rows if row.owner} if gaps is None else gaps
    return BatchRows(failed=listed(rows, count), gaps=found)


def messages(findings: Iterable[Finding]) -> list[str]:
    """What is said, in order."""
    return [finding.message for finding in findings]


def commands(findings: Iterable[Finding]) -> list[str]:
    """What is to be typed, in order."""
    return [command for finding in findings if finding.fix for command in finding.fix.commands]


# --- Google's side --------------------------------------------------------------------------------------------

NOW = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)
UNASKED: Observed[GoogleBatches] = Observed(None, SourceError("no way to Google"))


def job(id: str, state: str, *, ended: float | None = None, **values: Any) -> GoogleBatch:
    """A job at Google that ended, or last changed, so many seconds ago."""
    moment = None if ended is None else NOW - timedelta(seconds=ended)
    return GoogleBatch(f"batches/{id}", f"BATCH_STATE_{state}", **{"completed_at": moment, **values})


def google(*jobs: GoogleBatch, gone: Iterable[str] = ()) -> GoogleBatches:
    """What Google says of these jobs; `gone` are those that it does not know."""
    return GoogleBatches(NOW, {each.id: each for each in jobs}, tuple(f"batches/{id}" for id in gone))
