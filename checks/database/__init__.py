"""The way to the database, its migrations and schema, and what the program may do there."""

from __future__ import annotations

from checks.database.auth import auth
from checks.database.connections_exhausted import connections_exhausted
from checks.database.dns import dns
from checks.database.extension_missing import extension_missing
from checks.database.migrations_ahead import migrations_ahead
from checks.database.migrations_behind import migrations_behind
from checks.database.migrations_dirty import migrations_dirty
from checks.database.migrations_folder import migrations_folder
from checks.database.missing import missing
from checks.database.never_migrated import never_migrated
from checks.database.other_server import other_server
from checks.database.privileges import privileges
from checks.database.schema_drift import schema_drift
from checks.database.tls import tls
from checks.database.unreachable import unreachable
from checks.database.vector_schema import vector_schema
from checks.database.version_table import version_table

SOCKETS = True

CHECKS = (
    dns,
    unreachable,
    tls,
    auth,
    missing,
    connections_exhausted,
    other_server,
    never_migrated,
    migrations_behind,
    migrations_dirty,
    migrations_ahead,
    version_table,
    migrations_folder,
    schema_drift,
    extension_missing,
    vector_schema,
    privileges,
)
