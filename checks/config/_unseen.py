"""Variables that are set though the program cannot see them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from doctor.api import Edit, Finding, Fix, Safety, facts


def unseen_variable(config: facts.Resolution, key: str) -> facts.Candidate | None:
    """The variable that is set for a key and not asked for, because a file was loaded that does not have the key."""
    if not config.file.loaded or key in config.by_key:
        return None
    offers = config.settings[key].candidates
    return next((c for c in offers if c.source is facts.Source.ENV and c.effect is facts.Effect.IGNORED), None)


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
