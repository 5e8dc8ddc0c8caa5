"""What runs, beside what the installation's files say."""

from __future__ import annotations

from doctor.sources.running import commands, compose, drift, programs, workers

SOURCES = (*compose.SOURCES, *drift.SOURCES, *programs.SOURCES, *workers.SOURCES, *commands.SOURCES)
