"""logs.database-connection: no way to the database, or none any more."""

from __future__ import annotations

from collections.abc import Iterator

from checks.logs._findings import OF_DATABASE, Told, because, groups, reported
from checks.logs._lines import later
from checks.logs._live import over
from doctor.api import Explains, Finding, Guide, IfObserved, Severity, check, facts

REACH = ("db-refused", "db-dns", "db-ping-timeout")
LOGIN = ("db-password", "db-no-database", "db-no-role", "db-hba")
DROPPED = ("db-conn-dropped", "db-conn-failed")
EMPTY = ("db-config-database", "db-config-other")
CAUSES = (
    *REACH,
    *LOGIN,
    "db-tls",
    "db-too-many",
    *EMPTY,
    "db-disk-full",
    *DROPPED,
    "conn-missing-db",
    "repo-status-fetch",
)
IDS = ("worker-db-pool-failed", "api-db-failed", "api-db-failed-connector", "api-db-failed-health")
# What cannot have been while the way to the database leads to the end.
OF_THE_WAY = (*REACH, *LOGIN, "db-tls", "db-too-many", *EMPTY, *DROPPED, "conn-missing-db", *IDS)
WORKS = (
    "job-status-updated",
    "job-completed",
    "db-findorcreate-ok",
    "db-embeddings-saved",
    "batch-queued",
    "poll-marked-completed",
    "consumer-ack",
    "search-vector-done",
)
TRY = ("codechunk-doctor check --only database",)
FILE = (
    "Start the program with a file that has database.user; a variable alone is not enough for it.",
    ("codechunk-doctor config show database.user",),
)
TOLD = {
    "db-refused": Told(commands=TRY, key="database.host"),
    "db-dns": Told(commands=TRY, key="database.host"),
    "db-ping-timeout": Told(commands=TRY, key="database.host"),
    "db-password": Told(commands=TRY, key="database.password"),
    "db-no-database": Told(commands=TRY, key="database.name"),
    "db-no-role": Told(commands=TRY, key="database.user"),
    "db-hba": Told(commands=TRY, key="database.user"),
    "db-tls": Told(
        "database.sslmode asks for TLS, and the server has none",
        "Enable TLS on the server, or set database.sslmode to disable for a server nearby.",
        TRY,
        "database.sslmode",
    ),
    "db-too-many": Told(commands=TRY, key="database.max_connections"),
    "db-config-database": Told("the program ran with empty settings, as database.user is set nowhere", *FILE),
    "db-config-other": Told("a setting of the database is empty or out of range", *FILE),
    "conn-missing-db": Told("the API had no database", "Read the error (-v shows it).", TRY),
    "repo-status-fetch": Told("the row of the repository could not be read", "Read the error (-v shows it).", TRY),
}
DEFAULT = Told(fix="Read the error (-v shows it), and see whether the database can be reached now.", commands=TRY)


@check(
    id="logs.database-connection",
    title="The program lost or never had its database",
    severity=(Severity.ERROR, Severity.NOTE),
    guide=Guide.JOBS,
    explained_by=(
        Explains("database.dns", "database.unreachable", when=because(*REACH, *DROPPED, *IDS, "conn-missing-db")),
        Explains(
            "config.database-password-empty",
            "config.database-password-env-only",
            "config.dsn-misread",
            "config.value-reinterpreted",
            "environment.postgres-variable",
            "database.auth",
            "database.missing",
            when=because(*LOGIN, *IDS),
        ),
        Explains("config.sslmode", "database.tls", when=because("db-tls", "db-hba")),
        Explains("database.connections-exhausted", when=because("db-too-many")),
        Explains("database.privileges", when=because("repo-status-fetch")),
        Explains(
            "config.file-*",
            "config.database-user-missing",
            "config.database-user-env-only",
            "environment.section-variable",
            when=because(*EMPTY),
        ),
    ),
)
def database_connection(
    logs: facts.Logs, config: facts.Resolution, connection: IfObserved[facts.Connection]
) -> Iterator[Finding]:
    """
    Look for attempts to reach the database, or to log in, that failed, and for connections that broke.

    It is a note when the database is looked at in the same run and lets the program in.

    Why it matters: the worker ends without its database, though with status 0, and the API answers with errors.

    Silent when: it worked again after a connection broke; findings on the database as it is now say so already.

    How to fix: `codechunk-doctor check --only database` walks the way to the database step by step.
    """

    def works_again(event: facts.LogEvent) -> bool:
        return event.cause in DROPPED and later(logs, event, *WORKS)

    for name, lines in groups(logs, CAUSES, IDS, within=OF_DATABASE, good=works_again):
        finding = reported(name, lines, told=TOLD, default=DEFAULT, config=config)
        open_now = name in OF_THE_WAY and connection.value is not None and connection.value.obstacle is None
        yield over(finding, "the database lets the program in now" if open_now else "")
