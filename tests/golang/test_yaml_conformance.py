"""What gopkg.in/yaml.v3 3.0.1 itself made of thousands of damaged documents."""

from __future__ import annotations

import base64
import json
import struct
from typing import Any

import pytest

from doctor.golang.values import AnyMap, UInt64
from doctor.golang.yaml import GoTime, YamlError, load
from tests.conformance import cases


def tagged(value: Any) -> Any:
    """A value with the Go type it has, in the notation of the data."""
    if value is None:
        return None
    if isinstance(value, str):
        return {"str": value}
    if isinstance(value, bool):
        return {"bool": value}
    if isinstance(value, int):
        return {"uint64" if isinstance(value, UInt64) else "int": str(int(value))}
    if isinstance(value, float):
        # The bits, so that -0 and the infinities count; any NaN is the library's own.
        return {"float": "7ff8000000000001" if value != value else struct.pack(">d", value).hex()}
    if isinstance(value, GoTime):
        return {"time": str(value)}
    if isinstance(value, list):
        return {"list": [tagged(item) for item in value]}
    if isinstance(value, AnyMap):
        return {"anymap": sorted(([tagged(key), tagged(item)] for key, item in value.items()), key=json.dumps)}
    return {"map": {key: tagged(item) for key, item in value.items()}}


def outcome(case: dict[str, Any]) -> dict[str, Any]:
    data = case["text"].encode() if "text" in case else base64.b64decode(case["base64"])
    try:
        return {"values": tagged(load(data).values)}
    except YamlError as error:
        return {"error": str(error).encode("utf-8", "surrogateescape").decode("utf-8", "replace")}


@pytest.mark.slow
def test_every_document_is_read_or_refused_alike() -> None:
    """The same values of the same types, or the same words."""
    known = cases("yaml")
    differing = []
    for case in known:
        wanted = {name: case[name] for name in ("values", "error") if name in case}
        got = outcome(case)
        if got != wanted:
            differing.append((case, got))

    assert len(known) == 3000
    assert differing == []
