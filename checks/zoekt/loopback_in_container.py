"""zoekt.loopback-in-container: an address that means something else where the API runs."""

from __future__ import annotations

from collections.abc import Iterator

from checks.zoekt._settings import HOST, VARIABLE, is_loopback, keyed, searched, service
from doctor.api import NO_FILE, Evidence, Finding, Fix, Observed, Severity, check, facts

# The file that is shipped with this value, and the value.
SHIPPED = ("config.dev.yaml", "localhost")
FAILED_IDS = ("zk-search-failed", "zk-hybrid-degraded")
FAILED_CAUSES = ("zk-rpc-unavailable", "zk-rpc-http", "zk-rpc-deadline")


@check(
    id="zoekt.loopback-in-container",
    title="In the API container localhost is not Zoekt",
    severity=(Severity.NOTE, Severity.WARNING),
    blocked_by=NO_FILE,
)
def loopback_in_container(
    config: facts.Resolution, api: facts.ApiPlace, compose: facts.Compose, logs: Observed[facts.Logs]
) -> Iterator[Finding]:
    """
    Look for an API in a container that asks for Zoekt at localhost, which is that container itself.

    It is a note where the file is the shipped `config.dev.yaml`, which has localhost, and a warning where the value was
    changed or text searches were seen failing. When no API was seen, the compose file tells where it runs.

    Why it matters: search by text fails, and a hybrid search quietly finds only what search by meaning finds.

    Silent when: the API runs on the host or in its network; its own environment names another host.

    How to fix: give the api service `CODECHUNK_ZOEKT_WEBSERVER_HOST=zoekt-webserver`, which works as long as the key
    `zoekt.webserver.host` stands in the file.
    """
    searched(config, api.zoekt_host)
    if not api.contained or not is_loopback(api.zoekt_host):
        return
    failed = _failed(logs.value)
    changed = api.zoekt_host != SHIPPED[1] or (config.file.path or "").rpartition("/")[2] != SHIPPED[0]
    whose = f"the API's own {api.name}" if api.name is not None else f"the container that {compose.path} makes for it"
    yield Finding(
        f"the API asks for text search at {api.zoekt_host}, which is {whose}",
        at=keyed(api.zoekt_at, HOST),
        severity=Severity.WARNING if changed or failed else Severity.NOTE,
        fix=_fix(config, api, compose),
        evidence=failed,
    )


def _fix(config: facts.Resolution, api: facts.ApiPlace, compose: facts.Compose) -> Fix:
    name = api.service or "api"
    line = (
        f"Put `{VARIABLE}: {service(compose)}` below `environment:` of {name} in {compose.path or 'the compose file'}"
    )
    absent = "" if HOST in config.by_key else f", and the key {HOST} into {config.file.path}"
    return Fix(f"{line}{absent}.", (f"docker compose up -d {name}",))


def _failed(logs: facts.Logs | None) -> tuple[Evidence, ...]:
    """A text search that failed, as the log has it."""
    events = (each.newest for each in logs.of(FAILED_IDS, FAILED_CAUSES)) if logs is not None else ()
    newest = next((each for each in events if each is not None), None)
    return (Evidence("log", newest.message),) if newest is not None else ()
