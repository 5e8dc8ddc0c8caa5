"""What a text means for a key, and what the program makes of a value that is not set."""

from __future__ import annotations

import re
from typing import Any

from doctor.api import KeySpec, facts, parse_duration

_COUNTS_AS = re.compile(r'(?:""|0|unset) counts as (?P<text>\S+)')
_WORDS = {"1": True, "t": True, "true": True, "0": False, "f": False, "false": False}


def decoded(spec: KeySpec, text: str) -> Any:
    """The text as the program would decode it; as it stands when that cannot be, which equals no value."""
    try:
        if spec.kind == "duration":
            return parse_duration(text)
        if spec.kind == "int":
            return int(text, 0)
        if spec.kind == "float":
            return float(text)
    except ValueError:
        return text
    if spec.kind in ("bool", "optional bool"):
        return _WORDS.get(text.lower(), text)
    return text


def holds(setting: facts.Setting, value: Any) -> bool:
    """Whether a key has this value already, be it only because the program takes it where nothing is set."""
    if value == setting.value:
        return True
    code_default = _COUNTS_AS.match(setting.spec.code_default or "")
    return code_default is not None and not setting.value and value == decoded(setting.spec, code_default["text"])
