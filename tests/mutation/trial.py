"""A pytest plugin that runs the tests once for each mutant, each time in a process of its own that has the mutant."""

from __future__ import annotations

import gc
import os
import re
import resource
import signal
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from functools import _lru_cache_wrapper, partial
from pathlib import Path
from types import CodeType, FrameType, FunctionType
from typing import Any

import pytest

from tests.mutation.mutants import Mutant, mutants

# What takes so many times as much of a processor as the tests do by themselves, and some seconds more, is in a loop
# without end; what is not done after so many seconds by the clock waits for something. The clock alone tells how busy
# the machine is.
PATIENCE, AT_LEAST, AWAITED = 10.0, 10.0, 900.0
_FIXTURE = re.compile(r"test_fixture(_with_servers)?\[(?P<check>[^\]]+?)(--[^\]]*)?\]")


class Trial:
    """Takes the place of pytest's loop over the tests."""

    def __init__(self, modules: Sequence[Path], processes: int) -> None:
        self._modules = modules
        self._processes = processes
        self.killed: list[Mutant] = []
        self.survived: list[Mutant] = []
        # Those of the killed whose tests did not end.
        self.endless: list[Mutant] = []
        self.broken = False
        self._folder = Path()

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Find out which test calls what, then try each mutant."""
        calls, took = _calls(session.items)
        with tempfile.TemporaryDirectory() as folder:
            self._folder = Path(folder)
            # Without a mutant the tests must pass, here and in another process.
            alone = _started(session, _nothing, session.items, self._folder)
            self.broken = bool(session.testsfailed) or os.waitpid(alone, 0)[1] != 0
            if not self.broken:
                self._try_all(session, calls, took)
        return True

    def _try_all(
        self, session: pytest.Session, calls: dict[pytest.Item, set[str]], took: dict[pytest.Item, float]
    ) -> None:
        running: dict[int, tuple[Mutant, float]] = {}
        functions = Functions()
        for mutant, items in self._pairs(session, calls):
            if len(running) >= self._processes:
                self._wait(running)
            limit = int(AT_LEAST + PATIENCE * sum(took[each] for each in items))
            pid = _started(session, partial(functions.put_in, mutant), items, self._folder, limit)
            running[pid] = (mutant, time.monotonic() + AWAITED)
        while running:
            self._wait(running)

    def _pairs(
        self, session: pytest.Session, calls: dict[pytest.Item, set[str]]
    ) -> Iterator[tuple[Mutant, list[pytest.Item]]]:
        for path in self._modules:
            name = str(path.absolute())
            items = [each for each in session.items if name in calls[each] and _may_tell(each, path)]
            for mutant in mutants(path):
                yield mutant, items

    def _wait(self, running: dict[int, tuple[Mutant, float]]) -> None:
        """Until one is done, or has taken too long."""
        while True:
            for pid, (mutant, ends_at) in list(running.items()):
                done, status = os.waitpid(pid, os.WNOHANG)
                if not done and time.monotonic() > ends_at:
                    os.killpg(pid, signal.SIGKILL)
                    done, status = os.waitpid(pid, 0)
                if done:
                    if os.WIFSIGNALED(status):
                        self.endless.append(mutant)
                    (self.survived if status == 0 else self.killed).append(mutant)
                    del running[pid]
                    return
            time.sleep(0.002)


def _may_tell(item: pytest.Item, path: Path) -> bool:
    """Every fixture runs every check; a healthy one, one of the same check, or of the family for helpers, can tell."""
    found = _FIXTURE.fullmatch(item.name)
    if found is None or found["check"].startswith("healthy-"):
        return True
    family, _, check = found["check"].partition(".")
    return family == path.parent.name and (path.name.startswith("_") or check.replace("-", "_") == path.stem)


def _calls(items: Sequence[pytest.Item]) -> tuple[dict[pytest.Item, set[str]], dict[pytest.Item, float]]:
    """The files of the checks that each test calls into, and how long it keeps a processor."""
    found: dict[pytest.Item, set[str]] = {}
    took: dict[pytest.Item, float] = {}
    for item, following in _followed(items):
        seen: set[str] = set()

        def note(frame: FrameType, event: str, _argument: Any, seen: set[str] = seen) -> None:
            if event == "call" and f"{os.sep}checks{os.sep}" in frame.f_code.co_filename:
                seen.add(frame.f_code.co_filename)

        start = time.process_time()
        sys.setprofile(note)
        try:
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
        finally:
            sys.setprofile(None)
        found[item], took[item] = seen, time.process_time() - start
    return found, took


def _followed(items: Sequence[pytest.Item]) -> Iterator[tuple[pytest.Item, pytest.Item | None]]:
    return zip(items, (*items[1:], None), strict=True)


def _nothing() -> bool:
    return True


def _started(
    session: pytest.Session,
    change: Callable[[], bool],
    items: Sequence[pytest.Item],
    folder: Path,
    limit: int = resource.RLIM_INFINITY,
) -> int:
    """
    The process that runs the tests after a change; it ends with 0 if all pass, or if nothing was changed.

    It is killed when it has taken `limit` seconds of a processor.
    """
    pid = os.fork()
    if pid:
        return pid
    status = 1
    try:
        os.setpgid(0, 0)
        resource.setrlimit(resource.RLIMIT_CPU, (limit, limit))
        silence = os.open(os.devnull, os.O_RDWR)
        for each in (0, 1, 2):
            os.dup2(silence, each)
        # Directories of its own, as those of the other processes have the same names.
        session.config._tmp_path_factory._basetemp = Path(tempfile.mkdtemp(dir=folder))  # type: ignore[attr-defined]
        status = int(change() and _fails(session, items))
    finally:
        os._exit(status)


def _fails(session: pytest.Session, items: Sequence[pytest.Item]) -> bool:
    before = session.testsfailed
    for item, following in _followed(items):
        item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
        if session.testsfailed > before:
            return True
    return False


class Functions:
    """The functions that there are, by the file they come from; looked for once, as that takes a moment."""

    def __init__(self) -> None:
        self._found: dict[str, list[FunctionType]] = defaultdict(list)
        self._caches: list[_lru_cache_wrapper[Any]] = []
        gc.unfreeze()  # what is frozen is not told of
        for each in gc.get_objects():
            if isinstance(each, FunctionType):
                self._found[each.__code__.co_filename].append(each)
            elif isinstance(each, _lru_cache_wrapper) and each.__module__.startswith("checks."):
                self._caches.append(each)

    def put_in(self, mutant: Mutant) -> bool:
        """Give the functions of the module the code of the mutant; whether that changes any."""
        codes = dict(_codes(mutant.code))
        changed = False
        for each in self._found[str(mutant.path.absolute())]:
            other = codes.get(_key(each.__code__))
            if other is not None and other.co_freevars == each.__code__.co_freevars and other != each.__code__:
                each.__code__ = other
                changed = True
        for cache in self._caches:
            cache.cache_clear()
        return changed


def _codes(code: CodeType) -> Iterator[tuple[tuple[Any, ...], CodeType]]:
    for each in code.co_consts:
        if isinstance(each, CodeType):
            yield _key(each), each
            yield from _codes(each)


def _key(code: CodeType) -> tuple[Any, ...]:
    return (code.co_qualname, code.co_firstlineno, next(iter(code.co_positions()), None))
