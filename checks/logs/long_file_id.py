"""logs.long-file-id: ids of 42 characters where 40 are documented."""

from __future__ import annotations

from collections.abc import Iterator

from checks.logs._findings import found
from checks.logs._lines import Lines, current, later
from doctor.api import Finding, Fix, Guide, Severity, check, facts

LONG = "guide-full-id"
IDS = (LONG, "guide-40char", "guide-no-prefix", "guide-full-id-ok")
LONGEST = 40
FAILED = ("poll-processing-failed", "gb-download-failed")
NOTE = (
    "The guide describes these lines as the way around long ids; no released version prints them. Since 2026-04-23 the "
    "program makes one direct download with the id as it is."
)


@check(
    id="logs.long-file-id",
    title="Result file ids exceed Google's 40 characters",
    severity=Severity.NOTE,
    guide=Guide.FORBIDDEN,
    explained_by=("logs.files-api-denied", "batches.download-denied"),
)
def long_file_id(logs: facts.Logs) -> Iterator[Finding]:
    """
    Look for result files whose ids are longer than the 40 characters that Google documents.

    Google's batches give out ids of 42 characters, which is an inconsistency of Google's own.

    Why it matters: fetching such a file can be refused, and this is where to look when it is.

    Silent when: the file was downloaded and no batch failed.

    How to fix: nothing, unless `logs.files-api-denied` is found.

    Since 2026-04-23: the guide says that shortened ids are tried as well; the program uses the id as it is.
    """
    lines = current(logs, IDS).only(_long)
    if not lines:
        return
    downloaded = later(logs, lines.newest, "gb-download-ok")
    if downloaded and not current(logs, FAILED):
        return
    yield found(
        f"a result file has an id{_length(lines)}, where Google documents {LONGEST}; seen {lines.how_often}",
        lines,
        fix=Fix("Nothing is to be done unless logs.files-api-denied is found: the inconsistency is Google's."),
        note=NOTE,
        mark="long id",
    )


def _long(event: facts.LogEvent) -> bool:
    length = event.fields.get("id_length")
    return event.id != LONG or (isinstance(length, int) and length > LONGEST)


def _length(lines: Lines) -> str:
    lengths = [each for event in lines.events if isinstance(each := event.fields.get("id_length"), int)]
    return f" of {max(lengths)} characters" if lengths else f" above {LONGEST} characters"
