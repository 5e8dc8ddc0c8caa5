"""Readers that follow Go's: YAML, numbers, durations, connection strings, URLs, dotenv, TOML, JSON, PEM."""

from __future__ import annotations

from contextlib import suppress

from tests.fuzz.target import Run, Target, World, joined, strings, texts, variables


def yaml(_: World) -> Run:
    from doctor.golang.yaml import YamlError, load

    def run(data: bytes) -> None:
        with suppress(YamlError):
            load(data)

    return run


def numbers(_: World) -> Run:
    from doctor.golang import duration, numbers

    def run(data: bytes) -> None:
        (text,) = texts(data, 1)
        for read in (numbers.parse_int, numbers.parse_float, numbers.parse_bool):
            with suppress(ValueError):
                read(text)
        with suppress(ValueError):
            found = duration.parse_duration(text)
            assert duration.parse_duration(duration.format_duration(found)) == found

    return run


def connection_strings(_: World) -> Run:
    from doctor.sources import dsn

    def run(data: bytes) -> None:
        user, password, host, name, sslmode, port, environment = texts(data, 7)
        files = {"/f": data}

        def read_file(path: str) -> bytes:
            if path in files:
                return files[path]
            raise FileNotFoundError(2, "no such file", path)

        database = {"user": user, "password": password, "host": host, "name": name, "sslmode": sslmode}
        database["port"] = int(port) if port.isascii() and port.isdecimal() and len(port) < 19 else 5432
        env = variables(environment)
        dsn.parse_pgx(database, env, read_file=read_file)
        dsn.parse_pq(database, env)

    return run


def urls(_: World) -> Run:
    from doctor.golang import neturl, proxy
    from doctor.sources.nats.addresses import addresses
    from doctor.sources.network import go_proxy, shown_proxy, unreadable

    def run(data: bytes) -> None:
        url, environment = texts(data, 2)
        env = variables(environment)
        with suppress(ValueError):
            neturl.parse(url).host_and_port  # noqa: B018 - it is computed
        with suppress(ValueError):
            proxy.proxy_for(url, env)
        for address in ("http://a.example/", "https://generativelanguage.googleapis.com/", url):
            try:
                if found := go_proxy(address, env):
                    shown_proxy(found)
            except ValueError as error:
                unreadable(address, error)
        with suppress(ValueError):
            for each in addresses(url):
                assert each.url is not None

    return run


def dotenv(_: World) -> Run:
    from doctor import dotenv as compose
    from doctor.golang import dotenv

    def run(data: bytes) -> None:
        with suppress(dotenv.DotenvError):
            dotenv.load(data, {"A": "b"})
        found = compose.parse(data.decode("utf-8", "replace"), {"A": "b"})
        assert sum(len(each.value) for each in found) <= compose.MOST

    return run


def toml(_: World) -> Run:
    from doctor.golang import toml

    def run(data: bytes) -> None:
        with suppress(toml.TomlError):
            toml.load(data)

    return run


def json(_: World) -> Run:
    from doctor.golang import json

    def run(data: bytes) -> None:
        with suppress(json.JsonError):
            json.load(data)

    return run


def certificates(_: World) -> Run:
    from doctor.golang import pem
    from doctor.sources import certificates

    def run(data: bytes) -> None:
        certificates.read(data)
        for block in pem.blocks(data):
            block.is_certificate  # noqa: B018 - it is computed

    return run


def password_files(_: World) -> Run:
    from doctor.golang import libpq

    def run(data: bytes) -> None:
        libpq.services(data)
        libpq.password(data, "h", "5432", "d", "u")

    return run


YAML = strings(
    [
        "database: {user: u, password: p}\n",
        "a: &a [1, 0x1F, 0o7, 1e3, .inf, yes, ~, 2024-01-01T00:00:00Z]\nb: *a\nc:\n  <<: {d: 1}\n",
        "a: |2-\n   x\n  y\nb: >+\n  z\n\n? [k]\n: v\n",
        '%YAML 1.2\n---\n!!str a: !t "\\x41\\u00e9"\n...\n---\nb\n',
        "- - 'it''s'\n  - {a, b: [c]}\n# end",
    ]
)
GOLANG = (
    Target("yaml", yaml, ("doctor.golang.yaml",), YAML),
    Target(
        "numbers",
        numbers,
        ("doctor.golang.numbers", "doctor.golang.duration"),
        strings(["1h2m3.5s", "-1.5us", "0x1p-2", "1_000", "9223372036854775808ns", "true", "inf", "0b1"]),
        longest=200,
    ),
    Target(
        "connection-strings",
        connection_strings,
        ("doctor.golang.pgx", "doctor.golang.pq", "doctor.golang.libpq", "doctor.sources.dsn"),
        (
            joined("u", "p", "h", "d", "disable", "5432", "PGSSLMODE=require\nPGPASSFILE=/f\nPGSERVICEFILE=/f"),
            joined("'u'", "\\'", "/tmp,h2", "", "verify-full", "1", "PGSERVICE=s\nPGSERVICEFILE=/f\n[s]\nhost=x"),
            joined("u", "p", "h,,i", "d", "allow", "65536", "PGPORT=1,2\nPGCONNECT_TIMEOUT=3\nPGSSLROOTCERT=/f"),
        ),
        longest=1024,
    ),
    Target(
        "urls",
        urls,
        ("doctor.golang.neturl", "doctor.golang.proxy", "doctor.sources.nats.addresses", "doctor.sources.network"),
        (
            joined(
                "nats://u:p@h:4222,tls://[::1%25eth0]", "HTTPS_PROXY=http://u:p@proxy:3128\nNO_PROXY=.a,10.0.0.0/8,*"
            ),
            joined("https://xn--bcher-kva.example:443/%41?q#f", "https_proxy=socks5://p\nno_proxy=[::1]:80"),
            joined("//h", "HTTP_PROXY=:"),
        ),
        longest=1024,
    ),
    Target(
        "dotenv",
        dotenv,
        ("doctor.golang.dotenv", "doctor.dotenv"),
        strings(["export A='b'\nB=\"$A\\n${C:-d}\" # x\nC: d\n\nD=a#b\n", 'A="\nb"\nA=${A}${A}']),
    ),
    Target("toml", toml, ("doctor.golang.toml",), strings(['a = 1\n[b.c]\nd = [1979-05-27, "x", {e = 1.5}]\n'])),
    Target("json", json, ("doctor.golang.json",), strings(['{"a": [1, -2.5e3, "\\u00e9\\ud800", null, {}]}'])),
    Target(
        "certificates",
        certificates,
        ("doctor.golang.pem", "doctor.sources.certificates"),
        strings(["-----BEGIN CERTIFICATE-----\nMAUCAQEEAA==\n-----END CERTIFICATE-----\n"]),
    ),
    Target(
        "password-files",
        password_files,
        ("doctor.golang.libpq",),
        strings(["# c\nh:5432:*:u:p\\:q\n", "[s]\nhost = h\nport=1\n"]),
    ),
)
