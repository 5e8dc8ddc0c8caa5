"""What a container printed, asked of its engine: all of it, its recent part, or what comes from now on."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from doctor.engine import OFFLINE
from doctor.errors import SourceError, UsageError
from doctor.facts.logs import UNFINISHED
from doctor.interruption import raised_in
from doctor.sources.logs.inputs import Input
from doctor.sources.logs.names import CONTAINER
from doctor.sources.logs.waiting import OUT_OF_TIME, EndedError
from doctor.target import Target

if TYPE_CHECKING:
    from doctor.sources.docker.engine import Engine

# What is read of a worker's own log that nobody named: whichever of these comes first.
RECENT_LINES = 20_000
RECENT_SECONDS = 24 * 3600.0
RECENT_BYTES = 64 * 1024 * 1024
RECENT_WITHIN = 8.0
# How long the engine may take to find a container, and to begin with its log.
PATIENCE = 5.0
_NAMED = 8


def found(inputs: Iterable[Input], target: Target) -> tuple[Input, ...]:
    """
    The same inputs, each container by its id and with what leads to its engine.

    One whose engine cannot be asked has a problem. Raises UsageError for a container that the engine does not know.
    """
    return tuple(_found(each, target) if each.kind == "docker" and each.problem is None else each for each in inputs)


def recent(name: str, id: str, target: Target) -> Input:
    """The recent part of a container's log, bounded in lines, age, bytes and time."""
    return Input(0, CONTAINER + name, id, kind="docker", shell=target.shell, recent=True)


def _found(of: Input, target: Target) -> Input:
    if target.offline:
        return replace(of, problem=OFFLINE)
    from doctor.sources.docker.engine import connect

    name = of.name.removeprefix(CONTAINER)
    try:
        engine = connect(target.shell, PATIENCE, remote=True)
        id = _id(engine, name, target)
    except SourceError as error:
        return replace(of, problem=error.reason)
    return replace(of, path=id, shell=target.shell)


def _id(engine: Engine, name: str, target: Target) -> str:
    """The container of this name or id; else the newest of the compose service with this name."""
    from doctor.sources.docker.inspect import SERVICE
    from doctor.sources.docker.inventory import ours

    container = engine.container(name)
    if container is not None:
        return container.id
    listed = engine.listed()
    for candidates in (ours(listed, target.directory), listed):
        of_service = [each for each in candidates if _labels(each).get(SERVICE) == name]
        if of_service:
            return str(max(of_service, key=_made_at)["Id"])
    there = sorted(str(each).lstrip("/") for one in listed for each in (one.get("Names") or ())[:1])
    more = f" and {len(there) - _NAMED} more" if len(there) > _NAMED else ""
    instead = f"there are: {', '.join(there[:_NAMED])}{more}" if there else "there are none"
    raise UsageError(f"there is no container {name}; {instead}")


def _labels(listed: Mapping[str, Any]) -> Mapping[str, Any]:
    labels = listed.get("Labels")
    return labels if isinstance(labels, dict) else {}


def _made_at(listed: Mapping[str, Any]) -> int:
    made = listed.get("Created")
    return made if isinstance(made, int) else 0


def output(of: Input) -> Iterator[bytes]:
    """
    What the container has printed so far, each line with its time in front.

    Raises OSError with the reason, also when `of.ends_at` is over; what came before counts.
    """
    from doctor.sources.docker.engine import connect

    ends_at = of.ends_at if of.ends_at is not None else float("inf")
    bounds: dict[str, Any] = {}
    if of.recent:
        since = time.time() - RECENT_SECONDS
        bounds = {"tail": RECENT_LINES, "since": since, "most_bytes": RECENT_BYTES}
        ends_at = min(time.monotonic() + RECENT_WITHIN, ends_at)
    try:
        engine = connect(of.shell, max(0.0, min(PATIENCE, ends_at - time.monotonic())), remote=True)
        for piece in raised_in(engine.logs(of.path, patient_until=ends_at, **bounds)):
            yield piece
            if time.monotonic() >= ends_at:
                raise EndedError(OUT_OF_TIME)
    except SourceError as error:
        if time.monotonic() >= ends_at:
            raise EndedError(OUT_OF_TIME) from error
        raise OSError(f"{UNFINISHED}: {error.reason}") from error
    except KeyboardInterrupt:
        from doctor.sources.logs.waiting import INTERRUPTED

        raise EndedError(INTERRUPTED) from None


def following(of: Input, ends_at: float | None) -> Iterator[bytes]:
    """What the container prints from now on, until it ends or the time is over. Raises UsageError for no engine."""
    from doctor.sources.docker.engine import connect

    try:
        engine = connect(of.shell, PATIENCE, remote=True)
        for piece in engine.logs(of.path, tail=0, follow=True):
            if piece:
                yield piece
            if ends_at is not None and time.monotonic() >= ends_at:
                return
    except SourceError as error:
        raise UsageError(f"{of.name}: {error.reason}") from error


def first_of(inputs: Sequence[Input]) -> Input | None:
    """The container among the inputs to follow, when it is the only one."""
    return inputs[0] if len(inputs) == 1 and inputs[0].kind == "docker" and inputs[0].problem is None else None
