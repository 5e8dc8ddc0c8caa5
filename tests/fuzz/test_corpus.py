"""No input that is kept breaks a reader: what fuzzing found is tried again in every run, without the fuzzer."""

from __future__ import annotations

import base64
import time
from pathlib import Path

import pytest

from tests.fuzz import corpus
from tests.fuzz.target import World, joined, texts
from tests.fuzz.targets import TARGETS

pytestmark = pytest.mark.no_cover

# What once broke a reader: the target, and the shortest such input.
FOUND = {
    "a tool in pyproject.toml that is no table": ("project", b"tool = 1\n"),
    "a settings file of nothing but brackets": ("project", b"a = " + b"[" * 4000),
    "a variable of ours whose name is no text": ("settings", b"CODECHUNK_DOCTOR_\xff=a"),
    "a password that is no text, asked for as MD5": ("postgres", b"?R\0\0\0\x0c\0\0\0\x05salt"),
    "a .zip with a file that begins before it": (
        "bundles",
        base64.b64decode(
            "UEsDBBQAAAAIABNXel1Dv6ajBAAAAAIAAAANAAAAbWFuaWZlc3QuanNvbqtqc29ui44FAFBLAQIUAxQAAAAIABNXel"
            "1Dv6ajBAAAAAIAAAANAAAAAAAAAAAAAACAAQAAAABtYW5pZmVzdC5qc29uUEsBAhQDFAAAAAgAE1d6XSm7TA0EAAAA"
            "AgAAAAoAAAAAAAAAAAAAAIABLwAAAC5zc3RmYWNqb25QSwUGAAAAAAIAAgBzAAAAWwAAAAAA"
        ),
    ),
}

# For one input, in seconds; generous on a busy machine, as what is guarded against is minutes.
LONGEST = 5.0


def test_texts_are_put_together_as_they_were_taken_apart() -> None:
    assert texts(joined("a", "", "\udcff"), 3) == ["a", "", "\udcff"]
    assert texts(b"", 2) == ["", ""]


def test_there_is_a_target_for_each_file_that_is_kept() -> None:
    assert {each.stem for each in corpus.CORPUS.glob("*.json")} <= set(TARGETS)


@pytest.mark.slow
@pytest.mark.parametrize("name", TARGETS)
def test_what_is_kept_breaks_nothing(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = TARGETS[name]
    run = target.make(World(tmp_path, monkeypatch))
    for data in (b"", *target.seeds, *corpus.load(name)):
        began = time.monotonic()
        run(data)
        assert time.monotonic() - began < LONGEST, data


@pytest.mark.parametrize("case", FOUND.values(), ids=FOUND)
def test_what_broke_once(case: tuple[str, bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    name, data = case

    TARGETS[name].make(World(tmp_path, monkeypatch))(data)
