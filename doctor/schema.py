"""The keys of codechunking's configuration: types, defaults, variables and what reads them (commit 7428f33)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

Kind = Literal["string", "int", "float", "bool", "optional bool", "duration", "connectors"]
Use = Literal["yes", "no", "validated-only", "no-effect", "unreachable"]


@dataclass(frozen=True, slots=True)
class KeySpec:
    """
    One key.

    `default` is the decoded value when nothing sets the key (durations in nanoseconds); `built_in` that viper knows
    it as a default and `bound` that its variable is bound, so that the variable works whatever the file holds.
    `used` is whether anything reads it, `instead` the key that does the job of one that nothing reads, `code_default`
    what the program makes of the zero value, `shipped` the values of the files that come with the program (as text).
    """

    key: str
    kind: Kind
    default: Any
    env: str
    built_in: bool = False
    bound: bool = False
    secret: bool = False
    used: Use = "yes"
    used_by: tuple[str, ...] = ()
    instead: str | None = None
    code_default: str | None = None
    shipped: tuple[str, ...] = ()


# Filled in the order of the program's own struct (that of its decoded output).
SCHEMA: Mapping[str, KeySpec] = {}
