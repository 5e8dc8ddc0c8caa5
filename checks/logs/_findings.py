"""Findings on lines of a log: grouped by cause, with what they say and where."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from typing import NamedTuple

from checks.logs._lines import Lines, gathered
from doctor.api import Cause, Evidence, Finding, Fix, Location, Severity, facts, quote
from doctor.api import causes as known_causes

# The kinds of lines that can carry an answer of the database.
OF_DATABASE = (
    *("worker-db-", "api-", "con-", "mig-", "db-", "search-", "job-", "embed-", "batch-", "resolve-", "finalize-"),
    *("sub-", "retry-", "rec-", "poll-", "tokens-", "ack-", "consumer-nak"),
)

# A line that says what it does not know: nothing is asked of Gemini where it is logged.
MISNAMED = "batch-quota-exceeded"
MISNAMED_NOTE = "“GEMINI QUOTA EXCEEDED” is logged where a batch is stored; no call of Gemini is made there."

# How much of an error is shown within a sentence.
SHOWN_ERROR = 200


class Told(NamedTuple):
    """
    What a row says where the catalogue of causes is too short: one sentence each.

    `what` replaces the cause's own sentence, `fix` its advice; `key` is the setting to look at.
    """

    what: str = ""
    fix: str = ""
    commands: tuple[str, ...] = ()
    key: str = ""


NOTHING = Told()


@cache
def _causes() -> Mapping[str, Cause]:
    return {cause.id: cause for cause in known_causes()}


def sentence(id: str) -> str:
    """What a cause is, without the full stop."""
    return _causes()[id].cause.rstrip(".")


def advice(id: str) -> str:
    """What to do about a cause."""
    return _causes()[id].fix


# --- groups ----------------------------------------------------------------------------------------------------


def groups(
    logs: facts.Logs,
    causes: Iterable[str],
    ids: Iterable[str] = (),
    *,
    but: Iterable[str] = (),
    also: Iterable[tuple[str, str]] = (),
    within: tuple[str, ...] = ("",),
    good: Callable[[facts.LogEvent], bool] | None = None,
) -> Iterator[tuple[str, Lines]]:
    """
    Lines that count, by cause; lines of these kinds without a known cause by kind. In the order of `causes` and `ids`.

    A line whose cause is another one is another check's. `but` are kinds that do not count, and expected noise counts
    only where `ids` names it. `also` are pairs of a kind and a cause that count though the cause is another check's
    elsewhere, or the kind is one of `but`. `within` are the beginnings of the kinds in which these causes mean what
    they say: two parts can use the same words. `good` tells lines that were made good since.
    """
    left_out, kinds = set(but), set(ids)
    found: dict[str, list[facts.LogCount]] = {}
    pairs = dict.fromkeys(also)
    for count in logs.of({*kinds, *(id for id, _ in pairs)}, causes):
        if count.id in left_out and (count.id, count.cause) not in pairs:
            continue
        if count.role == "noise" and count.id not in kinds:
            continue
        if count.id not in kinds and not count.id.startswith(within):
            continue
        found.setdefault(count.cause or count.id, []).append(count)
    for name in dict.fromkeys((*causes, *(cause for _, cause in pairs), *ids)):
        of_name = found.get(name, ())
        if name not in causes and name not in kinds:
            of_name = [count for count in of_name if (count.id, name) in pairs]
        lines = gathered(logs, of_name)
        if good is not None:
            lines = lines.but(good)
        if lines:
            yield name, lines


def by_cause(logs: facts.Logs, ids: Iterable[str]) -> Iterator[tuple[str, Lines]]:
    """Lines of these kinds that count, by whatever cause they have, by kind for none."""
    found: dict[str, list[facts.LogCount]] = {}
    for count in logs.of(ids):
        found.setdefault(count.cause or count.id, []).append(count)
    for name, counts in found.items():
        lines = gathered(logs, counts)
        if lines:
            yield name, lines


# --- findings --------------------------------------------------------------------------------------------------


def reported(
    name: str,
    lines: Lines,
    *,
    told: Mapping[str, Told] | None = None,
    default: Told = NOTHING,
    severity: Severity | None = None,
    config: facts.Resolution | None = None,
    note: str | None = None,
) -> Finding:
    """One group as a finding; `name` is its cause's, or that of the kind of line where the cause is not known."""
    own = (told or {}).get(name, NOTHING)
    cause = _causes().get(name)
    what = own.what or (sentence(name) if cause else "") or default.what
    if not what or (cause is not None and cause.rank == "wrapper"):
        # It is not known what the matter is: let the program's own words tell.
        what = ": ".join(filter(None, (what, said(lines.newest))))
    summary = own.fix or (cause.fix if cause else "") or default.fix
    key = own.key or default.key
    misnamed = any(event.id == MISNAMED for event in lines.events)
    return found(
        f"“{headline(lines.newest)}”, {lines.how_often}{f': {what}' if what else ''}",
        lines,
        fix=Fix(summary, own.commands or default.commands) if summary else None,
        severity=severity,
        note=note or (MISNAMED_NOTE if misnamed else None),
        related=(config.where(key),) if key and config is not None else (),
        mark=name,
    )


def found(
    message: str,
    lines: Lines,
    *,
    fix: Fix | None = None,
    severity: Severity | None = None,
    note: str | None = None,
    related: tuple[Location, ...] = (),
    mark: str = "",
    proves: str | None = None,
    more: tuple[Evidence, ...] = (),
) -> Finding:
    """A finding at the newest of these lines, the oldest beside it."""
    shown = (lines.newest,) if lines.newest == lines.oldest else (lines.newest, lines.oldest)
    return Finding(
        message,
        at=quote.place(lines.newest),
        related=(*(quote.place(each) for each in shown[1:]), *related),
        severity=severity,
        fix=fix,
        note=note,
        evidence=(*((marked(mark),) if mark else ()), *(quote.evidence(each, proves) for each in shown), *more),
    )


def headline(event: facts.LogEvent) -> str:
    """The message of a line, short."""
    return quote.scrubbed(event.message, 120)


def said(event: facts.LogEvent) -> str:
    """The error of a line in one line of text, short."""
    return quote.scrubbed(" ".join(event.error.split()), SHOWN_ERROR)


# --- relations -------------------------------------------------------------------------------------------------

MARK = "cause"


def marked(name: str) -> Evidence:
    """What tells other checks which cause a finding is about."""
    return Evidence(MARK, f"cause: {name}")


def marks(finding: Finding) -> set[str]:
    """The causes that a finding is about."""
    return {each.text for each in finding.evidence if each.kind == MARK}


def because(*names: str) -> Callable[[Finding, Finding], bool]:
    """Whether a finding that is to be explained is about one of these causes."""
    wanted = {marked(name).text for name in names}

    def about_one(_: Finding, explained: Finding) -> bool:
        return bool(marks(explained) & wanted)

    return about_one


def same_cause(explaining: Finding, explained: Finding) -> bool:
    """Both are about the same cause."""
    return bool(marks(explaining) & marks(explained))
