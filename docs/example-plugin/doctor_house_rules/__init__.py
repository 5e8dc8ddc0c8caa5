"""House rules: what this company asks of its installations."""

from __future__ import annotations

from doctor_house_rules.log_format import log_format

CHECKS = (log_format,)
