"""environment.variable-ignored: variables the program never asks for, because the file lacks their key."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from checks.environment._values import holds
from doctor.api import (
    MASK,
    NO_FILE,
    Explains,
    Finding,
    Fix,
    Safety,
    Severity,
    check,
    edit,
    facts,
    format_duration,
    same_variable,
    strip_user,
)


@check(
    id="environment.variable-ignored",
    title="A variable has no effect with this file",
    severity=Severity.WARNING,
    safety=Safety.UNSAFE,
    blocked_by=NO_FILE,
    explained_by=(Explains("config.*", when=same_variable),),
)
def variable_ignored(config: facts.Resolution) -> Iterator[Finding]:
    """
    Look for variables of keys that are neither in the loaded file nor built in.

    The program asks for the variable of a key only when it knows the key: from the loaded file, where an empty one is
    enough, or because it has a built-in default.

    Why it matters: the value is set, nobody sees it, and nothing says so.

    Silent when: the variable is empty; it says what holds anyway; another finding about the configuration is about this
    very variable; it is one of the client's (`CODECHUNK_CLIENT_`), which reads all of them.

    How to fix: add the key to the file with nothing behind it, or with the value itself. No variable can give the list
    of connectors: unset that one, and write the connectors into the file.
    """
    for setting in config.settings.values():
        for candidate in setting.candidates:
            if candidate.source is facts.Source.ENV and candidate.effect is facts.Effect.IGNORED:
                yield from _ignored(config, setting, candidate)


def _ignored(config: facts.Resolution, setting: facts.Setting, candidate: facts.Candidate) -> Iterator[Finding]:
    if candidate.location is None or (candidate.problem is None and holds(setting, candidate.value)):
        return
    name = setting.spec.env
    yield Finding(
        f"{name} ({_shown(setting, candidate)}) has no effect: {candidate.reason}",
        at=replace(candidate.location, key=setting.key),
        related=(replace(setting.location, key=setting.key),),
        fix=_fix(config, setting),
    )


def _shown(setting: facts.Setting, candidate: facts.Candidate) -> str:
    if setting.spec.secret:
        return MASK
    if setting.spec.kind == "duration" and isinstance(candidate.value, int):
        return format_duration(candidate.value)
    return strip_user(candidate.text)


def _fix(config: facts.Resolution, setting: facts.Setting) -> Fix:
    key, name = setting.key, setting.spec.env
    if setting.spec.used in ("no", "unreachable"):
        instead = f"; {setting.spec.instead} does its work" if setting.spec.instead else ""
        return Fix(f"Unset {name}: nothing in use reads {key}{instead}.")
    if setting.spec.kind == "connectors":
        # With the key in the file the program would see the variable, and stop at start.
        return Fix(f"Unset {name}, and write the connectors into the file: no variable can give a list.")
    if _in_the_way(config, key):
        return Fix(f"Make room for {key} in the file, where something else stands in its place.")
    summary = f"Add {key} to the file with nothing behind it; then {name} counts."
    return Fix(summary, edits=(edit(config, key, ""),), safety=Safety.UNSAFE)


def _in_the_way(config: facts.Resolution, key: str) -> bool:
    """Whether the file has keys below this one, or a value where a section should be."""
    parts = key.split(".")
    above = {".".join(parts[:length]) for length in range(1, len(parts))}
    return any(
        entry.kind == "mapping" if entry.key == key else entry.kind != "mapping" and entry.value is not None
        for entry in config.entries
        if entry.key == key or entry.key in above
    )
