"""logs.guide-fallback-line: the line that the guide begins with, and which of its four causes holds."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from checks.logs._findings import found
from checks.logs._lines import current
from doctor.api import Evidence, Finding, Fix, Guide, Location, Severity, check, facts

IDS = ("guide-not-implemented", "guide-not-fully-implemented")
TEST, ROAD, CLIENT = "batch_processing.use_test_embeddings", "batch_processing.enabled", "gemini.batch.enabled"
INPUT, OUTPUT, THRESHOLD = "gemini.batch.input_dir", "gemini.batch.output_dir", "batch_processing.threshold_chunks"
RESTARTED = ("docker compose restart worker",)
CONFIRMED, RULED_OUT, UNKNOWN = "confirmed", "ruled out", "unknown"
NOTE = (
    "The guide takes this line for the main symptom; no released version prints it. Since 2025-11-27 the line to look "
    "for is “Batch processing failed, falling back to sequential”."
)


class Candidate(NamedTuple):
    """One of the guide's causes: what the settings say about it, why, and where."""

    name: str
    state: str
    why: str
    fix: str
    at: Location

    @property
    def evidence(self) -> Evidence:
        """It, as a line of evidence."""
        return Evidence("cause of the guide", f"{self.name}: {self.state}: {self.why}", self.at)


@check(
    id="logs.guide-fallback-line",
    title="The guide's fallback line is in the log",
    severity=Severity.ERROR,
    guide=Guide.SEQUENTIAL,
)
def guide_fallback_line(logs: facts.Logs, config: facts.Resolution) -> Iterator[Finding]:
    """
    Look for "Production batch processing not implemented - falling back to sequential".

    Each of the guide's four causes is marked as confirmed, ruled out or unknown, by the configuration as it is now.

    Why it matters: repositories are embedded one chunk at a time although batches are wanted.

    Silent when: the text stands only inside a field of another line, or in a document that was pasted.

    How to fix: change the setting that is confirmed, restart the worker, and look for "Batch queued for submission".

    Since 2025-11-27: the guide says that this line shows a fallback; the program prints "Batch processing failed,
    falling back to sequential", which `logs.fell-back` reports, and needs batch_processing.enabled as well as
    gemini.batch.enabled.
    """
    lines = current(logs, IDS)
    if not lines:
        return
    candidates = tuple(_candidates(config))
    confirmed = [each for each in candidates if each.state == CONFIRMED]
    which = f"confirmed: {', '.join(each.name for each in confirmed)}" if confirmed else "none of them is confirmed"
    fixes = " ".join(each.fix for each in confirmed)
    yield found(
        f"the guide's line is in the log {lines.how_often}; of its four causes {which}",
        lines,
        fix=Fix(
            f"{fixes} Then restart the worker."
            if fixes
            else "None of the guide's causes holds: restart the worker, so that it uses the settings as they are now.",
            RESTARTED,
        ),
        note=NOTE,
        related=tuple(dict.fromkeys(each.at for each in confirmed)),
        mark=lines.newest.id,
        more=tuple(each.evidence for each in candidates),
    )


def _candidates(config: facts.Resolution) -> Iterator[Candidate]:
    yield _test_mode(config)
    yield _directories(config)
    yield _switched_off(config)
    yield _few_chunks(config)


def _test_mode(config: facts.Resolution) -> Candidate:
    on = bool(config.value(TEST))
    why = f"{TEST} is {config.show(TEST)}"
    if on:
        why += ", which stores made-up vectors and is no reason to fall back"
    return Candidate("test mode", CONFIRMED if on else RULED_OUT, why, f"Set {TEST} to false.", config.where(TEST))


def _directories(config: facts.Resolution) -> Candidate:
    unset = [key for key in (INPUT, OUTPUT) if not config.value(key)]
    if unset:
        why = f"{' and '.join(unset)} not set, so that directories below the temporary one are used"
    else:
        why = "both are set; whether the worker can create them is judged by directories.batch-dir-not-creatable"
    return Candidate("missing batch directories", UNKNOWN if unset else RULED_OUT, why, "", config.where(INPUT))


def _switched_off(config: facts.Resolution) -> Candidate:
    off = [key for key in (ROAD, CLIENT) if not config.value(key)]
    why = f"{' and '.join(off)} {'is' if len(off) == 1 else 'are'} not true" if off else f"{ROAD} and {CLIENT} are true"
    fix = f"Set {' and '.join(off)} to true."
    where = config.where(off[0] if off else CLIENT)
    return Candidate("batch processing disabled", CONFIRMED if off else RULED_OUT, why, fix, where)


def _few_chunks(config: facts.Resolution) -> Candidate:
    threshold = config.value(THRESHOLD)
    never = isinstance(threshold, int) and threshold <= 1
    why = f"{THRESHOLD} is {config.show(THRESHOLD)}"
    why += ", which every repository reaches" if never else "; the line does not tell how many chunks there were"
    return Candidate("too few chunks", RULED_OUT if never else UNKNOWN, why, "", config.where(THRESHOLD))
