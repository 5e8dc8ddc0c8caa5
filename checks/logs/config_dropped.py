"""logs.config-dropped: a start without the file that it should have read."""

from __future__ import annotations

from collections.abc import Iterator

from checks.logs._findings import found, said, sentence
from checks.logs._lines import Lines, gathered, later
from doctor.api import Finding, Fix, Severity, check, facts

CAUSES = ("cfg-yaml", "cfg-no-file", "cfg-file-permission", "cfg-unsupported-type")
IDS = ("config-read-error", "stderr-config-read-error", "config-specified-missing", "config-not-found")
FIXES = {
    "cfg-yaml": "Repair the file at the line that the error names; codechunk-doctor check shows it.",
    "cfg-no-file": "Correct --config, or start the program where configs/ is.",
    "cfg-file-permission": "Make the file readable for the program: chmod a+r FILE.",
    "cfg-unsupported-type": "Give the file a name that ends in .yaml.",
}
DEFAULT = "Start the program where configs/config.yaml is, or name the file with --config."


@check(
    id="logs.config-dropped",
    title="The program ran without its configuration file",
    severity=Severity.ERROR,
    explained_by=("config.file-missing", "config.file-unreadable", "config.file-broken"),
)
def config_dropped(logs: facts.Logs) -> Iterator[Finding]:
    """
    Look for a file that the last start did not find, or could not read.

    The program goes on without it, with its built-in values only.

    Why it matters: what follows in the log, up to a failing start, comes from values that nobody has set.

    Silent when: a file was loaded later; findings on the file as it is now say so already.

    How to fix: correct what the line names, then start the program again.
    """
    lines = _dropped(logs)
    if not lines:
        return
    event = lines.newest
    why = sentence(event.cause).partition(".")[0] if event.cause is not None else said(event)
    file = event.get("config_file", "specified_file")
    what = f"the file {file} was not loaded" if file else "no configuration file was loaded"
    yield found(
        f"{what}, {lines.how_often}{f': {why}' if why else ''}",
        lines,
        fix=Fix(FIXES.get(event.cause or "", DEFAULT), ("codechunk-doctor check --only config",)),
        mark=event.cause or event.id,
    )


def _dropped(logs: facts.Logs) -> Lines:
    counts = [count for count in logs.of(IDS) if count.cause is None or count.cause in CAUSES]
    return gathered(logs, counts).but(lambda event: later(logs, event, "config-loaded"))
