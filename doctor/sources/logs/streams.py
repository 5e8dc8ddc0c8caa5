"""From the bytes of a file or pipe to those of the log in it: decompressed, in UTF-8, in pieces of bounded size."""

from __future__ import annotations

import codecs
import itertools
import zlib
from collections.abc import Callable, Iterable, Iterator
from typing import Protocol

# How much comes out at once. Zstandard cannot be asked for less than what it was given becomes: 8 MiB at most of this.
PIECE = 256 * 1024
_ZSTD_FEED = 256

# What the `zstd` command decompresses without being told to.
_LARGEST_WINDOW = 128 * 1024 * 1024

_ENDS_EARLY = "the compressed data ends early"
_DAMAGED = "the compressed data is damaged"
_WINDOW = "the compressed data needs more than 128 MiB of memory; decompress it first, and read the result"

_MAGIC = {
    b"\x1f\x8b": "gzip",
    b"\x28\xb5\x2f\xfd": "zstd",
    b"\x50\x2a\x4d\x18": "zstd",  # what `pzstd` puts before each frame
    b"BZh": "bzip2",
    b"\xfd7zXZ\0": "xz",
    codecs.BOM_UTF8: "utf-8",
    codecs.BOM_UTF16_LE: "utf-16-le",
    codecs.BOM_UTF16_BE: "utf-16-be",
}
_LONGEST_MAGIC = max(map(len, _MAGIC))


class DamagedError(Exception):
    """What was read so far counts; the text says why there is no more."""


def form_of(head: bytes) -> str:
    """How the first bytes say that the rest is written; a name says nothing about it."""
    return next((form for magic, form in _MAGIC.items() if head.startswith(magic)), "plain")


def text(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """The log in these bytes. Raises DamagedError where it cannot go on."""
    form, rest = _peek(chunks)
    if form in _DECODERS:
        form, rest = _peek(_decompressed(rest, _DECODERS[form]))
    if form in ("utf-16-le", "utf-16-be"):
        return _transcoded(rest, form)
    return _without_mark(rest) if form == "utf-8" else rest


def _peek(chunks: Iterable[bytes]) -> tuple[str, Iterator[bytes]]:
    """The form, and all of the bytes again."""
    rest, head = iter(chunks), b""
    failure: DamagedError | None = None
    while len(head) < _LONGEST_MAGIC:
        try:
            head += next(rest)
        except StopIteration:
            break
        except DamagedError as error:
            failure = error
            break
    return form_of(head), _again(head, rest, failure)


def _again(head: bytes, rest: Iterator[bytes], failure: DamagedError | None) -> Iterator[bytes]:
    yield head
    if failure is not None:
        raise failure
    yield from rest


def _without_mark(chunks: Iterator[bytes]) -> Iterator[bytes]:
    yield next(chunks).removeprefix(codecs.BOM_UTF8)
    yield from chunks


def _transcoded(chunks: Iterable[bytes], form: str) -> Iterator[bytes]:
    decoder = codecs.getincrementaldecoder(form)(errors="replace")
    first = True
    for chunk in itertools.chain(chunks, (b"",)):
        for start in range(0, len(chunk) or 1, PIECE):
            piece = decoder.decode(chunk[start : start + PIECE], final=not chunk)
            yield (piece.removeprefix("\ufeff") if first else piece).encode()
            first = first and not piece


class _Decoder(Protocol):
    """Takes pieces of one compressed stream; what `bz2` and `lzma` have."""

    @property
    def eof(self) -> bool: ...

    @property
    def needs_input(self) -> bool: ...

    @property
    def unused_data(self) -> bytes: ...

    def decompress(self, data: bytes, max_length: int) -> bytes: ...


def _decompressed(chunks: Iterable[bytes], new: Callable[[], _Decoder]) -> Iterator[bytes]:
    """All members, one after the other; zeros between and behind them are padding."""
    decoder: _Decoder | None = None
    between = False
    for chunk in chunks:
        data = chunk.lstrip(b"\0") if between else chunk
        while data or (decoder is not None and not decoder.needs_input):
            decoder = decoder or new()
            yield _step(decoder, data)
            data = b""
            if decoder.eof:
                data = decoder.unused_data.lstrip(b"\0")
                decoder = None
        between = decoder is None
    if decoder is not None:
        raise DamagedError(_ENDS_EARLY)


def _step(decoder: _Decoder, data: bytes) -> bytes:
    try:
        return decoder.decompress(data, PIECE)
    except DamagedError:
        raise
    except MemoryError as error:
        raise DamagedError(_WINDOW) from error
    except Exception as error:  # OSError, zlib.error, LZMAError, EOFError: each decoder has its own
        raise DamagedError(_WINDOW if "emory" in str(error) else _DAMAGED) from error


class _Gzip:
    """One member."""

    def __init__(self) -> None:
        self._member = zlib.decompressobj(wbits=31)
        self.needs_input = True

    @property
    def eof(self) -> bool:
        return self._member.eof

    @property
    def unused_data(self) -> bytes:
        return self._member.unused_data

    def decompress(self, data: bytes, max_length: int) -> bytes:
        found = self._member.decompress(self._member.unconsumed_tail + data, max_length)
        # A full piece may have more behind it although all input was taken.
        self.needs_input = len(found) < max_length and not self._member.unconsumed_tail
        return found


class _Zstd:
    """One frame."""

    def __init__(self) -> None:
        import zstandard

        self._frame = zstandard.ZstdDecompressor(max_window_size=_LARGEST_WINDOW).decompressobj()
        self._held = b""

    @property
    def eof(self) -> bool:
        return self._frame.eof

    @property
    def needs_input(self) -> bool:
        return not self._held

    @property
    def unused_data(self) -> bytes:
        return self._frame.unused_data + self._held

    def decompress(self, data: bytes, max_length: int) -> bytes:
        found, length, taken = [], 0, 0
        held = self._held + data
        while taken < len(held) and length < max_length and not self._frame.eof:
            found.append(self._frame.decompress(held[taken : taken + _ZSTD_FEED]))
            length += len(found[-1])
            taken += _ZSTD_FEED
        self._held = held[taken:]
        return b"".join(found)


def _bzip2() -> _Decoder:
    import bz2

    return bz2.BZ2Decompressor()


def _xz() -> _Decoder:
    import lzma

    return lzma.LZMADecompressor(memlimit=_LARGEST_WINDOW)


_DECODERS: dict[str, Callable[[], _Decoder]] = {"gzip": _Gzip, "zstd": _Zstd, "bzip2": _bzip2, "xz": _xz}
COMPRESSED = frozenset(_DECODERS)
