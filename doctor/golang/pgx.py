"""How pgx 5.7.5, the driver of the API and the worker, reads a connection string and the environment."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from doctor.golang import libpq, pem
from doctor.golang.text import quote

ReadFile = Callable[[str], bytes]
"""Reads a file that the settings name; raises `OSError`."""

_BLANK = " \t\n\r\v\f"
_BLANKS = re.compile(f"[{_BLANK}]*")
_BARE = re.compile(rf"(?:[^\\{_BLANK}]|\\.)*", re.DOTALL)
_QUOTED = re.compile(r"'((?:[^\\']|\\.)*)'", re.DOTALL)

_VARIABLES = {
    "PGAPPNAME": "application_name",
    "PGCONNECT_TIMEOUT": "connect_timeout",
    "PGDATABASE": "database",
    "PGHOST": "host",
    "PGOPTIONS": "options",
    "PGPASSFILE": "passfile",
    "PGPASSWORD": "password",
    "PGPORT": "port",
    "PGSERVICE": "service",
    "PGSERVICEFILE": "servicefile",
    "PGSSLCERT": "sslcert",
    "PGSSLKEY": "sslkey",
    "PGSSLMODE": "sslmode",
    "PGSSLNEGOTIATION": "sslnegotiation",
    "PGSSLPASSWORD": "sslpassword",
    "PGSSLROOTCERT": "sslrootcert",
    "PGSSLSNI": "sslsni",
    "PGTARGETSESSIONATTRS": "target_session_attrs",
    "PGTZ": "timezone",
    "PGUSER": "user",
}

# Settings for the driver itself. Any other word is sent to the server as a parameter of the session.
_OWN = frozenset(
    {
        "connect_timeout",
        "database",
        "host",
        "krbspn",
        "krbsrvname",
        "passfile",
        "password",
        "port",
        "service",
        "servicefile",
        "sslcert",
        "sslkey",
        "sslmode",
        "sslnegotiation",
        "sslpassword",
        "sslrootcert",
        "sslsni",
        "target_session_attrs",
        "user",
    }
)

_SESSION_KINDS = frozenset({"any", "prefer-standby", "primary", "read-only", "read-write", "standby"})

# Per sslmode the attempts that are made at one host: None without TLS, else whether its name is verified.
_ATTEMPTS: Mapping[str, tuple[bool | None, ...]] = {
    "disable": (None,),
    "allow": (None, False),
    "prefer": (False, None),
    "require": (False,),
    "verify-ca": (False,),
    "verify-full": (True,),
}


@dataclass(frozen=True, slots=True)
class Attempt:
    """
    One try at a server.

    `verify_host` says whether its certificate has to bear the host's name, `verify_chain` whether it has to come from
    an authority that is trusted.
    """

    host: str
    port: int
    tls: bool = False
    verify_host: bool = False
    verify_chain: bool = False


@dataclass(frozen=True, slots=True)
class Connection:
    """
    What a string means: whom to log in as, and the servers in the order in which they are tried.

    `driver` are the settings for the driver itself, as they are written (`sslmode`, `sslrootcert`, the secret
    `sslpassword`, ...).
    """

    attempts: tuple[Attempt, ...]
    user: str
    password: str = field(repr=False)
    database: str
    runtime_params: Mapping[str, str]
    driver: Mapping[str, str] = field(default_factory=dict, repr=False)


class _Refused(Exception):
    """A setting the driver does not take: what it could not do, and why."""

    def __init__(self, what: str, why: str = "") -> None:
        super().__init__(f"{what} ({why})" if why else what)


def connection_string(database: Mapping[str, Any]) -> str:
    """
    The string that the API and the worker build from their settings; nothing in it is quoted.

    They put `disable` in the place of an empty sslmode before they build it; that is left to the caller.
    """
    return (
        f"host={database['host']} port={database['port']} dbname={database['name']} user={database['user']} "
        f"password={database['password']} sslmode={database['sslmode']} search_path=codechunking"
    )


def parse(dsn: str, env: Mapping[str, str], *, os_user: str, home: str, read_file: ReadFile) -> Connection:
    """
    What a `keyword=value` string means: its words over the service file over the variables over the built-in values.

    Raises `ValueError` with the driver's text. Certificates are judged by their look alone: a key that does not
    belong to its certificate is not noticed here.
    """
    try:
        words = dict(keywords(dsn))
        settings = _settings(words, env, _defaults(os_user, home, read_file), read_file)
        return _connection(settings, read_file)
    except _Refused as refused:
        raise ValueError(f"cannot parse `{masked(dsn)}`: {refused}") from None


def keywords(dsn: str) -> Iterator[tuple[str, str]]:
    r"""
    The `keyword=value` pairs of a string, in its order; `dbname` is called `database`.

    All that stands before a `=` is a keyword, blanks inside it too. Blanks after `=` are skipped, so that an empty
    value takes the next word for itself. A backslash keeps a blank or quote in the value, but goes away only in front
    of a quote or another backslash: `a\b` stays as it is.
    """
    at = 0
    while at < len(dsn):
        equals = dsn.find("=", at)
        if equals < 0:
            raise _Refused("failed to parse as keyword/value", "invalid keyword/value")
        keyword = dsn[at:equals].strip(_BLANK)
        value, at = _value(dsn, _end(_BLANKS, dsn, equals + 1))
        if not keyword:
            raise _Refused("failed to parse as keyword/value", "invalid keyword/value")
        yield "database" if keyword == "dbname" else keyword, value


def masked(dsn: str) -> str:
    """The string as the driver puts it into its messages, with the password as far as it finds it replaced."""
    dsn = re.sub(r"password='[^']*'", "password=xxxxx", dsn)
    dsn = re.sub(r"password=[^ ]*", "password=xxxxx", dsn)
    return re.sub(r":[^:@]+?@", ":xxxxxx@", dsn)


def is_socket(host: str) -> bool:
    """Whether a host is the directory of a socket: an absolute path, of Windows too."""
    return host.startswith("/") or re.match(r"[A-Z]:\\", host) is not None


def _value(dsn: str, at: int) -> tuple[str, int]:
    """The value that begins at a place, and the place behind the blank or quote after it."""
    if dsn.startswith("'", at):
        quoted = _QUOTED.match(dsn, at)
        if quoted is None:
            why = "unterminated quoted string in connection info string"
            raise _Refused("failed to parse as keyword/value", why)
        return _unescaped(quoted[1]), quoted.end()
    end = _end(_BARE, dsn, at)
    if dsn.startswith("\\", end):
        raise _Refused("failed to parse as keyword/value", "invalid backslash")
    return _unescaped(dsn[at:end]), end + 1


def _end(pattern: re.Pattern[str], text: str, at: int) -> int:
    match = pattern.match(text, at)
    return match.end() if match else at


def _unescaped(text: str) -> str:
    return text.replace("\\\\", "\\").replace("\\'", "'")


def _defaults(os_user: str, home: str, read_file: ReadFile) -> dict[str, str]:
    """The built-in values. Certificates below the home directory are taken where they are there, as with libpq."""
    home = home.rstrip("/")
    own = f"{home}/.postgresql"
    found = {
        "host": "localhost",  # a socket's directory where there is one; the program always names a host
        "port": "5432",
        "user": os_user,
        "passfile": f"{home}/.pgpass",
        "servicefile": f"{home}/.pg_service.conf",
        "target_session_attrs": "any",
    }
    certificate, key, roots = f"{own}/postgresql.crt", f"{own}/postgresql.key", f"{own}/root.crt"
    if _contents(certificate, read_file) is not None and _contents(key, read_file) is not None:
        found |= {"sslcert": certificate, "sslkey": key}
    if _contents(roots, read_file) is not None:
        found["sslrootcert"] = roots
    return found


def _settings(
    words: Mapping[str, str], env: Mapping[str, str], defaults: Mapping[str, str], read_file: ReadFile
) -> dict[str, str]:
    variables = {setting: env[name] for name, setting in _VARIABLES.items() if env.get(name)}
    settings = {**defaults, **variables, **words}
    if "service" not in settings:
        return settings
    return {**defaults, **variables, **_service(settings["servicefile"], settings["service"], read_file), **words}


def _service(path: str, name: str, read_file: ReadFile) -> dict[str, str]:
    """The settings of one section of a service file."""
    data = _contents(path, read_file)
    services = None if data is None else libpq.services(data)
    if services is None:
        raise _Refused("failed to read service", f"failed to read service file: {path}")
    if name not in services:
        raise _Refused("failed to read service", f"unable to find service: {name}")
    return {"database" if key == "dbname" else key: value for key, value in services[name].items()}


def _connection(settings: Mapping[str, str], read_file: ReadFile) -> Connection:
    if "connect_timeout" in settings:
        _check_timeout(settings["connect_timeout"])
    attempts = tuple(_attempts(settings, read_file))
    user, database = settings["user"], settings.get("database", "")
    password = settings.get("password", "") or _stored_password(settings, attempts[0], read_file)
    kind = settings["target_session_attrs"]
    if kind not in _SESSION_KINDS:
        raise _Refused(f"unknown target_session_attrs value: {kind}")
    params = {name: value for name, value in settings.items() if name not in _OWN}
    driver = {name: value for name, value in settings.items() if name in _OWN - {"password"}}
    return Connection(attempts, user, password, database, params, driver)


def _attempts(settings: Mapping[str, str], read_file: ReadFile) -> Iterator[Attempt]:
    """The tries in order: every host of the list, each with its own port or else the first one."""
    ports = settings["port"].split(",")
    for index, host in enumerate(settings["host"].split(",")):
        port = _port(ports[index] if index < len(ports) else ports[0])
        kinds = (None,) if is_socket(host) else _tls(settings, read_file)
        # A file with authorities makes more of `require`.
        chain = settings.get("sslmode") in ("verify-ca", "verify-full") or bool(settings.get("sslrootcert"))
        for verify_host in kinds:
            verify_chain = verify_host is True or (chain and len(kinds) == 1 and verify_host is not None)
            yield Attempt(host, port, verify_host is not None, verify_host is True, verify_chain)


def _tls(settings: Mapping[str, str], read_file: ReadFile) -> tuple[bool | None, ...]:
    """The attempts at one host. The files are looked at even where TLS is off in the end."""
    mode = settings.get("sslmode") or "prefer"
    if mode == "prefer" and settings.get("sslnegotiation") == "direct":
        mode = "require"
    roots = settings.get("sslrootcert")
    if roots == "system":
        mode = "verify-full"
    elif roots:
        data = _needed(roots, "unable to read CA file", read_file)
        if not any(block.is_certificate for block in pem.blocks(data)):
            raise _tls_refused("unable to add CA to cert pool")
    if mode not in _ATTEMPTS:
        raise _tls_refused("sslmode is invalid")
    if mode != "disable":
        _check_client_certificate(settings, read_file)
    return _ATTEMPTS[mode]


def _check_client_certificate(settings: Mapping[str, str], read_file: ReadFile) -> None:
    certificate, key = settings.get("sslcert"), settings.get("sslkey")
    if not certificate and not key:
        return
    if not certificate or not key:
        raise _tls_refused('both "sslcert" and "sslkey" are required')
    block = next(pem.blocks(_needed(key, "unable to read sslkey", read_file)), None)
    if block is None:
        raise _tls_refused("failed to decode sslkey")
    if block.headers and not settings.get("sslpassword"):
        raise _tls_refused("unable to find sslpassword")
    if not any(pem.blocks(_needed(certificate, "unable to read cert", read_file))):
        raise _tls_refused("unable to load cert: tls: failed to find any PEM data in certificate input")


def _tls_refused(why: str) -> _Refused:
    return _Refused("failed to configure TLS", why)


def _needed(path: str, what: str, read_file: ReadFile) -> bytes:
    """A file that has to be there, or the refusal in Go's words."""
    try:
        return read_file(path)
    except OSError as error:
        call = "read" if isinstance(error, IsADirectoryError) else "open"
        raise _tls_refused(f"{what}: {call} {path}: {(error.strerror or 'invalid argument').lower()}") from None


def _contents(path: str, read_file: ReadFile) -> bytes | None:
    """A file that may be there."""
    try:
        return read_file(path)
    except OSError:
        return None


def _stored_password(settings: Mapping[str, str], first: Attempt, read_file: ReadFile) -> str:
    """The password file's answer for the first server that is tried, or an empty one."""
    host = "localhost" if is_socket(first.host) else first.host
    data = _contents(settings["passfile"], read_file) or b""
    return libpq.password(data, host, str(first.port), settings.get("database", ""), settings["user"])


def _check_timeout(text: str) -> None:
    digits = text[1:] if text.startswith(("+", "-")) else text
    value, problem = _decimal(digits, 2**64 - 1)
    negative = text.startswith("-")
    if not problem and value > 2**63 - 1 + negative:
        problem = "value out of range"
    if problem:
        raise _Refused("invalid connect_timeout", f"strconv.ParseInt: parsing {quote(text)}: {problem}")
    if negative and value:
        raise _Refused("invalid connect_timeout", "negative timeout")


def _port(text: str) -> int:
    value, problem = _decimal(text, 2**16 - 1)
    if problem:
        raise _Refused("invalid port", f"strconv.ParseUint: parsing {quote(text)}: {problem}")
    if value == 0:
        raise _Refused("invalid port", "outside range")
    return value


def _decimal(text: str, limit: int) -> tuple[int, str]:
    """A number and Go's word for what is wrong with it; Go stops at the digit that exceeds the limit."""
    digits = text[: len(text) - len(text.lstrip("0123456789"))]
    value = int(digits.lstrip("0")[:21] or "0")  # enough digits to exceed any limit
    if value > limit:
        return value, "value out of range"
    return value, "" if digits and digits == text else "invalid syntax"
