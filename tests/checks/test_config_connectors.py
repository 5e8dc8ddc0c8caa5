"""config: the entries of `connectors`."""

from __future__ import annotations

import pytest

from checks.config._expand import expand
from checks.config.connector_invalid import connector_invalid

GOOD = {"name": "a", "type": "gitlab", "base_url": "https://gitlab.example.com", "groups": "[g]"}


def connectors(*entries: dict[str, str | None]) -> str:
    """A file with these entries, each laid over a good one; None leaves a field out."""
    lines = ["connectors:"]
    for entry in entries:
        fields = {name: value for name, value in {**GOOD, **entry}.items() if value is not None}
        lines += [
            f"  {'-' if index == 0 else ' '} {name}: {value}" for index, (name, value) in enumerate(fields.items())
        ]
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize(
    ("entries", "found"),
    [
        pytest.param([], [], id="no connectors"),
        pytest.param([{}], [], id="without token"),
        pytest.param([{"auth_token": '""'}], [], id="empty token"),
        pytest.param([{"auth_token": '"${GITLAB_TOKEN}"'}], [], id="variable that is set"),
        pytest.param([{"auth_token": "$GITLAB_TOKEN"}], [], id="the same without braces"),
        pytest.param([{"auth_token": "glpat-plain"}], [], id="literal token"),
        pytest.param([{"groups": None, "projects": "[a/b]"}], [], id="projects only"),
        pytest.param([{}, {"name": "b"}], [], id="two names"),
        pytest.param([{"type": "github"}], ["[0].type"], id="other type"),
        pytest.param([{"type": "GitLab"}], ["[0].type"], id="capitals"),
        pytest.param([{"type": None}], ["[0].type"], id="no type"),
        pytest.param([{"name": "''"}], ["[0].name"], id="no name"),
        pytest.param([{}, {}], ["[1].name"], id="a name twice"),
        pytest.param([{"base_url": None}], ["[0].base_url"], id="no address"),
        pytest.param([{"base_url": "https://g/api/v4"}], ["[0].base_url"], id="address of the API"),
        pytest.param([{"base_url": "https://g/api/v4/"}], ["[0].base_url"], id="the same with a slash"),
        pytest.param([{"groups": None}], ["[0].groups"], id="nothing to look for"),
        pytest.param([{"groups": "[]", "projects": "[]"}], ["[0].groups"], id="empty lists"),
        pytest.param([{"auth_token": '"${UNSET}"'}], ["[0].auth_token"], id="unset variable"),
        pytest.param([{"auth_token": '"${GITLAB_TOKEN:-x}"'}], ["[0].auth_token"], id="no default syntax"),
        pytest.param([{"auth_token": "glpat-a$bc"}], ["[0].auth_token"], id="a dollar inside"),
        pytest.param([{}, {"name": "b", "type": "x", "groups": None}], ["[1].type", "[1].groups"], id="several faults"),
    ],
)
def test_connector_invalid(resolved, entries, found):
    """Each fault of each entry, at its own line."""
    text = connectors(*entries) if entries else ""
    findings = connector_invalid(resolved(text, {"GITLAB_TOKEN": "set"}))

    assert [finding.at.key for finding in findings] == [f"connectors{place}" for place in found]
    assert all(finding.at.path == "configs/config.dev.yaml" and finding.at.line for finding in findings)


@pytest.mark.parametrize("token", ["glpat-hidden$part", '"${UNSET:-hidden-default}"'])
def test_connector_invalid_shows_no_token(resolved, token):
    (finding,) = connector_invalid(resolved(connectors({"auth_token": token})))

    assert "hidden" not in repr(finding)


def test_connector_invalid_names_the_variable_to_export(resolved):
    (finding,) = connector_invalid(resolved(connectors({"auth_token": '"${GITLAB_TOKEN}"'})))

    assert finding.fix.commands == ("export GITLAB_TOKEN='your token'",)


@pytest.mark.parametrize(
    ("text", "expanded"),
    [
        ("plain", "plain"),
        ("$A", "1"),
        ("${A}", "1"),
        ("x$A-y", "x1-y"),
        ("${A:-y}", ""),
        ("$UNSET", ""),
        ("a$UNSETb", "a"),
        ("$", "$"),
        ("a$ b", "a$ b"),
        ("${}", ""),
        ("${A", "A"),
        ("$1A", "A"),
        ("$$A", "A"),
        ("${?}x", "x"),
        ("$é", "$é"),
    ],
)
def test_expand_follows_go(text, expanded):
    """The cases of Go's os.Expand: no defaults, special parameters of one character, bad syntax eaten."""
    assert expand(text, {"A": "1"}) == expanded
