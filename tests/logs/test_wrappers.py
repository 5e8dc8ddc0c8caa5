"""What is taken off a line, and what is not."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import reduce
from itertools import pairwise

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from doctor.logs.wrappers import DEEPEST, Peeled, peel
from tests.logs import encoder

pytestmark = pytest.mark.slow

START = encoder.line(
    "Starting worker service",
    fields={"concurrency": 5, "queue_group": "workers"},
    correlation_id="5b0a9c7f-2a41-4a0e-8b0f-6a1f4c9e2d02",
)
ODD = b'{"level":"INFO","message":"x","metadata":{"log":"text"}}'

BARE_LINES = [
    START,
    encoder.bare("Starting worker service", fields={"log": 'a "log":"x'}).encode(),
    ODD,
    *encoder.pretty("Starting worker service", fields={"concurrency": 5}),
    encoder.access(),
    encoder.handler_panic(),
    *encoder.panic(signal=True),
    *encoder.STDERR,
    *encoder.FOREIGN,
    b"2025-11-22T10:30:00.011Z",
    b"Nov 22 10:30:00",
    b"10:30:00",
    b"[pod/worker]",
    b"a sentence with | in it",
    b"{}",
    b'{"log":5,"stream":"stdout"}',
    b"\x00\xff\xfe",
    b"|",
]


@pytest.mark.parametrize("line", BARE_LINES)
def test_what_has_no_wrapper_stays_as_it_is(line: bytes) -> None:
    assert peel(line) == Peeled(line)


@pytest.mark.parametrize(
    ("line", "stream", "wrappers", "time", "output"),
    [
        (encoder.compose(START), "worker-1", ("compose",), None, ""),
        (encoder.compose(START, "worker_1"), "worker_1", ("compose",), None, ""),
        (encoder.compose(START, "codechunking-worker", pad=12), "codechunking-worker", ("compose",), None, ""),
        (encoder.compose(START, "api-1", colour=36), "api-1", ("compose",), None, ""),
        (
            encoder.compose(encoder.docker_timestamps(START)),
            "worker-1",
            ("compose", "docker-timestamps"),
            b"2025-11-22T10:30:00.011000312Z",
            "",
        ),
        (
            encoder.docker_timestamps(START, zone="+01:00"),
            "",
            ("docker-timestamps",),
            b"2025-11-22T11:30:00.011000312+01:00",
            "",
        ),
        (
            encoder.docker_json(START + b"\n", "stderr", attrs={"tag": "x", "a": "log"}),
            "",
            ("docker-json",),
            b"2025-11-22T10:30:00.011000312Z",
            "stderr",
        ),
        (encoder.cri(START), "", ("cri",), b"2025-11-22T10:30:00.011000312Z", "stdout"),
        (encoder.cri(START, "stderr", "F:tag"), "", ("cri",), b"2025-11-22T10:30:00.011000312Z", "stderr"),
        (encoder.kubectl(START), "worker-7c9d/worker", ("kubectl",), None, ""),
        (
            encoder.kubectl(START, time=encoder.TIME),
            "worker-7c9d/worker",
            ("kubectl",),
            b"2025-11-22T10:30:00.011000312Z",
            "",
        ),
        (encoder.journald(START), "codechunking[4711]", ("journald",), b"Nov 22 10:30:00", ""),
        (encoder.journald(START, "docker", None), "docker", ("journald",), b"Nov 22 10:30:00", ""),
        (encoder.journald(START, time=1762165800), "codechunking[4711]", ("journald",), b"Nov  3 10:30:00", ""),
        (encoder.journald_iso(START), "codechunking[4711]", ("journald",), b"2025-11-22T10:30:00+0000", ""),
        (encoder.procfile(START), "worker", ("procfile",), b"10:30:00", ""),
        (
            encoder.journald(encoder.procfile(START), "honcho", 7),
            "worker",
            ("journald", "procfile"),
            b"Nov 22 10:30:00",
            "",
        ),
    ],
)
def test_what_a_wrapper_tells(
    line: bytes, stream: str, wrappers: tuple[str, ...], time: bytes | None, output: str
) -> None:
    assert peel(line) == Peeled(START, stream, wrappers, time, False, output)


# The five wrappings of one line, as the description of the format has them.
IN_FIVE_WRAPPINGS = [
    (b"worker-1  | " + START, "compose"),
    (b"codechunking-worker  | " + START, "compose"),
    (
        b'{"log":"'
        + START.replace(b"\\", b"\\\\").replace(b'"', b'\\"')
        + b'\\n","stream":"stdout","time":"2025-11-22T10:30:00.011874312Z"}',
        "docker-json",
    ),
    (b"2025-11-22T10:30:00.000000000Z stdout F " + START, "cri"),
    (b"Nov 22 10:30:00 buildhost codechunking[4711]: " + START, "journald"),
]


@pytest.mark.parametrize(("line", "wrapper"), IN_FIVE_WRAPPINGS)
def test_the_same_line_in_five_wrappings(line: bytes, wrapper: str) -> None:
    peeled = peel(line)
    assert peeled.rest == START
    assert peeled.wrappers == (wrapper,)


@pytest.mark.parametrize("line", encoder.FOREIGN)
def test_lines_of_other_services_keep_their_name(line: bytes) -> None:
    assert peel(encoder.compose(line, "postgres-1")) == Peeled(line, "postgres-1", ("compose",))


@pytest.mark.parametrize("wrap", [each[0] for each in encoder.WRAPPERS.values()], ids=list(encoder.WRAPPERS))
@pytest.mark.parametrize("line", [*encoder.panic(signal=True), *encoder.pretty("x", fields={"a": 1})])
def test_blanks_at_the_start_and_empty_lines_survive(
    wrap: Callable[[Sequence[bytes]], list[bytes]], line: bytes
) -> None:
    assert [peel(each).rest for each in wrap([line])] == [line]


def test_a_piece_is_left_as_it_is() -> None:
    held = b"worker-1  | the middle of something"
    assert peel(encoder.cri(held, tag="P")) == Peeled(
        held, "", ("cri",), b"2025-11-22T10:30:00.011000312Z", True, "stdout"
    )
    assert peel(encoder.docker_json(held)).partial
    assert peel(encoder.docker_json(held)).rest == held


@pytest.mark.parametrize("missing", [1, 2, 20, 60, 100])
def test_an_object_that_was_cut_off_gives_what_is_there(missing: int) -> None:
    peeled = peel(encoder.docker_json(START + b"\n")[:-missing])
    assert peeled.wrappers == ("docker-json",)
    assert START.startswith(peeled.rest)
    assert len(peeled.rest) > len(START) - missing


def test_a_byte_order_mark_is_no_part_of_the_line() -> None:
    assert peel(b"\xef\xbb\xbf" + START).rest == START


def test_there_are_only_so_many_wrappers() -> None:
    line = reduce(lambda inner, _: encoder.compose(inner), range(DEEPEST + 3), START)
    assert len(peel(line).wrappers) == DEEPEST


@pytest.mark.parametrize(
    "line",
    [
        b"a" * 3_000_000,
        b"a " * 1_000_000,
        b"\x1b[" * 1_000_000,
        b"\x1b[0" + b"1;" * 1_000_000,
        b'{"log":"' + b"\\" * 1_000_001,
        b'{"log":"' + b'"log":"' * 300_000,
        b'{"log":"' + b"\\u12" * 300_000,
        b'{"log":' + b"[" * 1_000_000,
        b"2025-11-22T10:30:00Z " * 100_000,
        b"Nov 22 10:30:00 " + b"a" * 1_000_000,
        b"[pod/" * 200_000,
    ],
    ids=lambda line: repr(line[:12]),
)
def test_endless_lines_are_soon_done_with(line: bytes) -> None:
    assert len(peel(line).rest) <= len(line)


WRAPPERS = st.sampled_from(sorted(encoder.WRAPPERS))
TEXT_LINES = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\r\n\x1b")).map(str.encode)


@given(TEXT_LINES, st.lists(WRAPPERS, max_size=3))
def test_any_line_comes_back_out_of_any_three_wrappers(line: bytes, names: list[str]) -> None:
    assume(peel(line) == Peeled(line))
    # A time that follows kubectl's prefix is kubectl's own.
    assume(("docker -t", "kubectl") not in pairwise(name for name in names if encoder.WRAPPERS[name][1]))
    # What happens to the whole comes last.
    names.sort(key=lambda name: name in ("crlf", "coloured"))
    wrapped = reduce(lambda lines, name: encoder.WRAPPERS[name][0](lines), names, [line])
    (peeled,) = map(peel, wrapped)
    assert peeled.rest == line
    assert peeled.wrappers == tuple(each for name in reversed(names) for each in encoder.WRAPPERS[name][1])
    assert not peeled.partial


PIECES = st.sampled_from(
    [START, *(encoder.WRAPPERS[name][0]([START])[0] for name in encoder.WRAPPERS), b'{"log":"', b'\\"', b"\x1b[3", b"|"]
)


@given(st.lists(st.one_of(st.binary(max_size=40), PIECES), max_size=4).map(b"".join))
@settings(max_examples=120)
def test_nothing_breaks_it(line: bytes) -> None:
    peeled = peel(line)
    assert len(peeled.wrappers) <= DEEPEST
    if (
        len(peeled.wrappers) < DEEPEST
        and not peeled.partial
        and b"\x1b" not in line
        and not line.endswith((b"\n", b"\r"))
    ):
        assert peel(peeled.rest).wrappers == ()
