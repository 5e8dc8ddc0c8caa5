"""How far the way to the database leads, and what kind of server stands at its end."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from enum import StrEnum

from doctor.model import Location
from doctor.values import value


class Rung(StrEnum):
    """The steps to a database in the order in which they are taken."""

    SETTINGS = "settings"
    NAME = "name"
    ANSWER = "answer"
    TLS = "tls"
    LOGIN = "login"
    DATABASE = "database"
    SLOT = "slot"
    SESSION = "session"


class Fault(StrEnum):
    """What can go wrong on the way; each belongs to one rung."""

    SETTINGS_REFUSED = "settings refused"
    NAME_UNKNOWN = "name unknown"
    REFUSED = "refused"
    NO_ROUTE = "no route"
    TIMED_OUT = "timed out"
    NO_SOCKET = "no socket"
    NO_ANSWER = "no answer"
    BROKEN_OFF = "broken off"
    OTHER_PROTOCOL = "other protocol"
    STARTING = "starting"
    SHUTTING_DOWN = "shutting down"
    TLS_NOT_OFFERED = "TLS not offered"
    TLS_INSISTED_ON = "TLS insisted on"
    TLS_FAILED = "TLS failed"
    CERTIFICATE_REFUSED = "certificate refused"
    CLIENT_CERTIFICATE = "client certificate"
    PASSWORD_REFUSED = "password refused"  # noqa: S105 - a word for a fault
    LOGIN_REFUSED = "login refused"
    NO_ENTRY = "no pg_hba entry"
    METHOD_UNKNOWN = "login method unknown"
    DATABASE_MISSING = "database missing"
    CONNECT_DENIED = "connect denied"
    NO_SLOT = "no slot"
    SESSION_REFUSED = "session refused"

    @property
    def rung(self) -> Rung:
        """The step that fails with it."""
        return _RUNGS[self]


_RUNGS = {
    Fault.SETTINGS_REFUSED: Rung.SETTINGS,
    Fault.NAME_UNKNOWN: Rung.NAME,
    Fault.REFUSED: Rung.ANSWER,
    Fault.NO_ROUTE: Rung.ANSWER,
    Fault.TIMED_OUT: Rung.ANSWER,
    Fault.NO_SOCKET: Rung.ANSWER,
    Fault.NO_ANSWER: Rung.ANSWER,
    Fault.BROKEN_OFF: Rung.ANSWER,
    Fault.OTHER_PROTOCOL: Rung.ANSWER,
    Fault.STARTING: Rung.ANSWER,
    Fault.SHUTTING_DOWN: Rung.ANSWER,
    Fault.TLS_NOT_OFFERED: Rung.TLS,
    Fault.TLS_INSISTED_ON: Rung.TLS,
    Fault.TLS_FAILED: Rung.TLS,
    Fault.CERTIFICATE_REFUSED: Rung.TLS,
    Fault.CLIENT_CERTIFICATE: Rung.TLS,
    Fault.PASSWORD_REFUSED: Rung.LOGIN,
    Fault.LOGIN_REFUSED: Rung.LOGIN,
    Fault.NO_ENTRY: Rung.LOGIN,
    Fault.METHOD_UNKNOWN: Rung.LOGIN,
    Fault.DATABASE_MISSING: Rung.DATABASE,
    Fault.CONNECT_DENIED: Rung.SESSION,
    Fault.NO_SLOT: Rung.SLOT,
    Fault.SESSION_REFUSED: Rung.SESSION,
}


@value
class Obstacle:
    """Where the way ended: the fault, in the words of the system or the server, and PostgreSQL's code if it has one."""

    fault: Fault
    text: str
    sqlstate: str | None = None

    @property
    def rung(self) -> Rung:
        """The step that fails."""
        return self.fault.rung


@value
class Connection:
    """
    The way to the database with the values that the program's driver (pgx) ends up with.

    `host` and `port` are what the program uses, `asked` is where the doctor asked instead when that is another place
    (a published port of a compose service), in words. `at` is the place that supplies the host. `obstacle` is None
    when the way leads to the end. `local` says whether the server is on this machine. `reported` are those of its
    settings that the server tells of its own accord. `differences` are sentences on what the driver of `migrate`
    (lib/pq) makes of the same settings otherwise.
    """

    host: str
    port: int
    user: str
    database: str
    sslmode: str
    at: Location
    asked: str | None = None
    obstacle: Obstacle | None = None
    tls: bool = False
    local: bool = False
    reported: Mapping[str, str] = field(default_factory=dict)
    differences: tuple[str, ...] = ()

    @property
    def address(self) -> str:
        """Host and port as one writes them; a socket's directory alone."""
        if self.host.startswith("/"):
            return self.host
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    def failed(self, *rungs: Rung) -> Obstacle | None:
        """The obstacle, when it is on one of these steps."""
        return self.obstacle if self.obstacle is not None and self.obstacle.rung in rungs else None


@value
class Server:
    """
    The server that answers, as the logged-in role sees it.

    `version` is PostgreSQL's number (160014). `started_at` is in seconds since the epoch. `reserved` are the slots
    kept for superusers and for pg_use_reserved_connections. `used` counts sessions of all databases, None where
    that cannot be seen. `pooler` says that a connection pooler answers in the server's place. `ahead` is how many
    seconds its clock is ahead of this machine's.
    """

    version: int
    started_at: float | None = None
    max_connections: int | None = None
    reserved: int = 0
    used: int | None = None
    role: str = ""
    superuser: bool = False
    standby: bool = False
    read_only: bool = False
    pooler: bool = False
    ahead: float | None = None

    @property
    def shown_version(self) -> str:
        """As people write it: 16.14."""
        return f"{self.version // 10000}.{self.version % 10000}"


@value
class MissingRight:
    """One privilege that the role lacks: `right` is PostgreSQL's word, `object` the qualified name, `kind` its type."""

    kind: str
    object: str
    right: str


@value
class Privileges:
    """What the role may not do although the program does it, and who owns the objects."""

    role: str
    missing: tuple[MissingRight, ...] = ()
    owner: str | None = None
