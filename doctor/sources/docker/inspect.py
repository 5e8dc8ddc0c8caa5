"""What an engine's answers say, as facts. Nothing in an answer is taken for granted: other engines, other shapes."""

from __future__ import annotations

import contextlib
import math
import shlex
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from doctor.facts.containers import Container, ContainerState, Mount
from doctor.facts.installation import PublishedPort

ROLES = {"worker": "worker", "api": "api", "postgres": "postgres", "nats": "nats"} | {
    "zoekt-webserver": "zoekt",
    "zoekt": "zoekt",
}
PROJECT, SERVICE = "com.docker.compose.project", "com.docker.compose.service"
ONE_OFF = "com.docker.compose.oneoff"

# Podman has words of its own for some of them.
_STATES = {each.value: each for each in ContainerState} | {
    "configured": ContainerState.CREATED,
    "initialized": ContainerState.CREATED,
    "stopped": ContainerState.EXITED,
    "stopping": ContainerState.RUNNING,
}
_HEALTH = ("healthy", "unhealthy", "starting")
_MOST_TEXT = 4000
_SHELLS = ("sh", "bash", "ash", "dash")


def container(answer: Mapping[str, Any]) -> Container:
    """One container, but for what only other answers tell: who its user is, and when its image was made."""
    config, host = _object(answer, "Config"), _object(answer, "HostConfig")
    now, labels = _object(answer, "State"), _object(config, "Labels")
    state = state_of(now)
    project, service = labels.get(PROJECT), labels.get(SERVICE)
    name = _text(answer, "Name").lstrip("/")
    command = tuple(_words(answer))
    return Container(
        _text(answer, "Id"),
        name,
        state,
        role=role(name, labels, command),
        service=service if isinstance(service, str) else None,
        project=project if isinstance(project, str) else None,
        image=_text(config, "Image") or _text(answer, "ImageName"),
        command=command,
        environment=dict(_environment(config)),
        directory=_text(config, "WorkingDir") or "/",
        user=_text(config, "User"),
        pid=_number(now, "Pid") or None,
        exit_code=_exit_code(now, state),
        out_of_memory=now.get("OOMKilled") is True,
        error=_text(now, "Error")[:_MOST_TEXT],
        restarts=_number(answer, "RestartCount") or 0,
        restart_policy=_text(_object(host, "RestartPolicy"), "Name") or "no",
        created_at=moment(answer.get("Created")),
        started_at=moment(now.get("StartedAt")),
        finished_at=moment(now.get("FinishedAt")),
        **_health(now),
        mounts=tuple(_mounts(answer, host)),
        networks=tuple(_object(_object(answer, "NetworkSettings"), "Networks")),
        host_network=_text(host, "NetworkMode") == "host",
        ports=tuple(_ports(answer, host)),
        memory=_number(host, "Memory") or None,
        read_only=host.get("ReadonlyRootfs") is True,
    )


def added_groups(answer: Mapping[str, Any]) -> list[str]:
    """The groups that its process is put in beside its own, by name or number."""
    return [str(each) for each in _list(_object(answer, "HostConfig"), "GroupAdd")]


def role(name: str, labels: Mapping[str, Any], command: Sequence[str]) -> str | None:
    """What a container is for: by compose's label, its name, or the sub-command that it runs."""
    service = labels.get(SERVICE)
    # `docker compose run worker ...` makes one of that service, which may do anything.
    one_off = str(labels.get(ONE_OFF, "")).lower() == "true"
    if isinstance(service, str) and service in ROLES and not one_off:
        return ROLES[service]
    if not one_off and not isinstance(service, str):
        for part, found in ROLES.items():
            if name in (f"codechunking-{part}", f"codechunking_{part}_1", f"codechunking-{part}-1"):
                return found
    return _by_command(command)


def _by_command(command: Sequence[str]) -> str | None:
    from doctor.sources.worker import role_of

    found = role_of(command)
    words = list(command)
    if found is None and len(words) > 2 and words[0].rpartition("/")[2] in _SHELLS and words[1] == "-c":
        with contextlib.suppress(ValueError):  # a quote that is never closed
            inner = shlex.split(words[2])
            return role_of(inner[1:] if inner[:1] == ["exec"] else inner)
    return found


def moment(written: object) -> float | None:
    """A time in the engine's form, in seconds since the epoch; None for its zero time, and for what is none."""
    if isinstance(written, bool) or not isinstance(written, str | int | float):
        return None
    if not isinstance(written, str):
        return float(written) if math.isfinite(written) and written > 0 else None
    try:
        found = datetime.fromisoformat(written)
        seconds = (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return None
    return seconds if seconds > 0 else None


def state_of(now: Mapping[str, Any]) -> ContainerState:
    """The state, also of an engine that has another word for it."""
    known = _STATES.get(_text(now, "Status"))
    if known is not None:
        return known
    return ContainerState.RUNNING if now.get("Running") is True else ContainerState.EXITED


# --- parts -----------------------------------------------------------------------------------------------------


def _exit_code(now: Mapping[str, Any], state: ContainerState) -> int | None:
    """The engine writes 0 over it when a container starts again."""
    if moment(now.get("FinishedAt")) is None or state in (ContainerState.RUNNING, ContainerState.PAUSED):
        return None
    return _number(now, "ExitCode")


def _words(answer: Mapping[str, Any]) -> Iterator[str]:
    if _text(answer, "Path"):
        yield _text(answer, "Path")
    yield from (word for word in _list(answer, "Args") if isinstance(word, str))


def _environment(config: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for entry in _list(config, "Env"):
        if isinstance(entry, str) and "=" in entry:
            name, _, text = entry.partition("=")
            yield name, text


def _health(now: Mapping[str, Any]) -> dict[str, Any]:
    health = _object(now, "Health") or _object(now, "Healthcheck")
    status = _text(health, "Status")
    last = _list(health, "Log")[-1:]
    output = _text(last[0], "Output") if last and isinstance(last[0], dict) else ""
    return {"health": status if status in _HEALTH else None, "health_output": output.strip()[:_MOST_TEXT]}


def _mounts(answer: Mapping[str, Any], host: Mapping[str, Any]) -> Iterator[Mount]:
    listed = set()
    for each in _list(answer, "Mounts"):
        if not isinstance(each, dict) or not _text(each, "Destination"):
            continue
        kind, destination = _text(each, "Type") or "bind", _path(_text(each, "Destination"))
        place = _text(each, "Name") if kind == "volume" else ""
        listed.add(destination)
        yield Mount(kind, place or _text(each, "Source"), destination, each.get("RW") is False)
    # `--tmpfs` is not among the mounts.
    for destination, options in _object(host, "Tmpfs").items():
        if _path(destination) not in listed:
            yield Mount("tmpfs", "", _path(destination), "ro" in str(options).split(","))


def _path(text: str) -> str:
    return "/" + text.strip("/")


def _ports(answer: Mapping[str, Any], host: Mapping[str, Any]) -> Iterator[PublishedPort]:
    """The TCP ports that are open on the host, of a container that does not run those that it asks for."""
    bound = _object(_object(answer, "NetworkSettings"), "Ports")
    if not any(bound.values()):
        bound = _object(host, "PortBindings")
    seen = set()
    for inside, outside in bound.items():
        target, _, protocol = str(inside).partition("/")
        for each in outside if isinstance(outside, list) else ():
            published = str(each.get("HostPort", "")) if isinstance(each, dict) else ""
            if protocol in ("", "tcp") and _is_port(target) and _is_port(published):
                address = str(each.get("HostIp") or "")
                port = PublishedPort(int(target), int(published), address if address not in _ANY else None)
                if port not in seen:
                    seen.add(port)
                    yield port


_ANY = ("", "0.0.0.0", "::")  # noqa: S104 - read, not listened on


def _is_port(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= 5 and 0 < int(text) < 65536


# --- shapes ----------------------------------------------------------------------------------------------------


def _object(of: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = of.get(name)
    return found if isinstance(found, dict) else {}


def _list(of: Mapping[str, Any], name: str) -> list[Any]:
    found = of.get(name)
    return found if isinstance(found, list) else []


def _text(of: Mapping[str, Any], name: str) -> str:
    found = of.get(name)
    return found if isinstance(found, str) else ""


def _number(of: Mapping[str, Any], name: str) -> int | None:
    found = of.get(name)
    return found if isinstance(found, int) and not isinstance(found, bool) else None
