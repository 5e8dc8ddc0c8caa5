"""What of the facts is worth a file of its own: versions, the state of the schema, the lines of the logs."""

from __future__ import annotations

import platform
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from doctor import __version__, facts
from doctor.errors import SourceError
from doctor.report.json import dump
from doctor.report.log_words import data

if TYPE_CHECKING:
    from doctor.facts.logs import LogEvent, Logs

Facts = Mapping[type[Any], object]

# So many lines of one log, and so much of each, are enough to see what happened.
MOST_LINES = 500
LONGEST_LINE = 1000


def versions(found: Facts) -> str:
    """What runs here, as far as it told; None for what did not."""
    containers, server, nats = (found.get(each) for each in (facts.Containers, facts.Server, facts.Nats))
    reached = nats.reached if isinstance(nats, facts.Nats) else None
    return dump(
        {
            "codechunk-doctor": __version__,
            "python": platform.python_version(),
            "platform": platform.platform(),
            "postgresql": server.shown_version if isinstance(server, facts.Server) else None,
            "nats": reached.version if reached is not None else None,
            "container_engine": containers.engine if isinstance(containers, facts.Containers) else None,
        }
    )


def schema(found: Facts) -> str:
    """
    The state of the database and of the migrations that are there.

    Raises SourceError when the schema was not read.
    """
    is_there, files = found.get(facts.Schema), found.get(facts.MigrationFiles)
    if isinstance(is_there, SourceError):
        raise is_there
    if not isinstance(is_there, facts.Schema):
        raise SourceError("no database was asked")
    return dump(
        {
            "exists": is_there.exists,
            "version_tables": [
                {
                    "name": table.name,
                    "rows": [{"version": row.version, "dirty": row.dirty} for row in table.rows or ()],
                    "problem": table.problem,
                }
                for table in is_there.version_tables
            ],
            "migration_files": list(files.numbers) if isinstance(files, facts.MigrationFiles) else None,
            "extensions": {name: each.version for name, each in sorted(is_there.extensions.items())},
            "tables": sorted(is_there.tables),
        }
    )


def logs(found: Facts) -> str:
    """
    Of each log the lines that matter, in order, at most `MOST_LINES`.

    Raises SourceError when none was read.
    """
    read = found.get(facts.Logs)
    if isinstance(read, SourceError):
        raise read
    if not isinstance(read, facts.Logs):
        raise SourceError("no log was read")
    return "".join(f"{line}\n" for line in _excerpt(read))


def _excerpt(read: Logs) -> Iterator[str]:
    lines = {(each.path, each.line): each for each in _events(read)}
    for number, log in enumerate(read.inputs):
        mine = [lines[place] for place in sorted(lines) if place[0] == log.path]
        problem = f"; {data(log.problem)}" if log.problem is not None else ""
        yield f"{'' if number == 0 else chr(10)}{data(log.path)}: {log.lines} lines, {log.bytes} bytes{problem}"
        shown = [*mine[: MOST_LINES // 2], *mine[-(MOST_LINES // 2) :]] if len(mine) > MOST_LINES else mine
        for each in shown:
            yield f"{each.line}: {data(each.text or each.message)[:LONGEST_LINE]}"
        if len(shown) < len(mine):
            yield f"({len(mine) - len(shown)} more lines in the middle)"


def _events(read: Logs) -> Iterator[LogEvent]:
    for count in read.counts:
        yield from (*count.samples, *count.recent)
    for shape in read.unrecognised:
        yield from shape.samples
    for run in read.runs:
        yield from (each for each in (run.start, *run.milestones, run.end) if each is not None)
    for trail in (*read.jobs.values(), *read.batches.values()):
        yield from trail.events
