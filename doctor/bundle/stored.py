"""What of a run is kept in a bundle, as one JSON document, and how it becomes a run again."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

from doctor import __version__, app, facts
from doctor.bundle.codec import Json, Unreadable, decode_fact, encode
from doctor.errors import SourceError
from doctor.registry import Registry
from doctor.target import Target
from doctor.values import value

SCHEMA = "codechunk-doctor/facts/1"
# What a run is given by whoever starts it, not by what it looks at.
_OF_THE_RUN = ("Baseline",)

Facts = Mapping[type[Any], object]


@value
class Observation:
    """
    What a run observed: the target, the facts or the errors in their places, and what it said of itself.

    `tokens` stand in the places of secrets, for a report to mask.
    """

    target: Target
    facts: Facts
    notices: tuple[str, ...] = ()
    tokens: tuple[str, ...] = ()
    version: str = __version__
    started_at: str = ""


def kinds(registry: Registry) -> dict[str, type[Any]]:
    """The facts that checks read, and those that a report's head is made of, by name."""
    found: dict[str, type[Any]] = {each.__name__: each for each in app.HEAD}
    for check in registry.checks:
        for need in check.needs:
            if need.fact.__module__.startswith(facts.__name__) and need.fact.__name__ not in _OF_THE_RUN:
                found[need.fact.__name__] = need.fact
    return found


def kept(found: Facts, registry: Registry) -> dict[type[Any], object]:
    """Those facts of a run that a bundle keeps."""
    return {kind: found[kind] for _, kind in sorted(kinds(registry).items()) if kind in found}


def dump(observed: Observation, registry: Registry) -> bytes:
    """The document."""
    target = observed.target
    names = {kind.__name__ for kind in observed.facts}
    document = {
        "schema": SCHEMA,
        "tool": {"name": "codechunk-doctor", "version": observed.version},
        "started_at": observed.started_at,
        "target": {
            "directory": str(target.directory),
            "config_argument": target.config_argument,
            "worker": target.worker,
            "offline": target.offline,
            "logs": list(target.logs),
        },
        "notices": list(observed.notices),
        "tokens": list(observed.tokens),
        # What nobody looked at in this run, as against what a doctor of today does not know yet.
        "absent": [name for name in sorted(kinds(registry)) if name not in names],
        "facts": {kind.__name__: encode(fact) for kind, fact in observed.facts.items()},
    }
    return (json.dumps(document, separators=(",", ":"), allow_nan=False) + "\n").encode()


def load(data: bytes, registry: Registry) -> Observation:
    """
    The run that a document tells of.

    Raises Unreadable for a document that is none. What checks of today read and a doctor of then did not look at is an
    error in the fact's place.
    """
    document = _document(data)
    try:
        known = {
            kind: decode_fact(document["facts"][name], kind, name)
            for name, kind in kinds(registry).items()
            if name in document["facts"]
        }
        made_by = str(document["tool"]["version"])
        target = _target(document["target"])
        notices = tuple(_text(each) for each in document["notices"])
        tokens = tuple(_text(each) for each in document["tokens"])
        started_at = _text(document["started_at"])
        absent = [_text(each) for each in document["absent"]]
    except (KeyError, TypeError, AttributeError) as error:
        raise Unreadable("the facts: something is missing") from error
    except RecursionError as error:
        raise Unreadable("the facts: are nested too deeply") from error
    missing = {
        kind: SourceError(f"is not in this bundle, made by codechunk-doctor {made_by}", name)
        for name, kind in kinds(registry).items()
        if name not in document["facts"] and name not in absent
    }
    return Observation(target, {**known, **missing}, notices, tokens, made_by, started_at)


def _document(data: bytes) -> dict[str, Any]:
    try:
        document = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise Unreadable("the facts: are no JSON") from error
    if not isinstance(document, dict) or document.get("schema") != SCHEMA:
        raise Unreadable("the facts: are of another kind")
    return document


def _target(given: Json) -> Target:
    argument = given["config_argument"]
    return Target(
        Path(_text(given["directory"])),
        config_argument=None if argument is None else _text(argument),
        worker=_text(given["worker"]),
        offline=given["offline"] is True,
        logs=tuple(_text(each) for each in given["logs"]),
    )


def _text(given: Json) -> str:
    if not isinstance(given, str):
        raise Unreadable("the facts: a text should stand where there is none")
    return given


def words() -> Iterator[str]:
    """Words of the document's own: the names of classes and their fields."""
    for name in facts.__all__:
        kind = getattr(facts, name)
        yield name
        if is_dataclass(kind):
            yield from (each.name for each in fields(kind))
