"""Which of the installation's files git tracks, and the secrets in them."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath

from doctor import dotenv as texts
from doctor.engine import Touches, source
from doctor.facts import Resolution, Tracked, TrackedFile, TrackedValue
from doctor.schema import CONNECTOR_SECRET, SCHEMA, key_of_variable
from doctor.sources.composefile import services
from doctor.sources.config import resolve
from doctor.sources.files import LARGEST, read_text
from doctor.sources.worktree import root_of
from doctor.target import Target

SECONDS = 3
MOST_FILES = 50

KINDS = {
    "config": tuple(f"{start}.{end}" for start in ("configs/*", "config") for end in ("yaml", "yml", "json", "toml")),
    "compose": ("docker-compose*.yaml", "docker-compose*.yml", "compose*.yaml", "compose*.yml"),
    "dotenv": (".env*",),
}

# The end of a name says what it holds; `max_tokens_per_chunk` holds none.
SECRET = re.compile(
    r"(^|[_.-])(pass(word|wd|phrase)?|secret|token|api[_-]?key|private[_-]?key|credentials?)$", re.IGNORECASE
)


class _RefusedError(Exception):
    """Why git gives no answer."""


def touches(target: Target) -> Touches:
    """What git is asked about."""
    patterns = (pattern for each in KINDS.values() for pattern in each)
    return Touches(files=tuple(patterns), queries=("git ls-files",)) if _in_work_tree(target.directory) else Touches()


@source("git", deadline=8, touches=touches, lasting=True)
def tracked(target: Target, resolution: Resolution) -> Tracked:
    """What git tracks of the configuration, compose and dotenv files; git is asked only inside a work tree."""
    if not _in_work_tree(target.directory):
        return Tracked()
    patterns = [pattern for each in KINDS.values() for pattern in each]
    try:
        paths = _listed(target.directory, [*patterns, *_loaded(target, resolution)])
        dotenvs = [path for path in paths if kind(path) == "dotenv"]
        ignored = _listed(target.directory, dotenvs, "--ignored", "--exclude-standard") if dotenvs else []
    except _RefusedError as refused:
        return Tracked(unknown=str(refused))
    found = (TrackedFile(path, tuple(_values(target, path)), kind(path), path in ignored) for path in paths)
    return Tracked(work_tree=True, files=tuple(found))


def _in_work_tree(directory: Path) -> bool:
    """Whether it looks like one: git itself is asked only then."""
    return root_of(directory) is not None


def _loaded(target: Target, resolution: Resolution) -> list[str]:
    """The loaded file, when it lies below the directory."""
    path = resolution.file.path
    return [path] if path is not None and target.path(path).is_relative_to(target.directory) else []


def kind(path: str) -> str:
    """What a tracked file is: `dotenv`, `compose` or `config`."""
    name = PurePosixPath(path).name
    for each in ("dotenv", "compose"):
        if any(fnmatchcase(name, pattern) for pattern in KINDS[each]):
            return each
    return "config"


def _listed(directory: Path, patterns: Sequence[str], *options: str) -> list[str]:
    """The tracked files that match, relative to the directory. Raises `_RefusedError`."""
    import shutil
    import subprocess

    git = shutil.which("git")
    if git is None:
        raise _RefusedError("git is not installed")
    # Neither a repository's settings nor this shell's variables may make git run something or look elsewhere.
    command = [git, "-C", str(directory), "-c", "core.fsmonitor=false", "ls-files", "-z", "--cached", *options, "--"]
    env = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    env |= {"GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C"}
    try:
        done = subprocess.run(  # noqa: S603 - the program is git, the arguments are fixed words and file names
            [*command, *(f":(glob){pattern}" for pattern in patterns)],
            env=env,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise _RefusedError(f"it gave no answer within {SECONDS} s") from None
    except OSError as error:
        raise _RefusedError(error.strerror or str(error)) from None
    if done.returncode != 0:
        said = done.stderr.decode("utf-8", "replace").strip().splitlines() or ["it failed"]
        raise _RefusedError(said[0].removeprefix("fatal: ")[:200])
    names = done.stdout.decode("utf-8", "surrogateescape").split("\0")
    return list(dict.fromkeys(name for name in names if name))[:MOST_FILES]


# --- the secrets in them ---------------------------------------------------------------------------------------


def _values(target: Target, path: str) -> Iterator[TrackedValue]:
    reader = {"dotenv": _of_dotenv, "compose": _of_compose, "config": _of_config}[kind(path)]
    try:
        if target.path(path).stat().st_size <= LARGEST:
            yield from reader(target.directory, path)
    except OSError:
        return  # tracked, but not there or not readable


def _of_dotenv(directory: Path, path: str) -> Iterator[TrackedValue]:
    for each in texts.parse(read_text(directory / path)):
        if each.value and _is_secret(each.name):
            yield TrackedValue(each.name, each.value, each.line)


def _of_compose(directory: Path, path: str) -> Iterator[TrackedValue]:
    for service in services(directory, path):
        for name, text in service.environment.items():
            if text and _is_secret(name):
                yield TrackedValue(name, text, service.lines[name])


def _of_config(directory: Path, path: str) -> Iterator[TrackedValue]:
    resolution = resolve(directory, path, {})
    for entry in resolution.entries:
        if entry.kind == "scalar" and entry.value not in (None, "") and not entry.merged and _is_secret_key(entry.key):
            yield TrackedValue(entry.key, str(entry.value), entry.location.line or 0)
    for connector in resolution.connectors:
        token = connector.fields[CONNECTOR_SECRET]
        if token.value and token.entry is not None:
            name = f"connectors[{connector.index}].{CONNECTOR_SECRET}"
            yield TrackedValue(name, str(token.value), token.entry.location.line or 0)


def _is_secret(variable: str) -> bool:
    key = key_of_variable(variable)
    return SCHEMA[key].secret if key is not None else SECRET.search(variable) is not None


def _is_secret_key(key: str) -> bool:
    return SCHEMA[key].secret if key in SCHEMA else SECRET.search(key) is not None
