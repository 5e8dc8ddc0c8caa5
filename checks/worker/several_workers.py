"""worker.several-workers: more than one takes from the same queue."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator

from doctor import api
from doctor.api import Evidence, Finding, Fix, Location, Observed, Place, Severity, check, facts, strip_user

CAUSE = "nats-consumer-deleted"
WHY = "jobs above 30 seconds run twice, and the stop of one wipes the workspace of the other"
# What decides how a job ends, and may be shown.
COMPARED = (
    "batch_processing.enabled",
    "batch_processing.threshold_chunks",
    "batch_processing.fallback_to_sequential",
    "batch_processing.use_test_embeddings",
    "gemini.batch.enabled",
    "gemini.model",
    "embedding.provider",
    "database.name",
)
LOOPBACK = ("", "localhost", "127.0.0.1", "::1", "[::1]")

_SERVER = re.compile(r"(?:[A-Za-z][\w+.-]*://)?(?P<host>\[[^\]]*\]|[^/?#:]*)(?::(?P<port>\d+))?")


@check(
    id="worker.several-workers",
    title="Several workers share one queue",
    severity=Severity.WARNING,
)
def several_workers(
    workers: facts.RunningWorkers,
    compose: facts.Compose,
    nats: Observed[facts.Nats],
    logs: Observed[facts.Logs],
) -> Iterator[Finding]:
    """
    Look for more than one worker on the same NATS, among processes and containers, by NATS and by the logs.

    Each worker deletes and makes the consumer anew when it starts. A message that is not confirmed within 30 seconds
    is given to another worker, though the first is still busy with it.

    Why it matters: a job that takes longer than 30 seconds runs twice, and a worker that is stopped wipes the workspace
    of the other one.

    Silent when: the other worker has another NATS, belongs to another installation, or is stopped.

    How to fix: stop all workers but one.
    """
    same = _sharing(workers.found, frozenset(compose.services))
    if len(same) > 1:
        yield _seen(same)
        return
    waiting = _waiting(nats.value)
    if nats.value is not None and waiting > 1:
        yield Finding(
            f"{waiting} workers wait for jobs at NATS: {WHY}",
            at=Location(Place.NETWORK, name="indexing-consumer", detail="num_waiting"),
            fix=Fix("Stop all but one; another host may have one too.", ("pgrep -af 'codechunking.* worker'",)),
        )
        return
    yield from _told(logs.value)


def _sharing(found: tuple[facts.RunningWorker, ...], services: frozenset[str]) -> list[facts.RunningWorker]:
    """The newest worker, and those whose queue is certainly the same."""
    if not found or found[-1].config is None:
        return []
    ours = _servers(found[-1].config, services)
    return [
        each
        for each in found
        if each is found[-1] or (each.config is not None and bool(ours & _servers(each.config, services)))
    ]


def _servers(config: facts.Resolution, services: frozenset[str]) -> set[tuple[str, str]]:
    """The servers of nats.url; those of this host and of this compose file go by one name."""
    matches = (_SERVER.match(strip_user(url.strip()).replace("***@", "")) for url in _urls(config))
    found = ((match["host"].lower(), match["port"] or "4222") for match in matches if match is not None)
    return {("localhost" if host in LOOPBACK or host in services else host, port) for host, port in found}


def _urls(config: facts.Resolution) -> list[str]:
    return str(config.value("nats.url") or "nats://localhost:4222").split(",")


def _waiting(nats: facts.Nats | None) -> int:
    """How many wait; a worker that was just restarted leaves a question behind for a few seconds."""
    if nats is None:
        return 0
    consumers = [each.consumer() for each in (nats.stream, nats.again) if each is not None]
    return min((each.waiting for each in consumers if each is not None), default=0)


def _seen(same: list[facts.RunningWorker]) -> Finding:
    *others, newest = same
    differing = [key for key in COMPARED if len({str(each.config.value(key)) for each in same if each.config}) > 1]
    told = f"; they differ in {', '.join(differing[:3])}" if differing else ""
    who = " and ".join(each.name for each in same[-3:])
    return Finding(
        f"{len(same)} workers take jobs from the same NATS, {who}: {WHY}{told}",
        at=newest.at,
        related=tuple(each.at for each in others[-3:]),
        fix=Fix("Stop all but one.", tuple(_stop(each) for each in others[-3:])),
        evidence=tuple(Evidence("setting", _values(key, same), newest.at) for key in differing[:3]),
    )


def _values(key: str, same: list[facts.RunningWorker]) -> str:
    return f"{key}: " + ", ".join(f"{each.config.show(key)} in {each.name}" for each in same[-3:] if each.config)


def _stop(worker: facts.RunningWorker) -> str:
    name = worker.at.name or ""
    if worker.at.kind is Place.CONTAINER:
        return f"docker stop {shlex.quote(name)}"
    return f"kill {name.removeprefix('pid:')}"


def _told(logs: facts.Logs | None) -> Iterator[Finding]:
    """That somebody else made the consumer anew while a worker went on, as that one's log says."""
    if logs is None:
        return
    life = next((run for run in reversed(logs.runs) if run.role == "worker"), None)
    for count in logs.of(causes=(CAUSE,)):
        line = count.newest
        if line is None or (life is not None and life.started_at is not None and (line.time or 0) < life.started_at):
            continue  # its own restart
        said = f"“{api.quote.scrubbed(line.message, 80)}”, {count.count} times"
        yield Finding(
            f"another worker took the consumer away ({said}): {WHY}",
            at=api.quote.place(line),
            fix=Fix("Stop all but one; another host may have one too.", ("pgrep -af 'codechunking.* worker'",)),
            evidence=(api.quote.evidence(line),),
        )
        return
