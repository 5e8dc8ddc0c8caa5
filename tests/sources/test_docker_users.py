"""Whom a container's user means."""

from __future__ import annotations

import os

import pytest

from doctor.sources.docker.users import further, identity, of_process

LISTS = {
    "/etc/passwd": "root:x:0:0::/:/bin/sh\ncodechunking:x:1000:1001::/app:/bin/sh\nbroken\nbad:x:-1:x::\n77:x:5:6::",
    "/etc/group": "root:x:0:\nshared:x:2000:codechunking,other\nhuge:x:99999999999:\nbroken:\n",
}


@pytest.mark.parametrize(
    ("user", "expected"),
    [
        ("", (0, 0)),
        ("nobody-known", (None, None)),
        ("nobody-known:nor-this", (None, None)),
        ("bad", (None, None)),
        ("1000:huge", (1000, None)),
        ("1234", (1234, 0)),
        ("1000", (1000, 1001)),
        ("1234:4321", (1234, 4321)),
        ("codechunking", (1000, 1001)),
        ("codechunking:shared", (1000, 2000)),
        ("codechunking:7", (1000, 7)),
        (":shared", (0, 2000)),
    ],
)
def test_numbers(user: str, expected: tuple[int | None, int | None]) -> None:
    assert identity(user, lambda path: LISTS[path]) == expected


def test_without_lists_only_what_the_text_says_is_known() -> None:
    assert identity("codechunking", lambda _: "") == (None, None)
    assert identity("1000", lambda _: "") == (1000, 0)


def test_numbers_are_not_looked_up() -> None:
    read: list[str] = []
    assert identity("1000:1000", lambda path: read.append(path) or "") == (1000, 1000)
    assert read == []


@pytest.mark.parametrize(
    ("user", "added", "expected"),
    [
        ("root", (), ()),
        ("1000:1000", (), ()),
        ("codechunking:shared", (), ()),
        ("codechunking", (), (2000,)),
        ("1000:1000", ("7", "shared"), (7, 2000)),
        ("codechunking", ("2000",), (2000,)),
    ],
)
def test_further_groups(user: str, added: tuple[str, ...], expected: tuple[int, ...]) -> None:
    assert further(user, added, lambda path: LISTS[path]) == expected


def test_a_process_that_is_not_the_containers_tells_nothing() -> None:
    assert of_process(None, "abc") is None
    assert of_process(os.getpid(), "0123456789abcdef" * 4) is None
    assert of_process(os.getpid(), "") is None
