"""Lines that were cut into pieces."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from doctor.logs.pieces import LONGEST, mend, whole_lines
from doctor.logs.wrappers import peel
from tests.logs import encoder

pytestmark = pytest.mark.slow

Cut = Callable[..., list[bytes]]
LONG = encoder.line("Embedding request failed", "ERROR", {"error": 'a "quoted"\\n part ' * 3000})
SHORT = encoder.line("Starting worker service")


def spaced(lines: list[bytes], output: str = "stdout", piece: int = encoder.PIECE) -> list[bytes]:
    """The objects of docker as another program writes them, with blanks."""
    return [json.dumps(json.loads(each)).encode() for each in encoder.docker_json_lines(lines, output, piece=piece)]


CUTS = [encoder.cri_lines, encoder.docker_json_lines, spaced]


def rests(lines: list[bytes]) -> list[bytes]:
    return [peel(line).rest for _, line in whole_lines(lines)]


@pytest.mark.parametrize(
    "lines",
    [
        [],
        [b""],
        [SHORT, LONG],
        [encoder.compose(SHORT), b"2025-11-22", b"{", b'{"log":5}'],
        encoder.cri_lines([SHORT, b"", SHORT]),
        encoder.docker_json_lines([SHORT, b"", b"ends in \\n", b"\\"]),
        spaced([SHORT, b"", b"ends in \\n", b"\\", b'", "'] * 2),
        [b'{"log": 5}', b'a \\n", "b'],
        encoder.panic(),
    ],
)
def test_whole_lines_stay_as_they_are(lines: list[bytes]) -> None:
    assert list(whole_lines(lines)) == list(enumerate(lines))
    assert mend(encoder.file(lines)) == encoder.file(lines)


@pytest.mark.parametrize("cut", CUTS)
def test_pieces_become_one_line_again(cut: Cut) -> None:
    lines = cut([SHORT, LONG, SHORT])
    assert len(lines) == 7
    wholes = list(whole_lines(lines))
    assert [number for number, _ in wholes] == [0, 1, 6]
    assert [peel(line).rest for _, line in wholes] == [SHORT, LONG, SHORT]
    assert not any(peel(line).partial for _, line in wholes)


def test_a_piece_that_looks_like_a_wrapper_is_none() -> None:
    line = b"- " * 5 + b"worker | yz" + b"api | .."
    assert rests(encoder.cri_lines([line], piece=10)) == [line]
    assert rests(encoder.docker_json_lines([line], piece=10)) == [line]
    assert rests(spaced([line], piece=10)) == [line]


@pytest.mark.parametrize("cut", CUTS)
def test_both_outputs_have_pieces_of_their_own(cut: Cut) -> None:
    ours, theirs = cut([b"abcdef"], "stdout", piece=2), cut([b"uvwxyz"], "stderr", piece=2)
    mixed = [piece for pair in zip(ours, theirs, strict=True) for piece in pair]
    assert rests(mixed) == [b"abcdef", b"uvwxyz"]


@pytest.mark.parametrize("cut", CUTS)
def test_what_never_ends_is_given_at_the_end(cut: Cut) -> None:
    lines = cut([b"abcdef"], piece=2)
    assert rests(lines[:-1]) == [b"abcd"]


@pytest.mark.parametrize("cut", CUTS)
def test_no_line_grows_without_end(cut: Cut) -> None:
    lines = cut([b"x" * (3 * LONGEST), b"y"])
    endless, after = rests(lines)
    assert LONGEST - encoder.PIECE <= len(endless) <= LONGEST
    assert after == b"y"


@pytest.mark.parametrize("cut", CUTS)
def test_a_mended_block_has_its_lines_where_they_were(cut: Cut) -> None:
    block = encoder.file(cut([SHORT, LONG, SHORT]))
    mended = mend(block)
    assert mended.count(b"\n") == block.count(b"\n")
    lines = mended.split(b"\n")
    assert [peel(lines[number]).rest for number in (0, 1, 6)] == [SHORT, LONG, SHORT]
    assert lines[2:6] == [b""] * 4


TEXT_LINES = st.lists(
    st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\r\n\x1b"), max_size=60).map(str.encode),
    max_size=5,
)


@given(TEXT_LINES, st.integers(1, 30))
def test_any_lines_come_back(lines: list[bytes], size: int) -> None:
    assume(all(peel(each).rest == each for each in lines))
    assert rests(encoder.cri_lines(lines, piece=size)) == lines
    ascii_lines = [line.decode().encode("ascii", "replace") for line in lines]
    assert rests(encoder.docker_json_lines(ascii_lines, piece=size)) == ascii_lines
    assert rests(spaced(ascii_lines, piece=size)) == ascii_lines


@given(
    st.lists(
        st.one_of(
            st.binary(max_size=30), st.sampled_from(encoder.cri_lines([SHORT]) + encoder.docker_json_lines([SHORT]))
        ),
        max_size=6,
    )
)
def test_nothing_breaks_it(lines: list[bytes]) -> None:
    assert len(list(whole_lines(lines))) <= len(lines)
    block = b"\n".join(lines)
    assert mend(block).count(b"\n") == block.count(b"\n")
