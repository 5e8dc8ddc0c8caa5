"""What all tests share: a scrubbed environment, and builders that make facts out of real files."""

from __future__ import annotations

import gc
import importlib.metadata
import os
import re
import signal
from collections.abc import Callable, Generator, Iterator, Mapping
from functools import cache
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

import hypothesis
import pytest

from doctor.facts import Resolution
from doctor.sources.config import resolve

if TYPE_CHECKING:
    from doctor.embedded.authority import Authority
    from tests.engines import Dockerd
    from tests.servers import Databases, Googles, NatsServers, OpenAis

# One of the program's variables in the shell of a developer must not decide a test.
FOREIGN = (
    *("CODECHUNK_", "GEMINI_", "GOOGLE_", "GIT", "PG", "SSH_KEY", "NO_COLOR", "FORCE_COLOR", "COLUMNS"),
    *("HTTP_", "HTTPS_", "NO_PROXY", "http_", "https_", "no_proxy", "SSL_CERT"),
    *("DOCKER_", "CONTAINER_HOST", "XDG_RUNTIME_DIR"),
)

QUICK = "not slow"
"""What `make quick` selects."""

ALL_SLOW = re.compile(r"^pytestmark = \[?pytest\.mark\.slow\b", re.MULTILINE)

Resolved = Callable[..., Resolution]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="rewrite the golden files instead of comparing")


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Do not read modules all of whose tests are slow when just the others are wanted: every worker would."""
    if config.option.markexpr != QUICK or collection_path.suffix != ".py":
        return None
    return True if ALL_SLOW.search(collection_path.read_text(encoding="utf-8")) else None


# How long one example takes tells how busy the machine is.
hypothesis.settings.register_profile("untimed", deadline=None)
hypothesis.settings.load_profile("untimed")


def pytest_configure() -> None:
    """Where tests are started in the background, Ctrl-C is ignored, by all the programs that they start too."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What tries inputs by the hundred is left out of the quick tests."""
    for item in items:
        if isinstance(item, pytest.Function) and hypothesis.is_hypothesis_test(item.obj):
            item.add_marker(pytest.mark.slow)


@pytest.hookimpl(tryfirst=True)
def pytest_sessionstart(session: pytest.Session) -> None:
    """
    Let `no_cover` be so in the processes of xdist too.

    There pytest-cov (7.1) measures twice; what a test stops is the second one, and the first goes on.
    """
    plugin = session.config.pluginmanager.getplugin("_cov")
    if hasattr(session.config, "workerinput") and plugin is not None and plugin.cov_controller is not None:
        plugin.cov_controller.pause()


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """What is collected stays to the end, so the garbage collector need not look at it again and again."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


@pytest.fixture(scope="session", autouse=True)
def _entry_points_read_once() -> Iterator[None]:
    """Each of the hundreds of runs in these processes would read the entry points of all installed packages."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(importlib.metadata, "entry_points", cache(importlib.metadata.entry_points))
        yield


@pytest.fixture(scope="session")
def _scratch(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("tests", numbered=False)
    return (folder / str(number) for number in count())


@pytest.fixture
def tmp_path(_scratch: Iterator[Path]) -> Path:
    """pytest's own looks for a free name, and links to the newest, which is half of the time of a small test."""
    path = next(_scratch)
    path.mkdir(mode=0o700)
    return path


@pytest.fixture(scope="session", autouse=True)
def _scrubbed_environment() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        for name in list(os.environ):
            if name.startswith(FOREIGN):
                patch.delenv(name)
        yield


@pytest.fixture(scope="session", autouse=True)
def _no_engine_of_this_machine() -> Iterator[None]:
    """What runs in containers of a developer's machine must not decide a test either; tests name their engine."""
    from doctor.sources.docker import places

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(places, "SYSTEM", ())
        patch.setattr(places, "HOME", ())
        yield


@pytest.fixture
def resolved(tmp_path: Path) -> Resolved:
    """
    Resolve a configuration given as text: `resolved("database: {user: u}", {"CODECHUNK_API_PORT": "1"})`.

    The text lands in `configs/config.dev.yaml` (or `name`) of a directory of the test's own and goes through the
    real resolver. `database: {user: u, password: p}` is put in front unless the text has a `database` of its own
    or `bare=True` is given. `files` are further files, by path.
    """

    def build(
        text: str = "",
        env: Mapping[str, str] | None = None,
        *,
        name: str = "configs/config.dev.yaml",
        bare: bool = False,
        argument: str | None = "",
        files: Mapping[str, str] | None = None,
    ) -> Resolution:
        if not bare and "database" not in text:
            text = "database:\n  user: u\n  password: p\n" + text
        for path, content in {name: text, **(files or {})}.items():
            (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / path).write_text(content, encoding="utf-8")
        return resolve(tmp_path, name if argument == "" else argument, dict(env or {}))

    return build


@pytest.fixture(scope="session")
def databases() -> Iterator[Databases]:
    """Fresh databases on a real PostgreSQL 18, started when the first test asks for one."""
    from tests.servers import Databases, postgres

    with postgres() as server:
        yield Databases(server)


@pytest.fixture(scope="session")
def older_databases() -> Iterator[Databases]:
    """The same on PostgreSQL 16, the major of the system's own image."""
    from tests.servers import Databases, postgres

    with postgres(major=16) as server:
        yield Databases(server)


@pytest.fixture(scope="session")
def authority() -> Authority:
    """Signs for the stand-ins of all tests, as making one takes a moment."""
    from doctor.embedded.authority import Authority

    return Authority()


@pytest.fixture
def google(tmp_path_factory: pytest.TempPathFactory, authority: Authority) -> Iterator[Googles]:
    """Stand-ins for the Gemini API, one after the other."""
    from tests.servers import Googles

    with Googles(tmp_path_factory.mktemp("authority"), authority) as googles:
        yield googles


@pytest.fixture
def openai() -> Iterator[OpenAis]:
    """OpenAI-compatible stand-ins, one after the other."""
    from tests.servers import OpenAis

    with OpenAis() as servers:
        yield servers


@pytest.fixture
def nats() -> Iterator[NatsServers]:
    """NATS servers, one after the other."""
    from tests.servers import NatsServers

    with NatsServers() as servers:
        yield servers


@pytest.fixture(scope="session")
def _dockerd() -> Iterator[Dockerd]:
    from tests.engines import dockerd, unavailable

    reason = unavailable()
    if reason is not None:
        pytest.skip(reason)
    with dockerd() as server:
        yield server


@pytest.fixture
def engine(_dockerd: Dockerd) -> Iterator[Dockerd]:
    """A real Docker engine without any container, started when the first test asks for one; skips without root."""
    yield _dockerd
    _dockerd.clear()
