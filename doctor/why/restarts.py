"""How a worker is made to take in what was changed for it: a restart does for a file, not for a variable."""

from __future__ import annotations

from dataclasses import replace

from doctor.facts.environment import Environment
from doctor.model import Fix

RESTART = "docker compose restart worker"
# A container keeps the variables that it was made with, however often it is restarted.
RECREATE = "docker compose up -d worker"


def restarted(fix: Fix, *more: str) -> Fix:
    """The same, with the worker restarted afterwards, or made anew where a variable was changed; then what is more."""
    of_variables = bool(fix.commands) or any("." not in each.key for each in fix.edits)
    return replace(fix, commands=(*fix.commands, RECREATE if of_variables else RESTART, *more))


def without(environment: Environment, name: str, why: str, *more: str) -> Fix:
    """A variable taken away from where the worker has it; then what is more."""
    variable = environment.variables.get(name)
    if variable is not None and variable.layer == "--env-file":
        place = variable.location
        words = f"Delete {name} from {place.path} (line {place.line}), and start the worker anew: {why}"
        return Fix(words, (RECREATE, *more))
    words = f"Take {name} away from the worker, and start it anew: {why} In compose it stands under the service's "
    return Fix(f"{words}`environment:`, or in .env.", (f"unset {name}", RECREATE, *more))
