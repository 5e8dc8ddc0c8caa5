"""Blocks in which many lines matter give the same as if each line were looked for."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Sequence
from dataclasses import asdict

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from doctor.logs import crowd, scan
from doctor.logs.catalogue import CATALOGUE
from doctor.logs.crowd import Crowd, is_crowded
from doctor.logs.kinds import kinds
from doctor.logs.scan import Scanner
from doctor.logs.why import cause_of, causes_of, first_in_each
from tests.logs import encoder
from tests.logs.encoder import TIME, line

pytestmark = pytest.mark.slow

JOB = "a1b2c3d4-e5f6-4890-abcd-ef1234567890"
ORDINARY = [line("TreeSitter parsed a file", fields={"n": n}, time=TIME + n) for n in range(400)]


def known(count: int = 300) -> list[bytes]:
    """Lines of all kinds: with and without an error, one without end, in and out of order."""
    rng = random.Random(1)
    entries = [each for each in CATALOGUE.entries if each.message is not None]
    lines = []
    for n in range(count):
        entry = rng.choice(entries)
        error = rng.choice(("no such host", "Error 429", 'a "quoted" \\ error\n', "took 1.5s", ""))
        fields = {"error": error, "job_id": JOB, "batch_id": JOB} if n % 3 else {"my_error": "Error 429", "n": n}
        lines.append(line(entry.message or "", entry.level, fields, TIME + rng.choice((n, n - 20, n))))
    return lines


def result(content: bytes, monkeypatch: pytest.MonkeyPatch, crowded: bool) -> object:
    monkeypatch.setattr(scan, "is_crowded", lambda *_: crowded)
    monkeypatch.setattr(crowd, "_PIECE", 5000)
    scanner = Scanner()
    middle = content.find(b"\n", len(content) // 2) + 1
    scanner.scan(content[middle:], 0, middle)
    scanner.scan(content[:middle], 0, 0)
    return asdict(scanner.result)


@pytest.mark.parametrize(
    ("lines", "crowded"),
    [
        ([], False),
        ([b""], False),
        (ORDINARY, False),
        ([*ORDINARY, *known(20)], False),
        (encoder.each(encoder.compose)(known()), False),
        ([b"x" * 10_000_000], False),
        (known(), True),
        ([*ORDINARY, *known(200)], True),
    ],
    ids=["nothing", "empty", "ordinary", "few", "wrapped", "one long line", "all", "a third"],
)
def test_whether_a_block_is_crowded(lines: Sequence[bytes], crowded: bool) -> None:
    assert is_crowded(encoder.file(lines), Scanner()._matcher.find) is crowded


DAMAGE: dict[str, Callable[[bytes], bytes]] = {
    "none": lambda text: text,
    "cut at the level": lambda text: text[: text.find(b"level\\") + len(b'level\\":\\"')],
    "cut in the message": lambda text: text[: text.find(b"message\\") + 14],
    "cut behind the message": lambda text: text[: text.find(b"correlation_id") - 5],
    "cut in the fields": lambda text: text[: text.find(b"metadata") + 30],
    "cut in an error": lambda text: text[: text.find(b"error\\") + 12],
    "empty": lambda _: b"",
    "another zone": lambda text: text.replace(b"Z level", b"+01:00 level", 1),
    "a wrapper": encoder.compose,
    "an unknown error": lambda text: line("Nobody knows this", "ERROR"),
    "long": lambda text: text.replace(b"metadata", b"m" * 5000, 1),
    "another name": lambda text: text.replace(b'"error\\', b'"embedding_error\\', 1),
    "another message": lambda text: text.replace(b'message\\":\\"', b'message\\":\\"A \\\\\\"quoted\\\\\\" ', 1),
    "a job before": lambda text: text.replace(b"level=INFO msg=", b'\\"job_id\\":\\"' + JOB.encode()[:3], 1),
}


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
def test_the_same_as_one_by_one(damage: Callable[[bytes], bytes], monkeypatch: pytest.MonkeyPatch) -> None:
    lines = [damage(text) if number % 3 == 0 else text for number, text in enumerate(known())]
    for content in (encoder.file(lines), encoder.file(lines)[:-1]):
        assert result(content, monkeypatch, True) == result(content, monkeypatch, False)


@settings(deadline=None)
@given(st.lists(st.integers(0, len(ORDINARY) - 1), max_size=30), st.integers(0, 20))
def test_where_lines_are(numbers: list[int], empty: int) -> None:
    content = encoder.file([b""] * empty + ORDINARY)
    found, scanner = Crowd(content), Scanner()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(crowd, "_PIECE", 2000)
        found.read(scanner._judge, scanner._matcher.find)
    wanted = sorted(each + empty for each in set(numbers))

    assert found.lines == len(ORDINARY) + empty
    assert [content[start:].partition(b"\n")[0] for start, _ in found.locate(wanted)] == [
        ORDINARY[each - empty] for each in wanted
    ]


def test_errors_of_many_lines_are_those_of_each() -> None:
    for kind, other in zip(kinds(), kinds(), strict=True):
        if kind.faulty and kind.entry.message is not None:
            texts = ("no such host", "Error 429, quota", 'a "quoted" \\ one', "", None, "Error 429, quota")
            lines = [
                line(kind.entry.message, kind.entry.level, {"error": text, "n": 1} if text is not None else {"n": 1})
                for text in texts
            ]
            assert list(causes_of(lines, kind)) == [cause_of(each, other) for each in lines]


@pytest.mark.parametrize(
    ("lines", "found"),
    [
        ([], []),
        ([b"nothing", b""], [None, None]),
        ([b"nothing", b"id=1 id=2"], [None, b"1"]),
        ([b"id=1", b"id=2 id=3"], [b"1", b"2"]),
    ],
)
def test_the_first_in_each(lines: list[bytes], found: list[bytes | None]) -> None:
    assert list(first_in_each(re.compile(rb"id=(\d).*"), lines, 0)) == found
