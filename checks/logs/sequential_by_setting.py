"""logs.sequential-by-setting: the road that the settings choose, as the log shows it."""

from __future__ import annotations

from collections.abc import Iterator

from checks.logs._findings import found
from checks.logs._lines import Lines, current
from doctor.api import Explains, Finding, Fix, Guide, Severity, check, facts

SWITCH, THRESHOLD = "batch_processing.enabled", "batch_processing.threshold_chunks"
DECISION, OFF = "embed-decision", "batch-processing-disabled"
SHOWN = 5


def _switched_off(_: Finding, explained: Finding) -> bool:
    return explained.severity is Severity.WARNING


@check(
    id="logs.sequential-by-setting",
    title="Repositories are embedded one by one as configured",
    severity=(Severity.WARNING, Severity.NOTE),
    guide=Guide.SEQUENTIAL,
    explained_by=(Explains("config.batch-off", "config.not-an-overlay", when=_switched_off),),
)
def sequential_by_setting(logs: facts.Logs, config: facts.Resolution) -> Iterator[Finding]:
    """
    Look at the worker's decisions: was batch processing off, or had a repository too few chunks.

    It is a note where only the number of chunks decided, as that is what the threshold is for.

    Why it matters: embedding one chunk at a time is slow and costs a request for each chunk.

    Silent when: `config.batch-off` says so already; the provider is openai, which has no batches.

    How to fix: set `batch_processing.enabled: true` in the file that the worker loads, or lower
    `batch_processing.threshold_chunks`, and restart the worker. Small repositories may well stay as they are.
    """
    if config.provider == "openai" or current(logs, ("openai-service",)):
        return
    decisions = current(logs, (DECISION,))
    off = decisions.only(lambda event: event.fields.get("batch_enabled") is False) or current(logs, (OFF,))
    if off:
        yield _off(off, config)
    small = decisions.only(
        lambda event: event.fields.get("batch_enabled") is True and event.fields.get("batch_desired") is False
    )
    if small:
        yield _small(small, config)


def _off(lines: Lines, config: facts.Resolution) -> Finding:
    who = "the worker started with batch processing off" if lines.newest.id == OFF else "batch_enabled was false"
    now = " by now it is true" if config.value(SWITCH) else ""
    return found(
        f"{who}, {lines.how_often}{f';{now}' if now else ''}",
        lines,
        severity=Severity.WARNING,
        fix=Fix(
            "Restart the worker, so that it reads the setting as it is now."
            if now
            else f"Set {SWITCH} to true in the file that the worker loads and restart it.",
            ("docker compose restart worker",),
        ),
        related=(config.where(SWITCH),),
        mark="switched off",
    )


def _small(lines: Lines, config: facts.Resolution) -> Finding:
    counts = sorted({size for event in lines.events if (size := _number(event, "chunk_count")) is not None})
    threshold = _number(lines.newest, "threshold_chunks")
    sizes = ", ".join(map(str, counts[:SHOWN])) + (", …" if len(counts) > SHOWN else "")
    limit = f"the threshold of {threshold}" if threshold is not None else "the threshold"
    jobs = "1 job had" if lines.count == 1 else f"{'' if lines.exact else 'at least '}{lines.count} jobs had"
    return found(
        f"{jobs} fewer chunks than {limit}{f': {sizes}' if sizes else ''}",
        lines,
        severity=Severity.NOTE,
        fix=Fix(_lower(counts), ("docker compose restart worker",) if counts else ()),
        related=(config.where(THRESHOLD),),
        mark="below the threshold",
    )


def _lower(counts: list[int]) -> str:
    if not counts:
        return f"Lower {THRESHOLD}, or leave it: small repositories are meant to go one by one."
    biggest, smallest = counts[-1], counts[0]
    one = f"Leave it, or lower {THRESHOLD}: {biggest} sends "
    if biggest == smallest:
        return f"{one}them to the batches too."
    return f"{one}the biggest of them to the batches, {smallest} all."


def _number(event: facts.LogEvent, name: str) -> int | None:
    value = event.fields.get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) else None
