"""How the program reaches the network: the proxy its HTTP clients take."""

from __future__ import annotations

from collections.abc import Mapping

from doctor.golang import proxy


def go_proxy(url: str, env: Mapping[str, str]) -> str | None:
    """
    The proxy that Go's HTTP client, and so the program's Gemini and OpenAI clients, takes for a URL; None for none.

    `env` is the whole environment of the process; nothing of the machine's own settings counts. A user and password in
    the proxy's URL are in the answer as well. Raises `ValueError` with Go's text where the client refuses the request.
    """
    found = proxy.proxy_for(url, env)
    return None if found is None else str(found)


def proxy_variable(url: str, env: Mapping[str, str]) -> str | None:
    """The variable that names the proxy for a URL like this one, None when none does."""
    names = proxy.VARIABLES.get(url.partition(":")[0].lower(), ())
    return next((name for name in names if env.get(name)), None)
