"""The servers that `nats.url` names, as nats.go reads it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from doctor.golang import neturl
from doctor.sources.network import ESCAPED, unreadable

PORT = 4222
WEBSOCKET = ("ws", "wss")
# More servers of a list are not tried.
MOST = 8


@dataclass(frozen=True, slots=True)
class Address:
    """
    One server: where it is, and what is sent as a login, which is nothing without one in the URL.

    `fault` is why the client does not get to try it; there is no host then.
    """

    host: str = ""
    port: int = 0
    login: Mapping[str, str] = field(default_factory=dict, repr=False)
    tls: bool = False
    fault: str | None = None

    @property
    def name(self) -> str:
        """Host and port as they are written."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def url(self) -> str:
        """The URL without a login; empty where it cannot be told from the rest."""
        return f"{'tls' if self.tls else 'nats'}://{self.name}" if self.host else ""

    @property
    def kind_of_login(self) -> str | None:
        """`user`, `token`, or None for no login."""
        return "token" if "auth_token" in self.login else "user" if self.login else None


def addresses(url: str) -> tuple[Address, ...]:
    """
    The servers of a URL, or of a list with commas (nats.go 1.x, `processUrlString` and `addURLToPool`).

    TLS is either wanted of all or of none of them.
    """
    parts = [each.strip().removesuffix("/") for each in url.split(",")]
    found = [_read(each, url) for each in parts if each][:MOST]
    secure = any(each.tls for each in found)
    return tuple(Address(each.host, each.port, each.login, secure, each.fault) for each in found)


def _read(text: str, url: str) -> Address:
    """One of them. A comma in a password makes two of it, so what goes wrong is told with regard to the whole URL."""
    full = text if "://" in text else f"nats://{text}"
    try:
        parsed = neturl.parse(full)
        host, port = parsed.host_and_port
        if not port:
            parsed = neturl.parse(f"{full.removesuffix(':')}:{PORT}")
            host, port = parsed.host_and_port
    except ValueError as error:
        return Address(fault=unreadable(url, error))
    if parsed.user is None and "@" in text:
        # What the client takes for the host is the beginning of a login.
        return Address(fault=f"it cannot be read; {ESCAPED}")
    if parsed.scheme in WEBSOCKET:
        return Address(fault="it is an address for web sockets, which do not go together with nats://")
    if not port or int(port) > 65535:
        return Address(fault="it has no port that can be used")
    return Address(host or "localhost", int(port), _login(parsed), parsed.scheme == "tls")


def _login(parsed: neturl.URL) -> dict[str, str]:
    """A user alone is a token."""
    if parsed.user is None:
        return {}
    name, password = (None if each is None else each.decode("utf-8", "replace") for each in parsed.user)
    return {"auth_token": name or ""} if password is None else {"user": name or "", "pass": password}
