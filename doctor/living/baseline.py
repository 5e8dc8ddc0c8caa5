"""The baseline: a file with the findings that are known, so that only new ones count."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from doctor.values import value

SCHEMA = "codechunk-doctor/baseline/1"
_FORMAT, _, _VERSION = SCHEMA.rpartition("/")


@value
class Entry:
    """
    So many findings of one check about one thing (see `doctor.identity`); `reason` is for a person to fill in.

    `line` is where it stands in the file, None where it has no line of its own.
    """

    check: str
    about: str
    count: int = 1
    reason: str = ""
    line: int | None = None

    @property
    def identity(self) -> str:
        """The identity that its findings have."""
        return f"{self.check} {self.about}"


@value
class Baseline:
    """What a baseline lists, each identity once. `name` is how messages and reports call the file."""

    name: str
    entries: tuple[Entry, ...] = ()

    def by_identity(self) -> dict[str, Entry]:
        """The entries by the identity of their findings."""
        return {entry.identity: entry for entry in self.entries}


@value
class Change:
    """How many findings an update brought in, took out and kept."""

    added: int
    removed: int
    kept: int


class NoBaseline(ValueError):
    """A text that is no baseline, or not one that can be read here; the message says what to do."""


def parse(text: str, name: str) -> Baseline:
    """Read the text of a file that is called so. Raises NoBaseline."""
    try:
        content = json.loads(text)
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise NoBaseline(f"is not valid JSON ({place}): put it right, or delete it and {_ANEW}") from None
    except RecursionError:
        raise NoBaseline(f"is no baseline: delete it and {_ANEW}") from None
    _check_schema(content)
    listed = content.get("findings")
    if not isinstance(listed, list):
        raise NoBaseline(f"has no list `findings`: put it right, or delete it and {_ANEW}")
    lines = dict(_lines(text))
    entries: dict[str, Entry] = {}
    for number, each in enumerate(listed, 1):
        entry = _entry(each, number)
        entry = replace(entry, line=lines.get((entry.check, entry.about)))
        # Two branches that were merged may have brought in the same.
        entries[entry.identity] = _merged(entries.get(entry.identity), entry)
    return Baseline(name, tuple(entries.values()))


_ANEW = "write it anew with --update-baseline"


def _check_schema(content: object) -> None:
    schema = content.get("schema") if isinstance(content, dict) else None
    if schema == SCHEMA:
        return
    kind, _, version = str(schema).rpartition("/")
    if kind == _FORMAT and version.isdecimal() and int(version) > int(_VERSION):
        raise NoBaseline(f"was written by a newer codechunk-doctor ({schema}; this one reads {SCHEMA}): upgrade")
    what = f"it says to be {schema!r:.80}" if isinstance(schema, str) else f"it has no `schema`: {SCHEMA!r}"
    raise NoBaseline(f"is no baseline ({what}); give another file, which --update-baseline writes")


def _entry(written: object, number: int) -> Entry:
    fields = written if isinstance(written, dict) else {}
    unknown = fields.keys() - {"check", "about", "count", "reason"}
    check, about, count, reason = (fields.get(name) for name in ("check", "about", "count", "reason"))
    good = isinstance(check, str) and isinstance(about, str) and check and about
    if not good or unknown or type(count) is not int or count < 1 or not isinstance(reason, str | None):
        raise NoBaseline(
            f"entry {number} of `findings` is damaged: it needs the texts check, about and reason, and a count of at "
            f"least 1{', and nothing else' if unknown else ''}; put it right, or delete the entry"
        )
    return Entry(str(check), str(about), count, reason or "")


def _merged(one: Entry | None, other: Entry) -> Entry:
    if one is None:
        return other
    return replace(one, count=max(one.count, other.count), reason=one.reason or other.reason)


def _lines(text: str) -> Iterator[tuple[tuple[str, str], int]]:
    """Where each entry stands that has a line of its own, as those have that are written here."""
    for number, line in enumerate(text.split("\n"), 1):
        bare = line.strip().removesuffix(",")
        if not bare.startswith('{"check"'):
            continue
        try:
            fields = json.loads(bare)
            yield (fields["check"], fields["about"]), number
        except (ValueError, KeyError, TypeError):
            continue


def dump(baseline: Baseline) -> str:
    """The text of the file: sorted, an entry per line, so that a diff shows what came and went."""
    entries = sorted(baseline.entries, key=lambda entry: entry.identity)
    lines = ",\n".join(f"    {json.dumps(_fields(entry))}" for entry in entries)
    findings = f"[\n{lines}\n  ]" if lines else "[]"
    return f'{{\n  "schema": {json.dumps(SCHEMA)},\n  "findings": {findings}\n}}\n'


def _fields(entry: Entry) -> dict[str, Any]:
    return {"check": entry.check, "about": entry.about, "count": entry.count, "reason": entry.reason}


def updated(old: Baseline, found: Mapping[str, int], judged: Iterable[str]) -> tuple[Baseline, Change]:
    """
    The baseline that lists just what was found, by identity, with the reasons of the old one; and what changed.

    `judged` are the checks that gave an answer: what is listed of others stays, as nobody knows whether it is gone.
    """
    answered = set(judged)
    known = old.by_identity()
    kept = {id: entry for id, entry in known.items() if entry.check not in answered}
    wanted = Counter({id: count for id, count in found.items() if id not in kept})
    fresh = [_counted(known.get(id), id, count) for id, count in wanted.items()]
    before = Counter({id: entry.count for id, entry in known.items()})
    after = wanted + Counter({id: entry.count for id, entry in kept.items()})
    change = Change((after - before).total(), (before - after).total(), (after & before).total())
    # An order of its own, so that what is compared and what is written is the same.
    entries = sorted((*kept.values(), *fresh), key=lambda entry: entry.identity)
    return Baseline(old.name, tuple(entries)), change


def _counted(known: Entry | None, identity: str, count: int) -> Entry:
    if known is not None:
        return replace(known, count=count)
    check, _, about = identity.partition(" ")
    return Entry(check, about, count)
