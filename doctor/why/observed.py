"""What is known of the facts that decide, each with the evidence for it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from doctor.facts.configuration import Effect, Resolution, Source
from doctor.facts.logs import LogEvent
from doctor.logs import quote
from doctor.model import Evidence, Location, Place
from doctor.why.model import Fact


class Observation(NamedTuple):
    """
    The answer to one fact, and what shows it: a line (`event`) with what it proves, or something else (`shown`).

    `certain` is false for what the configuration says now, where nothing shows what the process itself met. Of a log
    with many jobs there are very many of these, and a named tuple is made in a third of the time of a dataclass.
    """

    fact: Fact
    answer: object
    shown: Evidence | None = None
    certain: bool = True
    event: LogEvent | None = None
    proves: str = ""

    @property
    def evidence(self) -> Evidence | None:
        """What shows it; a line is put into words only when it is asked for, as most are not."""
        return quote.evidence(self.event, self.proves) if self.event is not None else self.shown

    @property
    def reason(self) -> str:
        """Why it is known, in words and with the place."""
        if self.event is not None:
            return f"{self.proves} ({self.event.path}:{self.event.line})"
        if self.shown is None:
            return f"{self.fact.value} is known"
        place = self.shown.location
        where = f" ({place.path}:{place.line})" if place is not None and place.path and place.line else ""
        return f"{self.shown.proves or self.shown.text}{where}"


class Known:
    """The observations, one for each fact: of several for the same fact the first counts."""

    def __init__(self, observations: Iterable[Observation] = ()) -> None:
        self._found: dict[Fact, Observation] = {}
        self.add(observations)

    def add(self, observations: Iterable[Observation]) -> None:
        """Take in what is not known yet; what is certain takes the place of what is not."""
        for each in observations:
            known = self._found.get(each.fact)
            if known is None or (each.certain and not known.certain):
                self._found[each.fact] = each

    def __getitem__(self, fact: Fact) -> Observation:
        return self._found[fact]

    def __contains__(self, fact: Fact) -> bool:
        return fact in self._found

    def __iter__(self) -> Iterator[Observation]:
        return iter(self._found.values())

    def get(self, fact: Fact) -> Observation | None:
        """The observation of a fact."""
        return self._found.get(fact)

    def answer(self, fact: Fact) -> object:
        """The answer to a fact, None where it is not known."""
        found = self._found.get(fact)
        return found.answer if found is not None else None

    def world(self, *, certain: bool) -> Mapping[Fact, object]:
        """For the model: everything, or what is certain."""
        return {each.fact: each.answer for each in self if each.certain or not certain}


def seen(fact: Fact, answer: object, event: LogEvent, proves: str) -> Observation:
    """A fact that a line shows."""
    return Observation(fact, answer, event=event, proves=proves)


def set_to(config: Resolution, fact: Fact, answer: object, key: str, proves: str) -> Observation:
    """A fact that a setting decides, as it is now."""
    return Observation(fact, answer, setting(config, key, proves), certain=False)


def setting(config: Resolution, key: str, proves: str | None = None) -> Evidence:
    """A setting as it is now, where it is supplied."""
    return Evidence("setting", f"{key} is {config.show(key)}", config.where(key), proves)


def ignored(config: Resolution, key: str) -> Iterator[Evidence]:
    """The variable of a setting that is set to something else and does not count."""
    found = config.settings[key]
    for each in found.candidates:
        if each.source is Source.ENV and each.effect is Effect.IGNORED and each.value != found.value:
            text = f"{found.spec.env} is set"
            yield Evidence("setting", text, each.location, f"the variable does not count: {each.reason}")


def row(text: str, table: str, id: str, proves: str | None = None) -> Evidence:
    """A row of the database."""
    place = Location(Place.DATABASE, name=table, detail=id)
    return Evidence("row", quote.scrubbed(text, quote.SHOWN), place, proves)
