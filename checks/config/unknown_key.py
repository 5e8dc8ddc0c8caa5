"""config.unknown-key: keys that nobody asks for."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace

from doctor.api import (
    CONNECTOR_FIELDS,
    NO_FILE,
    SCHEMA,
    SECTIONS,
    Action,
    Edit,
    Finding,
    Fix,
    Location,
    Safety,
    Severity,
    check,
    facts,
    nearest,
    why_unknown,
)

# A file with more of them is hardly a configuration; each finding beyond would say the same.
MOST = 50
CLIENT = "client"
LIST = "connectors"
# What was once a key, and sections of keys that are documented.
REMOVED = {
    "chunking": "the sizes of chunks are fixed",
    "batch_processing.batch_sizes": "sizes per priority were removed on 2025-11-29, max_batch_size holds for all",
}
NO_URL = "the program takes no address of a database, only its parts: host, port, name, user, password and sslmode"
REMOVED |= dict.fromkeys(("database_url", "database_dsn", "database.url", "database.dsn"), NO_URL)
# An entry of the list of connectors.
ELEMENT = re.compile(r"^connectors\[\d+\]")
NAMES = dict.fromkeys((*SCHEMA, *SECTIONS, *(f"{LIST}.{field}" for field in CONNECTOR_FIELDS)))
LEAVES = [name for name in NAMES if name not in SECTIONS]
FIELDS = [name for name in NAMES if name.startswith(f"{LIST}.")]


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

    Silent when: the key is one of `client`, which the client program reads; its name begins with `x-`, as those do
    that only carry anchors.

    How to fix: rename the key as the finding says, or move it to where it belongs.
    """
    unknown = list(_unknown(config))
    yield from (_finding(config, entry) for entry in unknown[:MOST])
    if len(unknown) > MOST:
        yield Finding(
            f"{len(unknown) - MOST} further keys and sections are not the program's",
            at=replace(unknown[MOST].key_location, key=unknown[MOST].key),
            severity=Severity.NOTE,
            fix=Fix("Check that this is the configuration file of codechunking."),
        )


def _unknown(config: facts.Resolution) -> Iterator[facts.Entry]:
    """The entries to report, of a section that is not known the section alone."""
    reported: set[str] = set()
    for entry in config.entries:
        names = entry.key.split(".")
        inside = any(".".join(names[:length]) in reported for length in range(1, len(names)))
        if entry.counts and not inside and not _known(entry.key):
            reported.add(entry.key)
            yield entry
    if any(entry.counts and entry.kind == "sequence" for entry in config.by_key.get(LIST, ())):
        elements = (entry for connector in config.connectors for entry in connector.others)
        yield from (entry for entry in elements if not _known(entry.key))


def _known(key: str) -> bool:
    top, _, last = key.partition(".")[0], None, key.rpartition(".")[2]
    if top == CLIENT or top.startswith("x-") or last.startswith("x-") or key in NAMES:
        return True
    # Something below a key that takes one value does not decode, which has a finding of its own.
    names = key.split(".")
    parents = (".".join(names[:length]) for length in range(1, len(names)))
    return any(parent in NAMES and parent not in SECTIONS for parent in parents)


# --- the nearest one -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Split:
    """A key as the longest section that is known (empty at the top), and the first name below it."""

    section: str
    name: str

    @classmethod
    def of(cls, key: str) -> Split:
        """Take a key apart."""
        parts = key.split(".")
        lengths = (n for n in range(len(parts) - 1, 0, -1) if ".".join(parts[:n]) in SECTIONS)
        length = next(lengths, 0)
        return cls(".".join(parts[:length]), parts[length])


def _meant(entry: facts.Entry) -> str | None:
    """The key or section that was probably meant."""
    element = ELEMENT.match(entry.key)
    found = _nearest(ELEMENT.sub(LIST, entry.key), _possible(entry))
    return f"{element[0]}{found.removeprefix(LIST)}" if element and found else found


def _possible(entry: facts.Entry) -> Collection[str]:
    """The names that what stands behind the key can have: under a wrong one it would stop the program."""
    if ELEMENT.match(entry.key):
        return FIELDS
    if entry.kind == "sequence":
        return (LIST, *FIELDS)
    if entry.kind == "mapping":
        return SECTIONS
    return NAMES if entry.value is None else LEAVES


def _nearest(key: str, names: Collection[str]) -> str | None:
    at = Split.of(key)
    start = f"{at.section}." if at.section else ""
    siblings = [name.removeprefix(start) for name in names if name.startswith(start)]
    siblings = [name for name in siblings if name and "." not in name]
    same = next((name for name in siblings if _folded(name) == _folded(at.name)), None)
    if same is not None:
        return start + same
    last = key.rpartition(".")[2]
    top = at.section.partition(".")[0]
    within = [name for name in _named(last, names) if top and name.startswith(f"{top}.")]
    whole = [name for name in names if _folded(name) == _folded(key)]
    for found in (whole, within):
        if len(found) == 1:
            return found[0]
    near = nearest(at.name, siblings)
    if near is not None:
        return start + near
    # Nothing is worth moving to where nobody reads it.
    anywhere = [name for name in _named(last, names) if name not in SCHEMA or SCHEMA[name].used == "yes"]
    return anywhere[0] if len(anywhere) == 1 else None


def _named(last: str, names: Collection[str]) -> list[str]:
    return [name for name in names if _folded(name.rpartition(".")[2]) == _folded(last)]


def _folded(name: str) -> str:
    """The name without what people write between words and sections."""
    return re.sub("[._-]", "", name)


# --- what is said ----------------------------------------------------------------------------------------------


def _finding(config: facts.Resolution, entry: facts.Entry) -> Finding:
    at = replace(entry.key_location, key=entry.key)
    kind = "section" if entry.kind == "mapping" else "key"
    why = why_unknown(entry.key) or why_unknown(f"{entry.key}.") or REMOVED.get(entry.key)
    if why is not None:
        return Finding(f"{entry.spelled} has no effect: {why}", at, severity=Severity.NOTE, fix=Fix("Remove it."))
    meant = _meant(entry)
    if meant is None:
        message = f"{entry.spelled} is not a {kind} of the program, nor is one with a similar name"
        return Finding(message, at, severity=Severity.NOTE, fix=Fix("Remove it, or look up what it should be called."))
    return Finding(
        f"{entry.spelled} is not a {kind} of the program, {meant} is; {_cost(config, meant)}",
        at,
        related=tuple(_places(config, meant)),
        severity=Severity.WARNING,
        fix=_fix(config, entry, meant),
    )


def _places(config: facts.Resolution, meant: str) -> Iterator[Location]:
    """Where the key that was meant gets its value, or should have it."""
    if meant in config.settings:
        yield replace(config.where(meant), key=meant)
    for connector in config.connectors:
        element = f"{LIST}[{connector.index}]"
        if meant.startswith((f"{element}.", f"{LIST}.")):
            yield replace(connector.location, key=element + ELEMENT.sub(LIST, meant).removeprefix(LIST))


def _is_set(config: facts.Resolution, meant: str) -> bool:
    """Whether the file has the key, section or field as well."""
    fields = (
        f"{LIST}[{connector.index}].{name}"
        for connector in config.connectors
        for name, field in connector.fields.items()
        if field.entry is not None
    )
    return config.has_section(meant) or meant in fields


def _cost(config: facts.Resolution, meant: str) -> str:
    if meant in config.settings:
        return f"that stays at {config.show(meant)}"
    return "all below it is ignored" if meant in SECTIONS else "what it says is ignored"


def _fix(config: facts.Resolution, entry: facts.Entry, meant: str) -> Fix:
    section, _, name = meant.rpartition(".")
    here = entry.key.rpartition(".")[0]
    if _is_set(config, meant):
        return Fix(f"Keep one: {meant} is set as well, {entry.spelled} can go.")
    if section != here and config.file.format == "dotenv":
        return Fix(f"Rename it to {meant}.")  # such a file has no sections to move it to
    if section != here:
        where = f"below {section}" if section else "to the top level of the file"
        return Fix(f"Move it {where} and call it {name}.")
    spelled = entry.spelled.rpartition(".")[2]
    summary = f"Rename {spelled} to {name}."
    if ELEMENT.match(meant):
        return Fix(summary)
    edit = Edit(config.file.path or "", entry.key, spelled, name, line=entry.key_location.line, action=Action.RENAME)
    return Fix(summary, edits=(edit,), safety=Safety.UNSAFE)
