"""What the checks of this family have in common: times, ends, commands, the lines of the last start."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

from doctor import api
from doctor.api import Evidence, IfObserved, Location, Observed, Place, facts

# Lines of a start that are shown.
SHOWN = 4
EXITS = {
    0: "it ended by itself with status 0, as it does when the database, NATS or the consumer's settings stop its start",
    1: "it ended with status 1: the Gemini client could not be made, or the start command has a fault",
    2: "it ended with status 2: it refused its configuration, or crashed",
    125: "the engine could not start it",
    126: "its start command is no program that can be executed",
    127: "its start command was not found",
    137: "it was killed (status 137)",
    139: "it crashed (status 139)",
    143: "it was asked to end (status 143)",
}
KILLED = 137
PID = re.compile(r"pid:(\d+)")


def stamp(time: float | None) -> str:
    """A time as people read it, in UTC; empty for none."""
    if time is None:
        return ""
    try:
        return datetime.fromtimestamp(time, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    except (ValueError, OverflowError, OSError):
        return ""


def span(seconds: float) -> str:
    """How long, in the largest unit that fits."""
    for size, word in ((86400, "day"), (3600, "hour"), (60, "minute"), (1, "second")):
        if seconds >= size:
            count = int(seconds // size)
            return f"{count} {word}{'s' if count != 1 else ''}"
    return "less than a second"


def ended(container: facts.Container) -> str:
    """How its last life ended, for a sentence."""
    if container.error:
        return f"the engine says: {api.quote.scrubbed(' '.join(container.error.split()), 200)}"
    code = container.exit_code
    return EXITS.get(code, f"it ended with status {code}") if code is not None else ""


def at(container: facts.Container) -> Location:
    """A container as a place to point at."""
    return Location(Place.CONTAINER, name=container.name)


def restart(worker: facts.Worker) -> tuple[str, ...]:
    """The command that restarts the worker as it is, none for one that somebody started in a shell."""
    container = worker.container
    if container is not None:
        name = shlex.quote(container.called)
        return (f"docker compose restart {name}" if container.service else f"docker restart {name}",)
    return ("docker compose restart worker",) if worker.kind is facts.Habitat.CONTAINER else ()


def the_worker(worker: facts.Worker, containers: facts.Containers | None) -> facts.Container | None:
    """The container that the worker lives in, or lived in; None for a worker of this machine."""
    if worker.container is not None or worker.kind is not facts.Habitat.CONTAINER:
        return worker.container
    return containers.named(worker.name) if containers is not None and worker.name else None


def last_life(logs: facts.Logs | None) -> facts.LogRun | None:
    """The worker's last start, as far as logs were read."""
    lives = [run for run in logs.runs if run.role == "worker"] if logs is not None else []
    return lives[-1] if lives else None


def story(logs: Observed[facts.Logs] | IfObserved[facts.Logs]) -> tuple[Evidence, ...]:
    """The last lines of the worker's last start."""
    life = last_life(logs.value)
    if life is None:
        return ()
    events = unique([*([life.start] if life.start else []), *life.milestones, *([life.end] if life.end else [])])
    return tuple(api.quote.evidence(each) for each in events[-SHOWN:])


def unique(events: Iterable[facts.LogEvent]) -> list[facts.LogEvent]:
    """Each line once, in order."""
    return list({(each.path, each.line): each for each in events}.values())


def names(found: Iterable[str], most: int = 3) -> str:
    """The first few, and how many more there are."""
    every = list(found)
    more = len(every) - most
    return ", ".join(every[:most]) + (f" and {more} more" if more > 0 else "")


def listed(found: Iterable[facts.Difference], most: int = 3) -> Iterator[str]:
    """Differences for a sentence: `KEY: A here, B there`."""
    yield from (f"{each.key} ({each.had or 'unset'} instead of {each.now or 'unset'})" for each in list(found)[:most])
