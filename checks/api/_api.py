"""The API as these checks speak of it: where it is, how it is started again, what its log says last."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

from doctor.api import Evidence, Fix, Location, Place, beginning, facts, strip_keys, strip_user

# As long as this after its start a service may still be getting ready, in seconds.
STARTING = 10.0
# The last lines of a log that are shown, and how much of each.
LINES, SHOWN = 3, 300
# What the program's end says, by its status.
ENDS = {
    0: "it was stopped, or ended by itself",
    1: "it refused to start: the database, the Gemini key, or the port",
    2: "it refused its configuration",
    125: "the engine could not start it",
    126: "its command cannot be run",
    127: "its command is not there",
    137: "it was killed, for memory or by a stop that took too long",
    143: "it was stopped",
}


def container_of(api: facts.ApiPlace, containers: facts.Containers | None) -> facts.Container | None:
    """The container that the API was seen in."""
    return containers.named(api.container) if containers is not None and api.container is not None else None


def place(api: facts.ApiPlace, url: str = "") -> Location:
    """The container or process, else the address that was asked."""
    if api.container is not None:
        return Location(Place.CONTAINER, name=api.container)
    if api.name is not None:
        return Location(Place.PROCESS, name=api.name.replace("process ", "pid:"))
    return address(url)


def address(url: str) -> Location:
    """The address as a place to point at."""
    return Location(Place.NETWORK, name=url.removeprefix("http://").removesuffix("/health"))


def restart(api: facts.ApiPlace, summary: str, *before: str) -> Fix:
    """Start the API again: what to type, where compose runs it."""
    if api.name is not None and api.container is None:
        return Fix(f"{summary} On the host: stop the API and start it again.", before)
    return Fix(summary, (*before, f"docker compose restart {shlex.quote(api.service or 'api')}"))


def logs_of(api: facts.ApiPlace) -> tuple[str, ...]:
    """What shows the log of the API's container."""
    if api.container is None:
        return ()
    return (f"docker logs --tail 50 {shlex.quote(api.container)}",)


def last_run(logs: facts.Logs | None) -> facts.LogRun | None:
    """The newest life of the API in the logs."""
    runs = [each for each in logs.runs if each.role == "api"] if logs is not None else []
    return max(runs, key=lambda each: each.seen_until or 0.0, default=None)


def said_last(logs: facts.Logs | None) -> Iterator[Evidence]:
    """The last errors of the API's newest life, else how it ended."""
    run = last_run(logs)
    if run is None:
        return
    errors = [each for each in run.milestones if each.level in ("ERROR", "FATAL", "PANIC")]
    events = [*errors, *([run.end] if run.end is not None and run.end not in errors else [])]
    for each in events[-LINES:]:
        yield Evidence("log", told(each), Location(Place.LOG, path=each.path, line=each.line))


def told(event: facts.LogEvent) -> str:
    """A line of a log, as a message and what it adds."""
    text = f"{event.message}: {event.error}" if event.error else event.message or event.text
    return beginning(strip_keys(strip_user(text)), SHOWN)


def cut(text: str) -> str:
    """A text of the engine or of a container, as one line and not too much of it."""
    return beginning(strip_keys(strip_user(" ".join(text.split()))), SHOWN)
