"""Why something failed, by the error texts that lines have: few differ, so that what was found out is remembered."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from doctor.causes import Cause, cause_about, part_of
from doctor.causes import cause_of as cause_of_text
from doctor.facts.logs import ERROR_FIELDS, LogEvent
from doctor.logs.catalogue import CATALOGUE
from doctor.logs.entry import Decoded, decode
from doctor.logs.forms import PLAIN
from doctor.logs.kinds import Kind
from doctor.logs.layout import AT_LEVEL

# The longest error text that is looked at for its cause.
LONGEST_ERROR = 2000
# Errors of one kind whose cause is remembered.
MOST_REMEMBERED = 2_000

# The first error text in a line, up to its last quote, and the rest of the line. The word that all names have comes
# first, as it is looked for fastest. Quoted twice, a backslash is four of them, and a quote has three before it. What
# has no end leads into the next line: there are fewer matches than lines then.
_VALUE = rb'([^\\]*+(?:\\\\(?:\\[\\"]|[^\\\n])[^\\]*+)*+).*'
_ERROR = re.compile(
    rb'error(?:(?<=\\"error)(?:_message)?|(?<=\\"underlying_error)|(?<=\\"zoekt_error)|(?<=\\"embedding_error))\\":\\"'
    + _VALUE
)
# The only other name has a line whose own text has it too.
_BY_NAME = {"message": re.compile(rb'\\"metadata\\":\{[^\n]*?\\"message\\":\\"' + _VALUE)}
# A few errors are met in lines of many kinds.
known_cause = lru_cache(MOST_REMEMBERED)(cause_of_text)
_cause_about = lru_cache(MOST_REMEMBERED)(cause_about)
# What differs between two errors of one kind; a status of three digits does not.
_VARYING = re.compile(rb"[0-9a-fA-F]{8,}(?:-[0-9a-fA-F]{4,})*|\d{5,}|\d+(?:\.\d+)?(?:ns|us|\xc2\xb5s|ms|s)\b")
# Out of time, or told to stop: the end of every kind of work.
_ENDED = "ctx"
# What the error may be about that a text introduces; one that is not here introduces what it is about itself.
_DATABASE = frozenset({"db"})
_EMBEDDING = frozenset({"gem", "oai", "db"})
_RESULTS = frozenset({"gem", "res", "disk"})
_REPOSITORY = frozenset({"db", "repo"})
_MIGRATION = frozenset({"mig", "db"})
INSIDE = {
    "clone-failed": frozenset({"git"}),
    "gem-input-file": frozenset({"disk"}),
    "seq-chunk-failed": _EMBEDDING,
    "both-failed": _EMBEDDING,
    "both-engines": _EMBEDDING | {"zk"},
    "batch-find-chunks": _DATABASE,
    "batch-save-progress": _DATABASE,
    "res-save": _DATABASE,
    "conn-missing-db": _DATABASE,
    "repo-status-fetch": _REPOSITORY,
    "repo-transition": _REPOSITORY,
    "res-download": _RESULTS,
    "res-local-missing": _RESULTS,
    "mig-failed": _MIGRATION,
    "mig-ping": _MIGRATION,
}


def first_in_each(pattern: re.Pattern[bytes], lines: Sequence[bytes], start: int) -> Sequence[bytes | None]:
    """
    What the pattern's group takes out of each of these lines behind this place; None for one without.

    The pattern must match all the rest of a line, so that there is one match in each.
    """
    found = pattern.findall(b"\n".join([line[start:] for line in lines]))
    if len(found) == len(lines):
        return found
    if not found:
        return [None] * len(lines)
    return [match[1] if (match := pattern.search(line, start)) is not None else None for line in lines]


def causes_of(lines: Sequence[bytes], kind: Kind) -> Sequence[str]:
    """The ids of the known causes that lines of one kind show, in the program's own format; empty for none."""
    errors = first_in_each(_pattern(kind), lines, AT_LEVEL)
    causes = list(map(kind.texts.get, errors))
    if None not in causes:
        return causes  # type: ignore[return-value]
    for at, (cause, error) in enumerate(zip(causes, errors, strict=True)):
        if cause is None:
            # Most of them are the same, and known by now.
            known = kind.texts.get(error)
            causes[at] = cause_of(lines[at], kind) if known is None else known
    return causes  # type: ignore[return-value]


def cause_of(raw: bytes, kind: Kind) -> str:
    """The same for one line, which is not decoded if its error was met before."""
    match = _pattern(kind).search(raw, AT_LEVEL)
    if match is None:
        return ""
    text = match[1]
    cause = kind.texts.get(text)
    if cause is None:
        cause = _by_sort(raw, text, kind)
        if len(kind.texts) > MOST_REMEMBERED:
            kind.texts.clear()
            kind.texts[None] = ""
        kind.texts[text] = cause
    return cause


def _about(cause: str) -> frozenset[str]:
    return INSIDE.get(cause, frozenset()) | {part_of(cause)}


def _pattern(kind: Kind) -> re.Pattern[bytes]:
    return _BY_NAME.get(kind.entry.error_field, _ERROR)


def _by_sort(raw: bytes, text: bytes, kind: Kind) -> str:
    key = _VARYING.sub(b"#", text[:LONGEST_ERROR])
    cause = kind.causes.get(key)
    if cause is None:
        cause = cause_id(error_of(decode(raw), raw), kind.entry.id)
        if len(kind.causes) < MOST_REMEMBERED:
            kind.causes[key] = cause
    return cause


def error_of(found: Decoded | None, raw: bytes) -> str:
    """The error text of a line, under whichever name it has it; a line without fields is one itself."""
    if found is None or found.format == PLAIN:
        return raw.decode("utf-8", "replace")
    text = next((found.fields[name] for name in ERROR_FIELDS if isinstance(found.fields.get(name), str)), "")
    return str(text)[:LONGEST_ERROR]


def cause_in(event: LogEvent) -> str:
    """The id of the known cause that an event's error text, or else its own, shows; empty for none."""
    text = event.error or (event.text if not event.fields else "")
    return cause_id(text, event.id)


@lru_cache(MOST_REMEMBERED)
def cause_id(text: str, id: str) -> str:
    """The id of the known cause that an error text in a line of this kind shows; empty for none."""
    found = cause_at(text, id)
    return found.id if found is not None else ""


def cause_at(text: str, id: str) -> Cause | None:
    """
    The known cause that an error text in a line of this kind shows.

    The same words mean something else in another part of the program (`permission denied`, `no such host`): only the
    causes count that lines of this kind have, or that belong to what they are about.
    """
    entry = CATALOGUE.by_id.get(id)
    if not text or entry is None:
        return known_cause(text) if text else None
    own = entry.causes_of(text)
    around = [each.id for each in own if each.rank == "wrapper"]
    about = frozenset({_ENDED}).union(*map(_about, around or entry.causes))
    found = next((each for each in own if each.part in about), None)
    if found is not None and found.rank != "wrapper":
        return found
    inner = _cause_about(text, about)
    return inner if inner is not None and inner.rank != "wrapper" else found
