"""Keys that the program does not ask for, and which of its own were probably meant."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from itertools import islice

from doctor.api import CONNECTOR_FIELDS, SCHEMA, SECTIONS, Action, Edit, Fix, Safety, facts, nearest

# A file with more unknown keys is hardly a configuration.
MOST = 50
CLIENT = "client"
LIST = "connectors"
# An entry of the list of connectors.
ELEMENT = re.compile(r"^connectors\[\d+\]")
NAMES = dict.fromkeys((*SCHEMA, *SECTIONS, *(f"{LIST}.{field}" for field in CONNECTOR_FIELDS)))
LEAVES = [name for name in NAMES if name not in SECTIONS]
FIELDS = [name for name in NAMES if name.startswith(f"{LIST}.")]


def unknown(config: facts.Resolution) -> Iterator[facts.Entry]:
    """The entries to report, of a section that is not known the section alone."""
    anchors = 0
    for entry in _not_known(config):
        anchors += entry.anchors
        # To look for what was meant takes time, and a file may be full of anchors.
        if not entry.anchors or (anchors <= MOST and not _only_carries(config, entry)):
            yield entry


def _not_known(config: facts.Resolution) -> Iterator[facts.Entry]:
    found: set[str] = set()
    for entry in config.entries:
        names = entry.key.split(".")
        inside = any(".".join(names[:length]) in found for length in range(1, len(names)))
        if entry.counts and not inside and not _known(entry.key):
            found.add(entry.key)
            yield entry
    if any(entry.counts and entry.kind == "sequence" for entry in config.by_key.get(LIST, ())):
        elements = (entry for connector in config.connectors for entry in connector.others)
        yield from (entry for entry in elements if not _known(entry.key))


def _only_carries(config: facts.Resolution, entry: facts.Entry) -> bool:
    """Whether it is there for its anchor alone; a misspelt key keeps its anchor when it is renamed."""
    meant = meant_by(entry)
    return meant is None or not renamed(config, entry, meant).edits


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


def meant_by(entry: facts.Entry) -> str | None:
    """The key or section that was probably meant."""
    element = ELEMENT.match(entry.key)
    found = _nearest(ELEMENT.sub(LIST, entry.key), _possible(entry))
    return f"{element[0]}{found.removeprefix(LIST)}" if element and found else found


def misspelt(config: facts.Resolution, *keys: str) -> Iterator[tuple[facts.Entry, str]]:
    """The unknown entries that were probably meant to be one of these keys, each with that key."""
    for entry in islice(unknown(config), MOST):
        meant = meant_by(entry)
        if meant in keys:
            yield entry, meant


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


# --- what to do about it ---------------------------------------------------------------------------------------


def _is_set(config: facts.Resolution, meant: str) -> bool:
    """Whether the file has the key, section or field as well."""
    fields = (
        f"{LIST}[{connector.index}].{name}"
        for connector in config.connectors
        for name, field in connector.fields.items()
        if field.entry is not None
    )
    return config.has_section(meant) or meant in fields


def renamed(config: facts.Resolution, entry: facts.Entry, meant: str) -> Fix:
    """How an unknown entry becomes the key, section or field that was meant."""
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
        return Fix(f"{summary} Do it by hand: `codechunk-doctor fix` changes nothing inside a list.")
    edit = Edit(config.file.path or "", entry.key, spelled, name, line=entry.key_location.line, action=Action.RENAME)
    return Fix(summary, edits=(edit,), safety=Safety.UNSAFE)
