"""What the API holds: models, batch operations and files, written as Google writes them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from doctor.embedded.google.faults import SERVICE

EMBEDS = ["embedContent", "countTextTokens", "countTokens", "asyncBatchEmbedContent"]
GENERATES = ["generateContent", "countTokens"]
MODELS = ("gemini-embedding-001", "gemini-2.5-flash")

TERMINAL = ("SUCCEEDED", "FAILED", "CANCELLED", "EXPIRED")
STATE = "BATCH_STATE_"
LIBRARY = "type.googleapis.com/google.ai.generativelanguage.v1main."

Thing = dict[str, Any]


def named(kind: str, name: object) -> str:
    """`abc` and `batches/abc` are the same batch."""
    return str(name) if str(name).startswith(kind + "/") else f"{kind}/{name}"


def model(of: str | Mapping[str, Any], _: datetime) -> Thing:
    given = {"name": of} if isinstance(of, str) else dict(of)
    short = str(given["name"]).removeprefix("models/")
    embeds = "embedding" in short
    usual = {
        "version": "001",
        "displayName": short.replace("-", " ").title(),
        "inputTokenLimit": 2048 if embeds else 1048576,
        "outputTokenLimit": 1 if embeds else 65536,
        "supportedGenerationMethods": EMBEDS if embeds else GENERATES,
    }
    return {"name": f"models/{short}"} | usual | {key: given[key] for key in given if key != "name"}


def many(count: int) -> list[Mapping[str, Any]]:
    """So many batches that succeeded, the newest first."""
    return [
        {
            "id": f"batch{n:05}",
            "requests": 10,
            "succeeded": 10,
            "created": 3600 + n,
            "ended": 1800 + n,
            "output": f"out{n:05}",
        }
        for n in range(count)
    ]


def batch(of: Mapping[str, Any], now: datetime) -> Thing:
    """The operation of a batch. As protobuf's JSON does, counts are texts and what is zero or false is left out."""
    name, state = named("batches", of["id"]), str(of.get("state", "SUCCEEDED"))
    full = state if state.startswith((STATE, "JOB_STATE_")) else STATE + state
    done = full.removeprefix(STATE).removeprefix("JOB_STATE_") in TERMINAL
    metadata = {
        "@type": LIBRARY + "EmbedContentBatch",
        "model": named("models", of.get("model", MODELS[0])),
        "displayName": of.get("name", f"embeddings-{of['id']}"),
        "state": full,
        **_times(of, now),
        **({} if of.get("stats") is False else {"batchStats": stats(of)}),
        "name": name,
    }
    output = {"responsesFile": named("files", of["output"])} if of.get("output") else None
    if output:
        metadata["output"] = output
    return {"name": name, "metadata": metadata} | _end(of, full, done, output) | dict(of.get("raw", {}))


def _end(of: Mapping[str, Any], state: str, done: bool, output: Mapping[str, str] | None) -> Thing:
    """What an operation has when it is over: an error or a response."""
    end: Thing = {"done": True} if done else {}
    error = of.get("error") or ({"code": 13, "message": "Internal error"} if state.endswith("FAILED") else None)
    if error:
        end["error"] = error
    elif output and done:
        end["response"] = {"@type": LIBRARY + "EmbedContentBatchOutput", **output}
    return end


def stats(of: Mapping[str, Any]) -> dict[str, str]:
    requests, succeeded, failed = (int(of.get(key, 0)) for key in ("requests", "succeeded", "failed"))
    counts = {
        "requestCount": requests,
        "successfulRequestCount": succeeded,
        "failedRequestCount": failed,
        "pendingRequestCount": int(of.get("pending", max(0, requests - succeeded - failed))),
    }
    return {key: str(count) for key, count in counts.items() if count}


def _times(of: Mapping[str, Any], now: datetime) -> dict[str, str]:
    """Seconds before the start become a time; a text is shown as it is."""
    names = {"created": "createTime", "ended": "endTime", "updated": "updateTime"}
    given = {"created": 3600, **of}
    return {google: moment(given[ours], now) for ours, google in names.items() if given.get(ours) is not None}


def moment(when: str | float | datetime, now: datetime) -> str:
    if isinstance(when, str):
        return when
    if isinstance(when, datetime):  # YAML reads a time without quotes as one, in UTC
        return f"{when.replace(tzinfo=None).isoformat()}Z"
    return (now - timedelta(seconds=when)).strftime("%Y-%m-%dT%H:%M:%S.%f") + "123Z"


def file(of: Mapping[str, Any], now: datetime) -> Thing:
    name, created = named("files", of["id"]), moment(of.get("created", 1800), now)
    usual = {
        "mimeType": "application/jsonl",
        "sizeBytes": str(of.get("size", 0)),
        "createTime": created,
        "updateTime": created,
        "uri": f"https://{SERVICE}/v1beta/{name}",
        "state": "ACTIVE",
        "source": "GENERATED",
    }
    return {"name": name} | usual | {key: of[key] for key in of if key not in ("id", "size", "created")}
