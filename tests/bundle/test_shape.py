"""A token says of a secret what the checks judge, and nothing else."""

from __future__ import annotations

import pytest

from doctor.bundle.shape import stand_in
from doctor.keyshape import fault_of_key, is_example
from doctor.spelling import spelled

TOKEN = "secret-1-key"

PLAIN = ["hunter2", "AIzaSyD-9tSrke72PouQMnMX-a7eZSW0jkFMBWY", "p@ss-w0rd!", "Zq8/vK+w=", "dev1", "täglich", "ab" * 150]


@pytest.mark.parametrize("secret", PLAIN)
def test_mostly_it_is_the_token_alone(secret: str) -> None:
    assert stand_in(secret, TOKEN) == TOKEN


JUDGED = {
    "a key of OpenAI": ("sk-abcdefghij", "sk-secret-1-key"),
    "a GitHub token": ("ghp_abcdefghij", "ghp_secret-1-key"),
    "a key of AWS": ("AKIAIOSFODNN7EXAMPLE", "AKIASECRET1KEY"),
    "a placeholder": ("your-key-here", "your-secret-1-key"),
    "another placeholder": ("changeme", "example-secret-1-key"),
    "one in brackets": ("<put it here>", "<secret-1-key x x>"),
    "one with dots": ("AIzaSy...", "AIza-secret-1-key.."),
    "a file's name": ("service.json", "secret-1-key.json"),
    "a blank inside": ("my pass", "secret-1-key x"),
    "a backslash at the end": ("pass\\", "secret-1-key\\"),
    "two backslashes": ("a\\\\b", "secret-1-key\\\\x"),
    "a line break inside": ("one\ntwo", "secret-1-key\nx"),
    "a variable's name and more": ("${HOME:-hunter2}", "${HOME:-secret-1-key}"),
    "a name that is not set": ("pa$hunter", "secret-1-key$x"),
    "a word in front": ("Bearer abcdefghijk", "Bearer secret-1-key"),
    "a name in front": ("GEMINI_API_KEY=abcdefghijk", "GEMINI_API_KEY=secret-1-key"),
    "a quote that is not closed": ("'pass", "'secret-1-key"),
    "a quote in the middle": ("'pa'ss", "'secret-1-key'x"),
}


@pytest.mark.parametrize(("secret", "expected"), JUDGED.values(), ids=JUDGED)
def test_what_is_judged_is_kept(secret: str, expected: str | None) -> None:
    made = stand_in(secret, TOKEN, {"HOME"})

    assert fault_of_key(made) == fault_of_key(secret)
    assert is_example(made) == is_example(secret)
    if expected is not None:
        assert made == expected


def test_a_password_that_a_url_cannot_have_stays_one() -> None:
    assert stand_in("p%zz", TOKEN, in_url=True) == "secret-1-key%x"
    assert stand_in("p%40ss", TOKEN, in_url=True) == TOKEN


@pytest.mark.parametrize("way", ['a"b\\c', "p%40ss w", "it's ü"])
def test_every_spelling_is_known(way: str) -> None:
    import base64
    import json
    from urllib.parse import quote

    known = {text for text, _ in spelled(way + "-12345", TOKEN)}

    assert {way + "-12345", json.dumps(way + "-12345")[1:-1], quote(way + "-12345", safe="")} <= known
    for before in ("", "u", "us", "use"):
        encoded = base64.b64encode(f"{before}{way}-12345:rest".encode()).decode()
        assert any(text in encoded for text in known)
