"""Keeping secrets out of everything that is printed."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache

MASK = "***"

# Names whose values are secrets wherever they turn up: keys of a file, variables, fields of a log line.
SECRET_NAME = re.compile(
    r"(pass(word|wd|phrase)?|secret|token|api[_-]?key|apikey|credential|private[_-]?key|auth|bearer|dsn|passfile)s?$"
    r"|pass(word|wd|phrase)|secret|token|api[_-]?key|credential|private[_-]?key",
    re.IGNORECASE,
)
# Tokens of a language model are counted.
_COUNTED = re.compile(
    r"(?<![a-z])(max|min|total|avg|num)[_-]?tokens?(?![a-z])|tokens?[_-](count(?:ing|s|er)?|limit|per|used|total|budget)",
    re.IGNORECASE,
)
# What a misspelt name may have been meant to be, and by how many letters it may differ from that.
_SECRET_WORDS = {"password": 2, "passphrase": 2, "credential": 2, "passwd": 1, "apikey": 1, "secret": 1, "token": 1}
_NO_LETTERS = re.compile(r"[^a-z]+")
# Variables of a shell that hold no password.
_DIRECTORIES = ("PWD", "OLDPWD")
# Values that are not secret though their key is.
_HARMLESS = re.compile(r"(?i)|true|false|null|none|your[-_].*|\$\{?\w*\}?")
# Shorter texts, and shorter beginnings of longer ones, cannot be told from ordinary words.
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


@lru_cache(_REMEMBERED)
def is_secret_name(name: str) -> bool:
    """Whether a key, variable or field of this name holds a secret, also where the name is misspelt."""
    last = name.rpartition(".")[2]
    if _COUNTED.search(last) is not None:
        return False
    return SECRET_NAME.search(last) is not None or _is_misspelt(last)


def _is_misspelt(name: str) -> bool:
    words = _NO_LETTERS.split(name.lower())
    if "pwd" in words and name not in _DIRECTORIES:
        return True
    whole = {"".join(words), *words}
    return any(_distance(word, secret, least) <= least for word in whole for secret, least in _SECRET_WORDS.items())


def _distance(word: str, other: str, least: int) -> int:
    """By how many letters that are missing, too many, wrong or in the wrong order; more than `least` is not counted."""
    if abs(len(word) - len(other)) > least or len({*word} - {*other}) > least or len({*other} - {*word}) > least:
        return least + 1
    # Of a short word another letter makes another word (`taken`).
    wrong = 1 if least > 1 else 2
    before: list[int] = []
    last = list(range(len(other) + 1))
    for row, letter in enumerate(word, 1):
        here = [row]
        for column, wanted in enumerate(other, 1):
            cost = min(last[column] + 1, here[-1] + 1, last[column - 1] + (0 if letter == wanted else wrong))
            if row > 1 and column > 1 and letter == other[column - 2] and word[row - 2] == wanted:
                cost = min(cost, before[column - 2] + 1)
            here.append(cost)
        before, last = last, here
    return last[-1]


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
    paths or a plugin would let through: each secret as it is, as it is written in URLs, JSON, base64 and the quotes of
    others, and its beginning, from six characters on, where a text was cut. A secret that is also an ordinary word
    there (`is_common`), or shorter than six characters, would tear holes into sentences and names of files: such a one
    is masked only where it stands behind the name of a secret, as in `password=dev`, and in URLs.
    """

    def __init__(self, secrets: Iterable[str] = (), is_common: Callable[[str], bool] = lambda _: False) -> None:
        values = sorted({secret for secret in secrets if not _HARMLESS.fullmatch(secret)})
        telling = [each for each in values if len(each) >= _SHORTEST and not is_common(each)]
        self._whole = _any_of(_variants(telling))
        self._placed = _behind_names(each for each in values if each not in telling)
        self._begun = _Beginnings(telling, is_common)
        self.changes = Changes(self._clean)

    def __call__(self, text: str) -> str:
        """The text without secrets."""
        changed = self.changes[text]
        return text if changed is None else changed

    def _clean(self, text: str) -> str:
        if self._whole is not None:
            text = self._whole.sub(MASK, text)
        if self._placed is not None:
            text = self._placed.sub(rf"\g<before>{MASK}", text)
        return strip_keys(strip_user(self._begun.masked(text)))


def _variants(values: Iterable[str]) -> set[str]:
    from doctor.spelling import spelled

    return {written for value in values for written, _ in spelled(value, MASK)} | {_go_quoted(each) for each in values}


def _any_of(texts: Iterable[str]) -> re.Pattern[str] | None:
    """What finds each of these texts, the longest first; in groups by their beginnings, as there can be very many."""
    groups: dict[str, list[str]] = {}
    for text in sorted(texts, key=lambda each: (-len(each), each)):
        groups.setdefault(text[:_SHORTEST], []).append(text[_SHORTEST:])
    parts = (f"{re.escape(head)}(?:{'|'.join(map(re.escape, rest))})" for head, rest in groups.items())
    return re.compile("|".join(parts)) if groups else None


# A name of a secret and what stands between it and its value: `password=`, `"api_key": "`, `PGPASSWORD: '`.
_NAMED = (
    r"(?P<before>(?i:pass(?:word|wd|phrase)?|secret|token|api[_-]?key|credential|private[_-]?key)s?"
    r"[\"']?\s*[:=]\s*[\"']?)"
)


def _behind_names(values: Iterable[str]) -> re.Pattern[str] | None:
    """What finds these texts where they are the value of something that is called like a secret."""
    longest_first = sorted(values, key=len, reverse=True)
    return re.compile(f"{_NAMED}(?:{'|'.join(map(re.escape, longest_first))})(?![\\w-])") if longest_first else None


# One word, and what comes behind it: as the beginning of a secret it tells nothing.
_WORD = re.compile(r"(?:[A-Z]?[a-z]*|[A-Z]*|[0-9]*)[^A-Za-z0-9]?")


class _Beginnings:
    """Finds secrets that were cut off: the beginning of one, from where more than a word of it can be seen."""

    def __init__(self, values: Iterable[str], is_common: Callable[[str], bool]) -> None:
        self._values: dict[str, list[str]] = {}
        for value in values:
            lengths = (n for n in range(_SHORTEST, len(value)) if not _WORD.fullmatch(value, 0, n))
            least = next((n for n in lengths if not is_common(value[:n])), None)
            if least is not None:
                self._values.setdefault(value[:least], []).append(value)
        self._pattern = _any_of(self._values)

    def masked(self, text: str) -> str:
        """The text without them; what goes on in another way than the secret is another word."""
        if self._pattern is None:
            return text
        kept, done = [], 0
        for match in self._pattern.finditer(text):
            start = match.start()
            stop = max(start + _common_length(text, start, each) for each in self._values[match[0]])
            inside = text[max(0, start - 1) : start].isalnum() or text[stop : stop + 1].isalnum()
            if start >= done and not inside:
                kept += [text[done:start], MASK]
                done = stop
        return "".join((*kept, text[done:])) if done else text


def _common_length(text: str, start: int, value: str) -> int:
    """How many characters of the value stand at this place of the text."""
    length = 0
    while length < len(value) and text[start + length : start + length + 1] == value[length]:
        length += 1
    return length


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
