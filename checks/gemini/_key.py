"""What the checks on the key share: where it is looked for, and how one is given to the program."""

from __future__ import annotations

import re
import shlex
from dataclasses import replace

from doctor.api import Fix, Location, facts

KEY = "gemini.api_key"
VARIABLE = "CODECHUNK_GEMINI_API_KEY"
# Where the worker and `chunk` look when the setting is empty, in this order; the API does not.
FALL_BACKS = ("GEMINI_API_KEY", "GOOGLE_API_KEY")

RECREATE = "docker compose up -d worker api"
NEW = "https://aistudio.google.com/apikey"

_PASSES = re.compile(rf"\$(?:{VARIABLE}\b|\{{{VARIABLE}\b)")


def variable_place(environment: facts.Environment) -> Location:
    """The variable that gives the key, with the setting it stands for."""
    return replace(environment.where(VARIABLE), key=KEY)


def give(
    summary: str,
    worker: facts.Worker,
    compose: facts.Compose,
    environment: facts.Environment,
    value: str = "'your key'",
) -> Fix:
    """
    The fix that gives worker and API another key, beginning with `summary`.

    `value` is quoted for a shell as it is to be typed.
    """
    variable = environment.variables.get(VARIABLE)
    if variable is not None and variable.layer == "--env-file":
        place = variable.location
        return Fix(f"{summary} It belongs in {place.path}, line {place.line}; then start worker and API again.")
    if worker.kind is facts.Habitat.CONTAINER:
        return Fix(f"{summary} {_in_compose(compose)}", (RECREATE,))
    also = ""
    if worker.assumed and "worker" in compose.services:
        also = f" For a worker of {compose.path}: a line `{VARIABLE}=...` in .env, then `{RECREATE}`."
    return Fix(
        f"{summary} Export it in the shell that starts worker and API, and start them again.{also}",
        (f"export {VARIABLE}={value}",),
    )


def _in_compose(compose: facts.Compose) -> str:
    service = compose.services.get("worker")
    line = f"Put the line `{VARIABLE}=...` into .env beside {compose.path or 'the compose file'}"
    if service is None or _passed_on(service):
        return f"{line}, then recreate the containers."
    return (
        f"{line}, add `{VARIABLE}: ${{{VARIABLE}}}` below `environment:` of worker and api in {compose.path}, then "
        "recreate the containers."
    )


def _passed_on(service: facts.ComposeService) -> bool:
    if any(path.removeprefix("./") == ".env" for path in service.env_file):
        return True
    text = service.environment.get(VARIABLE, "")
    return text is None or _PASSES.search(text) is not None


def trial(access: facts.GeminiAccess, environment: facts.Environment, what: str = "models") -> tuple[str, ...]:
    """
    What tries the key as the program sends it, on something that costs nothing.

    A key that this shell does not have is to be put there first.
    """
    name = access.key.name if access.key.name in FALL_BACKS else VARIABLE
    variable = environment.variables.get(name)
    here = variable is not None and variable.layer == "shell"
    return (asking(access, name, what),) if here else (f"export {name}='your key'", asking(access, name, what))


def asking(access: facts.GeminiAccess, name: str = VARIABLE, what: str = "models") -> str:
    """The command that asks with the key of a variable."""
    return f'curl -H "x-goog-api-key: ${name}" {shlex.quote(f"{access.url}/v1beta/{what}")}'
