"""config.unknown-key: keys that nobody asks for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from checks.config._meant import ELEMENT, LIST, MOST, meant_by, renamed, unknown
from doctor.api import (
    NO_FILE,
    SECTIONS,
    Finding,
    Fix,
    Location,
    Safety,
    Severity,
    check,
    facts,
    why_unknown,
)

# What was once a key, and sections of keys that are documented.
REMOVED = {
    "chunking": "the sizes of chunks are fixed",
    "batch_processing.batch_sizes": "sizes per priority were removed on 2025-11-29, max_batch_size holds for all",
}
NO_URL = "the program takes no address of a database, only its parts: host, port, name, user, password and sslmode"
REMOVED |= dict.fromkeys(("database_url", "database_dsn", "database.url", "database.dsn"), NO_URL)


@check(
    id="config.unknown-key",
    title="A key is known to nobody",
    severity=(Severity.WARNING, Severity.NOTE),
    safety=Safety.UNSAFE,
    blocked_by=NO_FILE,
)
def unknown_key(config: facts.Resolution) -> Iterator[Finding]:
    """
    Compare every key and section of the file, and every field of a connector, with those that the program reads.

    It is a note when no known key is near. For a single value the nearest is a key, never a section, wherever it
    belongs: `gemini_api_key` is `api_key` below `gemini`. A section that is not known is reported as a whole.

    Why it matters: the program ignores a misspelt or misplaced key without a word, and goes on with another value.

    Silent when: the key is one of `client`, which the client program reads; it only carries an anchor that is used
    elsewhere, or its name begins with `x-`, as that of such keys does.

    How to fix: rename the key as the finding says, or move it to where it belongs.
    """
    found = list(unknown(config))
    yield from (_finding(config, entry) for entry in found[:MOST])
    if len(found) > MOST:
        yield Finding(
            f"{len(found) - MOST} further keys and sections are not the program's",
            at=replace(found[MOST].key_location, key=found[MOST].key),
            severity=Severity.NOTE,
            fix=Fix("Check that this is the configuration file of codechunking."),
        )


# --- what is said ----------------------------------------------------------------------------------------------


def _finding(config: facts.Resolution, entry: facts.Entry) -> Finding:
    at = replace(entry.key_location, key=entry.key)
    kind = "section" if entry.kind == "mapping" else "key"
    why = why_unknown(entry.key) or why_unknown(f"{entry.key}.") or REMOVED.get(entry.key)
    if why is not None:
        return Finding(f"{entry.spelled} has no effect: {why}", at, severity=Severity.NOTE, fix=Fix("Remove it."))
    meant = meant_by(entry)
    if meant is None:
        message = f"{entry.spelled} is not a {kind} of the program, nor is one with a similar name"
        return Finding(message, at, severity=Severity.NOTE, fix=Fix("Remove it, or look up what it should be called."))
    return Finding(
        f"{entry.spelled} is not a {kind} of the program, {meant} is; {_cost(config, meant)}",
        at,
        related=tuple(_places(config, meant)),
        severity=Severity.WARNING,
        fix=renamed(config, entry, meant),
    )


def _places(config: facts.Resolution, meant: str) -> Iterator[Location]:
    """Where the key that was meant gets its value, or should have it."""
    if meant in config.settings:
        yield replace(config.where(meant), key=meant)
    for connector in config.connectors:
        element = f"{LIST}[{connector.index}]"
        if meant.startswith((f"{element}.", f"{LIST}.")):
            yield replace(connector.location, key=element + ELEMENT.sub(LIST, meant).removeprefix(LIST))


def _cost(config: facts.Resolution, meant: str) -> str:
    if meant in config.settings:
        return f"that stays at {config.show(meant)}"
    return "all below it is ignored" if meant in SECTIONS else "what it says is ignored"
