"""Keeping secrets out of everything that is printed."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping

MASK = "***"

# Names whose values are secrets wherever they turn up: keys of a file, variables, fields of a log line.
SECRET_NAME = re.compile(
    r"(pass(word|wd|phrase)?|secret|token|api[_-]?key|apikey|credential|private[_-]?key|auth|bearer|dsn|passfile)s?$"
    r"|pass(word|wd|phrase)|secret|token|api[_-]?key|credential|private[_-]?key",
    re.IGNORECASE,
)
# Tokens of a language model are counted.
_COUNTED = re.compile(
    r"(?<![a-z])(max|min|total|avg|num)[_-]?tokens?(?![a-z])|tokens?[_-](count|limit|per|used|total|budget)",
    re.IGNORECASE,
)
# Values that are not secret though their key is, or that would tear holes into ordinary words.
_HARMLESS = re.compile(r"(?i)|true|false|null|none|your[-_].*|\$\{?\w*\}?")
_SHORTEST = 6
# So many texts are kept in mind.
_REMEMBERED = 10_000
# Longer ones are no passwords or keys that somebody types.
_LONGEST = 500

_USER_INFO = re.compile(r"(?P<scheme>\b[a-zA-Z][a-zA-Z0-9+.-]*://)[^/\s@?#\"']*@")

# What keys and tokens look like, also those that are no longer in use and known to nobody here; and what stands behind
# a name that tells of one (`?private_token=`, `password=` of a connection string) or behind `Bearer`. Placeholders
# begin with a quote, a bracket, a dollar or dots.
_API_KEY = re.compile(
    r"AIza[\w-]{10,}|(?<=[?&]key=)[^&\s\"']+|gh[pousr]_\w{20,}|github_pat_\w{20,}|glpat-[\w-]{15,}|sk-[\w-]{20,}"
    r"|(?<=oken=|word=|cret=|_key=|ikey=)[^\s&\"'<>$*\[\]{}.…][^\s&\"'<>]{3,}|(?<=[Bb]earer )[\w.~+/-]{8,}=*"
)
_LIKE_A_KEY = ("AIza", "key=", "gh", "glpat-", "sk-", "oken=", "word=", "cret=", "earer ")


def is_secret_name(name: str) -> bool:
    """Whether a key, variable or field of this name holds a secret."""
    last = name.rpartition(".")[2]
    return SECRET_NAME.search(last) is not None and _COUNTED.search(last) is None


def is_harmless(text: str) -> bool:
    """Whether a value is not secret though its name is a secret's: none at all, a placeholder, a variable's name."""
    return _HARMLESS.fullmatch(text) is not None


def strip_user(text: str) -> str:
    """Mask user and password in URLs: `nats://u:p@host` -> `nats://***@host`."""
    return _USER_INFO.sub(rf"\g<scheme>{MASK}@", text) if "://" in text else text


def strip_keys(text: str) -> str:
    """Mask what has the shape of an API key, and `key=` in URLs."""
    return replace_keys(text, lambda _: MASK)


def replace_keys(text: str, instead: Callable[[str], str]) -> str:
    """Put something else in the place of each text that has the shape of a key."""
    return _API_KEY.sub(lambda key: instead(key[0]), text) if any(each in text for each in _LIKE_A_KEY) else text


def beginning(text: str, most: int) -> str:
    """
    The first words of a text, in at most so many characters.

    The word at the cut goes too, or its last characters if it is very long: a secret that is cut in two can no longer
    be told, and masked, when the text is shown.
    """
    if len(text) <= most:
        return text
    kept, _, last = text[:most].rpartition(" ")
    return kept if len(last) <= _LONGEST else text[: max(0, most - _LONGEST)]


class Redactor:
    """
    The last gate before output: replaces every known secret value in a text by `***`.

    The first gate is not to put secrets into findings at all; this one catches what the program's own messages,
    paths or a plugin would let through. Values shorter than six characters cannot be told from ordinary words and
    are left to the first gate.
    """

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        values = {secret for secret in secrets if len(secret) >= _SHORTEST and not _HARMLESS.fullmatch(secret)}
        variants = values | {_go_quoted(value) for value in values}
        longest_first = sorted(variants, key=len, reverse=True)
        self._pattern = re.compile("|".join(map(re.escape, longest_first))) if longest_first else None
        self.changes = Changes(self._clean)

    def __call__(self, text: str) -> str:
        """The text without secrets."""
        changed = self.changes[text]
        return text if changed is None else changed

    def _clean(self, text: str) -> str:
        if self._pattern is not None:
            text = self._pattern.sub(MASK, text)
        return strip_keys(strip_user(text))


class Changes(dict[str, "str | None"]):
    """What becomes of a text; None where nothing does. Of what a program says most texts are the same few."""

    def __init__(self, clean: Callable[[str], str]) -> None:
        super().__init__()
        self._clean = clean

    def __missing__(self, text: str) -> str | None:
        clean = self._clean(text)
        changed = clean if clean != text else None
        if len(self) < _REMEMBERED:
            self[text] = changed
        return changed


def _go_quoted(value: str) -> str:
    """The value as Go's %q would print it inside a message, without the quotes around it."""
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t")


def secrets_of(variables: Mapping[str, str]) -> Iterable[str]:
    """The values of those variables whose names mark them as secret."""
    for name, value in variables.items():
        if value and is_secret_name(name):
            yield value
