"""
What each of codechunking's migrations makes, and how a schema differs from what it should be.

`data/schema.json` is the catalogue of a real PostgreSQL 18 after each of the twenty migrations, written by
`python -m tests.schema_catalogue`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property

from doctor.drift import How
from doctor.facts.schema import SCHEMA, ObjectKind, Schema, SchemaObject
from doctor.values import value

PARTITIONED = "embeddings_partitioned"

# What has a name of its own: tables, partitions and the view; functions.
RELATIONS = (
    "repositories",
    "indexing_jobs",
    "code_chunks",
    "embeddings",
    PARTITIONED,
    *(f"{PARTITIONED}_{remainder}" for remainder in range(4)),
    "batch_job_progress",
    "connectors",
    "embeddings_partition_monitoring",
)
FUNCTIONS = ("update_updated_at_column", "add_embeddings_partition", "get_embeddings_partition_stats")

# Where an extension's objects lie when nobody moved it.
HOMES = {"vector": SCHEMA, "pg_trgm": SCHEMA, "uuid-ossp": "public"}
OWNERS = {
    "vector": "vector",
    "vector_cosine_ops": "vector",
    "gin_trgm_ops": "pg_trgm",
    "uuid_generate_v4": "uuid-ossp",
}


@value
class Part:
    """
    An object that should be there from migration `since` on, up to and with `until` if that is not None.

    `definition` of `object` is in normal form. `statement` makes it, with `@extension@` where the schema of an
    extension is to stand.
    """

    object: SchemaObject
    since: int
    until: int | None
    statement: str

    @property
    def extension(self) -> str | None:
        """The extension without which it cannot be made, uuid-ossp excepted: that goes with the default alone."""
        found = re.search(r"@(vector|pg_trgm)@", self.statement)
        return found[1] if found else None

    def at(self, version: int) -> bool:
        """Whether it should be there at this version."""
        return self.since <= version and (self.until is None or version <= self.until)


@dataclass(frozen=True)
class Catalogue:
    """All parts, and the names of the migrations by number."""

    names: Mapping[int, str]
    parts: tuple[Part, ...]

    @property
    def newest(self) -> int:
        """The newest migration that is known here."""
        return max(self.names)


@cache
def catalogue() -> Catalogue:
    """The catalogue of the data file; whoever observes a schema has read it."""
    import json
    from importlib.resources import files

    data = json.loads((files("doctor") / "data" / "schema.json").read_text(encoding="utf-8"))
    parts = []
    for entry in data["parts"]:
        about = {name: value for name, value in entry.items() if name not in ("since", "until", "statement", "kind")}
        made = SchemaObject(ObjectKind(entry["kind"]), **about)
        parts.append(Part(made, entry["since"], entry["until"], "\n".join(entry["statement"])))
    return Catalogue({int(number): name for number, name in data["names"].items()}, tuple(parts))


def expected(version: int) -> tuple[Part, ...]:
    """What should be there after this migration."""
    return tuple(part for part in catalogue().parts if part.at(version))


def made_by(number: int) -> tuple[Part, ...]:
    """What this migration adds or makes anew."""
    return tuple(part for part in catalogue().parts if part.since == number)


# --- comparing -----------------------------------------------------------------------------------------------------

_QUALIFIER = re.compile(r'(?:\b\w+|"[^"]+")\.(?=(?:' + "|".join(OWNERS) + r")\b)")
_LITERAL = re.compile(r"'((?:[^']|'')*)'")
_BOUND = re.compile(r"modulus (\d+), remainder (\d+)", re.IGNORECASE)


def normal(text: str) -> str:
    """A definition without what depends on where things lie, and on the version of the server."""
    text = _QUALIFIER.sub("", text.replace(f"{SCHEMA}.", ""))
    return text.replace("now()", "CURRENT_TIMESTAMP").removesuffix(" NOT VALID")


def normal_index(text: str) -> str:
    """The same for an index, whose name and table do not matter."""
    start, _, rest = text.partition(" USING ")
    return ("UNIQUE " if start.startswith("CREATE UNIQUE") else "") + normal(rest)


def normalised(each: SchemaObject) -> SchemaObject:
    """The object in the form in which it is compared."""
    definition = normal_index(each.definition) if each.kind is ObjectKind.INDEX else normal(each.definition)
    default = None if each.default is None else normal(each.default)
    return SchemaObject(each.kind, each.table, each.name, definition, each.nullable, default, each.valid)


@value
class Difference:
    """A part that is missing or otherwise; `seen` is what is there in its place."""

    part: Part
    how: How
    seen: str | None = None


@dataclass(frozen=True)
class _Present:
    """A schema, arranged for looking things up."""

    schema: Schema
    by_name: dict[tuple[ObjectKind, str, str], SchemaObject] = field(default_factory=dict)
    definitions: dict[tuple[ObjectKind, str], dict[str, SchemaObject]] = field(default_factory=dict)

    @classmethod
    def of(cls, schema: Schema) -> _Present:
        present = cls(schema)
        for each in map(normalised, schema.objects):
            present.by_name[each.kind, each.table, each.name] = each
            same = present.definitions.setdefault((each.kind, each.table), {})
            # A valid one stands for its twins.
            if each.valid or each.definition not in same:
                same[each.definition] = each
        return present

    def relation(self, name: str) -> SchemaObject | None:
        kinds = (ObjectKind.TABLE, ObjectKind.PARTITION)
        found = (each for each in self.schema.objects if each.kind in kinds and each.name == name)
        return next(found, None)

    @cached_property
    def covered(self) -> frozenset[int]:
        """The remainders modulo 4 of which every row finds a partition, whatever the partitions are called."""
        bounds = [
            (int(match[1]), int(match[2]))
            for each in self.schema.by_table.get((ObjectKind.PARTITION, PARTITIONED), ())
            if (match := _BOUND.search(each.definition))
        ]
        # Moduli of one table divide each other.
        common = math.lcm(4, *(modulus for modulus, _ in bounds)) if bounds else 4
        if common > 4096:
            common = 4
        held = {number for modulus, rest in bounds for number in range(rest, common, modulus)}
        return frozenset(rest for rest in range(4) if all(number in held for number in range(rest, common, 4)))


def differences(schema: Schema, version: int) -> tuple[Difference, ...]:
    """
    Where a schema is not as it should be after this migration.

    Of a table or partition that is missing, what belongs to it is not listed. Objects that nobody expects do not
    matter; nor does the name of an index, or of a constraint, that is there under another one.
    """
    return tuple(_differences(_Present.of(schema), expected(version)))


def _differences(present: _Present, parts: Iterable[Part]) -> Iterator[Difference]:
    gone: set[str] = set()
    for part in parts:
        if part.object.table in gone:
            if part.object.kind is ObjectKind.PARTITION:
                gone.add(part.object.name)
            continue
        found = _judge(present, part)
        if part.object.kind in (ObjectKind.TABLE, ObjectKind.PARTITION) and _replaced(present, part, found):
            gone.add(part.object.name)
        if found is not None:
            yield found


def _replaced(present: _Present, part: Part, found: Difference | None) -> bool:
    """Whether there is no table of that name whose own objects could be compared."""
    if found is not None:
        return found.how is not How.KIND
    attached = present.relation(part.object.name)
    return attached is None or attached.kind is not part.object.kind


def _judge(present: _Present, part: Part) -> Difference | None:
    wanted = part.object
    match wanted.kind:
        case ObjectKind.TABLE:
            return _judge_table(present, part)
        case ObjectKind.PARTITION:
            return _judge_partition(present, part)
        case ObjectKind.COLUMN:
            seen = present.by_name.get((wanted.kind, wanted.table, wanted.name))
            return Difference(part, How.MISSING) if seen is None else _judge_column(part, seen)
        case ObjectKind.CONSTRAINT | ObjectKind.INDEX:
            return _judge_by_definition(present, part)
    seen = present.by_name.get((wanted.kind, wanted.table, wanted.name))
    if seen is None:
        return Difference(part, How.MISSING)
    if not seen.valid:
        return Difference(part, How.DISABLED)
    # What a function or a trigger does is not compared; a view may have more columns than are known.
    if wanted.kind is not ObjectKind.VIEW or set(wanted.definition.split(", ")) <= set(seen.definition.split(", ")):
        return None
    return Difference(part, How.DEFINITION, seen.definition)


def _judge_table(present: _Present, part: Part) -> Difference | None:
    seen = present.relation(part.object.name)
    if seen is None:
        return Difference(part, How.MISSING)
    return None if normal(seen.definition) == part.object.definition else Difference(part, How.KIND, seen.definition)


def _judge_partition(present: _Present, part: Part) -> Difference | None:
    parent = present.relation(PARTITIONED)
    bound = _BOUND.search(part.object.definition)
    assert bound is not None
    # A parent that is no longer divided takes every row itself.
    if (parent is not None and not parent.definition) or int(bound[2]) in present.covered:
        return None
    alone = present.relation(part.object.name)
    return Difference(part, How.DETACHED if alone is not None else How.MISSING)


def _random(default: str | None) -> str | None:
    """Both functions give random ids."""
    return "gen_random_uuid()" if default == "uuid_generate_v4()" else default


_VARYING = re.compile(r"character varying(?:\((\d+)\))?")


def _judge_column(part: Part, seen: SchemaObject) -> Difference | None:
    wanted = part.object
    if seen.definition != wanted.definition:
        how = How.WIDER if _holds(seen.definition, wanted.definition) else How.TYPE
        return Difference(part, how, seen.definition)
    if seen.nullable != wanted.nullable:
        return Difference(part, How.NULLABLE if seen.nullable else How.NOT_NULL)
    if _random(seen.default) != _random(wanted.default):
        return Difference(part, How.DEFAULT, seen.default)
    return None


def _holds(seen: str, wanted: str) -> bool:
    """Whether a column of the one type takes and gives everything that one of the other does."""
    if (seen, wanted) == ("bigint", "integer"):
        return True
    ours, theirs = _VARYING.fullmatch(wanted), _VARYING.fullmatch(seen)
    if ours is None or (theirs is None and seen != "text"):
        return False
    return theirs is None or theirs[1] is None or (ours[1] is not None and int(theirs[1]) >= int(ours[1]))


def _judge_by_definition(present: _Present, part: Part) -> Difference | None:
    wanted = part.object
    named = present.by_name.get((wanted.kind, wanted.table, wanted.name))
    same = present.definitions.get((wanted.kind, wanted.table), {}).get(wanted.definition)
    index = wanted.kind is ObjectKind.INDEX
    for seen in (same, named):
        if seen is not None and (seen.valid or not index):
            return None if seen is same else _judge_named(part, seen)
    seen = same or named
    return Difference(part, How.MISSING) if seen is None else Difference(part, How.INVALID, seen.name)


def _judge_named(part: Part, seen: SchemaObject) -> Difference | None:
    """
    Something of the right name and another definition.

    What an index is limited to, and how a check is put, does not matter: its method does, and the values in it.
    """
    wanted = part.object
    if wanted.kind is ObjectKind.INDEX:
        same = seen.definition.split("(")[0] == wanted.definition.split("(")[0]
        return None if same else Difference(part, How.DEFINITION, seen.definition)
    if wanted.definition.startswith("CHECK"):
        lacking = sorted(set(_LITERAL.findall(wanted.definition)) - set(_LITERAL.findall(seen.definition)))
        return Difference(part, How.VALUES, ", ".join(lacking)) if lacking else None
    return Difference(part, How.DEFINITION, seen.definition)


# --- which version it is --------------------------------------------------------------------------------------------


@value
class Fit:
    """The versions that a schema looks like, and by how many objects it differs from them."""

    versions: tuple[int, ...]
    distance: int

    @property
    def exact(self) -> bool:
        """Whether it looks like them in every object."""
        return self.distance == 0

    @property
    def shown(self) -> str:
        """The versions in words."""
        words = [str(each) for each in self.versions]
        return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"


def fit(schema: Schema) -> Fit:
    """
    Which versions a schema is nearest to: several where migrations change no objects (10 and 11, for instance).

    Counts what is missing and what a later migration would have added, a missing table as one.
    """
    present = _Present.of(schema)
    distances = {version: _distance(present, version) for version in range(catalogue().newest + 1)}
    least = min(distances.values())
    return Fit(tuple(version for version, distance in distances.items() if distance == least), least)


# Where a wrong type, default or rule was set by hand, the object is still that migration's.
_THERE = (How.WIDER, How.NULLABLE, How.NOT_NULL, How.DEFAULT, How.DEFINITION, How.INVALID, How.DISABLED, How.TYPE)


def distance(schema: Schema, version: int) -> int:
    """By how many objects a schema differs from what it should be after this migration."""
    return _distance(_Present.of(schema), version)


def _distance(present: _Present, version: int) -> int:
    parts = [part for part in expected(version) if _possible(present, part)]
    lacking = sum(each.how not in _THERE for each in _differences(present, parts))
    return lacking + len(tuple(_early(present, version)))


def early(schema: Schema, version: int) -> tuple[Part, ...]:
    """What is there although a later migration is to make it, which will fail on it."""
    return tuple(_early(_Present.of(schema), version))


def _early(present: _Present, version: int) -> Iterator[Part]:
    fresh: set[str] = set()
    for part in catalogue().parts:
        if part.since <= version or not _is_there(present, part):
            continue
        # A table that came later is one object too many, with all that belongs to it.
        if part.object.kind in (ObjectKind.TABLE, ObjectKind.PARTITION):
            fresh.add(part.object.name)
        if part.object.table not in fresh:
            yield part


def _possible(present: _Present, part: Part) -> bool:
    """Whether it could be there: what an extension took along says nothing about the version."""
    return part.extension is None or present.schema.extension(part.extension).version is not None


def _is_there(present: _Present, part: Part) -> bool:
    found = _judge(present, part)
    return found is None or found.how in _THERE


# --- statements ----------------------------------------------------------------------------------------------------


def statement(part: Part, schema: Schema) -> str:
    """What makes it, for a database whose extensions lie where this one's do."""
    return _placed(part.statement, schema)


def _placed(text: str, schema: Schema) -> str:
    for name, home in HOMES.items():
        text = text.replace(f"@{name}@", _quoted(schema.extension(name).schema or home))
    return text


def _quoted(name: str) -> str:
    return name if re.fullmatch(r"[a-z_][a-z0-9_]*", name) else '"' + name.replace('"', '""') + '"'


def rebuild(part: Part, schema: Schema, version: int) -> tuple[str, ...]:
    """The statements for a part, and for a table or partition those for all that belongs to it."""
    wanted = part.object
    if wanted.kind not in (ObjectKind.TABLE, ObjectKind.PARTITION):
        return (statement(part, schema),)
    own = [each for each in expected(version) if each.object.table == wanted.name]
    if wanted.kind is ObjectKind.PARTITION:
        return tuple(_placed(each.statement, schema) for each in (part, *own))
    inline = [_inline(each) for each in own if each.object.kind in (ObjectKind.COLUMN, ObjectKind.CONSTRAINT)]
    key = f" PARTITION BY {wanted.definition}" if wanted.definition else ""
    create = f"CREATE TABLE {SCHEMA}.{wanted.name} (\n  " + ",\n  ".join(inline) + f"\n){key};"
    rest: list[Part] = []
    for each in own:
        if each.object.kind in (ObjectKind.INDEX, ObjectKind.TRIGGER):
            rest.append(each)
        elif each.object.kind is ObjectKind.PARTITION:
            rest += [each, *(of for of in expected(version) if of.object.table == each.object.name)]
    return tuple(_placed(text, schema) for text in (create, *(each.statement for each in rest)))


def _inline(part: Part) -> str:
    """The part's clause of CREATE TABLE: what follows ADD or ADD COLUMN."""
    return re.sub(r"^ALTER TABLE \S+ ADD (COLUMN )?", "", part.statement).removesuffix(";")
