"""viper 1.20.1: which value a key gets from the environment, the loaded file and the defaults."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any

from doctor.golang.text import lower, upper
from doctor.golang.values import AnyMap, key_text

Settings = dict[str, Any]

# The types viper takes a file for, in the order in which it looks for them; the later ones have no decoder.
EXTENSIONS = (
    "json",
    "toml",
    "yaml",
    "yml",
    "properties",
    "props",
    "prop",
    "hcl",
    "tfvars",
    "dotenv",
    "env",
    "ini",
)


class Viper:
    """
    A viper instance with defaults, bound variables, AutomaticEnv and at most one loaded file.

    `defaults` are nested maps, `bound` dotted keys whose own variable is bound, `config` what `lowered` made of the
    file. A variable is named by the prefix, an underscore and the key in capitals with `_` for `.`; one that is empty
    counts as unset.
    """

    def __init__(
        self,
        *,
        prefix: str,
        defaults: Mapping[str, Any],
        bound: tuple[str, ...],
        environment: Mapping[str, str],
        config: Settings,
    ) -> None:
        self.config = config
        self._prefix = prefix
        self._defaults = defaults
        self._bound = bound
        self._below_bound = tuple(f"{key}." for key in bound)
        # Without dots in names there is but one place to look, which is much quicker.
        self._search = _search_prefixes if _has_dots(config) else _search
        start = f"{prefix}_"
        self._environment = {name: value for name, value in environment.items() if value and name.startswith(start)}

    def variable(self, key: str) -> str:
        """The variable that is asked for a key."""
        return _variable(self._prefix, key)

    def is_set(self, key: str) -> bool:
        """IsSet: whether any source has a value other than null, listed among the known keys or not."""
        return self.find(key) is not None

    def find(self, key: str) -> Any:
        """The value of a key in lower case, None when no source has one or a scalar hides it on the way."""
        path = key.split(".")
        if self._environment:
            value = self._environment.get(self.variable(key))
            if value is not None:
                return value
            if self.hiding_variable(path) is not None:
                return None
        if key.startswith(self._below_bound):
            return None
        value = self._search(self.config, path)
        if value is not None:
            return value
        if _hidden(self.config, path):
            return None
        return _search(self._defaults, path)

    def hiding_variable(self, path: list[str]) -> str | None:
        """The section above a key whose own variable is set, which takes the whole section's place."""
        for parent in _parents(path):
            if self.variable(parent) in self._environment:
                return parent
        return None

    def known_keys(self) -> list[str]:
        """AllKeys: the bound ones, the leaves of the file, the defaults that neither of these hides."""
        known = dict.fromkeys(self._bound, True)
        _flatten(self.config, "", known)
        _flatten(self._defaults, "", known)
        return list(known)

    def settings(self) -> Settings:
        """AllSettings, what Unmarshal decodes: the values of the known keys in nested maps."""
        settings: Settings = {}
        for key in self.known_keys():
            value = self.find(key)
            if value is None:
                continue
            *above, last = key.split(".")
            place = settings
            for name in above:
                inner = place.get(name)
                if not isinstance(inner, dict):
                    inner = place[name] = {}
                place = inner
            # A map is copied, since keys below it may be written into it later.
            place[last] = dict(value) if type(value) is dict else value
        return settings


@lru_cache(maxsize=1024)
def _variable(prefix: str, key: str) -> str:
    return upper(f"{prefix}_{key}").replace(".", "_")


def _parents(path: list[str]) -> Iterator[str]:
    for length in range(1, len(path)):
        yield ".".join(path[:length])


def _flatten(values: Mapping[str, Any], prefix: str, known: dict[str, bool]) -> None:
    """Add the leaves; a map whose key is known as a leaf already is left out as a whole."""
    if prefix and prefix in known:
        return
    start = f"{prefix}." if prefix else ""
    for name, value in values.items():
        key = start + name
        if isinstance(value, dict):
            _flatten(value, key, known)
        else:
            known[lower(key)] = True


def _has_dots(values: Any) -> bool:
    return any("." in name or (isinstance(value, dict | list) and _has_dots(value)) for name, value in _pairs(values))


def _pairs(values: Any) -> Iterable[tuple[str, Any]]:
    # Only a name with dots leads into a list, so lists count as having some.
    return values.items() if isinstance(values, dict) else ((".", None),)


def _search(values: Any, path: list[str]) -> Any:
    for name in path:
        if not isinstance(values, dict) or name not in values:
            return None
        values = values[name]
    return values


def _search_prefixes(values: Any, path: list[str]) -> Any:
    """Like `_search`, but a key may hold dots (`worker.concurrency: 7`): the longest one that fits comes first."""
    for length in range(len(path), 0, -1):
        name = path[0] if length == 1 else ".".join(path[:length])
        inner = _item(values, name)
        if length == len(path):
            value = inner
        elif isinstance(inner, dict | list):
            value = _search_prefixes(inner, path[length:])
        else:
            continue
        if value is not None:
            return value
    return None


def _item(values: Any, name: str) -> Any:
    if isinstance(values, dict):
        return values.get(name)
    index = int(name) if name.isascii() and name.isdigit() else len(values)
    return values[index] if index < len(values) else None


def _hidden(values: Any, path: list[str]) -> bool:
    """Whether something other than a map stands on the way to a key."""
    for name in path[:-1]:
        values = values.get(name)
        if values is None:
            return False
        if not isinstance(values, dict):
            return True
    return False


# Nothing that lies deeper is a setting of any program; a bound keeps hostile nesting off Python's stack.
_DEEPEST = 100


def lowered(values: Mapping[str, Any]) -> Settings:
    """
    The file's values with all keys in lower case, down to a depth that no settings have.

    Of two spellings of a key the one with capitals counts. (Of two with capitals Go takes any; here the last one.)
    """
    return _lowered_map(values, _DEEPEST)


def _lowered_map(values: Mapping[str, Any], depth: int) -> Settings:
    found: Settings = {}
    capitals = set()
    for name, value in values.items():
        key = lower(name)
        if key != name:
            capitals.add(key)
        elif key in capitals:
            continue
        found[key] = _lowered(value, depth - 1) if isinstance(value, dict | list) else value
    return found


def _lowered(value: Any, depth: int) -> Any:
    if isinstance(value, list):
        return [_lowered(item, depth - 1) for item in value] if depth else []
    if isinstance(value, dict):
        if not depth:
            return {}
        return _copied(value, depth) if isinstance(value, AnyMap) else _lowered_map(value, depth)
    return value


def _copied(values: Mapping[Any, Any], depth: int) -> Settings:
    """Maps with keys other than text become maps of text; viper leaves the lists in them alone."""
    found: Settings = {}
    for key, value in values.items():
        if isinstance(value, dict):
            value = _copied(value, depth - 1) if depth else {}
        found[lower(key_text(key))] = _bounded(value, depth)
    return found


def _bounded(value: Any, depth: int) -> Any:
    if isinstance(value, list):
        return [_bounded(item, depth - 1) for item in value] if depth else []
    if isinstance(value, dict):
        return type(value)({key: _bounded(item, depth - 1) for key, item in value.items()}) if depth else {}
    return value
