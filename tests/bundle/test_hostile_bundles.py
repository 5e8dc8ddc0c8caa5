"""What is no bundle, or a bad one, is refused with one sentence, in bounded time and memory."""

from __future__ import annotations

import io
import json
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
import zstandard
from click.testing import CliRunner

from doctor.bundle import archive
from doctor.cli import main
from tests.test_secrets import HEAD, lay_out

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    directory = tmp_path_factory.mktemp("installation")
    options = lay_out(directory, {"config.yaml": HEAD})
    result = CliRunner().invoke(main, ["bundle", str(directory / "good.tar.zst"), *options])
    assert result.exit_code == 0, result.output
    return (directory / "good.tar.zst").read_bytes()


def examine(file: Path, *options: str) -> tuple[int, str, str]:
    result = CliRunner().invoke(main, ["check", "--from-bundle", str(file), *options])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.exit_code, result.stdout, result.stderr


def tar(*entries: tuple[tarfile.TarInfo, bytes]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as file:
        for entry, data in entries:
            entry.size = len(data)
            file.addfile(entry, io.BytesIO(data))
    return zstandard.compress(buffer.getvalue())


def zipped(**files: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as file:
        for name, data in files.items():
            file.writestr(name.replace("__", "."), data)
    return buffer.getvalue()


def unpacked(data: bytes, tmp_path: Path) -> dict[str, bytes]:
    (tmp_path / "in").write_bytes(data)
    return archive.members(tmp_path / "in")


def changed(
    data: bytes, tmp_path: Path, change: Callable[[dict[str, object]], object], name: str = "facts.json"
) -> bytes:
    """The bundle with one document changed, and a manifest that fits."""
    files = unpacked(data, tmp_path)
    document = json.loads(files[name])
    change(document)
    files[name] = json.dumps(document).encode()
    if name != "manifest.json":
        manifest = json.loads(files["manifest.json"])
        for each in manifest["files"]:
            each["sha256"] = archive.digest(files[each["path"]])
        files["manifest.json"] = json.dumps(manifest).encode()
    return archive.packed("x.zip", files)


def test_a_good_one_is_examined_whatever_it_is_called(good: bytes, tmp_path: Path) -> None:
    (tmp_path / "renamed.bin").write_bytes(good)

    status, out, _ = examine(tmp_path / "renamed.bin")

    assert status in (0, 1)
    assert "as the bundle" in out


def test_what_a_later_version_adds_is_passed_over(good: bytes, tmp_path: Path) -> None:
    def add(document: dict[str, object]) -> None:
        document["facts"]["Unheard"] = {"of": 1}  # type: ignore[index]
        document["facts"]["Worker"]["a_new_field"] = 1  # type: ignore[index]

    (tmp_path / "x.zip").write_bytes(changed(good, tmp_path, add))

    assert examine(tmp_path / "x.zip")[0] in (0, 1)


def test_what_it_does_not_have_blocks_what_needs_it(good: bytes, tmp_path: Path) -> None:
    (tmp_path / "x.zip").write_bytes(changed(good, tmp_path, lambda document: document["facts"].pop("Tracked")))  # type: ignore[attr-defined]

    status, out, _ = examine(tmp_path / "x.zip", "--only", "environment.secret-tracked", "--format", "json")

    assert status == 0
    (check,) = json.loads(out)["checks"]
    assert check["outcome"] == "blocked"
    assert check["reason"].startswith("Tracked: is not in this bundle, made by codechunk-doctor")


NESTED = b'{"schema": ' + b"[" * 200_000

REFUSED: dict[str, tuple[bytes | Callable[[bytes, Path], bytes], str]] = {
    "nothing in it": (b"", "is not a bundle"),
    "text": (b"hello\n", "is not a bundle"),
    "a gzip": (b"\x1f\x8b\x08\x00", "is not a bundle"),
    "a zip without a manifest": (zipped(a=b"x"), "it has no manifest.json"),
    "another program's": (zipped(manifest__json=b'{"schema": "x/1"}'), "another program's"),
    "a manifest that is no object": (zipped(manifest__json=b"[1]"), "another program's"),
    "a manifest that is no JSON": (zipped(manifest__json=b"{"), "is no JSON"),
    "a manifest without an end": (zipped(manifest__json=NESTED), "is no JSON"),
    "a newer format": (
        lambda data, path: changed(
            data, path, lambda it: it.update(schema="codechunk-doctor/manifest/2"), "manifest.json"
        ),
        "made by a newer codechunk-doctor",
    ),
    "cut off": (lambda data, _: data[: len(data) // 2], "cannot be unpacked to its end"),
    "a changed byte": (lambda data, _: data[:9000] + bytes((data[9000] ^ 1,)) + data[9001:], "is damaged"),
    "changed facts": (
        lambda data, path: archive.packed("x.zip", {**unpacked(data, path), "facts.json": b"{}"}),
        "facts.json is not what manifest.json says",
    ),
    "no facts": (
        lambda data, path: changed(data, path, lambda it: it.update(files=[]), "manifest.json"),
        "no facts.json",
    ),
    "a zstd bomb": (zstandard.compress(b"\0" * (archive.MOST_BYTES + (2 << 20))), "more than any bundle holds"),
    "a tar bomb": (tar((tarfile.TarInfo("a"), b"\0" * (archive.MOST_BYTES + 1))), "more than any bundle holds"),
    "a zip bomb": (zipped(a=b"\0" * (archive.MOST_BYTES + 1)), "more than any bundle holds"),
    "many files": (zipped(**{f"f{n}": b"" for n in range(100)}), "more than any bundle holds"),
    "a path upwards": (tar((tarfile.TarInfo("../x"), b"x")), "leads elsewhere"),
    "a path from the root": (tar((tarfile.TarInfo("/etc/x"), b"x")), "leads elsewhere"),
    "a path of Windows": (zipped(**{"a\\b": b"x"}), "leads elsewhere"),
    "a link": (lambda *_: _link(), "that is no file"),
    "one name twice": (tar((tarfile.TarInfo("a"), b"1"), (tarfile.TarInfo("a"), b"2")), "two files of one name"),
    "facts of another kind": (
        lambda data, path: changed(data, path, lambda it: it.update(schema="x")),
        "of another kind",
    ),
    "a class that is none of ours": (
        lambda data, path: changed(data, path, lambda it: it["facts"].update(Worker={"$class": "os.system"})),
        "Worker: has no location",
    ),
    "a word that there is not": (
        lambda data, path: changed(data, path, lambda it: it["facts"]["Worker"].update(kind="moon")),
        "is none of the words of Habitat",
    ),
    "a number for a text": (
        lambda data, path: changed(data, path, lambda it: it["facts"]["Resolution"].update(outcome=3)),
        "Resolution.outcome: str should stand here, not int",
    ),
}


def _link() -> bytes:
    entry = tarfile.TarInfo("manifest.json")
    entry.type, entry.linkname = tarfile.SYMTYPE, "/etc/passwd"
    return tar((entry, b""))


@pytest.mark.parametrize("what", REFUSED)
def test_anything_else_is_refused(what: str, good: bytes, tmp_path: Path) -> None:
    made, message = REFUSED[what]
    (tmp_path / "x").write_bytes(made if isinstance(made, bytes) else made(good, tmp_path))

    status, out, err = examine(tmp_path / "x")

    assert (status, out) == (2, "")
    assert message in err
    assert err.count("\n") == 1
    assert "Traceback" not in err
