"""environment.gemini-redirected: calls that leave for another server than Google's Gemini API."""

from __future__ import annotations

import re
from collections.abc import Iterator

from checks.environment._removal import unset
from doctor.api import NO_FILE, Blocks, Finding, Guide, Severity, check, facts

VERTEX = "GOOGLE_GENAI_USE_VERTEXAI"
ADDRESS = "GOOGLE_GEMINI_BASE_URL"
GOOGLE = ".googleapis.com"

# What is asked of Gemini. A key that is missing or malformed is so for any server.
ASKED = ("gemini.[!k]*", "gemini.key-rejected", "gemini.key-restricted")

_HOST = re.compile(r"(?:[A-Za-z][A-Za-z0-9+.-]*://)?(?:[^/?#@]*@)?(?P<host>\[[^\]]*\]|[^/?#:]*)")


def _is_vertex(finding: Finding) -> bool:
    return finding.severity is Severity.ERROR


@check(
    id="environment.gemini-redirected",
    title="A variable sends Gemini calls elsewhere",
    severity=(Severity.ERROR, Severity.WARNING),
    guide=Guide.LISTING,
    blocked_by=NO_FILE,
    # Of Vertex AI nothing is asked at all.
    blocks=(Blocks(*ASKED, "batches.job-gone", "batches.job-ended-badly", "batches.not-collected", when=_is_vertex),),
    explains=ASKED,
)
def gemini_redirected(
    config: facts.Resolution, environment: facts.Environment, worker: facts.Worker
) -> Iterator[Finding]:
    """
    Look at the two variables with which Google's client library takes another server.

    `GOOGLE_GENAI_USE_VERTEXAI` switches to Vertex AI, an error; `GOOGLE_GEMINI_BASE_URL` gives any address, a
    warning.

    Why it matters: a Gemini API key is not accepted elsewhere, and another server has neither the batches nor the
    files of this one.

    Silent when: the first is `0`, `false` or empty; the address is one of googleapis.com; the provider is openai.

    How to fix: unset the variable for the worker and the API, and restart both.
    """
    if config.provider != "gemini":
        return
    if (switch := environment.get(VERTEX)) and switch.lower() in ("1", "true"):
        yield Finding(
            f"{VERTEX} ({switch}) switches to Vertex AI, where the Gemini API key and its batches do not exist",
            at=environment.where(VERTEX),
            fix=unset(environment, worker, VERTEX, keep="The same for the API."),
        )
    if (address := environment.get(ADDRESS)) and not f".{_host(address)}".endswith(GOOGLE):
        yield Finding(
            f"{ADDRESS} sends every Gemini call to {_host(address) or 'an address without a host'}, not to Google",
            at=environment.where(ADDRESS),
            severity=Severity.WARNING,
            fix=unset(environment, worker, ADDRESS, keep="The same for the API."),
        )


def _host(address: str) -> str:
    """The host alone: the rest of an address can hold a password."""
    match = _HOST.match(address)
    return match["host"].lower().rstrip(".") if match else ""
