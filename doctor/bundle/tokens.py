"""The secrets in a run's facts, each with the token that takes its place everywhere."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, TypeVar

from doctor import facts
from doctor.bundle.shape import stand_in, variables_in
from doctor.bundle.walk import Role, transformed
from doctor.common import open_values
from doctor.keyshape import BLANKS, QUOTES
from doctor.redact import is_harmless, replace_keys
from doctor.spelling import SHORTEST_PIECE, pieces, spelled
from doctor.values import value

Value = TypeVar("Value")

# Shorter texts, and those that are words of ours or settings of another key, are only replaced where they stand as the
# value of a secret: as a piece of other texts they tell nothing, and would tear holes into all of them.
_SHORTEST = 6

_USER_INFO = re.compile(
    r"(?P<scheme>\b[a-zA-Z][a-zA-Z0-9+.-]*://|^(?=[^/:@\s]+:[^/@\s]+@))"
    r"(?P<user>[^/:\s@?#\"']*)"
    r"(?P<colon>:?)(?P<password>[^/\s@?#\"']*(?:@[^/\s@?#\"']*)*|(?!\d+[/?#])[^\s\"',]*)@"
)
# Who everybody is there.
_NOBODY = ("", "git")


@value
class Secret:
    """
    One secret and its token; `kind` is the name of the key or variable that has it.

    With `everywhere` it is replaced wherever it occurs, however it is spelled. `private` marks what is no secret, but
    the value of a variable that is nobody's business.
    """

    text: str = field(repr=False)
    token: str
    kind: str
    everywhere: bool
    private: bool = False


@dataclass
class Tokens:
    """
    The secrets that were gathered, in the order in which they were met.

    `common` are texts that are not replaced everywhere although a secret is the same.
    """

    common: Callable[[str], bool]
    variables: frozenset[str] = frozenset()
    by_text: dict[str, Secret] = field(default_factory=dict)
    _numbers: dict[tuple[str, bool], str] = field(default_factory=dict)

    # --- gathering

    def gather(self, fact: object) -> None:
        """Take note of every secret in a fact."""
        transformed(fact, self._note)

    def _note(self, text: str, role: Role | None) -> str:
        if role is not None and not (role.private and "$" in text):
            self._add(text, role.name, private=role.private)
            return text
        for match in _USER_INFO.finditer(text):
            self._add_user(match)
        replace_keys(text, lambda key: self._add(key, "key in a text"))
        return text

    def _add_user(self, match: re.Match[str]) -> None:
        self._add(match["password"], "password in a URL", in_url=True)
        if match["user"] not in _NOBODY:
            self._add(match["user"], "user in a URL" if match["colon"] else "token in a URL", in_url=True)

    def _add(self, text: str, name: str, *, private: bool = False, in_url: bool = False) -> str:
        core = text.strip(BLANKS + QUOTES)
        known = text in self.by_text and (private or not self.by_text[text].private)
        if known or not core or is_harmless(core) or self._is_token(core):
            return text
        start = text.index(core)
        base = self._base(core, name, private)
        middle = base if private else stand_in(core, base, self.variables, in_url=in_url)
        token = f"{text[:start]}{middle}{text[start + len(core) :]}"
        whole = base if private else token
        everywhere = not private and len(core) >= _SHORTEST and not self.common(core)
        self.by_text[text] = Secret(text, whole, name, everywhere, private)
        if text != core:
            self._add(core, name, private=private, in_url=in_url)
        for piece in self._pieces(core) if everywhere else ():
            self._add(piece, name)
        return text

    def _base(self, core: str, name: str, private: bool) -> str:
        """The same core has the same number, whatever stands around it."""
        if (core, private) not in self._numbers:
            number = sum(1 for _, other in self._numbers if other is private) + 1
            slug = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:40].strip("-")
            self._numbers[core, private] = f"{'value' if private else 'secret'}-{number}-{slug or 'unnamed'}"
        return self._numbers[core, private]

    def _is_token(self, text: str) -> bool:
        return text in self._numbers.values()

    def _pieces(self, core: str) -> Iterator[str]:
        """What the drivers, or a shell, make of a text that they do not read as one word."""
        names = {each["braced"] or each["bare"] for each in variables_in(core, self.variables)}
        unquoted = (core.replace("\\", ""), core.strip("'").replace("\\'", "'"))
        whole = (each for each in unquoted if len(each) >= SHORTEST_PIECE and each != core)
        return (each for each in (*pieces(core), *whole) if each not in names)

    # --- replacing

    def applied(self, fact: Value) -> Value:
        """The same fact with tokens in the secrets' places."""
        return transformed(fact, self.leaf)

    def leaf(self, text: str, role: Role | None) -> str:
        """One text with tokens in it."""
        if role is not None and text in self.by_text:
            secret = self.by_text[text]
            if role.private or not secret.private:
                return secret.token
        return self.cleaned(text)

    def cleaned(self, text: str) -> str:
        """A text that is no secret itself, without those that stand in it."""
        if "@" in text:
            text = _USER_INFO.sub(self._user, text)
        text = replace_keys(text, self._token)
        pattern, tokens = self._spellings
        return pattern.sub(lambda found: tokens[found[0]], text) if pattern is not None else text

    def _user(self, match: re.Match[str]) -> str:
        user = match["user"] if match["user"] in _NOBODY else self._token(match["user"])
        return f"{match['scheme']}{user}{match['colon']}{self._token(match['password'])}@"

    def _token(self, text: str) -> str:
        secret = self.by_text.get(text)
        return secret.token if secret is not None and not secret.private else text

    @cached_property
    def _spellings(self) -> tuple[re.Pattern[str] | None, Mapping[str, str]]:
        """Every way to write every secret, with what takes its place; made when the last one was gathered."""
        tokens: dict[str, str] = {}
        for secret in self.secrets:
            if secret.everywhere:
                for written, instead in spelled(secret.text, secret.token):
                    tokens.setdefault(written, instead)
        longest_first = sorted(tokens, key=lambda text: (-len(text), text))
        return (re.compile("|".join(map(re.escape, longest_first))) if tokens else None), tokens

    # --- what became of them

    @property
    def secrets(self) -> tuple[Secret, ...]:
        """The secrets; what is merely private is none."""
        return tuple(each for each in self.by_text.values() if not each.private)

    @property
    def masks(self) -> tuple[str, ...]:
        """What a report masks in the secrets' places."""
        return tuple(dict.fromkeys(each.token for each in self.secrets))

    def left_in(self, data: bytes) -> tuple[str, ...]:
        """The tokens of those secrets that can be read in these bytes all the same, in any spelling."""
        _, tokens = self._spellings
        return tuple(sorted({token for written, token in tokens.items() if _bytes(written) in data}))


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def counted(tokens: Tokens, files: Mapping[str, bytes]) -> list[dict[str, Any]]:
    """For the manifest: each token, whose value it stands for, and how often in which file."""
    kinds: dict[str, str] = {}
    for secret in tokens.by_text.values():
        kinds.setdefault(_name(secret.token), secret.kind)
    where: dict[str, Counter[str]] = {name: Counter() for name in kinds}
    for file, data in files.items():
        for match in _TOKEN.finditer(data.decode("utf-8", "replace")):
            if match[0] in where:
                where[match[0]][file] += 1
    return [
        {"token": name, "kind": kinds[name], "where": [{"file": file, "count": n} for file, n in count.items()]}
        for name, count in where.items()
        if count
    ]


_TOKEN = re.compile(r"(?:secret|value)-\d+-[a-z0-9]+(?:-[a-z0-9]+)*|AKIASECRET\d+[A-Z0-9]+")


def _name(token: str) -> str:
    found = _TOKEN.search(token)
    return found[0] if found else token


# --- words that are no secret ----------------------------------------------------------------------------------


def gathered(found: Mapping[type[Any], object], words: Iterable[str]) -> Tokens:
    """The secrets of all facts; `words` are texts of ours, a piece of which is never replaced as a secret."""
    resolved, environment = found.get(facts.Resolution), found.get(facts.Environment)
    vocabulary = "\n".join(words).lower()
    plain = set(
        open_values(
            resolved if isinstance(resolved, facts.Resolution) else None,
            environment if isinstance(environment, facts.Environment) else None,
        )
    )
    names = environment.variables.keys() if isinstance(environment, facts.Environment) else ()
    tokens = Tokens(lambda text: text.lower() in vocabulary or text in plain, frozenset(names))
    for fact in found.values():
        tokens.gather(fact)
    return tokens
