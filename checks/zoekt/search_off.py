"""zoekt.search-off: an index that nobody searches, or a search without an index."""

from __future__ import annotations

from collections.abc import Iterator

from checks.zoekt._settings import HOST, ON, keyed, used
from doctor.api import NO_FILE, Finding, Fix, Severity, check, facts


@check(
    id="zoekt.search-off",
    title="Only one half of text search is configured",
    severity=Severity.NOTE,
    blocked_by=NO_FILE,
    explained_by=("config.not-an-overlay",),
)
def search_off(config: facts.Resolution, api: facts.ApiPlace) -> Iterator[Finding]:
    """
    Compare whether the worker makes a text index with whether the API searches one.

    The worker does by `zoekt.concurrent_indexing.enabled`, the API where `zoekt.webserver.host` is set.

    Why it matters: either the worker makes an index that nobody searches, or the API searches one that nobody makes.

    Silent when: both are set, or neither.

    How to fix: set the other one too, or take both out.
    """
    used(config, api.zoekt_host)
    on = bool(config.value(ON))
    if on and not api.zoekt_host:
        yield Finding(
            f"the worker makes a text index ({ON} is on), but {HOST} is empty: the API does not search it",
            at=keyed(config.where(HOST), HOST),
            related=(config.where(ON),),
            fix=Fix(f"Set {HOST} to where zoekt-webserver runs and its port to 6070, or {ON} to false."),
        )
    elif api.zoekt_host and not on:
        yield Finding(
            f"the API searches text at {api.zoekt_host}, but the worker makes no index: {ON} is off",
            at=keyed(config.where(ON), ON),
            related=(api.zoekt_at,),
            fix=Fix(f"Set {ON} to true, or take {HOST} out."),
        )
