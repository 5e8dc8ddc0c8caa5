"""What API and worker do with NATS, done by a client of its own."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

import nats
from nats.js import JetStreamContext
from nats.js.api import AckPolicy, ConsumerConfig, RetentionPolicy, StreamConfig

STREAM, SUBJECT, CONSUMER = "INDEXING", "indexing.job", "indexing-consumer"
DAY = 24 * 3600.0

Scene = Callable[[JetStreamContext], Awaitable[Any]]


def play(url: str, *scenes: Scene, **login: str) -> None:
    """
    Let a client do these things, one after the other.

    `login` is `user` and `password`, as nats-py takes what stands in a URL as it is, escapes and all.
    """

    async def run() -> None:
        client = await nats.connect(url, allow_reconnect=False, connect_timeout=5, **login)
        try:
            for scene in scenes:
                await scene(client.jetstream(timeout=5))
        finally:
            await client.close()

    asyncio.run(run())


async def made(js: JetStreamContext, **differences: Any) -> None:
    """The stream as the program makes it, but for these differences."""
    usual = {"name": STREAM, "subjects": ["indexing.>"], "retention": RetentionPolicy.WORK_QUEUE, "max_age": DAY}
    await js.add_stream(StreamConfig(**{**usual, **differences}))


def stream(**differences: Any) -> Scene:
    """Make it."""
    return lambda js: made(js, **differences)


async def consumer(js: JetStreamContext) -> None:
    """The worker's consumer as it makes it."""
    await js.add_consumer(
        STREAM,
        ConsumerConfig(
            durable_name=CONSUMER,
            filter_subject=SUBJECT,
            ack_policy=AckPolicy.EXPLICIT,
            ack_wait=30,
            max_deliver=3,
            max_ack_pending=100,
        ),
    )


def foreign(name: str = "dashboard", subject: str | None = None) -> Scene:
    """A consumer of somebody else."""

    async def add(js: JetStreamContext) -> None:
        config = ConsumerConfig(durable_name=name, filter_subject=subject, ack_policy=AckPolicy.EXPLICIT)
        await js.add_consumer(STREAM, config)

    return add


def jobs(count: int = 1, subject: str = SUBJECT, url: str = "https://u:{number}@example.com/{number}") -> Scene:
    """Jobs of repositories whose addresses have a login in them."""

    async def publish(js: JetStreamContext) -> None:
        for number in range(count):
            body = {
                "message_id": f"message-{number}",
                "repository_url": url.format(number=number),
                "schema_version": "2.0",
            }
            await js.publish(subject, json.dumps(body).encode())

    return publish


def taken(count: int = 1) -> Scene:
    """The worker has got so many, and is at work on them."""

    async def take(js: JetStreamContext) -> None:
        pull = await js.pull_subscribe_bind(CONSUMER, STREAM)
        assert len(await pull.fetch(count, timeout=5)) == count

    return take


def failed(count: int = 1) -> Scene:
    """So many have failed three times each."""

    async def fail(js: JetStreamContext) -> None:
        pull = await js.pull_subscribe_bind(CONSUMER, STREAM)
        for _ in range(3 * count):
            (message,) = await pull.fetch(1, timeout=5)
            await message.nak()
        # Only a further try to fetch makes the server notice that their deliveries are used up.
        try:
            await pull.fetch(1, timeout=0.3)
        except TimeoutError:
            return
        raise AssertionError("a job was handed out a fourth time")

    return fail


def meanwhile(look: Callable[[], Any]) -> Scene:
    """Look while the worker waits for jobs."""

    async def wait(js: JetStreamContext) -> None:
        pull = await js.pull_subscribe_bind(CONSUMER, STREAM)
        fetching = asyncio.ensure_future(pull.fetch(10, timeout=30))
        while not (await js.consumer_info(STREAM, CONSUMER)).num_waiting:
            await asyncio.sleep(0.01)
        await asyncio.to_thread(look)
        fetching.cancel()

    return wait
