"""`batches list` as text: a table, what it comes to, and what needs attention."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from doctor.facts import BatchListing, ListedBatch
from doctor.report.batch_table import WORD, batch_table
from doctor.report.batches import OPEN, by_state, is_blind, is_gone, is_passed_over, is_typable
from doctor.report.figures import many
from doctor.report.table import cut
from doctor.report.terminal import Paint, one_line, wrap

# How many rows of the table are shown unless another number is asked for.
NEWEST = 50
# The worker looks every 30 seconds by default; Google keeps results for about two days.
COLLECTED_WITHIN = timedelta(minutes=5)
KEPT = timedelta(hours=48)
CHECK = "codechunk-doctor check --only batches"


def list_text(
    found: BatchListing,
    *,
    width: int = 80,
    fit: int | None = None,
    color: bool = False,
    verbosity: int = 0,
    quiet: bool = False,
    bars: bool = False,
    every: bool = False,
) -> str:
    """
    Prose takes `width` columns; a table wider than `fit` loses columns first, then the ends of names.

    `verbosity` shows whole error messages, `bars` the progress of what runs, `every` all batches however many.
    """
    paint = Paint(color)
    shown = found.batches[: None if every else found.selection.limit or NEWEST]
    blocks = [batch_table(found, shown, paint, fit, verbosity > 0, bars)] if shown else []
    if not quiet or not blocks:
        blocks.insert(0, wrap(_head(found, len(shown)), width))
    if not quiet:
        blocks += [wrap(sentence, width) for sentence in _sums(found)]
        blocks += [_step(sentences, command, width) for sentences, command in _steps(found)]
    return "\n\n".join("\n".join(block) for block in blocks if block) + "\n"


def _step(sentences: Sequence[str], command: str, width: int) -> list[str]:
    return [line for sentence in sentences for line in wrap(sentence, width)] + [f"  $ {command}"]


# --- sentences ---------------------------------------------------------------------------------------------------


def places(found: BatchListing) -> str:
    """Where was looked: `at PLACE and in the database`."""
    google = f"at {host(found)}" if found.without_google is None else ""
    rows = "in the database" if found.without_database is None else ""
    return " and ".join(each for each in (google, rows) if each)


def host(found: BatchListing) -> str:
    """Which API was asked, short."""
    return found.place.removeprefix("https://")


def _head(found: BatchListing, shown: int) -> str:
    states = " or ".join(found.selection.states)
    matching = max(found.count, len(found.batches))
    noun = f"{states} batch job".lstrip()
    if is_blind(found):
        return f"Nothing is known: {found.without_google}, and {found.without_database}."
    if not matching:
        return f"No {noun} is {places(found).replace(' and ', ' or ')}."
    if matching > shown:
        first = f"The newest {shown:,} of" if shown > 1 else "The newest of"
        return f"{first} {matching:,} {noun}s {places(found)}. Times are UTC."
    order = ", the newest first" if shown > 1 else ""
    return f"{many(shown, noun)}{'s' if shown > 1 else ''} {places(found)}{order}. Times are UTC."


def _sums(found: BatchListing) -> Iterator[str]:
    counts = by_state(found)
    if len(found.batches) > 1:
        all_there = found.count <= len(found.batches)
        which = "All" if all_there else f"The newest {len(found.batches):,}"
        yield f"{which}: {', '.join(f'{count:,} {cut(one_line(state), WORD)}' for state, count in counts.items())}."


def _steps(found: BatchListing) -> Iterator[tuple[Sequence[str], str]]:
    """What needs attention or comes next, each with what to type."""
    if not found.batches:
        yield from _when_empty(found)
        return
    troubles = list(_troubles(found))
    if troubles:
        yield [*troubles, "Why, and what to do about it:"], CHECK
    strange = [batch.job.id for batch in found.batches if batch.row is None and batch.job is not None]
    if strange and found.without_database is None:
        one = len(strange) == 1
        yield (
            [
                f"{many(len(strange), 'job at Google has' if one else 'jobs at Google have')} no row in this database "
                f"(another installation or key, or the {'row was' if one else 'rows were'} deleted): this worker does "
                f"not collect {'it' if one else 'them'}."
            ],
            f"codechunk-doctor batches show {next(filter(is_typable, strange), 'ID')}",
        )


def _troubles(found: BatchListing) -> Iterator[str]:
    passed_over = sum(map(is_passed_over, found.batches))
    if passed_over:
        has = "row waits for a job" if passed_over == 1 else "rows wait for jobs"
        yield (
            f"{many(passed_over, has)} that the worker never asks for: it takes only ids that begin with batches/ "
            "(batches.bad-job-id)."
        )
    gone = sum(is_gone(batch, found) and not is_passed_over(batch) for batch in found.batches)
    if gone:
        has = "row waits for a job that Google does" if gone == 1 else "rows wait for jobs that Google does"
        yield f"{many(gone, has)} not know: deleted, older than Google keeps, or made with another key."
    bad = [batch for batch in found.batches if ended_badly(batch)]
    if bad:
        noun = "batch" if len(bad) == 1 else "batches"
        yield f"{many(len(bad), noun)} ended badly; those chunks have no vectors unless they were indexed again."
    late = sum(is_late(batch, found.at) for batch in found.batches)
    if late:
        has = (
            "batch is done at Google, but its results were"
            if late == 1
            else "batches are done at Google, but the results were"
        )
        yield f"{many(late, has)} not collected yet, long after the end; Google keeps them about 48 hours."


def ended_badly(batch: ListedBatch) -> bool:
    """Whether the row failed, or waits for a job that comes to nothing."""
    job, row = batch.job, batch.row
    if row is None or row.status == "completed":
        return False
    return row.status == "failed" or (job is not None and job.guide_state in ("FAILED", "CANCELLED"))


def is_late(batch: ListedBatch, now: datetime) -> bool:
    """Whether the worker should have fetched the results long since."""
    job, row = batch.job, batch.row
    if job is None or row is None or row.status not in OPEN or job.guide_state != "COMPLETED":
        return False
    return job.completed_at is not None and now - job.completed_at > COLLECTED_WITHIN


def _when_empty(found: BatchListing) -> Iterator[tuple[Sequence[str], str]]:
    if is_blind(found):
        yield ["What stands in the way, and what to do about it:"], "codechunk-doctor check"
        return
    if found.selection.states:
        yield ["All batches, whatever their state:"], "codechunk-doctor batches list"
        return
    if found.without_google is not None:
        yield ["Without Google only rows can be listed, and none is there. Whether that is as it should be:"], CHECK
        return
    if found.output_dir is None:
        yield (
            ["With these settings the worker makes no batches. Why, and what to set:"],
            "codechunk-doctor check --only config",
        )
        return
    yield (
        [
            "The worker makes one for a repository with more chunks than batch_processing.threshold_chunks; Google "
            "lists only jobs of the same key, and forgets old ones. Whether a repository was indexed at all:"
        ],
        "codechunk-doctor jobs",
    )
    yield ["What may keep the worker from making batches:"], "codechunk-doctor check --only config --only batches"
