"""The table of `batches list`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from doctor.facts import BatchListing, ListedBatch
from doctor.report.batches import GONE, OPEN, Figures, created_at, error_of, id_of, shown_state
from doctor.report.figures import duration, number, short
from doctor.report.table import GAP, Column, cut, table
from doctor.report.terminal import Paint, one_line, wrap

INDENT = "    "
UNKNOWN = "-"
# The longest word of Google's has 19 letters.
WORD = 20
# Below that ids go without `batches/`, which `show` does not need.
ROOMY = 100
# What one line may take where nothing else sets a limit.
LINE = 110
STYLES = {
    "PENDING": "yellow",
    "QUEUED": "yellow",
    "PAUSED": "yellow",
    "PROCESSING": "cyan",
    "UPDATING": "cyan",
    "COMPLETED": "green",
    "PARTIALLY_SUCCEEDED": "yellow",
    "FAILED": "red",
    "EXPIRED": "red",
    GONE: "red",
    "CANCELLED": "dim",
    "CANCELLING": "dim",
}
DROPPABLE = ("TIME", "CREATED", "ERRORS", "REPOSITORY", "ROW", "DONE")


def batch_table(
    found: BatchListing, shown: Sequence[ListedBatch], paint: Paint, fit: int | None, full: bool, bars: bool
) -> list[str]:
    """
    The lines, titles first; below a batch what went wrong with it, or how far it is if `bars` are wanted.

    What does not fit goes: first columns, then the ends of names, the id's at last.
    """
    wanted = _columns(found, shown, bare=fit is not None and fit < ROOMY)
    if fit is not None and sum(column.width for column in wanted[:2]) + len(GAP) > fit:
        lines = table(wanted[:2], paint, fit=fit, cuttable="BATCH")
    else:
        lines = table(wanted, paint, fit=fit, droppable=DROPPABLE, cuttable="REPOSITORY")
    result = lines[:1]
    for line, batch in zip(lines[1:], shown, strict=True):
        result += [line, *_below(batch, found, paint, fit or LINE, full, bars)]
    return result


def _columns(found: BatchListing, shown: Sequence[ListedBatch], *, bare: bool) -> list[Column]:
    now = found.at
    states = [shown_state(batch, found) for batch in shown]
    figures = [Figures.of(batch, now) for batch in shown]
    rows = [cut(one_line(batch.row.status), WORD) if batch.row is not None else UNKNOWN for batch in shown]
    names = [one_line((batch.row.repository if batch.row is not None else None) or UNKNOWN) for batch in shown]
    columns = [
        Column("BATCH", [one_line(id_of(batch)).removeprefix("batches/" if bare else "") for batch in shown]),
        Column(
            "STATE", [cut(one_line(state), WORD) for state in states], styles=[STYLES.get(state) for state in states]
        ),
        Column("DONE", [_done(each) for each in figures], right=True),
        Column("ERRORS", [number(each.errors) for each in figures], right=True),
        Column("CREATED", [short(created_at(batch), now) for batch in shown]),
        Column("TIME", [_spent(batch, now) for batch in shown]),
    ]
    if found.without_database is None:
        columns += [Column("ROW", rows), Column("REPOSITORY", names)]
    return columns


def _done(figures: Figures) -> str:
    if figures.processed is None and figures.total is None:
        return UNKNOWN
    processed, total = (UNKNOWN if each is None else str(each) for each in (figures.processed, figures.total))
    return f"{processed}/{total}"


def _spent(batch: ListedBatch, now: datetime) -> str:
    """How long it took, has taken so far, or has been waiting."""
    job, begun = batch.job, created_at(batch)
    if begun is None:
        return UNKNOWN
    if job is None:
        waits = batch.row is not None and batch.row.status in OPEN
        return f"waits {duration(begun, now)}" if waits and begun <= now else UNKNOWN
    if job.completed_at is not None:
        return duration(begun, job.completed_at)
    return f"{duration(begun, now)} so far" if not job.ended and begun <= now else UNKNOWN


def _below(batch: ListedBatch, found: BatchListing, paint: Paint, width: int, full: bool, bars: bool) -> list[str]:
    figures = Figures.of(batch, found.at)
    if bars and batch.job is not None and not batch.job.ended and figures.percent is not None:
        return [INDENT + paint(bar(figures.percent, width - len(INDENT)), "cyan")]
    message = (error_of(batch) or "").strip()
    collected = batch.row is not None and batch.row.status == "completed"
    if not message or collected:
        return []
    return wrap(message, width, INDENT) if full else [INDENT + cut(one_line(message), width - len(INDENT))]


def bar(percent: float, width: int) -> str:
    """`[#####.....]  50.00%`, at most 60 columns wide."""
    share = f" {percent:6.2f}%"
    room = max(4, min(width, 60) - len(share) - 2)
    filled = int(room * percent / 100)
    return f"[{'#' * filled}{'.' * (room - filled)}]{share}"
