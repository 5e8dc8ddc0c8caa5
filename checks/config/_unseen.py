"""Variables that are set though the program cannot see them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from doctor.api import Edit, Finding, Fix, Location, Safety, facts


def unseen_variable(config: facts.Resolution, key: str) -> facts.Candidate | None:
    """The variable that is set for a key and not asked for, because a file was loaded that does not have the key."""
    if not config.file.loaded or key in config.by_key:
        return None
    offers = config.settings[key].candidates
    return next((c for c in offers if c.source is facts.Source.ENV and c.effect is facts.Effect.IGNORED), None)


def uncounted(config: facts.Resolution, key: str) -> str:
    """What a finding says of a variable that cannot be seen, empty where there is none."""
    if unseen_variable(config, key) is None:
        return ""
    return f"{config.settings[key].spec.env} does not count while the file lacks the key"


def unseen_places(config: facts.Resolution, *keys: str) -> tuple[Location, ...]:
    """The variables of these keys that cannot be seen, so that nobody else need report them."""
    unseen = (unseen_variable(config, key) for key in keys)
    return tuple(found.location for found in unseen if found is not None and found.location is not None)


def given_unseen(config: facts.Resolution, key: str, consequence: str) -> Iterator[Finding]:
    """The finding that a variable of `key` is set and the file lacks the key; an empty line makes it count."""
    variable = unseen_variable(config, key)
    if variable is None or variable.location is None:
        return
    path = config.file.path or ""
    name = config.settings[key].spec.env
    section, _, leaf = key.rpartition(".")
    yield Finding(
        f"{name} is set, but {path} has no {key}, so the program does not see it{consequence}",
        at=replace(variable.location, key=key),
        related=(replace(config.where(key), key=key),),
        fix=Fix(
            f"Write {leaf}: with nothing behind it below {section}: in {path}; {name} then counts.",
            edits=(Edit(path, key, None, ""),),
            safety=Safety.SAFE,
        ),
    )
