"""How lib/pq 1.10.9, the driver of `migrate`, reads a connection string and the environment."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from doctor.golang.text import quote

# What Go's unicode.IsSpace takes for a blank; Python's own notion is wider.
_BLANK = "\t\n\v\f\r \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
_BLANKS = re.compile(f"[{_BLANK}]*")
_KEYWORD = re.compile(f"([^={_BLANK}]*)[{_BLANK}]*(=?)[{_BLANK}]*")
_BARE = re.compile(rf"(?:[^\\{_BLANK}]|\\.)+", re.DOTALL)
_QUOTED = re.compile(r"'((?:[^\\']|\\.)*)'", re.DOTALL)
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)

_DEFAULTS = {"host": "localhost", "port": "5432", "extra_float_digits": "2"}

_VARIABLES = {
    "PGAPPNAME": "application_name",
    "PGCLIENTENCODING": "client_encoding",
    "PGCONNECT_TIMEOUT": "connect_timeout",
    "PGDATABASE": "dbname",
    "PGDATESTYLE": "datestyle",
    "PGGEQO": "geqo",
    "PGHOST": "host",
    "PGOPTIONS": "options",
    "PGPASSWORD": "password",
    "PGPORT": "port",
    "PGSSLCERT": "sslcert",
    "PGSSLKEY": "sslkey",
    "PGSSLMODE": "sslmode",
    "PGSSLROOTCERT": "sslrootcert",
    "PGSSLSNI": "sslsni",
    "PGTZ": "timezone",
    "PGUSER": "user",
}

# Variables that libpq knows and lib/pq does not; it would rather die than ignore one.
UNSUPPORTED = frozenset(
    {
        "PGGSSLIB",
        "PGHOSTADDR",
        "PGKRBSRVNAME",
        "PGLOCALEDIR",
        "PGREALM",
        "PGREQUIREPEER",
        "PGREQUIRESSL",
        "PGSERVICE",
        "PGSERVICEFILE",
        "PGSSLCRL",
        "PGSYSCONFDIR",
    }
)


def connection_string(database: Mapping[str, Any]) -> str:
    """The string that `migrate` builds from its settings; nothing in it is quoted."""
    return (
        f"host={database['host']} port={database['port']} user={database['user']} "
        f"password={database['password']} dbname={database['name']} sslmode={database['sslmode']}"
    )


def options(dsn: str, env: Mapping[str, str], *, os_user: str) -> dict[str, str]:
    """
    The options a connection is made with: the string's words over the variables over the built-in values.

    Raises `ValueError` with the driver's text, beginning with `panic: ` where the driver panics. That a word such as
    an sslmode is unknown shows only when it connects, hence not here.
    """
    found = {**_DEFAULTS, **_of_variables(env), **dict(keywords(dsn))}
    if "fallback_application_name" in found:
        found.setdefault("application_name", found["fallback_application_name"])
    if not _is_utf8(found.get("client_encoding", "UTF8")):
        raise ValueError("client_encoding must be absent or 'UTF8'")
    found["client_encoding"] = "UTF8"
    if found.setdefault("datestyle", "ISO, MDY") != "ISO, MDY":
        raise ValueError(f"setting datestyle must be absent or ISO, MDY; got {found['datestyle']}")
    found.setdefault("user", os_user)
    if found["host"].startswith("/"):  # a socket: no TLS there, whatever was asked for
        found["sslmode"] = "disable"
    return found


def keywords(dsn: str) -> Iterator[tuple[str, str]]:
    """
    The `keyword=value` pairs of a string, in its order.

    Blanks around `=` are skipped, so that an empty value takes the next word for itself. A backslash makes the next
    character an ordinary one, inside quotes and outside.
    """
    at = _end(_BLANKS, dsn, 0)
    while at < len(dsn):
        word = _KEYWORD.match(dsn, at)
        assert word is not None  # the pattern matches nothing, too
        if not word[2]:
            raise ValueError(f'missing "=" after {quote(word[1])} in connection info string"')
        value, at = _value(dsn, word.end())
        yield word[1], value
        at = _end(_BLANKS, dsn, at)


def _value(dsn: str, at: int) -> tuple[str, int]:
    """The value that begins at a place, and where it ends."""
    if dsn.startswith("'", at):
        quoted = _QUOTED.match(dsn, at)
        if quoted is None:
            raise ValueError("unterminated quoted string literal in connection string")
        return _ESCAPED.sub(r"\1", quoted[1]), quoted.end()
    end = _end(_BARE, dsn, at)
    if dsn.startswith("\\", end):
        raise ValueError("missing character after backslash")
    return _ESCAPED.sub(r"\1", dsn[at:end]), end


def _end(pattern: re.Pattern[str], text: str, at: int) -> int:
    match = pattern.match(text, at)
    return match.end() if match else at


def _of_variables(env: Mapping[str, str]) -> dict[str, str]:
    for name in env:
        if name in UNSUPPORTED:
            raise ValueError(f"panic: setting {name} not supported")
    # An empty variable counts: it replaces the built-in value by nothing.
    return {option: env[name] for name, option in _VARIABLES.items() if name in env}


def _is_utf8(encoding: str) -> bool:
    letters = re.sub(r"[^a-z0-9]", "", re.sub(r"[A-Z]", lambda letter: letter[0].lower(), encoding))
    return letters in ("utf8", "unicode")
