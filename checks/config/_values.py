"""Values as they ship, as text and decoded: what several checks of this family compare with."""

from __future__ import annotations

from typing import Any

from doctor.api import KeySpec, facts, format_duration, parse_duration

MINUTE = 60 * 1_000_000_000

# Where a file that came with the program has the key only in a comment.
COMMENTED = {"embedding.openai.batch_size": ("256",)}


def ships(spec: KeySpec, value: Any) -> bool:
    """Whether a decoded value is one that a file of the program itself gives to this key."""
    return any(_decoded(spec, text) == value for text in (*spec.shipped, *COMMENTED.get(spec.key, ())))


def _decoded(spec: KeySpec, text: str) -> Any:
    if spec.kind == "duration":
        return parse_duration(text)
    if spec.kind == "int":
        return int(text)
    if spec.kind == "float":
        return float(text)
    if spec.kind in ("bool", "optional bool"):
        return text == "true"
    return text


def undecodable(config: facts.Resolution, *keys: str) -> bool:
    """Whether one of these values does not decode; the view then holds its default, which nobody wrote."""
    problems = (config.settings[key].problem for key in keys)
    return any(problem is not None and problem.kind is facts.ProblemKind.DECODE for problem in problems)


def half(limit: int) -> int:
    """A time that is safely within a limit, however short that is."""
    return max(limit, 2) // 2


def short(nanoseconds: int) -> str:
    """A duration as people write it: `35m` rather than Go's `35m0s`."""
    text = format_duration(nanoseconds)
    if text.endswith("m0s"):
        text = text[:-2]
    return text[:-2] if text.endswith("h0m") else text
