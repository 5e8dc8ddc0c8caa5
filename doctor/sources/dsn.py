"""What the two database drivers make of the connection strings that the program builds."""

from __future__ import annotations

import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from doctor.golang import pgx, pq

_LONGEST_FILE = 1 << 20


def read_local(path: str) -> bytes:
    """Read a file of this machine; what is no ordinary file, or is too big for a certificate, counts as empty."""
    try:
        file = Path(path)
        status = file.stat()
        if stat.S_ISDIR(status.st_mode):
            raise IsADirectoryError(21, "is a directory", path)
        if not stat.S_ISREG(status.st_mode) or status.st_size > _LONGEST_FILE:
            return b""
        return file.read_bytes()
    except ValueError as error:  # a NUL byte in the path
        raise OSError(22, "invalid argument", path) from error


def parse_pgx(
    database: Mapping[str, Any],
    env: Mapping[str, str],
    *,
    os_user: str = "root",
    home: str = "/root",
    read_file: pgx.ReadFile = read_local,
) -> dict[str, Any]:
    """
    What pgx, the driver of the API and the worker, makes of the decoded settings and the worker's environment.

    `dsn`, then either `error` or where and as whom it connects. `verify_host` is there only with TLS, `fallbacks` are
    the servers tried after the first, or None. `os_user` and `home` are those of the worker's process, never the
    doctor's own; `read_file` reads the certificates, password and service files that its environment names.
    """
    dsn = pgx.connection_string(_complete(database))
    try:
        found = pgx.parse(dsn, env, os_user=os_user, home=home, read_file=read_file)
    except ValueError as error:
        return {"dsn": dsn, "error": str(error)}
    first, *others = found.attempts
    result: dict[str, Any] = {
        "dsn": dsn,
        "host": first.host,
        "port": first.port,
        "user": found.user,
        "password": found.password,
        "dbname": found.database,
        "tls": first.tls,
        "fallbacks": [{"host": each.host, "port": each.port, "tls": each.tls} for each in others] or None,
        "runtime_params": dict(found.runtime_params),
    }
    if first.tls:
        result["verify_host"] = first.verify_host
    return result


def parse_pq(
    database: Mapping[str, Any],
    env: Mapping[str, str],
    *,
    os_user: str = "root",
    home: str = "/root",
) -> dict[str, Any]:
    """
    What lib/pq, the driver of `migrate`, makes of the same: `dsn`, then either `error` or all its `options`.

    `home` is not looked at: lib/pq reads files only when it connects.
    """
    dsn = pq.connection_string(_complete(database))
    try:
        return {"dsn": dsn, "options": pq.options(dsn, env, os_user=os_user)}
    except ValueError as error:
        return {"dsn": dsn, "error": str(error)}


def _complete(database: Mapping[str, Any]) -> Mapping[str, Any]:
    """The settings with the zero value of Go for each that is missing."""
    return {"host": "", "port": 0, "user": "", "password": "", "name": "", "sslmode": "", **database}
