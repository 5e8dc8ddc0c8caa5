"""environment.dotenv-not-read: a file that docker compose reads and the program does not."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from checks.environment._values import decoded, holds
from doctor.api import (
    NO_FILE,
    SCHEMA,
    Explains,
    Finding,
    Fix,
    Guide,
    Location,
    Place,
    Severity,
    Skipped,
    check,
    facts,
    key_of_variable,
    same_key,
)

# What the program's .env.example holds: copied, not chosen.
EXAMPLE = {
    "CODECHUNK_DATABASE_USER": "dev",
    "CODECHUNK_DATABASE_PASSWORD": "dev",
    "CODECHUNK_DATABASE_HOST": "localhost",
    "CODECHUNK_DATABASE_PORT": "5432",
    "CODECHUNK_DATABASE_NAME": "codechunking",
    "CODECHUNK_NATS_URL": "nats://localhost:4222",
    "CODECHUNK_GEMINI_API_KEY": "your-gemini-api-key-here",
    "CODECHUNK_GEMINI_MODEL": "gemini-embedding-001",
    "CODECHUNK_API_PORT": "8080",
    "CODECHUNK_API_HOST": "0.0.0.0",  # noqa: S104 - what the example says
    "CODECHUNK_WORKER_CONCURRENCY": "5",
    "CODECHUNK_WORKER_QUEUE_GROUP": "workers",
    "CODECHUNK_LOG_LEVEL": "info",
    "CODECHUNK_LOG_FORMAT": "json",
}

# What the program's own compose file passes on, where there is none to look at.
PASSED_ON = frozenset(("CODECHUNK_GEMINI_API_KEY", "GITLAB_TOKEN"))

ASSUMED = "seen from this host"

_REFERENCE = re.compile(r"\$(?:\{([A-Za-z_][A-Za-z0-9_]*)|([A-Za-z_][A-Za-z0-9_]*))")


def _while_assumed(explaining: Finding, explained: Finding) -> bool:
    """A key that is missing is a matter of its own once the worker was found without it."""
    return same_key(explaining, explained) and explaining.at.detail == ASSUMED


@check(
    id="environment.dotenv-not-read",
    title="Values in .env do not reach the program",
    severity=Severity.WARNING,
    guide=Guide.LISTING,
    blocked_by=NO_FILE,
    explains=(Explains("gemini.key-missing", when=_while_assumed),),
)
def dotenv_not_read(
    config: facts.Resolution, dotenv: facts.Dotenv, compose: facts.Compose, worker: facts.Worker
) -> Iterator[Finding]:
    """
    Compare the `CODECHUNK_` lines of `.env` with the values that hold.

    Neither the program nor make reads the file. Docker compose does, but only to fill the `${...}` in the compose
    file.

    Why it matters: whoever edits the file sees nothing change, and a key or password written only there is missing.

    Silent when: `--env-file` says which lines are exported; a line says what holds anyway, is empty, or is as in
    `.env.example`; the worker runs in a container and the compose file passes the variable on.

    How to fix: export the lines in the shell that starts the program, with `set -a; . ./.env; set +a`; for containers
    name the variable below `environment:` of the service.
    """
    if dotenv.path is None or dotenv.given:
        return
    contained = worker.kind is facts.Habitat.CONTAINER
    if contained and worker.variables is None:
        raise Skipped("the variables inside the container are not known")
    passed_on = _passed_on(compose, dotenv.path) if contained else None
    unread = {
        line.name: line
        for line in {each.name: each for each in dotenv.lines}.values()
        if _differs(config, line) and (passed_on is None or not passed_on(line.name))
    }
    if unread:
        places = [_place(dotenv.path, line, worker) for line in unread.values()]
        yield Finding(
            f"{_listed(list(unread))} in {dotenv.path} {'does' if len(unread) == 1 else 'do'} not reach "
            f"{_whom(compose, contained=contained)}",
            at=places[0],
            related=tuple(places[1:]),
            fix=_fix(config, dotenv.path, list(unread), compose.path if contained else None),
        )


def _differs(config: facts.Resolution, line: facts.DotenvLine) -> bool:
    key = key_of_variable(line.name)
    if key is None or not line.value or EXAMPLE.get(line.name) == line.value:
        return False
    return not holds(config.settings[key], decoded(SCHEMA[key], line.value))


def _passed_on(compose: facts.Compose, dotenv: str) -> Callable[[str], bool]:
    """Whether the compose file hands a variable of this name to a service."""
    if compose.path is None:
        return PASSED_ON.__contains__
    names = {match[1] or match[2] for text in _texts(compose) for match in _REFERENCE.finditer(text)}
    names |= {name for each in compose.services.values() for name, text in each.environment.items() if text is None}
    everything = any(path.removeprefix("./") == dotenv for each in compose.services.values() for path in each.env_file)
    return lambda name: everything or name in names


def _texts(compose: facts.Compose) -> Iterator[str]:
    for service in compose.services.values():
        yield from (text for text in service.environment.values() if text is not None)


def _place(path: str, line: facts.DotenvLine, worker: facts.Worker) -> Location:
    key = key_of_variable(line.name)
    return Location(Place.FILE, path, line.line, key=key, name=line.name, detail=ASSUMED if worker.assumed else None)


def _listed(names: list[str]) -> str:
    if len(names) > 3:
        return f"{', '.join(names[:2])} and {len(names) - 2} more"
    return " and ".join(", ".join(names).rsplit(", ", 1))


def _whom(compose: facts.Compose, *, contained: bool) -> str:
    if contained:
        return f"the container: {compose.path or 'the compose file'} does not pass it on"
    but = ", only docker compose does" if compose.path else ""
    return f"a program started on this host: it does not read the file{but}"


def _fix(config: facts.Resolution, path: str, names: list[str], compose: str | None) -> Fix:
    ignored = [name for name in names if not _would_count(config, name)]
    also = f" The loaded file needs the key too, with nothing behind it, for {_listed(ignored)}." if ignored else ""
    if compose is not None:
        summary = f"Add the variable below `environment:` of the services in {compose}.{also}"
        return Fix(summary, ("docker compose up -d worker api",))
    summary = f"Export the lines of {path} in the shell that starts the program, and start it again.{also}"
    return Fix(summary, (f"set -a; . ./{path}; set +a",))


def _would_count(config: facts.Resolution, name: str) -> bool:
    """Whether the program asks for the variable at all."""
    key = key_of_variable(name)
    spec = SCHEMA[key] if key is not None else None
    return spec is not None and (spec.built_in or spec.bound or spec.key in config.by_key)
