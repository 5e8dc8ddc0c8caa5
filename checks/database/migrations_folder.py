"""database.migrations-folder: there is something to migrate and nothing to do it with."""

from __future__ import annotations

from collections.abc import Iterator

from checks.database._migrations import row
from doctor.api import Finding, Fix, Guide, Location, Severity, Skipped, check, facts, migrations

FOLDER = "migrations"


@check(
    id="database.migrations-folder",
    title="migrate will not find usable migration files",
    severity=Severity.WARNING,
    guide=Guide.JOBS,
)
def migrations_folder(schema: facts.Schema, files: facts.MigrationFiles, worker: facts.Worker) -> Iterator[Finding]:
    """
    Look into `migrations/` of the working directory while a migration is due.

    `migrate` takes its files from there, relative to where it is started, and refuses to work when one number is there
    twice, as it was in trees from 2025-11-26 to 2025-11-30.

    Why it matters: `migrate` stops with an error before it has done anything.

    Silent when: the database is at the newest version; the worker runs in a container, whose image brings the files.

    How to fix: start `migrate` in the checkout (`--dir` tells the doctor where that is); update the tree.
    """
    if worker.kind is facts.Habitat.CONTAINER:
        raise Skipped("the image of the worker brings its own migration files")
    found = row(schema)
    if found is not None and not found.dirty and found.version >= (files.newest or migrations.catalogue().newest):
        return
    problem = _problem(files)
    if problem is not None:
        what, summary = problem
        yield Finding(what, at=Location.directory(FOLDER), fix=Fix(summary))


def _problem(files: facts.MigrationFiles) -> tuple[str, str] | None:
    if files.problem is not None:
        return f"{FOLDER}/ cannot be read: {files.problem}", "Let the user who migrates read it."
    if not files.exists:
        return f"there is no {FOLDER}/ in the working directory", "Start migrate in the directory of the checkout."
    if files.doubled:
        number, names = next(iter(files.doubled.items()))
        what = f"{FOLDER}/ has number {number} more than once: {', '.join(names[:4])}"
        return what, "Update the tree: the program renumbered its files on 2025-11-30."
    if not files.numbers:
        return f"{FOLDER}/ holds no file that leads up", "Start migrate in the directory of the checkout."
    return None
