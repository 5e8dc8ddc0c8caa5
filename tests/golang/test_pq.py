"""lib/pq: words, quotes, and the variables it refuses."""

from __future__ import annotations

import pytest

from doctor.golang import pq

BUILT_IN = {
    "host": "localhost",
    "port": "5432",
    "user": "ann",
    "client_encoding": "UTF8",
    "datestyle": "ISO, MDY",
    "extra_float_digits": "2",
}


@pytest.mark.parametrize(
    ("dsn", "words"),
    [
        pytest.param("", [], id="empty"),
        pytest.param(" \n", [], id="blanks"),
        pytest.param("host=a dbname=b", [("host", "a"), ("dbname", "b")], id="plain"),
        pytest.param("host = a", [("host", "a")], id="blanks around the sign"),
        pytest.param("host= ", [("host", "")], id="nothing at the end"),
        pytest.param("host= port=1", [("host", "port=1")], id="an empty value takes the next word"),
        pytest.param("=a", [("", "a")], id="no keyword"),
        pytest.param(r"a=b\ c\d\'", [("a", "b cd'")], id="a backslash always goes away"),
        pytest.param(r"a='b \'c\d'e=f", [("a", "b 'cd"), ("e", "f")], id="quotes"),
        pytest.param("a=''", [("a", "")], id="empty quotes"),
        pytest.param("a=b'c", [("a", "b'c")], id="a quote inside"),
        pytest.param("a=b\xa0c=d\x85e=f", [("a", "b"), ("c", "d"), ("e", "f")], id="blanks beyond ASCII"),
        pytest.param("a=b\x1cc", [("a", "b\x1cc")], id="a separator is a blank for Python alone"),
    ],
)
def test_keywords(dsn, words):
    """A string is read word by word."""
    assert list(pq.keywords(dsn)) == words


@pytest.mark.parametrize(
    ("dsn", "why"),
    [
        pytest.param("a", 'missing "=" after "a" in connection info string"', id="no sign"),
        pytest.param('a=b é" c=d', r'missing "=" after "é\"" in connection info string"', id="a word too many"),
        pytest.param("a=b\\", "missing character after backslash", id="backslash at the end"),
        pytest.param("a='b\\'", "unterminated quoted string literal in connection string", id="open quote"),
        pytest.param("client_encoding=latin1", "client_encoding must be absent or 'UTF8'", id="encoding"),
        pytest.param("datestyle=ISO", "setting datestyle must be absent or ISO, MDY; got ISO", id="date style"),
    ],
)
def test_refusals(dsn, why):
    """A refusal is the driver's text and nothing else."""
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - the text is compared whole
        pq.options(dsn, {}, os_user="ann")

    assert str(caught.value) == why


@pytest.mark.parametrize("name", sorted(pq.UNSUPPORTED))
def test_unsupported_variables(name):
    """Some variables end the program, even empty ones, before it looks at the string."""
    with pytest.raises(ValueError, match=f"^panic: setting {name} not supported$"):
        pq.options("=", {name: ""}, os_user="ann")


@pytest.mark.parametrize(
    ("dsn", "env", "differs"),
    [
        pytest.param("", {}, {}, id="built-in values"),
        pytest.param("", {"PGPASSFILE": "/p", "PGTARGETSESSIONATTRS": "any"}, {}, id="variables it does not know"),
        pytest.param("host=a", {"PGHOST": "b", "PGTZ": "UTC"}, {"host": "a", "timezone": "UTC"}, id="the string wins"),
        pytest.param("", {"PGPORT": "", "PGUSER": ""}, {"port": "", "user": ""}, id="empty variables count"),
        pytest.param("host=/run sslmode=require", {}, {"host": "/run", "sslmode": "disable"}, id="socket"),
        pytest.param("sslmode=Bogus", {}, {"sslmode": "Bogus"}, id="modes are judged later"),
        pytest.param("client_encoding=Uni-Code", {}, {}, id="a spelling of UTF-8"),
        pytest.param(
            "fallback_application_name=a",
            {},
            {"fallback_application_name": "a", "application_name": "a"},
            id="fallback name",
        ),
    ],
)
def test_options(dsn, env, differs):
    """The string wins over a variable, that over the built-in value."""
    assert pq.options(dsn, env, os_user="ann") == {**BUILT_IN, **differs}
