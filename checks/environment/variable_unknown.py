"""environment.variable-unknown: variables that look like the program's and are not."""

from __future__ import annotations

from collections.abc import Iterator

from doctor.api import (
    PREFIX,
    SCHEMA,
    Action,
    Edit,
    Finding,
    Fix,
    Safety,
    Severity,
    check,
    facts,
    key_of_variable,
    nearest,
    section_of_variable,
    why_unknown,
)

CLIENT = "CODECHUNK_CLIENT_"
# Other programs are given the whole address in one.
ADDRESSES = ("CODECHUNK_DATABASE_URL", "CODECHUNK_DATABASE_DSN", "CODECHUNK_DB_URL", "CODECHUNK_DB_DSN")
PARTS = "CODECHUNK_DATABASE_HOST, _PORT, _NAME, _USER and _PASSWORD"
NAMES = {spec.env.removeprefix(PREFIX): spec.env for spec in SCHEMA.values() if section_of_variable(spec.env) is None}


@check(
    id="environment.variable-unknown",
    title="A CODECHUNK_ variable matches no key",
    severity=(Severity.WARNING, Severity.NOTE),
    safety=Safety.UNSAFE,
)
def variable_unknown(environment: facts.Environment, worker: facts.Worker) -> Iterator[Finding]:
    """
    Compare the names of the `CODECHUNK_` variables with those that the program asks for.

    A name that is near a known one, or is one in lower case, is a warning; a name that stands in the program's own
    documents though nothing reads it is a note.

    Why it matters: the program never asks for a variable of this name, so what it says has no effect.

    Silent when: the variable is empty; it is one of the client's (`CODECHUNK_CLIENT_`); its name is near no known one,
    so that it may well belong to scripts of your own.

    How to fix: rename the variable as the finding says, or unset it.
    """
    for name in environment.variables:
        upper = name.upper()
        if not upper.startswith(PREFIX) or environment.get(name) is None or _known(name):
            continue
        if (why := why_unknown(name)) is not None:
            yield Finding(
                f"{name} matches no key: {why}",
                at=environment.where(name),
                severity=Severity.NOTE,
                fix=Fix(f"Unset {name}."),
            )
        elif upper in ADDRESSES:
            yield Finding(
                f"{name} matches no key: the program takes no address of a database, only its parts",
                at=environment.where(name),
                fix=Fix(f"Unset {name}, and give {PARTS}."),
            )
        elif (meant := _meant(upper)) is not None:
            hint = f"only {meant} in capitals does" if meant == upper else f"the nearest that counts is {meant}"
            yield Finding(
                f"{name} matches no key; {hint}",
                at=environment.where(name),
                fix=_rename(environment, worker, name, meant),
            )


def _known(name: str) -> bool:
    if name.startswith(CLIENT) and why_unknown(name) is None:
        return True
    return key_of_variable(name) is not None or section_of_variable(name) is not None


def _meant(upper: str) -> str | None:
    """The known name that one most likely stands for. The prefix is left out: it would make all names alike."""
    rest = upper.removeprefix(PREFIX)
    if rest in NAMES or upper.startswith(CLIENT):
        return upper
    # A name that lacks only the section in front is told from the others by its end.
    ends = [known for known in NAMES if known.endswith("_" + rest)]
    found = nearest(rest, ends or NAMES) or next(iter(ends), None)
    return NAMES[found] if found is not None else None


def _rename(environment: facts.Environment, worker: facts.Worker, name: str, meant: str) -> Fix:
    place = environment.where(name)
    if environment.get(meant) is not None:
        return Fix(f"Unset {name}: {meant} is set as well, and is the one that counts.")
    if place.path is not None:
        edit = Edit(place.path, name, name, meant, line=place.line, action=Action.RENAME)
        return Fix(f"Rename {name} to {meant}.", edits=(edit,), safety=Safety.UNSAFE)
    in_shell = environment.variables[name].layer == "shell" and worker.kind is not facts.Habitat.CONTAINER
    if in_shell and name.isidentifier() and name.isascii():
        return Fix(f"Rename {name} to {meant}.", (f'export {meant}="${name}"', f"unset {name}"))
    return Fix(f"Rename {name} to {meant} where the program is started.")
