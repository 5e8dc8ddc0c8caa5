"""Schemas for tests, as a migration leaves them or damaged."""

from __future__ import annotations

import dataclasses
from typing import Any

from doctor import migrations
from doctor.facts import Extension, ObjectKind, Schema, SchemaObject, VersionRow, VersionTable

EXTENSIONS = {
    "vector": Extension("vector", "0.8.0", "codechunking", "0.8.0"),
    "uuid-ossp": Extension("uuid-ossp", "1.1", "public", "1.1"),
    "pg_trgm": Extension("pg_trgm", "1.6", "codechunking", "1.6"),
}
NOT_CREATED = {name: Extension(name, None, None, each.available) for name, each in EXTENSIONS.items()}


def at(version: int, /, **changes: Any) -> Schema:
    """A schema as a migration leaves it, its version written down in `public`."""
    objects = tuple(map(_told, (part.object for part in migrations.expected(version))))
    tables = (VersionTable("public", (VersionRow(version),) if version else ()),)
    extensions = EXTENSIONS if version else NOT_CREATED
    schema = Schema(version > 0, objects, extensions, tables, role="dev", superuser=True)
    return dataclasses.replace(schema, **changes)


def _told(each: SchemaObject) -> SchemaObject:
    """As the server tells it."""
    if each.kind is not ObjectKind.INDEX:
        return each
    definition = f"CREATE INDEX {each.name} ON codechunking.{each.table} USING {each.definition}"
    return dataclasses.replace(each, definition=definition)


def marked(schema: Schema, version: int, *, dirty: bool = False) -> Schema:
    """The same with another version written down."""
    return dataclasses.replace(schema, version_tables=(VersionTable("public", (VersionRow(version, dirty),)),))


def without(schema: Schema, *names: str) -> Schema:
    """The same without objects of these names and what belongs to them."""
    left = tuple(each for each in schema.objects if each.name not in names and each.table not in names)
    return dataclasses.replace(schema, objects=left)


def changed(schema: Schema, name: str, /, **changes: Any) -> Schema:
    """The same with the objects of one name otherwise."""
    objects = tuple(dataclasses.replace(each, **changes) if each.name == name else each for each in schema.objects)
    return dataclasses.replace(schema, objects=objects)
