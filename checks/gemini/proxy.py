"""gemini.proxy: the proxy that the program takes does not let it through, or one that it needs is not given to it."""

from __future__ import annotations

from collections.abc import Iterator

from checks.gemini._ladder import api_place, below, gemini_only
from doctor.api import NO_FILE, Evidence, Finding, Fix, Guide, Location, Severity, check, facts, strip_user

VARIABLE = "HTTPS_PROXY"
EXAMPLE = "http://proxy.example.com:3128"
RECREATE = "docker compose up -d worker api"

# By the names of the faults; {text} is the reason in the words of the system or the proxy.
WORDS = {
    "SETTING": "the program does not take the proxy setting: {text}",
    "NAME_UNKNOWN": "the name of the proxy {proxy} cannot be looked up: {text}",
    "REFUSED": "nothing listens at the proxy {proxy}",
    "NO_ROUTE": "the proxy {proxy} cannot be reached: {text}",
    "TIMED_OUT": "the proxy {proxy} does not answer: {text}",
    "NO_ANSWER": "the proxy {proxy} accepts the connection, but never answers",
    "BROKEN_OFF": "the proxy {proxy} breaks the connection off: {text}",
    "OTHER_PROTOCOL": "what answers at {proxy} is not a proxy of this kind: {text}",
    "LOGIN_WANTED": "the proxy {proxy} wants a login, or another one: {text}",
    "DENIED": "the proxy {proxy} refuses to connect to {host}: {text}",
}
OTHERWISE = "the proxy {proxy} does not let the program through: {text}"


@check(
    id="gemini.proxy",
    title="The proxy stands between worker and Gemini",
    severity=Severity.ERROR,
    guide=Guide.LISTING,
    blocked_by=NO_FILE,
    blocks=below("gemini.proxy"),
)
def proxy(
    config: facts.Resolution, access: facts.GeminiAccess, worker: facts.Worker, environment: facts.Environment
) -> Iterator[Finding]:
    """
    Go through the proxy that the program takes: `HTTPS_PROXY` or `https_proxy`, unless `NO_PROXY` covers the host.

    Where it takes none and gets nowhere, the proxy of this shell is tried too.

    Why it matters: every call to Gemini goes this way, so nothing is embedded while it is blocked.

    Silent when: the proxy opens the way to Google; `NO_PROXY` (or `no_proxy`) covers the host; no proxy is set
    anywhere.

    How to fix: correct `HTTPS_PROXY`, with `user:password@` before the host if it wants a login, and give it to both
    the worker and the API.
    """
    gemini_only(config)
    obstacle = access.failed(facts.Step.PROXY)
    if obstacle is not None:
        yield Finding(
            _what(access, obstacle),
            at=_place(access, environment),
            related=(api_place(access),),
            fix=_correct(access, obstacle, worker, _place(access, environment).name or VARIABLE),
            evidence=_status(obstacle),
        )
    elif access.around is not None and access.obstacle is not None:
        yield _missing(access, access.obstacle, access.around, worker)


def _place(access: facts.GeminiAccess, environment: facts.Environment) -> Location:
    """The variable that names the proxy, as Go looks for it: the one in capitals first."""
    name = next((each for each in (VARIABLE, VARIABLE.lower()) if environment.get(each)), VARIABLE)
    return access.proxy_at or environment.where(name)


def _what(access: facts.GeminiAccess, obstacle: facts.NetworkObstacle) -> str:
    words = WORDS.get(obstacle.fault.name, OTHERWISE)
    return words.format(proxy=access.proxy or "that is set", host=access.host, text=obstacle.text)


def _status(obstacle: facts.NetworkObstacle) -> tuple[Evidence, ...]:
    return (Evidence("answer", f"the proxy answered CONNECT with {obstacle.status}"),) if obstacle.status else ()


def _correct(access: facts.GeminiAccess, obstacle: facts.NetworkObstacle, worker: facts.Worker, name: str) -> Fix:
    match obstacle.fault:
        case facts.NetworkFault.LOGIN_WANTED:
            return _log_in(worker, name)
        case facts.NetworkFault.DENIED:
            return Fix(f"Have {access.host}, port {access.port}, allowed at the proxy.")
        case facts.NetworkFault.SETTING:
            return _give("Write it as an address with scheme and port.", worker, name, EXAMPLE)
        case _:
            summary = f"Start the proxy, or correct {name}; where none is needed, take it away."
            return _give(summary, worker, name, EXAMPLE)


def _log_in(worker: facts.Worker, name: str) -> Fix:
    """Without an example of the whole: an address with a login in it is masked in every report."""
    summary = f"Put `user:password@` before the host in {name}, for worker and API"
    if worker.kind is facts.Habitat.CONTAINER:
        return Fix(f"{summary}: below `environment:` in the compose file.", (RECREATE,))
    return Fix(f"{summary}, and start them again.")


def _give(summary: str, worker: facts.Worker, name: str, value: str) -> Fix:
    """Set a variable for worker and API, in the shell or in the compose file."""
    if worker.kind is facts.Habitat.CONTAINER:
        return Fix(f"{summary} In the compose file: `{name}: {value}` below `environment:`.", (RECREATE,))
    return Fix(f"{summary} Then start worker and API again.", (f"export {name}='{value}'",))


def _missing(
    access: facts.GeminiAccess, obstacle: facts.NetworkObstacle, around: tuple[str, str], worker: facts.Worker
) -> Finding:
    address, name = strip_user(around[0]), around[1]
    return Finding(
        f"the worker has no {VARIABLE} and does not get to {access.host} directly; through {address}, which {name} of "
        "this shell names, the way is open",
        at=Location.env(VARIABLE),
        related=(api_place(access),),
        fix=_pass_on(name, worker),
        evidence=(Evidence("directly", obstacle.text),),
    )


def _pass_on(name: str, worker: facts.Worker) -> Fix:
    if worker.kind is facts.Habitat.CONTAINER:
        line = f"`{VARIABLE}: ${{{name}}}`"
        return Fix(f"Add {line} below `environment:` of worker and api in the compose file.", (RECREATE,))
    if name == VARIABLE:
        return Fix(f"Start worker and API again from this shell, in which {VARIABLE} is set.")
    summary = f"Export it as {VARIABLE}, which the program takes, and start worker and API again."
    return Fix(summary, (f'export {VARIABLE}="${name}"',))
