"""environment: variables that other libraries read."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from checks.environment.gemini_redirected import gemini_redirected
from checks.environment.git_credential_stops_clone import git_credential_stops_clone
from checks.environment.postgres_variable import postgres_variable
from doctor.errors import SourceError
from doctor.facts import Drivers, StoredHosts
from doctor.model import Finding, Location, Severity
from doctor.needs import IfObserved
from doctor.sources.environment import drivers
from doctor.target import Target
from tests.checks.environments import CONTAINER, GIVEN, HERE, RUNNING, UNSEEN_CONTAINER, variables

GITLAB = "connectors: [{name: a, type: gitlab, base_url: 'https://gitlab.com', groups: [g]}]"
OWN = "connectors: [{name: a, type: gitlab, base_url: 'https://git.example.com', groups: [g]}]"
BOTH = (
    "connectors: [{name: a, type: gitlab, base_url: 'https://git.example.com', groups: [g]},"
    " {name: b, type: gitlab, base_url: 'https://GitLab.com/', groups: [g]}]"
)
# The program looks for the word anywhere in the address.
LOOKS_LIKE = "connectors: [{name: a, type: gitlab, base_url: 'https://gitlab.company.com', groups: [g]}]"


UNSEEN: IfObserved[StoredHosts] = IfObserved(None, SourceError("not asked"))


@pytest.mark.parametrize(
    ("name", "hosts", "severity"),
    [
        ("GITHUB_TOKEN", (), Severity.WARNING),
        ("GITHUB_TOKEN", ("gitlab.com",), Severity.WARNING),
        ("GITHUB_TOKEN", ("github.com",), Severity.ERROR),
        ("GITLAB_TOKEN", ("github.com", "gitlab.com"), Severity.ERROR),
    ],
)
def test_repositories_in_the_database_make_it_certain(resolved, name, hosts, severity):
    stored = IfObserved(StoredHosts(hosts))

    (finding,) = git_credential_stops_clone(resolved(), variables({name: "hunter2"}), RUNNING, stored)

    assert finding.severity is severity


@pytest.mark.parametrize(
    ("text", "env", "layer", "worker", "found"),
    [
        pytest.param("", {}, "worker", RUNNING, [], id="none"),
        pytest.param("", {"GIT_TOKEN": "", "GITLAB_TOKEN": ""}, "worker", CONTAINER, [], id="empty, as from compose"),
        pytest.param("", {"GIT_USERNAME": "x", "SSH_KEY_PASSPHRASE": "x"}, "worker", RUNNING, [], id="companions"),
        pytest.param("", {"SSH_AUTH_SOCK": "/x", "GIT_SSH_COMMAND": "ssh"}, "worker", RUNNING, [], id="of git itself"),
        pytest.param(OWN, {"GITLAB_TOKEN": "x"}, "worker", RUNNING, [], id="GitLab of one's own"),
        pytest.param("", {"GITHUB_TOKEN": "x", "GITHUB_ACTIONS": "true"}, "shell", HERE, [], id="GitHub's runner"),
        pytest.param("", {"GITLAB_TOKEN": "x", "GITLAB_CI": "true"}, "shell", HERE, [], id="GitLab's runner"),
        pytest.param("", {"GITHUB_TOKEN": "x", "GITHUB_ACTIONS": "true"}, "--env", HERE, [], id="a runner's, by --env"),
        pytest.param("", {"GIT_TOKEN": "x"}, "worker", RUNNING, ["error GIT_TOKEN"], id="any host"),
        pytest.param("", {"SSH_KEY_PATH": "/x"}, "worker", CONTAINER, ["error SSH_KEY_PATH"], id="ssh"),
        pytest.param("", {"GIT_TOKEN": "x"}, "--env", HERE, ["error GIT_TOKEN"], id="said to be the worker's"),
        pytest.param("", {"GIT_TOKEN": "x"}, "--env-file", HERE, ["error GIT_TOKEN"], id="in the env file"),
        pytest.param("", {"GIT_TOKEN": "x"}, "shell", GIVEN, ["error GIT_TOKEN"], id="--worker host"),
        pytest.param("", {"GIT_TOKEN": "x"}, "shell", HERE, ["note GIT_TOKEN"], id="only this shell"),
        pytest.param("", {"GIT_TOKEN": "x"}, "shell", UNSEEN_CONTAINER, ["note GIT_TOKEN"], id="not the container's"),
        pytest.param("", {"GITHUB_TOKEN": "x"}, "worker", RUNNING, ["warning GITHUB_TOKEN"], id="perhaps github.com"),
        pytest.param("", {"GITLAB_TOKEN": "x"}, "worker", RUNNING, ["warning GITLAB_TOKEN"], id="perhaps gitlab.com"),
        pytest.param(GITLAB, {"GITLAB_TOKEN": "x"}, "worker", RUNNING, ["error GITLAB_TOKEN"], id="gitlab.com"),
        pytest.param(BOTH, {"GITLAB_TOKEN": "x"}, "worker", RUNNING, ["error GITLAB_TOKEN"], id="one of two"),
        pytest.param(LOOKS_LIKE, {"GITLAB_TOKEN": "x"}, "worker", RUNNING, ["error GITLAB_TOKEN"], id="a part of it"),
        pytest.param(GITLAB, {"GITLAB_TOKEN": "x"}, "shell", HERE, ["note GITLAB_TOKEN"], id="gitlab.com, this shell"),
        pytest.param(GITLAB, {"GITHUB_TOKEN": "x"}, "worker", RUNNING, ["warning GITHUB_TOKEN"], id="the other host"),
        pytest.param("", {"GITHUB_TOKEN": "x", "GITHUB_ACTIONS": "true"}, "worker", RUNNING, ["warning GITHUB_TOKEN"],
                     id="a worker inside a runner"),
        pytest.param("", {"GIT_TOKEN": "x", "GITHUB_ACTIONS": "true"}, "--env", HERE, ["error GIT_TOKEN"],
                     id="no runner sets GIT_TOKEN"),
    ],
)  # fmt: skip
def test_git_credential_stops_clone(resolved, text, env, layer, worker, found):
    """A credential for the host, in the environment of the worker."""
    findings = git_credential_stops_clone(resolved(text), variables(env, layer), worker, UNSEEN)

    assert [f"{each.severity.value} {each.at.name}" for each in findings] == found


@pytest.mark.parametrize(
    ("name", "which"),
    [
        ("GIT_TOKEN", "so repositories are"),
        ("SSH_KEY_PATH", "so repositories for which there is no token are"),
        ("GITHUB_TOKEN", "so repositories of github.com are"),
    ],
)
def test_which_repositories_are_not_cloned(resolved, name, which):
    (finding,) = git_credential_stops_clone(resolved(), variables({name: "x"}), RUNNING, UNSEEN)

    assert finding.message == f"{name} is set, {which} not cloned"


def test_the_connector_is_named(resolved):
    (finding,) = git_credential_stops_clone(resolved(GITLAB), variables({"GITLAB_TOKEN": "hunter2"}), RUNNING, UNSEEN)

    assert [place.key for place in finding.related] == ["connectors[0]"]
    assert "hunter2" not in repr(finding)


# --- Gemini ----------------------------------------------------------------------------------------------------

VERTEX, ADDRESS = "GOOGLE_GENAI_USE_VERTEXAI", "GOOGLE_GEMINI_BASE_URL"


@pytest.mark.parametrize(
    ("text", "env", "found"),
    [
        pytest.param("", {}, [], id="none"),
        pytest.param("", {VERTEX: "", ADDRESS: ""}, [], id="empty"),
        pytest.param("", {VERTEX: "0"}, [], id="0"),
        pytest.param("", {VERTEX: "false"}, [], id="false"),
        pytest.param("", {VERTEX: "yes"}, [], id="neither 1 nor true"),
        pytest.param("embedding: {provider: openai}", {VERTEX: "1", ADDRESS: "http://x"}, [], id="provider openai"),
        pytest.param("", {ADDRESS: "https://generativelanguage.googleapis.com/"}, [], id="Google"),
        pytest.param("", {ADDRESS: "https://europe.googleapis.com:443/v1"}, [], id="another host of Google's"),
        pytest.param("", {VERTEX: "1"}, [f"error {VERTEX}"], id="1"),
        pytest.param("", {VERTEX: "true"}, [f"error {VERTEX}"], id="true"),
        pytest.param("", {VERTEX: "True"}, [f"error {VERTEX}"], id="True"),
        pytest.param("", {ADDRESS: "http://localhost:8080"}, [f"warning {ADDRESS}"], id="this host"),
        pytest.param("", {ADDRESS: "https://googleapis.com.example.com/"}, [f"warning {ADDRESS}"], id="only looks so"),
        pytest.param("", {ADDRESS: "https://x/?.googleapis.com"}, [f"warning {ADDRESS}"], id="only mentions it"),
        pytest.param("", {VERTEX: "1", ADDRESS: "http://x"}, [f"error {VERTEX}", f"warning {ADDRESS}"], id="both"),
    ],
)
def test_gemini_redirected(resolved, text, env, found):
    """Another server than Google's Gemini API."""
    findings = gemini_redirected(resolved(text), variables(env), HERE)

    assert [f"{each.severity.value} {each.at.name}" for each in findings] == found


def test_the_host_is_shown_and_nothing_else(resolved):
    env = {ADDRESS: "https://user:hunter2@proxy.example.com:8443/x?key=hunter3"}

    (finding,) = gemini_redirected(resolved(), variables(env), HERE)

    assert "proxy.example.com," in finding.message
    assert "hunter" not in repr(finding)


# --- PostgreSQL ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sslmode", "env", "found"),
    [
        pytest.param("disable", {}, [], id="none"),
        pytest.param("disable", {"PGHOST": "x", "PGPORT": "1", "PGUSER": "u", "PGPASSWORD": "p", "PGDATABASE": "d"}, [],
                     id="the string comes first"),
        pytest.param("disable", {"PGSSLMODE": "verify-full"}, [], id="so it does for sslmode"),
        pytest.param("disable", {"PGAPPNAME": "a", "PGTZ": "UTC", "PGCONNECT_TIMEOUT": "3"}, [], id="harmless"),
        pytest.param("disable", {"PGOPTIONS": "-c search_path=public"}, [], id="options"),
        pytest.param("disable", {"PGDATA": "/var/lib/postgresql"}, [], id="the server's"),
        pytest.param("disable", {"PGPASSFILE": "/nowhere"}, [], id="no password file is needed"),
        pytest.param("disable", {"PGSSLCERT": "/nowhere"}, [], id="no TLS, so no certificate"),
        pytest.param("require", {"PGSSLROOTCERT": ""}, [], id="empty"),
        pytest.param("disable", {"PGSERVICE": "mine"}, ["error PGSERVICE"], id="a service"),
        pytest.param("disable", {"PGSSLROOTCERT": "/nowhere"}, ["error PGSSLROOTCERT"], id="no such file"),
        pytest.param("require", {"PGSSLCERT": "/nowhere"}, ["error PGSSLCERT"], id="a certificate without a key"),
        pytest.param("disable", {"PGCONNECT_TIMEOUT": "3s"}, ["error PGCONNECT_TIMEOUT"], id="not a number"),
        pytest.param("disable", {"PGTARGETSESSIONATTRS": "master"}, ["error PGTARGETSESSIONATTRS"], id="unknown word"),
        pytest.param("disable", {"PGHOSTADDR": "127.0.0.1"}, ["warning PGHOSTADDR"], id="only lib/pq refuses"),
        pytest.param("disable", {"PGSERVICEFILE": "/x"}, ["warning PGSERVICEFILE"], id="a service file alone"),
        pytest.param("disable", {"PGCLIENTENCODING": "latin1"}, ["warning PGCLIENTENCODING"], id="encoding"),
        pytest.param("disable", {"PGSSLROOTCERT": "system"}, ["warning PGSSLROOTCERT"], id="turns TLS on"),
        pytest.param("disable", {"PGSERVICE": "a", "PGSSLROOTCERT": "/nowhere"},
                     ["error PGSERVICE", "error PGSSLROOTCERT"], id="two, each enough"),
        pytest.param("disable", {"PGSERVICE": "a", "PGAPPNAME": "b"}, ["error PGSERVICE"], id="one of two"),
        pytest.param("disable", {"PGSERVICE": "a", "PGHOSTADDR": "b"}, ["error PGSERVICE", "warning PGHOSTADDR"],
                     id="each its own"),
    ],
)  # fmt: skip
def test_postgres_variable(tmp_path, resolved, sslmode, env, found):
    """What pgx and lib/pq make of the environment."""
    environment = variables(env)
    config = resolved(f"database: {{user: u, password: p, sslmode: {sslmode}}}")
    fact = drivers.function(Target(tmp_path), HERE, environment, config)

    findings = postgres_variable(fact, environment, HERE)

    assert [f"{each.severity.value} {each.at.name}" for each in findings] == found


def reading(**drivers):
    """What each driver makes of the string: a host, or after a `!` why it refuses it."""
    good = {"pgx": "a", "pq": "a", **drivers}
    return SimpleNamespace(
        **{name: {"error": f"`dsn`: {said[1:]}"} if said[0] == "!" else {"host": said} for name, said in good.items()}
    )


@pytest.mark.parametrize("driver", ["pgx", "pq"])
@pytest.mark.parametrize(
    ("bare", "every", "alone", "without", "said"),
    [
        pytest.param("a", "a", "a", "a", None, id="nothing"),
        pytest.param("a", "a", "b", "b", None, id="two that make up for each other"),
        pytest.param("a", "b", "a", "b", None, id="another one does it"),
        pytest.param("a", "!x", "a", "!x", None, id="another one is refused"),
        pytest.param("!x", "!x", "!x", "!x", None, id="refused anyway"),
        pytest.param("a", "b", "a", "a", "its host is not", id="with another one"),
        pytest.param("a", "b", "b", "b", "its host is not", id="as another one"),
        pytest.param("a", "!x", "a", "a", "refuse the connection: x", id="refused with another one"),
        pytest.param("a", "!x", "!y", "!x", "refuse the connection: y", id="refused as another one"),
    ],
)
def test_one_variable_among_others(driver, bare, every, alone, without, said):
    readings = [reading(**{driver: each}) for each in (bare, every, alone, without)]
    fact = Drivers(readings[0], readings[1], {"PGX": readings[2]}, {"PGX": readings[3]})
    findings = postgres_variable(fact, variables({"PGX": "x"}), HERE)

    assert [said in each.message for each in findings] == ([True] if said else [])


@pytest.mark.parametrize(
    ("rule", "at", "expected"),
    [
        ("config.dsn-misread", Location.file("c.yaml", 3, key="database.password"), True),
        ("config.dsn-misread", Location.file("c.yaml", 3, key="gemini.model"), False),
        ("config.dsn-misread", Location.file("c.yaml", 3), False),
        ("config.sslmode", Location.env("PGSSLROOTCERT"), True),
        ("config.sslmode", Location.env("PGHOST"), False),
        ("config.sslmode", Location.file("c.yaml", 3), False),
    ],
)
def test_what_explains_it(rule, at, expected):
    (when,) = (each.when for each in postgres_variable.explained_by if rule in each.checks)
    place = Location.env("PGHOST")

    settings = rule == "config.dsn-misread"
    assert when(Finding("x", at if settings else place), Finding("y", place if settings else at)) is expected


def test_a_string_that_is_refused_anyway(tmp_path, resolved):
    """What breaks it is said elsewhere."""
    environment = variables({"PGSERVICE": "x"})
    config = resolved('database: {user: u, password: "\'open"}')

    assert postgres_variable(drivers.function(Target(tmp_path), HERE, environment, config), environment, HERE) == ()


def test_the_drivers_reason_without_the_string(tmp_path, resolved):
    environment = variables({"PGSSLROOTCERT": "nowhere.crt"})
    config = resolved("database: {user: u, password: hunter2}")

    (finding,) = postgres_variable(drivers.function(Target(tmp_path), HERE, environment, config), environment, HERE)

    assert finding.message == (
        "PGSSLROOTCERT makes the API and the worker refuse the connection: "
        "failed to configure TLS (unable to read CA file: open nowhere.crt: no such file or directory)"
    )
    assert "hunter2" not in repr(finding)
