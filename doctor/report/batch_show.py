"""`batches show` as text: the guide's page of one job, the row beside it, and what it comes to."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from datetime import datetime, timedelta

from doctor.facts import BatchListing, ListedBatch
from doctor.report.batch_meaning import meaning, not_there
from doctor.report.batch_table import STYLES, bar
from doctor.report.batches import (
    GONE,
    Figures,
    created_at,
    error_of,
    id_of,
    model_of,
    shown_state,
    updated_at,
)
from doctor.report.terminal import Paint, one_line, wrap

RULE = "─" * 40
# Where the values stand, as in the guide.
LABEL = 16
UNKNOWN = "-"


def show_text(
    found: BatchListing,
    *,
    width: int = 80,
    color: bool = False,
    verbosity: int = 0,
    quiet: bool = False,
    bars: bool = False,
) -> str:
    """
    The batch of the listing (once for each row that names it), in the guide's words and order; or that there is none.

    `quiet` leaves out what it means; `verbosity` adds all columns of the row; `bars` draws the progress.
    """
    if not found.batches:
        return (
            "\n".join([*wrap(f"{not_there(found)} The batches there are:", width), "  $ codechunk-doctor batches list"])
            + "\n"
        )
    paint = Paint(color)
    pages = [_page(batch, found, width, paint, verbosity > 0, quiet, bars) for batch in found.batches]
    return "\n".join(pages)


def _page(
    batch: ListedBatch, found: BatchListing, width: int, paint: Paint, whole: bool, quiet: bool, bars: bool
) -> str:
    figures = Figures.of(batch, found.at)
    blocks = [
        ["Job Details:", RULE, *_details(batch, found, figures, paint)],
        ["Progress:", *_progress(batch, figures, paint, width, bars)],
        list(_files(batch, found)),
        list(_row(batch, found, whole)),
        _error(batch, width, paint),
    ]
    if not quiet:
        paragraphs, commands = meaning(batch, found)
        blocks += [wrap(paragraph, width) for paragraph in paragraphs]
        blocks.append([f"  $ {command}" for command in commands])
    return "\n\n".join("\n".join(block) for block in blocks if block) + "\n"


def _line(label: str, value: object) -> str:
    return f"{label + ':':<{LABEL}}{UNKNOWN if value is None else value}"


def _details(batch: ListedBatch, found: BatchListing, figures: Figures, paint: Paint) -> Iterator[str]:
    yield _line("Job ID", one_line(id_of(batch)))
    yield _line("State", _state(batch, found, paint))
    yield _line("Model", one_line(model_of(batch) or UNKNOWN))
    yield _line("Total Count", figures.total)
    yield _line("Processed", figures.processed)
    yield _line("Success", figures.success)
    yield _line("Errors", figures.errors)
    yield _line("Created At", _time(created_at(batch)))
    yield _line("Updated At", _time(updated_at(batch)))
    yield _line("Completed At", _time(batch.job.completed_at if batch.job is not None else None))
    yield _line("Duration", _duration(figures.duration, so_far=batch.job is not None and not batch.job.ended))


def _state(batch: ListedBatch, found: BatchListing, paint: Paint) -> str:
    """In the guide's words, with what Google says where that says more."""
    state, shown = batch.state, shown_state(batch, found)
    style = STYLES.get(shown)
    painted = paint(state, style) if style else state
    if shown == GONE:
        return f"{painted} in the database, unknown to Google"
    return painted if shown == state else f"{painted} (Google says {one_line(shown)})"


def _progress(batch: ListedBatch, figures: Figures, paint: Paint, width: int, bars: bool) -> Iterator[str]:
    if bars and batch.job is not None and not batch.job.ended and figures.percent is not None:
        yield f"  {paint(bar(figures.percent, width - 2), 'cyan')}"
    yield _line("  Percent", None if figures.percent is None else f"{figures.percent:.2f}%")
    yield _line("  Remaining", None if figures.remaining is None else f"{figures.remaining} items")
    yield _line("  Rate", None if figures.rate is None else f"{figures.rate:.2f} items/sec")


def _files(batch: ListedBatch, found: BatchListing) -> Iterator[str]:
    reference = batch.job.output_file if batch.job is not None else None
    yield _line("Output File", one_line(reference) if reference else None)
    if reference and found.output_dir is not None:
        local = posixpath.join(found.output_dir, reference.rsplit("/", 1)[-1])
        yield _line("Local copy", f"{one_line(local)} (where the worker puts it)")


def _row(batch: ListedBatch, found: BatchListing, whole: bool) -> Iterator[str]:
    if found.without_database is not None:
        return
    row = batch.row
    if row is None:
        yield _line("Row", "none in batch_job_progress")
        return
    columns = row.columns
    yield _line("Row", f"{one_line(row.status)} ({one_line(row.id)})")
    yield _line("  Repository", one_line(row.repository or UNKNOWN))
    yield _line("  Batch", f"{_cell(columns.get('batch_number'))} of {_cell(columns.get('total_batches'))}")
    yield _line("  Attempts", _planned(columns.get("submission_attempts"), columns.get("next_submission_at")))
    yield _line("  Retries", _planned(columns.get("retry_count"), columns.get("next_retry_at")))
    if whole:
        # What is stored for sending is never read.
        yield from (f"  {one_line(name)}: {_cell(columns[name])}" for name in columns if name != "batch_request_data")


def _planned(count: object, following: object) -> str:
    return _cell(count) if following is None else f"{_cell(count)}, the next at {_cell(following)}"


def _cell(value: object) -> str:
    return UNKNOWN if value is None else one_line(str(value))


def _error(batch: ListedBatch, width: int, paint: Paint) -> list[str]:
    message = (error_of(batch) or "").strip()
    if not message or (batch.row is not None and batch.row.status == "completed"):
        return []
    lines = wrap(message, width, " " * LABEL, first=f"{'Error:':<{LABEL}}")
    return [paint(line, "red") for line in lines] if paint.on else lines


def _time(time: datetime | None) -> str | None:
    return None if time is None else f"{time:%Y-%m-%dT%H:%M:%S}Z"


def _duration(span: timedelta | None, *, so_far: bool) -> str | None:
    """As the guide's program writes it: `15m23s`, `1h0m5s`."""
    if span is None:
        return None
    seconds = int(span.total_seconds())
    parts = ((seconds // 3600, "h"), (seconds // 60 % 60, "m"), (seconds % 60, "s"))
    first = next((at for at, (count, _) in enumerate(parts) if count), 2)
    return "".join(f"{count}{unit}" for count, unit in parts[first:]) + (" so far" if so_far else "")
