"""database.tls: one side wants TLS, the other does not, or does not trust it."""

from __future__ import annotations

from collections.abc import Iterator

from checks.database._ladder import below, reading, server_place
from doctor.api import Finding, Fix, Safety, Severity, check, facts, set_value

KEY = "database.sslmode"


@check(
    id="database.tls",
    title="sslmode and the server do not agree",
    severity=Severity.ERROR,
    safety=Safety.UNSAFE,
    blocks=below("database.tls"),
)
def tls(connection: facts.Connection, config: facts.Resolution) -> Iterator[Finding]:
    """
    Try what `database.sslmode` demands: no TLS, TLS, or TLS with a certificate that is verified.

    A certificate is judged as Go does: its host name counts only among the alternative names.

    Why it matters: the driver gives up before it logs in, so the API and the worker do not start.

    Silent when: sslmode is `prefer` or `allow`, which take both; the server and the word agree.

    How to fix: `sslmode: disable` for the server of the compose file; elsewhere turn TLS on at the server, or name its
    authority in `PGSSLROOTCERT`.
    """
    obstacle = connection.failed(facts.Rung.TLS)
    if obstacle is None:
        return
    yield Finding(
        _what(connection, obstacle),
        at=config.where(KEY),
        related=(server_place(connection),),
        fix=_fix(connection, obstacle, config),
        evidence=reading(connection),
    )


def _what(connection: facts.Connection, obstacle: facts.Obstacle) -> str:
    mode = f"{KEY} is {connection.sslmode}"
    match obstacle.fault:
        case facts.Fault.TLS_NOT_OFFERED:
            return f"{mode}, but {connection.address} offers no TLS"
        case facts.Fault.TLS_INSISTED_ON:
            return f"{mode}, but {connection.address} lets this login in with TLS only"
        case facts.Fault.CERTIFICATE_REFUSED:
            return f"{mode}, and the certificate of {connection.address} is not accepted: {obstacle.text}"
        case facts.Fault.CLIENT_CERTIFICATE:
            return f"the client certificate does not work: {obstacle.text}"
        case _:
            return f"{mode}, and TLS with {connection.address} fails: {obstacle.text}"


def _fix(connection: facts.Connection, obstacle: facts.Obstacle, config: facts.Resolution) -> Fix:
    match obstacle.fault:
        case facts.Fault.TLS_NOT_OFFERED:
            summary = f"Set {KEY} to disable if the way to the server is safe; else turn TLS on there (ssl = on)."
            return set_value(config, KEY, "disable", summary, safety=Safety.UNSAFE)
        case facts.Fault.TLS_INSISTED_ON:
            return set_value(config, KEY, "require", f"Set {KEY} to require.", safety=Safety.UNSAFE)
        case facts.Fault.CERTIFICATE_REFUSED:
            return Fix(
                "Name the authority that signed it where API, worker and migrate start; with verify-full database.host "
                "must be a name in the certificate.",
                ("export PGSSLROOTCERT=/path/to/authority.crt",),
            )
        case _:
            return Fix("Correct the certificate files that PGSSLCERT, PGSSLKEY and PGSSLROOTCERT name.")
