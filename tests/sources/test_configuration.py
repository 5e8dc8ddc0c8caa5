"""Where the worker's configuration is looked for, and how the paths in it are shown."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from doctor.errors import SourceError
from doctor.facts import (
    Container,
    ContainerFile,
    ContainerFiles,
    ContainerState,
    Environment,
    FileProblem,
    Habitat,
    Known,
    Mount,
    Resolution,
    Variable,
    Worker,
)
from doctor.model import Location
from doctor.needs import Observed
from doctor.sources.configuration import configuration
from doctor.sources.contained import worker_of
from doctor.target import Target

HOST = Worker(Known.ASSUMED, Habitat.HOST)


def worker_in(directory: Path, argument: str | None = None) -> Worker:
    return Worker(Known.GIVEN, Habitat.PROCESS, directory=str(directory), config_argument=argument, started_at=1.0)


def look(target: Target, worker: Worker) -> Resolution:
    found = configuration.function(target, worker, Environment({}), Observed())
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


# --- of a worker in a container ------------------------------------------------------------------------------------

USER_A = b"database: {user: a, password: p}\n"
SAME = b"database: {user: u}\n"


def inside(*files: tuple[str, bytes | None], mode: int = 0o644, uid: int = 0) -> Observed[ContainerFiles]:
    found = tuple(ContainerFile(path, data, 1.0, mode, uid, uid) for path, data in files)
    return Observed(ContainerFiles("w", "/app", found))


def contained(argument: str | None = None, uid: int | None = 1000, mounts: tuple[Mount, ...] = ()) -> Worker:
    command = ("codechunking", "worker", *(("--config", argument) if argument else ()))
    return worker_of(
        Known.OBSERVED,
        Container("i", "w", ContainerState.RUNNING, command=command, directory="/app", uid=uid, gid=uid, mounts=mounts),
    )


def look_inside(
    target: Target, worker: Worker, files: Observed[ContainerFiles], variables: Environment | None = None
) -> Resolution:
    found = configuration.function(target, worker, variables or Environment({}), files)
    assert isinstance(found, Resolution)
    return found


def test_the_same_file_is_shown_as_the_checkout_s(checkout: Path) -> None:
    found = look_inside(Target(checkout), contained(), inside(("/app/configs/config.yaml", SAME)))

    assert found.where("database.user") == replace(
        Location.file("configs/config.yaml", 1, 18, key="database.user"), detail=None
    )
    assert (found.file.here, found.file.container, found.config_file) == (True, "w", "configs/config.yaml")


def test_a_file_behind_a_bind_mount_is_shown_where_it_lies(checkout: Path, tmp_path: Path) -> None:
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc" / "c.yaml").write_bytes(USER_A)
    worker = contained("/etc/cc/c.yaml", mounts=(Mount("bind", str(tmp_path / "etc"), "/etc/cc"),))

    found = look_inside(Target(checkout), worker, inside(("/etc/cc/c.yaml", USER_A)))

    assert found.where("database.user").path == str(tmp_path / "etc" / "c.yaml")


@pytest.mark.parametrize(
    "files",
    [
        pytest.param(Observed(None, SourceError("no answer")), id="it could not be read"),
        pytest.param(Observed(), id="not asked"),
    ],
)
def test_without_its_files_those_of_the_checkout_stand_in(checkout: Path, files: Observed[ContainerFiles]) -> None:
    found = look_inside(Target(checkout), contained(), files)

    assert (found.value("database.user"), found.file.container) == ("u", None)


def test_a_file_given_to_the_doctor_is_the_one_here(checkout: Path) -> None:
    target = Target(checkout, config_argument="configs/config.yaml")

    found = look_inside(target, contained(), inside(("/app/configs/config.yaml", USER_A)))

    assert (found.value("database.user"), found.file.container) == ("u", None)


def test_another_file_is_the_container_s(checkout: Path) -> None:
    found = look_inside(Target(checkout), contained(), inside(("/app/configs/config.yaml", USER_A)))

    place = found.where("database.user")
    assert found.value("database.user") == "a"
    assert (place.path, place.line, place.detail) == ("/app/configs/config.yaml", 1, "in container w")
    assert found.where("database.name").detail == "not in the file; built-in default; in container w"
    assert (found.file.here, found.file.searched) == (False, ("/app/configs/config.yaml",))


def test_its_own_argument_counts(checkout: Path) -> None:
    files = inside(("/app/configs/config.yaml", SAME), ("/app/configs/prod.yaml", USER_A))

    assert look_inside(Target(checkout), contained("configs/prod.yaml"), files).value("database.user") == "a"


def test_a_file_that_only_the_checkout_has_is_missing(checkout: Path) -> None:
    files = inside(("/app/configs/other.yaml", USER_A), ("/app/configs/config.yaml", None))

    found = look_inside(Target(checkout), contained("configs/config.yaml"), files)

    assert (found.file.loaded, found.file.problem) == (False, FileProblem.MISSING)
    assert found.file.problem_text == "open configs/config.yaml: no such file or directory"
    assert (found.file.where().path, found.file.nearby) == ("/app/configs/config.yaml", ("/app/configs/other.yaml",))


def test_a_search_that_finds_nothing_says_where_it_was(checkout: Path) -> None:
    found = look_inside(Target(checkout), contained(), inside())

    assert found.file.problem_text == 'Config File "config" Not Found in "[/app/configs /app]"'
    assert found.file.where().detail == "in container w"


@pytest.mark.parametrize(
    ("uid", "mode", "owner", "loaded"),
    [
        (1000, 0o644, 0, True),
        (1000, 0o600, 1000, True),
        (0, 0o600, 5, True),
        (None, 0o600, 5, True),
        (1000, 0o600, 0, False),
    ],
)
def test_its_user_must_be_allowed_to_read_it(
    checkout: Path, uid: int | None, mode: int, owner: int, loaded: bool
) -> None:
    found = look_inside(
        Target(checkout), contained(uid=uid), inside(("/app/configs/config.yaml", SAME), mode=mode, uid=owner)
    )

    assert found.file.loaded is loaded
    if not loaded:
        assert found.file.problem_text == "open /app/configs/config.yaml: permission denied"
        assert (found.file.problem, found.file.mode) == (FileProblem.UNREADABLE, 0o600)


def test_the_variables_are_laid_over_its_file(checkout: Path) -> None:
    variable = Variable("CODECHUNK_DATABASE_USER", "v", "worker", Location.env("CODECHUNK_DATABASE_USER"))

    found = look_inside(
        Target(checkout),
        contained(),
        inside(("/app/configs/config.yaml", USER_A)),
        Environment({variable.name: variable}, "worker"),
    )

    assert found.value("database.user") == "v"
