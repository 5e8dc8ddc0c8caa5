"""Proxies: agreement with Go's HTTP client."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from doctor.sources.network import go_proxy, shown_proxy, unreadable
from tests.conformance import cases

GEMINI = "https://generativelanguage.googleapis.com/v1beta/models"


def answer(url: str, env: dict[str, str]) -> dict[str, str | None]:
    try:
        return {"proxy": go_proxy(url, env)}
    except ValueError as error:
        return {"error": str(error)}


def test_agrees_with_go():
    """Every request of the data gets the proxy, or the error, that Go has for it."""
    disagreeing = [
        (index, request["url"])
        for index, case in enumerate(cases("proxy"))
        for request in case["requests"]
        if {"url": request["url"], **answer(request["url"], case["env"])} != request
    ]

    assert disagreeing == []


@pytest.mark.parametrize(
    ("no_proxy", "url", "proxied"),
    [
        pytest.param("", "https://example.com/", True, id="no exception"),
        pytest.param("example.com.", "https://example.com/", True, id="a dot at the end is part of the name"),
        pytest.param(".example.com", "https://example.com/", True, id="only what is below"),
        pytest.param("xample.com", "https://example.com/", True, id="half a label"),
        pytest.param("example.com:80", "https://example.com/", True, id="other port"),
        pytest.param("10.1.2.0/33", "https://10.1.2.3/", True, id="no network"),
        pytest.param("10.1.2.0/", "https://10.1.2.3/", True, id="no prefix"),
        pytest.param("10.1.2.3:80", "https://10.1.2.3/", True, id="other port of an address"),
        pytest.param("::/0", "https://10.1.2.3/", True, id="networks of IPv6 hold no IPv4"),
        pytest.param(":443", "https://example.com/", True, id="no host"),
        pytest.param("[2001:db8::1]", "https://[2001:db8::1]/", True, id="brackets need a port"),
        pytest.param("", "https://LOCALHOST/", True, id="localhost in capitals is a name like any other"),
        pytest.param("EXAMPLE.com", "https://a.Example.COM/", False, id="letter case"),
        pytest.param("x, *", "https://example.com/", False, id="everything"),
        pytest.param("*.example.com", "https://a.example.com/", False, id="wildcard"),
        pytest.param("example.com:443", "https://example.com/", False, id="the port of the scheme"),
        pytest.param("bücher.example", "https://bücher.example/", False, id="beyond ASCII"),
        pytest.param("10.0.0.0/8", "https://[::ffff:10.1.2.3]/", False, id="IPv4 within IPv6"),
        pytest.param("::ffff:10.0.0.0/104", "https://10.1.2.3/", False, id="a network of such addresses"),
        pytest.param("[2001:db8::1]:443", "https://[2001:db8::1]/", False, id="address and port"),
        pytest.param("2001:db8::/32", "https://[2001:db8::1%25en0]/", False, id="a zone does not matter"),
        pytest.param("", "https://127.0.0.5/", False, id="this machine"),
        pytest.param("", "https://[::1]:8443/", False, id="this machine by IPv6"),
        pytest.param("", "ftp://example.com/", False, id="other scheme"),
    ],
)
def test_exceptions(no_proxy, url, proxied):
    """NO_PROXY takes names, addresses and networks, some with a port."""
    env = {"HTTPS_PROXY": "http://proxy:3128", "NO_PROXY": no_proxy}

    assert (go_proxy(url, env) is not None) is proxied


def test_which_variable_counts():
    """Capitals first, an empty variable is none, and a proxy that is no URL is passed over."""
    assert go_proxy(GEMINI, {"HTTPS_PROXY": "", "https_proxy": "proxy:1"}) == "http://proxy:1"
    assert go_proxy(GEMINI, {"HTTPS_PROXY": "[::1", "https_proxy": "proxy:1"}) is None
    assert go_proxy(GEMINI, {"HTTP_PROXY": "proxy:1", "ALL_PROXY": "proxy:2"}) is None
    assert go_proxy(GEMINI, {"HTTPS_PROXY": "proxy:1", "REQUEST_METHOD": "GET"}) == "http://proxy:1"


@settings(max_examples=150, deadline=None)
@given(
    st.text(st.sampled_from(":/?#@[]%.1a ") | st.characters(), max_size=15),
    st.text(st.sampled_from(",:/[]%*.1 ") | st.characters(), max_size=15),
)
def test_only_value_errors(some, other):
    """Whatever the variables hold, a request gets an answer; a URL that is none gets Go's text."""
    env = {"HTTPS_PROXY": some, "http_proxy": other, "no_proxy": other}

    assert "error" not in answer(GEMINI, env)
    answer(some, env)
    answer(f"http://{some}", env)


@pytest.mark.parametrize(
    ("setting", "shown"),
    [
        ("proxy.example.com:3128", "http://proxy.example.com:3128"),
        ("https://jo:swordfish@proxy.example.com/", "https://proxy.example.com"),
        ("socks5://jo@[::1]:1080", "socks5://[::1]:1080"),
        ("http://jo:tuna/fish@proxy.example.com:3128", ""),
        ("http://jo:tuna#fish@proxy.example.com:3128", ""),
        ("http://jo:tuna?fish@proxy.example.com:3128", ""),
        ("http://jo:tuna fish@proxy.example.com:3128", ""),
        ("jo:tuna/fish@proxy.example.com:3128", ""),
        ("http://proxy.example.com:3128/?password=swordfish#swordfish", "http://proxy.example.com:3128"),
    ],
)
def test_how_a_proxy_is_shown(setting, shown):
    """By scheme, host and port alone: Go finds a login that was not escaped in other parts."""
    found = go_proxy(GEMINI, {"HTTPS_PROXY": setting})

    assert found is not None
    assert shown_proxy(found) == shown


def test_why_an_address_cannot_be_read():
    """In Go's words, which quote it, only where no login can be in it."""
    assert (
        unreadable("http://h:x", ValueError('parse "http://h:x": invalid port')) == 'parse "http://h:x": invalid port'
    )
    assert "tuna" not in unreadable("http://jo:tuna/fish@h", ValueError('invalid port ":tuna" after host'))
