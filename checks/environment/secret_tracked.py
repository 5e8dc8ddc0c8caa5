"""environment.secret-tracked: secrets that are in the repository's history by now, or soon will be."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

from doctor.api import (
    SCHEMA,
    Edit,
    Finding,
    Fix,
    Location,
    Place,
    Safety,
    Severity,
    Skipped,
    check,
    facts,
    is_example,
)

# A file that is there to be copied stays tracked.
TO_COPY = (".example", ".sample", ".template", ".dist")


@check(
    id="environment.secret-tracked",
    title="A secret lies in a file that git tracks",
    severity=Severity.WARNING,
    safety=Safety.UNSAFE,
)
def secret_tracked(tracked: facts.Tracked) -> Iterator[Finding]:
    """
    Look for keys, tokens and passwords in the configuration, compose and `.env` files that git tracks.

    Why it matters: everybody who can read the repository can read the secret, in its history too after it is removed.

    Silent when: the value is a placeholder (`your-...`, `changeme`, `example`, `dev`) or `${...}`; the file is not
    tracked; the directory is no git work tree.

    How to fix: move the value to the environment and replace it by a new one where it was issued. A `.env` goes into
    `.gitignore`, then `git rm --cached .env` takes it out of the index and leaves it on the disk.
    """
    if tracked.unknown is not None:
        raise Skipped(f"git cannot say what it tracks: {tracked.unknown}")
    for file in tracked.files:
        real = [value for value in file.values if not is_example(value.value)]
        if real and file.kind == "dotenv":
            yield _dotenv(file, real)
            continue
        for value in real:
            yield Finding(
                f"{value.name} has a real value in {file.path}, which git tracks",
                at=_place(file, value),
                fix=Fix(_advice(file.kind, value.name)),
            )


def _dotenv(file: facts.TrackedFile, values: list[facts.TrackedValue]) -> Finding:
    names = list(dict.fromkeys(value.name for value in values))
    listed = f"{names[0]} and {len(names) - 1} more" if len(names) > 1 else names[0]
    has = "have real values" if len(names) > 1 else "has a real value"
    places = [_place(file, value) for value in values]
    untrack = f"git rm --cached {shlex.quote(file.path)}"
    then = "then commit, and replace the secrets by new ones where they were issued."
    if file.path.endswith(TO_COPY):
        fix = Fix(f"Write placeholders into {file.path}, and replace the secrets by new ones where they were issued.")
    elif file.ignored:
        fix = Fix(f"Take {file.path} out of git's index, {then}", (untrack,))
    else:
        edit = Edit(".gitignore", file.path, None, file.path)
        summary = f"Add {file.path} to .gitignore, take it out of git's index, {then}"
        fix = Fix(summary, (untrack,), (edit,), Safety.UNSAFE)
    return Finding(f"{listed} {has} in {file.path}, which git tracks", places[0], tuple(places[1:]), fix=fix)


def _place(file: facts.TrackedFile, value: facts.TrackedValue) -> Location:
    if file.kind == "config":
        return Location.file(file.path, value.line or None, key=value.name)
    return Location(Place.FILE, path=file.path, line=value.line or None, name=value.name)


def _advice(kind: str, name: str) -> str:
    """Where the value belongs; a key keeps its place in the file, so that its variable counts."""
    issued = "and replace it by a new one where it was issued"
    spec = SCHEMA.get(name)
    if spec is not None:
        return f"Leave {name} empty in the file, export {spec.env} instead, {issued}."
    if name.startswith("connectors["):
        return f'Write "${{GITLAB_TOKEN}}" instead, export that variable for the API, {issued}.'
    if kind == "compose":
        return f"Write ${{{name}}} instead, keep the value in an untracked .env, {issued}."
    return f"Take {name} out of the file, give the value by the environment, {issued}."
