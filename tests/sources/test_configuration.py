"""Where the worker's configuration is looked for, and how the paths in it are shown."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from doctor.facts import Environment, Habitat, Known, Resolution, Worker
from doctor.sources.configuration import configuration
from doctor.target import Target

HOST = Worker(Known.ASSUMED, Habitat.HOST)


def worker_in(directory: Path, argument: str | None = None) -> Worker:
    return Worker(Known.GIVEN, Habitat.PROCESS, directory=str(directory), config_argument=argument, started_at=1.0)


def look(target: Target, worker: Worker) -> Resolution:
    found = configuration.function(target, worker, Environment({}))
    assert isinstance(found, Resolution)
    return found


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    (tmp_path / "checkout" / "configs").mkdir(parents=True)
    (tmp_path / "checkout" / "configs" / "config.yaml").write_text("database: {user: u}\n")
    return tmp_path / "checkout"


def test_paths_are_relative_to_the_directory_examined(checkout: Path) -> None:
    assert look(Target(checkout), HOST).where("database.user").path == "configs/config.yaml"
    assert look(Target(checkout), worker_in(checkout)).where("database.user").path == "configs/config.yaml"


@pytest.mark.parametrize("argument", [None, "configs/config.yaml"], ids=["found by search", "given"])
def test_a_file_of_a_worker_elsewhere_is_shown_with_its_whole_path(
    checkout: Path, tmp_path: Path, argument: str | None
) -> None:
    """A relative path would lead a reader to a file of the checkout that is another one."""
    (tmp_path / "here").mkdir()

    found = look(Target(tmp_path / "here"), worker_in(checkout, argument))

    assert found.where("database.user").path == str(checkout / "configs" / "config.yaml")


@pytest.mark.skipif(os.name != "posix", reason="links are made")
def test_a_directory_reached_by_a_link_is_the_same(checkout: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(checkout)

    found = look(Target(tmp_path / "link"), worker_in(checkout))

    assert found.where("database.user").path == "configs/config.yaml"


def test_an_observed_worker_s_own_argument_counts_unless_one_is_given(checkout: Path) -> None:
    (checkout / "a.yaml").write_text("database: {user: a}\n")
    (checkout / "b.yaml").write_text("database: {user: b}\n")

    assert look(Target(checkout), worker_in(checkout, "a.yaml")).value("database.user") == "a"
    assert look(Target(checkout, config_argument="b.yaml"), worker_in(checkout, "a.yaml")).value("database.user") == "b"
