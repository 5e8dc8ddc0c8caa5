"""Where an engine is looked for."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from doctor.errors import SourceError
from doctor.sources.docker import places as module
from doctor.sources.docker.places import NoEngine, places


def where(environment: dict[str, str]) -> list[str]:
    try:
        return [place.url for place in places(environment)]
    except NoEngine:
        return []


def context(home: Path, name: str, host: str, *, current: bool = True) -> None:
    """What `docker context create` leaves in the home directory."""
    folder = home / ".docker/contexts/meta" / hashlib.sha256(name.encode()).hexdigest()
    folder.mkdir(parents=True)
    (folder / "meta.json").write_text(json.dumps({"Name": name, "Endpoints": {"docker": {"Host": host}}}))
    (home / ".docker/config.json").write_text(json.dumps({"currentContext": name} if current else {}))


def test_no_socket_and_no_choice_is_no_place(tmp_path: Path) -> None:
    assert where({}) == []
    assert where({"HOME": str(tmp_path), "XDG_RUNTIME_DIR": str(tmp_path), "DOCKER_HOST": ""}) == []
    assert where({"HOME": "relative", "XDG_RUNTIME_DIR": "relative"}) == []


def test_the_usual_sockets_in_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    there = ("system", "podman-system", "docker.sock", "podman/podman.sock", ".docker/run/docker.sock")
    for name in there:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    monkeypatch.setattr(module, "SYSTEM", (str(tmp_path / "system"), str(tmp_path / "podman-system")))
    monkeypatch.setattr(module, "HOME", (".docker/run/docker.sock", ".docker/desktop/docker.sock"))
    found = where({"HOME": str(tmp_path), "XDG_RUNTIME_DIR": str(tmp_path)})
    order = ("system", ".docker/run/docker.sock", "docker.sock", "podman/podman.sock", "podman-system")
    assert found == [f"unix://{tmp_path}/{name}" for name in order]
    assert not places({"HOME": str(tmp_path)})[0].named


@pytest.mark.parametrize(
    ("host", "url", "remote"),
    [
        ("unix:///run/x.sock", "unix:///run/x.sock", False),
        ("tcp://127.0.0.1:2375", "tcp://127.0.0.1:2375", False),
        ("tcp://localhost", "tcp://localhost:2375", False),
        ("tcp://[::1]:99", "tcp://[::1]:99", False),
        ("http://[::1]", "http://[::1]:2375", False),
        ("tcp://build.example:2375/x", "tcp://build.example:2375", True),
        ("https://user:secret@build.example", "https://build.example:2376", True),
    ],
)
def test_a_chosen_address(host: str, url: str, remote: bool) -> None:
    (place,) = places({"DOCKER_HOST": host, "CONTAINER_HOST": "unix:///other"})
    assert (place.url, place.remote, place.named) == (url, remote, True)


@pytest.mark.parametrize(
    ("host", "text"),
    [
        ("unix://relative", "looks like unix"),
        ("unix:///a\0b", "looks like unix"),
        ("tcp://", "looks like unix"),
        ("tcp://host:99999", "looks like unix"),
        ("tcp://host:²", "looks like unix"),
        ("fd://", "looks like unix"),
        ("/var/run/docker.sock", "looks like unix"),
        ("npipe:////./pipe/docker_engine", "WSL"),
        ("ssh://me:secret@build.example", "at build.example is on another machine"),
    ],
)
def test_an_address_that_cannot_be_followed(host: str, text: str) -> None:
    with pytest.raises(SourceError, match=text) as caught:
        places({"DOCKER_HOST": host})
    assert "secret" not in str(caught.value)


def test_tls_is_what_the_shell_asks_for(tmp_path: Path) -> None:
    plain = {"DOCKER_HOST": "tcp://127.0.0.1:1", "DOCKER_CERT_PATH": str(tmp_path)}
    assert places(plain)[0].certificates is None
    assert places({**plain, "DOCKER_TLS_VERIFY": "1"})[0].certificates == tmp_path
    assert places({"DOCKER_HOST": "tcp://h", "DOCKER_TLS_VERIFY": "1"})[0].url == "tcp://h:2376"


# --- contexts --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("content", ["", "{", "[]", "1", '{"currentContext": 1}', '{"currentContext": "default"}'])
def test_settings_that_choose_nothing(content: str, tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text(content)
    assert where({"DOCKER_CONFIG": str(tmp_path)}) == []


def test_the_current_context(tmp_path: Path) -> None:
    context(tmp_path, "rootless", "unix:///run/user/1/docker.sock")
    home = {"HOME": str(tmp_path)}
    assert where(home) == ["unix:///run/user/1/docker.sock"]
    assert where({**home, "DOCKER_HOST": "unix:///x"}) == ["unix:///x"]
    assert where({**home, "DOCKER_CONTEXT": "default"}) == []
    assert where({"DOCKER_CONFIG": str(tmp_path / ".docker")}) == where(home)


def test_a_context_that_the_shell_chooses(tmp_path: Path) -> None:
    context(tmp_path, "far", "ssh://build.example", current=False)
    assert where({"HOME": str(tmp_path)}) == []
    with pytest.raises(SourceError, match=r"build\.example is on another machine"):
        places({"HOME": str(tmp_path), "DOCKER_CONTEXT": "far"})


@pytest.mark.parametrize("meta", [None, "{}", '{"Endpoints": []}', '{"Endpoints": {"docker": {"Host": 1}}}'])
def test_a_context_that_is_not_there(meta: Any, tmp_path: Path) -> None:
    context(tmp_path, "x", "unix:///x")
    path = next(tmp_path.glob(".docker/contexts/meta/*/meta.json"))
    path.unlink() if meta is None else path.write_text(meta)
    with pytest.raises(SourceError, match="currentContext names the docker context x, which is not there"):
        places({"HOME": str(tmp_path)})
