"""Which texts are ordinary words in what this program says: a secret that is the same is told by its place."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from enum import Enum
from functools import cache

from doctor import facts
from doctor.registry import Registry
from doctor.schema import SCHEMA

# Variables whose values are known to everybody who may read a report.
OPEN_VARIABLES = ("USER", "LOGNAME", "HOSTNAME", "POSTGRES_DB", "POSTGRES_USER", "PGUSER", "PGDATABASE")

# What our sentences, and those of the system and its parts, are full of, besides the names of keys and checks.
_WORDS = """\
codechunking codechunk-doctor doctor container docker-compose postgresql pgvector localhost database password secret
credential variable configuration settings repository repositories directory file default development production
staging testing example gemini google embedding embeddings vector worker indexing zoekt jetstream messages consumer
stream batches batch_processing processing_status fallback_to_sequential sequential completed failed pending processing
cloning running stopped unhealthy healthy degraded unknown required optional disabled enabled changeme administrator"""

# Letters, and what joins them: nothing else can be a piece of a sentence.
_LIKE_WORDS = re.compile(r"[A-Za-z][A-Za-z ._/-]*[A-Za-z._-]?")


class Common:
    """Says of a text whether it is a piece of our own words, or the open value of a setting or variable."""

    def __init__(
        self,
        resolved: facts.Resolution | None,
        environment: facts.Environment | None,
        registry: Registry | Callable[[], Registry],
    ) -> None:
        self._open = frozenset(open_values(resolved, environment))
        self._registry = registry

    def __call__(self, text: str) -> bool:
        """Whether a report may hold this text where no secret is meant."""
        if text in self._open:
            return True
        return _LIKE_WORDS.fullmatch(text) is not None and text.lower() in self._vocabulary()

    def _vocabulary(self) -> str:
        # Loading the checks takes longer than all the rest: only for those whose password is a word.
        return vocabulary(self._registry if isinstance(self._registry, Registry) else self._registry())


@cache
def vocabulary(registry: Registry) -> str:
    """All words of ours, in small letters."""
    return "\n".join((*_of(registry), _WORDS)).lower()


def _of(registry: Registry) -> Iterable[str]:
    yield from (name for key, spec in SCHEMA.items() for name in (key, spec.env))
    for check in registry.checks:
        yield from (check.id, check.title)


def open_values(resolved: facts.Resolution | None, environment: facts.Environment | None) -> Iterator[str]:
    """The values of settings and variables that are not secret."""
    for setting in resolved.settings.values() if resolved is not None else ():
        if not setting.spec.secret and isinstance(setting.value, str) and not isinstance(setting.value, Enum):
            yield setting.value
    if environment is not None:
        yield from (text for name in OPEN_VARIABLES if (text := environment.get(name)))
