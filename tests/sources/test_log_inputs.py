"""Which logs are read, in which order, and in which blocks."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import os
import random
import sys
import tempfile
import threading
import tracemalloc
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import zstandard

from doctor.errors import UsageError
from doctor.logs.wrappers import peel
from doctor.sources.logs.blocks import LONGEST, Block, Part, Trouble, blocks, parts
from doctor.sources.logs.inputs import expand, total
from doctor.sources.logs.records import REACH, boundary
from tests.logs import encoder

pytestmark = [pytest.mark.slow, pytest.mark.no_cover]

MIB = 1024 * 1024
LINES = [encoder.line(f"Processing message {number}", fields={"number": number}) for number in range(200)]
LOG = encoder.file(LINES)


def read(argument: Path | str, directory: Path | None = None, size: int = 8 * MIB) -> tuple[bytes, str | None]:
    """All of one input, and what went wrong."""
    (of,) = expand([str(argument)], directory or Path("/"))
    made = blocks(of, size)
    data = b"".join(each.data for each in made)
    return data, made.trouble.text


def names(arguments: list[str], directory: Path) -> list[str]:
    return [each.name for each in expand(arguments, directory)]


def fill(directory: Path, *files: str, data: bytes = LOG) -> None:
    for name in files:
        path = directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)


# Which


@pytest.mark.parametrize(
    ("oldest_first"),
    [
        ["worker.log"],
        ["worker.log.3.zst", "worker.log.2.gz", "worker.log.1", "worker.log"],
        ["worker.log.10", "worker.log.9", "worker.log.2"],
        ["worker-20251121.log", "worker-20251122.log", "worker.log"],
        ["worker.log-2025-11-21.gz", "worker.log-2025-11-22.gz", "worker.log"],
        ["worker.2025-11-21T23-30-00.log", "worker.2025-11-22T10-30-00.log", "worker.log"],
        ["worker-2025-11-22T10-30-00.123.log.gz", "worker-2025-11-22T10-30-01.001.log", "worker.log"],
        ["worker-2025-11-22.1.log", "worker-2025-11-22.2.log", "worker.log"],
        ["worker.log-1763807400", "worker.log-1763893800.gz"],
        ["0.log.20251122-103000.gz", "0.log.20251122-113000", "0.log"],
        ["a1b2-json.log.2", "a1b2-json.log.1", "a1b2-json.log"],
        ["worker.2.log", "worker.1.log", "worker.log"],
    ],
)
def test_rotated_sets_are_read_the_oldest_first(oldest_first: list[str], tmp_path: Path) -> None:
    fill(tmp_path, *oldest_first)
    shuffled = random.Random(7).sample(oldest_first, len(oldest_first))
    assert names(shuffled, tmp_path) == oldest_first
    assert names(["."], tmp_path) == oldest_first


def test_replicas_and_other_logs_keep_the_order_in_which_they_were_named(tmp_path: Path) -> None:
    arguments = ["worker-2.log", "worker-1.log", "api.log"]
    fill(tmp_path, *arguments)
    assert names(arguments, tmp_path) == arguments


def test_a_set_stands_where_the_first_of_it_was_named(tmp_path: Path) -> None:
    fill(tmp_path, "worker.log", "worker.log.1", "api.log", "sub/worker.log.2")
    assert names(["worker.log", "sub/worker.log.2", "api.log", "worker.log.1"], tmp_path) == [
        "worker.log.1",
        "worker.log",
        "sub/worker.log.2",
        "api.log",
    ]


def test_what_is_named_twice_counts_once(tmp_path: Path) -> None:
    fill(tmp_path, "worker.log")
    (tmp_path / "link.log").symlink_to("worker.log")
    (tmp_path / "hard.log").hardlink_to(tmp_path / "worker.log")
    arguments = ["worker.log", "./worker.log", str(tmp_path / "worker.log"), "link.log", "hard.log", "*.log", "-", "-"]
    assert names([*arguments, "/dev/stdin"], tmp_path) == ["worker.log", "-"]


def test_globs_that_no_shell_expanded(tmp_path: Path) -> None:
    fill(tmp_path, "a.log", "b.log", "c.txt", "d/e.log", "d/notes.txt", "odd[1].log")
    assert names(["*.log"], tmp_path) == ["a.log", "b.log", "odd[1].log"]
    assert names([str(tmp_path / "[ab].*")], Path("/")) == [str(tmp_path / "a.log"), str(tmp_path / "b.log")]
    assert names(["**/*.log"], tmp_path) == ["a.log", "b.log", "d/e.log", "odd[1].log"]
    assert names(["[d]"], tmp_path) == ["d/e.log"]
    assert names(["odd[1].log"], tmp_path) == ["odd[1].log"]


def test_a_directory_stands_for_the_logs_in_it(tmp_path: Path) -> None:
    no_logs = ("notes.txt", "config.json", ".hidden.log", "CHANGELOG", "backup.tar.gz", "dump.sql.gz", "worker.log.swp")
    logs = ("worker.log", "workerlog", "syslog.1", "old.gz", "old.zst", "c0ffee/c0ffee-json.log", "d/x.json", "my-logs")
    fill(tmp_path, *no_logs, "a/b/too-deep.log", ".git/worker.log")
    fill(tmp_path, *logs, data=b'{"log":"x\\n","stream":"stdout","time":"2025-11-22T10:30:00Z"}\n')
    assert sorted(names(["."], tmp_path)) == sorted(logs)


def test_a_tilde_that_no_shell_expanded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    fill(tmp_path, "worker.log")
    assert names(["~/*.log"], Path("/")) == [str(tmp_path / "worker.log")]


@pytest.mark.parametrize(
    ("argument", "message"),
    [
        ("worker.lgo", "no such file: worker.lgo; did you mean worker.log?"),
        ("logs/wroker.log", "no such file: logs/wroker.log; did you mean logs/worker.log?"),
        ("nothing-alike", "no such file: nothing-alike"),
        ("none/worker.log", "no such file: none/worker.log"),
        ("worker.log/x", "no such file: worker.log/x"),
        ("*.txt", "no file matches *.txt"),
        ("empty", "no logs in the directory empty: name the files to read"),
        ("", "the path is empty"),
        ("docker:", "docker: needs the name of a container: docker:NAME"),
        ("a\0b", "no such file: a\0b"),
        ("/dev/zero", "/dev/zero is a device or socket, not a log"),
    ],
)
def test_what_is_not_there_is_wrong_use(argument: str, message: str, tmp_path: Path) -> None:
    fill(tmp_path, "worker.log", "logs/worker.log")
    (tmp_path / "empty").mkdir()
    with pytest.raises(UsageError) as error:
        expand([argument], tmp_path)
    assert str(error.value) == message


@pytest.fixture
def unprivileged() -> Iterator[Path]:
    """A directory of somebody who may not read everything."""
    with tempfile.TemporaryDirectory() as made:
        nobody, user = 65534, os.geteuid()
        if user == 0:
            os.chown(made, nobody, -1)
            os.seteuid(nobody)
        yield Path(made)
        for path in Path(made).iterdir():
            path.chmod(0o700)
        os.seteuid(user)


def test_what_is_closed_to_us_does_not_stop_the_others(unprivileged: Path) -> None:
    fill(unprivileged, "a.log", "b.log", "closed/c.log")
    (unprivileged / "a.log").chmod(0)
    (unprivileged / "closed").chmod(0)
    found = expand(["*.log", "closed/c.log", "."], unprivileged)
    assert {each.name: each.problem for each in found} == {
        "a.log": "permission denied",
        "b.log": None,
        "closed/c.log": "permission denied",
        "closed": "permission denied",
    }
    (part,) = parts(replace(found[0], problem=None, size=1), 1000)
    made = blocks(part)
    assert list(made) == []
    assert made.trouble.text == "permission denied"


def test_what_cannot_be_read_does_not_stop_the_others(tmp_path: Path) -> None:
    fill(tmp_path, "b.log")
    (tmp_path / "a.log").symlink_to("gone")
    (tmp_path / "c.log").symlink_to("/dev/zero")
    found = expand(["*.log"], tmp_path)
    assert [(each.name, each.problem) for each in found] == [
        ("a.log", "no such file or directory"),
        ("b.log", None),
        ("c.log", "this is not a file"),
    ]
    assert total(found) == len(LOG)
    assert list(blocks(found[0])) == []
    assert [part.input.name for each in found for part in parts(each, 100000)] == ["a.log", "b.log", "c.log"]


# How they are written


def _zstd(data: bytes) -> bytes:
    return zstandard.ZstdCompressor(write_checksum=True).compress(data)


def _streamed_zstd(data: bytes) -> bytes:
    """Without the size in front."""
    made = zstandard.ZstdCompressor().compressobj()
    return made.compress(data) + made.flush()


FORMS: dict[str, Callable[[bytes], bytes]] = {
    "plain": bytes,
    "UTF-8 with a mark": lambda data: b"\xef\xbb\xbf" + data,
    "UTF-16": lambda data: b"\xff\xfe" + data.decode().encode("utf-16-le"),
    "UTF-16, big end first": lambda data: b"\xfe\xff" + data.decode().encode("utf-16-be"),
    "gzip": gzip.compress,
    "gzip of two": lambda data: gzip.compress(data[:5000]) + gzip.compress(data[5000:]),
    "gzip with padding": lambda data: gzip.compress(data) + bytes(200_000),
    "gzip of UTF-16": lambda data: gzip.compress(b"\xff\xfe" + data.decode().encode("utf-16-le")),
    "gzip with a mark": lambda data: gzip.compress(b"\xef\xbb\xbf" + data),
    "zstd": _zstd,
    "zstd of two": lambda data: _zstd(data[:5000]) + _streamed_zstd(data[5000:]),
    "pzstd": lambda data: b"\x50\x2a\x4d\x18\x04\0\0\0size" + _zstd(data),
    "bzip2": bz2.compress,
    "xz": lzma.compress,
    "xz of two": lambda data: lzma.compress(data[:5000]) + bytes(8) + lzma.compress(data[5000:]),
    "behind a hole": lambda data: bytes(3 * MIB) + data,
    "compressed behind a hole": lambda data: gzip.compress(bytes(3 * MIB) + data),
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("size", [8 * MIB, 3000])
def test_every_form_gives_the_same_text(form: str, size: int, tmp_path: Path) -> None:
    (tmp_path / "worker.log").write_bytes(FORMS[form](LOG))
    assert read("worker.log", tmp_path, size) == (LOG, None)


@pytest.mark.parametrize("form", FORMS)
def test_every_form_through_a_pipe_a_few_bytes_at_a_time(form: str, monkeypatch: pytest.MonkeyPatch) -> None:
    class Slow(io.BytesIO):
        def read1(self, size: int | None = -1, /) -> bytes:
            return super().read1(min(size or 0, 7) if self.tell() < 50 else 999)

    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(Slow(FORMS[form](LOG))))
    assert read("-") == (LOG, None)


def test_text_that_is_not_utf_8_is_left_as_it_is(tmp_path: Path) -> None:
    data = b"caf\xe9 \x1b[31m \0 \xff\xff\r\nmore\rof it\r\n"
    (tmp_path / "worker.log").write_bytes(data)
    assert read("worker.log", tmp_path) == (data, None)
    half = b"\xff\xfe" + "a\ud800\n".encode("utf-16-le", "surrogatepass") + b"x"
    (tmp_path / "worker.log").write_bytes(half)
    assert read("worker.log", tmp_path) == ("a\ufffd\n\ufffd".encode(), None)


@pytest.mark.parametrize("form", ["gzip", "zstd", "bzip2", "xz", "gzip of two", "zstd of two"])
def test_compressed_data_that_ends_early_counts_as_far_as_it_goes(form: str, tmp_path: Path) -> None:
    many = LOG * 100
    whole = FORMS[form](many)
    (tmp_path / "worker.log").write_bytes(whole[: len(whole) - 15])
    data, problem = read("worker.log", tmp_path)
    assert problem == "the compressed data ends early"
    assert many.startswith(data)
    assert form == "bzip2" or len(data) > 100  # which gives nothing before a block of 900 kB is there


@pytest.mark.parametrize("form", ["gzip", "zstd", "bzip2", "xz"])
def test_damaged_data(form: str, tmp_path: Path) -> None:
    whole = bytearray(FORMS[form](random.Random(3).randbytes(100_000)))
    whole[len(whole) // 2 : len(whole) // 2 + 40] = bytes(40)
    (tmp_path / "worker.log").write_bytes(whole)
    _, problem = read("worker.log", tmp_path)
    assert problem is not None
    assert "the compressed data is damaged" in problem
    (tmp_path / "worker.log").write_bytes(FORMS[form](LOG) + b"something else")
    assert read("worker.log", tmp_path) == (LOG, "the compressed data is damaged")


def test_a_window_that_is_too_large(tmp_path: Path) -> None:
    parameters = zstandard.ZstdCompressionParameters(window_log=28, enable_ldm=False)
    made = zstandard.ZstdCompressor(compression_params=parameters).compressobj()
    (tmp_path / "worker.log").write_bytes(made.compress(LOG) + made.flush())
    data, problem = read("worker.log", tmp_path)
    assert data == b""
    assert problem is not None
    assert "needs more than 128 MiB" in problem


# In which blocks


def _mixed() -> bytes:
    """Everything that takes more than one line, among lines."""
    made: list[bytes] = []
    for number in range(12):
        long = encoder.line("Embedding request failed", "ERROR", {"error": f"{number} " + "long " * 9000})
        lines = [
            *LINES[:3],
            *encoder.panic(signal=number % 2 == 0),
            *LINES[3:5],
            *encoder.pretty("Making embedding processing decision", fields={"inner": {"a": [1, {"b": 2}]}}),
            *LINES[5:7],
        ]
        made += lines
        made += [encoder.compose(each, "worker-1", 3) for each in lines]
        made += encoder.docker_json_lines([*lines, long, LINES[1]])
        made += encoder.cri_lines([*lines, long, LINES[2]])
    return encoder.file(made)


def _starts_inside(data: bytes) -> bool:
    rest = peel(data[:2000].partition(b"\n")[0]).rest
    return not rest.startswith((b"time=", b"{", b"panic: "))


@pytest.mark.parametrize("size", [500, 3_000, 20_000, 100_000, 300_000])
@pytest.mark.parametrize("compressed", [False, True])
def test_blocks_begin_where_something_begins(size: int, compressed: bool, tmp_path: Path) -> None:
    data = _mixed()
    (tmp_path / "worker.log").write_bytes(gzip.compress(data) if compressed else data)
    (of,) = expand(["worker.log"], tmp_path)
    made = list(blocks(of, size))
    assert b"".join(each.data for each in made) == data
    assert len(made) > min(len(data) / (size + 2 * REACH), 3)
    offset = 0
    for each in made:
        assert each.offset == offset
        offset += len(each.data)
    # Lines of more than 64 KiB may be cut between their pieces, and there are none here.
    assert [each.data[:80] for each in made if _starts_inside(each.data)] == []


@pytest.mark.parametrize("size", [500, 20_000, 300_000])
def test_parts_make_the_whole(size: int, tmp_path: Path) -> None:
    data = _mixed()
    (tmp_path / "worker.log").write_bytes(b"\xef\xbb\xbf" + data)
    (of,) = expand(["worker.log"], tmp_path)
    found = parts(of, size)
    assert len(found) > 2
    made = [block for part in found for block in blocks(part, 5_000)]
    assert b"".join(each.data for each in made) == data
    assert made[0].offset == 3
    assert [each.data[:80] for each in made if _starts_inside(each.data)] == []


@pytest.mark.parametrize("form", ["gzip", "UTF-16"])
def test_what_cannot_be_divided_is_one_part(form: str, tmp_path: Path) -> None:
    (tmp_path / "worker.log").write_bytes(FORMS[form](LOG))
    (of,) = expand(["worker.log"], tmp_path)
    (part,) = parts(of, 1000)
    assert b"".join(each.data for each in blocks(part)) == LOG


@pytest.mark.parametrize("data", [b"", b"\n", b"\n\n\n", b"a", b"a\nb", b"\r\n", b"a\n" * 1000])
@pytest.mark.parametrize("size", [1, 2, 1000])
def test_small_and_odd_files(data: bytes, size: int, tmp_path: Path) -> None:
    (tmp_path / "worker.log").write_bytes(data)
    (tmp_path / "worker.log.gz").write_bytes(gzip.compress(data))
    assert read("worker.log", tmp_path, size) == (data, None)
    assert read("worker.log.gz", tmp_path, size) == (data, None)
    (of,) = expand(["worker.log"], tmp_path)
    assert b"".join(block.data for part in parts(of, size) for block in blocks(part, size)) == data


JSON_FILE = b'{"log":"%s","stream":"%s","time":"2025-11-22T10:30:00Z"}\n'


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (LOG, LINES[0] + b"\n"),
        (LOG, b'{"level":"INFO","message":"x"}\n'),
        (LOG, b"{\n"),
        (b"main.main()\n", b"panic: oh\n\ngoroutine 1 [running]:\nmain.main()\n\t/app/main.go:1 +0x1\nexit status 2\n"),
        (LOG, b"worker-1  | panic: oh\nworker-1  | \nworker-1  | goroutine 1 [running]:\n"),
        (b"LOG:  a foreign line\n", b"LOG:  another foreign line\n\tthat goes on\n"),
        (LOG, b'{\n  "level": "INFO",\n  "metadata": {\n    "a": {\n    }\n  }\n}\n'),
        (JSON_FILE % (b"x\\n", b"stdout"), JSON_FILE % (b"time=1\\n", b"stdout") + JSON_FILE % (b"\\n", b"stdout")),
        (
            JSON_FILE % (b"x\\n", b"stdout"),
            JSON_FILE % (b"time=piece", b"stdout")
            + JSON_FILE % (b"time=1 another\\n", b"stderr")
            + JSON_FILE % (b"time=2 rest\\n", b"stdout"),
        ),
        (
            JSON_FILE % (b"x\\n", b"stdout"),
            JSON_FILE % (b"time=n\\\\n", b"stdout") + JSON_FILE % (b"time=2 rest\\n", b"stdout"),
        ),
        (
            b"2025-11-22T10:30:00Z stdout F time=1\n" * 2,
            b"2025-11-22T10:30:00Z stdout P time=1\n2025-11-22T10:30:00Z stdout F time=rest\n",
        ),
    ],
)
def test_the_last_place_where_a_record_begins(before: bytes, after: bytes) -> None:
    assert boundary(before + after) == len(before)
    assert boundary(before + after + b"time=2") == len(before)


def test_where_nothing_begins_any_line_will_do() -> None:
    assert boundary(b"") == 0
    assert boundary(b"no line") == 0
    assert boundary(b"time=1 a\n") == 0
    assert boundary(b"\tx\n" * 10_000) == 0
    assert boundary(b"\tx\n" * 100_000) == 300_000
    assert boundary(b"time=1 a\n" + b"\tx\n" * 100_000) == 300_009


# What is wrong with them


def test_a_line_above_1_mib_is_cut(tmp_path: Path) -> None:
    long = b"time=1 " + b"x" * (3 * MIB) + b"\n"
    data = LOG + long + LOG + long + LOG
    expected = LOG + long[:LONGEST] + b"\n" + LOG + long[:LONGEST] + b"\n" + LOG
    for form in ("plain", "gzip"):
        (tmp_path / "worker.log").write_bytes(FORMS[form](data))
        for size in (1000, 100_000, 8 * MIB):
            assert read("worker.log", tmp_path, size) == (expected, "2 lines longer than 1 MiB were cut")
            (of,) = expand(["worker.log"], tmp_path)
            for block in blocks(of, size):
                length = len(block.data) - 1  # the end of a line that was cut is ours
                assert data[block.offset : block.offset + length] == block.data[:length]
    (tmp_path / "worker.log").write_bytes(long[:-1])
    assert read("worker.log", tmp_path) == (long[:LONGEST] + b"\n", "1 line longer than 1 MiB was cut")


def test_what_goes_wrong_in_parts_adds_up(tmp_path: Path) -> None:
    long = b"x" * (2 * MIB) + b"\n"
    (tmp_path / "worker.log").write_bytes((LOG + long) * 4)
    (of,) = expand(["worker.log"], tmp_path)
    trouble = Trouble()
    for part in parts(of, 50_000):
        made = blocks(part, 10_000)
        assert sum(len(each.data) for each in made)
        trouble += made.trouble
    assert trouble.text == "4 lines longer than 1 MiB were cut"


def test_a_line_of_exactly_1_mib_is_not_cut(tmp_path: Path) -> None:
    data = b"x" * LONGEST + b"\n" + b"y" * LONGEST
    (tmp_path / "worker.log").write_bytes(data)
    assert read("worker.log", tmp_path) == (data, None)


@pytest.mark.parametrize(
    "data",
    [b"\x7fELF" + b"\0\1" * MIB, bytes(100), bytes(2 * MIB), gzip.compress(bytes(2 * MIB)), b"\1" + bytes(100)],
    ids=["binary", "zeros", "more zeros", "compressed zeros", "a few"],
)
def test_what_is_not_text(data: bytes, tmp_path: Path) -> None:
    (tmp_path / "worker.log").write_bytes(data)
    assert read("worker.log", tmp_path) == (b"", "this is not text")


def test_a_hole_at_the_beginning_is_not_read(tmp_path: Path) -> None:
    with (tmp_path / "worker.log").open("wb") as file:
        file.truncate(40 << 30)
        file.seek(0, os.SEEK_END)
        file.write(LOG)
    assert read("worker.log", tmp_path) == (LOG, None)


def test_a_file_that_was_emptied_meanwhile(tmp_path: Path) -> None:
    (tmp_path / "worker.log").write_bytes(LOG)
    (of,) = expand(["worker.log"], tmp_path)
    (tmp_path / "worker.log").write_bytes(LOG[:100])
    made = blocks(of)
    assert [each.data for each in made] == [LOG[:100]]
    assert made.trouble.text == "the file became shorter while it was read"


def test_a_file_that_was_replaced_meanwhile(tmp_path: Path) -> None:
    path = tmp_path / "worker.log"
    path.write_bytes(LOG)
    (of,) = expand(["worker.log"], tmp_path)
    path.unlink()
    os.mkfifo(path)
    made = blocks(of)
    assert list(made) == []
    assert made.trouble.text == "this is not a file any more"
    path.unlink()
    made = blocks(of)
    assert list(made) == []
    assert made.trouble.text == "no such file or directory"


def test_a_pipe_is_read_to_its_end(tmp_path: Path) -> None:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    writer = threading.Thread(target=path.write_bytes, args=(gzip.compress(LOG),))
    writer.start()
    (of,) = expand(["pipe"], tmp_path)
    assert total([of]) is None
    assert b"".join(each.data for each in blocks(of, 1000)) == LOG
    writer.join()


def test_standard_input_that_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", None)
    assert read("-") == (b"", "standard input is closed")


def test_progress_is_told_in_bytes_of_the_disk(tmp_path: Path) -> None:
    (tmp_path / "worker.log").write_bytes(LOG)
    (tmp_path / "worker.log.1.gz").write_bytes(gzip.compress(LOG * 50))
    seen: list[int] = []
    found = expand(["."], tmp_path)
    for each in found:
        list(blocks(each, 2000, seen.append))
    assert sum(seen) == total(found)
    assert len(seen) > 5


class Endless(io.RawIOBase):
    """What `yes | tr -d '\\n'`, /dev/zero or a log that is piped for ever write."""

    def __init__(self, piece: bytes) -> None:
        self.piece = piece
        self.given = 0

    def read1(self, _: int) -> bytes:
        self.given += len(self.piece)
        return self.piece


@pytest.mark.parametrize(
    ("piece", "trouble"),
    [
        (bytes(MIB), "this is not text"),
        (b"y" * MIB, "reading stopped in a line that does not end; 1 line longer than 1 MiB was cut"),
        (b"\0y" * MIB, "this is not text"),
    ],
)
def test_what_never_ends_is_left(piece: bytes, trouble: str, monkeypatch: pytest.MonkeyPatch) -> None:
    endless = Endless(piece)
    monkeypatch.setattr(sys, "stdin", type("Stdin", (), {"buffer": endless}))
    data, problem = read("-")
    assert problem == trouble
    assert len(data) <= LONGEST + 1
    assert endless.given < 300 * MIB


def _bomb(compress: Callable[[bytes], bytes], line: bytes) -> bytes:
    """A gigabyte in a megabyte or much less: 64 members of 16 MiB."""
    return compress(line * (16 * MIB // len(line))) * 64


def _peak(made: Iterator[Block]) -> tuple[int, int]:
    """How many bytes came, and how much memory that took at most."""
    tracemalloc.start()
    try:
        length = sum(len(each.data) for each in made)
        return length, tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.slow
@pytest.mark.parametrize("form", ["gzip", "zstd", "xz"])
def test_bombs_take_little_memory(form: str, tmp_path: Path) -> None:
    (tmp_path / "lines").write_bytes(_bomb(FORMS[form], b"0" * 1023 + b"\n"))
    (tmp_path / "line").write_bytes(_bomb(FORMS[form], b"0" * 1024))
    lines, line = expand(["lines", "line"], tmp_path)
    length, peak = _peak(blocks(lines))
    assert length == 1 << 30
    assert peak < 64 * MIB
    made = blocks(line)
    length, peak = _peak(made)
    assert length == LONGEST + 1
    assert peak < 64 * MIB
    assert made.trouble.text == "reading stopped in a line that does not end; 1 line longer than 1 MiB was cut"


@pytest.mark.slow
@pytest.mark.parametrize("size", [1 << 20, 8 << 20])
def test_a_file_of_2_gib_takes_the_memory_of_a_few_blocks(size: int, tmp_path: Path) -> None:
    with (tmp_path / "worker.log").open("wb") as file:
        for place in range(0, 1 << 31, 1 << 19):
            file.seek(place)
            file.write(LINES[0])
            file.seek(place + (1 << 19) - 1)
            file.write(b"\n")
    (of,) = expand(["worker.log"], tmp_path)
    length, peak = _peak(blocks(of, size))
    assert length == 1 << 31
    assert peak < 4 * size + 4 * MIB
    found = parts(of, 64 * MIB)
    assert len(found) in (32, 33)
    assert isinstance(found[0], Part)
