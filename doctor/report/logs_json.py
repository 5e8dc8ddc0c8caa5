"""`logs` for machines: `codechunk-doctor/logs/1`, and one event in a line while logs are followed."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from doctor.causes import RANKS, causes
from doctor.facts.logs import LogCount, LogEvent, Logs, LogShape
from doctor.report import log_jobs
from doctor.report.json import dump
from doctor.report.log_jobs import Story
from doctor.report.log_problems import by_kind
from doctor.report.log_runs import Life, lives
from doctor.report.log_tables import newest
from doctor.report.log_words import LONGEST, meaning, moment, shown_fields

SCHEMA = "codechunk-doctor/logs/1"
EVENT_SCHEMA = "codechunk-doctor/log-event/1"
MOST_SAMPLES = 3


def as_json(found: Logs) -> str:
    """`codechunk-doctor/logs/1`, indented."""
    return dump(document(found))


def document(found: Logs) -> dict[str, Any]:
    """The same as JSON values."""
    return {
        "schema": SCHEMA,
        "inputs": [
            {
                "path": each.path,
                "bytes": each.bytes,
                "lines": each.lines,
                "format": each.format,
                "wrapper": each.wrapper,
                "problem": each.problem,
            }
            for each in found.inputs
        ],
        "span": {"first": moment(found.first), "last": moment(found.last)},
        "events": [_event(id, counts) for id, counts in by_kind(found.counts) if id],
        "causes": _causes(found.counts),
        "processes": [_process(life) for life in lives(found.runs)],
        "jobs": [_job(log_jobs.job(each, found.batches)) for each in newest(found.jobs.values())],
        "batches": [_batch(log_jobs.batch(each)) for each in newest(found.batches.values())],
        "unrecognised": {
            "count": found.unrecognised_count,
            "samples": [_shape(each) for each in found.unrecognised],
        },
    }


def _event(id: str, counts: tuple[LogCount, ...]) -> dict[str, Any]:
    samples = sorted(
        (event for each in counts for event in each.samples),
        key=lambda event: (event.time is not None, event.time or 0.0, event.path, event.line),
    )
    return {
        "id": id,
        "role": counts[0].role,
        "level": counts[0].level,
        **_often(counts),
        "samples": [sample(event) for event in samples[:MOST_SAMPLES]],
    }


def _often(counts: Iterable[LogCount | LogShape]) -> dict[str, Any]:
    seen = tuple(counts)
    return {
        "count": sum(each.count for each in seen),
        "first": moment(min((each.first for each in seen if each.first is not None), default=None)),
        "last": moment(max((each.last for each in seen if each.last is not None), default=None)),
    }


def sample(event: LogEvent) -> dict[str, Any]:
    """A line as it stands in every list of samples."""
    return {"path": event.path, "line": event.line, "time": moment(event.time), "fields": shown_fields(event.fields)}


def _causes(counts: Iterable[LogCount]) -> list[dict[str, Any]]:
    """The causes that errors show: specific ones before generic ones before what only wraps another."""
    known = {each.id: each for each in causes()}
    grouped: dict[str, list[LogCount]] = {}
    for each in counts:
        if each.cause is not None:
            grouped.setdefault(each.cause, []).append(each)

    def order(id: str) -> tuple[int, int, str]:
        rank = RANKS.index(known[id].rank) if id in known else len(RANKS)
        return (rank, -sum(each.count for each in grouped[id]), id)

    return [
        {
            "id": id,
            **_often(grouped[id]),
            "events": list(dict.fromkeys(each.id for each in grouped[id] if each.id)),
            "cause": known[id].cause if id in known else None,
            "fix": known[id].fix if id in known else None,
        }
        for id in sorted(grouped, key=order)
    ]


def _shape(shape: LogShape) -> dict[str, Any]:
    seen = LogEvent("", "", shape.level, None, shape.shape)
    event = shape.samples[0] if shape.samples else seen
    return {**sample(event), "level": shape.level, "message": _said(event), "shape": shape.shape, "count": shape.count}


def _said(event: LogEvent) -> str:
    return (event.message or event.text)[:LONGEST]


def _process(life: Life) -> dict[str, Any]:
    run = life.run
    event = run.start or next(iter(run.milestones), None) or run.end
    return {
        "role": run.role,
        "service": run.stream or None,
        "started_at": moment(life.started_at),
        "last_seen": moment(life.seen_until),
        "ended_at": moment(run.end.time) if run.end is not None else None,
        "outcome": life.outcome,
        "ended_by": _reference(run.end),
        "configuration": asdict(life.configuration),
        "milestones": [each.id for each in run.milestones],
        "path": event.path if event is not None else None,
        "line": event.line if event is not None else None,
    }


def _reference(event: LogEvent | None) -> dict[str, Any] | None:
    """A line that decides, with its error."""
    if event is None:
        return None
    return {
        "id": event.id,
        "message": _said(event),
        "error": event.error[:LONGEST] or None,
        "cause": event.cause,
        "path": event.path,
        "line": event.line,
        "time": moment(event.time),
    }


def _job(story: Story) -> dict[str, Any]:
    return {
        "job_id": story.id,
        "repository": story.names.get("repository"),
        "chunk_count": story.chunk_count,
        "road": story.road,
        "state": story.state,
        "why": story.why,
        "batches_queued": story.batches,
        **_told(story),
    }


def _batch(story: Story) -> dict[str, Any]:
    return {
        "batch_id": story.id,
        "job_id": story.names.get("job_id"),
        "gemini_job_id": story.names.get("gemini_job_id"),
        "chunk_count": story.chunk_count,
        "state": story.state,
        **_told(story),
    }


def _told(story: Story) -> dict[str, Any]:
    return {
        "first": moment(story.first),
        "last": moment(story.last),
        "lines": story.events,
        "error": _reference(story.error),
        "path": story.sample.path if story.sample is not None else None,
        "line": story.sample.line if story.sample is not None else None,
    }


def event_line(event: LogEvent) -> str:
    """`codechunk-doctor/log-event/1` in one line."""
    value = {
        "schema": EVENT_SCHEMA,
        "id": event.id or None,
        "role": event.role or None,
        "level": event.level,
        "service": event.stream or None,
        "message": _said(event),
        "error": event.error[:LONGEST] or None,
        "cause": event.cause,
        "meaning": meaning(event.id, event.fields) or None,
        **sample(event),
    }
    return json.dumps(value) + "\n"
