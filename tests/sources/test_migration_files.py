"""What migrate would find in the working directory."""

from __future__ import annotations

from pathlib import Path

import pytest

from doctor.errors import SourceError
from doctor.facts import MigrationFiles
from doctor.sources.migrations import migration_files, touches
from doctor.target import Target


def files(tmp_path: Path, *names: str) -> MigrationFiles:
    (tmp_path / "migrations").mkdir()
    for name in names:
        (tmp_path / "migrations" / name).write_text("", encoding="utf-8")
    return observe(tmp_path)


def observe(tmp_path: Path) -> MigrationFiles:
    found = migration_files.function(Target(tmp_path))
    assert isinstance(found, MigrationFiles)
    return found


def test_files_that_lead_up_and_down(tmp_path: Path) -> None:
    found = files(tmp_path, "000001_a.up.sql", "000001_a.down.sql", "000002_b.up.sql", "000002_b.down.sql")

    assert found == MigrationFiles(numbers=(1, 2))
    assert found.newest == 2


def test_what_migrate_passes_over(tmp_path: Path) -> None:
    found = files(tmp_path, "README.md", "a.up.sql", "000003_c.sql", f"{'9' * 40}_x.up.sql", "4_d.up.sql")

    assert found.numbers == (4,)


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    (tmp_path / "migrations" / "000001_a.up.sql").mkdir(parents=True)

    assert observe(tmp_path) == MigrationFiles()


def test_no_folder(tmp_path: Path) -> None:
    assert observe(tmp_path) == MigrationFiles(exists=False)


def test_a_file_in_its_place(tmp_path: Path) -> None:
    (tmp_path / "migrations").write_text("", encoding="utf-8")

    assert observe(tmp_path) == MigrationFiles(exists=False)


def test_a_folder_that_cannot_be_read_is_a_fact_and_no_failure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("os.scandir", refuse)
    try:
        found = observe(tmp_path)
    except SourceError:
        pytest.fail("the folder is a fact")
    assert found == MigrationFiles(problem="Permission denied")


def test_one_number_twice(tmp_path: Path) -> None:
    found = files(tmp_path, "000005_a.up.sql", "000005_b.up.sql", "000006_c.up.sql")

    assert found.doubled == {5: ("000005_a.up.sql", "000005_b.up.sql")}
    assert found.numbers == (5, 6)


def test_the_plan_names_the_folder(tmp_path: Path) -> None:
    assert touches(Target(tmp_path)).files == ("migrations",)
