"""What is in schema codechunking, what is written about its version, and the migration files at hand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property

from doctor.values import value

SCHEMA = "codechunking"
VERSION_TABLE = "schema_migrations"


class ObjectKind(StrEnum):
    """The kinds of objects that are compared."""

    TABLE = "table"
    PARTITION = "partition"
    COLUMN = "column"
    CONSTRAINT = "constraint"
    INDEX = "index"
    TRIGGER = "trigger"
    FUNCTION = "function"
    VIEW = "view"


@value
class SchemaObject:
    """
    One object, in PostgreSQL's own words.

    `table` is the one it belongs to: a partition's parent, empty for what stands alone. `definition` is a column's
    type, a partition's bounds, a partitioned table's key, a function's result, a view's columns, and for the rest what
    pg_get_...def says. What is inherited from a parent is no object of its own. `valid` is false for an index that
    was not built to the end, and for a trigger that is switched off.
    """

    kind: ObjectKind
    table: str
    name: str
    definition: str = ""
    nullable: bool = True
    default: str | None = None
    valid: bool = True


@value
class Extension:
    """
    An extension that codechunking needs.

    `version` and `schema` are those of the created one, None when it is not created; `available` is the version
    that could be created, None when the server does not have its files.
    """

    name: str
    version: str | None = None
    schema: str | None = None
    available: str | None = None

    @property
    def number(self) -> tuple[int, ...]:
        """The version as numbers, empty when it is not created."""
        digits = (self.version or "").split(".")
        return tuple(int(each) for each in digits if each.isdecimal())


@value
class VersionRow:
    """What the version table says: the number of a migration, and whether it is unfinished."""

    version: int
    dirty: bool = False


@value
class VersionTable:
    """
    A table by the name of golang-migrate's, in any schema.

    `rows` are the first few, None when they cannot be read, with `problem` as the reason. `writable` says whether
    this role could migrate with it. A table of another shape belongs to another tool and is not listed.
    """

    schema: str
    rows: tuple[VersionRow, ...] | None = ()
    problem: str | None = None
    writable: bool = True

    @property
    def name(self) -> str:
        """The qualified name."""
        return f"{self.schema}.{VERSION_TABLE}"


@dataclass(frozen=True)
class Schema:
    """
    The schema as it is, and what migrate would find.

    `current` is the schema in which migrate looks for its table, when it logs in with this role; `path` is a search
    path that somebody set, and `path_of` for whom (`role "dev"`), both None where nobody did. `migrating` says that a
    migrate holds its lock at this moment. `creator` says whether the role may create schemas in this database.
    """

    exists: bool = True
    objects: tuple[SchemaObject, ...] = ()
    extensions: Mapping[str, Extension] = field(default_factory=dict)
    version_tables: tuple[VersionTable, ...] = ()
    current: str | None = "public"
    path: str | None = None
    path_of: str | None = None
    migrating: bool = False
    role: str = ""
    superuser: bool = False
    creator: bool = True

    @cached_property
    def tables(self) -> frozenset[str]:
        """The names of the tables that are there, partitions included."""
        return frozenset(each.name for each in self.objects if each.kind in (ObjectKind.TABLE, ObjectKind.PARTITION))

    @cached_property
    def by_table(self) -> Mapping[tuple[ObjectKind, str], tuple[SchemaObject, ...]]:
        """The objects of one kind that belong to one table."""
        found: dict[tuple[ObjectKind, str], tuple[SchemaObject, ...]] = {}
        for each in self.objects:
            found[each.kind, each.table] = (*found.get((each.kind, each.table), ()), each)
        return found

    def extension(self, name: str) -> Extension:
        """The extension, created or not."""
        return self.extensions.get(name, Extension(name))

    @property
    def version(self) -> VersionRow | None:
        """What the version table says, None unless exactly one table has exactly one row."""
        if len(self.version_tables) != 1 or len(self.version_tables[0].rows or ()) != 1:
            return None
        return (self.version_tables[0].rows or ())[0]

    @property
    def unreadable(self) -> VersionTable | None:
        """The one version table, when this role may not read it."""
        if len(self.version_tables) == 1 and self.version_tables[0].rows is None:
            return self.version_tables[0]
        return None


@value
class MigrationFiles:
    """
    What migrate would find in `migrations/` of the working directory.

    `numbers` are those of the files that lead up. `doubled` are numbers that two files have, with their names.
    `problem` is why the directory cannot be read, None when it can or is not there.
    """

    exists: bool = True
    numbers: tuple[int, ...] = ()
    doubled: Mapping[int, tuple[str, ...]] = field(default_factory=dict)
    problem: str | None = None

    @property
    def newest(self) -> int | None:
        """The highest number, None without files."""
        return self.numbers[-1] if self.numbers else None
