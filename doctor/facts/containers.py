"""The containers of the installation, as a container engine tells of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from enum import StrEnum

from doctor.facts.installation import PublishedPort
from doctor.values import value


class ContainerState(StrEnum):
    """What a container is doing, in the engine's words."""

    CREATED = "created"
    RUNNING = "running"
    PAUSED = "paused"
    RESTARTING = "restarting"
    REMOVING = "removing"
    EXITED = "exited"
    DEAD = "dead"


@value
class Mount:
    """
    Something of the outside that is mounted in a container.

    `kind` is bind, volume or tmpfs; `source` the path on the engine's host, or the volume's name.
    """

    kind: str
    source: str
    destination: str
    read_only: bool = False


@value
class Container:
    """
    One container.

    `service` and `project` are docker compose's labels, None where it was not made by that. `role` is worker, api,
    postgres, nats or zoekt, by label, name or command; None for others. `command` is the whole start command, entry
    point included. `environment` is the process's own, secrets and all. `directory` is its working directory, `user`
    as it was asked for (`1000:1000`, `codechunking`), `uid` and `gid` the numbers, None where these are not known;
    `groups` are further ones that it is in.
    Times are seconds since the epoch, None for never. `exit_code` is that of the last end; `health` is healthy,
    unhealthy or starting, None without a health check, `health_output` what its last check printed. `image_made_at` is
    when the image was built. `memory` is the limit in bytes, None for none. `pid` is that on the engine's host.
    `read_only` says that nothing can be written to but mounts.
    """

    id: str
    name: str
    state: ContainerState
    role: str | None = None
    service: str | None = None
    project: str | None = None
    image: str = ""
    command: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)
    directory: str = "/"
    user: str = ""
    uid: int | None = None
    gid: int | None = None
    groups: tuple[int, ...] = ()
    pid: int | None = None
    exit_code: int | None = None
    out_of_memory: bool = False
    error: str = ""
    restarts: int = 0
    restart_policy: str = "no"
    created_at: float | None = None
    started_at: float | None = None
    finished_at: float | None = None
    image_made_at: float | None = None
    health: str | None = None
    health_output: str = ""
    mounts: tuple[Mount, ...] = ()
    networks: tuple[str, ...] = ()
    host_network: bool = False
    ports: tuple[PublishedPort, ...] = ()
    memory: int | None = None
    read_only: bool = False

    @property
    def running(self) -> bool:
        """Whether its process is alive (a paused one is)."""
        return self.state in (ContainerState.RUNNING, ContainerState.PAUSED)

    @property
    def called(self) -> str:
        """The service that it is in the compose file, else its own name."""
        return self.service or self.name

    def mount(self, path: str) -> Mount | None:
        """What is mounted at a path inside, or above it; the innermost."""
        above = [each for each in self.mounts if path == each.destination or path.startswith(each.destination + "/")]
        return max(above, key=lambda each: len(each.destination), default=None)


@value
class Containers:
    """
    The containers of this installation, running or not, by name.

    `engine` says which one was asked (`Docker 20.10.24`, `Podman 4.3.1`), `address` where. `others` counts containers
    on that engine that belong to something else. `now` is the engine's clock when it was asked.
    """

    engine: str
    address: str
    found: tuple[Container, ...] = ()
    others: int = 0
    now: float = 0.0

    def role(self, role: str) -> tuple[Container, ...]:
        """Those of one role, the newest start last."""
        mine = (each for each in self.found if each.role == role)
        return tuple(sorted(mine, key=lambda each: (each.started_at or 0.0, each.name)))

    def named(self, name: str) -> Container | None:
        """The container with this name, service name or beginning of its id."""
        exact = next((each for each in self.found if name in (each.name, each.id, each.service)), None)
        return exact or next((each for each in self.found if len(name) >= 4 and each.id.startswith(name)), None)


@value
class ContainerFile:
    """
    A file inside a container, read without running anything in it.

    `data` is None when it is not there; `modified_at` seconds since the epoch.
    """

    path: str
    data: bytes | None = field(default=None, repr=False)
    modified_at: float | None = None
    mode: int = 0
    uid: int = 0
    gid: int = 0


@value
class ContainerFiles:
    """
    What was read out of the worker's container: its configuration files below its working directory (`configs/*`, or
    the one that `--config` names), and the names of the migrations that its image has (empty: none, or not looked at).
    """

    container: str
    directory: str
    files: tuple[ContainerFile, ...] = ()
    migrations: tuple[str, ...] = ()
