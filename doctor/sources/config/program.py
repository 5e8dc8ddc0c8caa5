"""The program's own part: its defaults, the struct it decodes into, and what it checks before it starts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from doctor.facts.configuration import Problem, ProblemKind
from doctor.golang import neturl
from doctor.golang.duration import format_duration
from doctor.golang.mapstructure import Slice, Struct, Target, scalar
from doctor.golang.text import general_float, quote
from doctor.golang.viper import Settings, Viper
from doctor.schema import CONNECTOR_FIELDS, CONNECTOR_LISTS, PREFIX, SCHEMA

_CONNECTOR = Struct(
    {name: Slice(scalar("string")) if name in CONNECTOR_LISTS else scalar("string") for name in CONNECTOR_FIELDS}
)


def _struct() -> Struct:
    root: dict[str, Target] = {}
    for spec in SCHEMA.values():
        *above, last = spec.key.split(".")
        place = root
        for name in above:
            section = place.setdefault(name, Struct({}))
            assert isinstance(section, Struct)
            place = section.fields
        place[last] = Slice(_CONNECTOR) if spec.kind == "connectors" else scalar(spec.kind, spec.go_type)
    return Struct(root)


def _defaults() -> dict[str, dict[str, Any]]:
    nested: dict[str, dict[str, Any]] = {}
    for spec in SCHEMA.values():
        if spec.built_in:
            section, _, name = spec.key.partition(".")
            nested.setdefault(section, {})[name] = spec.default
    return nested


STRUCT = _struct()
_DEFAULTS = _defaults()
_PATHS = tuple((key, key.split(".")) for key in SCHEMA)
_BOUND = tuple(spec.key for spec in SCHEMA.values() if spec.bound)


def viper(config: Settings, environment: Mapping[str, str]) -> Viper:
    """The instance that the program reads its configuration through."""
    return Viper(
        prefix=PREFIX.rstrip("_"),
        defaults=_DEFAULTS,
        bound=_BOUND,
        environment=environment,
        config=config,
    )


def flattened(decoded: Mapping[str, Any]) -> dict[str, Any]:
    """Decoded nested values by dotted key, in the order of the schema."""
    values = {}
    for key, path in _PATHS:
        value: Any = decoded
        for name in path:
            value = value[name]
        values[key] = value
    return values


def complete(values: dict[str, Any]) -> None:
    """Put in what the program's validation sets while it looks."""
    if not values["embedding.provider"]:
        values["embedding.provider"] = "gemini"
    if values["embedding.provider"] == "openai":
        for name, value in (("base_url", "https://api.openai.com/v1"), ("batch_size", 256), ("max_retries", 3)):
            values[f"embedding.openai.{name}"] = values[f"embedding.openai.{name}"] or value


def refusals(values: Mapping[str, Any]) -> Iterator[Problem]:
    """
    Everything that the program's validation refuses, in its order; it stops at the first itself.

    `values` have to be complete.
    """
    if not values["database.user"]:
        yield _refused("database.user", "database.user is required")
    if not values["database.name"]:
        yield _refused("database.name", "database.name is required")
    strict = values["log.level"] in ("error", "fatal")
    if strict and values["embedding.provider"] == "gemini" and not values["gemini.api_key"]:
        yield _refused("gemini.api_key", "gemini.api_key is required in production")
    if values["worker.concurrency"] < 1:
        yield _refused("worker.concurrency", "worker.concurrency must be at least 1")
    if not 1 <= values["database.port"] <= 65535:
        yield _refused("database.port", "database.port must be between 1 and 65535")
    yield from _weights(values)
    yield from _provider(values)


def _weights(values: Mapping[str, Any]) -> Iterator[Problem]:
    inside = True
    for key in ("search.semantic_weight", "search.text_weight"):
        weight = values[key]
        if weight < 0 or weight > 1:
            inside = False
            yield _refused(key, f"{key} must be between 0 and 1, got {general_float(weight)}")
    semantic, text = values["search.semantic_weight"], values["search.text_weight"]
    if inside and semantic and text and abs(semantic + text - 1.0) > 0.001:
        yield _refused(
            "search.semantic_weight",
            "search.semantic_weight + search.text_weight must equal 1.0 (±0.001), got "
            f"semantic_weight={general_float(semantic)} text_weight={general_float(text)} "
            f"sum={general_float(semantic + text)}",
        )


def _provider(values: Mapping[str, Any]) -> Iterator[Problem]:
    provider = values["embedding.provider"]
    if provider == "openai":
        yield from _openai(values)
    elif provider != "gemini":
        text = f"embedding.provider {quote(provider)} is not supported (valid: gemini, openai)"
        yield _refused("embedding.provider", text)


def _openai(values: Mapping[str, Any]) -> Iterator[Problem]:
    block = "embedding.openai"
    for name in ("batch_size", "max_retries", "timeout"):
        value = values[f"{block}.{name}"]
        if value < 0:
            shown = format_duration(value) if name == "timeout" else value
            yield _refused(f"{block}.{name}", f"{block}.{name} must be >= 0, got {shown}")
    if not values[f"{block}.api_key"] and _is_openai(values[f"{block}.base_url"]):
        text = "is required when targeting api.openai.com (set base_url for self-hosted/no-auth servers)"
        yield _refused(f"{block}.api_key", f"{block}.api_key {text}")
    model = values[f"{block}.model"]
    if not model:
        yield _refused(f"{block}.model", f"{block}.model is required when provider=openai")
    elif model == "text-embedding-ada-002":
        text = (
            "is not supported: it is locked at 1536 dimensions and cannot match the vector(768) schema; "
            "use text-embedding-3-small or text-embedding-3-large with dimensions=768"
        )
        yield _refused(f"{block}.model", f"{block}.model {model} {text}")
    dimensions, size = values[f"{block}.dimensions"], values[f"{block}.batch_size"]
    if dimensions != 768:
        text = f"{block}.dimensions must be 768 to match the vector(768) schema, got {dimensions}"
        yield _refused(f"{block}.dimensions", text)
    if size > 2048:
        yield _refused(f"{block}.batch_size", f"{block}.batch_size must be <= 2048 (OpenAI API limit), got {size}")


def _is_openai(address: str) -> bool:
    try:
        return neturl.parse(address).host == b"api.openai.com"
    except ValueError:
        return False


def _refused(key: str, text: str) -> Problem:
    return Problem(ProblemKind.VALIDATION, key, text)
