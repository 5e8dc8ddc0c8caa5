"""Settings as they are written in a file or in variables, validated; imported only where there are some."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic_core import ErrorDetails

from doctor.errors import UsageError
from doctor.settings.rules import parse_ignores, parse_overrides
from doctor.settings.values import (
    COLORS,
    FORMATS,
    THRESHOLDS,
    did_you_mean,
    one_of,
    parse_assignment,
    parse_deadline,
    parse_output,
    parse_wait,
    parse_worker,
)


def _listed(value: object) -> object:
    return [value] if isinstance(value, str) else value


def _assignments(value: object) -> object:
    """The table form `env = {NAME = "value"}` as the list form."""
    return [f"{name}={text}" for name, text in value.items()] if isinstance(value, dict) else _listed(value)


Words = Annotated[tuple[str, ...], BeforeValidator(_listed)]


class Written(BaseModel):
    """The keys of `codechunk-doctor.toml`: the long options of `check`, each with the type it has there."""

    model_config = ConfigDict(extra="forbid", frozen=True, alias_generator=lambda name: name.replace("_", "-"))

    config: str = ""
    env_file: Path = Path()
    env: Annotated[tuple[Annotated[str, AfterValidator(parse_assignment)], ...], BeforeValidator(_assignments)] = ()
    clean_env: bool = False
    worker: Annotated[str, AfterValidator(parse_worker)] = "auto"
    format: Annotated[str, AfterValidator(one_of(FORMATS))] = "text"
    output: Annotated[tuple[Annotated[str, AfterValidator(parse_output)], ...], BeforeValidator(_listed)] = ()
    deadline: Annotated[str, AfterValidator(parse_deadline)] = ""
    color: Annotated[str, AfterValidator(one_of(COLORS))] = "auto"
    verbosity: int = Field(default=0, ge=0, alias="verbose")
    quiet: bool = False
    only: Words = ()
    skip: Words = ()
    offline: bool = False
    logs: Words = ()
    fail_on: Annotated[str, AfterValidator(one_of(THRESHOLDS))] = "error"
    plan: bool = False
    wait: Annotated[str, AfterValidator(parse_wait)] = ""
    from_bundle: Path = Path()
    baseline: Path = Path()
    update_baseline: bool = False
    severity: Annotated[Any, AfterValidator(parse_overrides)] = ()
    ignore: Annotated[Any, AfterValidator(parse_ignores)] = ()


KEYS = tuple(field.alias or name for name, field in Written.model_fields.items())
LISTS = ("only", "skip", "output", "env", "logs")


def words(key: str, text: str) -> object:
    """A variable's text; for an option that can be repeated the words in it, quoted as in a shell."""
    if key not in LISTS:
        return text
    if key in ("only", "skip"):
        text = text.replace(",", " ")
    try:
        return shlex.split(text)
    except ValueError:
        return [text]


def validate(written: Mapping[str, Any], name: Callable[[str], str]) -> dict[str, Any]:
    """
    The given settings by their field in `Settings`.

    Raises UsageError for every key that is unknown and every value that does not fit; `name` turns a key into what
    the user has to look for.
    """
    try:
        # A variable's name may hold bytes that are no text.
        known = Written.model_validate(
            {key.encode("utf-8", "backslashreplace").decode(): written[key] for key in written}
        )
    except ValidationError as error:
        faults = {name(str(each["loc"][0])): _explain(each) for each in error.errors(include_url=False)}
        raise UsageError("\n".join(f"{where}: {what}" for where, what in faults.items())) from None
    values = {field: getattr(known, field) for field in known.model_fields_set}
    if "env" in values:
        values["env"] = dict(values["env"])
    return values


def _explain(fault: ErrorDetails) -> str:
    key = str(fault["loc"][0])
    if fault["type"] == "extra_forbidden":
        if key == "dir":
            return "not possible here, because the file is looked for in --dir"
        return f"unknown setting{did_you_mean(key, KEYS)} (`codechunk-doctor check --help` lists the options)"
    if fault["type"] == "value_error":
        return str(fault["ctx"]["error"])
    # pydantic's own words name the type that is wanted; the value is left out, it may be a secret.
    return fault["msg"].replace("Input should be", "should be")
