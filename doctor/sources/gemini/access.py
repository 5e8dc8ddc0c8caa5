"""The way to the Gemini API, walked as the worker's client goes it, and the three lists that tell what the key may."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial

from doctor.engine import OFFLINE, Touches, source
from doctor.errors import SourceError, Withheld
from doctor.facts import (
    ApiAnswer,
    Environment,
    GeminiAccess,
    GeminiBatchApi,
    GeminiFileApi,
    GeminiKeys,
    Habitat,
    ModelState,
    NetworkFault,
    NetworkObstacle,
    Refusal,
    Resolution,
    Step,
    Worker,
)
from doctor.facts.gemini import MODEL
from doctor.golang import neturl
from doctor.keyshape import fault_of_key
from doctor.model import Location
from doctor.sources import certificates
from doctor.sources.configuration import working_directory
from doctor.sources.gemini.answers import JsonObject
from doctor.sources.gemini.api import Api, Unanswered, next_page
from doctor.sources.network import go_proxy, proxy_variable, shown_proxy, unreadable
from doctor.sources.web import Halted, Route, Web
from doctor.target import Deadline, Target

GOOGLE = "https://generativelanguage.googleapis.com"
# Google's client for Go takes another address from here, and another service altogether from the second.
ADDRESS, VERTEX = "GOOGLE_GEMINI_BASE_URL", "GOOGLE_GENAI_USE_VERTEXAI"

# How long one of the sources may take, in seconds.
PATIENCE = 8.0
# The part of it that the worker's own way gets where there is another one to try.
FIRST_SHARE = 0.6
# In less time than that, in seconds, silence says nothing.
LEAST = 0.2
QUERIES = "read-only calls of the Gemini API: models, batches and files"

# The most models in one page.
PAGE = "1000"


def touches(target: Target, environment: Environment, resolution: Resolution) -> Touches:
    """The API's host, and the proxy on the way."""
    if target.offline or resolution.provider != "gemini":
        return Touches()
    try:
        url = environment.get(ADDRESS) or GOOGLE
        route = Route.to(url, go_proxy(url, environment.mapping()), certificates.without_trust)
    except ValueError:
        return Touches()
    hosts = [f"{route.host}:{route.port} (Gemini)"]
    if route.proxy is not None:
        host, port = route.proxy.host_and_port
        hosts.insert(0, f"{host}:{port} (proxy)" if port else f"{host} (proxy)")
    return Touches(hosts=tuple(hosts), queries=(QUERIES,))


@dataclass(frozen=True)
class Way:
    """Where the calls go, by which proxy, with what trust, and with which key."""

    url: str = field(repr=False)
    environment: Environment
    key: str = field(repr=False)
    at: Location
    trust: Mapping[str, str] = field(repr=False)
    target: Target
    worker: Worker

    @property
    def proxy(self) -> str | None:
        """The proxy that Go takes for it. Raises ValueError with Go's text."""
        return go_proxy(self.url, self.environment.mapping())

    def route(self, proxy: str | None) -> Route:
        """The route by this proxy. Raises ValueError."""
        directory = working_directory(self.target, self.worker)
        return Route.to(self.url, proxy, partial(certificates.go_context, self.trust, directory))

    @contextlib.contextmanager
    def api(self, deadline: Deadline, seconds: float = PATIENCE) -> Iterator[Api]:
        """The API by that way, for so long. Raises ValueError."""
        path = neturl.parse(self.url).path_text
        api = Api(self.route(self.proxy), self.key, deadline.ends_within(seconds), path=path)
        try:
            yield api
        finally:
            api.close()


def way_to(target: Target, worker: Worker, environment: Environment, resolution: Resolution, keys: GeminiKeys) -> Way:
    """The way, or SourceError (Withheld) for why nothing is asked at all."""
    if target.offline:
        raise Withheld(OFFLINE)
    if resolution.provider != "gemini":
        raise Withheld(f"embedding.provider is {resolution.provider}")
    if (environment.get(VERTEX) or "").lower() in ("1", "true"):
        raise SourceError(f"{VERTEX} sends all calls to Vertex AI, which is not asked")
    if keys.worker is None:
        raise SourceError("there is no API key to ask with")
    if fault_of_key(keys.worker.text) is not None:
        # It may well be the key of another service, which is none of Google's business.
        raise SourceError("what stands in the place of the API key is none, and was not sent")
    variables = environment.mapping()
    # What is named there lies in the container.
    trust = {} if worker.kind is Habitat.CONTAINER else variables
    url = environment.get(ADDRESS) or GOOGLE
    return Way(url, environment, keys.worker.text, keys.worker.at, trust, target, worker)


gemini_way = source("gemini")(way_to)


@source("gemini", deadline=9, touches=touches)
def gemini_access(way: Way, deadline: Deadline) -> GeminiAccess:
    """Go to the API as the worker would, and ask for the list of models."""
    access = _described(way)
    if access.obstacle is not None:
        return access
    another = _of_this_shell(way) if access.proxy is None else None
    ends_at = deadline.ends_within(PATIENCE)
    # What swallows the first try must leave time for the second.
    with way.api(deadline, deadline.within(PATIENCE) * (FIRST_SHARE if another else 1.0)) as api:
        access = _walked(access, api)
    if another is not None and access.failed(Step.NAME, Step.ANSWER) and _leads_there(way, another[0], ends_at):
        access = replace(access, around=(shown_proxy(another[0]), another[1]))
    return access


def _described(way: Way) -> GeminiAccess:
    """The way as the settings have it; it can end right there, at what Go refuses."""
    redirected = way.environment.get(ADDRESS) is not None
    at = way.environment.where(ADDRESS) if redirected else None
    blank = GeminiAccess("" if "@" in way.url else way.url, "", 0, way.at, at)
    try:
        direct = way.route(None)
    except ValueError as error:
        return replace(blank, obstacle=NetworkObstacle(Step.ANSWER, NetworkFault.SETTING, unreadable(way.url, error)))
    named = replace(blank, url=f"{direct.scheme}://{direct.authority}", host=direct.host, port=direct.port)
    try:
        proxy = way.proxy
        way.route(proxy)
    except ValueError as error:
        return replace(named, obstacle=NetworkObstacle(Step.PROXY, NetworkFault.SETTING, str(error)))
    name = proxy_variable(way.url, way.environment.mapping())
    variable = way.environment.where(name) if name else None
    if proxy is None:
        return replace(named, passed_over=variable)
    return replace(named, proxy=shown_proxy(proxy), proxy_at=variable)


def _walked(access: GeminiAccess, api: Api) -> GeminiAccess:
    listed, answer = _models(api)
    access = replace(access, addresses=api.web.addresses, clock=api.clock, answer=answer)
    if answer.obstacle is not None:
        return replace(access, obstacle=answer.obstacle, answer=None)
    return replace(access, model=_state(api, listed)) if listed is not None else access


def _models(api: Api) -> tuple[list[JsonObject] | None, ApiAnswer]:
    """The models that are listed up to ours, None when the list does not come to its end."""
    first, answer = api.ask("models", {"pageSize": PAGE})
    if first is None:
        return None, answer
    listed = _of(first)
    try:
        if (token := next_page(first)) and not _named(listed):
            for page in api.pages("models", {"pageSize": PAGE}, after=token):
                listed += _of(page)
                if _named(listed):
                    break
    except Unanswered:
        return None, answer
    return listed, answer


def _of(page: JsonObject) -> list[JsonObject]:
    models = page.get("models")
    return [each for each in models if isinstance(each, dict)] if isinstance(models, list) else []


def _named(models: list[JsonObject]) -> JsonObject | None:
    return next((each for each in models if each.get("name") == f"models/{MODEL}"), None)


def _state(api: Api, listed: list[JsonObject]) -> ModelState:
    """Whether the model is there, and for what. One that is not listed is asked for by name."""
    model = _named(listed)
    if model is None:
        model, answer = api.ask(f"models/{MODEL}")
        if model is None:
            return ModelState.MISSING if answer.refused(Refusal.NOT_FOUND) else ModelState.UNKNOWN
    methods = model.get("supportedGenerationMethods")
    if not isinstance(methods, list) or "embedContent" in methods:
        return ModelState.USABLE
    return ModelState.NOT_FOR_EMBEDDING


def _of_this_shell(way: Way) -> tuple[str, str] | None:
    """The proxy that a program started from this shell takes, and the variable that names it."""
    shell = way.target.shell
    try:
        proxy = go_proxy(way.url, shell)
        way.route(proxy)
    except ValueError:
        return None
    name = proxy_variable(way.url, shell)
    return (proxy, name) if proxy is not None and name is not None else None


def _leads_there(way: Way, proxy: str, ends_at: float) -> bool:
    """Whether one gets there by this proxy; it is told nothing but the host's name."""
    web = Web(way.route(proxy), ends_at)
    try:
        web.connect()
    except Halted:
        return False
    finally:
        web.close()
    return True


@source("gemini batches", deadline=9)
def gemini_batch_api(way: Way, access: GeminiAccess, deadline: Deadline) -> GeminiBatchApi:
    """Ask for the first of the batch jobs."""
    return GeminiBatchApi(_asked(way, access, deadline, "batches"))


@source("gemini files", deadline=9)
def gemini_file_api(way: Way, access: GeminiAccess, deadline: Deadline) -> GeminiFileApi:
    """Ask for the first of the files."""
    return GeminiFileApi(_asked(way, access, deadline, "files"))


def _asked(way: Way, access: GeminiAccess, deadline: Deadline, what: str) -> ApiAnswer:
    check_open(access)
    if deadline.within(PATIENCE) < LEAST:
        raise SourceError("no time was left to ask")
    with way.api(deadline) as api:
        return api.ask(what, {"pageSize": "1"})[1]


def check_open(access: GeminiAccess) -> None:
    """Raise SourceError when the way does not lead to the API, or the key opens nothing there."""
    if access.obstacle is not None:
        raise SourceError(f"not reached: {access.obstacle.text}")
    answer = access.answer
    if answer is not None and answer.strange is not None:
        raise SourceError(f"{access.address} gives {answer.strange.what}, so that it is not the Gemini API")
    if answer is not None and answer.error is not None and answer.error.refusal is not Refusal.QUOTA:
        raise SourceError(f"{access.address} answers {answer.error.shown}")


SOURCES = (gemini_way, gemini_access, gemini_batch_api, gemini_file_api)
