"""database.vector-schema: pgvector in a schema that the program does not search."""

from __future__ import annotations

from collections.abc import Iterator

from checks.database._ladder import ROWS
from doctor.api import Finding, Fix, Location, Place, Severity, check, facts

SCHEMA = "codechunking"


@check(
    id="database.vector-schema",
    title="pgvector lies where the program does not look",
    severity=Severity.ERROR,
    blocks=ROWS,
)
def vector_schema(schema: facts.Schema) -> Iterator[Finding]:
    """
    Compare the schema of the extension vector with the one search path that the program connects with: codechunking.

    The migrations ask for that schema, but pass over an extension that was there before, as providers of databases make
    it in `public`. They succeed all the same.

    Why it matters: every search and every vector to be stored fails with `type "vector" does not exist`.

    Silent when: it is pg_trgm or uuid-ossp that lies elsewhere: those are found wherever they are.

    How to fix: move it, as its owner or a superuser: `ALTER EXTENSION vector SET SCHEMA codechunking`.
    """
    vector = schema.extension("vector")
    if vector.schema in (None, SCHEMA):
        return
    yield Finding(
        f"the extension vector is in schema {vector.schema}, and the program looks in {SCHEMA} only",
        at=Location(Place.DATABASE, name="vector", detail="extension"),
        fix=Fix("Move it, as its owner or a superuser.", (f"ALTER EXTENSION vector SET SCHEMA {SCHEMA};",)),
    )
