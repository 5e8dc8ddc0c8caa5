"""Connection strings: agreement with the drivers, and the files that an environment can name."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from doctor.sources.dsn import parse_pgx, parse_pq, read_local
from tests.conformance import cases

HEALTHY = {"host": "db", "port": 5432, "user": "dev", "password": "pw", "name": "codechunking", "sslmode": "disable"}
REFUSED = (
    "cannot parse `host=db port=5432 dbname=codechunking user=dev password=xxxxx sslmode={mode} "
    "search_path=codechunking`: {why}"
)


def pem(label: str, content: bytes = b"\x30\x03abc", headers: str = "") -> bytes:
    body = base64.b64encode(content).decode()
    return f"-----BEGIN {label}-----\n{headers}{body}\n-----END {label}-----\n".encode()


def no_file(path: str) -> bytes:
    raise FileNotFoundError(2, "No such file or directory", path)


@pytest.mark.parametrize(("driver", "parse"), [("pgx", parse_pgx), ("pq", parse_pq)])
def test_agrees_with_the_driver(driver, parse):
    """Every case of the data comes out as the driver has it, message texts included."""
    disagreeing = [
        index for index, case in enumerate(cases("dsn")) if parse(case["database"], case["env"]) != case[driver]
    ]

    assert disagreeing == []


def test_the_process_decides_who_a_missing_user_is():
    """The user database of the worker's machine supplies the user, and where its files would be."""
    database = {**HEALTHY, "password": "", "name": "x user=", "user": "", "host": "db"}

    pgx = parse_pgx({**HEALTHY, "user": ""}, {"PGSERVICE": "s"}, home="/home/ann/", read_file=no_file)
    pq = parse_pq({**database, "host": ""}, {}, os_user="ann")

    assert pgx["error"].endswith("failed to read service (failed to read service file: /home/ann/.pg_service.conf)")
    assert pq["options"]["host"] == "port=5432"
    assert parse_pgx({**HEALTHY, "name": ""}, {}, os_user="ann", read_file=no_file)["user"] == "ann"


@pytest.mark.parametrize(
    ("mode", "files", "env", "found"),
    [
        pytest.param("require", {}, {}, {"tls": True, "verify_host": False}, id="nothing there"),
        pytest.param("require", {"/ca": pem("CERTIFICATE")}, {"PGSSLROOTCERT": "/ca"}, {"tls": True}, id="own roots"),
        pytest.param("disable", {}, {"PGSSLROOTCERT": "system"}, {"tls": True, "verify_host": True}, id="system roots"),
        pytest.param("prefer", {}, {"PGSSLNEGOTIATION": "direct"}, {"tls": True, "fallbacks": None}, id="direct"),
        pytest.param("disable", {}, {"PGSSLCERT": "/c"}, {"tls": False}, id="certificate alone, but no TLS"),
        pytest.param(
            "require",
            {"/c": pem("CERTIFICATE"), "/k": pem("PRIVATE KEY")},
            {"PGSSLCERT": "/c", "PGSSLKEY": "/k"},
            {"tls": True},
            id="client certificate",
        ),
        pytest.param(
            "require",
            {"/root/.postgresql/postgresql.crt": pem("CERTIFICATE"), "/root/.postgresql/postgresql.key": b""},
            {},
            "failed to configure TLS (failed to decode sslkey)",
            id="certificate and key in the home directory",
        ),
        pytest.param(
            "require",
            {"/root/.postgresql/root.crt": b"", "/root/.postgresql/postgresql.crt": b""},
            {},
            "failed to configure TLS (unable to add CA to cert pool)",
            id="roots in the home directory",
        ),
        pytest.param(
            "disable",
            {"/ca": pem("CERTIFICATE", b"\x30\x7f")},
            {"PGSSLROOTCERT": "/ca"},
            "failed to configure TLS (unable to add CA to cert pool)",
            id="no certificate in the file",
        ),
        pytest.param(
            "require",
            {},
            {"PGSSLKEY": "/k"},
            'failed to configure TLS (both "sslcert" and "sslkey" are required)',
            id="key alone",
        ),
        pytest.param(
            "require",
            {"/c": b""},
            {"PGSSLCERT": "/c", "PGSSLKEY": "/k"},
            "failed to configure TLS (unable to read sslkey: open /k: no such file or directory)",
            id="key not there",
        ),
        pytest.param(
            "require",
            {"/c": b"", "/k": b""},
            {"PGSSLCERT": "/c", "PGSSLKEY": "/k"},
            "failed to configure TLS (failed to decode sslkey)",
            id="no key in the file",
        ),
        pytest.param(
            "require",
            {"/c": b"", "/k": pem("RSA PRIVATE KEY", headers="Proc-Type: 4,ENCRYPTED\nDEK-Info: DES-CBC,00\n\n")},
            {"PGSSLCERT": "/c", "PGSSLKEY": "/k"},
            "failed to configure TLS (unable to find sslpassword)",
            id="encrypted key without its password",
        ),
        pytest.param(
            "require",
            {"/c": b"", "/k": pem("PRIVATE KEY")},
            {"PGSSLCERT": "/c", "PGSSLKEY": "/k"},
            "failed to configure TLS (unable to load cert: tls: failed to find any PEM data in certificate input)",
            id="no certificate for the key",
        ),
    ],
)
def test_certificates(mode, files, env, found):
    """pgx reads certificates while it parses, and refuses the whole string when it cannot."""
    result = parse_pgx(
        {**HEALTHY, "sslmode": mode}, env, read_file=lambda path: files[path] if path in files else no_file(path)
    )

    if isinstance(found, str):
        assert result["error"] == REFUSED.format(mode=mode, why=found)
    else:
        assert {name: result[name] for name in found} == found


@pytest.mark.parametrize(
    ("content", "found"),
    [
        pytest.param("[s]\nconnect_timeout=5\nhost=a\ndbname=b\n", {}, id="the string wins"),
        pytest.param("# c\n\n [s] \n application_name = x y \n", {"application_name": "x y"}, id="comments and blanks"),
        pytest.param("[s]\na=1\n[s]\nb=2\n", {"b": "2"}, id="the last section of a name"),
        pytest.param("[t]\nhost=a\n", "failed to read service (unable to find service: s)", id="other service"),
        pytest.param("host=a\n", "failed to read service (failed to read service file: /f)", id="no section"),
        pytest.param("[s]\nhost\n", "failed to read service (failed to read service file: /f)", id="no setting"),
        pytest.param(
            "[s]\nconnect_timeout=x",
            'invalid connect_timeout (strconv.ParseInt: parsing "x": invalid syntax)',
            id="a value that is no number",
        ),
    ],
)
def test_service_file(content, found):
    """A service supplies what the string leaves out."""
    env = {"PGSERVICE": "s", "PGSERVICEFILE": "/f"}
    result = parse_pgx(HEALTHY, env, read_file=lambda path: content.encode() if path == "/f" else no_file(path))

    if isinstance(found, str):
        assert result["error"] == REFUSED.format(mode="disable", why=found)
    else:
        assert (result["host"], result["dbname"]) == ("db", "codechunking")
        assert result["runtime_params"] == {"search_path": "codechunking", **found}


@pytest.mark.parametrize(
    ("line", "host", "password"),
    [
        pytest.param("*:*:*:*:stored", "db", "stored", id="any server"),
        pytest.param("db:5432:codechunking:dev:a\\:b\\\\c", "db", "a:b\\c", id="escapes"),
        pytest.param("localhost:*:*:*:stored", "/run/postgresql", "stored", id="a socket is localhost"),
        pytest.param("#db:*:*:*:stored", "db", "", id="comment"),
        pytest.param("db:5433:*:*:stored", "db", "", id="other port"),
        pytest.param("db:*:*:stored", "db", "", id="a field short"),
    ],
)
def test_password_file(line, host, password):
    """Only an empty password is looked up, which in a string takes quotes."""
    database = {**HEALTHY, "host": host, "password": "''"}

    result = parse_pgx(
        database, {"PGPASSFILE": "/p"}, read_file=lambda path: line.encode() if path == "/p" else no_file(path)
    )

    assert result["password"] == password


def test_files_of_this_machine(tmp_path):
    """A directory is an error in Go's words, a device counts as empty, and a name that cannot be is no surprise."""
    (tmp_path / "ca").write_bytes(b"content")

    assert read_local(str(tmp_path / "ca")) == b"content"
    assert read_local("/dev/zero") == b""
    with pytest.raises(OSError, match="invalid argument"):
        read_local("\0")
    error = parse_pgx(HEALTHY, {"PGSSLROOTCERT": str(tmp_path)})["error"]
    assert f"(unable to read CA file: read {tmp_path}: is a directory)" in error


text = st.text(st.characters() | st.sampled_from(" \t\n'\\=,/@\xa0"), max_size=20)
names = st.sampled_from(
    sorted({name for case in cases("dsn") for name in case["env"]} | {"PGPASSFILE", "PGSSLCERT", "PGSSLKEY"})
)


@settings(max_examples=200, deadline=None)
@given(
    st.fixed_dictionaries(dict.fromkeys(("host", "user", "password", "name", "sslmode"), text)),
    st.dictionaries(names, text),
)
def test_never_raises(database: dict[str, Any], env: dict[str, str]):
    """Whatever the settings and variables hold, the answer is an error or a connection."""
    for result in (parse_pgx(database, env), parse_pq(database, env)):
        assert ("error" in result) != ("host" in result or "options" in result)
