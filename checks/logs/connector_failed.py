"""logs.connector-failed: GitLab groups that were not read."""

from __future__ import annotations

from collections.abc import Iterator

from checks.logs._findings import Told, because, groups, reported
from checks.logs._lines import Lines, later
from checks.logs._live import over
from doctor.api import Explains, Finding, IfObserved, Severity, check, facts

SETTINGS = ("con-type", "con-empty")
CAUSES = (
    *SETTINGS,
    "con-url",
    "gl-401",
    "gl-403",
    "gl-404",
    "gl-5xx",
    "gl-network",
    "gl-syncing",
    "gl-decode",
)
IDS = ("con-type-invalid", "con-build-failed", "con-sync-failed", "con-provider-failed", "con-group-skipped")
# Out of time is a job's end elsewhere.
LATE = tuple((each, "ctx-deadline") for each in IDS[2:])
API = ("docker compose restart api",)
UP = ("docker compose up -d api",)
TOLD = {
    "con-type": Told(commands=API, key="connectors"),
    "con-empty": Told(commands=API, key="connectors"),
    "con-url": Told("the address of a repository was refused", "Nothing is to be done unless it should be indexed."),
    "gl-401": Told(commands=UP, key="connectors"),
    "gl-403": Told(commands=UP, key="connectors"),
    "gl-404": Told(commands=API, key="connectors"),
    "gl-syncing": Told(
        "a synchronisation counts as running, perhaps since a crash", "Restart the API, which sets it back.", API
    ),
    "ctx-deadline": Told("GitLab did not answer in time", "Nothing is to be done unless it happens again."),
    "gl-decode": Told(commands=API, key="connectors"),
}
AGAIN = "Nothing is to be done unless new lines of this kind appear."
DEFAULT = Told(fix="Read the error (-v shows it).", key="connectors")


@check(
    id="logs.connector-failed",
    title="Connector synchronisation failed",
    severity=(Severity.WARNING, Severity.NOTE),
    explained_by=(
        Explains("config.connector-invalid", when=because(*SETTINGS, *IDS[:2])),
        Explains("config.connector-invalid", "config.variable-not-expanded", when=because("gl-401")),
    ),
)
def connector_failed(
    logs: facts.Logs, config: facts.Resolution, rows: IfObserved[facts.ConnectorRows]
) -> Iterator[Finding]:
    """
    Look for connectors that could not be set up or synchronised.

    It is a note when the database is looked at in the same run and says of each of these connectors that it is active,
    which one that failed only becomes by a synchronisation that succeeds.

    Why it matters: new repositories of these groups are not indexed.

    Silent when: the same connector was synchronised later.

    How to fix: a token with read_api for the API, the path of the group, the base_url; restart the API where a
    synchronisation hangs.
    """

    def synchronised(event: facts.LogEvent) -> bool:
        return later(logs, event, "con-sync-ok", same=("connector_id",)) or later(
            logs, event, "con-created", same=("name",)
        )

    for name, lines in groups(logs, CAUSES, IDS, also=LATE, within=("con-",), good=synchronised):
        finding = reported(name, lines, told=TOLD, default=DEFAULT, config=config)
        well = rows.value is not None and _are_active(lines, rows.value)
        yield over(finding, "synchronised since, by the database" if well else "", AGAIN)


def _are_active(lines: Lines, rows: facts.ConnectorRows) -> bool:
    """Whether each line names a connector, and all of these are active and were synchronised."""
    active = {each.id for each in rows.connectors if each.status == "active" and each.synced}
    return lines.count == len(lines.events) and all(event.get("connector_id") in active for event in lines.events)
