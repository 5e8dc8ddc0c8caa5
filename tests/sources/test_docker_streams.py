"""A container's output, however it is cut."""

from __future__ import annotations

import pytest

from doctor.sources.docker.streams import lines


def frame(data: bytes, channel: int = 1) -> bytes:
    return bytes([channel, 0, 0, 0]) + len(data).to_bytes(4, "big") + data


WHOLE = frame(b"one\n") + frame(b"two\n", 2) + frame(b"") + frame(b"three\n" * 100)
TEXT = b"one\ntwo\n" + b"three\n" * 100


def cut(data: bytes, size: int) -> list[bytes]:
    return [data[at : at + size] for at in range(0, len(data), size)]


@pytest.mark.parametrize("size", [1, 3, 7, 8, 9, 100, 10_000])
def test_frames_cut_anywhere(size: int) -> None:
    assert b"".join(lines(iter(cut(WHOLE, size)), framed=True)) == TEXT


def test_a_terminals_output_is_as_it_is() -> None:
    assert b"".join(lines(iter(cut(WHOLE, 5)), framed=False)) == WHOLE


def test_a_sign_of_life_is_handed_on() -> None:
    assert list(lines(iter([frame(b"a"), b"", frame(b"b")]), framed=True)) == [b"a", b"", b"b"]


def test_what_is_cut_off_at_the_end() -> None:
    assert b"".join(lines(iter([frame(b"abcdef")[:-3]]), framed=True)) == b"abc"
    assert b"".join(lines(iter([frame(b"a"), b"\x01\0\0"]), framed=True)) == b"a"


def test_no_more_than_was_wanted() -> None:
    def endless() -> object:
        while True:
            yield frame(b"x" * 1000)

    assert len(b"".join(lines(endless(), framed=True, most_bytes=2500))) == 2500


def test_a_frame_of_four_gigabytes_is_not_waited_for() -> None:
    head = b"\x01\0\0\0" + b"\xff" * 4
    assert list(lines(iter([head + b"abc", b"def"]), framed=True, most_bytes=5)) == [b"abc", b"de"]
