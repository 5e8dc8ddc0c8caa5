"""A compose file's services, as they are written."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from doctor.facts import ComposeService, PublishedPort
from doctor.sources.config import files
from doctor.sources.files import LARGEST

if TYPE_CHECKING:
    from doctor.sources.config.written import Node


def services(directory: Path, path: str, variables: Mapping[str, str] | None = None) -> Iterator[ComposeService]:
    """
    The services of a compose file, none when it cannot be read or is no such file.

    `variables` fill the references in published ports, as docker compose would.
    """
    root = _read(directory, path)
    for key, service in _members(_member(_members(root), "services")):
        members = {str(name.value): value for name, value in _members(service)}
        environment = list(_environment(members.get("environment")))
        yield ComposeService(
            str(key.value),
            key.line or 0,
            command=tuple(_words(members.get("command"))),
            environment={name: text for name, text, _ in environment},
            lines={name: line for name, _, line in environment},
            env_file=tuple(_paths(members.get("env_file"))),
            image=_text(members["image"]) if "image" in members else None,
            container=_text(members["container_name"]) if "container_name" in members else None,
            ports=tuple(_ports(members.get("ports"), variables or {})),
        )


def _read(directory: Path, path: str) -> Node | None:
    from doctor.sources.config.written import tree

    try:
        if (directory / path).stat().st_size > LARGEST:
            return None
    except OSError:
        return None
    return tree(files.load(directory, path, {}))


def _members(node: Node | None) -> list[tuple[Node, Node]]:
    return node.pairs if node is not None and node.kind == "mapping" else []


def _member(members: list[tuple[Node, Node]], name: str) -> Node | None:
    return next((value for key, value in members if key.value == name), None)


def _environment(node: Node | None) -> Iterator[tuple[str, str | None, int]]:
    """Name, text and line of each variable, of a mapping or of a list of `NAME=value`."""
    for key, value in _members(node):
        yield str(key.value), _text(value), key.line or 0
    for item in node.items if node is not None else ():
        name, equals, text = str(item.value).partition("=")
        yield name, text if equals else None, item.line or 0


def _text(node: Node) -> str | None:
    """What a scalar says; None where nothing is written, so that the variable is passed through."""
    if node.value is None:
        return None
    return node.value if isinstance(node.value, str) else node.written


def _words(node: Node | None) -> list[str]:
    if node is None or node.value is None or node.kind == "mapping":
        return []
    if node.kind == "sequence":
        return [str(item.value) for item in node.items]
    try:
        return shlex.split(str(node.value))
    except ValueError:  # a quote that is never closed
        return str(node.value).split()


def _paths(node: Node | None) -> Iterator[str]:
    for item in (node, *node.items) if node is not None else ():
        place = _member(item.pairs, "path") if item.kind == "mapping" else item
        if place is not None and isinstance(place.value, str):
            yield place.value


_REFERENCE = re.compile(r"\$\{(\w+)(?::?-([^}]*))?\}|\$(\w+)")
# `[host address:][port:]port[/tcp]`
_PORT = re.compile(r"(?:(?:(?P<address>\[[^]]*\]|[^:]*):)?(?P<published>\d+):)?(?P<target>\d+)(?:/tcp)?")


def _ports(node: Node | None, variables: Mapping[str, str]) -> Iterator[PublishedPort]:
    """The TCP ports that are published under a number; ranges, and ports that docker is to choose, are left out."""

    def fill(match: re.Match[str]) -> str:
        return variables.get(match[1] or match[3]) or match[2] or ""

    for item in node.items if node is not None else ():
        if item.kind == "mapping":
            parts = {str(key.value): _REFERENCE.sub(fill, str(value.value)) for key, value in item.pairs}
            address, published, target = parts.get("host_ip"), parts.get("published", ""), parts.get("target", "")
        else:
            match = _PORT.fullmatch(_REFERENCE.sub(fill, _text(item) or ""))
            if match is None:
                continue
            address, published, target = match["address"], match["published"] or "", match["target"]
        if published.isdecimal() and target.isdecimal():
            yield PublishedPort(int(target), int(published), (address or "").strip("[]") or None, item.line or 0)
