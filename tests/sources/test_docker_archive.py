"""Archives as an engine sends them: plain ones, and hostile ones, of which nothing reaches a disk."""

from __future__ import annotations

import base64
import io
import json
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from doctor.errors import SourceError
from doctor.sources.docker.archive import MOST_ENTRIES, as_file, described, files, first


def member(name: str, data: bytes = b"", **fields: Any) -> tuple[tarfile.TarInfo, bytes]:
    """One entry of an archive."""
    found = tarfile.TarInfo(name)
    found.size = len(data)
    for field, value in fields.items():
        setattr(found, field, value)
    return found, data


def sent(*members: tuple[tarfile.TarInfo, bytes], format: int = tarfile.PAX_FORMAT, piece: int = 700) -> Callable:
    """The archive in pieces, as it comes over a socket."""
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w", format=format) as archive:
        for each, content in members:
            archive.addfile(each, io.BytesIO(content))
    return pieces(data.getvalue(), piece)


def pieces(data: bytes, piece: int = 700) -> Callable[[], bytes]:
    cut = iter([data[at : at + piece] for at in range(0, len(data), piece)])
    return lambda: next(cut, b"")


def read(path: str, receive: Callable[[], bytes], most: int = 10_000) -> dict[str, bytes | None]:
    return {entry.path: data for entry, data in files(path, receive, most)}


DIRECTORY = member("configs", type=tarfile.DIRTYPE, mode=0o755)


def test_a_file_and_a_directory() -> None:
    assert read("/app/x.yaml", sent(member("x.yaml", b"a: 1"))) == {"/app/x.yaml": b"a: 1"}
    found = read("/app/configs", sent(DIRECTORY, member("configs/a", b"1"), member("configs/b/c", b"2")))
    assert found == {"/app/configs": None, "/app/configs/a": b"1", "/app/configs/b/c": b"2"}


def test_the_first_entry_has_the_owner() -> None:
    entry = first("/app/x", sent(member("x", b"abc", mode=0o100640, uid=1000, gid=2**21 + 1, mtime=12)))
    assert (entry.kind, entry.mode, entry.uid, entry.gid, entry.size) == ("file", 0o640, 1000, 2**21 + 1, 3)
    assert as_file(entry, b"abc").modified_at == 12
    assert first("/a", sent(member("a", type=tarfile.SYMTYPE, linkname="../b"))).target == "../b"


@pytest.mark.parametrize("name", ["../../etc/passwd", "/etc/passwd", "configs/../../x", "other/a", "configsx"])
def test_what_calls_itself_something_outside_is_left_out(name: str, tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.chdir(tmp_path)
    assert list(read("/app/configs", sent(DIRECTORY, member(name, b"x")))) == ["/app/configs"]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("type", [tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.FIFOTYPE, tarfile.LNKTYPE])
def test_devices_pipes_and_hard_links_have_no_bytes(type: bytes) -> None:
    assert read("/d", sent(member("d", type=type, linkname="/etc/passwd"))) == {"/d": None}


def test_what_does_not_fit_is_named_without_its_bytes() -> None:
    found = read("/d", sent(member("d/big", b"x" * 5000), member("d/small", b"y"), member("d/next", b"z" * 99)), 99)
    assert found == {"/d/big": None, "/d/small": b"y", "/d/next": None}


def test_an_endless_archive_ends() -> None:
    def endless() -> Iterator[bytes]:
        yield tarfile.TarInfo("d/a").tobuf()
        while True:
            yield tarfile.TarInfo("d/a").tobuf() * 100

    source = endless()
    assert len(list(files("/d", lambda: next(source), 10_000))) == MOST_ENTRIES


HUGE = member("d/a")[0]
HUGE.size = 2**40


def test_what_is_too_much_is_not_waited_for() -> None:
    started = iter([HUGE.tobuf()])
    assert [data for _, data in files("/d", lambda: next(started, b"x" * 65536), 1000)] == [None]


def test_a_file_that_is_announced_and_never_comes() -> None:
    with pytest.raises(SourceError, match="cannot be read"):
        list(files("/d", pieces(HUGE.tobuf()), 1000))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"no archive",
        b"\xff" * 4096,
        b"<html>" * 1000,
        tarfile.TarInfo("d").tobuf()[:300],
        tarfile.TarInfo("d").tobuf().replace(b"0000000", b"-999999"),
    ],
)
def test_rubbish_is_one_sentence(data: bytes) -> None:
    with pytest.raises(SourceError, match="cannot be read"):
        first("/d", pieces(data))


def test_an_archive_that_breaks_off() -> None:
    whole = tarfile.TarInfo("d")
    whole.size = 4000
    with pytest.raises(SourceError, match="cannot be read"):
        list(files("/d", pieces(whole.tobuf() + b"x" * 100), 10_000))


def told(**fields: Any) -> str:
    words = {"name": "x", "size": 3, "mode": 0o644, "mtime": "1970-01-01T00:00:12Z", "linkTarget": "", **fields}
    return base64.b64encode(json.dumps(words).encode()).decode()


@pytest.mark.parametrize("header", [None, "", "%%%", "e30=", "bnVsbA==", told(mode="x"), told(mtime=1), told(size=[])])
def test_a_header_that_says_nothing_usable(header: str | None) -> None:
    assert described("/x", header) is None


@pytest.mark.parametrize(
    ("fields", "kind", "mode"),
    [
        ({}, "file", 0o644),
        ({"mode": 2147484141}, "directory", 0o755),  # as Docker 20.10 wrote it
        ({"mode": 2148532735}, "directory", 0o1777),
        ({"mode": 134218239, "linkTarget": "/app/configs"}, "link", 0o777),
        ({"mode": 0o755 | 1 << 23}, "file", 0o4755),
        ({"mode": 0o600 | 1 << 25}, "other", 0o600),
    ],
)
def test_gos_modes(fields: dict[str, Any], kind: str, mode: int) -> None:
    entry = described("/x", told(**fields))
    assert entry is not None
    assert (entry.kind, entry.mode, entry.target) == (kind, mode, fields.get("linkTarget"))
