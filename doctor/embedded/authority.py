"""A certificate authority of our own for loopback, and certificates with everything wrong that can be."""

from __future__ import annotations

import ssl
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import trustme

INSPECTION = "Example Corp Inspection CA"

# Clients that are pointed at the stand-in by its address ask for these.
LOOPBACK = ("localhost", "127.0.0.1")


class Authority:
    """Whoever trusts `certificate_file()` believes its contexts, unless they are asked to be wrong."""

    def __init__(self) -> None:
        self._ca = trustme.CA(organization_name="codechunk-doctor")
        self._stranger = trustme.CA(organization_name=INSPECTION)
        self._contexts: dict[tuple[object, ...], ssl.SSLContext] = {}
        self._lock = threading.Lock()

    def certificate_file(self, path: Path) -> Path:
        """The authority's certificate as PEM: written to `path`, or into it if it is a directory."""
        file = path / "authority.pem" if path.is_dir() else path
        self._ca.cert_pem.write_to_path(file)
        return file

    def context(
        self,
        server_name: str,
        /,
        *,
        name: str = "",
        expired: bool = False,
        early: bool = False,
        untrusted: bool = False,
    ) -> ssl.SSLContext:
        """
        The server's side for who asks for `server_name`; also good for loopback.

        `name` is what the certificate says instead, and nothing else. It is over since yesterday if `expired`, begins
        tomorrow if `early`, and comes from an inspecting proxy's authority that nobody knows if `untrusted`.
        """
        key = (server_name, name, expired, early, untrusted)
        with self._lock:
            if key not in self._contexts:
                names = (name,) if name else dict.fromkeys((server_name, *LOOPBACK))
                self._contexts[key] = self._made(tuple(names), expired, early, untrusted)
            return self._contexts[key]

    def _made(self, names: tuple[str, ...], expired: bool, early: bool, untrusted: bool) -> ssl.SSLContext:
        day, now = timedelta(days=1), datetime.now(UTC)
        start = now - 30 * day if expired else now + day if early else now - day
        end = now - day if expired else now + 30 * day
        issuer = self._stranger if untrusted else self._ca
        certificate = issuer.issue_cert(*names, not_before=start, not_after=end)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        certificate.configure_cert(context)
        return context
