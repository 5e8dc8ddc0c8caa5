"""Safe fixes of the fixtures' files written otherwise: the same change comes out, and nothing else is touched."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from doctor.testing import load
from tests.everything import DIRECTORIES, has_servers
from tests.repairs import Bench, bench

pytestmark = [pytest.mark.slow, pytest.mark.no_cover]

FILE = Path("configs") / "config.yaml"


def _is_safe(directory: Path) -> bool:
    expected = (directory / "expected.yaml").read_text(encoding="utf-8")
    if not directory.name.startswith(("config.", "zoekt.")):
        return False
    return "safety: safe" in expected and (directory / "root" / FILE).is_file() and not has_servers(directory)


SAFE = [pytest.param(each, id=each.name) for each in DIRECTORIES if _is_safe(each)]


@pytest.fixture(autouse=True)
def _state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


def of_windows(text: bytes) -> bytes:
    """What an editor of another system makes of it: a mark at the start, its line ends, none at the very end."""
    return b"\xef\xbb\xbf" + text.rstrip(b"\n").replace(b"\n", b"\r\n")


COMMENT = b" \t# a\tb: {c, d]"


def commented(text: bytes) -> bytes:
    """With tabs in comments, and what looks like more, behind the name of every section."""
    return re.sub(rb":$", lambda _: b":" + COMMENT, text, flags=re.MULTILINE)


def fixed(directory: Path, workspace: Path, change: Callable[[bytes], bytes] = bytes) -> bytes:
    workspace.mkdir()
    place = bench(load(directory), workspace)
    file = place.root / FILE
    file.write_bytes(change(file.read_bytes()))
    _apply(place)
    return file.read_bytes()


def _apply(place: Bench) -> None:
    result = place.fix(apply=True)
    assert (result.problem, result.taken_back) == (None, ())
    states = [(each.check, each.state.value, each.reason) for each in result.plan.proposals if each.fix.edits]
    assert [each for each in states if each[1] != "planned" and "--unsafe" not in each[2]] == []


def values(text: bytes) -> Any:
    return YAML(typ="safe", pure=True).load(text)


def flow(text: bytes) -> bytes:
    return json.dumps(values(text)).encode()


@pytest.mark.parametrize("directory", SAFE)
def test_the_change_is_the_same_however_the_file_is_written(directory, tmp_path):
    plain = fixed(directory, tmp_path / "plain")
    original = (directory / "root" / FILE).read_bytes()

    assert fixed(directory, tmp_path / "windows", of_windows) == of_windows(plain)

    result = fixed(directory, tmp_path / "commented", commented)
    assert result.replace(COMMENT, b"") == plain
    assert result.count(COMMENT) == commented(original).count(COMMENT)

    # A file that cannot be read cannot be written otherwise.
    if not directory.name.startswith("config.file-broken"):
        assert values(fixed(directory, tmp_path / "flow", flow)) == values(plain)
