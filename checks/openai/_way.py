"""What is wrong on the way to the server, step by step."""

from __future__ import annotations

import shlex

from checks.openai._settings import KEY, RECREATE, URL, correct, give_key, list_models, network, place
from doctor.api import Evidence, Finding, Fix, Location, facts

DOCKER_HOST = "host.docker.internal"

# By the names of the faults; {where} is the server or the proxy, {text} the reason in the words of the system.
WORDS = {
    "NAME_UNKNOWN": "the name of {where} cannot be looked up: {text}",
    "REFUSED": "nothing listens at {where}",
    "NO_ROUTE": "{where} cannot be reached: {text}",
    "TIMED_OUT": "{where} does not answer: {text}",
    "NO_ANSWER": "{where} accepts the connection, but has not answered in time",
    "BROKEN_OFF": "{where} breaks the connection off: {text}",
    "LOGIN_WANTED": "{where} wants a login, or another one: {text}",
    "DENIED": "{where} does not let the request through: {text}",
}
OTHERWISE = "{where} cannot be used: {text}"


def blocked(
    config: facts.Resolution, server: facts.OpenAiServer, obstacle: facts.NetworkObstacle, worker: facts.Worker
) -> Finding:
    """The finding on what the way ends at."""
    match obstacle.step:
        case facts.Step.PROXY:
            return _proxy(server, obstacle, worker)
        case facts.Step.TLS if obstacle.fault.name not in ("NO_ANSWER", "BROKEN_OFF"):
            return _tls(config, server, obstacle)
        case facts.Step.HTTP if obstacle.fault is facts.NetworkFault.SETTING:
            fix = give_key(config, server, worker, "Give the key again, without what was pasted along.")
            return Finding(f"the program cannot send the key: {obstacle.text}", at=place(config, KEY), fix=fix)
        case _ if obstacle.fault is facts.NetworkFault.SETTING:
            return Finding(f"the address is none: {obstacle.text}", at=place(config, URL), fix=_address(config, server))
        case _:
            return Finding(
                _said(obstacle, server.asked or server.address),
                at=place(config, URL),
                related=network(server),
                fix=_reach(config, server, obstacle, worker),
            )


def _said(obstacle: facts.NetworkObstacle, where: str) -> str:
    return WORDS.get(obstacle.fault.name, OTHERWISE).format(where=where, text=obstacle.text)


def _address(config: facts.Resolution, server: facts.OpenAiServer) -> Fix:
    if server.url and "//" not in server.url and not server.url.startswith("/"):
        return correct(config, URL, f"http://{server.url}", "Write it with `http://` or `https://` in front.")
    return Fix("Write an address such as `http://localhost:1234/v1`; a variable in it is not expanded.")


def _reach(
    config: facts.Resolution, server: facts.OpenAiServer, obstacle: facts.NetworkObstacle, worker: facts.Worker
) -> Fix:
    """How the server comes to be where it is looked for, or is looked for where it is."""
    contained = worker.kind is facts.Habitat.CONTAINER
    unknown = obstacle.fault is facts.NetworkFault.NAME_UNKNOWN
    if unknown and not contained and (server.host == DOCKER_HOST or server.service is not None):
        local = server.url.replace(server.host, "localhost", 1)
        return correct(
            config, URL, local, "Only containers know that name: write `localhost` and the port it has on this host."
        )
    if server.service is not None:
        return Fix("Start it, or correct base_url.", (f"docker compose up -d {shlex.quote(server.service)}",))
    if unknown:
        return Fix("Correct the host's name in base_url.", (f"getent hosts {shlex.quote(server.host)}",))
    in_container = (
        f" From a container a server on the host is {DOCKER_HOST}, one in another container has its service's name."
    )
    return Fix(f"Start the server, or correct base_url.{in_container if contained else ''}", list_models(server))


def _proxy(server: facts.OpenAiServer, obstacle: facts.NetworkObstacle, worker: facts.Worker) -> Finding:
    name = server.proxy_at.name if server.proxy_at is not None else None
    setting = name or ("HTTPS_PROXY" if server.url.lower().startswith("https") else "HTTP_PROXY")
    said = _said(obstacle, f"the proxy {server.proxy}" if server.proxy else "the proxy setting")
    status = (Evidence("answer", f"the proxy answered with {obstacle.status}"),) if obstacle.status else ()
    return Finding(
        said,
        at=server.proxy_at or Location.env(setting),
        related=network(server),
        fix=_past(server, setting, worker),
        evidence=status,
    )


def _past(server: facts.OpenAiServer, setting: str, worker: facts.Worker) -> Fix:
    summary = f"Correct {setting}; or, where the server is reached directly, put {server.host} into NO_PROXY."
    if worker.kind is facts.Habitat.CONTAINER:
        return Fix(f"{summary} Both belong below `environment:` of worker and api in the compose file.", (RECREATE,))
    return Fix(
        f"{summary} Then start worker and API again.", (f'export NO_PROXY="$NO_PROXY",{shlex.quote(server.host)}',)
    )


def _tls(config: facts.Resolution, server: facts.OpenAiServer, obstacle: facts.NetworkObstacle) -> Finding:
    where = server.asked or server.address
    if obstacle.fault is facts.NetworkFault.OTHER_PROTOCOL:
        said = f"{where} does not speak TLS: {obstacle.text}"
        plain = "http" + server.url[len("https") :]
        fix = correct(config, URL, plain, "Write `http://` where the server has no certificate.")
        return Finding(said, at=place(config, URL), related=network(server), fix=fix)
    issuer = obstacle.certificate.issuer if obstacle.certificate is not None else ""
    of = f"the certificate of {where}, issued by {issuer}," if issuer else f"the certificate of {where}"
    refused = obstacle.fault is facts.NetworkFault.CERTIFICATE_REFUSED
    said = f"{of} is not trusted: {obstacle.text}" if refused else f"TLS with {where} fails: {obstacle.text}"
    return Finding(said, at=place(config, URL), related=network(server), fix=_trust(server))


def _trust(server: facts.OpenAiServer) -> Fix:
    """The authority that signs for the server has to be known, for its own name, on the machine of the worker."""
    return Fix(
        f"Give the server a certificate for {server.host} that is valid, and add the authority that signed it to those "
        "that the worker's system trusts (or name the file in SSL_CERT_FILE); then start worker and API again.",
        (f"openssl s_client -connect {shlex.quote(_here(server))} -showcerts </dev/null",),
    )


def _here(server: facts.OpenAiServer) -> str:
    """Host and port as this machine reaches them."""
    return server.here.partition("//")[2].partition("/")[0] if server.asked else server.address
