"""What the checks on migrations share: their order, the commands to type, and which version is the real one."""

from __future__ import annotations

from collections.abc import Iterator

from checks.database._ladder import COMPARED, MIGRATING, quoted
from doctor.api import Evidence, How, Location, Place, Skipped, facts, migrations

DEV = "configs/config.dev.yaml"
# File 9 names its table without a schema: in a session that did not run 8 it has to be found by the search path.
# public comes first, so that migrate still finds its own table.
BOTH_SCHEMAS = "-c search_path=public,codechunking"


def below(id: str) -> tuple[str, ...]:
    """The checks of this family that wait for this one."""
    return (*MIGRATING[MIGRATING.index(id) + 1 :], *COMPARED)


def newest(files: facts.MigrationFiles) -> int:
    """The number the database should have reached: the newest of the checkout, else of those known here."""
    return files.newest or migrations.catalogue().newest


def row(schema: facts.Schema) -> facts.VersionRow | None:
    """
    What the version table says.

    Raises Skipped when the role may not read it, or while a migrate is at work.
    """
    table = schema.unreadable
    if table is not None:
        raise Skipped(f"{table.name} cannot be read ({table.problem}); GRANT SELECT ON {table.name} would let it be")
    if schema.migrating:
        raise Skipped("a migrate is running at this moment; ask again when it is done")
    return schema.version


def place(schema: facts.Schema, detail: str | None = None) -> Location:
    """The version table as a place."""
    tables = schema.version_tables
    return Location(Place.DATABASE, name=tables[0].name if tables else "public.schema_migrations", detail=detail)


def called(number: int) -> str:
    """A migration as people write it: `9 (add_gemini_file_uri)`."""
    name = migrations.catalogue().names.get(number)
    return f"{number} ({name})" if name else str(number)


# --- the version that is real --------------------------------------------------------------------------------------

# Without these a statement of the program fails; the rest makes it slow or careless.
GRAVE = (How.MISSING, How.DETACHED, How.TYPE, How.VALUES)
# By name, as facts that need a server are loaded when one is asked.
GRAVE_KINDS = ("TABLE", "PARTITION", "COLUMN")


def is_grave(difference: migrations.Difference) -> bool:
    """Whether statements of the program fail because of it."""
    return difference.how is How.VALUES or (difference.how in GRAVE and difference.part.object.kind.name in GRAVE_KINDS)


def truth(schema: facts.Schema, version: int) -> migrations.Fit | None:
    """
    The versions whose objects are there, when that plainly is another one than the version table says.

    An index or a rule that the last migrations add and that is missing is no such case: it may have been dropped.
    """
    if version > migrations.catalogue().newest:
        return None
    fit = migrations.fit(schema)
    if version in fit.versions or not fit.exact:
        return None
    if version < fit.versions[0] or any(map(is_grave, migrations.differences(schema, version))):
        return fit
    return None


def named(differences: tuple[migrations.Difference, ...], most: int = 4) -> str:
    """The first few objects by name."""
    words = [name_of(each.part) for each in differences[:most]]
    more = f" and {len(differences) - most} more" if len(differences) > most else ""
    return ", ".join(words) + more


def name_of(part: migrations.Part) -> str:
    """An object by kind and name; columns with their table."""
    wanted = part.object
    name = f"{wanted.table}.{wanted.name}" if wanted.kind is facts.ObjectKind.COLUMN else wanted.name
    return f"{wanted.kind.value} {name}"


# --- commands ------------------------------------------------------------------------------------------------------


def migrate(config: facts.Resolution, worker: facts.Worker, words: str, options: str | None = None) -> str:
    """The command that migrates where the worker lives, with this configuration."""
    file = config.config_file or DEV
    if worker.kind is facts.Habitat.CONTAINER:
        variable = f" -e PGOPTIONS='{options}'" if options else ""
        return f"docker compose exec{variable} api /app/codechunking migrate {words} --config {file}"
    before = f"PGOPTIONS='{options}' " if options else ""
    if words == "up" and file == DEV:
        return f"{before}make migrate-up"
    return f"{before}go run main.go migrate {words} --config {file}"


def up(config: facts.Resolution, worker: facts.Worker, start: int) -> str:
    """The command that goes up from here."""
    return migrate(config, worker, "up", BOTH_SCHEMAS if start == 8 else None)


def force(config: facts.Resolution, worker: facts.Worker, schema: facts.Schema, number: int) -> str:
    """
    What makes the version table say this number.

    There is no file 0, and migrate would look for it: "nothing yet" is an empty table.
    """
    if number == 0:
        return f"DELETE FROM {place(schema).name};"
    return migrate(config, worker, f"force {number}")


def start_over(
    config: facts.Resolution, worker: facts.Worker, schema: facts.Schema, files: facts.MigrationFiles, number: int
) -> tuple[str, ...]:
    """Set the version to what is there, and go on from it."""
    forced = force(config, worker, schema, number)
    return (forced, up(config, worker, number)) if number < newest(files) else (forced,)


def in_containers(compose: facts.Compose, worker: facts.Worker) -> str:
    """The other way to migrate, where there is one."""
    if worker.kind is facts.Habitat.CONTAINER or "api" not in compose.services:
        return ""
    command = f"docker compose exec api /app/codechunking migrate up --config {DEV}"
    return f" Without Go, while the containers run: `{command}`."


# --- what stops single migrations ----------------------------------------------------------------------------------


DUPLICATES = (
    "SELECT array_agg(id), array_agg(url) FROM codechunking.repositories GROUP BY "
    "regexp_replace(regexp_replace(lower(url), '^http://', 'https://'), '/*(\\.git)?/*$', '') HAVING count(*) > 1;"
)


def hindrances(schema: facts.Schema, first: int, last: int) -> Iterator[tuple[str, str | None]]:
    """What is known to stop one of these migrations here: the reason, and a statement that helps."""
    if first <= 1:
        yield from _before_the_first(schema)
    trigrams = schema.extension("pg_trgm")
    if first <= 5 <= last:
        if trigrams.version is None and trigrams.available is None:
            yield "migration 5 needs pg_trgm, and this server does not have its files", None
        elif trigrams.schema not in (None, "public", "codechunking"):
            reason = f"migration 5 does not find what it needs of pg_trgm in schema {trigrams.schema}"
            yield reason, "ALTER EXTENSION pg_trgm SET SCHEMA public;"


def _before_the_first(schema: facts.Schema) -> Iterator[tuple[str, str | None]]:
    for name in ("vector", "uuid-ossp"):
        extension = schema.extension(name)
        if extension.version is None and extension.available is None:
            package = "pgvector" if name == "vector" else name
            yield f"migration 1 needs {package}, and this server does not have its files", None
    vector = schema.extension("vector")
    if vector.version is None and vector.available is not None and not schema.superuser:
        reason = f'migration 1 creates the extension vector, which role "{schema.role}" may not: a superuser has to'
        if not schema.exists:
            yield reason, f"CREATE SCHEMA codechunking AUTHORIZATION {quoted(schema.role)};"
        yield reason, "CREATE EXTENSION vector SCHEMA codechunking;"
    elif not schema.exists and not schema.creator:
        reason = f'role "{schema.role}" may not create a schema in this database'
        yield reason, f"CREATE SCHEMA codechunking AUTHORIZATION {quoted(schema.role)};"
    if schema.path is None and schema.current == schema.role != "public":
        reason = f"a schema has the name of the role, {schema.role}, and migrate would put its table there"
        yield reason, f"ALTER ROLE {quoted(schema.role)} SET search_path = public;"


def as_evidence(found: list[tuple[str, str | None]]) -> tuple[Evidence, ...]:
    """The reasons, each once."""
    return tuple(Evidence("hindrance", reason) for reason in dict.fromkeys(reason for reason, _ in found))


def statements(found: list[tuple[str, str | None]]) -> tuple[str, ...]:
    """The statements that help."""
    return tuple(statement for _, statement in found if statement is not None)
