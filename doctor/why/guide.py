"""The line that the guide begins with, and which of its four causes holds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from doctor.facts.configuration import Resolution
from doctor.facts.directories import Access, Directories, DirectoryTrial
from doctor.facts.logs import LogRun
from doctor.logs import quote
from doctor.model import Fix
from doctor.why.restarts import RESTART
from doctor.why.settings import CLIENT, INPUT_DIR, OUTPUT_DIR, ROAD, TEST, THRESHOLD
from doctor.why.verdict import GuideCause, GuideStatus

LINES = ("guide-not-implemented", "guide-not-fully-implemented")
NOTE = (
    "The guide takes this line for the main symptom; no released version prints it. Since 2025-11-27 the line to look "
    "for is “Batch processing failed, falling back to sequential”."
)
ALMOST = (
    "The guide has this line without “fully”, and takes it for the main symptom. Since 2025-11-27 the line to look for "
    "is “Batch processing failed, falling back to sequential”."
)
CONFIRMED, RULED_OUT, UNKNOWN = GuideStatus.CONFIRMED, GuideStatus.RULED_OUT, GuideStatus.UNKNOWN


def causes(
    config: Resolution, directories: Directories | None = None, chunks: int | None = None, run: LogRun | None = None
) -> tuple[GuideCause, ...]:
    """
    The guide's four causes, each as the configuration has it.

    Confirmed means that the setting is what the guide calls the cause; where the program does not fall back because of
    it, the reason says so. `run` is the life of the worker that wrote the line: it may have failed to make directories.
    """
    folders = _directories(config, directories, run)
    parts = (_test_mode(config), folders, _switched_off(config), _few_chunks(config, chunks))
    return tuple(parts)


def _test_mode(config: Resolution) -> GuideCause:
    on = bool(config.value(TEST))
    why = f"{TEST} is {config.show(TEST)}"
    if on:
        why += ", which stores made-up vectors and is no reason to fall back"
    return GuideCause(
        1, "test mode is enabled", CONFIRMED if on else RULED_OUT, why, f"Set {TEST} to false.", config.where(TEST)
    )


def _directories(config: Resolution, directories: Directories | None, run: LogRun | None) -> GuideCause:
    title, place = "missing batch directories", config.where(INPUT_DIR)
    unset = [key for key in (INPUT_DIR, OUTPUT_DIR) if not config.value(key)]
    refused = [each for each in _tried(directories) if each.access is Access.NOT_CREATABLE]
    if not config.value(CLIENT):
        why = f"{CLIENT} is {config.show(CLIENT)}, so that no directory is looked at"
        return GuideCause(2, title, RULED_OUT, why, "", place)
    failed = next(run.of("batch-client-failed"), None) if run is not None else None
    if failed is not None:
        why = f"the worker could not make them at its start: {quote.scrubbed(failed.error, quote.SHOWN)}"
        return GuideCause(2, title, CONFIRMED, why, "Let the worker make both directories.", quote.place(failed))
    if refused:
        why = f"{refused[0].shown or refused[0].path} cannot be made ({refused[0].reason})"
        return GuideCause(2, title, CONFIRMED, why, "Let the worker make both directories.", refused[0].location)
    if unset:
        are = "is" if len(unset) == 1 else "are"
        why = f"{' and '.join(unset)} {are} not set; directories below the temporary one stand in for them, and "
        why += "nothing falls back"
        return GuideCause(2, title, CONFIRMED, why, "", place)
    return GuideCause(2, title, RULED_OUT, "both are set, and nothing shows that they cannot be made", "", place)


def _tried(directories: Directories | None) -> Iterator[DirectoryTrial]:
    return iter(directories.purpose("batch input", "batch output")) if directories is not None else iter(())


def _switched_off(config: Resolution) -> GuideCause:
    off = [key for key in (ROAD, CLIENT) if not config.value(key)]
    why = f"{' and '.join(off)} {'is' if len(off) == 1 else 'are'} not true" if off else f"{ROAD} and {CLIENT} are true"
    fix, place = f"Set {' and '.join(off)} to true.", config.where(off[0] if off else CLIENT)
    return GuideCause(3, "batch processing disabled", CONFIRMED if off else RULED_OUT, why, fix, place)


def _few_chunks(config: Resolution, chunks: int | None) -> GuideCause:
    title, place, threshold = "chunk count below threshold", config.where(THRESHOLD), config.value(THRESHOLD)
    known = isinstance(threshold, int)
    if known and chunks is not None:
        below = chunks < threshold
        why = f"{chunks:,} chunks {'are below' if below else 'reach'} {THRESHOLD} ({threshold:,}); as many are enough"
        return GuideCause(4, title, CONFIRMED if below else RULED_OUT, why, f"Lower {THRESHOLD}.", place)
    never = known and threshold <= 1
    why = f"{THRESHOLD} is {config.show(THRESHOLD)}"
    why += ", which every repository reaches" if never else "; the line does not tell how many chunks there were"
    return GuideCause(4, title, RULED_OUT if never else UNKNOWN, why, "", place)


def fix(confirmed: Iterable[GuideCause]) -> Fix:
    """What to do about those that hold."""
    wanted = " ".join(each.fix for each in confirmed if each.fix)
    if not wanted:
        words = "None of the guide's causes is known to hold. No released version prints the line: update the worker, "
        return Fix(f"{words}restart it, and ask again.", (RESTART, "codechunk-doctor why"))
    return Fix(f"{wanted} Then restart the worker, and ask again.", (RESTART, "codechunk-doctor why"))
