"""Which inputs reach something in a target that no shorter one reaches: told by the lines that follow each other."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterable, Iterator
from types import FrameType
from typing import Any

from tests.fuzz.target import Run, Target, World

Step = tuple[str, int, int]


def telling(target: Target, world: World, inputs: Iterable[bytes]) -> Iterator[bytes]:
    """Those of the inputs, in their order, that take a step which none before them takes; none that breaks it."""
    run = target.make(world)
    seen: set[Step] = set()
    for data in inputs:
        steps: set[Step] = set()
        with contextlib.suppress(Exception):
            _follow(run, data, target.modules, steps)
            if not steps <= seen:
                yield data
        seen |= steps


def _follow(run: Run, data: bytes, modules: tuple[str, ...], steps: set[Step]) -> None:
    def enter(frame: FrameType, event: str, argument: object) -> Any:
        name = str(frame.f_globals.get("__name__"))
        if not any(name == each or name.startswith(f"{each}.") for each in modules):
            return None
        before = 0

        def step(frame: FrameType, event: str, argument: object) -> Any:
            nonlocal before
            steps.add((name, before, frame.f_lineno))
            before = frame.f_lineno
            return step

        return step

    old = sys.gettrace()
    sys.settrace(enter)
    try:
        run(data)
    finally:
        sys.settrace(old)
