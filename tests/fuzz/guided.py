"""`python -m tests.fuzz.guided TARGET FOLDER [libFuzzer options]`: one target in this process, under atheris."""

from __future__ import annotations

import sys
from pathlib import Path

import atheris
import pytest

from tests.fuzz.target import World
from tests.fuzz.targets import TARGETS


def main() -> None:
    """Never returns: the fuzzer ends the process."""
    target = TARGETS[sys.argv[1]]
    with atheris.instrument_imports(include=list(target.modules), enable_loader_override=False):
        run = target.make(World(Path(sys.argv[2]), pytest.MonkeyPatch()))
    atheris.Setup([sys.argv[0], *sys.argv[3:]], lambda data: run(bytes(data)))
    atheris.Fuzz()


if __name__ == "__main__":
    main()
