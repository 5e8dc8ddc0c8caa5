"""The OpenAI-compatible server: the only part of the doctor that talks to it."""

from __future__ import annotations

from doctor.sources.openai.access import SOURCES

__all__ = ["SOURCES"]
