"""Paths from the root of the work tree on."""

from __future__ import annotations

import os

import pytest

from doctor.model import Finding, Location, Place
from doctor.report.worktree import Anchor, Worktree
from doctor.sources.worktree import first_file, root_of
from tests.report.forges import WORKTREE

ALONE = Worktree("/srv/app", "/srv/app", "configs/config.yaml")


@pytest.mark.parametrize(
    ("tree", "path", "inside"),
    [
        pytest.param(WORKTREE, "/etc/passwd", None, id="elsewhere"),
        pytest.param(WORKTREE, "/srvx/a", None, id="a name that only begins alike"),
        pytest.param(WORKTREE, "../../etc/a", None, id="climbs out"),
        pytest.param(WORKTREE, "/srv", None, id="the root itself"),
        pytest.param(WORKTREE, "..", None, id="the root by another name"),
        pytest.param(ALONE, "../a.yaml", None, id="beside a directory that is no work tree"),
        pytest.param(WORKTREE, "configs/c.yaml", "codechunking/configs/c.yaml", id="below the directory"),
        pytest.param(WORKTREE, "../other/c.yaml", "other/c.yaml", id="beside the directory"),
        pytest.param(WORKTREE, "/srv/other/./c.yaml", "other/c.yaml", id="absolute, within"),
        pytest.param(ALONE, "configs/c.yaml", "configs/c.yaml", id="the directory is the root"),
        pytest.param(ALONE, "a:b%c d.yaml", "a:b%c d.yaml", id="odd names stay"),
    ],
)
@pytest.mark.skipif(os.name == "nt", reason="paths of another kind")
def test_inside(tree, path, inside):
    assert tree.inside(path) == inside


@pytest.mark.parametrize(
    ("at", "related", "anchor"),
    [
        pytest.param(Location(Place.DATABASE, name="t"), (), None, id="a database"),
        pytest.param(Location.env("A"), (), None, id="a variable of a shell"),
        pytest.param(Location.directory("work"), (), None, id="a directory"),
        pytest.param(Location.file("/app/configs/c.yaml", 3), (), None, id="a file in a container"),
        pytest.param(Location.file("c.yaml", 3, 4), (), Anchor("codechunking/c.yaml", 3, 4), id="a line"),
        pytest.param(Location.env("A", path=".env", line=2), (), Anchor("codechunking/.env", 2), id="a dotenv line"),
        pytest.param(
            Location.env("A"), (Location.file("c.yaml", 9),), Anchor("codechunking/c.yaml", 9), id="a related place"
        ),
    ],
)
def test_where_a_finding_is_shown(at, related, anchor):
    finding = Finding("x", at, related=related)

    assert WORKTREE.anchor(finding) == anchor
    assert WORKTREE.somewhere(finding) == (anchor or Anchor(WORKTREE.stand_in, exact=False))


def test_the_root_is_the_nearest_directory_with_git(tmp_path):
    below = tmp_path / "checkout" / "deploy" / "app"
    below.mkdir(parents=True)
    assert root_of(below) is None or root_of(below) not in (below, *below.parents[:2])

    (tmp_path / "checkout" / ".git").mkdir()
    assert root_of(below) == tmp_path / "checkout"

    (below / ".git").write_text("gitdir: elsewhere\n", encoding="utf-8")
    assert root_of(below) == below


def test_the_first_file_that_is_there(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "b").touch()

    assert first_file(tmp_path, ["none"]) is None
    assert first_file(tmp_path, ["none", "a", "b"]) == "b"
