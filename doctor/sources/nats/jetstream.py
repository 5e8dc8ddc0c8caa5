"""What JetStream tells of the stream of jobs, asked without changing anything."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Collection, Iterator
from dataclasses import replace
from datetime import datetime
from typing import Any

from doctor.facts.nats import CONSUMER, STREAM, SUBJECT, SUBJECTS, NatsConsumer, NatsStream, overlap
from doctor.redact import MASK, strip_user
from doctor.sources.nats.session import Answered, Denied, JsonObject, Nobody, Session

API = "$JS.API"
NANOSECOND = 1e-9
NOT_FOUND = 404
# No account of ours has more pages of streams or consumers.
MOST_PAGES = 4
# Messages whose repositories are named.
MOST_MESSAGES = 5
# Messages that are compared with what lies in the workspace.
MOST_IDS = 50
# How often counters that move are read.
TRIES = 3
# Between two of these, in seconds: what is done leaves the stream a moment after it has left the consumer.
BREATH = 0.15
# The status when JetStream, or the part of a cluster that has the stream, is not there now.
AWAY = 503


def account(session: Session) -> tuple[bool | None, str, int | None]:
    """
    Whether JetStream is on for this login, why not, and what storage is left of the account's own, None for no limit.

    None for "whether" when the login may not ask.
    """
    try:
        answer = session.ask(f"{API}.INFO")
    except Denied as denied:
        return None, str(denied), None
    except Nobody:
        return False, "nobody answers what is asked about JetStream", None
    except Answered as error:
        return False, error.text, None
    return True, "", _left(answer)


def _left(answer: JsonObject) -> int | None:
    tiers = answer.get("tiers")
    places = [answer, *(tiers.values() if isinstance(tiers, dict) else ())]
    left = []
    for each in places:
        most = _count(_part(each, "limits"), "max_storage")
        if most > 0:
            left.append(most - _count(each, "storage"))
    return min(left, default=None)


def look(session: Session) -> tuple[NatsStream | None, float]:
    """
    The stream INDEXING with its consumers, and the time by the server's clock. Raises Denied, Nobody and Answered.

    The stream and its consumers are two questions: where their counters do not go together, they are asked again.
    """
    found, now = _once(session)
    for _ in range(TRIES - 1):
        if found is None or not found.stranded:
            return found, now
        before = found
        time.sleep(BREATH)
        found, now = _once(session)
        if found == before:
            return found, now
    return (replace(found, steady=not found.stranded) if found is not None else None), now


def _once(session: Session) -> tuple[NatsStream | None, float]:
    try:
        answer = session.ask(f"{API}.STREAM.INFO.{STREAM}", {"subjects_filter": SUBJECT})
    except Answered as error:
        if error.status == NOT_FOUND:
            return None, time.time()
        raise
    found = stream_of(answer)
    try:
        consumers, known = tuple(_consumers(session)), True
    except (Denied, Nobody, Answered):
        consumers, known = (), False
    return replace(found, consumers=consumers, consumers_known=known), _moment(answer, "ts") or time.time()


def _consumers(session: Session) -> Iterator[NatsConsumer]:
    try:
        for each in _pages(session, f"CONSUMER.LIST.{STREAM}", "consumers"):
            yield consumer_of(each)
    except Denied:
        try:
            yield consumer_of(session.ask(f"{API}.CONSUMER.INFO.{STREAM}.{CONSUMER}"))
        except Answered as error:
            if error.status != NOT_FOUND:
                raise


def owner(session: Session, *, of: str) -> NatsStream | None:
    """Another stream that has a subject of this pattern; one that has the subject of jobs first."""
    try:
        listed = [stream_of(each) for each in _pages(session, "STREAM.LIST", "streams", {"subject": SUBJECTS})]
    except (Denied, Nobody, Answered):
        return None
    others = [each for each in listed if each.name != STREAM and each.takes(of)]
    return min(others, key=lambda each: not each.takes(), default=None)


def repositories(session: Session, stream: NatsStream, now: float) -> tuple[str, ...]:
    """
    The repositories of the jobs in danger, the first few, each once, without a login in their URLs.

    Nobody tells which messages are stranded; those that are were there before all others.
    """
    found: list[str] = []
    for index, message in enumerate(_oldest(session, MOST_MESSAGES)):
        old = replace(stream, first_at=_moment(message, "time")).expiring(now)
        if not (index < stream.stranded or old):
            break
        url = _job(message).get("repository_url")
        found += [strip_user(url).replace(f"{MASK}@", "")] if isinstance(url, str) and url else []
    return tuple(dict.fromkeys(found))


def among(session: Session, ids: Collection[str]) -> tuple[str, ...]:
    """Which of these are ids of messages in the stream, as far as its oldest jobs tell."""
    found: dict[str, None] = {}
    for message in _oldest(session, MOST_IDS):
        id = _job(message).get("message_id")
        if id in ids:
            found[str(id)] = None
        if len(found) == len(ids):
            break
    return tuple(found)


def _oldest(session: Session, most: int) -> Iterator[JsonObject]:
    """The messages that are jobs, those that were stored first, for as long as the server tells."""
    number = 1
    for _ in range(most):
        try:
            answer = session.ask(f"{API}.STREAM.MSG.GET.{STREAM}", {"seq": number, "next_by_subj": SUBJECT})
        except (Denied, Nobody, Answered):
            return
        message = _part(answer, "message")
        number = _count(message, "seq") + 1
        if number == 1:
            return
        yield message


def _job(message: JsonObject) -> JsonObject:
    """What a message says; nothing where it is no job of ours."""
    try:
        job = json.loads(base64.b64decode(str(message.get("data"))))
    except (ValueError, RecursionError):
        return {}
    return job if isinstance(job, dict) else {}


def _pages(session: Session, what: str, name: str, question: JsonObject | None = None) -> Iterator[JsonObject]:
    offset = 0
    for _ in range(MOST_PAGES):
        answer = session.ask(f"{API}.{what}", {**(question or {}), "offset": offset})
        listed = answer.get(name)
        page = [each for each in listed if isinstance(each, dict)] if isinstance(listed, list) else []
        yield from page
        offset += len(page)
        if not page or offset >= _count(answer, "total"):
            return


# --- reading answers -----------------------------------------------------------------------------------------------


def stream_of(answer: JsonObject) -> NatsStream:
    """A stream, without its consumers."""
    config, state = _part(answer, "config"), _part(answer, "state")
    by_subject = state.get("subjects")
    messages = _count(state, "messages")
    jobs = _count(by_subject, SUBJECT) if isinstance(by_subject, dict) else 0 if messages == 0 else None
    return NatsStream(
        str(config.get("name", "")),
        _texts(config.get("subjects")),
        str(config.get("retention", "")),
        str(config.get("discard", "")),
        messages,
        _count(state, "bytes"),
        _limit(config, "max_bytes"),
        _limit(config, "max_msgs"),
        _moment(state, "first_ts") if messages else None,
        _moment(state, "last_ts"),
        _limit(config, "max_age") and _count(config, "max_age") * NANOSECOND,
        jobs=jobs,
        sealed=config.get("sealed") is True,
    )


def consumer_of(answer: JsonObject) -> NatsConsumer:
    """A consumer."""
    config = _part(answer, "config")
    several = _texts(config.get("filter_subjects"))
    filters = several or tuple(filter(None, (config.get("filter_subject"),)))
    return NatsConsumer(
        str(answer.get("name", "")),
        next((each for each in filters if overlap(each, SUBJECT)), filters[0] if filters else None),
        pending=_count(answer, "num_pending"),
        ack_pending=_count(answer, "num_ack_pending"),
        redelivered=_count(answer, "num_redelivered"),
        waiting=_count(answer, "num_waiting"),
        max_deliver=_limit(config, "max_deliver"),
        paused=answer.get("paused") is True,
        delivered=_count(_part(answer, "delivered"), "consumer_seq"),
        created_at=_moment(answer, "created"),
    )


def _part(answer: Any, name: str) -> JsonObject:
    found = answer.get(name) if isinstance(answer, dict) else None
    return found if isinstance(found, dict) else {}


def _count(answer: Any, name: str) -> int:
    found = answer.get(name) if isinstance(answer, dict) else None
    return found if isinstance(found, int) else 0


def _limit(config: JsonObject, name: str) -> int | None:
    """-1, and in old servers 0, are no limit."""
    return _count(config, name) if _count(config, name) > 0 else None


def _texts(value: object) -> tuple[str, ...]:
    return tuple(each for each in value if isinstance(each, str)) if isinstance(value, list) else ()


def _moment(answer: JsonObject, name: str) -> float | None:
    """Seconds since the epoch; Go writes the year 1 for never."""
    try:
        when = datetime.fromisoformat(str(answer.get(name)))
    except ValueError:
        return None
    return when.timestamp() if when.year > 1 else None
