"""The conformance data: what the reference program and its libraries did, case by case."""

from __future__ import annotations

import json
import lzma
from functools import cache
from pathlib import Path
from typing import Any

DATA = Path(__file__).parent.parent / "fixtures" / "conformance"


@cache
def cases(name: str = "config-resolution") -> tuple[dict[str, Any], ...]:
    """The cases of one file of the data, in its order."""
    with lzma.open(DATA / f"{name}.jsonl.xz", "rt", encoding="utf-8") as lines:
        return tuple(json.loads(line) for line in lines)


def laid_out(case: dict[str, Any], scratch: Path) -> Path:
    """Write a case's files below a directory of its own and return that directory."""
    directory = scratch / case["id"]
    directory.mkdir(parents=True)
    for path, text in case["files"].items():
        (directory / path).parent.mkdir(parents=True, exist_ok=True)
        (directory / path).write_bytes(text.encode())
    return directory
