"""openai.endpoint: the server that makes the vectors does not make them for this program."""

from __future__ import annotations

from collections.abc import Iterator

from checks.openai import _answers
from checks.openai._way import blocked
from doctor.api import NO_FILE, Explains, Finding, Severity, Skipped, check, facts, same_key


@check(
    id="openai.endpoint",
    title="The OpenAI-compatible server cannot be used",
    severity=Severity.ERROR,
    blocked_by=NO_FILE,
    explained_by=(Explains("config.variable-not-expanded", when=same_key),),
)
def endpoint(config: facts.Resolution, server: facts.OpenAiServer, worker: facts.Worker) -> Iterator[Finding]:
    """
    Ask the server at `embedding.openai.base_url` for its models, with the key and the proxy that the program uses.

    A server of your own (this machine, a private network, a service of the compose file) is asked for one vector as
    well, just as the program asks. One on the internet is not: that could cost something.

    Why it matters: every vector comes from this server, so without it nothing is embedded and no search works.

    Silent when: `embedding.provider` is gemini; the server takes no key and none is configured; it has no list of
    models, but makes vectors; these are longer than 768 numbers and `truncate_dimensions` is true; it has too much to
    do at the moment.

    How to fix: start the server, and correct `base_url` (which mostly ends in `/v1`), `api_key` or `model` below
    `embedding.openai`. For a model that is made for being cut, `truncate_dimensions: true`.
    """
    if config.provider != "openai":
        raise Skipped(f"embedding.provider is {config.provider}")
    if server.obstacle is not None:
        yield blocked(config, server, server.obstacle, worker)
    elif server.state in (facts.OpenAiState.UNKNOWN, facts.OpenAiState.BUSY):
        status = f" (status {server.status})" if server.status is not None else ""
        raise Skipped(f"{server.address} does not tell: {server.said}{status}")
    elif (finding := _answered(config, server, worker)) is not None:
        yield finding


def _answered(config: facts.Resolution, server: facts.OpenAiServer, worker: facts.Worker) -> Finding | None:
    match server.state:
        case facts.OpenAiState.KEY_REFUSED:
            return _answers.refused(config, server, worker)
        case facts.OpenAiState.NOT_FOUND:
            return _answers.not_found(config, server)
        case facts.OpenAiState.NOT_OPENAI:
            return _answers.strange(config, server)
        case facts.OpenAiState.MODEL_UNKNOWN:
            return _answers.unknown_model(config, server)
        case facts.OpenAiState.REQUEST_REFUSED:
            return _answers.refused_request(config, server)
        case facts.OpenAiState.FAILING:
            return _answers.failing(config, server)
        case _:
            return _answers.wrong_length(config, server)
