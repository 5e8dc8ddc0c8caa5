"""A compose file's services, as they are written."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from doctor.facts import ComposeMount, ComposeService, PublishedPort
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
            entrypoint=tuple(_words(members.get("entrypoint"))),
            environment={name: text for name, text, _ in environment},
            lines={name: line for name, _, line in environment},
            env_file=tuple(_paths(members.get("env_file"))),
            image=_text(members["image"]) if "image" in members else None,
            container=_text(members["container_name"]) if "container_name" in members else None,
            ports=tuple(_ports(members.get("ports"), variables or {})),
            depends_on=dict(_dependencies(members.get("depends_on"))),
            restart=_plain(members.get("restart"), variables),
            deploy_restart=_deploy_restart(members.get("deploy"), variables),
            network_mode=_plain(members.get("network_mode"), variables),
            mounts=tuple(_mounts(members.get("volumes"), variables)),
            members={str(name.value): name.line or 0 for name, _ in _members(service)},
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


def _dependencies(node: Node | None) -> Iterator[tuple[str, str]]:
    """The services waited for, of a list of names or of a mapping with a condition each."""
    for key, value in _members(node):
        condition = _member(_members(value), "condition")
        yield str(key.value), str(condition.value) if condition is not None else STARTED
    for item in node.items if node is not None else ():
        yield str(item.value), STARTED


def _plain(node: Node | None, variables: Mapping[str, str] | None) -> str | None:
    """What a scalar comes to; a bare `no` is written without quotes by many, and means itself."""
    text = _text(node) if node is not None else None
    return _filled(text, variables) if text is not None else None


def _deploy_restart(node: Node | None, variables: Mapping[str, str] | None) -> str | None:
    """The condition under which `deploy.restart_policy` starts it again, `any` where none is written."""
    policy = _member(_members(node), "restart_policy")
    if policy is None or policy.kind != "mapping":
        return None
    return _plain(_member(_members(policy), "condition"), variables) or "any"


def _mounts(node: Node | None, variables: Mapping[str, str] | None) -> Iterator[ComposeMount]:
    """Mounts of the long form, and of the short one: `[source:]target[:ro]`."""
    for item in node.items if node is not None else ():
        if item.kind == "mapping":
            parts = {str(key.value): value for key, value in item.pairs}
            source, target = (_plain(parts.get(name), variables) for name in ("source", "target"))
            only = _plain(parts.get("read_only"), None) == "true"
        else:
            words = _filled(_text(item) or "", variables).split(":")
            source, target = (words[0], words[1]) if len(words) > 1 else (None, words[0])
            only = "ro" in words[2].split(",") if len(words) > 2 else False
        if target:
            yield ComposeMount(source, target, only)


def _filled(text: str, variables: Mapping[str, str] | None) -> str:
    known = variables or {}
    return _REFERENCE.sub(lambda match: known.get(match[1] or match[3]) or match[2] or "", text)


# What is waited for where no condition is written.
STARTED = "service_started"

_REFERENCE = re.compile(r"\$\{(\w+)(?::?-([^}]*))?\}|\$(\w+)")
# `[host address:][port:]port[/tcp]`
_PORT = re.compile(r"(?:(?:(?P<address>\[[^]]*\]|[^:]*):)?(?P<published>\d+):)?(?P<target>\d+)(?:/tcp)?")


def _ports(node: Node | None, variables: Mapping[str, str]) -> Iterator[PublishedPort]:
    """The TCP ports that are published under a number; ranges, and ports that docker is to choose, are left out."""
    for item in node.items if node is not None else ():
        if item.kind == "mapping":
            parts = {str(key.value): _filled(str(value.value), variables) for key, value in item.pairs}
            address, published, target = parts.get("host_ip"), parts.get("published", ""), parts.get("target", "")
        else:
            match = _PORT.fullmatch(_filled(_text(item) or "", variables))
            if match is None:
                continue
            address, published, target = match["address"], match["published"] or "", match["target"]
        if published.isdecimal() and target.isdecimal():
            yield PublishedPort(int(target), int(published), (address or "").strip("[]") or None, item.line or 0)
