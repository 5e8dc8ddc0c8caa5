"""api.port-taken: somebody else answers where the API should."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator

from checks.api._api import address, container_of, cut, last_run, place, told
from doctor.api import Evidence, Finding, Fix, Location, Observed, Place, Severity, Skipped, check, facts

KEY = "api.port"
STARTED = "api-start-failed"
IN_USE = re.compile(r"address already in use|port is already allocated|ports are not available", re.IGNORECASE)


@check(
    id="api.port-taken",
    title="Another program has the API's port",
    severity=Severity.ERROR,
)
def port_taken(
    api: facts.ApiPlace,
    health: Observed[facts.ApiHealth],
    containers: Observed[facts.Containers],
    logs: Observed[facts.Logs],
) -> Iterator[Finding]:
    """
    Ask for `/health` at the API's port, and look at what the last start of the API came to.

    The usual case is `make dev`, which starts the API in a container, and `make dev-api` beside it.

    Why it matters: the API cannot listen and ends, and what asks it gets the answers of another program.

    Silent when: the answer is the API's own, also through a proxy that passes `/health` on.

    How to fix: stop the other program (`docker compose stop api` where it is the API's container), or give the API
    another `api.port`.
    """
    found, container = health.value, container_of(api, containers.value)
    foreign = _foreign(found) if found is not None else None
    if found is not None and foreign is not None:
        yield Finding(
            f"{found.url} is answered by something that is not the API: {foreign}",
            at=address(found.url),
            related=(found.at,),
            fix=_fix(api, found.url),
            evidence=_refused(logs.value),
        )
    elif container is not None and not container.running and IN_USE.search(container.error):
        yield Finding(
            f"the API's container {container.name} cannot be started, as its port is taken: {cut(container.error)}",
            at=place(api),
            related=(api.at,),
            fix=_fix(api, found.url if found is not None else ""),
        )
    elif refused := _refused(logs.value):
        yield Finding(
            f"the API could not listen at its port: {refused[0].text}",
            at=refused[0].location or api.at,
            related=(api.at,),
            fix=_fix(api, found.url if found is not None else ""),
        )

    elif found is None and logs.value is None:
        raise Skipped(health.error.reason if health.error is not None else "the API was not asked")


def _foreign(found: facts.ApiHealth) -> str | None:
    """What answers there instead, None when it is the API or nobody."""
    if found.foreign is not None:
        return found.foreign
    other = found.obstacle is not None and found.obstacle.fault is facts.NetworkFault.OTHER_PROTOCOL
    return found.obstacle.text if other and found.obstacle is not None else None


def _refused(logs: facts.Logs | None) -> tuple[Evidence, ...]:
    """The line by which the newest start of the API ended, if it is this."""
    run = last_run(logs)
    if run is None:
        return ()
    for each in (*run.of(STARTED), *([run.end] if run.end is not None else [])):
        if each.id == STARTED and IN_USE.search(each.error):
            return (Evidence("log", told(each), Location(Place.LOG, path=each.path, line=each.line)),)
    return ()


def _fix(api: facts.ApiPlace, url: str) -> Fix:
    port = url.removesuffix("/health").rpartition(":")[2] if url else str(api.port)
    show = f"ss -ltnp 'sport = :{port}'" if port.isdecimal() else "ss -ltnp"
    stop = (f"docker compose stop {shlex.quote(api.service)}",) if api.service is not None else ()
    advice = f"Stop the other program, or give the API another {KEY}"
    contained = "; where the API's container has the port and another API runs on the host, stop one of the two"
    return Fix(f"{advice}{contained if stop else ''}.", (show, *stop))
