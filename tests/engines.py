"""A real container engine for tests: a private dockerd, and an image that looks like the program's own."""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import tarfile
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

IMAGE = "codechunking-fake:test"

# What the stand-in for the program does by itself: say so, and wait. `$DO` is a command to run instead.
PROGRAM = """#!/bin/sh
echo '{"time":"2026-01-01T00:00:00Z","level":"INFO","msg":"started '"$1"'"}'
echo "to the other channel" >&2
if [ -n "$DO" ]; then eval "$DO"; exit $?; fi
exec sleep 100000
"""

CONFIG = "database:\n  user: dev\n  password: dev\n"

# /etc of the image has the user that the real one has.
FILES: Mapping[str, tuple[str, int]] = {
    "app/codechunking": (PROGRAM, 0o755),
    "app/configs/config.yaml": (CONFIG, 0o644),
    "app/configs/config.dev.yaml": (CONFIG, 0o644),
    "app/migrations/000001_init_schema.up.sql": ("SELECT 1;\n", 0o644),
    "app/migrations/000001_init_schema.down.sql": ("SELECT 1;\n", 0o644),
    "etc/passwd": ("root:x:0:0:root:/root:/bin/sh\ncodechunking:x:1000:1001::/app:/bin/sh\n", 0o644),
    "etc/group": ("root:x:0:\ncodechunking:x:1001:\nshared:x:2000:codechunking\n", 0o644),
}
COMMANDS = ("sh", "sleep", "cat", "echo", "true", "false", "mkdir", "chown", "chmod", "ln", "head", "tail", "dd", "nc")
LINKS = {
    "app/configs/linked.yaml": "../configs/config.yaml",
    "app/link": "/app/configs",
    "app/circle": "circle",
    "app/outside": "../../../../etc/passwd",
}


def unavailable() -> str | None:
    """Why no engine can run here, None when one can."""
    if os.name != "posix" or not hasattr(os, "geteuid") or os.geteuid() != 0:
        return "a private dockerd needs root"
    for program in ("dockerd", "busybox"):
        if shutil.which(program) is None:
            return f"{program} is not installed: apt-get install docker.io busybox-static"
    return None


def until(holds: Callable[[], Any], seconds: float = 15.0) -> Any:
    """Wait for something that an engine does in its own time, and return it."""
    ends_at, pause = time.monotonic() + seconds, threading.Event()
    while not (found := holds()):
        assert time.monotonic() < ends_at, "it did not happen in time"
        pause.wait(0.02)
    return found


class Dockerd:
    """One engine; its containers are made by docker's own library."""

    def __init__(self, directory: Path, process: subprocess.Popen[bytes]) -> None:
        import docker

        self.directory = directory
        self.process = process
        self.socket = str(directory / "docker.sock")
        self.url = f"unix://{self.socket}"
        self.environment = {"DOCKER_HOST": self.url}
        self.client = docker.DockerClient(base_url=self.url, version="1.41", timeout=20)

    def run(self, name: str, command: str | list[str] | None = "worker", **options: Any) -> Any:
        """
        Start a container of the program's image under this name, without a network unless one is given.

        `do` is what it does instead of waiting, `service` and `project` are its compose labels, `start=False` leaves
        it made but never started.
        """
        environment = dict(options.pop("environment", {}))
        if (do := options.pop("do", None)) is not None:
            environment["DO"] = do
        labels = {**self.labels(options.pop("service", None), options.pop("project", "demo"), options.pop("at", None))}
        options = {"network_mode": "none", "labels": labels, **options}
        starts = options.pop("start", True)
        container = self.client.containers.create(IMAGE, command, name=name, environment=environment, **options)
        if starts:
            container.start()
        return container

    @staticmethod
    def labels(service: str | None, project: str = "demo", directory: os.PathLike[str] | str | None = None) -> dict:
        """What docker compose writes on a container; nothing without a service."""
        if service is None:
            return {}
        prefix = "com.docker.compose"
        labels = {f"{prefix}.service": service, f"{prefix}.project": project, f"{prefix}.oneoff": "False"}
        return labels | ({f"{prefix}.project.working_dir": str(directory)} if directory is not None else {})

    def state(self, container: Any) -> Any:
        """Its state as the engine has it now."""
        container.reload()
        return container.attrs["State"]

    def clear(self) -> None:
        """Remove all containers, volumes and networks that tests have made."""
        import docker

        for container in self.client.containers.list(all=True, ignore_removed=True):
            with suppress(docker.errors.APIError):
                container.remove(force=True, v=True)
        for thing in (*self.client.volumes.list(), *self.client.networks.list()):
            if thing.name not in ("bridge", "host", "none"):
                with suppress(docker.errors.APIError):
                    thing.remove()


@contextmanager
def dockerd() -> Iterator[Dockerd]:
    """Start an engine with everything of its own in a directory, and leave nothing of it behind."""
    directory = Path(tempfile.mkdtemp(prefix="dk", dir="/tmp"))
    group = f"doctor-{os.getpid()}"
    process = subprocess.Popen(_command(directory, group), stdout=subprocess.DEVNULL, stderr=_log(directory))
    engine = None
    try:
        until(lambda: (directory / "docker.sock").is_socket() or process.poll() is not None)
        engine = Dockerd(directory, process)
        until(lambda: _answers(engine) or process.poll() is not None)
        assert process.poll() is None, (directory / "log").read_text(errors="replace")[-2000:]
        engine.client.api.import_image_from_data(
            _image(), repository=IMAGE.partition(":")[0], tag=IMAGE.partition(":")[2], changes=CHANGES
        )
        yield engine
    finally:
        _end(directory, group, process, engine)


CHANGES = ['ENTRYPOINT ["/app/codechunking"]', 'CMD ["api"]', "WORKDIR /app", "USER codechunking", "ENV PATH=/bin"]


def _command(directory: Path, group: str) -> list[str]:
    places = {"host": f"unix://{directory}/docker.sock", "data-root": directory / "d", "exec-root": directory / "e"}
    places |= {"pidfile": directory / "pid", "cgroup-parent": f"/{group}", "storage-driver": "vfs"}
    off = ("bridge=none", "iptables=false", "ip6tables=false", "ip-forward=false", "ip-masq=false", "log-level=warn")
    return ["dockerd", *(f"--{name}={place}" for name, place in places.items()), *(f"--{each}" for each in off)]


def _log(directory: Path) -> int:
    return os.open(directory / "log", os.O_WRONLY | os.O_CREAT, 0o600)


def _answers(engine: Dockerd) -> bool:
    with suppress(Exception):
        return bool(engine.client.ping())
    return False


def _end(directory: Path, group: str, process: subprocess.Popen[bytes], engine: Dockerd | None) -> None:
    if engine is not None:
        with suppress(Exception):
            engine.clear()
        engine.client.close()
    process.terminate()
    try:
        process.wait(timeout=20)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait(timeout=5)
    for mounted in _mounts_below(directory):
        subprocess.run(["umount", "-l", mounted], check=False, capture_output=True, timeout=10)
    shutil.rmtree(directory, ignore_errors=True)
    for found in Path("/sys/fs/cgroup").glob(f"*/{group}"):
        with suppress(OSError):
            found.rmdir()


def _mounts_below(directory: Path) -> list[str]:
    lines = Path("/proc/self/mounts").read_text(encoding="utf-8").splitlines()
    found = [line.split()[1] for line in lines if line.split()[1].startswith(f"{directory}/")]
    return sorted(found, reverse=True)


def _image() -> bytes:
    """A few files and busybox, as the tar that the engine imports."""
    data = io.BytesIO()
    busybox = Path(shutil.which("busybox") or "").read_bytes()
    with tarfile.open(fileobj=data, mode="w") as archive:
        for folder in ("bin", "app", "app/configs", "app/migrations", "etc", "tmp"):
            _add(archive, folder, None, 0o1777 if folder == "tmp" else 0o755)
        _add(archive, "bin/busybox", busybox, 0o755)
        for path, (text, mode) in FILES.items():
            _add(archive, path, text.encode(), mode)
        links = {f"bin/{name}": "busybox" for name in COMMANDS} | dict(LINKS)
        for path, target in links.items():
            member = tarfile.TarInfo(path)
            member.type, member.linkname = tarfile.SYMTYPE, target
            archive.addfile(member)
    return data.getvalue()


def _add(archive: tarfile.TarFile, path: str, data: bytes | None, mode: int) -> None:
    member = tarfile.TarInfo(path)
    member.mode, member.mtime = mode, 1_700_000_000
    if data is None:
        member.type = tarfile.DIRTYPE
    member.size = len(data or b"")
    archive.addfile(member, io.BytesIO(data or b""))
