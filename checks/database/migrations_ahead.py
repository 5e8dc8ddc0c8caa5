"""database.migrations-ahead: a program that is older than its tables."""

from __future__ import annotations

from collections.abc import Iterator

from checks.database._migrations import newest, place, row
from doctor.api import Finding, Fix, Severity, check, facts


@check(
    id="database.migrations-ahead",
    title="The database is newer than this program",
    severity=Severity.WARNING,
    blocked_by=("database.version-table",),
)
def migrations_ahead(schema: facts.Schema, files: facts.MigrationFiles) -> Iterator[Finding]:
    """
    Compare the version of the database with the newest file in `migrations/`.

    Without the files at hand the newest that is known here counts.

    Why it matters: a newer program has changed the tables, and this one may fail on them; `migrate` refuses to go down
    because it does not have the files.

    Silent when: the checkout has the file of that number, even if this doctor does not know it yet.

    How to fix: update the program. Do not migrate with the old one.
    """
    found = row(schema)
    if found is None or found.version <= newest(files):
        return
    last = newest(files)
    known = f"the newest file in migrations/ is {last}" if files.numbers else f"the newest that is known is {last}"
    yield Finding(
        f"the database is at migration {found.version}, and {known}",
        at=place(schema, f"version {found.version}"),
        fix=Fix("Update the program to the version that migrated the database; do not migrate with this one."),
    )
