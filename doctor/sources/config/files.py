"""The file: where the program looks for it, how it is read, and what comes of it."""

# ruff: noqa: PTH100, PTH118, PTH120 - Go quotes paths as they are given, and pathlib would tidy them

from __future__ import annotations

import errno
import os
import re
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from doctor.facts.configuration import ConfigFile, Duplicate, FileProblem
from doctor.golang.text import quote
from doctor.golang.viper import EXTENSIONS, Settings, lowered
from doctor.sources.config.disk import Disk, Local

if TYPE_CHECKING:
    from doctor.golang.yaml import Document, Node

SEARCHED = ("configs", "")
NAME = "config"
_NAMES = (*(f"{NAME}.{ending}" for ending in EXTENSIONS), NAME)
# A configuration file is some kilobytes long; whatever is longer than this is something else.
LARGEST = 1024 * 1024

# More would be no help in choosing one.
MOST_NEARBY = 20
_LIKELY = re.compile(r"(?!(docker-)?compose|\.)[\w.-]+\.(yaml|yml|json|toml)", re.ASCII)

_FORMATS = {"yaml": "yaml", "yml": "yaml", "json": "json", "toml": "toml", "env": "dotenv", "dotenv": "dotenv"}

# Go's words, where the C library's differ by more than the capital.
_WORDS = {errno.EINVAL: "invalid argument", errno.ENOENT: "no such file or directory"}


@dataclass(slots=True)
class Loaded:
    """
    What the search and the reading came to.

    `values` are the file's, keys in lower case, empty when no file counts. `read_error` is the first line of what
    the program says of it. `document` are the nodes of a YAML file, `data` the bytes of any.
    """

    file: ConfigFile
    values: Settings = field(default_factory=dict)
    config_file: str | None = None
    read_error: str | None = None
    document: Document | None = None
    data: bytes = b""


# A line and a column, from 1.
_Place = tuple[int, int]


class _UnreadableError(Exception):
    """Why a file does not count: Go's text, the kind of problem, the place in it."""

    def __init__(self, text: str, problem: FileProblem, **places: Any) -> None:
        super().__init__(text)
        self.text = text
        self.problem = problem
        self.places = places


def load(
    directory: Path,
    argument: str | None,
    environment: Mapping[str, str],
    seen_from: Path | None = None,
    disk: Disk | None = None,
) -> Loaded:
    """
    Find and read the file as the program does when it is started in `directory` with `--config argument`.

    Facts carry paths relative to `seen_from`, by default the same directory. `disk` is by default this machine's.
    """
    disk = disk or Local()
    home = os.path.abspath(directory)
    base = os.path.abspath(seen_from) if seen_from is not None else home
    found = _candidates(disk, home)
    searched = tuple(_shown(disk, base, os.path.join(home, path)) for path in found)
    if argument:
        shown = _shown(disk, base, os.path.join(home, argument))
        return _load(disk, home, argument, argument, shown, extension(argument), searched, environment)
    if not found:
        place = os.path.join(home, SEARCHED[0])
        text = f'Config File "{NAME}" Not Found in "[{place} {home}]"'
        container, here = disk.origin(place)
        file = ConfigFile(
            None,
            None,
            loaded=False,
            problem=FileProblem.MISSING,
            problem_text=text,
            nearby=_nearby(disk, home, ""),
            container=container,
            here=here,
        )
        return Loaded(file, read_error=text)
    absolute = os.path.join(home, found[0])
    # Whatever the file is called, the program has said that it is YAML.
    return _load(disk, home, None, absolute, searched[0], "yaml", searched, environment)


def extension(path: str) -> str:
    """What Go's filepath.Ext finds behind the last dot of the last element, without the dot."""
    name = path.rpartition("/")[2]
    return name.rpartition(".")[2] if "." in name else ""


def _candidates(disk: Disk, home: str) -> list[str]:
    """The files that the search would take, in its order: any type viper knows, then one without extension."""
    found = []
    for folder in SEARCHED:
        place = f"{home}/{folder}" if folder else home
        try:
            there = frozenset(disk.names(place))
        except PermissionError:  # files can be reached all the same
            there = frozenset(_NAMES)
        except (OSError, ValueError):
            continue
        for name in _NAMES:
            if name in there:
                status = _status(disk, f"{place}/{name}")
                if status is not None and not stat.S_ISDIR(status.st_mode):
                    found.append(f"{folder}/{name}" if folder else name)
    return found


def _nearby(disk: Disk, home: str, folder: str) -> tuple[str, ...]:
    """Files that look like a configuration, beside the one that is missing and where the search looks."""
    found: dict[str, None] = {}
    for place in dict.fromkeys((folder, *SEARCHED)):
        try:
            names = sorted(disk.names(os.path.join(home, place)))
        except (OSError, ValueError):
            continue
        likely = (name for name in names if _LIKELY.fullmatch(name) and _regular(disk, os.path.join(home, place, name)))
        found |= dict.fromkeys(_shown(disk, home, os.path.join(home, place, name)) for name in likely)
    return tuple(found)[:MOST_NEARBY]


def _regular(disk: Disk, path: str) -> bool:
    status = _status(disk, path)
    return status is not None and stat.S_ISREG(status.st_mode)


def _shown(disk: Disk, home: str, path: str) -> str:
    """The path as facts show it: relative with forward slashes below the directory, absolute elsewhere."""
    absolute = os.path.normpath(path)
    if (named := disk.shown(absolute)) is not None:
        return named
    if absolute.startswith(home + os.sep):
        return absolute[len(home) + 1 :].replace(os.sep, "/")
    return absolute


def _load(
    disk: Disk,
    home: str,
    argument: str | None,
    path: str,
    shown: str,
    ending: str,
    searched: tuple[str, ...],
    environment: Mapping[str, str],
) -> Loaded:
    """`path` is the name that Go opens and prints, `shown` the one that facts carry."""
    status = _status(disk, os.path.join(home, path))
    facts: dict[str, Any] = {"argument": argument, "path": shown, "searched": searched, **_attributes(status)}
    facts["container"], facts["here"] = disk.origin(os.path.join(home, path))
    data = b""
    try:
        _supported(ending, status)
        facts["format"] = _FORMATS.get(ending)
        data, facts["readable"] = _read(disk, home, path, status), True
        values, document = _parse(data, facts["format"], environment)
    except _UnreadableError as error:
        if error.problem is FileProblem.UNREADABLE:
            facts["readable"] = False
        elif error.problem in (FileProblem.MISSING, FileProblem.DIRECTORY):
            facts["nearby"] = _nearby(disk, home, os.path.dirname(path))
        file = ConfigFile(loaded=False, problem=error.problem, problem_text=error.text, **error.places, **facts)
        return Loaded(file, read_error=error.text.split("\n", 1)[0], data=data)
    if document is not None:
        facts["further_documents"] = tuple(document.further_documents)
    chosen = argument if argument is not None else shown
    return Loaded(ConfigFile(loaded=True, **facts), lowered(values), chosen, None, document, data)


def _status(disk: Disk, path: str) -> os.stat_result | None:
    try:
        return disk.status(path)
    except (OSError, ValueError):
        return None


def _attributes(status: os.stat_result | None) -> dict[str, Any]:
    if status is None:
        return {}
    return {
        "size": status.st_size,
        "mode": stat.S_IMODE(status.st_mode),
        "owner": status.st_uid,
        "group": status.st_gid,
    }


def _supported(ending: str, status: os.stat_result | None) -> None:
    if ending in EXTENSIONS:
        return
    problem = FileProblem.UNSUPPORTED
    if status is None:
        problem = FileProblem.MISSING
    elif stat.S_ISDIR(status.st_mode):
        problem = FileProblem.DIRECTORY
    raise _UnreadableError(f"Unsupported Config Type {quote(ending)}", problem)


def _read(disk: Disk, home: str, path: str, status: os.stat_result | None) -> bytes:
    """The bytes of a regular file; nothing else is opened, since a pipe or device could block or never end."""
    if status is not None and not stat.S_ISREG(status.st_mode):
        raise _irregular(path, status)
    try:
        opened, data = disk.read(os.path.join(home, path), LARGEST + 1)
    except OSError as error:
        missing = error.errno in (errno.ENOENT, errno.ENOTDIR)
        problem = FileProblem.MISSING if missing else FileProblem.UNREADABLE
        raise _UnreadableError(f"open {path}: {_words(error)}", problem) from None
    except ValueError:  # a NUL in the name
        raise _UnreadableError(f"open {path}: {_WORDS[errno.EINVAL]}", FileProblem.MISSING) from None
    if not stat.S_ISREG(opened.st_mode):  # exchanged in between
        raise _irregular(path, opened)
    if len(data) > LARGEST:
        text = f"{path} is larger than {LARGEST // (1024 * 1024)} MiB"
        raise _UnreadableError(text, FileProblem.TOO_LARGE)
    return data


def _irregular(path: str, status: os.stat_result) -> _UnreadableError:
    if stat.S_ISDIR(status.st_mode):
        return _UnreadableError(f"read {path}: is a directory", FileProblem.DIRECTORY)
    return _UnreadableError(f"{path} is not a regular file", FileProblem.UNREADABLE)


def _words(error: OSError) -> str:
    text = os.strerror(error.errno or 0)
    return _WORDS.get(error.errno or 0, text[:1].lower() + text[1:])


def _parse(
    data: bytes, format: str | None, environment: Mapping[str, str]
) -> tuple[Mapping[str, Any], Document | None]:
    """The values, and the nodes they come from where the file is YAML."""
    if format == "yaml":
        return _parse_yaml(data)
    if format == "json":
        return _parse_json(data), None
    if format == "toml":
        return _parse_toml(data), None
    if format == "dotenv":
        return _parse_dotenv(data, environment), None
    raise _broken("decoder not found for this format")


def _broken(text: str, **places: Any) -> _UnreadableError:
    return _UnreadableError(f"While parsing config: {text}", FileProblem.BROKEN, **places)


def _parse_yaml(data: bytes) -> tuple[Mapping[str, Any], Document]:
    from doctor.golang import yaml

    try:
        document = yaml.load(data)
    except yaml.YamlError as error:
        values = _values_by_place(data) if error.duplicates else {}
        duplicates = tuple(_duplicate(found, data, values) for found in error.duplicates)
        raise _broken(str(error), line=error.line, column=error.column, duplicates=duplicates) from None
    return document.values, document


def _duplicate(found: Any, data: bytes, values: Mapping[_Place, Node]) -> Duplicate:
    lines = data.splitlines()
    first, second = (lines[line - 1].strip() if line <= len(lines) else b"" for line in (found.first_line, found.line))
    places = (found.first_line, found.first_column), (found.line, found.column)
    # Equal lines may be the heads of unequal sections, and one line with the key twice in it is no copy of itself.
    whole = found.first_line != found.line and all(_is_one_line(values.get(place), place[0]) for place in places)
    identical = whole and first == second
    return Duplicate(found.key, found.first_line, found.line, found.column, identical, found.first_column)


def _is_one_line(value: Node | None, line: int) -> bool:
    """Whether a key's value is a single one, for this key alone, that ends on its line."""
    from doctor.golang import yaml

    if not isinstance(value, yaml.Scalar) or value.anchor is not None:
        return False
    return value.line == line and "\n" not in value.written


def _values_by_place(data: bytes) -> dict[_Place, Node]:
    """The values of a document that parses, by the line and column of their keys."""
    from doctor.golang import yaml
    from doctor.golang.yaml.parser import Parser
    from doctor.golang.yaml.reader import Text

    found: dict[_Place, Node] = {}
    waiting = [Parser(Text(data)).document()]
    while waiting:
        node = waiting.pop()
        if isinstance(node, yaml.Sequence):
            waiting += node.items
        elif isinstance(node, yaml.Mapping):
            found |= {(key.line, key.column): value for key, value in node.entries}
            waiting += [value for _, value in node.entries]
    return found


def _parse_json(data: bytes) -> dict[str, Any]:
    from doctor.golang import json

    try:
        return json.load(data)
    except json.JsonError as error:
        if error.offset is None:
            raise _broken(str(error)) from None
        above = data[: error.offset]
        line = above.count(b"\n") + 1
        raise _broken(str(error), line=line, column=len(above) - above.rfind(b"\n")) from None


def _parse_toml(data: bytes) -> dict[str, Any]:
    from doctor.golang import toml

    try:
        return toml.load(data)
    except toml.TomlError as error:
        raise _broken(str(error), line=error.line, column=error.column) from None


def _parse_dotenv(data: bytes, environment: Mapping[str, str]) -> dict[str, Any]:
    from doctor.golang import dotenv

    try:
        return dict(dotenv.load(data, environment))
    except dotenv.DotenvError as error:
        raise _broken(str(error), line=error.line) from None
