"""Builders for the tests of the gemini family."""

from __future__ import annotations

from typing import Any

from doctor import facts
from doctor.errors import SourceError
from doctor.facts.gemini import (
    ApiAnswer,
    ApiError,
    GeminiAccess,
    GeminiBatchApi,
    GeminiFileApi,
    ModelState,
    Refusal,
)
from doctor.facts.network import NetworkFault, NetworkObstacle, Step
from doctor.model import Location
from doctor.needs import Observed

URL = "https://generativelanguage.googleapis.com"
HOST = "generativelanguage.googleapis.com"
VARIABLE = "CODECHUNK_GEMINI_API_KEY"
KEY = "gemini.api_key"

OPENAI = "embedding: {provider: openai}\n"
NO_COMPOSE = facts.Compose()
MODELS, BATCHES, FILES = (f"GET /v1beta/{each}" for each in ("models", "batches", "files"))


def shell(**values: str) -> facts.Environment:
    """Variables of the shell in which the doctor runs."""
    return facts.Environment(
        {name: facts.Variable(name, value, "shell", Location.env(name)) for name, value in values.items()}
    )


def compose(**environments: dict[str, str | None]) -> facts.Compose:
    """A compose file whose services get these variables."""
    services = {name: facts.ComposeService(name, 1, environment=each) for name, each in environments.items()}
    return facts.Compose("docker-compose.yml", services)


def supply(text: str = "x", name: str = VARIABLE, at: Location | None = None) -> facts.KeySupply:
    """A key that arrives in a variable, or by `at`."""
    return facts.KeySupply(text, at or Location.env(name, key=KEY), name)


def keys(worker: facts.KeySupply | None = None, api: facts.KeySupply | None = None, **values: bool) -> facts.GeminiKeys:
    """The keys of worker and API."""
    return facts.GeminiKeys(worker, api, worker, **values)


def access(**values: Any) -> GeminiAccess:
    """The way to Google's own address, all well as far as `values` do not say otherwise."""
    given = {"key": Location.env(VARIABLE, key=KEY), "model": ModelState.USABLE, **values}
    if "obstacle" not in given:
        given.setdefault("answer", answer())
    else:
        given["model"] = ModelState.UNKNOWN
    return GeminiAccess(URL, HOST, 443, **given)


def stopped(step: Step, fault: NetworkFault, text: str = "some reason", **values: Any) -> GeminiAccess:
    """The way that ends at this step; `status`, `certificate` and `clock` are the obstacle's."""
    of_obstacle = {name: values.pop(name) for name in ("status", "certificate", "clock") if name in values}
    return access(obstacle=NetworkObstacle(step, fault, text, **of_obstacle), **values)


def answer(call: str = MODELS, error: ApiError | None = None, **values: Any) -> ApiAnswer:
    """What a call came to: all well unless something is given."""
    return ApiAnswer(call, error, **values)


def no(refusal: Refusal, status: int = 403, **values: Any) -> ApiError:
    """An error of the API."""
    return ApiError(refusal, status, **values)


def refused(refusal: Refusal, status: int = 403, **values: Any) -> GeminiAccess:
    """The way to an API that refuses the list of models."""
    return access(answer=answer(error=no(refusal, status, **values)), model=ModelState.UNKNOWN)


def batches(error: ApiError | None = None, **values: Any) -> GeminiBatchApi:
    """What the list of batch jobs came to."""
    return GeminiBatchApi(answer(BATCHES, error, **values))


def files(error: ApiError | None = None, **values: Any) -> GeminiFileApi:
    """What the list of files came to."""
    return GeminiFileApi(answer(FILES, error, **values))


def unasked() -> Observed[Any]:
    """A list that was not asked for."""
    return Observed(None, SourceError("not reached"))
