"""logs.rate-limited: Google wants less at a time."""

from __future__ import annotations

from collections.abc import Iterator

from checks.logs._calls import OF_GEMINI, QUOTA_MISREAD, by_quota, succeeded_later
from checks.logs._findings import MISNAMED, Told, because, groups, reported
from checks.logs._lines import Lines
from checks.logs._live import RESUBMIT, gemini_takes_key, over
from doctor.api import Explains, Finding, IfObserved, Severity, check, facts

QUOTA, OVERLOADED = "gem-quota", "gem-overloaded"
CAUSES = (QUOTA, OVERLOADED, QUOTA_MISREAD)
OF_SENDING = ("sub-rate-limit", "sub-retry-scheduled")
IDS = (*OF_SENDING, MISNAMED)
SIZE = "batch_processing.max_batch_size"
TOLD = {
    QUOTA: Told(
        "Google's quota is used up",
        f"Wait until the quota is renewed, turn on billing or ask for more, or lower {SIZE}.",
        ("codechunk-doctor check --only gemini",),
        SIZE,
    ),
    OVERLOADED: Told(
        "Gemini was overloaded; a batch that is refused for that is not sent again",
        "Submit the repository again later.",
        ("codechunk-doctor batches",),
    ),
    QUOTA_MISREAD: Told(
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


@check(
    id="logs.rate-limited",
    title="Google's quota slows or stops embedding",
    severity=(Severity.WARNING, Severity.NOTE),
    explained_by=(
        Explains("gemini.quota-exhausted", "batches.rate-limited", when=because(QUOTA, *OF_SENDING)),
        Explains("gemini.unreachable", when=because(OVERLOADED)),
    ),
)
def rate_limited(
    logs: facts.Logs,
    config: facts.Resolution,
    access: IfObserved[facts.GeminiAccess],
    rows: IfObserved[facts.BatchRows],
) -> Iterator[Finding]:
    """
    Look for calls that Google refused because of the quota or of its own load, or that were taken for such.

    What was refused for the load is a note when Google is asked in the same run and answers. Batches that were held
    back by the quota are one when the database is looked at and has none that waits for another attempt. Other calls
    stay a warning: what is asked then does not count towards the quota of embeddings.

    Why it matters: batches wait, and after ten attempts they are given up.

    Silent when: the same batch, or the same call, succeeded later.

    How to fix: wait, turn on billing or ask for a higher quota, or lower `batch_processing.max_batch_size`.
    """
    for name, lines in groups(logs, CAUSES, IDS, within=OF_GEMINI, good=lambda event: succeeded_later(logs, event)):
        for kind, part in by_quota(name, lines):
            yield over(_finding(kind, part, config), _seen(kind, part, access, rows), RESUBMIT)


def _seen(name: str, lines: Lines, access: IfObserved[facts.GeminiAccess], rows: IfObserved[facts.BatchRows]) -> str:
    """What shows that such lines are of the past; nothing for nothing."""
    if name == OVERLOADED:
        return "Google answers now" if gemini_takes_key(access) else ""
    of_sending = name in (QUOTA, *OF_SENDING) and all(event.id in OF_SENDING for event in lines.events)
    if not of_sending or rows.value is None:
        return ""
    held_back = rows.value.of(facts.BatchState.HELD_BACK).count
    retried = any(row.attempts for row in rows.value.of(facts.BatchState.DUE).rows)
    return "" if held_back or retried else "no batch waits for another attempt now"


def _finding(name: str, lines: Lines, config: facts.Resolution) -> Finding:
    misnamed = all(event.id == MISNAMED for event in lines.events)
    told = {**TOLD, name: TOLD[MISNAMED]} if misnamed else TOLD
    return reported(name, lines, told=told, default=DEFAULT, config=config)
