"""The OpenAI-compatible server: whether the program can use it as it is configured."""

from __future__ import annotations

from checks.openai.endpoint import endpoint

SOCKETS = True

CHECKS = (endpoint,)
