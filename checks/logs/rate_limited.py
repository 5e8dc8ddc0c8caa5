"""logs.rate-limited: Google wants less at a time."""

from __future__ import annotations

import re
from collections.abc import Iterator

from checks.logs._calls import OF_GEMINI, succeeded_later
from checks.logs._findings import Told, because, groups, reported
from checks.logs._lines import Lines
from doctor.api import Explains, Finding, Severity, check, facts

MISREAD = "gem-quota-misread"
CAUSES = ("gem-quota", "gem-overloaded", MISREAD)
MISNAMED = "batch-quota-exceeded"
IDS = ("sub-rate-limit", "sub-retry-scheduled", MISNAMED)
SIZE = "batch_processing.max_batch_size"
TOLD = {
    "gem-quota": Told(
        "Google's quota is used up",
        f"Wait until the quota is renewed, turn on billing or ask for more, or lower {SIZE}.",
        ("codechunk-doctor check --only gemini",),
        SIZE,
    ),
    "gem-overloaded": Told(
        "Gemini was overloaded; a batch that is refused for that is not sent again",
        "Submit the repository again later.",
        ("codechunk-doctor batches",),
    ),
    MISREAD: Told(
        "the program took this for the quota, as the text has the word “limit”",
        "Read the error itself (-v shows it) before you look at the quota.",
    ),
    MISNAMED: Told(
        "this line comes from storing the batch, where no call of Gemini is made",
        "Read the error itself (-v shows it): it is one of the database.",
        ("codechunk-doctor check --only database",),
    ),
}
DEFAULT = Told(fix="Read the error (-v shows it), and wait: the worker tries again up to 10 times.")
NOTE = "“GEMINI QUOTA EXCEEDED” is logged where a batch is stored; no call of Gemini is made there."
_QUOTA = re.compile(r"RESOURCE_EXHAUSTED|Error 429|exceeded your current quota|rate limit")


@check(
    id="logs.rate-limited",
    title="Google's quota slows or stops embedding",
    severity=Severity.WARNING,
    explained_by=(
        Explains("gemini.quota-exhausted", "batches.rate-limited", when=because("gem-quota", *IDS[:2])),
        Explains("gemini.unreachable", when=because("gem-overloaded")),
    ),
)
def rate_limited(logs: facts.Logs, config: facts.Resolution) -> Iterator[Finding]:
    """
    Look for calls that Google refused because of the quota or of its own load, or that were taken for such.

    Why it matters: batches wait, and after ten attempts they are given up.

    Silent when: the same batch, or the same call, succeeded later.

    How to fix: wait, turn on billing or ask for a higher quota, or lower `batch_processing.max_batch_size`.
    """
    for name, lines in groups(logs, CAUSES, IDS, within=OF_GEMINI, good=lambda event: succeeded_later(logs, event)):
        for kind, part in ((MISREAD, lines.only(_misread)), (name, lines.but(_misread))):
            if part:
                yield _finding(kind, part, config)


def _misread(event: facts.LogEvent) -> bool:
    """Whether only the program's own word for it speaks of the quota."""
    return "(quota/quota_exceeded)" in event.error and "limit" in event.error and not _QUOTA.search(event.error)


def _finding(name: str, lines: Lines, config: facts.Resolution) -> Finding:
    misnamed = all(event.id == MISNAMED for event in lines.events)
    told = {**TOLD, name: TOLD[MISNAMED]} if misnamed else TOLD
    return reported(name, lines, told=told, default=DEFAULT, config=config, note=NOTE if misnamed else None)
