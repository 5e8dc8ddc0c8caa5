"""Where every value comes from: who offers one, who wins, and why the others do not."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from doctor.facts.configuration import (
    Candidate,
    Connector,
    ConnectorField,
    Effect,
    Entry,
    Problem,
    ProblemKind,
    Setting,
    Source,
)
from doctor.golang import mapstructure
from doctor.golang.duration import format_duration
from doctor.golang.viper import Viper
from doctor.model import Location
from doctor.schema import CONNECTOR_FIELDS, SCHEMA, KeySpec
from doctor.sources.config import program
from doctor.sources.config.files import Loaded
from doctor.sources.config.written import Listing, tree

_ELEMENT = re.compile(r"connectors\[(\d+)\]")


@dataclass(frozen=True, slots=True)
class Details:
    """The as-repaired view of one configuration, and the file's entries."""

    entries: tuple[Entry, ...]
    settings: Mapping[str, Setting]
    problems: tuple[Problem, ...]
    connectors: tuple[Connector, ...]


def details(
    loaded: Loaded, viper: Viper, outcome: str, environment: Mapping[str, str], places: Mapping[str, Location]
) -> Details:
    """Work out everything that `resolve` itself does not need."""
    listing = Listing(tree(loaded), loaded.file.path or "", loaded.file.detail())
    view = _View(loaded, viper, listing, environment, places)
    values, problems = _repaired(viper, outcome)
    return Details(
        tuple(listing.entries),
        _Settings(view, values, problems),
        problems,
        _connectors(values["connectors"], listing),
    )


def _repaired(viper: Viper, outcome: str) -> tuple[dict[str, Any], tuple[Problem, ...]]:
    """All values, what does not decode at its default, and all that the program refuses or would refuse next."""
    decoded, refused = mapstructure.decode(viper.settings(), program.STRUCT)
    values = program.flattened(decoded)
    problems = [Problem(ProblemKind.DECODE, refusal.key, refusal.text) for refusal in refused]
    elements = {int(match[1]) for refusal in refused if (match := _ELEMENT.fullmatch(refusal.key))}
    for key, spec in SCHEMA.items():
        if any(_covers(problem.key, key) for problem in problems):
            values[key] = spec.default
    if elements:
        kept = [item for index, item in enumerate(values["connectors"]) if index not in elements]
        values["connectors"] = kept or None
    program.complete(values)
    undecoded = {problem.key for problem in problems}
    for problem in program.refusals(values):
        assumed = outcome == "zero" and problem.key == "database.user"
        if not assumed and not any(_covers(key, problem.key) for key in undecoded):
            problems.append(problem)
    return values, tuple(problems)


def _covers(refused: str, key: str) -> bool:
    return key == refused or key.startswith(f"{refused}.")


def _problem_of(key: str, problems: tuple[Problem, ...]) -> Problem | None:
    for problem in problems:
        within = problem.key.startswith(f"{key}[") or (problem.kind is ProblemKind.DECODE and _covers(problem.key, key))
        if within or problem.key == key:
            return problem
    return None


class _Settings(Mapping[str, Setting]):
    """All keys; each one is looked into when it is first asked for, as most callers ask for a few."""

    def __init__(self, view: _View, values: Mapping[str, Any], problems: tuple[Problem, ...]) -> None:
        self._view = view
        self._values = values
        self._problems = problems
        self._seen: dict[str, Setting] = {}

    def __getitem__(self, key: str) -> Setting:
        seen = self._seen.get(key)
        if seen is None:
            problem = _problem_of(key, self._problems)
            seen = self._seen[key] = self._view.setting(SCHEMA[key], self._values[key], problem)
        return seen

    def __iter__(self) -> Iterator[str]:
        return iter(SCHEMA)

    def __len__(self) -> int:
        return len(SCHEMA)


class _View:
    """One configuration, looked at key by key."""

    def __init__(
        self,
        loaded: Loaded,
        viper: Viper,
        listing: Listing,
        environment: Mapping[str, str],
        places: Mapping[str, Location],
    ) -> None:
        self._file = loaded.file
        self._viper = viper
        self._environment = environment
        self._places = places
        self._known = set(viper.known_keys())
        self._decoded = viper.settings()
        self._entries: dict[str, list[Entry]] = {}
        for entry in listing.entries:
            self._entries.setdefault(entry.key, []).append(entry)

    def setting(self, spec: KeySpec, value: Any, problem: Problem | None) -> Setting:
        """A key with its value and everything that was offered for it."""
        offers = self._offers(spec, problem)
        winner = next((offer for offer in offers if offer.effect is Effect.WINS), None)
        if winner is not None and winner.location is not None:
            return Setting(spec, value, winner.source, winner.location, tuple(offers), problem)
        return Setting(spec, value, Source.DEFAULT, self._absence(spec), tuple(offers), problem)

    def _offers(self, spec: KeySpec, problem: Problem | None) -> list[Candidate]:
        offers = []
        overridden = None
        text = self._environment.get(spec.env)
        if text:
            unseen = self._why_unseen(spec)
            offers.append(self._variable(spec, text, unseen, problem))
            if unseen is None:
                overridden = f"overridden by {spec.env}"
        hidden = self._hiding(spec.key) if overridden is None else None
        why = f"{hidden} hides the whole section" if hidden else overridden
        effect = Effect.IGNORED if hidden else Effect.OVERRIDDEN
        for entry in self._entries.get(spec.key, ()):
            offer = self._written(spec, entry, (effect, why) if why else None, problem)
            offers.append(offer)
            if offer.effect is Effect.WINS:
                effect, why = Effect.OVERRIDDEN, "overridden by the file"
        if spec.built_in:
            offers.append(self._built_in(spec, effect, why))
        return offers

    def _variable(self, spec: KeySpec, text: str, unseen: str | None, problem: Problem | None) -> Candidate:
        value, refused = _alone(spec, text)
        return Candidate(
            Source.ENV,
            text,
            value,
            Effect.IGNORED if unseen else Effect.WINS,
            unseen or "a variable comes before the file and the built-in default",
            replace(self._places.get(spec.env) or Location.env(spec.env), key=spec.key),
            refused if unseen or problem is None else problem.text,
        )

    def _why_unseen(self, spec: KeySpec) -> str | None:
        """Why the program never asks for the variable of a key, None when it does."""
        if spec.key in self._known:
            return None
        for parent in reversed(_parents(spec.key)):
            entry = self._counting(parent)
            if entry is None or entry.kind == "mapping":
                continue
            if entry.value is None:
                return f"`{parent}` is empty in the file, so the program never asks for what could be below it"
            return f"`{parent}` is not a section in the file, so the program never asks for what could be below it"
        entry = self._counting(spec.key)
        if entry is not None and entry.kind == "mapping":
            return f"{spec.key} has keys below it in the file, so the program never asks for this variable"
        if not self._file.loaded:
            return (
                f"no file is loaded and {spec.key} has no built-in default, so the program never asks for this variable"
            )
        return (
            f"the file has no {spec.key} and there is no built-in default, so the program never asks for this variable"
        )

    def _written(
        self, spec: KeySpec, entry: Entry, lost: tuple[Effect, str] | None, problem: Problem | None
    ) -> Candidate:
        raw = _at(self._decoded, spec.key) if entry.kind == "mapping" else entry.value
        value, refused = _alone(spec, raw)
        effect, reason = self._fate(spec, entry, lost)
        if effect is Effect.WINS and problem is not None and problem.kind is ProblemKind.DECODE:
            refused = problem.text
        return Candidate(Source.FILE, entry.written, value, effect, reason, entry.location, refused, entry)

    def _fate(self, spec: KeySpec, entry: Entry, lost: tuple[Effect, str] | None) -> tuple[Effect, str]:
        if not entry.counts:
            other = self._counting(spec.key)
            if other is None:
                return Effect.OVERRIDDEN, "its section is written again in another spelling, which wins"
            again = f"as {other.spelled}" if other.spelled != entry.spelled else f"at line {other.key_location.line}"
            return Effect.OVERRIDDEN, f"written again {again}, which wins"
        if lost is not None:
            return lost
        if entry.kind == "scalar" and entry.value is None:
            otherwise = "so the built-in default holds" if spec.built_in else "so it counts as not set"
            return Effect.IGNORED, f"nothing is written behind the key, {otherwise}"
        if _at(self._decoded, spec.key) is None:
            if self._environment.get(spec.env):
                return Effect.IGNORED, f"{spec.env} hides what is below it"
            return Effect.IGNORED, "the map is empty, so it counts as not set"
        return Effect.WINS, "the file comes before the built-in default"

    def _built_in(self, spec: KeySpec, effect: Effect, why: str | None) -> Candidate:
        text = format_duration(spec.default) if spec.kind == "duration" else str(spec.default)
        if why is None:
            effect, why = Effect.WINS, self._blocked(spec.key) or "nothing else sets it"
        # One that gives way has no place: the file or variable that supplies the value lacks nothing.
        place = None if effect is Effect.OVERRIDDEN else self._absence(spec)
        return Candidate(Source.DEFAULT, text, spec.default, effect, why, place)

    def _blocked(self, key: str) -> str | None:
        """What stands in the default's way: the file has something other than a map in the section's place."""
        for parent in _parents(key):
            entry = self._counting(parent)
            if entry is not None and entry.kind != "mapping" and entry.value is not None:
                return f"`{parent}` is not a section in the file; once it is one, the built-in default holds"
        return None

    def _hiding(self, key: str) -> str | None:
        section = self._viper.hiding_variable(key.split("."))
        return self._viper.variable(section) if section is not None else None

    def _absence(self, spec: KeySpec) -> Location:
        """The place to point at for a value that nothing supplies: what hides it, or the file that lacks it."""
        hiding = self._hiding(spec.key)
        if hiding is not None:
            return replace(self._place(hiding, spec.key), detail="hides the whole section")
        held = "built-in default" if spec.built_in else "not set"
        path = self._file.path or self._file.argument or "configs/config.yaml"
        if not self._file.loaded:
            return Location.file(path, key=spec.key, detail=self._file.detail(f"no file is loaded; {held}"))
        for key in (spec.key, *reversed(_parents(spec.key))):
            entry = self._counting(key)
            # What is written behind the key itself is no place of a value that is not from the file.
            if entry is not None and entry.kind != "mapping" and (entry.value is None or key != spec.key):
                what = "empty in the file" if entry.value is None else f"`{key}` is not a section"
                place = entry.location
                detail = self._file.detail(f"{what}; {held}")
                return Location.file(path, place.line, place.column, key=spec.key, detail=detail)
        return Location.file(path, key=spec.key, detail=self._file.detail(f"not in the file; {held}"))

    def _place(self, variable: str, key: str) -> Location:
        return replace(self._places.get(variable) or Location.env(variable), key=key)

    def _counting(self, key: str) -> Entry | None:
        return next((entry for entry in self._entries.get(key, ()) if entry.counts), None)


def _parents(key: str) -> list[str]:
    parts = key.split(".")
    return [".".join(parts[:length]) for length in range(1, len(parts))]


def _at(settings: Mapping[str, Any], key: str) -> Any:
    place: Any = settings
    for name in key.split("."):
        place = place.get(name) if isinstance(place, dict) else None
    return place


def _alone(spec: KeySpec, raw: Any) -> tuple[Any, str | None]:
    """One offer decoded by itself: its value, or why it has none."""
    if spec.kind == "connectors" or raw is None:
        return raw, None
    value, refused = mapstructure.decode(raw, mapstructure.scalar(spec.kind, spec.go_type), spec.key)
    return (None, refused[0].text) if refused else (value, None)


def _connectors(values: list[Mapping[str, Any]] | None, listing: Listing) -> tuple[Connector, ...]:
    nodes = listing.connectors()
    found = []
    for index, value in enumerate(values or ()):
        fields = dict.fromkeys(CONNECTOR_FIELDS)
        place = Location.env("CODECHUNK_CONNECTORS", key=f"connectors[{index}]")
        entries: dict[str, Entry | None] = dict(fields)
        others: tuple[Entry, ...] = ()
        if index < len(nodes):
            node, place = nodes[index]
            others = listing.others(node, CONNECTOR_FIELDS, f"connectors[{index}]")
            entries = {name: listing.member(node, name, f"connectors[{index}].{name}") for name in CONNECTOR_FIELDS}
        given = {name: ConnectorField(value[name], entries[name]) for name in CONNECTOR_FIELDS}
        found.append(Connector(index, given, place, others))
    return tuple(found)
