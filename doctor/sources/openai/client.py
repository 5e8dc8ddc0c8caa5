"""The calls, as the program's own client for such servers makes them."""

from __future__ import annotations

import json
import re
import time
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from doctor.facts.network import NetworkFault, Step
from doctor.golang import neturl
from doctor.redact import MASK
from doctor.sources.openai.answers import Answer
from doctor.sources.web import Halted, Route, Web

# A server that is overloaded or out of order is asked once more.
PAUSE = 0.5
# Shorter texts occur in every answer.
SHORTEST = 6

# What Go's client does not send in a header.
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class Base:
    """A base address, without slashes at its end, as a URL is made of it by putting a path behind it."""

    text: str = field(repr=False)

    @classmethod
    def of(cls, setting: str) -> Base:
        """The base as the program makes it of the setting."""
        return cls(setting.rstrip("/"))

    @property
    def shown(self) -> str:
        """The same without a login, and without what a query holds, which no such server is told anything by."""
        url = neturl.parse(self.text)
        return str(replace(url, user=None, query=MASK if url.query else url.query))

    @property
    def user(self) -> tuple[bytes, bytes | None] | None:
        """The login in it."""
        return neturl.parse(self.text).user

    def at(self, authority: str) -> Base:
        """The same on another host and port."""
        return Base(str(replace(neturl.parse(self.text), host=authority.encode())))

    def target(self, path: str) -> str:
        """What stands in the first line of a request."""
        url = neturl.parse(self.text + path)
        return str(replace(url, scheme="", user=None, host=b"", has_authority=False, fragment=b""))

    def others(self) -> tuple[Base, ...]:
        """The bases that may be meant instead, on the same server."""
        url = neturl.parse(self.text)
        whole = url.path_text
        cut = re.sub(r"/(embeddings|models|chat/completions|completions)$", "", whole)
        paths = dict.fromkeys((cut, f"{cut}/v1" if not cut.endswith("/v1") else cut, "/v1"))
        texts = (replace(url, path=path.encode(), path_text=path, query=None, fragment=b"") for path in paths)
        return tuple(Base(str(each)) for each in texts if each.path_text != whole)


def sendable(key: str) -> bool:
    """Whether Go's client takes it into a header."""
    return _CONTROL.search(key) is None


class Client:
    """
    One server, asked on one connection.

    Nothing follows a redirect, and the key stands in a header and nowhere else. `authority` is the name by which the
    worker calls the server, wherever `route` leads.
    """

    def __init__(self, route: Route, authority: str, base: Base, key: str, ends_at: float) -> None:
        self.web = Web(route, ends_at)
        self._forwarded = route.forwarded
        self._base = base
        self._key = key
        self._headers = {"Host": authority, **_authorization(base, key)}

    def close(self) -> None:
        """Hang up."""
        self.web.close()

    def ask(self, path: str, body: Mapping[str, object] | None = None, base: Base | None = None) -> Answer:
        """
        One call: GET, or POST of a body. Raises Halted.

        A server that is overloaded or out of order is asked once more.
        """
        answer = self._once(path, body, base or self._base)
        if answer.status != 429 and answer.status < 500:
            return answer
        if self.web.left < 2 * PAUSE:
            return answer
        time.sleep(PAUSE)
        try:
            return self._once(path, body, base or self._base)
        except Halted:  # says less than the first answer
            return answer

    def _once(self, path: str, body: Mapping[str, object] | None, base: Base) -> Answer:
        method, data = ("GET", None) if body is None else ("POST", json.dumps(body).encode())
        response = self.web.ask(method, base.target(path), self._headers, data)
        answer = Answer(f"{method} {base.shown}{path}", replace(response, body=self._without_key(response.body)))
        if self._forwarded:
            _of_proxy(answer)
        return answer

    def _without_key(self, body: bytes) -> bytes:
        """The answer without the key, should it quote it: what is cut to length later could not be masked whole."""
        return body.replace(self._key.encode(), MASK.encode()) if len(self._key) >= SHORTEST else body


def _of_proxy(answer: Answer) -> None:
    """Raises Halted for what a proxy that is to fetch says itself: a page where the server would give JSON."""
    if answer.page and answer.status in (403, 502, 503, 504):
        raise Halted(Step.PROXY, NetworkFault.DENIED, answer.said, answer.status)


def _authorization(base: Base, key: str) -> dict[str, str]:
    """As in Go a login in the address counts where nothing else is set."""
    if key:
        return {"Authorization": f"Bearer {key}"}
    if base.user is None:
        return {}
    name, password = base.user
    return {"Authorization": "Basic " + b64encode(name + b":" + (password or b"")).decode()}
