"""Which containers are taken for this installation's."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from doctor.sources.docker.inventory import ours, project_name
from tests.scenes import recorded

PREFIX = "com.docker.compose"


def one(name: str, *, project: str | None = None, at: str | None = None, **fields: Any) -> dict[str, Any]:
    """A container as the engine lists it."""
    labels = {f"{PREFIX}.project": project, f"{PREFIX}.project.working_dir": at}
    labels = {label: text for label, text in labels.items() if text is not None}
    return {"Id": name, "Names": [f"/{name}"], "Image": "x", "Command": "y", "Labels": labels, "Created": 1, **fields}


def names(*listed: dict[str, Any], directory: str = "/srv/codechunking") -> list[str]:
    return [each["Id"] for each in ours(listed, Path(directory))]


@pytest.mark.parametrize(
    "stranger",
    [
        one("web"),
        one("web", project="other"),
        one("worker", project="other", at="/srv/other"),
        one("worker", project="codechunking", at="/home/other/codechunking", Image="codechunking-worker"),
        one("x", Labels=None, Names=None, Image=None, Command=None),
        {"Id": "x"},
    ],
)
def test_what_belongs_to_something_else(stranger: dict[str, Any]) -> None:
    assert names(stranger) == []
    assert names(stranger, one("mine", project="x", at="/srv/codechunking")) == ["mine"]


@pytest.mark.parametrize(
    "mine",
    [
        one("a", project="any", at="/srv/codechunking/"),
        one("a", project="codechunking"),
        one("codechunking-worker"),
        one("a", Image="registry.example/codechunking:1.2"),
        one("a", Command="/app/codechunking worker"),
    ],
)
def test_what_belongs_to_this_installation(mine: dict[str, Any]) -> None:
    assert names(mine, one("other", project="other", at="/srv/other")) == ["a" if mine["Id"] == "a" else mine["Id"]]


def test_a_link_to_the_directory_is_the_directory(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path)
    assert names(one("a", project="x", at=str(tmp_path / "link")), directory=str(tmp_path)) == ["a"]


def test_another_stack_is_taken_when_there_is_none_here() -> None:
    elsewhere = {"project": "codechunking", "at": "/mnt/c/codechunking"}
    stack = (one("codechunking-worker", **elsewhere), one("codechunking-db", **elsewhere), one("web", project="web"))
    assert names(*stack) == ["codechunking-worker", "codechunking-db"]
    assert names(*stack, one("mine", project="x", at="/srv/codechunking")) == ["mine"]


def test_of_several_other_stacks_the_newest_is_taken() -> None:
    old = one("codechunking-worker-1", project="old", at="/old")
    new = one("codechunking_worker_1", project="new", at="/new", Created=2)
    assert names(old, new) == ["codechunking_worker_1"]


def test_the_recorded_list() -> None:
    """Containers that were made by hand are known by the program's image."""
    listed = recorded("list")
    assert len(ours(listed, Path("/nowhere"))) == len(listed)


@pytest.mark.parametrize(("directory", "name"), [("/a/CodeChunking", "codechunking"), ("/a/_My.App-2", "myapp-2")])
def test_composes_name_of_a_directory(directory: str, name: str) -> None:
    assert project_name(Path(directory)) == name
