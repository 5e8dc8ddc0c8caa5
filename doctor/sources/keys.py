"""Which Gemini key reaches the worker, the API and `chunk`: by the program's rules, from values alone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from doctor.engine import source
from doctor.facts import (
    Compose,
    ComposeService,
    Dotenv,
    Environment,
    GeminiKeys,
    Habitat,
    KeySupply,
    Processes,
    Resolution,
    Source,
    Worker,
)
from doctor.model import Location
from doctor.needs import Observed
from doctor.sources.installation import filling
from doctor.target import Target

KEY = "gemini.api_key"
BOUND = "CODECHUNK_GEMINI_API_KEY"
# Where the worker and `chunk` look when `gemini.api_key` is empty, in this order.
FURTHER = ("GEMINI_API_KEY", "GOOGLE_API_KEY")

# `$NAME`, `${NAME}`, with `-word`, `?word` or `+word` behind the name, and `$$` for the sign itself.
_REFERENCE = re.compile(r"\$(?:\{(?P<braced>\w+)(?::?(?P<how>[-?+])(?P<word>[^}]*))?\}|(?P<plain>\w+)|\$)")


@source("keys", lasting=True)
def gemini_keys(
    target: Target,
    worker: Worker,
    environment: Environment,
    resolution: Resolution,
    processes: Processes,
    compose: Compose,
    dotenv: Observed[Dotenv],
) -> GeminiKeys:
    """The keys, and whether an API belongs to this installation that may have its own."""
    configured = _configured(resolution)
    unseen = worker.kind is Habitat.CONTAINER and worker.variables is None
    service = compose.services.get("worker") if unseen else None
    passed = _Passed(compose, environment, filling(dotenv, compose))
    own = configured or next(_further(environment), None) or (passed.first(service) if service is not None else None)
    # A configuration without database.user is empty for `chunk` too, which still finds the other two.
    chunk = own if resolution.outcome != "zero" else next(_further(environment), None)
    api = compose.services.get("api")
    places = {worker.directory, str(target.directory)} - {None}
    running = [each for each in processes.role("api") if each.directory in places]
    return GeminiKeys(
        worker=own,
        api=configured,
        chunk=chunk,
        api_elsewhere=any((each.variables or {}).get(BOUND) for each in running)
        or (api is not None and passed.through(api, BOUND) is not None),
        api_here=api is not None or bool(running),
        seen=not unseen or service is not None,
    )


def _configured(resolution: Resolution) -> KeySupply | None:
    """What `gemini.api_key` comes to, the variable that is bound to it included."""
    text = str(resolution.value(KEY) or "")
    if not text:
        return None
    setting = resolution.settings[KEY]
    name = setting.spec.env if setting.source is Source.ENV else KEY
    return KeySupply(text, replace(setting.location, key=KEY), name)


def _further(environment: Environment) -> Iterator[KeySupply]:
    for name in FURTHER:
        text = environment.get(name)
        if text is not None:
            yield KeySupply(text, environment.where(name), name)


class _Passed:
    """What the compose file hands to a service, filled in from this shell and `.env` as docker compose does it."""

    def __init__(self, compose: Compose, environment: Environment, dotenv: Dotenv) -> None:
        self._path = compose.path
        self._environment = environment
        self._dotenv = {each.name: each for each in dotenv.lines}
        self._file = dotenv.path

    def first(self, service: ComposeService) -> KeySupply | None:
        """The key that a worker takes there."""
        return next(filter(None, (self.through(service, name) for name in (BOUND, *FURTHER))), None)

    def through(self, service: ComposeService, name: str) -> KeySupply | None:
        """The value of one variable, None when it is not passed on or comes out empty."""
        if name not in service.environment:
            return self._from_file(name) if self._file is not None and self._names_file(service) else None
        text = service.environment[name]
        if text is None:
            return self._variable(name)
        whole = _REFERENCE.fullmatch(text)
        found = self._variable(_named(whole)) if whole is not None and whole["how"] != "+" else None
        if found is not None:
            return found
        filled = _REFERENCE.sub(self._filled, text)
        at = Location.file(self._path or "docker-compose.yml", service.lines.get(name), key=KEY)
        return KeySupply(filled, at, name) if filled else None

    def _filled(self, reference: re.Match[str]) -> str:
        """What docker compose writes in a reference's place."""
        if not _named(reference):
            return "$"
        found, how = self._variable(_named(reference)), reference["how"]
        if how == "+":
            return reference["word"] if found is not None else ""
        return found.text if found is not None else reference["word"] if how == "-" else ""

    def _names_file(self, service: ComposeService) -> bool:
        return any(path.removeprefix("./") == self._file for path in service.env_file)

    def _variable(self, name: str) -> KeySupply | None:
        text = self._environment.get(name)
        if text is not None:
            return KeySupply(text, replace(self._environment.where(name), key=KEY), name)
        return self._from_file(name)

    def _from_file(self, name: str) -> KeySupply | None:
        line = self._dotenv.get(name)
        if line is None or not line.value or self._file is None:
            return None
        return KeySupply(line.value, Location.file(self._file, line.line, key=KEY), name)


def _named(reference: re.Match[str]) -> str:
    return reference["braced"] or reference["plain"] or ""


SOURCES = (gemini_keys,)
