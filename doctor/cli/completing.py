"""What a shell offers for a value that is still being typed; what kind of value it is, its place holder tells."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import click
from click.shell_completion import CompletionItem

from doctor.settings.values import FORMATS

# One check is declared in each module, by literals: reading them takes a tenth of the time of importing all families.
DECLARED = re.compile(r"@check\(\s*id=\"([^\"]+)\",\s*title=\"((?:[^\"\\]|\\.)*)\"")

Offer = Callable[[str], Iterable[CompletionItem]]


def checks(incomplete: str) -> Iterator[CompletionItem]:
    """Families, and the ids of checks with their titles."""
    families: dict[str, None] = {}
    found: list[CompletionItem] = []
    for id, title in declared():
        families.setdefault(id.partition(".")[0])
        found.append(CompletionItem(id, help=title))
    names = [CompletionItem(name, help="all of this family") for name in families]
    return (each for each in (*names, *found) if each.value.startswith(incomplete))


def declared() -> Iterator[tuple[str, str]]:
    """The (id, title) of the checks of all installed families, as far as their sources tell; families by name."""
    from importlib.metadata import entry_points

    from doctor.registry import ENTRY_POINTS

    for entry in sorted(entry_points(group=ENTRY_POINTS), key=lambda entry: entry.name):
        for source in _sources(entry.module):
            for id, title in DECLARED.findall(source):
                if id.startswith(f"{entry.name}."):
                    yield id, title.replace('\\"', '"')


def _sources(module: str) -> Iterator[str]:
    """The texts of the modules of a family; nothing for one that cannot be found, which is no matter here."""
    from importlib.util import find_spec

    try:
        spec = find_spec(module)
    except Exception:
        return
    if spec is None or spec.origin is None:
        return
    origin = Path(spec.origin)
    paths = sorted(origin.parent.glob("*.py")) if spec.submodule_search_locations else [origin]
    for path in paths:
        try:
            yield path.read_text(encoding="utf-8")
        except (OSError, ValueError):
            continue


def keys(incomplete: str) -> Iterator[CompletionItem]:
    """The keys of codechunking's configuration, and its sections."""
    from doctor.schema import SCHEMA

    sections = dict.fromkeys(key.partition(".")[0] for key in SCHEMA if "." in key)
    return (CompletionItem(key) for key in (*sections, *SCHEMA) if key.startswith(incomplete))


def states(incomplete: str) -> Iterator[CompletionItem]:
    """The guide's words for the state of a batch."""
    from doctor.facts.batchlist import BATCH_STATES

    return _words(BATCH_STATES, incomplete)


def _words(words: Iterable[str], incomplete: str) -> Iterator[CompletionItem]:
    return (CompletionItem(word) for word in words if word.startswith(incomplete))


def _paths(kind: str, incomplete: str) -> list[CompletionItem]:
    """The shell itself knows files best."""
    return [CompletionItem(incomplete, type=kind)]


OFFERS: dict[str, Offer] = {
    "CHECK": checks,
    "ID-OR-FAMILY": checks,
    "KEY": keys,
    "STATE": states,
    "DIR": partial(_paths, "dir"),
    **{name: partial(_paths, "file") for name in ("FILE", "PATH", "OLD.json", "NEW.json")},
    "FORMAT=FILE": partial(_words, [f"{format}=" for format in FORMATS]),
    "WHERE": partial(_words, ("auto", "host", "pid:", "docker:")),
    "DURATION": partial(_words, ("10s", "30s", "1m", "2m", "5m", "10m")),
}


class Offered(click.ParamType[Any]):
    """A type that takes the same values as another one, and offers what is typed in its place."""

    def __init__(self, of: click.ParamType[Any], offer: Offer) -> None:
        self.name = of.name
        self._of = of
        self._offer = offer

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """What the other makes of it."""
        return self._of.convert(value, param, ctx)

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        """What can be meant."""
        return list(self._offer(incomplete))


def offer_of(parameter: click.Parameter) -> Offer | None:
    """What is offered for it, None where that is only known to its type, or to nobody."""
    return OFFERS.get((parameter.metavar or "").strip("[].") or "") if parameter.metavar else None
