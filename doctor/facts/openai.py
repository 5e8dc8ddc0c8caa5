"""The OpenAI-compatible server as the program uses it: the way there, and what it answers."""

from __future__ import annotations

from enum import StrEnum

from doctor.facts.network import NetworkObstacle
from doctor.model import Location
from doctor.values import value

# As long as the vectors of the database.
DIMENSIONS = 768


class OpenAiState(StrEnum):
    """What the answers of the server come to."""

    USABLE = "usable"
    KEY_REFUSED = "key refused"
    NOT_FOUND = "not found"
    NOT_OPENAI = "not OpenAI"
    MODEL_UNKNOWN = "model unknown"
    REQUEST_REFUSED = "request refused"
    BUSY = "busy"
    FAILING = "failing"
    UNKNOWN = "unknown"


@value
class OpenAiServer:
    """
    The way to the server with the worker's settings, and what it answers there.

    `url` is the base as it is used, without slashes at its end and without a login; `key` is where the key comes from,
    None when none is sent. `asked` is where the doctor asked, when that is not at the worker's own address, and `here`
    the base as one writes it on this host. `proxy` is the one that the program's HTTP client takes, without a login in
    it, `proxy_at` the variable that names it.

    `call` is the call that `state` is read from, `status` its status and `said` what the server says itself, or what
    its answer is instead. `length` is that of a vector it made, None when none was asked for: that is done only where
    it costs nothing. `models` are those it lists, the first of them. `suggested` is a base address of the same server
    under which its list of models is. `service` is the one of the compose file that the server is.
    """

    url: str
    host: str = ""
    port: int = 0
    key: Location | None = None
    asked: str | None = None
    here: str = ""
    proxy: str | None = None
    proxy_at: Location | None = None
    service: str | None = None
    obstacle: NetworkObstacle | None = None
    state: OpenAiState = OpenAiState.UNKNOWN
    call: str = ""
    status: int | None = None
    said: str = ""
    length: int | None = None
    models: tuple[str, ...] = ()
    suggested: str | None = None

    @property
    def address(self) -> str:
        """Host and port as one writes them."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"
