"""api.restart-loop: a start that fails again and again."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

from checks.api._api import ENDS, container_of, logs_of, place, said_last
from doctor.api import Finding, Fix, Observed, Severity, Skipped, check, ends_start, facts

# So many restarts, the last of them less than so many seconds ago, are a loop.
MANY, YOUNG = 3, 60.0
# Settings that keep only the API from starting, by a fault that config.value-out-of-range calls an error.
KEYS = ("api.port", "api.read_timeout", "api.write_timeout")


@check(
    id="api.restart-loop",
    title="The API keeps restarting",
    severity=Severity.ERROR,
    explained_by=("api.port-taken", *ends_start(*KEYS), "gemini.key-not-seen-by-api"),
)
def restart_loop(api: facts.ApiPlace, containers: facts.Containers, logs: Observed[facts.Logs]) -> Iterator[Finding]:
    """
    Look at how often the engine has started the API's container again, and how long ago that was.

    Why it matters: it refuses to start, so that nothing is accepted and nothing is found.

    Silent when: the restarts are old and it has been up for a minute; a finding says what ends its start: settings that
    the program refuses, no Gemini key, a database that it cannot use, or a port that is taken.

    How to fix: remove the cause that its last lines tell.
    """
    container = container_of(api, containers)
    if container is None:
        raise Skipped("no container of the API was seen")
    up = containers.now - container.started_at if container.started_at is not None else YOUNG
    looping = container.restarts >= MANY and up < YOUNG
    if container.state is not facts.ContainerState.RESTARTING and not (looping and container.running):
        return
    # An engine has 0 for one that runs.
    status = container.exit_code if not container.running else None
    meaning = ENDS.get(status) if status is not None else None
    ended = f"; it ends with status {status}" + (f": {meaning}" if meaning else "") if status is not None else ""
    times = f"was restarted {container.restarts} times" if container.restarts > 1 else "is being restarted"
    service = shlex.quote(api.service or "api")
    yield Finding(
        f"the API's container {container.name} {times}{ended}",
        at=place(api),
        fix=Fix(
            "Remove the cause that its last lines tell, and start it once more.",
            (*logs_of(api), f"docker compose up -d {service}"),
        ),
        evidence=tuple(said_last(logs.value)),
    )
