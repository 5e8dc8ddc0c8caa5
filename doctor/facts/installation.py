"""What lies around in the installation's directory: .env, the compose file, config.yaml, what git tracks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field

from doctor.facts.configuration import Entry
from doctor.values import value


@value
class DotenvLine:
    """One assignment of a dotenv file, as docker compose and a shell would read it."""

    name: str
    value: str = field(repr=False)
    line: int = 0


@value
class Dotenv:
    """
    The `.env` of the installation. `path` is None when there is none.

    `given` says that the run was told by `--env-file` which lines are exported, be it this file or another.
    """

    path: str | None = None
    lines: tuple[DotenvLine, ...] = ()
    given: bool = False


@value
class PublishedPort:
    """A port of a service that is open on the host: `target` inside, `published` outside, on `address` or on all."""

    target: int
    published: int
    address: str | None = None
    line: int = 0


@value
class ComposeMount:
    """Something that a service mounts: `source` a path or the name of a volume (None: a new one), `target` inside."""

    source: str | None
    target: str
    read_only: bool = False


@value
class ComposeService:
    """
    One service of the compose file.

    `environment` maps names to the text in the file (`${...}` not expanded; None: passed through from the shell),
    `lines` to their lines. `env_file` are the files named there. `container` is the name it asks for. `depends_on` maps
    the services that it waits for to the condition (`service_started` where none is written). `restart` and
    `network_mode` are None where they are not written; `deploy_restart` is the condition of `deploy.restart_policy`,
    which docker compose takes instead of `restart`. `members` maps what is written of it to the lines.
    """

    name: str
    line: int
    command: tuple[str, ...] = ()
    environment: Mapping[str, str | None] = field(default_factory=dict, repr=False)
    lines: Mapping[str, int] = field(default_factory=dict)
    env_file: tuple[str, ...] = ()
    image: str | None = None
    container: str | None = None
    ports: tuple[PublishedPort, ...] = ()
    depends_on: Mapping[str, str] = field(default_factory=dict)
    restart: str | None = None
    network_mode: str | None = None
    mounts: tuple[ComposeMount, ...] = ()
    members: Mapping[str, int] = field(default_factory=dict)
    deploy_restart: str | None = None
    entrypoint: tuple[str, ...] = ()

    @property
    def role(self) -> str | None:
        """`worker` or `api`: by the name, else by the sub-command of a codechunking image; None for others."""
        if self.name in ("worker", "api"):
            return self.name
        ours = "codechunk" in f"{self.image or ''} {self.container or ''}"
        words = [word for word in self.start if not word.startswith("-")]
        return words[0] if ours and words and words[0] in ("worker", "api") else None

    @property
    def start(self) -> tuple[str, ...]:
        """What the program gets: its command, behind what else the entry point says where that is written."""
        return (*self.entrypoint[1:], *self.command)


@value
class Compose:
    """The compose file of the installation; `path` is None when there is none or it cannot be read."""

    path: str | None = None
    services: Mapping[str, ComposeService] = field(default_factory=dict)


@value
class BaseConfig:
    """
    The `config.yaml` beside the loaded file, when that is another one.

    `path` is None when there is none, when it is the loaded file itself, or when it does not parse.
    """

    path: str | None = None
    entries: tuple[Entry, ...] = ()

    def has_section(self, prefix: str) -> bool:
        """Whether it holds this key or anything below it."""
        return any(entry.key == prefix or entry.key.startswith(prefix + ".") for entry in self.entries)


@value
class TrackedValue:
    """A value of a secret's key in a file that git tracks. `name` is the dotted key or the variable's name."""

    name: str
    value: str = field(repr=False)
    line: int = 0


@value
class TrackedFile:
    """
    A configuration, compose or dotenv file that git tracks, with the values of secret keys in it.

    `ignored` when a `.gitignore` names it already, which has no effect on a file that is tracked. `kind` is
    `config`, `compose` or `dotenv`.
    """

    path: str
    values: tuple[TrackedValue, ...] = ()
    kind: str = "config"
    ignored: bool = False


@value
class Tracked:
    """
    What git tracks. `work_tree` is false where there is none.

    `unknown` is why git could not be asked although there is a work tree: it is not installed, or it refuses.
    """

    work_tree: bool = False
    files: tuple[TrackedFile, ...] = ()
    unknown: str | None = None


@value
class HelperScripts:
    """
    The script that the troubleshooting guide tells to call. `mode` is None when it is not there, or where files have no
    such thing; `missing` are the files that it calls and that are not there.
    """

    path: str = "scripts/check_jobs.sh"
    mode: int | None = None
    missing: tuple[str, ...] = ()
