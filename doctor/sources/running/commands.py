"""The commands that start the API and the worker, wherever one is written or seen."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator

from doctor.engine import Touches, source
from doctor.facts import Compose, ComposeService, Containers, Processes, StartCommand, StartCommands
from doctor.model import Location, Place
from doctor.needs import Observed
from doctor.sources.files import read_text
from doctor.target import Target

PROCFILE = "Procfile"
PROGRAM = "codechunking"

_LINE = re.compile(r"([A-Za-z0-9_-]+):\s*(\S.*)")


def touches(target: Target) -> Touches:
    """The Procfile."""
    return Touches(files=(PROCFILE,))


@source("start commands", deadline=5, touches=touches)
def start_commands(
    target: Target, processes: Processes, compose: Compose, containers: Observed[Containers]
) -> StartCommands:
    """The start commands of processes, of containers, of the compose file and of the Procfile, in this order."""
    found = [*_of_processes(processes), *_of_containers(containers.value), *_of_compose(compose), *_of_procfile(target)]
    return StartCommands(tuple(found))


def _of_processes(processes: Processes) -> Iterator[StartCommand]:
    for each in processes.found:
        yield StartCommand(each.arguments, Location(Place.PROCESS, name=f"pid:{each.pid}"), each.role)


def _of_containers(containers: Containers | None) -> Iterator[StartCommand]:
    for each in containers.found if containers is not None else ():
        if each.role in ("worker", "api") and each.command:
            yield StartCommand(each.command, Location(Place.CONTAINER, name=each.name), each.role)


def _of_compose(compose: Compose) -> Iterator[StartCommand]:
    for each in compose.services.values():
        words = _behind_entrypoint(each) if "entrypoint" in each.members else _arguments(each.command)
        if each.role is not None and words:
            line = each.members.get("command", each.members.get("entrypoint", each.line))
            yield StartCommand((PROGRAM, *words), Location.file(compose.path or "", line), each.role)


def _behind_entrypoint(service: ComposeService) -> tuple[str, ...]:
    """What the program gets where the file names it as entry point; behind another one, the words mean anything."""
    return service.start if service.entrypoint and _is_program(service.entrypoint[0]) else ()


def _arguments(words: tuple[str, ...]) -> tuple[str, ...]:
    """What stands behind the program, if that is written too."""
    return words[1:] if words and _is_program(words[0]) else words


def _is_program(word: str) -> bool:
    return word.rpartition("/")[2] == PROGRAM


def _of_procfile(target: Target) -> Iterator[StartCommand]:
    try:
        lines = read_text(target.path(PROCFILE)).splitlines()
    except (OSError, ValueError):
        return
    for number, line in enumerate(lines, 1):
        match = _LINE.fullmatch(line.strip())
        if match is None:
            continue
        try:
            words = tuple(shlex.split(match[2]))
        except ValueError:  # a quote that is never closed
            words = tuple(match[2].split())
        yield StartCommand(words, Location.file(PROCFILE, number, key=None), match[1])


SOURCES = (start_commands,)
