"""environment.git-credential-stops-clone: a token that is meant to help and prevents the clone."""

from __future__ import annotations

from collections.abc import Iterator

from checks.environment._removal import unset
from doctor.api import Finding, IfObserved, Location, Severity, check, facts

ANY_HOST = ("GIT_TOKEN", "SSH_KEY_PATH")
# The program looks for these words anywhere in a repository's address.
HOSTS = {"GITHUB_TOKEN": "github.com", "GITLAB_TOKEN": "gitlab.com"}
# Who sets a token of its own for every job it runs.
RUNNERS = {"GITHUB_TOKEN": "GITHUB_ACTIONS", "GITLAB_TOKEN": "GITLAB_CI"}


@check(
    id="environment.git-credential-stops-clone",
    title="A git credential keeps the worker from cloning",
    severity=(Severity.ERROR, Severity.WARNING, Severity.NOTE),
    explains=("logs.clone-skipped", "logs.nothing-to-embed"),
)
def git_credential_stops_clone(
    config: facts.Resolution,
    environment: facts.Environment,
    worker: facts.Worker,
    stored: IfObserved[facts.StoredHosts],
) -> Iterator[Finding]:
    """
    Look for the variables that give the worker a credential for git.

    `GIT_TOKEN` and `SSH_KEY_PATH` count for every repository, `GITHUB_TOKEN` for addresses with github.com in them,
    `GITLAB_TOKEN` for those with gitlab.com. The latter two are a warning as long as no connector and, where the
    database is looked at, no living repository has such an address, and all of them a note when nothing but this shell
    has them and no worker was found.

    Why it matters: with a credential for the host the worker reports a successful clone without running git, finds an
    empty directory, and the job fails.

    Silent when: the variable is empty; it is `GITLAB_TOKEN` and all connectors are for GitLab servers of one's own;
    it is the token that a CI runner gives to its own jobs. Workers built before 2026-04-26 clone all the same.

    How to fix: unset the variable for the worker. The API can keep it, where a connector's `auth_token` asks for it.
    """
    for name in (*ANY_HOST, *HOSTS):
        if environment.get(name) is None or _runners_own(environment, name):
            continue
        places = _connectors(config, HOSTS[name]) if name in HOSTS else []
        there = stored.value is not None and HOSTS.get(name) in stored.value.hosts
        if name == "GITLAB_TOKEN" and config.connectors and not places and not there:
            continue
        certain = name in ANY_HOST or bool(places) or there
        yield Finding(
            f"{name} is set, {_effect(name)}",
            at=environment.where(name),
            related=tuple(places),
            severity=_severity(environment, worker, name, certain=certain),
            fix=unset(environment, worker, name, keep="The API may keep it for its connectors."),
        )


def _runners_own(environment: facts.Environment, name: str) -> bool:
    """Whether a CI runner set it for the job that the doctor runs in; a worker that was found has it for real."""
    runner = RUNNERS.get(name)
    return environment.base != "worker" and runner is not None and environment.get(runner) is not None


def _connectors(config: facts.Resolution, host: str) -> list[Location]:
    """The connectors whose repositories have addresses with this host in them."""
    return [each.location for each in config.connectors if host in str(each.fields["base_url"].value or "").lower()]


def _effect(name: str) -> str:
    which = f"so repositories of {HOSTS[name]}" if name in HOSTS else "so repositories"
    if name == "SSH_KEY_PATH":
        which = "so repositories for which there is no token"
    return f"{which} are not cloned"


def _severity(environment: facts.Environment, worker: facts.Worker, name: str, *, certain: bool) -> Severity:
    unsure = worker.assumed or worker.kind is facts.Habitat.CONTAINER
    if unsure and environment.variables[name].layer == "shell":
        return Severity.NOTE
    return Severity.ERROR if certain else Severity.WARNING
