"""environment.postgres-variable: variables of PostgreSQL's own that the database drivers take as well."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from checks.environment._removal import unset
from doctor.api import NO_FILE, Explains, Finding, Severity, check, facts, same_variable

# What makes two readings the same connection: where it goes, as whom, and how it is protected.
PGX = ("host", "port", "user", "dbname", "tls", "verify_host", "fallbacks")
PQ = ("host", "port", "user", "dbname", "sslmode")

Result = Mapping[str, Any]

WORDS = {"dbname": "database", "tls": "TLS", "verify_host": "TLS", "sslmode": "TLS", "fallbacks": "TLS"}
TLS = ("PGSSL", "PGREQUIRESSL")


def _about_tls(_: Finding, explained: Finding) -> bool:
    return (explained.at.name or "").startswith(TLS)


@check(
    id="environment.postgres-variable",
    title="A PG variable breaks or bends the database connection",
    severity=(Severity.ERROR, Severity.WARNING),
    blocked_by=NO_FILE,
    explained_by=(
        Explains(
            "config.database-password-empty",
            "config.database-password-env-only",
            "config.database-user-env-only",
            "config.dsn-misread",
            "config.variable-not-expanded",
            when=lambda explaining, explained: (explaining.at.key or "").startswith("database."),
        ),
        Explains("config.sslmode", when=_about_tls),
        Explains("config.*", when=same_variable),
    ),
    explains=("database.auth", "database.missing", "database.tls"),
)
def postgres_variable(
    drivers: facts.Drivers, environment: facts.Environment, worker: facts.Worker
) -> Iterator[Finding]:
    """
    Read the connection string as the drivers do, with and without the `PG*` variables of the environment.

    The API and the worker use pgx, `migrate` uses lib/pq. It is an error when pgx refuses the string because of a
    variable, and a warning when only lib/pq does, or when the connection goes elsewhere because of it.

    Why it matters: a variable that was meant for psql stops the program at the database, or leads it to another one.

    Silent when: the string has a value of its own, which comes first (`PGHOST`, `PGUSER`, `PGPASSWORD` and so on); the
    variable changes nothing about the connection (`PGAPPNAME`, `PGTZ`, `PGCONNECT_TIMEOUT`); the string is misread
    already without it.

    How to fix: unset the variable where the worker, the API and `migrate` are started.
    """
    for name in drivers.alone:
        verdict = _verdict(name, drivers)
        if verdict is not None:
            severity, text = verdict
            yield Finding(
                f"{name} {text}",
                at=environment.where(name),
                severity=severity,
                fix=unset(environment, worker, name, keep="The same for the API and for migrate."),
            )


def _verdict(name: str, drivers: facts.Drivers) -> tuple[Severity, str] | None:
    assert drivers.bare is not None
    assert drivers.all is not None
    bare, every, alone, without = drivers.bare, drivers.all, drivers.alone[name], drivers.without[name]
    if _refused(bare.pgx, every.pgx, alone.pgx, without.pgx):
        why = _why(alone.pgx) or _why(every.pgx)
        return Severity.ERROR, f"makes the API and the worker refuse the connection: {why}"
    if _refused(bare.pq, every.pq, alone.pq, without.pq):
        why = _why(alone.pq) or _why(every.pq)
        return Severity.WARNING, f"makes migrate refuse the connection: {why}"
    changed = [*_changed(drivers, name, "pgx", PGX), *_changed(drivers, name, "pq", PQ)]
    if changed:
        return Severity.WARNING, f"changes the connection: its {changed[0]} is not what the settings say"
    return None


def _refused(bare: Result, every: Result, alone: Result, without: Result) -> bool:
    """Whether a variable is why a driver refuses: it helps to take it away, or it would be enough by itself."""
    if "error" in bare or "error" not in every:
        return False
    return "error" not in without or "error" in alone


def _why(result: Result) -> str:
    """The driver's reason, without the connection string that it repeats before it."""
    return str(result.get("error", "")).rpartition("`: ")[2]


def _changed(drivers: facts.Drivers, name: str, driver: str, fields: tuple[str, ...]) -> Iterator[str]:
    """What a variable changes about the connection, judged as in `_refused`."""
    readings = (drivers.bare, drivers.all, drivers.alone[name], drivers.without[name])
    bare, every, alone, without = (_values(getattr(each, driver)) for each in readings)
    if any("error" in each for each in (bare, every)):
        return
    for field in fields:
        if every.get(field) != bare.get(field) and (
            every.get(field) != without.get(field) or alone.get(field) != bare.get(field)
        ):
            yield WORDS.get(field, field)


def _values(result: Result) -> Result:
    options = result.get("options")
    return options if isinstance(options, Mapping) else result
