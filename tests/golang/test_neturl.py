"""net/url: what is kept, what is escaped, what is refused."""

from __future__ import annotations

import pytest

from doctor.golang import neturl


@pytest.mark.parametrize(
    ("text", "written"),
    [
        pytest.param(same, same, id=same)
        for same in (
            "http://proxy:3128",
            "http://user:pa%40ss@proxy:3128/",
            "http://u@h/a%2Fb?",
            "http://h?a=b?c",
            "http://h/!'()*",
            "http://[fe80::1%25en0]:80/",
            "mailto:a@b",
            "//h/x",
            "///x",
            "a/b:c",
            "*",
            "http:",
            "http:///x",
            "http://h/#a%20b!",
        )
    ]
    + [
        pytest.param("HTTP://Proxy", "http://Proxy", id="scheme in capitals"),
        pytest.param("http://h/a b", "http://h/a%20b", id="blank"),
        pytest.param("http://h#", "http://h", id="empty fragment"),
        pytest.param("http://h%C3%A9/é", "http://h%C3%A9/%C3%A9", id="beyond ASCII"),
        pytest.param("http://u:p!@h", "http://u:p%21@h", id="user info"),
        pytest.param("%3A b", "./:%20b", id="a first segment like a scheme"),
    ],
)
def test_round_trip(text, written):
    """A URL is written as Go would."""
    assert str(neturl.parse(text)) == written


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("http://a b/", 'parse "http://a b/": invalid character " " in host name'),
        ("http://a%41 b/", 'parse "http://a%41 b/": invalid URL escape "%41"'),
        ("http://h/%zé", 'parse "http://h/%zé": invalid URL escape "%z\\xc3"'),
        ("http://h/#%", 'parse "http://h/#%": invalid URL escape "%"'),
        ("http://h:x/", 'parse "http://h:x/": invalid port ":x" after host'),
        ("http://[::1/", "parse \"http://[::1/\": missing ']' in host"),
        ("http://a[::1]/", 'parse "http://a[::1]/": invalid IP-literal'),
        ("http://[1.2.3.4]/", 'parse "http://[1.2.3.4]/": invalid IP-literal'),
        ("http://[h]/", 'parse "http://[h]/": invalid host: ParseAddr("h"): unable to parse IP'),
        ("http://[::1%25]/", 'parse "http://[::1%25]/": invalid host: ParseAddr("::1%"): unable to parse IP'),
        ("http://[::1%25%C3]/", 'parse "http://[::1%25%C3]/": invalid URL escape "%C3"'),
        ("http://a^b@h/", 'parse "http://a^b@h/": net/url: invalid userinfo'),
        ("a\tb", 'parse "a\\tb": net/url: invalid control character in URL'),
        (":x", 'parse ":x": missing protocol scheme'),
        ("1:x", 'parse "1:x": first path segment in URL cannot contain colon'),
    ],
)
def test_refusals(text, why):
    """A refusal is Go's text."""
    with pytest.raises(ValueError, match=r"^parse ") as caught:
        neturl.parse(text)

    assert str(caught.value) == why


@pytest.mark.parametrize(
    ("url", "found"),
    [
        ("http://h:80", ("h", "80")),
        ("http://h", ("h", "")),
        ("http://h:", ("h", "")),
        ("http://[::1]:80", ("::1", "80")),
        ("http://[::1]", ("::1", "")),
        ("http:", ("", "")),
    ],
)
def test_host_and_port(url, found):
    """Brackets belong to the URL, not to the host."""
    assert neturl.parse(url).host_and_port == found


@pytest.mark.parametrize("address", ["h", "::1", "[::1]", "[h:1", "a]:1", "[a]b:1", "[::1]:1:2", ""])
def test_no_port(address):
    """Where host and port cannot be told apart there is none."""
    with pytest.raises(ValueError, match="no port"):
        neturl.split_host_port(address)
