"""How a variable is taken away from where it was given."""

from __future__ import annotations

from doctor.api import Fix, facts


def unset(environment: facts.Environment, worker: facts.Worker, name: str, *, keep: str = "") -> Fix:
    """The fix that removes a variable for the worker; `keep` is a further sentence."""
    variable = environment.variables[name]
    place = variable.location
    commands: tuple[str, ...] = ()
    if variable.layer == "--env-file":
        summary = f"Delete {name} from {place.path} (line {place.line}), and restart what was started with it."
    elif variable.layer == "--env":
        summary = f"Leave {name} out where the program is started."
    elif worker.kind is facts.Habitat.CONTAINER:
        summary = f"Take {name} out of the service's `environment:` in the compose file, then recreate the container."
        commands = ("docker compose up -d worker",)
    else:
        summary = f"Unset {name} where the program is started, and start it again."
        commands = (f"unset {name}",)
    return Fix(f"{summary} {keep}".rstrip(), commands)
