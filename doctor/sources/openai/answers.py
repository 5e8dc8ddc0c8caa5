"""
What an answer of an OpenAI-compatible server is.

There are dozens of such servers, and they agree on what a vector looks like, but not on what an error does.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from doctor.facts.openai import OpenAiState
from doctor.redact import beginning
from doctor.sources.bodies import host_of, in_words, is_page, json_of
from doctor.sources.web import Response

# The most of a server's words, and of the names it lists.
LONGEST, LONGEST_NAME, MOST_NAMES = 2000, 200, 300

# An alias of Ollama's for the name as it is configured.
LATEST = ":latest"

# How OpenAI, vLLM, Ollama, LM Studio, LocalAI, llama.cpp and LiteLLM say that they do not have a model.
_NO_MODEL = re.compile(
    r"\bmodels?\b.{0,200}\b(not found|(does|do) not exist|not exist|not (been )?loaded|is unknown|unavailable)"
    r"|\b(unknown|invalid|no such|could not load|failed to load|not a valid)\s+model"
    r"|\bno models? (is |are )?loaded",
    re.IGNORECASE | re.DOTALL,
)
# What OpenAI answers to a key that may embed, but not list models.
_NO_SCOPE = re.compile(r"missing scopes?|insufficient permissions", re.IGNORECASE)


@dataclass(frozen=True)
class Answer:
    """An answer to `call`, in words and as JSON where it is any."""

    call: str
    response: Response

    @property
    def status(self) -> int:
        """The HTTP status."""
        return self.response.status

    @cached_property
    def json(self) -> Any:
        """The body, None for what is not JSON."""
        return json_of(self.response.body)

    @property
    def page(self) -> bool:
        """Whether it is for people."""
        return is_page(self.response.body)

    @cached_property
    def error(self) -> str:
        """The message of an error, in whichever shape it comes; empty for none."""
        body = self.json[0] if isinstance(self.json, list) and self.json else self.json
        if not isinstance(body, dict):
            return ""
        inner = body.get("error")
        found = inner.get("message") if isinstance(inner, dict) else inner
        for each in (found, body.get("message"), body.get("detail")):
            if isinstance(each, str) and each.strip():
                return beginning(each.strip(), LONGEST)
        return ""

    @cached_property
    def said(self) -> str:
        """The server's own words, else what came instead of them."""
        if 300 <= self.status < 400:
            to = host_of(self.response.headers.get("location", ""))
            return f"a redirect to {to}" if to else "a redirect"
        return self.error or in_words(self.response.body)

    @property
    def about_model(self) -> bool:
        """Whether it says that there is no such model."""
        inner = self.json.get("error") if isinstance(self.json, dict) else None
        code = inner.get("code") if isinstance(inner, dict) else None
        return code == "model_not_found" or _NO_MODEL.search(self.error) is not None

    # --- what was asked for ----------------------------------------------------------------------------------------

    @cached_property
    def models(self) -> tuple[str, ...] | None:
        """The names in a list of models, None when it is none; some servers leave the frame around it out."""
        listed = self.json.get("data") if isinstance(self.json, dict) else self.json
        if self.status != 200 or not isinstance(listed, list):
            return None
        return tuple(_ids(listed))

    @cached_property
    def length(self) -> int | None:
        """How long the vector is, None when there is none."""
        found = self.json.get("data") if isinstance(self.json, dict) else None
        first = found[0] if isinstance(found, list) and found else None
        vector = first.get("embedding") if isinstance(first, dict) else None
        if not isinstance(vector, list) or not all(type(number) in (int, float) for number in vector):
            return None
        return len(vector)

    @property
    def shows_server(self) -> bool:
        """Whether a list of models is here, be it one for others only."""
        return self.models is not None or (self.status in (401, 403) and self.error != "")


def _ids(listed: list[Any]) -> Iterator[str]:
    for each in listed:
        name = each.get("id") if isinstance(each, dict) else None
        if isinstance(name, str):
            yield name[:LONGEST_NAME]


def has(models: tuple[str, ...], model: str) -> bool:
    """Whether a model is among those listed."""
    return model in models or model + LATEST in models


def of_embedding(answer: Answer) -> OpenAiState:
    """What the answer to the program's own request comes to; it decides everything."""
    if answer.status == 200 and answer.length is not None:
        return OpenAiState.USABLE
    if answer.status in (307, 308):  # the program's client sends the same once more, there
        return OpenAiState.UNKNOWN
    if answer.status in (401, 403):
        return OpenAiState.KEY_REFUSED
    if answer.status == 429:
        return OpenAiState.BUSY
    if answer.about_model:
        return OpenAiState.MODEL_UNKNOWN
    if answer.status >= 500:
        return OpenAiState.FAILING
    if answer.status in (404, 405):
        return OpenAiState.NOT_FOUND
    return OpenAiState.REQUEST_REFUSED if answer.status >= 400 else OpenAiState.NOT_OPENAI


def of_list(answer: Answer) -> OpenAiState:
    """What the answer to a call for models comes to, where nothing else is asked; USABLE when it is a list."""
    if answer.models is not None:
        return OpenAiState.USABLE
    if answer.status in (401, 403):
        return OpenAiState.UNKNOWN if _NO_SCOPE.search(answer.error) else OpenAiState.KEY_REFUSED
    if answer.status == 429:
        return OpenAiState.BUSY
    if answer.status >= 500:
        return OpenAiState.FAILING
    # Other answers say nothing on embeddings: a server may do without a list.
    moved = answer.status in (301, 302, 303)
    return OpenAiState.NOT_OPENAI if moved or (answer.status == 200 and answer.json is None) else OpenAiState.UNKNOWN
