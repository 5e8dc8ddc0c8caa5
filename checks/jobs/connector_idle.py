"""jobs.connector-idle: a connector that brings nothing in."""

from __future__ import annotations

from collections.abc import Iterator

from checks.jobs._rows import MINUTE, age, row
from doctor.api import Finding, Fix, Severity, api_address, check, facts

SYNC_LIMIT = 10 * MINUTE
# From its creation to the first synchronisation.
FIRST_SYNC = 10 * MINUTE


@check(
    id="jobs.connector-idle",
    title="A connector does not synchronise",
    severity=Severity.WARNING,
)
def connector_idle(
    config: facts.Resolution, base: facts.BaseConfig, connectors: facts.ConnectorRows
) -> Iterator[Finding]:
    """
    Look at the state of the connectors.

    From `error` neither a synchronisation nor a start of the API leads back; a pending one waits until somebody
    synchronises it once, because the API synchronises only active ones; a type other than `gitlab` is not known.

    Why it matters: the repositories behind the connector are never brought in, or never brought up to date.

    Silent when: it is active; it is inactive because its entry was removed from the configuration; none is there.

    How to fix: synchronise it once by hand; one in error has to be set to pending first.
    """
    for each in connectors.connectors:
        told = _told(config, each)
        if told is not None:
            what, summary, commands = told
            yield Finding(f"connector {each.name}: {what}", at=row("connectors", each.id), fix=Fix(summary, commands))
    rows = connectors.connectors
    if rows and all(each.status == "inactive" for each in rows) and _configured_elsewhere(config, base):
        yield Finding(
            f"all {len(rows)} connectors are inactive: they are configured in {base.path}, which the API does not read",
            at=row("connectors", rows[0].id),
            fix=Fix(f"Start the API with --config {base.path}, or copy connectors from there into the loaded file."),
        )


def _told(config: facts.Resolution, each: facts.ConnectorRow) -> tuple[str, str, tuple[str, ...]] | None:
    sync = _sync(config, each)
    if each.kind != "gitlab":
        change = f"UPDATE codechunking.connectors SET connector_type='gitlab' WHERE id='{each.id}';"
        return f"its type {each.kind!r} is not known", "Correct the type, if GitLab is meant.", (change,)
    if each.status == "error":
        reset = f"UPDATE codechunking.connectors SET status='pending' WHERE id='{each.id}';"
        return "its synchronisation failed, and nothing leads back from there", "Set it to pending.", (reset, sync)
    if each.status == "pending" and not each.synced and each.age > FIRST_SYNC:
        return f"pending since its creation {age(each.age)} ago", "Synchronise it once.", (sync,)
    if each.status == "syncing" and each.age > SYNC_LIMIT:
        return (
            f"synchronising for {age(each.age)}: the API was stopped meanwhile",
            "Restart the API with the connector in its configuration.",
            (),
        )
    return None


def _sync(config: facts.Resolution, each: facts.ConnectorRow) -> str:
    return f"curl -X POST {api_address(config)}/connectors/{each.id}/sync"


def _configured_elsewhere(config: facts.Resolution, base: facts.BaseConfig) -> bool:
    return not config.connectors and base.path is not None and base.has_section("connectors")
