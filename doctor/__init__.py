"""codechunk-doctor: what is wrong with an installation of codechunking, why, where, and what to type."""

from __future__ import annotations

__version__ = "0.1.0"
