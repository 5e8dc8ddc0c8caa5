"""The same log gives the same story in every wrapping, compressed or not, in any order of files and any split."""

from __future__ import annotations

import gzip
import random
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from doctor.facts.logs import Logs
from doctor.logs.scan import Window
from doctor.sources.logs import worker
from doctor.sources.logs.inputs import expand
from doctor.sources.logs.run import read
from tests.logs import encoder
from tests.logs.test_scan import PLAIN, essence, story, told

pytestmark = [pytest.mark.slow, pytest.mark.no_cover]

LINES = story()
PACKED = {"": bytes, ".gz": gzip.compress, ".zst": zstandard.ZstdCompressor().compress}
# How the files of a set are called, the newest first.
SETS = {
    "numbers": ["worker.log", "worker.log.1", "worker.log.2", "worker.log.3"],
    "dates": ["worker.log", "worker.log-20251124", "worker.log-20251123", "worker.log-20251122"],
    "a container's": ["worker-json.log", "worker-json.log.1", "worker-json.log.2", "worker-json.log.3"],
}


def packed(name: str, form: str, data: bytes) -> tuple[str, bytes]:
    return name + form, PACKED[form](data)


def of(files: dict[str, bytes], order: list[str]) -> Logs:
    with TemporaryDirectory() as folder:
        for name, data in files.items():
            (Path(folder) / name).write_bytes(data)
        return read(expand(order, Path(folder)), Window())


@pytest.mark.parametrize("wrapper", encoder.WRAPPERS)
@settings(max_examples=7)
@given(data=st.data())
def test_the_same_story(wrapper: str, data: st.DataObject) -> None:
    wrap, _ = encoder.WRAPPERS[wrapper]
    cuts = sorted(data.draw(st.lists(st.integers(0, len(LINES)), max_size=3), "where it was rotated"))
    names = SETS[data.draw(st.sampled_from(sorted(SETS)))]
    files = {}
    for number, (start, end) in enumerate(zip([0, *cuts], [*cuts, len(LINES)], strict=True)):
        form = data.draw(st.sampled_from(sorted(PACKED)))
        name, content = packed(names[len(cuts) - number], form, encoder.file(wrap(LINES[start:end])))
        files[name] = content
    found = of(files, data.draw(st.permutations(sorted(files)), "the order in which they are named"))

    assert essence(found) == essence(told(PLAIN))
    assert sum(each.bytes for each in found.inputs) == len(encoder.file(wrap(LINES)))


@pytest.mark.parametrize("wrapper", encoder.WRAPPERS)
@pytest.mark.parametrize("form", PACKED)
def test_the_same_in_small_blocks(wrapper: str, form: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Blocks of a few hundred bytes, as large logs have of some megabytes."""
    wrap, _ = encoder.WRAPPERS[wrapper]
    monkeypatch.setattr(worker, "WHOLE", random.Random(wrapper + form).randint(300, 3000))
    name, content = packed("worker.log", form, encoder.file(wrap(LINES)))

    assert essence(of({name: content}, [name])) == essence(told(PLAIN))
