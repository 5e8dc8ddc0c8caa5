"""pgx: words, quotes, ports and lists of hosts."""

from __future__ import annotations

import pytest

from doctor.golang import pgx


def no_file(path: str) -> bytes:
    raise FileNotFoundError(2, "No such file or directory", path)


def parse(dsn: str, **env: str) -> pgx.Connection:
    return pgx.parse(dsn, env, os_user="ann", home="/home/ann", read_file=no_file)


@pytest.mark.parametrize(
    ("dsn", "words"),
    [
        pytest.param("", [], id="empty"),
        pytest.param("host=a dbname=b", [("host", "a"), ("database", "b")], id="plain"),
        pytest.param("host = a", [("host", "a")], id="blanks around the sign"),
        pytest.param("host=", [("host", "")], id="nothing at the end"),
        pytest.param("host= port=1", [("host", "port=1")], id="an empty value takes the next word"),
        pytest.param("a=b c d=e", [("a", "b"), ("c d", "e")], id="blanks inside a keyword"),
        pytest.param(r"a=b\ c", [("a", r"b\ c")], id="an escaped blank keeps its backslash"),
        pytest.param(r"a=b\\c\'d\e", [("a", r"b\c'd\e")], id="what a backslash goes away before"),
        pytest.param("a='b c'd=e", [("a", "b c"), ("d", "e")], id="the next keyword right behind a quote"),
        pytest.param("a='' b='\\''", [("a", ""), ("b", "'")], id="quotes"),
        pytest.param("a=b\xa0c", [("a", "b\xa0c")], id="only ASCII blanks count"),
    ],
)
def test_keywords(dsn, words):
    """A string is read word by word."""
    assert list(pgx.keywords(dsn)) == words


@pytest.mark.parametrize(
    ("dsn", "why"),
    [
        pytest.param("a", "failed to parse as keyword/value (invalid keyword/value)", id="no sign"),
        pytest.param("=a", "failed to parse as keyword/value (invalid keyword/value)", id="no keyword"),
        pytest.param("a=b\\", "failed to parse as keyword/value (invalid backslash)", id="backslash at the end"),
        pytest.param(
            "a='b",
            "failed to parse as keyword/value (unterminated quoted string in connection info string)",
            id="open quote",
        ),
        pytest.param("port=", 'invalid port (strconv.ParseUint: parsing "": invalid syntax)', id="no port"),
        pytest.param("port=0", "invalid port (outside range)", id="port 0"),
        pytest.param("port=-1", 'invalid port (strconv.ParseUint: parsing "-1": invalid syntax)', id="negative port"),
        pytest.param("port=65536", 'invalid port (strconv.ParseUint: parsing "65536": value out of range)', id="port"),
        pytest.param("port=6553x", 'invalid port (strconv.ParseUint: parsing "6553x": invalid syntax)', id="letter"),
        pytest.param(
            "port=65536x", 'invalid port (strconv.ParseUint: parsing "65536x": value out of range)', id="both"
        ),
        pytest.param("connect_timeout=-1", "invalid connect_timeout (negative timeout)", id="negative timeout"),
        pytest.param(
            "connect_timeout=9223372036854775808",
            'invalid connect_timeout (strconv.ParseInt: parsing "9223372036854775808": value out of range)',
            id="huge timeout",
        ),
        pytest.param("sslmode=DISABLE", "failed to configure TLS (sslmode is invalid)", id="capitals"),
        pytest.param("target_session_attrs=x", "unknown target_session_attrs value: x", id="session kind"),
    ],
)
def test_refusals(dsn, why):
    """A refusal names the string and the reason."""
    with pytest.raises(ValueError, match=r"^cannot parse") as caught:
        parse(dsn)

    assert str(caught.value) == f"cannot parse `{dsn}`: {why}"


@pytest.mark.parametrize(
    ("dsn", "attempts"),
    [
        pytest.param("host=a sslmode=disable", [("a", 5432, False)], id="one host"),
        pytest.param("host=a port=065535 sslmode=require", [("a", 65535, True)], id="leading zero, highest port"),
        pytest.param("host=a", [("a", 5432, True), ("a", 5432, False)], id="no mode means prefer"),
        pytest.param("host=a sslmode=allow", [("a", 5432, False), ("a", 5432, True)], id="allow"),
        pytest.param("host=/run sslmode=require", [("/run", 5432, False)], id="a socket has no TLS"),
        pytest.param("host=/run sslmode=on", [("/run", 5432, False)], id="nor is the word looked at"),
        pytest.param(r"host=C:\run", [("C:\\run", 5432, False)], id="a socket of Windows"),
        pytest.param(
            "host=a,b,c port=1,2 sslmode=disable", [("a", 1, False), ("b", 2, False), ("c", 1, False)], id="list"
        ),
        pytest.param("host=a, sslmode=disable", [("a", 5432, False), ("", 5432, False)], id="empty host"),
    ],
)
def test_attempts(dsn, attempts):
    """Hosts are tried in order, each with and without TLS as the mode has it."""
    assert [(each.host, each.port, each.tls) for each in parse(dsn).attempts] == attempts


def test_precedence():
    """The string wins over a variable, that over the built-in value; an empty variable does not count."""
    found = parse("user=u host=a", PGUSER="v", PGDATABASE="d", PGPASSWORD="", PGTZ="UTC", PGGEQO="off")

    assert (found.user, found.database, found.password) == ("u", "d", "")
    assert found.runtime_params == {"timezone": "UTC"}
    assert parse("host=a", PGUSER="").user == "ann"


def test_password_in_messages():
    """The driver masks the password up to the first blank, wherever the word stands."""
    assert pgx.masked("password='a b' xpassword=c@d password=e:f@g") == "password=xxxxx xpassword=xxxxx password=xxxxx"
    assert pgx.masked("host=u:secret@h") == "host=u:xxxxxx@h"
