"""Fixes for a configuration value, made where the value was supplied."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterable

from doctor.facts.configuration import Resolution, Source
from doctor.model import Action, Edit, Fix, Place, Safety
from doctor.redact import MASK, strip_user

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
