"""Finding literals: the same with hyperscan and without it, for any bytes."""

from __future__ import annotations

import sys
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from platform import machine

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from doctor.logs import build, matcher
from doctor.logs.matcher import Engine, Hits, Hyperscan, Matcher, Plain, literals
from tests.logs import encoder

pytestmark = pytest.mark.slow

try:
    import hyperscan
except ImportError:
    hyperscan = None  # type: ignore[assignment,unused-ignore]

needs_hyperscan = pytest.mark.skipif(hyperscan is None, reason="hyperscan is not installed")
ENGINES = [pytest.param(Hyperscan, marks=needs_hyperscan, id="hyperscan"), pytest.param(Plain, id="plain")]
KNOWN = literals()
Maker = Callable[[tuple[bytes, ...]], Engine]


@pytest.fixture(scope="module", params=ENGINES)
def engine(request: pytest.FixtureRequest) -> Engine:
    made: Engine = request.param(KNOWN)
    return made


def naive(literals: tuple[bytes, ...], block: bytes) -> Hits:
    """What has to be found, in the simplest way."""
    ends = range(len(block) + 1)
    return [(end, number) for end in ends for number, each in enumerate(literals) if block[:end].endswith(each)]


def texts(engine: Engine, block: bytes) -> list[str]:
    return [KNOWN[number].decode() for _, number in engine.find(block)]


# --- Nothing to find -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "block",
    [
        b"",
        b"\n",
        b" ",
        encoder.line("TreeSitter parsed chunk of file 17", "INFO", {"path": "/tmp/x.go", "chunk_count": 3}),
        encoder.line("TreeSitter parsed chunk of file 17", "DEBUG"),
        *encoder.FOREIGN,
        b"starting worker service",
        b"Starting worker servic",
        b"tarting worker service",
        b"Starting\nworker service",
        b"Starting  worker service",
        b"panic:",
        b"panic : ",
        bytes(range(256)),
    ],
)
def test_nothing_is_found_where_nothing_is(engine: Engine, block: bytes) -> None:
    assert engine.find(block) == []


# --- What is found -------------------------------------------------------------------------------------------------


def test_every_literal_is_found_at_every_place(engine: Engine) -> None:
    for number, literal in enumerate(KNOWN):
        for before in (b"", b"x", b"Starting ", b"\x00 "):
            block = before + literal
            assert (len(block), number) in engine.find(block)
            assert (len(block), number) in engine.find(block + b" more\n")
            assert (len(block), number) not in engine.find(block[:-1])


@pytest.mark.parametrize(
    ("block", "found"),
    [
        (encoder.line("Something new", "ERROR"), ['"ERROR']),
        (encoder.line("Something new", "WARN"), ['"WARN']),
        (encoder.text("Something new", "ERROR"), ["] ERROR"]),
        (encoder.line("Starting worker service"), ["Starting worker service"]),
        (b"panic: runtime error: index out of range", ["panic: ", "panic: runtime error: "]),
        (b"fatal error: concurrent map writes", ["fatal error: "]),
        (
            b"Batch processing failed, falling back to sequential",
            ["Batch processing failed", "Batch processing failed, falling back to sequential"],
        ),
        (b"Starting worker serviceStarting worker service", ["Starting worker service", "Starting worker service"]),
        (b"panic: panic: ", ["panic: ", "panic: "]),
    ],
)
def test_one_within_another_does_not_hide_it(engine: Engine, block: bytes, found: list[str]) -> None:
    assert texts(engine, block) == found


def test_a_view_is_as_good_as_bytes(engine: Engine) -> None:
    block = b"xx Starting worker service yy"

    assert engine.find(memoryview(block)) == engine.find(block)
    assert engine.find(memoryview(block)[4:]) == []


PIECES = st.one_of(
    st.sampled_from(KNOWN),
    st.sampled_from(KNOWN).flatmap(lambda each: st.integers(0, len(each)).map(lambda cut: each[cut:])),
    st.sampled_from(KNOWN).flatmap(lambda each: st.integers(0, len(each)).map(lambda cut: each[:cut])),
    st.binary(max_size=8),
    st.sampled_from([b" ", b"\n", b'"', b"\\", b"  ", b"\x00", encoder.line("Something", "ERROR")]),
)


@needs_hyperscan
@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(PIECES, max_size=12).map(b"".join))
@example(b" ".join(KNOWN))
@example(b"".join(KNOWN))
def test_both_ways_find_the_same(block: bytes) -> None:
    assert FAST.find(block) == SLOW.find(block)


FAST: Engine = Hyperscan(KNOWN) if hyperscan is not None else Plain(KNOWN)
SLOW = Plain(KNOWN)
WORDS = st.binary(min_size=1, max_size=9).map(lambda raw: bytes(b"ab "[each % 3] for each in raw))


@settings(max_examples=120, deadline=None)
@given(st.sets(WORDS, min_size=1, max_size=8), st.lists(WORDS, max_size=12).map(b"".join))
@pytest.mark.parametrize("make", ENGINES)
def test_any_literals_are_found_in_any_bytes(make: Maker, words: set[bytes], block: bytes) -> None:
    known = tuple(sorted(words))

    assert make(known).find(block) == naive(known, block)


# --- Which way -----------------------------------------------------------------------------------------------------


def test_without_hyperscan_it_still_works(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "hyperscan", None)
    found = Matcher.load()

    assert isinstance(found.engine, Plain)
    assert [found.literals[number] for _, number in found.find(b"Starting worker service")] == [
        b"Starting worker service"
    ]


@needs_hyperscan
@pytest.mark.skipif(
    (sys.platform, machine(), version("hyperscan") if hyperscan else "") != ("linux", "x86_64", "0.9.1"),
    reason="the shipped patterns are for another kind of machine",
)
def test_the_shipped_patterns_are_those_of_the_catalogue() -> None:
    assert build.PLACE.read_bytes() == build.built(), "make patterns"


def damaged() -> bytes:
    whole = matcher.signature(KNOWN) + Hyperscan(KNOWN).dump()
    return whole[:-100] + b"????" + whole[-96:]


@needs_hyperscan
@pytest.mark.parametrize(
    "content",
    [
        lambda: None,
        lambda: b"",
        lambda: b"x" * 1000,
        damaged,
        lambda: matcher.signature(KNOWN) + Hyperscan((b"others",)).dump(),
    ],
    ids=["missing", "empty", "foreign", "damaged", "of-others"],
)
def test_patterns_that_do_not_fit_are_made_anew(
    content: Callable[[], bytes | None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "data").mkdir()
    if (made := content()) is not None:
        (tmp_path / "data" / matcher.FILE).write_bytes(made)
    monkeypatch.setattr(matcher, "files", lambda package: tmp_path)

    found = Matcher.load()

    assert isinstance(found.engine, Hyperscan)
    assert found.find(b"panic: x") == [(7, KNOWN.index(b"panic: "))]


@needs_hyperscan
def test_where_hyperscan_does_not_run_it_still_works(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> Engine:
        raise hyperscan.ArchitectureError

    monkeypatch.setattr(matcher, "Hyperscan", refuse)

    assert isinstance(Matcher.load().engine, Plain)


@needs_hyperscan
def test_the_shipped_patterns_find_the_same() -> None:
    block = b" ".join(KNOWN)

    assert Matcher.load().find(block) == Plain(KNOWN).find(block)
