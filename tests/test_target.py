"""How paths are shown."""

from __future__ import annotations

from pathlib import Path

import pytest

from doctor.target import Target, straight


@pytest.mark.parametrize(
    ("directory", "path", "shown"),
    [
        ("a", "configs/config.yaml", "configs/config.yaml"),
        ("a", "{root}/a/w.log", "w.log"),
        ("a", ".", "."),
        ("a", "configs/config.*", "configs/config.*"),
        ("a", "docker:worker", "docker:worker"),
        ("a", "/dev/zero", "/dev/zero"),
        ("a", "{root}/b/w.log", "{root}/b/w.log"),
        ("a", "../w.log", "{root}/w.log"),
        ("a", "../a/w.log", "w.log"),
        ("a", "x/../w.log", "w.log"),
        ("b/../a", "w.log", "w.log"),
        ("b/../a", "{root}/a/w.log", "w.log"),
        ("b/../a", "{root}/b/../w.log", "{root}/w.log"),
        # Above a link is where it leads to.
        ("a", "link/../w.log", "{root}/w.log"),
        ("a", "link/../../x\0", "{root}/x\0"),
    ],
)
def test_a_path_is_relative_below_the_directory_and_absolute_elsewhere(
    directory: str, path: str, shown: str, tmp_path: Path
) -> None:
    (tmp_path / "a" / "x").mkdir(parents=True)
    (tmp_path / "b").mkdir()
    (tmp_path / "a" / "link").symlink_to(tmp_path / "b")

    assert Target(tmp_path / directory).display(path.format(root=tmp_path)) == shown.format(root=tmp_path)


def test_a_path_without_dots_is_left_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path)

    assert straight(tmp_path / "link" / "x") == tmp_path / "link" / "x"
