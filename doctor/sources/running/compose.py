"""What docker compose makes of the worker and the API: their variables, and the configuration these come to."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from doctor import dotenv as texts
from doctor.engine import Touches, source
from doctor.facts import Compose, ComposeService, ComposeSettings, ComposeStart, Dotenv
from doctor.model import Location
from doctor.needs import Observed
from doctor.schema import key_of_variable
from doctor.sources.config import resolve
from doctor.sources.envfile import text_of
from doctor.sources.files import read_text
from doctor.sources.installation import filling
from doctor.sources.worker import config_argument
from doctor.target import Target

# The working directory of the image, which has a copy of the checkout's configs/.
HOME = "/app"

# `$NAME`, `${NAME}`, with `-word`, `?word` or `+word` behind the name, and `$$` for the sign itself.
_REFERENCE = re.compile(r"\$(?:\{(?P<braced>\w+)(?:(?P<empty>:?)(?P<how>[-?+])(?P<word>[^}]*))?\}|(?P<plain>\w+)|\$)")


def touches(compose: Compose) -> Touches:
    """The files that the worker's and the API's `env_file` name."""
    return Touches(files=tuple(path for each in compose.services.values() if each.role for path in each.env_file))


@source("compose settings", deadline=5, touches=touches, lasting=True)
def compose_settings(target: Target, compose: Compose, dotenv: Observed[Dotenv]) -> ComposeSettings:
    """The services of the compose file, with the variables that they would get if they were made anew from here."""
    ours = [each for each in compose.services.values() if each.role is not None]
    if not ours:
        return ComposeSettings()
    known = _known(target, filling(dotenv, compose))
    return ComposeSettings({each.name: _start(target, compose, each, known) for each in ours})


def _known(target: Target, dotenv: Dotenv) -> dict[str, str]:
    """What references are filled from: the `.env`, this shell over it, and what the run was given over both."""
    known = {line.name: line.value for line in dotenv.lines} | dict(target.shell)
    if target.env_file is not None:
        known |= _lines(target, str(target.env_file), known, text_of)
    return known | dict(target.given)


def _start(target: Target, compose: Compose, service: ComposeService, known: Mapping[str, str]) -> ComposeStart:
    variables: dict[str, str] = {}
    places: dict[str, Location] = {}
    for path in service.env_file:
        for name, text in _lines(target, path, known).items():
            variables[name], places[name] = text, Location.env(name, key=key_of_variable(name), path=path)
    passed = set()
    for name, written in service.environment.items():
        found, missing = fill(written, known) if written is not None else (known.get(name), name not in known)
        if missing:
            passed.add(name)
        if found is not None:
            variables[name] = found
        key = key_of_variable(name)
        places[name] = Location.env(name, key=key, path=compose.path, line=service.lines.get(name))
    argument = _outside(target, service, config_argument(service.start))
    config = resolve(target.directory, argument, variables, places=places, home=target.directory)
    at = Location.file(compose.path or "", service.members.get("command", service.line))
    return ComposeStart(variables, config, at, frozenset(passed))


def fill(text: str, known: Mapping[str, str]) -> tuple[str, bool]:
    """A text with its references filled as docker compose does it, and whether one has no value here."""
    missing = False

    def one(match: re.Match[str]) -> str:
        nonlocal missing
        name = match["braced"] or match["plain"]
        if not name:
            return "$"
        value, how = known.get(name), match["how"]
        there = bool(value) if match["empty"] else value is not None
        if how == "+":
            return match["word"] if there else ""
        if how == "-" and not there:
            return str(match["word"])
        missing = missing or not value
        return value or ""

    return _REFERENCE.sub(one, text), missing


def _lines(
    target: Target, path: str, known: Mapping[str, str], read: Callable[[Path], str] = read_text
) -> dict[str, str]:
    """The assignments of a dotenv file; one that cannot be read has none, as compose tells by itself."""
    try:
        text = read(target.path(path))
    except (OSError, ValueError):
        return {}
    return {each.name: each.value for each in texts.parse(text, known)}


def _outside(target: Target, service: ComposeService, argument: str | None) -> str | None:
    """The file of this directory that the path inside stands for."""
    if argument is None:
        return None
    inside = posixpath.normpath(posixpath.join(HOME, argument))
    for mounted in _above(service, inside):
        return mounted
    below = inside.removeprefix(HOME + "/")
    return below if below != inside and (not argument.startswith("/") or target.path(below).is_file()) else argument


def _above(service: ComposeService, inside: str) -> Iterator[str]:
    """The path outside of what is mounted there."""
    for mount in sorted(service.mounts, key=lambda each: -len(each.target)):
        if mount.source is None or not mount.source.startswith((".", "/")):
            continue
        if inside == mount.target or inside.startswith(mount.target.rstrip("/") + "/"):
            yield posixpath.normpath(mount.source + inside[len(mount.target.rstrip("/")) :])


SOURCES = (compose_settings,)
