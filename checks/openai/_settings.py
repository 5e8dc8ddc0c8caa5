"""The settings of the block, where they come from, and how they are given other values."""

from __future__ import annotations

import json
import shlex
from dataclasses import replace

from doctor.api import Fix, Location, Place, Safety, facts, set_value

BLOCK = "embedding.openai"
URL, KEY, MODEL, TRUNCATE = (f"{BLOCK}.{name}" for name in ("base_url", "api_key", "model", "truncate_dimensions"))
VARIABLE = "CODECHUNK_EMBEDDING_OPENAI_API_KEY"
EXPORT = f"export {VARIABLE}='your key'"

# As long as the vectors of the database.
DIMENSIONS = 768

RECREATE = "docker compose up -d worker api"


def place(config: facts.Resolution, key: str) -> Location:
    """Where a value comes from, or is missing, with its key."""
    return replace(config.where(key), key=key)


def network(server: facts.OpenAiServer) -> tuple[Location, ...]:
    """The server as a related place."""
    return (Location(Place.NETWORK, name=server.address),) if server.host else ()


def correct(config: facts.Resolution, key: str, value: str, summary: str) -> Fix:
    """Give a key this value, by hand: only the user knows whether it is what he means."""
    text = value if key == TRUNCATE else json.dumps(value, ensure_ascii=False)
    return set_value(config, key, text, summary, safety=Safety.NONE, plain=value)


def give_key(config: facts.Resolution, server: facts.OpenAiServer, worker: facts.Worker, summary: str) -> Fix:
    """Give worker and API a key. Its variable counts only where the key stands in the file, empty or not."""
    first = "" if KEY in config.by_key else f" Add `api_key:` below {BLOCK}, with nothing behind it."
    supplied = config.where(KEY)
    if supplied.kind is Place.ENV and supplied.path is not None:
        return Fix(f"{summary} It belongs in {supplied.path}, line {supplied.line}; then start worker and API again.")
    if worker.kind is facts.Habitat.CONTAINER:
        line = f"`{VARIABLE}: ${{{VARIABLE}}}`"
        return Fix(
            f"{summary}{first} Put `{VARIABLE}=...` into .env, and {line} below `environment:` of worker and api.",
            (RECREATE,),
        )
    return Fix(f"{summary}{first} Then start worker and API again.", (EXPORT, _curl(server, "models", keyed=True)))


def list_models(server: facts.OpenAiServer) -> tuple[str, ...]:
    """What shows the models, which costs nothing anywhere."""
    return (*_key(server), _curl(server, "models", keyed=server.key is not None))


def ask_vector(config: facts.Resolution, server: facts.OpenAiServer) -> tuple[str, ...]:
    """What asks for a vector as the program does."""
    body = {"model": str(config.value(MODEL)), "input": ["test"], "dimensions": DIMENSIONS}
    data = shlex.quote(json.dumps(body, ensure_ascii=False))
    keyed = server.key is not None
    ask = f"{_curl(server, 'embeddings', keyed=keyed)} -H 'Content-Type: application/json' -d {data}"
    return (*_key(server), ask)


def again(config: facts.Resolution, server: facts.OpenAiServer) -> tuple[str, ...]:
    """What repeats the call that went wrong, as it can be typed here."""
    return ask_vector(config, server) if server.call.startswith("POST ") else list_models(server)


def _key(server: facts.OpenAiServer) -> tuple[str, ...]:
    """What puts the key into this shell first, where it comes from a file."""
    from_file = server.key is not None and (server.key.kind is not Place.ENV or server.key.path is not None)
    return (EXPORT,) if from_file else ()


def _curl(server: facts.OpenAiServer, what: str, *, keyed: bool) -> str:
    key = f' -H "Authorization: Bearer ${VARIABLE}"' if keyed else ""
    return f"curl -sS -m 20 {shlex.quote(f'{server.here or server.url}/{what}')}{key}"
