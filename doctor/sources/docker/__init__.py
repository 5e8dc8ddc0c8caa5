"""The container engine: what it tells of this installation's containers, read-only and without its library."""

from __future__ import annotations

from doctor.sources.docker import files, inventory

SOURCES = (*inventory.SOURCES, *files.SOURCES)
