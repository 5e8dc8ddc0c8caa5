"""The Gemini API: the way there, what the key may, and the batch jobs."""

from __future__ import annotations

from doctor.sources.gemini import access, batches

SOURCES = (*access.SOURCES, *batches.SOURCES)
