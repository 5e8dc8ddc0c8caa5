"""Go's os.ExpandEnv, which the API applies to connectors' tokens."""

from __future__ import annotations

import re
from collections.abc import Mapping

# In the order in which Go tries them: a special parameter in braces, anything in braces (no default syntax, an empty
# name is eaten), an open brace (eaten), a special parameter, a name. A `$` before anything else stays.
_REFERENCE = re.compile(
    r"\$(?:\{(?P<special>[*#$@!?\-0-9])\}|\{(?P<braced>[^}]*)\}|(?P<open>\{)|(?P<bare>[*#$@!?\-0-9])|(?P<name>[A-Za-z0-9_]+))"
)


def references(text: str) -> list[str]:
    """What Go looks up for a text, in order; an empty one is eaten without looking."""
    return [
        next((name for name in match.group("special", "braced", "bare", "name") if name), "")
        for match in _REFERENCE.finditer(text)
    ]


def expand(text: str, environment: Mapping[str, str]) -> str:
    """The text after expansion: what is not set becomes nothing."""
    names = iter(references(text))
    return _REFERENCE.sub(lambda _: environment.get(next(names), ""), text)
