"""The way to the database, its migrations and schema, and what the program may do there."""

from __future__ import annotations

from checks.database.auth import auth
from checks.database.connections_exhausted import connections_exhausted
from checks.database.dns import dns
from checks.database.missing import missing
from checks.database.privileges import privileges
from checks.database.tls import tls
from checks.database.unreachable import unreachable

SOCKETS = True

CHECKS = (
    dns,
    unreachable,
    tls,
    auth,
    missing,
    connections_exhausted,
    privileges,
)
