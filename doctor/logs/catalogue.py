"""The lines that the program can write: what each means, what it tells about the installation, what to do about it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import field
from functools import cache, cached_property
from importlib.resources import files
from typing import Any

from doctor.causes import RANKS, Cause, causes
from doctor.values import value

FILE = "log-catalogue.json"


@value
class Condition:
    """
    A test of one field of a line.

    `test` is `is`, `starts`, `below` (a number) or `below-field` (the number in another field).
    """

    field: str
    test: str
    operand: object

    def holds(self, fields: Mapping[str, object]) -> bool:
        """Whether a line with these fields passes; one without the field does not."""
        if self.field not in fields:
            return False
        found = fields[self.field]
        if self.test == "is":
            return found == self.operand and isinstance(found, bool) == isinstance(self.operand, bool)
        if self.test == "starts":
            return isinstance(found, str) and found.startswith(str(self.operand))
        limit = fields.get(str(self.operand)) if self.test == "below-field" else self.operand
        return _number(found) and _number(limit) and found < limit  # type: ignore[operator]


@value
class Implication:
    """What a line tells in addition when all the conditions hold."""

    when: tuple[Condition, ...]
    then: tuple[str, ...]


@value
class Variant:
    """One of several meanings of a text: that of a line that has the field `present`, or that has no field `absent`."""

    meaning: str
    present: str | None = None
    absent: str | None = None


@value
class Entry:
    """
    One kind of line.

    Either `message` is the exact text, or `pattern` a regular expression: of the message for format `structured`, else
    of the whole line. `fields` are names with types (string int float bool uuid list object timestamp; duration_ns:
    integer nanoseconds; error_object: the text is lost, `{}`). `implies` are words `<fact>=<value>`. `causes` are ids
    of the causes that its error text may show. `source` is `guide` for what only the guide quotes. `visible` is false
    for what is never printed, `wired` for what no command reaches. `since` and `until` are dates of the program.
    `literals`: each line of this kind has one of them in it as raw bytes, however it is wrapped.
    """

    id: str
    level: str
    role: str
    component: str
    meaning: str
    message: str | None = None
    pattern: str | None = None
    format: str = "structured"
    literals: tuple[str, ...] = ()
    fix: str = ""
    fields: tuple[tuple[str, str], ...] = ()
    error_field: str = "error"
    implies: tuple[str, ...] = ()
    implies_when: tuple[Implication, ...] = ()
    variants: tuple[Variant, ...] = ()
    causes: tuple[str, ...] = ()
    since: str | None = None
    until: str | None = None
    source: str = ""
    visible: bool = True
    wired: bool = True
    note: str = ""

    def facts(self, fields: Mapping[str, object]) -> dict[str, str]:
        """What a line of this kind with these fields tells, as facts with their values."""
        told = list(self.implies)
        for implication in self.implies_when:
            if all(condition.holds(fields) for condition in implication.when):
                told += implication.then
        return {fact: told_value for fact, _, told_value in (each.partition("=") for each in told)}

    def meaning_of(self, fields: Mapping[str, object]) -> str:
        """What a line of this kind with these fields means, where the fields tell more than the text."""
        for variant in self.variants:
            if variant.present in fields or (variant.absent is not None and variant.absent not in fields):
                return variant.meaning
        return self.meaning

    def causes_of(self, error: str) -> tuple[Cause, ...]:
        """Why, by an error text that a line of this kind has: of its own causes, the most telling first."""
        return tuple(each for each in _causes_of(self.causes) if each.matches(error))


@value
class Found:
    """The entry of a line, and what its pattern takes out of it."""

    entry: Entry
    parts: dict[str, str] = field(default_factory=dict)


class Catalogue:
    """All entries, read when they are first asked for."""

    @cached_property
    def entries(self) -> tuple[Entry, ...]:
        """In an order in which the more particular stand before the more general."""
        content = (files("doctor") / "data" / FILE).read_text(encoding="utf-8")
        return tuple(map(_entry, json.loads(content)))

    @cached_property
    def by_id(self) -> Mapping[str, Entry]:
        """By their ids."""
        return {each.id: each for each in self.entries}

    @cached_property
    def by_message(self) -> Mapping[str, Entry]:
        """Those with an exact text, by it."""
        return {each.message: each for each in self.entries if each.message is not None}

    @cached_property
    def by_raw_message(self) -> Mapping[bytes, Entry]:
        """The same by the text as UTF-8, which is how it stands in a line when nothing in it needs an escape."""
        return {message.encode(): entry for message, entry in self.by_message.items()}

    def of_message(self, message: str) -> Found | None:
        """The entry of a structured line, by its message."""
        entry = self.by_message.get(message)
        if entry is not None:
            return Found(entry)
        return next(_matching(self._patterns(structured=True), message), None)

    def of_plain(self, line: str) -> Found | None:
        """The entry of a line that is not structured, by all of it; wrappers and line end must be gone."""
        return next(_matching(self._patterns(structured=False), line), None)

    def _patterns(self, *, structured: bool) -> Iterator[Entry]:
        return (each for each in self._by_pattern if (each.format == "structured") == structured)

    @cached_property
    def _by_pattern(self) -> tuple[Entry, ...]:
        return tuple(each for each in self.entries if each.pattern is not None)


CATALOGUE = Catalogue()


def _matching(entries: Iterator[Entry], text: str) -> Iterator[Found]:
    for entry in entries:
        # A literal is looked for first, as most lines have none.
        if any(literal in text for literal in entry.literals):
            match = re.search(entry.pattern or "", text)
            if match is not None:
                yield Found(entry, {name: part for name, part in match.groupdict().items() if part is not None})


def _entry(raw: dict[str, Any]) -> Entry:
    parts: dict[str, Any] = {key: tuple(part) if isinstance(part, list) else part for key, part in raw.items()}
    parts["fields"] = tuple(raw.get("fields", {}).items())
    parts.setdefault("literals", (raw.get("message"),))
    if "implies_when" in raw:
        parts["implies_when"] = tuple(map(_implication, raw["implies_when"]))
    if "variants" in raw:
        parts["variants"] = tuple(Variant(**each) for each in raw["variants"])
    return Entry(**parts)


def _implication(raw: dict[str, Any]) -> Implication:
    return Implication(tuple(Condition(*each) for each in raw["when"]), tuple(raw["then"]))


def _number(given: object) -> bool:
    return isinstance(given, int | float) and not isinstance(given, bool)


@cache
def _causes_of(ids: tuple[str, ...]) -> tuple[Cause, ...]:
    """Those causes; specific ones before generic ones before what only wraps another, else in the order of the ids."""
    known = {each.id: each for each in causes()}
    return tuple(sorted((known[id] for id in ids), key=lambda each: RANKS.index(each.rank)))
