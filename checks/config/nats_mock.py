"""config.nats-mock: settings with which the API throws jobs away."""

from __future__ import annotations

import re
from collections.abc import Iterator

from checks.config._values import undecodable
from doctor.api import MASK, NO_FILE, Finding, Fix, Safety, Severity, check, facts, set_value

URL = "nats.url"
SCHEME = "nats://"
_OTHER_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")


@check(
    id="config.nats-mock",
    title="NATS settings make the API drop every job",
    severity=Severity.ERROR,
    safety=Safety.UNSAFE,
    blocked_by=NO_FILE,
    explains=("api.dependency-unhealthy", "jobs.never-picked-up"),
)
def nats_mock(config: facts.Resolution) -> Iterator[Finding]:
    """
    Check the `nats` settings that the API refuses: it then goes on with a stand-in that keeps jobs to itself.

    Refused are a `url` that is empty or does not begin with `nats://`, and a negative `max_reconnects` or
    `reconnect_wait`. `test_mode: true` has the same effect.

    Why it matters: requests are answered as if all were well, and no job ever reaches a worker.

    Silent when: `url` is a list whose first entry begins with `nats://`; CODECHUNK_NATS_TEST_MODE is set but the file
    has no `test_mode`, so that it does not count.

    How to fix: write `url: nats://HOST:4222`, numbers of 0 or more, `test_mode: false`; then restart the API.
    """
    for key, fault, fix in (*_address(config), *_numbers(config)):
        if not undecodable(config, key):
            yield Finding(f"{key} {fault}", at=config.where(key), fix=fix)


def _address(config: facts.Resolution) -> Iterator[tuple[str, str, Fix]]:
    url = config.value(URL)
    if url.startswith(SCHEME):
        return
    # Blanks around it are enough for the API to refuse an address.
    bare = url.strip()
    if not bare:
        yield URL, "is empty", _set(config, URL, "nats://localhost:4222")
        return
    fault = f'("{_shown(url)}") does not begin with {SCHEME}'
    if "@" in url:
        # The address holds a password, which must not show up in an edit.
        yield URL, fault, Fix(f"Let {URL} begin with {SCHEME}, and restart the API.")
    else:
        yield URL, fault, _set(config, URL, SCHEME + _OTHER_SCHEME.sub("", bare, count=1).lstrip("/"))


def _shown(url: str) -> str:
    """The address without anything that can be a user's name, password or token, however oddly it is written."""
    return f"{MASK}@{url.rpartition('@')[2]}" if "@" in url else url


def _numbers(config: facts.Resolution) -> Iterator[tuple[str, str, Fix]]:
    for key, usual in (("nats.max_reconnects", "5"), ("nats.reconnect_wait", "2s")):
        if config.value(key) < 0:
            yield key, f"({config.show(key)}) is negative", _set(config, key, usual)
    if config.value("nats.test_mode"):
        key = "nats.test_mode"
        yield key, "is true: jobs are accepted and thrown away", _set(config, key, "false")


def _set(config: facts.Resolution, key: str, value: str) -> Fix:
    return set_value(config, key, value, f"Set {key} to {value} and restart the API.", safety=Safety.UNSAFE)
