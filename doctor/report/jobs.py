"""`jobs`: the indexing jobs as a table, and as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from doctor.facts import JobList, JobTotal, ListedJob
from doctor.facts.joblist import LONGEST_ERROR
from doctor.redact import beginning
from doctor.report.figures import duration, many, moment, number, quoted, short
from doctor.report.json import dump
from doctor.report.table import Column, cut, table
from doctor.report.terminal import Paint, one_line, wrap

SCHEMA = "codechunk-doctor/jobs/1"
STYLES = {"pending": "yellow", "running": "cyan", "completed": "green", "failed": "red", "cancelled": "dim"}
INDENT = "    "
# What one line of an error may take where nothing else sets a limit.
ERROR_LINE = 110
FAILED = ("failed",)


# --- for machines


def as_json(found: JobList) -> str:
    """`codechunk-doctor/jobs/1`, indented."""
    return dump(_document(found))


def as_line(found: JobList) -> str:
    """The same in one line, for a stream of them."""
    return json.dumps(_document(found)) + "\n"


def _document(found: JobList) -> dict[str, Any]:
    only_totals = not found.selection.limit
    totals = found.shown_totals if only_totals else found.totals
    return {
        "schema": SCHEMA,
        "jobs": [_job(job) for job in found.jobs],
        "summary": None if found.totals is None else [_total(each) for each in totals or ()],
    }


def _job(job: ListedJob) -> dict[str, Any]:
    return {
        "id": job.id,
        "status": job.status,
        "repository": job.repository,
        "files_processed": job.files_processed,
        "chunks_created": job.chunks_created,
        "created_at": moment(job.created_at),
        "started_at": moment(job.started_at),
        "completed_at": moment(job.completed_at),
        "error_message": _error(job),
    }


def _total(total: JobTotal) -> dict[str, Any]:
    return {
        "status": total.status,
        "count": total.count,
        "total_files": total.total_files,
        "total_chunks": total.total_chunks,
    }


def _error(job: ListedJob) -> str | None:
    return None if job.error_message is None else beginning(job.error_message, LONGEST_ERROR)


# --- for people


def text(
    found: JobList,
    *,
    width: int = 80,
    fit: int | None = None,
    color: bool = False,
    verbosity: int = 0,
    quiet: bool = False,
) -> str:
    """
    A table, what it comes to, and what to type next.

    Prose takes `width` columns. A table wider than `fit` loses columns first, then the ends of names; without `fit`
    it is as wide as it needs to be. `verbosity` shows whole error messages, as asking for failed jobs does.
    """
    paint = Paint(color)
    if not found.selection.limit:
        blocks = [_totals_table(found, paint)] if found.shown_totals else []
    else:
        full = verbosity > 0 or found.selection.statuses == FAILED
        blocks = [_jobs_table(found, paint, fit, full)] if found.jobs else []
    if not quiet or not blocks:
        blocks.insert(0, [line for sentence in _head(found) for line in wrap(sentence, width)])
    if not quiet:
        blocks += [[*wrap(sentence, width)] for sentence in _remarks(found, fit)]
        blocks += [wrap(first, width) + [f"  $ {command}" for command in commands] for first, commands in _steps(found)]
    return "\n\n".join("\n".join(block) for block in blocks if block) + "\n"


def _head(found: JobList) -> Iterator[str]:
    """What is shown, or why nothing is."""
    shown, matching = len(found.jobs), found.matching
    what = _jobs_in_words(found, shown if matching is not None and matching <= shown else matching)
    if not found.selection.limit and found.shown_totals:
        yield f"{many(matching or 0, what)} in {found.place}, by status."
    elif found.jobs and (matching is None or matching > shown):
        of = "" if matching is None else f"of {matching:,} "
        number = f"{shown:,} " if shown > 1 else ""
        yield f"The newest {number}{of}{what} in {found.place}. Times are UTC."
    elif found.jobs:
        order = ", the newest first" if shown > 1 else ""
        yield f"{many(shown, what)} in {found.place}{order}. Times are UTC."
    else:
        yield from _why_empty(found)


def _why_empty(found: JobList) -> Iterator[str]:
    asked, nothing = found.selection.repository, found.nothing
    if nothing is None:
        yield f"No {_jobs_in_words(found, 1)} is in {found.place}."
    elif asked is not None and nothing.repositories and not nothing.matching:
        yield f"No repository in {found.place} has {quoted(asked)} in its name or URL."
    elif asked is not None and nothing.matching:
        names = "The repository" if nothing.matching == 1 else f"Each of the {nothing.matching:,} repositories"
        yield f"{names} with {quoted(asked)} in its name or URL is without a job in {found.place}."
    elif nothing.deleted_jobs:
        yield f"No indexing job is in {found.place} but those that are marked as deleted (deleted_at is set)."
    else:
        yield f"No indexing job is in {found.place}: the table is there, and it is empty."


def _jobs_in_words(found: JobList, count: int | None) -> str:
    """`failed indexing jobs of "my-repo"`, without their number."""
    statuses = " or ".join(found.selection.statuses)
    noun = "indexing job" if count == 1 else "indexing jobs"
    repository = found.selection.repository
    of = f" of {quoted(repository)}" if repository is not None else ""
    return f"{statuses} {noun}{of}".lstrip()


def _remarks(found: JobList, fit: int | None) -> Iterator[str]:
    """What the table does not say by itself."""
    if found.totals is None:
        yield "There are so many jobs that counting them was given up."
    elif found.selection.limit and found.totals and (len(found.totals) > 1 or not found.jobs):
        which = "All jobs" if found.selection.repository is None else "All of its jobs"
        yield f"{which}: {', '.join(f'{each.count:,} {one_line(each.status)}' for each in found.totals)}."
    counted = [(job.files_processed, job.chunks_created) for job in found.jobs]
    if not found.selection.limit:
        counted = [(each.total_files, each.total_chunks) for each in found.shown_totals]
    same = any(files for files, _ in counted) and all(files == chunks for files, chunks in counted)
    if same and (not found.jobs or "FILES" in _titles(found, fit)):
        yield (
            "FILES is no count of files: the program writes the number of chunks into both columns. "
            "The example in the guide, with fewer files than chunks, cannot occur."
        )


def _steps(found: JobList) -> Iterator[tuple[str, tuple[str, ...]]]:
    """What to type next, each with a sentence before it."""
    failed = found.count("failed")
    listed = any(job.status == "failed" for job in found.jobs)
    if found.selection.statuses == FAILED and listed:
        yield "What to do about them:", ("codechunk-doctor check --only jobs",)
    elif failed:
        sentence = f"{many(failed, 'job has' if failed == 1 else 'jobs have')} failed: why, and what to do about it:"
        yield sentence, ("codechunk-doctor jobs --failed", "codechunk-doctor check --only jobs")
    if found.nothing is None:
        return
    if found.nothing.repositories and not found.nothing.matching:
        yield "All jobs:", ("codechunk-doctor jobs",)
        return
    request = f"curl -X POST {found.api}/repositories -H 'Content-Type: application/json'"
    body = """-d '{"url":"https://github.com/OWNER/NAME"}'"""
    yield "The API makes a job when a repository is submitted to it, and the worker runs it:", (f"{request} {body}",)
    yield (
        "If one was submitted, see whether the program uses another database, or loses its messages:",
        ("codechunk-doctor check",),
    )


# --- tables


def _jobs_table(found: JobList, paint: Paint, fit: int | None, full: bool) -> list[str]:
    lines = table(
        _columns(found), paint, fit=fit, droppable=("FILES", "TIME", "STARTED", "CHUNKS"), cuttable="REPOSITORY"
    )
    result = lines[:1]
    for line, job in zip(lines[1:], found.jobs, strict=True):
        result += [line, *_error_lines(job, paint, fit, full)]
    return result


def _titles(found: JobList, fit: int | None) -> str:
    return _jobs_table(found, Paint(False), fit, False)[0]


def _columns(found: JobList) -> Sequence[Column]:
    jobs = found.jobs
    return (
        Column("JOB", [one_line(job.id) for job in jobs]),
        Column("STATUS", [one_line(job.status) for job in jobs], styles=[STYLES.get(job.status) for job in jobs]),
        Column("REPOSITORY", [one_line(job.repository or "-") for job in jobs]),
        Column("FILES", [number(job.files_processed) for job in jobs], right=True),
        Column("CHUNKS", [number(job.chunks_created) for job in jobs], right=True),
        Column("STARTED", [short(job.started_at, found.at) for job in jobs]),
        Column("TIME", [_spent(job, found.at) for job in jobs]),
    )


def _totals_table(found: JobList, paint: Paint) -> list[str]:
    totals = found.shown_totals
    columns = (
        Column(
            "STATUS", [one_line(each.status) for each in totals], styles=[STYLES.get(each.status) for each in totals]
        ),
        Column("JOBS", [number(each.count) for each in totals], right=True),
        Column("FILES", [number(each.total_files) for each in totals], right=True),
        Column("CHUNKS", [number(each.total_chunks) for each in totals], right=True),
    )
    return table(columns, paint)


def _error_lines(job: ListedJob, paint: Paint, fit: int | None, full: bool) -> list[str]:
    message = (_error(job) or "").strip()
    if not message:
        return [f"{INDENT}{paint('no error message was written', 'dim')}"] if full and job.status == "failed" else []
    if full:
        return wrap(message, fit or ERROR_LINE, INDENT)
    return [INDENT + cut(one_line(message), (fit or ERROR_LINE) - len(INDENT))]


def _spent(job: ListedJob, now: datetime) -> str:
    """How long it took, has taken so far, or has been waiting."""
    if job.status == "pending" and job.started_at is None and job.created_at is not None:
        return f"waits {duration(job.created_at, now)}"
    if job.started_at is None:
        return "-"
    if job.completed_at is not None:
        return duration(job.started_at, job.completed_at)
    return f"{duration(job.started_at, now)} so far" if job.status == "running" else "-"
