"""What is wrong with an answer of the server, and what makes it a right one."""

from __future__ import annotations

import re
import shlex

from checks.openai._settings import (
    DIMENSIONS,
    KEY,
    MODEL,
    TRUNCATE,
    URL,
    again,
    ask_vector,
    correct,
    give_key,
    list_models,
    network,
    place,
)
from doctor.api import Evidence, Finding, Fix, facts, nearest

# How many of the models that a server lists are named.
NAMED = 5


def refused(config: facts.Resolution, server: facts.OpenAiServer, worker: facts.Worker) -> Finding:
    """401 or 403."""
    if server.key is None:
        said, summary = f"the server wants a key, and none is configured: {_shown(server)}", "Give it one."
    else:
        blank = ", which has a blank in it" if re.search(r"\s", str(config.value(KEY))) else ""
        said = f"the server does not accept the key{blank}: {_shown(server)}"
        summary = "Give the key that this server accepts; it may be of another service."
    fix = give_key(config, server, worker, summary)
    return Finding(said, at=place(config, KEY), related=network(server), fix=fix)


def not_found(config: facts.Resolution, server: facts.OpenAiServer) -> Finding:
    """404 for the embeddings, or for all there is at this base."""
    said = f"there is no API of this kind at {server.url}: {_shown(server)}"
    if server.suggested is not None:
        said, summary = f"{said}; it is at {server.suggested}", "Write the address that answers."
        fix = correct(config, URL, server.suggested, summary)
    elif server.models:
        said = f"the server lists models, but makes no embeddings: {server.url}/embeddings gives {_shown(server)}"
        fix = Fix("Switch embeddings on in the server (llama.cpp: `--embeddings`), or use another one.")
    else:
        summary = "base_url has to end where `/embeddings` begins, with most servers in `/v1`: correct it and try."
        fix = Fix(summary, again(config, server))
    return Finding(said, at=place(config, URL), related=network(server), fix=fix)


def strange(config: facts.Resolution, server: facts.OpenAiServer) -> Finding:
    """Not JSON, or nothing that a vector is in."""
    through = f" through the proxy {server.proxy}" if server.proxy else ""
    return Finding(
        f"what answers at {server.url}{through} is no API of this kind: {_shown(server)}",
        at=place(config, URL),
        related=network(server),
        fix=Fix("Correct base_url; this command has to give JSON with vectors or models in it.", again(config, server)),
    )


def unknown_model(config: facts.Resolution, server: facts.OpenAiServer) -> Finding:
    """The server does not have the model."""
    model, listed = str(config.value(MODEL)), server.models
    names = ", ".join(listed[:NAMED]) + (f" and {len(listed) - NAMED} more" if len(listed) > NAMED else "")
    return Finding(
        f'the server does not have the model "{model}": {_shown(server)}',
        at=place(config, MODEL),
        related=network(server),
        fix=_other_model(config, server, model),
        evidence=(Evidence("models", f"it lists {names}"),) if listed else (),
    )


def _other_model(config: facts.Resolution, server: facts.OpenAiServer, model: str) -> Fix:
    near = nearest(model, server.models) if model else None
    if near is not None:
        return correct(config, MODEL, near, f"Write `{near}`, which it has.")
    if "pull" in server.said:
        return Fix("Load the model, or name one that is there.", (f"ollama pull {shlex.quote(model)}",))
    return Fix("Load the model in the server, or name one for embedding that this lists.", list_models(server))


def refused_request(config: facts.Resolution, server: facts.OpenAiServer) -> Finding:
    """The server understands the request, and does not want it."""
    if re.search("dimension|matryoshka", server.said, re.IGNORECASE):
        at, advice = MODEL, f"Use a model that takes `dimensions: {DIMENSIONS}`, which the program always sends."
    else:
        at, advice = URL, "Correct model and base_url so that this command, which asks as the program does, succeeds."
    return Finding(
        f"the server refuses what the program asks for: {_shown(server)}",
        at=place(config, at),
        related=network(server),
        fix=Fix(advice, again(config, server)),
    )


def failing(config: facts.Resolution, server: facts.OpenAiServer) -> Finding:
    """5xx, twice."""
    logs = (f"docker compose logs --tail 50 {shlex.quote(server.service)}",) if server.service else ()
    return Finding(
        f"the server fails: {_shown(server)}",
        at=place(config, URL),
        related=network(server),
        fix=Fix("Wait if it is only starting; else its own log says why.", (*logs, *again(config, server))),
    )


def wrong_length(config: facts.Resolution, server: facts.OpenAiServer) -> Finding | None:
    """The finding on vectors that do not fit the database, None where they do."""
    length = server.length
    if length is None or length == DIMENSIONS:
        return None
    too_long = length > DIMENSIONS
    if too_long and config.value(TRUNCATE):
        return None
    model = config.value(MODEL)
    fix = Fix(f"Use a model whose vectors have {DIMENSIONS} numbers, or more.", ask_vector(config, server))
    if too_long:
        summary = (
            f"If the model is made for being cut (Matryoshka, MRL), let the program do it; else use one with "
            f"{DIMENSIONS} numbers."
        )
        fix = correct(config, TRUNCATE, "true", summary)
    cut = "" if too_long else " and the program cannot make them longer"
    return Finding(
        f'the vectors of "{model}" have {length} numbers, the database holds {DIMENSIONS}{cut}',
        at=place(config, MODEL),
        related=network(server),
        fix=fix,
    )


def _shown(server: facts.OpenAiServer) -> str:
    return f"{server.said} (status {server.status})"
