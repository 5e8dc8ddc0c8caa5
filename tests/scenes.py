"""Containers in all the states that the doctor tells apart, made on a real engine; the recorded answers show these."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from tests.engines import Dockerd, until

RECORDED = Path(__file__).parents[1] / "fixtures" / "recorded" / "docker"
MILLISECOND = 1_000_000

Scene = tuple[Mapping[str, Any], Callable[[Mapping[str, Any]], Any]]


def _ended(state: Mapping[str, Any]) -> bool:
    return state["Status"] == "exited"


def _made(state: Mapping[str, Any]) -> bool:
    return state["Status"] == "created"


def _runs(state: Mapping[str, Any]) -> bool:
    return state["Status"] == "running"


def _health(status: str) -> Callable[[Mapping[str, Any]], bool]:
    return lambda state: state["Health"]["Status"] == status and bool(state["Health"]["Log"])


def _probe(command: str) -> dict[str, Any]:
    return {"test": ["CMD-SHELL", command], "interval": 20 * MILLISECOND, "timeout": 10**9, "retries": 1}


UNLESS_STOPPED = {"Name": "unless-stopped"}

SCENES: Mapping[str, Scene] = {
    "running": ({"environment": {"CODECHUNK_GEMINI_API_KEY": "a-key"}}, _runs),
    "exit-0": ({"do": "exit 0"}, _ended),
    "exit-1": ({"do": "exit 1"}, _ended),
    "exit-2": ({"do": "exit 2"}, _ended),
    "killed-for-memory": ({"do": "head -c 100m /dev/zero | tail", "mem_limit": "16m"}, _ended),
    "restart-loop": (
        {"do": "exit 0", "restart_policy": UNLESS_STOPPED},
        lambda state: state["Status"] == "restarting" and state["FinishedAt"][:4] != "0001",
    ),
    "unhealthy": ({"healthcheck": _probe("echo no answer; exit 1")}, _health("unhealthy")),
    "healthy": ({"healthcheck": _probe("true")}, _health("healthy")),
    "created": ({"start": False}, _made),
    "paused": ({}, _runs),
    "other-uid": ({"user": "1234:4321"}, _runs),
    "uid-alone": ({"user": "1234", "start": False}, _made),
    "named-user": ({"user": "codechunking:shared", "group_add": ["3000"]}, _runs),
    "host-network": ({"network_mode": "host"}, _runs),
    "read-only": ({"read_only": True, "tmpfs": {"/tmp": "rw,size=1m"}, "start": False}, _made),
}
"""What a container is made with, and when it has come so far."""


def make(engine: Dockerd, scenes: Iterable[str] = SCENES, **options: Any) -> dict[str, Any]:
    """Containers in these states, called after them."""
    made = {}
    for scene in scenes:
        made[scene] = engine.run(scene, **{**SCENES[scene][0], **options})
    for scene, container in made.items():
        reached = SCENES[scene][1]
        until(lambda container=container, reached=reached: reached(engine.state(container)))
    if "paused" in made:
        made["paused"].pause()
        engine.state(made["paused"])
    return made


def recorded(name: str) -> Any:
    """An answer of a real Docker 20.10.24, as it was recorded."""
    return json.loads((RECORDED / f"{name}.json").read_text(encoding="utf-8"))


def record(engine: Dockerd) -> None:
    """Write the answers anew: the list, each container's, and the image's."""
    api = engine.client.api
    made = make(engine)
    _write(engine, "list", api.containers(all=True))
    for scene, container in made.items():
        _write(engine, scene, api.inspect_container(container.id))
    _write(engine, "image", api.inspect_image(made["running"].image.id))


def _write(engine: Dockerd, name: str, answer: Any) -> None:
    text = json.dumps(answer, indent=1, sort_keys=True).replace(str(engine.directory), "/tmp/engine")
    (RECORDED / f"{name}.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    from tests.engines import dockerd

    RECORDED.mkdir(parents=True, exist_ok=True)
    with dockerd() as server:
        record(server)
