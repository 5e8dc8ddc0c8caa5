"""api.not-answering: the API is there, and does not answer."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

from checks.api._api import ENDS, STARTING, address, container_of, cut, logs_of, place, restart, said_last
from doctor.api import Evidence, Finding, Fix, Guide, Observed, Severity, Skipped, check, facts

WORDS = {
    "REFUSED": "nothing listens at {where}",
    "NO_ROUTE": "{where} cannot be reached: {text}",
    "NAME_UNKNOWN": "{where} cannot be looked up: {text}",
    "TIMED_OUT": "{where} does not answer: {text}",
    "NO_ANSWER": "{where} takes the connection and has not answered in time",
    "BROKEN_OFF": "{where} takes the connection and breaks it off: {text}",
}
DOWN = (facts.ContainerState.CREATED, facts.ContainerState.EXITED, facts.ContainerState.DEAD)
# Another program's answer, which is a finding of its own.
FOREIGN = "OTHER_PROTOCOL"


@check(
    id="api.not-answering",
    title="The API does not answer",
    severity=Severity.ERROR,
    guide=Guide.CREATED,
    explained_by=("api.port-taken", "api.restart-loop"),
)
def not_answering(
    api: facts.ApiPlace,
    health: Observed[facts.ApiHealth],
    containers: Observed[facts.Containers],
    logs: Observed[facts.Logs],
) -> Iterator[Finding]:
    """
    Ask the API that was seen, as a process or a container, for its `/health`.

    Why it matters: without it no repository can be submitted and nothing can be searched.

    Silent when: no API was seen; its container was started a moment ago; another finding says that it keeps restarting,
    or who has its port.

    How to fix: start it; its last lines in the log say why it ended.
    """
    if api.name is None:
        raise Skipped("no API was seen, as a process or as a container")
    container = container_of(api, containers.value)
    if container is not None and container.state in DOWN:
        if health.value is None or health.value.status is None:
            yield _down(api, container, logs.value)
        return
    if health.value is None:
        raise Skipped(health.error.reason if health.error is not None else "it was not asked")
    obstacle = health.value.obstacle
    if obstacle is None or obstacle.fault.name == FOREIGN:
        return
    if container is not None and _starting(container, containers.value):
        raise Skipped(f"{api.name} was started a moment ago")
    where = health.value.url
    yield Finding(
        f"{api.name} runs, but "
        + WORDS.get(obstacle.fault.name, "{where}: {text}").format(where=where, text=obstacle.text),
        at=place(api),
        related=(address(where), health.value.at),
        fix=_fix(api, container),
        evidence=(*_health(container), *said_last(logs.value)),
    )


def _down(api: facts.ApiPlace, container: facts.Container, logs: facts.Logs | None) -> Finding:
    state = container.state.value
    if container.state is facts.ContainerState.CREATED:
        how = f"was never started: {cut(container.error)}" if container.error else "was made, but never started"
    else:
        meaning = ENDS.get(container.exit_code if container.exit_code is not None else -1)
        how = f"is {state} with status {container.exit_code}" + (f": {meaning}" if meaning else "")
    start = (f"docker compose up -d {shlex.quote(api.service or 'api')}",)
    return Finding(
        f"the API's container {container.name} {how}",
        at=place(api),
        fix=Fix("Remove the cause that its last lines tell, and start it.", (*logs_of(api), *start)),
        evidence=tuple(said_last(logs)),
    )


def _starting(container: facts.Container, containers: facts.Containers | None) -> bool:
    now = containers.now if containers is not None else 0.0
    return container.started_at is not None and 0 <= now - container.started_at < STARTING


def _health(container: facts.Container | None) -> tuple[Evidence, ...]:
    """What the container's own health check printed."""
    if container is None or container.health != "unhealthy":
        return ()
    return (Evidence("container", f"its health check fails: {cut(container.health_output)}".rstrip(": ")),)


def _fix(api: facts.ApiPlace, container: facts.Container | None) -> Fix:
    if container is not None and container.state is facts.ContainerState.PAUSED:
        return Fix("It is paused: let it go on.", (f"docker unpause {shlex.quote(container.name)}",))
    return restart(api, "See what it does by its log, and start it again.", *logs_of(api))
