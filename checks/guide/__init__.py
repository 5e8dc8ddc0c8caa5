"""The scripts that the troubleshooting guide tells to call."""

from __future__ import annotations

from checks.guide.script_incomplete import script_incomplete
from checks.guide.script_not_executable import script_not_executable

CHECKS = (script_not_executable, script_incomplete)
