"""Whether anything acts on a key, given what the rest of the configuration switches on."""

from __future__ import annotations

from doctor.api import SCHEMA, facts


def in_use(config: facts.Resolution, key: str) -> bool:
    """Whether something reads this key; those of the provider that is not chosen are read by nothing."""
    spec = SCHEMA.get(key)
    if spec is not None and spec.used != "yes":
        return False
    if key.startswith("embedding.openai."):
        return config.provider == "openai"
    return not key.startswith("gemini.") or config.provider != "openai"
