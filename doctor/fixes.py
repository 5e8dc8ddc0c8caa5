"""Fixes for a configuration value, made where the value was supplied."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from doctor.facts.configuration import ConfigFile, Resolution, Source
from doctor.model import Action, CheckResult, Edit, Finding, Fix, Place, Safety
from doctor.redact import MASK, strip_user

if TYPE_CHECKING:
    from doctor.facts.containers import Container

# What an edit does to a path itself; the key is then `directory`, `mode` or `owner`.
ON_PATHS = (Action.MAKE_DIRECTORY, Action.MODE, Action.OWNER, Action.REMOVE)
# The mode that the program gives to the directories it makes.
PROGRAM_MODE = 0o750
# Repositories that one fix submits again; the rest is for the reader to go on with.
SUBMITTED = 5


def set_value(
    resolution: Resolution, key: str, text: str, summary: str, *, safety: Safety, plain: str | None = None
) -> Fix:
    """
    Give a key another value, where its value comes from.

    `text` is YAML as it shall stand in the file (quotes included), `plain` the bare value for a variable when that
    differs. A line of the file is edited, a missing one inserted; a line of the `--env-file` likewise; a variable of
    a shell or container can only be shown as a command, and the fix is then by hand.
    """
    setting = resolution.settings[key]
    if setting.source is not Source.ENV:
        return Fix(summary, edits=(edit(resolution, key, text),), safety=safety)
    value = plain if plain is not None else text.strip("\"'")
    return variable_fix(resolution, key, value, summary, safety=safety)


def variable_fix(resolution: Resolution, key: str, value: str, summary: str, *, safety: Safety) -> Fix:
    """Give the variable that supplies a key another value: its line in the `--env-file`, or a command to type."""
    place = resolution.settings[key].location
    name = place.name or resolution.settings[key].spec.env
    if place.kind is Place.ENV and place.path is not None:
        change = Edit(place.path, name, resolution.environment.get(name), value, line=place.line)
        return Fix(summary, edits=(change,), safety=safety)
    return Fix(summary, commands=(f"export {name}={shlex.quote(value)}",), safety=Safety.NONE)


def edit(resolution: Resolution, key: str, text: str) -> Edit:
    """The edit that sets a key in the loaded file, replacing its line or inserting one."""
    entry = resolution.settings[key].file_entry if key in resolution.settings else None
    path = resolution.file.path or "configs/config.yaml"
    if entry is None:
        return Edit(path, key, None, text)
    return Edit(path, key, entry.written, text, line=entry.location.line)


def delete(resolution: Resolution, key: str) -> Edit:
    """The edit that removes the line of a key from the loaded file."""
    entries = resolution.by_key.get(key, ())
    path = resolution.file.path or "configs/config.yaml"
    entry = entries[0] if entries else None
    return Edit(
        path,
        key,
        entry.written if entry else None,
        None,
        line=entry.key_location.line if entry else None,
        action=Action.DELETE,
    )


def by_hand(result: CheckResult, file: ConfigFile) -> CheckResult:
    """The same result; where only a container has the examined file, changes to it are left to the reader."""
    if file.here:
        return result
    findings = tuple(_left_to_the_reader(each, file) for each in result.outcome.findings)
    return replace(result, outcome=replace(result.outcome, findings=findings))


def _left_to_the_reader(finding: Finding, file: ConfigFile) -> Finding:
    fix = finding.fix
    if fix is None or not any(each.path == file.path for each in fix.edits):
        return finding
    summary = f"{fix.summary} The file is in container {file.container}: change the one that its image is built from."
    return replace(finding, fix=replace(fix, summary=summary, safety=Safety.NONE))


def api_address(resolution: Resolution) -> str:
    """Where the API is called from its own host: `http://localhost:8080`, quoted for a shell if need be."""
    host = str(resolution.value("api.host") or "")
    port = str(resolution.value("api.port") or "")
    if host in ("", "0.0.0.0", "::", "[::]"):  # noqa: S104 - an address to listen on, which is also localhost
        host = "localhost"
    if ":" in host and not host.startswith("["):
        host = f"[{host}]"
    return shlex.quote(f"http://{host}:{port if port not in ('', '0') else '8080'}")


def resubmit(resolution: Resolution, urls: Iterable[str]) -> tuple[str, ...]:
    """
    The commands that make the API start over with these repositories, each once and the first few only.

    A user and a token before the host are left out: the worker has a credential of its own, or needs none.
    """
    plain = dict.fromkeys(without_user(url) for url in urls)
    header = "-H 'Content-Type: application/json'"
    bodies = [shlex.quote(json.dumps({"url": url}, separators=(",", ":"))) for url in list(plain)[:SUBMITTED]]
    return tuple(f"curl -X POST {api_address(resolution)}/repositories {header} -d {body}" for body in bodies)


def without_user(url: str) -> str:
    """An address as it can be sent again: what stands before the host is left out."""
    return strip_user(url).replace(f"{MASK}@", "")


def start_container(container: Container) -> str:
    """The command that lets a container run again."""
    if container.state.value == "paused":
        return f"docker unpause {shlex.quote(container.name)}"
    if container.service:
        return f"docker compose up -d {shlex.quote(container.service)}"
    return f"docker start {shlex.quote(container.name)}"


# --- paths --------------------------------------------------------------------------------------------------------


def make_directory(path: str, mode: int = PROGRAM_MODE) -> Edit:
    """Make a directory, and those above it that are missing."""
    return Edit(path, "directory", None, f"{mode:04o}", action=Action.MAKE_DIRECTORY)


def change_mode(path: str, before: int, after: int) -> Edit:
    """Give a file or directory another mode."""
    return Edit(path, "mode", f"{before:04o}", f"{after:04o}", action=Action.MODE)


def change_owner(path: str, before: tuple[int, int], after: tuple[int, int]) -> Edit:
    """Give a directory and all in it to another user and group."""
    return Edit(path, "owner", f"{before[0]}:{before[1]}", f"{after[0]}:{after[1]}", action=Action.OWNER)


def remove(path: str, mode: int) -> Edit:
    """Get something in the workspace out of the way."""
    return Edit(path, "directory", f"{mode:04o}", None, action=Action.REMOVE)
