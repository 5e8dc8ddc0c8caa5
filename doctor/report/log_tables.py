"""Processes, jobs and batches of logs, a line for each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from doctor.facts.logs import LogRun, LogTrail
from doctor.report.figures import number
from doctor.report.log_jobs import FAILED, Story
from doctor.report.log_runs import Life, Loop, in_loops, lives
from doctor.report.log_words import Clock, data, lasting, many
from doctor.report.table import Column, cut, table
from doctor.report.terminal import Paint, wrap

STYLES = {
    "failed": "red",
    "failed-at-google": "red",
    "lost": "red",
    "cancelled": "yellow",
    "waiting-for-quota": "yellow",
    "embedded": "green",
    "completed": "green",
    "queued": "cyan",
}
ROADS = {"sequential-fallback": "fell back to sequential", "test-vectors": "made-up vectors"}
ROLES = {"api": "API", "migrate": "migration", "unknown": "process"}
ROAD_STYLES = {"sequential-fallback": "yellow", "test-vectors": "yellow"}
INDENT = "    "
# A remark of a row where nothing else sets a limit.
REMARK = 110


# --- processes


def run_lines(runs: Sequence[LogRun], clock: Clock, width: int, most: int | None) -> Iterator[str]:
    """The newest lives in the order in which they began, crash loops as one."""
    loops = in_loops(lives(runs))
    shown = loops if most is None else loops[-most:]
    if len(shown) < len(loops):
        yield f"{many(len(loops) - len(shown), 'earlier life', 'earlier lives')} of processes; -v shows all."
    for loop in shown:
        began = clock.at(loop.lives[0].started_at)
        first = (began if began != "-" else "before").ljust(clock.width) + "  "
        yield from wrap(told(loop), width, " " * len(first), first)


def told(loop: Loop) -> str:
    """A life, or many that are alike, in a sentence."""
    life = loop.lives[0]
    name = life.run.service if len(loop.lives) > 1 else life.run.stream
    who = f"{data(name)}: " if name else ""
    role = ROLES.get(life.run.role, life.run.role)
    words = "; ".join(life.words())
    known = f" ({words})" if words else ""
    if len(loop.lives) > 1:
        within = f" in {lasting(loop.seconds)}" if loop.seconds else ""
        return f"{who}the {role} started {len(loop.lives):,} times{within}{known}, and each time {life.ending()}"
    lasted = f" after {lasting(life.lasted)}" if life.lasted is not None else ""
    if life.run.start is None:
        return f"{who}the {role} was running already{known}; it {life.ending()}"
    return f"{who}the {role} started{known}; it {_ended(life, lasted)}"


def _ended(life: Life, lasted: str) -> str:
    return f"{life.ending()}{lasted}" if life.outcome == "stopped" else life.ending()


# --- jobs and batches


def job_table(stories: Sequence[Story], clock: Clock, fit: int | None, paint: Paint) -> Iterator[str]:
    """Jobs, and below each why it went so."""
    columns = (
        Column("JOB", [data(each.id) for each in stories]),
        Column("FROM", [clock.at(each.first) for each in stories]),
        Column("CHUNKS", [number(each.chunk_count) for each in stories], right=True),
        Column(
            "ROAD",
            [ROADS.get(each.road or "", each.road or "-") for each in stories],
            styles=[ROAD_STYLES.get(each.road or "") for each in stories],
        ),
        Column("STATE", [job_state(each) for each in stories], styles=[STYLES.get(each.state) for each in stories]),
    )
    yield from _with_remarks(columns, stories, fit, paint, ("CHUNKS", "FROM", "ROAD"))


def batch_table(stories: Sequence[Story], clock: Clock, fit: int | None, paint: Paint) -> Iterator[str]:
    """Batches, and below each its error."""
    columns = (
        Column("BATCH", [data(each.id) for each in stories]),
        Column("FROM", [clock.at(each.first) for each in stories]),
        Column("CHUNKS", [number(each.chunk_count) for each in stories], right=True),
        Column("STATE", [_state(each) for each in stories], styles=[STYLES.get(each.state) for each in stories]),
        Column("SINCE", [clock.at(each.last) for each in stories]),
    )
    yield from _with_remarks(columns, stories, fit, paint, ("CHUNKS", "FROM", "SINCE"))


def newest(trails: Iterable[LogTrail]) -> list[LogTrail]:
    """The newest first; those without a time last. Only their first lines are looked at, as decoding takes time."""

    def began(trail: LogTrail) -> float:
        time = trail.events[0].time if trail.events else None
        return float("inf") if time is None else -time

    return sorted(trails, key=lambda each: (began(each), each.id))


def job_state(story: Story) -> str:
    """The state, with the batches that wait."""
    if story.state == "queued" and story.batches:
        return f"{many(story.batches, 'batch', 'batches')} queued"
    return _state(story)


def _state(story: Story) -> str:
    return story.state.replace("-", " ")


def remark(story: Story) -> str:
    """Why it is so, where the lines tell."""
    if story.error is not None and (story.state in FAILED or story.why is None):
        return data(story.error.error)
    return data(story.why or "")


def _with_remarks(
    columns: Sequence[Column], stories: Sequence[Story], fit: int | None, paint: Paint, droppable: Sequence[str]
) -> Iterator[str]:
    head, *rows = table(columns, paint, fit=fit, droppable=droppable, cuttable=columns[0].title)
    yield head
    for row, story in zip(rows, stories, strict=True):
        yield row
        said = remark(story)
        if said:
            yield INDENT + cut(said, (fit or REMARK) - len(INDENT))
