"""The files in `migrations/`, as golang-migrate would see them; they are never opened."""

from __future__ import annotations

import itertools
import os
import re

from doctor.engine import Touches, source
from doctor.facts import MigrationFiles
from doctor.target import Target

FOLDER = "migrations"
# golang-migrate 4.19, source/parse.go.
NAME = re.compile(r"([0-9]+)_(.*)\.(down|up)\.(.*)")
# Entries looked at; nobody has as many migrations.
MOST = 10_000


def touches(target: Target) -> Touches:
    """The folder's list of names."""
    return Touches(files=(FOLDER,))


@source("migrations", deadline=5, touches=touches, lasting=True)
def migration_files(target: Target) -> MigrationFiles:
    """The numbers of the migrations in the working directory."""
    try:
        with os.scandir(target.path(FOLDER)) as entries:
            names = sorted(entry.name for entry in itertools.islice(entries, MOST) if not entry.is_dir())
    except (FileNotFoundError, NotADirectoryError):
        return MigrationFiles(exists=False)
    except OSError as error:
        return MigrationFiles(problem=error.strerror or str(error))
    found: dict[tuple[int, str], list[str]] = {}
    for name in names:
        parts = NAME.fullmatch(name)
        # Larger numbers fit no bigint, and migrate passes over what it cannot read.
        if parts is not None and len(parts[1]) < 19:
            found.setdefault((int(parts[1]), parts[3]), []).append(name)
    doubled = {number: tuple(same) for (number, _), same in sorted(found.items()) if len(same) > 1}
    return MigrationFiles(numbers=tuple(sorted(number for number, way in found if way == "up")), doubled=doubled)


SOURCES = (migration_files,)
