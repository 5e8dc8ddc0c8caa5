"""The schemas that are shipped, as validators."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from typing import Any

from jsonschema import Draft202012Validator


@cache
def validator(name: str) -> Draft202012Validator:
    """For `doctor/schemas/NAME.schema.json`, which is held against the schema of schemas once."""
    schema = json.loads((files("doctor") / "schemas" / f"{name}.schema.json").read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


def validate(document: str, name: str) -> Any:
    """Parse a document, hold it against `doctor/schemas/NAME.schema.json`, return it."""
    value = json.loads(document)
    faults = [f"{error.json_path}: {error.message}" for error in validator(name).iter_errors(value)]
    assert faults == []
    return value
