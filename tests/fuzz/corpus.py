"""The inputs that are kept, one file for each target: a JSON list, in which a character stands for a byte."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

CORPUS = Path(__file__).parent / "corpus"


def load(name: str) -> tuple[bytes, ...]:
    """The inputs of a target; none where nothing was kept."""
    path = CORPUS / f"{name}.json"
    if not path.is_file():
        return ()
    return tuple(each.encode("latin-1") for each in json.loads(path.read_text(encoding="utf-8")))


def save(name: str, inputs: Iterable[bytes]) -> None:
    """Keep these inputs, each once, the shortest first."""
    ordered = sorted(set(inputs), key=lambda each: (len(each), each))
    lines = ",\n".join(json.dumps(each.decode("latin-1")) for each in ordered)
    (CORPUS / f"{name}.json").write_text(f"[\n{lines}\n]\n", encoding="utf-8")
