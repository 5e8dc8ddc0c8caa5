"""`batches`: what is known of each batch in figures, and as JSON."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from doctor.facts import BatchListing, ListedBatch
from doctor.facts.batchlist import BATCH_STATES
from doctor.facts.gemini import GUIDE_STATES, is_pollable
from doctor.report.figures import moment
from doctor.report.json import dump

SCHEMA = "codechunk-doctor/batches/1"
# Google's words that say no more than the guide's.
PLAIN = {"PENDING": "PENDING", "RUNNING": "PROCESSING", "SUCCEEDED": "COMPLETED"}
OPEN = ("pending", "pending_submission", "processing", "retry_scheduled")
# Google knows no job that this row names.
GONE = "GONE"


def is_blind(found: BatchListing) -> bool:
    """Whether neither Google nor the database could be asked."""
    return found.without_google is not None and found.without_database is not None


def as_json(found: BatchListing) -> str:
    """`codechunk-doctor/batches/1`, indented."""
    return dump(_document(found))


def as_line(found: BatchListing) -> str:
    """The same in one line, for a stream of them."""
    return json.dumps(_document(found)) + "\n"


def _document(found: BatchListing) -> dict[str, Any]:
    return {"schema": SCHEMA, "batches": [_entry(batch, found.at) for batch in found.batches]}


def _entry(batch: ListedBatch, now: datetime) -> dict[str, Any]:
    job, row, figures = batch.job, batch.row, Figures.of(batch, now)
    return {
        "id": id_of(batch),
        "state": batch.state,
        "google_state": job.state if job is not None else None,
        "model": model_of(batch),
        "total": figures.total,
        "processed": figures.processed,
        "success": figures.success,
        "errors": figures.errors,
        "created_at": moment(created_at(batch)),
        "updated_at": moment(updated_at(batch)),
        "completed_at": moment(job.completed_at if job is not None else None),
        "duration_ms": None if figures.duration is None else round(figures.duration / timedelta(milliseconds=1)),
        "percent": figures.percent,
        "remaining": figures.remaining,
        "rate": figures.rate,
        "output_file": job.output_file if job is not None else None,
        "error": error_of(batch),
        "row": None if row is None else dict(row.columns),
    }


# --- one batch ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Figures:
    """How far Google is with a job; None is what it does not say, or what does not follow from it."""

    total: int | None = None
    success: int | None = None
    errors: int | None = None
    duration: timedelta | None = None
    ended: bool = False

    @classmethod
    def of(cls, batch: ListedBatch, now: datetime) -> Figures:
        """Those of this batch at this time."""
        job = batch.job
        if job is None:
            return cls()
        return cls(job.total, job.succeeded, job.failed, _duration(batch, now), job.ended)

    @property
    def processed(self) -> int | None:
        """Requests that have their answer, be it an error."""
        if self.success is None and self.errors is None:
            return None
        return (self.success or 0) + (self.errors or 0)

    @property
    def remaining(self) -> int | None:
        """Requests that wait for it."""
        return None if self.total is None or self.processed is None else max(0, self.total - self.processed)

    @property
    def percent(self) -> float | None:
        """From 0 to 100."""
        if self.total is None or self.processed is None:
            return None
        if self.total <= 0:
            return 100.0 if self.ended else None
        return round(min(100.0, max(0.0, 100 * self.processed / self.total)), 2)

    @property
    def rate(self) -> float | None:
        """Requests per second, so far or in all."""
        if self.processed is None or not self.duration:
            return None
        return round(self.processed / self.duration.total_seconds(), 2)


def _duration(batch: ListedBatch, now: datetime) -> timedelta | None:
    job = batch.job
    if job is None or job.created_at is None:
        return None
    end = job.completed_at or (None if job.ended else now)
    return None if end is None or end < job.created_at else end - job.created_at


def id_of(batch: ListedBatch) -> str:
    """Google's id, or the row's own of what was never sent."""
    if batch.job is not None:
        return batch.job.id
    assert batch.row is not None
    return batch.row.google_id or batch.row.id


def is_typable(id: str) -> bool:
    """Whether an id can stand in a command as it is, whatever shell reads it."""
    return re.fullmatch(r"(batches/)?[A-Za-z0-9][A-Za-z0-9_.-]*", id) is not None


def shown_state(batch: ListedBatch, found: BatchListing) -> str:
    """For people: Google's word where it says more than the guide's."""
    if is_gone(batch, found):
        return GONE
    if batch.job is None:
        return batch.state
    bare = batch.job.bare
    return PLAIN.get(bare, bare if bare in GUIDE_STATES else batch.job.state) or "PENDING"


def by_state(found: BatchListing) -> dict[str, int]:
    """How many batches are in which state as it is shown, in the order of a job's life."""
    counts: dict[str, int] = {}
    for batch in found.batches:
        state = shown_state(batch, found)
        counts[state] = counts.get(state, 0) + 1
    order = [*BATCH_STATES, *GUIDE_STATES]
    return dict(sorted(counts.items(), key=lambda item: (order.index(item[0]) if item[0] in order else 99, item[0])))


def is_open(batch: ListedBatch) -> bool:
    """Whether the worker is not through with the row."""
    return batch.row is not None and batch.row.status in OPEN


def is_gone(batch: ListedBatch, found: BatchListing) -> bool:
    """Whether an open row names a job that Google, which was asked, does not know."""
    asked = found.without_google is None
    return asked and is_open(batch) and batch.job is None and batch.row is not None and bool(batch.row.google_id)


def is_passed_over(batch: ListedBatch) -> bool:
    """Whether an open row names a job that the worker never asks for, because of the form of its id."""
    id = (batch.row.google_id if batch.row is not None else None) or ""
    return is_open(batch) and id != "" and not is_pollable(id)


def is_over(batch: ListedBatch, found: BatchListing) -> bool:
    """Whether nothing more is to be expected of Google."""
    if batch.job is not None:
        return batch.job.ended
    return not is_open(batch) or is_gone(batch, found) or is_passed_over(batch)


def model_of(batch: ListedBatch) -> str | None:
    """The model without what stands before its name."""
    return batch.job.model.removeprefix("models/") if batch.job is not None and batch.job.model else None


def created_at(batch: ListedBatch) -> datetime | None:
    """When Google got the job, else when the row was made."""
    return batch.job.created_at if batch.job is not None else batch.row.created_at if batch.row is not None else None


def updated_at(batch: ListedBatch) -> datetime | None:
    """When Google's job last changed, else the row."""
    return batch.job.updated_at if batch.job is not None else batch.row.updated_at if batch.row is not None else None


def error_of(batch: ListedBatch) -> str | None:
    """Google's message, else the row's."""
    of_job = batch.job.error if batch.job is not None else None
    return of_job or (batch.row.error if batch.row is not None else None)
