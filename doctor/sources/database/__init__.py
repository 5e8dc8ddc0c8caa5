"""The database: the way to it, the schema in it, and its rows."""

from __future__ import annotations

from doctor.sources import migrations
from doctor.sources.database import batches, budget, connection, derived, jobs, schema, server

SOURCES = (
    *connection.SOURCES,
    *server.SOURCES,
    *migrations.SOURCES,
    *schema.SOURCES,
    *jobs.SOURCES,
    *batches.SOURCES,
    *budget.SOURCES,
    *derived.SOURCES,
)
