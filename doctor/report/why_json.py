"""`why` for machines: `codechunk-doctor/why/1`."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

from doctor.report.json import _evidence, _fix, dump, location
from doctor.report.log_words import moment
from doctor.why.verdict import Cause, Changed, JobVerdict, ProcessVerdict, Why

SCHEMA = "codechunk-doctor/why/1"


def as_json(found: Why) -> str:
    """`codechunk-doctor/why/1`, indented."""
    return dump(document(found))


def document(found: Why) -> dict[str, Any]:
    """The same as JSON values."""
    return {
        "schema": SCHEMA,
        "jobs": [_job(each) for each in found.jobs],
        "process": _process(found.process),
        "missing": found.missing,
        "sources": list(found.sources),
        "without": list(found.without),
    }


def _job(job: JobVerdict) -> dict[str, Any]:
    return {
        "job_id": job.job_id,
        "repository": job.repository,
        "chunk_count": job.chunk_count,
        "leaf": job.leaf.value,
        "title": job.leaf.title,
        "certainty": job.certainty.value,
        "candidates": [each.value for each in job.candidates or (job.leaf,)],
        "cause": _cause(job.cause),
        "evidence": [_evidence(each) for each in job.evidence],
        "ruled_out": [{"leaf": each.leaf.value, "because": each.because} for each in job.ruled_out],
        "unknown": [{"question": each.question, "how_to_find_out": each.how_to_find_out} for each in job.unknown],
        "fix": _fix(job.fix) if job.fix is not None else None,
        "counterfactual": [{"change": each.change, "then": each.then.value} for each in job.counterfactual],
        "batches": [
            {"batch_id": each.id, "batch_number": each.number, "leaf": each.leaf.value} for each in job.batches
        ],
        "guide_causes": _guide_causes(job),
        "hypothetical": job.hypothetical,
        "at": moment(job.at),
        "ended": job.ended,
        "note": job.note,
        "changed": _changed(job.changed),
    }


def _guide_causes(job: JobVerdict) -> list[dict[str, Any]] | None:
    if job.guide_causes is None:
        return None
    return [
        {"number": each.number, "title": each.title, "status": each.status.value, "because": each.because}
        for each in job.guide_causes
    ]


def _process(process: ProcessVerdict) -> dict[str, Any]:
    return {
        "leaf": process.leaf.value if process.leaf is not None else None,
        "title": process.leaf.title if process.leaf is not None else None,
        "certainty": process.certainty.value if process.certainty is not None else None,
        "started_at": moment(process.started_at),
        "version": process.version,
        "cause": _cause(process.cause),
        "evidence": [_evidence(each) for each in process.evidence],
        "fix": _fix(process.fix) if process.fix is not None else None,
        "changed": _changed(process.changed),
    }


def _cause(cause: Cause | None) -> dict[str, Any] | None:
    if cause is None:
        return None
    place = location(cause.location) if cause.location is not None else None
    return {"key": cause.key, "value": _plain(cause.value), "location": place}


def _changed(settings: Iterable[Changed]) -> list[dict[str, Any]]:
    return [
        {
            "key": each.key,
            "then": each.then,
            "now": each.now,
            "location": location(each.location) if each.location is not None else None,
        }
        for each in settings
    ]


def _plain(value: object) -> Any:
    """A value as JSON can hold it."""
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    if value is None or isinstance(value, bool | int | str) or (isinstance(value, float) and math.isfinite(value)):
        return value
    return str(value)
