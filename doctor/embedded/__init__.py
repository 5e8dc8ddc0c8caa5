"""Servers that come from PyPI and run as the user at hand: for the demo and for tests."""

from __future__ import annotations

from doctor.embedded.migrations import MIGRATIONS, migrate
from doctor.embedded.postgres import NotInstalled, Postgres

__all__ = ["MIGRATIONS", "NotInstalled", "Postgres", "migrate"]
