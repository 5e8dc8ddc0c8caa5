"""environment.section-variable: a variable named like a section."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from checks.environment._removal import unset
from doctor.api import Explains, Finding, Severity, check, facts, key_below, same_variable, section_of_variable

LIST = "connectors"


@check(
    id="environment.section-variable",
    title="A variable hides a whole section",
    severity=Severity.ERROR,
    explains=(
        Explains("config.*", when=key_below),
        Explains("environment.variable-*", when=key_below),
        Explains("environment.variable-*", when=same_variable),
    ),
)
def section_variable(
    config: facts.Resolution, environment: facts.Environment, worker: facts.Worker
) -> Iterator[Finding]:
    """
    Look for variables that are named like a section: `CODECHUNK_` and `DATABASE`, `LOG`, `GEMINI_BATCH` and so on.

    The program asks for such a variable before it looks at the section, and takes the one for the other.

    Why it matters: every key of the section counts as empty, in the file and built in; only a variable of the key
    itself still gets through. With `CODECHUNK_CONNECTORS` the program stops at start, since a variable holds no list.

    Silent when: the variable is empty; it is `CODECHUNK_CONNECTORS` and the file has no `connectors`.

    How to fix: unset the variable. What it was meant to say goes into the file, or into the variable of one key.
    """
    for name in environment.variables:
        section = section_of_variable(name)
        if section is None or environment.get(name) is None:
            continue
        if section == LIST and not config.has_section(LIST):
            continue
        yield Finding(
            f"{name} is set, and {_consequence(config, section)}",
            at=replace(environment.where(name), key=section),
            related=tuple(entry.key_location for entry in config.by_key.get(section, ())[:1]),
            fix=unset(environment, worker, name),
        )


def _consequence(config: facts.Resolution, section: str) -> str:
    if section == LIST:
        return (
            f"stands in the place of {section} in the file: no variable can give a list, and the program stops at start"
        )
    return f"hides every key of {section}{_including(config, section)}"


def _including(config: facts.Resolution, section: str) -> str:
    """Up to three keys of the section that the file has."""
    below = [key for key in config.by_key if key.startswith(section + ".") and key in config.settings]
    shown = [key.removeprefix(section + ".") for key in below[:3]]
    if not shown:
        return ""
    more = f" and {len(below) - 3} more" if len(below) > 3 else ""
    return f", {', '.join(shown)}{more} in the file among them"
