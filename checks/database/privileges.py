"""database.privileges: the role gets in, and may not do what the program does."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from checks.database._ladder import CONTENT, quoted, server_place
from doctor.api import Blocks, Evidence, Finding, Fix, Location, Observed, Place, Severity, check, facts

READING = "cannot be read"


def _unreadable(finding: Finding) -> bool:
    return any(each.kind == READING for each in finding.evidence)


@check(
    id="database.privileges",
    title="The login may not do what the program does",
    severity=Severity.ERROR,
    blocks=(Blocks(*CONTENT, when=_unreadable),),
)
def privileges(
    connection: facts.Connection,
    config: facts.Resolution,
    server: Observed[facts.Server],
    privileges: Observed[facts.Privileges],
) -> Iterator[Finding]:
    """
    Compare what the program's role may do with what the API and the worker do.

    They read, insert and update in all seven tables, and delete in `batch_job_progress`, `connectors`, `embeddings` and
    `embeddings_partitioned`; they need USAGE of the schemas and EXECUTE of the functions of pgvector and uuid-ossp. The
    server must take writes at all.

    Why it matters: the first statement that is refused ends the request or the job.

    Silent when: the role owns the tables or is a superuser; the right is one that only `migrate` needs (CREATE, TEMP).

    How to fix: the owner grants what is missing; the statements are shown.
    """
    obstacle = connection.failed(facts.Rung.SESSION)
    if obstacle is not None and obstacle.fault is facts.Fault.CONNECT_DENIED:
        yield Finding(
            f"user {connection.user!r} may not connect to database {connection.database!r}",
            at=config.where("database.user"),
            related=(server_place(connection),),
            fix=Fix("Let the owner grant it.", (_connect(connection),)),
            evidence=(Evidence(READING, obstacle.text),),
        )
    if server.value is not None:
        yield from _read_only(connection, config, server.value)
    if privileges.value is not None and privileges.value.missing:
        yield _lacking(privileges.value)


def _connect(connection: facts.Connection) -> str:
    return f"GRANT CONNECT ON DATABASE {quoted(connection.database)} TO {quoted(connection.user)};"


def _read_only(connection: facts.Connection, config: facts.Resolution, server: facts.Server) -> Iterator[Finding]:
    if server.standby:
        yield Finding(
            f"{connection.address} is a standby, which takes no writes",
            at=config.where("database.host"),
            related=(server_place(connection),),
            fix=Fix("Set database.host to the primary server."),
        )
    elif server.read_only:
        yield Finding(
            f"sessions of {server.role!r} on {connection.address} are read-only (default_transaction_read_only is on)",
            at=config.where("database.user"),
            related=(server_place(connection),),
            fix=Fix(
                "Reset it where it is set: for the role, for the database, or in postgresql.conf.",
                (
                    f"ALTER ROLE {quoted(server.role)} RESET default_transaction_read_only;",
                    f"ALTER DATABASE {quoted(connection.database)} RESET default_transaction_read_only;",
                ),
            ),
        )


def _lacking(privileges: facts.Privileges) -> Finding:
    by_object: dict[tuple[str, str], list[str]] = defaultdict(list)
    for each in privileges.missing:
        by_object[each.kind, each.object].append(each.right)
    named = [f"{', '.join(rights)} on {kind.lower()} {name}" for (kind, name), rights in by_object.items()]
    more = f" and {len(named) - 3} more" if len(named) > 3 else ""
    kind, name = next(iter(by_object))
    reading = [Evidence(READING, each) for each in named if "SELECT" in each or "USAGE" in each]
    owner = f" as {privileges.owner}" if privileges.owner else ""
    return Finding(
        f"role {privileges.role!r} lacks {'; '.join(named[:3])}{more}",
        at=Location(Place.DATABASE, name=name, detail=kind.lower()),
        fix=Fix(f"Run the GRANT statements{owner}.", _grants(privileges.role, by_object)),
        evidence=tuple(reading[:10]),
    )


def _grants(role: str, by_object: dict[tuple[str, str], list[str]]) -> tuple[str, ...]:
    statements = [
        f"GRANT {', '.join(rights)} ON {kind} {name} TO {quoted(role)};"
        for (kind, name), rights in by_object.items()
        if kind != "FUNCTION"
    ]
    functions = [name for kind, name in by_object if kind == "FUNCTION"]
    if len(functions) > 3:
        schemas = dict.fromkeys(name.partition(".")[0] for name in functions if "." in name.partition("(")[0])
        statements += [f"GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA {name} TO {quoted(role)};" for name in schemas]
    else:
        statements += [f"GRANT EXECUTE ON FUNCTION {name} TO {quoted(role)};" for name in functions]
    return tuple(statements)
