"""A container's output as an engine sends it: both channels in frames, or bare for a terminal."""

from __future__ import annotations

from collections.abc import Iterator

# How often, in seconds, something that is followed gives a sign when nothing comes.
HEARTBEAT = 0.5

_HEAD = 8


def lines(pieces: Iterator[bytes], *, framed: bool, most_bytes: int | None = None) -> Iterator[bytes]:
    """What was printed, in pieces of any size, in the order of the frames; empty pieces are handed on."""
    left = most_bytes
    for piece in _unframed(pieces) if framed else pieces:
        if left is not None:
            if left <= 0:
                return
            piece = piece[:left]
            left -= len(piece)
        yield piece


def _unframed(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """
    Without the eight bytes before each frame: the channel, three zeros, and how many bytes follow.

    A frame may be of any size, and is not waited for; one that is cut off at the end is what it is.
    """
    head, missing = bytearray(), 0
    for piece in pieces:
        found = bytearray()
        view = memoryview(piece)
        while view:
            if missing:
                found += view[:missing]
                taken = min(missing, len(view))
                missing -= taken
            else:
                taken = min(_HEAD - len(head), len(view))
                head += view[:taken]
                if len(head) == _HEAD:
                    missing = int.from_bytes(head[4:], "big")
                    head.clear()
            view = view[taken:]
        if found or not piece:
            yield bytes(found)
