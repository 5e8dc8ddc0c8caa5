"""What lies around in the installation's directory: .env, the compose file and config.yaml."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from doctor import dotenv as texts
from doctor.engine import Touches, source
from doctor.errors import SourceError
from doctor.facts import BaseConfig, Compose, Dotenv, DotenvLine, HelperScripts, Resolution
from doctor.needs import Observed
from doctor.sources.composefile import services
from doctor.sources.config import resolve
from doctor.sources.files import read_text
from doctor.sources.tracked import tracked
from doctor.target import Target

DOTENV = ".env"
# In the order in which docker compose looks for them.
COMPOSE_FILES = ("compose.yaml", "compose.yml", "docker-compose.yaml", "docker-compose.yml")
BASE = "config.yaml"


def touches_dotenv(target: Target) -> Touches:
    """The `.env`."""
    return Touches(files=(DOTENV,))


@source("dotenv", deadline=5, touches=touches_dotenv, lasting=True)
def dotenv(target: Target) -> Dotenv:
    """The `.env` of the installation, its references filled from this shell as docker compose would."""
    given = target.env_file is not None
    if not target.path(DOTENV).is_file():
        return Dotenv(given=given)
    try:
        text = read_text(target.path(DOTENV))
    except OSError as error:
        raise SourceError(f"{DOTENV} cannot be read: {error.strerror or error}") from error
    lines = (DotenvLine(each.name, each.value, each.line) for each in texts.parse(text, target.shell))
    return Dotenv(DOTENV, tuple(lines), given)


def filling(dotenv: Observed[Dotenv], compose: Compose) -> Dotenv:
    """The lines that references of a compose file are filled from; without one, it does not matter what is in them."""
    if dotenv.error is not None and compose.services:
        raise dotenv.error
    return dotenv.value or Dotenv()


def touches_compose(target: Target) -> Touches:
    """The compose file that docker compose would take."""
    return Touches(files=COMPOSE_FILES)


@source("compose", deadline=5, touches=touches_compose, lasting=True)
def compose(target: Target) -> Compose:
    """The compose file; one that cannot be read or does not parse has no services."""
    for name in COMPOSE_FILES:
        if target.path(name).is_file():
            found = services(target.directory, name, _compose_variables(target))
            return Compose(name, {each.name: each for each in found})
    return Compose()


def _compose_variables(target: Target) -> dict[str, str]:
    """What docker compose fills references from: the `.env`, and this shell over it."""
    try:
        text = read_text(target.path(DOTENV)) if target.path(DOTENV).is_file() else ""
    except OSError:
        text = ""
    return {each.name: each.value for each in texts.parse(text, target.shell)} | dict(target.shell)


def touches_base(resolution: Resolution) -> Touches:
    """The config.yaml beside the loaded file."""
    path = _base(resolution)
    return Touches(files=(path,)) if path is not None else Touches()


@source("base config", deadline=5, touches=touches_base, lasting=True)
def base_config(target: Target, resolution: Resolution) -> BaseConfig:
    """The `config.yaml` beside the loaded file, when that is another file and can be read."""
    path = _base(resolution)
    if path is None or _same(target.path(path), target.path(resolution.file.path or "")):
        return BaseConfig()
    found = resolve(target.directory, path, {})
    return BaseConfig(path, found.entries) if found.file.loaded else BaseConfig()


def _base(resolution: Resolution) -> str | None:
    """The path of `config.yaml` in the loaded file's folder, None when no file or that very one is loaded."""
    path = resolution.file.path
    if path is None or not resolution.file.loaded:
        return None
    folder, slash, name = path.rpartition("/")
    return None if name == BASE else f"{folder}{slash}{BASE}"


def _same(one: Path, other: Path) -> bool:
    try:
        return one.samefile(other)
    except OSError:
        return False


# --- the guide's script ------------------------------------------------------------------------------------------

SCRIPT = "scripts/check_jobs.sh"
# What it calls, and where that may lie.
CALLED = {
    "scripts/check_batch_jobs.go": ("scripts/check_batch_jobs.go",),
    "check_indexing_jobs.sql": ("check_indexing_jobs.sql", "scripts/check_indexing_jobs.sql"),
}


def touches_script(target: Target) -> Touches:
    """The script."""
    return Touches(files=(SCRIPT,)) if target.path(SCRIPT).is_file() else Touches()


@source("helper scripts", deadline=5, touches=touches_script, lasting=True)
def helper_scripts(target: Target) -> HelperScripts:
    """The guide's script, and what it would call."""
    script = target.path(SCRIPT)
    if os.name != "posix" or not script.is_file():
        return HelperScripts(SCRIPT)
    missing = tuple(name for name, places in CALLED.items() if not any(target.path(each).is_file() for each in places))
    return HelperScripts(SCRIPT, stat.S_IMODE(script.stat().st_mode), missing)


SOURCES = (dotenv, compose, base_config, tracked, helper_scripts)
