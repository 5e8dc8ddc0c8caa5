"""nats.stream-unusable: the stream is there, and jobs do not get into it or out of it."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

from checks.nats._server import (
    CONSUMER,
    STREAM,
    SUBJECT,
    SUBJECTS,
    below,
    place,
    reached,
    shown,
    tool,
)
from doctor.api import Finding, Fix, Severity, check, facts

WORK_QUEUE = "workqueue"
# Which the worker removes when it starts.
CLEANED_UP = ("test-consumer", "test-params-consumer")
# A job's message is smaller.
ROOM = 4096
AGAIN = "Then start API and worker again."

Fault = tuple[str, Fix]


@check(
    id="nats.stream-unusable",
    title="The job stream cannot take jobs",
    severity=Severity.ERROR,
    blocks=below("nats.stream-unusable"),
)
def stream_unusable(nats: facts.Nats) -> Iterator[Finding]:
    """
    Compare the stream INDEXING with what the program needs of it: subjects, retention, consumers and room.

    API and worker make the stream when it is missing, and leave an existing one as it is.

    Why it matters: jobs are refused, are lost, or are run again and again.

    Silent when: only the age limit, the number of replicas or the storage type are others than the program's own;
    another consumer takes other subjects; it is one of the two that the worker cleans up.

    How to fix: remove the other stream or consumer or give it other subjects; make a stream of the wrong kind anew;
    give JetStream more room. The commands are those of NATS's own tool, `nats`.
    """
    server = reached(nats)
    for what, fix in (*_subjects(nats, server), *_kind(nats, server), *_foreign(nats, server), *_room(nats, server)):
        yield Finding(what, at=nats.at, related=(place(server),), fix=fix)


def _subjects(nats: facts.Nats, server: facts.NatsServer) -> Iterator[Fault]:
    if nats.stream is not None and nats.stream.takes():
        return
    if nats.owner is not None:
        taken = ", ".join(each for each in nats.owner.subjects)
        name = shlex.quote(nats.owner.name)
        yield (
            f"at {shown(server)} the stream {nats.owner.name} has the subjects of jobs ({taken}), which no second one "
            f"can have: {STREAM} gets none",
            Fix(
                f"Give {nats.owner.name} subjects that do not begin with `indexing.`, or remove it. {AGAIN}",
                (tool(server, f"stream edit {name}"), tool(server, f"stream rm {name}")),
            ),
        )
    elif nats.stream is not None:
        taken = ", ".join(nats.stream.subjects) or "no subject"
        yield (
            f"stream {STREAM} at {shown(server)} takes {taken}, and not {SUBJECT}, on which jobs are sent",
            Fix(
                f"Give it the subjects {SUBJECTS}. {AGAIN}",
                (tool(server, f"stream edit {STREAM} --subjects '{SUBJECTS}'"),),
            ),
        )


# What happens with a stream that is no work queue.
KINDS = {
    "limits": "jobs stay in it when they are done, and each start of a worker runs them again",
    "interest": "jobs that come while there is no consumer are lost",
}


def _kind(nats: facts.Nats, server: facts.NatsServer) -> Iterator[Fault]:
    stream = nats.stream
    if stream is None:
        return
    anew = (tool(server, f"stream rm {STREAM}"),)
    if stream.retention != WORK_QUEUE:
        so = KINDS.get(stream.retention, "the program is made for a work queue")
        yield (
            f'stream {STREAM} at {shown(server)} has the retention "{stream.retention}": {so}',
            Fix(f"Remove it, which throws waiting jobs away. {AGAIN} They make it as a work queue.", anew),
        )
    if stream.sealed:
        yield (
            f"stream {STREAM} at {shown(server)} is sealed, and takes no messages any more",
            Fix(f"Remove it, which throws waiting jobs away. {AGAIN} They make a new one.", anew),
        )


def _foreign(nats: facts.Nats, server: facts.NatsServer) -> Iterator[Fault]:
    if nats.stream is None or nats.stream.retention != WORK_QUEUE:
        return
    for consumer in nats.stream.consumers:
        if consumer.name in (CONSUMER, *CLEANED_UP) or not consumer.takes():
            continue
        what = f"all that is on {consumer.filter_subject}" if consumer.filter_subject else "everything"
        yield (
            f"consumer {consumer.name} of stream {STREAM} at {shown(server)} takes {what}, and a work queue has one "
            f"consumer for a subject: the worker gets no {CONSUMER}",
            Fix(
                f"Remove it, or give it other subjects than {SUBJECT}. {AGAIN}",
                (tool(server, f"consumer rm {STREAM} {shlex.quote(consumer.name)}"),),
            ),
        )


def _room(nats: facts.Nats, server: facts.NatsServer) -> Iterator[Fault]:
    stream = nats.stream
    if stream is None:
        return
    full = _full(stream)
    if full is not None:
        limit, option = full
        so = "new jobs are refused" if stream.discard == "new" else "each new job pushes the oldest one out"
        yield (
            f"stream {STREAM} at {shown(server)} is full ({limit}): {so}",
            Fix("Take that limit away, as the program's own stream has none.", (_edit(server, option),)),
        )
    if nats.storage_left is not None and nats.storage_left < ROOM:
        yield (
            f"JetStream at {shown(server)} has used up its storage: new jobs are refused",
            Fix(
                "Raise the storage limit in the server's configuration (`max_file_store`, or `max_file` of the "
                "account), or remove streams that nobody needs.",
                (tool(server, "stream report"),),
            ),
        )


def _full(stream: facts.NatsStream) -> tuple[str, str] | None:
    if stream.max_bytes is not None and stream.bytes + ROOM > stream.max_bytes:
        return f"{stream.bytes} of {stream.max_bytes} bytes", "--max-bytes"
    if stream.max_messages is not None and stream.messages >= stream.max_messages:
        return f"{stream.messages} of {stream.max_messages} messages", "--max-msgs"
    return None


def _edit(server: facts.NatsServer, option: str) -> str:
    return tool(server, f"stream edit {STREAM} {option}=-1")
