"""What makes a finding the same one in another run."""

from __future__ import annotations

from dataclasses import replace

import pytest

from doctor.identity import about, identity
from doctor.model import Evidence, Finding, Fix, Location, Place, Severity, Suppression

AT = Location.file("configs/config.yaml", 3, 7, key="log.level", detail="3 of 7")
FINDING = Finding("3 of 7 are wrong", at=AT, severity=Severity.ERROR)


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(replace(FINDING, at=replace(AT, line=99, column=1)), id="another line"),
        pytest.param(replace(FINDING, at=replace(AT, line=None, column=None)), id="no line"),
        pytest.param(replace(FINDING, at=replace(AT, detail="4 of 7")), id="another count in the detail"),
        pytest.param(replace(FINDING, message="4 of 7 are wrong"), id="another count in the message"),
        pytest.param(replace(FINDING, severity=Severity.NOTE), id="another severity"),
        pytest.param(replace(FINDING, related=(Location.env("X"),)), id="other related places"),
        pytest.param(replace(FINDING, evidence=(Evidence("log", "x"),)), id="evidence"),
        pytest.param(replace(FINDING, fix=Fix("x"), note="y"), id="another fix"),
        pytest.param(replace(FINDING, suppressed=Suppression("ignore", "x")), id="suppressed"),
    ],
)
def test_the_same_thing_is_the_same(other: Finding) -> None:
    assert identity("a.b", other) == identity("a.b", FINDING)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param(Location.env("A", path="/a/.env", line=1), Location.env("A"), id="where a variable is written"),
        pytest.param(Location(Place.LOG, path="a.log", line=1), Location(Place.LOG, path="b.log.1"), id="log rotated"),
        pytest.param(
            Location(Place.PROCESS, name="pid:12"), Location(Place.PROCESS, name="pid:34"), id="worker started anew"
        ),
        pytest.param(
            Location.directory("/a", key="gemini.batch.output_dir"),
            Location.directory("/b", key="gemini.batch.output_dir"),
            id="the value of a key",
        ),
        pytest.param(
            Location(Place.DATABASE, name="t", detail="3 rows"),
            Location(Place.DATABASE, name="t", detail="4 rows"),
            id="a count of rows",
        ),
    ],
)
def test_what_differs_between_machines_and_days_does_not_count(one: Location, other: Location) -> None:
    assert about(one) == about(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param(AT, replace(AT, key="log.format"), id="key"),
        pytest.param(AT, replace(AT, path="configs/config.dev.yaml"), id="file"),
        pytest.param(AT, Location.env("CODECHUNK_LOG_LEVEL", key="log.level"), id="a variable in place of a file"),
        pytest.param(Location.env("A"), Location.env("B"), id="variable"),
        pytest.param(Location.directory("/a"), Location.directory("/b"), id="directory"),
        pytest.param(Location(Place.CONTAINER, name="a"), Location(Place.CONTAINER, name="b"), id="container"),
        pytest.param(
            Location(Place.DATABASE, name="t", detail="id 1"),
            Location(Place.DATABASE, name="t", detail="id 2"),
            id="row",
        ),
        pytest.param(
            Location(Place.DATABASE, name="repository", detail="1"),
            Location(Place.DATABASE, name="repository", detail="2"),
            id="repository",
        ),
        # A name that tries to look like two words.
        pytest.param(Location.env("A", key="k"), Location.env("A key=k"), id="blank in a name"),
        pytest.param(Location.file("a", key='"'), Location.file('a key="\\""'), id="quotes"),
    ],
)
def test_another_thing_is_another_one(one: Location, other: Location) -> None:
    assert about(one) != about(other)


def test_it_can_be_read() -> None:
    assert identity("a.b", FINDING) == "a.b kind=file path=configs/config.yaml key=log.level"
    assert about(Location.file("my file\n")) == 'kind=file path="my file\\n"'


def test_checks_are_told_apart() -> None:
    assert identity("a.b", FINDING) != identity("a.c", FINDING)
