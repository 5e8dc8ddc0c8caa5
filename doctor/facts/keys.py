"""Which API key reaches whom: the worker, the API and `chunk` do not look in the same places."""

from __future__ import annotations

from dataclasses import field

from doctor.model import Location
from doctor.values import value


@value
class KeySupply:
    """A key as it arrives (`text`, never to be shown) and the file or variable it comes from."""

    text: str = field(repr=False)
    at: Location
    name: str


@value
class GeminiKeys:
    """
    The Gemini key that each part of the program ends up with, None for none.

    All take `gemini.api_key` (CODECHUNK_GEMINI_API_KEY overrides the file); where that is empty, the worker and `chunk`
    go on to GEMINI_API_KEY and GOOGLE_API_KEY, the API does not. `api_elsewhere` says that the API gets it from its
    own environment (its process, or the compose file) although these variables do not have it. `seen` is false when
    the worker's variables are not known, so that an absent key proves nothing.
    """

    worker: KeySupply | None = None
    api: KeySupply | None = None
    chunk: KeySupply | None = None
    api_elsewhere: bool = False
    api_here: bool = False
    seen: bool = True
