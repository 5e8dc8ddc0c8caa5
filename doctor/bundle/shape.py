"""What stands in a secret's place: a text that says nothing of it but what the checks judge."""

from __future__ import annotations

import re
from collections.abc import Container, Iterator

from doctor.keyshape import BLANKS, OTHERS, QUOTES, announced, fault_of_key, is_example

# What means something to whoever reads the text: blanks, quotes, marks of a URL, of a shell and of YAML.
_MARKS = re.escape(BLANKS + QUOTES + "\\$#@:/?%<>[]{}&=,") + r"\x00-\x1f\x7f"
_SPECIAL = re.compile(f"[{_MARKS}]+")
_READ_DIFFERENTLY = re.compile(r"\s|\\|^'|[\x00-\x1f\x7f]")
# What can stand around a token: a secret that is a piece of it cannot be told from it.
WORDS = "secret value example your aiza akia json"
# As the programs expand them.
_VARIABLE = re.compile(
    r"\$(?:(?P<brace>\{)(?P<braced>[A-Za-z_][A-Za-z0-9_]*)(?::?[-+])?|(?P<bare>[A-Za-z_][A-Za-z0-9_]*))"
)
_ONLY_VARIABLES = re.compile(r"(\$[A-Za-z_][A-Za-z0-9_]*|\$\{[A-Za-z_][A-Za-z0-9_]*\})+")
# A user or password that a URL can have as it stands; any other makes the URL another one, or none.
_IN_URL = re.compile(r"(?:[\w.~!$&'()*+,;=:-]|%[0-9A-Fa-f]{2})*", re.ASCII)


def stand_in(secret: str, token: str, variables: Container[str] = (), *, in_url: bool = False) -> str:
    """
    The token, with as little around it as the checks need to say of it what they say of the secret.

    Mostly that is nothing. `variables` are names whose meaning counts when they stand behind a `$`.
    """
    wanted = _judged(secret, variables, in_url)
    return next(
        (each for each in _candidates(secret, token, variables) if _judged(each, variables, in_url) == wanted),
        skeleton(secret, token, variables),
    )


def _candidates(secret: str, token: str, variables: Container[str]) -> tuple[str, ...]:
    starts = tuple(start for beginnings, _ in OTHERS for start in beginnings if secret.startswith(start))
    return (
        token,
        f"example-{token}",
        f"your-{token}",
        f"<{token}>",
        f"AIza-{token}..",
        announced(secret) + token,
        *(start + token for start in starts),
        "AKIA" + re.sub("[^A-Z0-9]", "", token.upper()),
        f"{token}.json",
        skeleton(secret, token, variables),
    )


def _judged(text: str, variables: Container[str], in_url: bool) -> object:
    """What can be said of a text: two that are equal here are the same to every check."""
    marks = _SPECIAL.sub(lambda mark: mark[0], re.sub(f"[^{_MARKS}]+", "x", text))
    names = [each[0] for each in variables_in(text, variables)]
    return (
        fault_of_key(text),
        is_example(text),
        marks if _READ_DIFFERENTLY.search(text) or "$" in text else None,
        names,
        in_url and _IN_URL.fullmatch(text) is None,
    )


def skeleton(secret: str, token: str, variables: Container[str] = ()) -> str:
    """The marks in a secret as they stand; for the first word between them the token, for each further one an `x`."""
    if _ONLY_VARIABLES.fullmatch(secret):
        return secret
    words = iter((token,))
    made, place = [], 0
    for name in variables_in(secret, variables):
        made += [_words(secret[place : name.start()], words), name[0]]
        place = name.end()
    return "".join((*made, _words(secret[place:], words)))


def variables_in(text: str, known: Container[str]) -> Iterator[re.Match[str]]:
    """The names of variables in a text: those in braces, those in capitals, and those that are set."""
    for match in _VARIABLE.finditer(text):
        if match["brace"] or match["bare"].isupper() or match["bare"] in known:
            yield match


def _words(text: str, words: Iterator[str]) -> str:
    return re.sub(f"[^{_MARKS}]+", lambda _: next(words, "x"), text)
