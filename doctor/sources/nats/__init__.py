"""The message queue, as API and worker find it."""

from __future__ import annotations

from doctor.sources.nats.access import SOURCES

__all__ = ["SOURCES"]
