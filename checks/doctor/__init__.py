"""What the doctor was told to leave alone."""

from __future__ import annotations

from checks.doctor.baseline_stale import baseline_stale

CHECKS = (baseline_stale,)
