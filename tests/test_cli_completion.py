"""`completion`: what is offered for what is typed, and that real shells understand it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.shell_completion import BashComplete, CompletionItem
from click.testing import CliRunner

from doctor.cli import PROGRAM, main
from doctor.cli.completing import OFFERS, declared, offer_of
from doctor.cli.completion import SHELLS, VARIABLE
from doctor.registry import installed
from tests.report.schemas import validate

ROOT = Path(__file__).parent.parent


def offered(*typed: str) -> list[CompletionItem]:
    """What is offered for the last word."""
    *before, incomplete = typed
    return BashComplete(main, {}, PROGRAM, VARIABLE).get_completions(list(before), incomplete)


def words(*typed: str) -> list[str]:
    return [each.value for each in offered(*typed)]


# --- what is offered


@pytest.mark.parametrize(
    "typed",
    [
        pytest.param(["check", "--only", "nope"], id="no such check"),
        pytest.param(["nope"], id="no such command"),
        pytest.param(["explain", "config.batch-off", ""], id="no second argument"),
        pytest.param(["why", "--job", ""], id="an id of a job"),
        pytest.param(["check", "--env", "X"], id="a variable"),
        pytest.param(["list", "--fail"], id="an option that it does not show"),
        pytest.param(["check", "--fail-on", "warming"], id="no such threshold"),
    ],
)
def test_nothing_to_offer(typed):
    assert words(*typed) == []


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        pytest.param(["ch"], ["check"], id="a command"),
        pytest.param(["config", "s"], ["show"], id="a command below another"),
        pytest.param(["check", "--fail"], ["--fail-on"], id="an option"),
        pytest.param(["--fail-on", ""], ["error", "warning", "note", "never"], id="before the command"),
        pytest.param(["check", "--format", "j"], ["json", "junit"], id="a format"),
        pytest.param(["why", "--format", ""], ["text", "json"], id="a format of another command"),
        pytest.param(["check", "--output", "js"], ["json="], id="a format for a file"),
        pytest.param(["check", "--only", "config.batch-o"], ["config.batch-off"], id="a check to run"),
        pytest.param(
            ["--skip", "gui"], ["guide", "guide.script-incomplete", "guide.script-not-executable"], id="family"
        ),
        pytest.param(["explain", "config.batch-o"], ["config.batch-off"], id="a check to explain"),
        pytest.param(["list", "config", "open"], ["openai", "openai.endpoint"], id="a further family"),
        pytest.param(["fix", "--unsafe", "nats.au"], ["nats.auth"], id="a fix to take in"),
        pytest.param(["config", "show", "api.po"], ["api.port"], id="a key"),
        pytest.param(["completion", ""], list(SHELLS), id="a shell"),
        pytest.param(["check", "--worker", ""], ["auto", "host", "pid:", "docker:"], id="a worker"),
        pytest.param(["jobs", "--status", "f"], ["failed"], id="a status"),
        pytest.param(["batches", "list", "--state", "C"], ["COMPLETED", "CANCELLED"], id="a state"),
        pytest.param(["check", "--wait", "2"], ["2m"], id="a time"),
    ],
)
def test_offered(typed, expected):
    assert words(*typed) == expected


@pytest.mark.parametrize(
    ("typed", "kind"),
    [
        (["--dir", "x"], "dir"),
        (["check", "--config", "x"], "file"),
        (["check", "--env-file", ""], "file"),
        (["check", "--logs", ""], "file"),
        (["check", "--baseline", ""], "file"),
        (["check", "--from-bundle", ""], "file"),
        (["logs", "x"], "file"),
        (["bundle", ""], "file"),
        (["diff", ""], "file"),
        (["diff", "a", ""], "file"),
    ],
)
def test_where_files_are_meant_the_shell_is_asked(typed, kind):
    assert [(each.type, each.value) for each in offered(*typed)] == [(kind, typed[-1])]


def test_the_checks_that_are_offered_are_those_there_are():
    assert dict(declared()) == {check.id: check.title for check in installed().checks}


def test_every_place_holder_means_something_or_is_known_to_mean_nothing():
    unknown = {"NAME=VALUE", "TIME", "ID", "JOB", "NAME", "N", "STATUS", "SEVERITY", "SHELL"}
    seen: set[str] = set()

    def collect(command: click.Command) -> None:
        ctx = click.Context(command, info_name=command.name)
        for each in command.get_params(ctx):
            if each.metavar is not None and offer_of(each) is None:
                seen.add(each.metavar.strip("[]."))
        for name in command.list_commands(ctx) if isinstance(command, click.Group) else ():
            below = command.get_command(ctx, name)
            assert below is not None
            collect(below)

    collect(main)
    assert seen <= unknown, "say in OFFERS what is offered for it, or here that nothing is"
    assert not seen & OFFERS.keys()


def test_a_family_that_cannot_be_found_is_left_out(monkeypatch):
    from importlib import metadata

    entry = metadata.EntryPoint("gone", "there.is.none", "codechunk_doctor.checks")
    monkeypatch.setattr(metadata, "entry_points", lambda **_: [entry])

    assert list(declared()) == []


# --- the command


@pytest.mark.parametrize("shell", SHELLS)
def test_the_script(shell):
    done = CliRunner().invoke(main, ["completion", shell])
    document = validate(CliRunner().invoke(main, ["completion", shell, "--format", "json"]).stdout, "completion")

    assert (done.exit_code, done.stderr) == (0, "")
    assert VARIABLE in done.stdout
    assert (document["shell"], document["script"]) == (shell, done.stdout)


@pytest.mark.parametrize("arguments", [["bsh"], [], ["bash", "zsh"]])
def test_no_such_shell(arguments):
    done = CliRunner().invoke(main, ["completion", *arguments])

    assert (done.exit_code, done.stdout) == (2, "")


# --- in real shells


@pytest.fixture
def path(tmp_path: Path) -> str:
    """A search path on which the program is."""
    program = tmp_path / "bin" / PROGRAM
    program.parent.mkdir()
    program.write_text(
        f"#!{sys.executable}\nimport sys\nsys.path.insert(0, {str(ROOT)!r})\nfrom doctor.__main__ import run\nrun()\n"
    )
    program.chmod(0o755)
    return f"{program.parent}{os.pathsep}{os.environ['PATH']}"


def in_shell(shell: str, script: str, path: str, *options: str) -> list[str]:
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not installed: apt-get install {shell}")
    done = subprocess.run(
        [shell, *options, "-c", script], capture_output=True, text=True, env={**os.environ, "PATH": path}, timeout=60
    )
    assert done.stderr == ""
    return done.stdout.split("\n")[:-1]


BASH = """\
eval "$(codechunk-doctor completion bash)"
complete -p codechunk-doctor | grep -q _codechunk_doctor_completion || echo not registered
COMP_WORDS=(codechunk-doctor {typed}); COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1))
_codechunk_doctor_completion codechunk-doctor
printf '%s\\n' "${{COMPREPLY[@]}}"
"""
ZSH = """\
autoload -U compinit; compinit -D -u
eval "$(codechunk-doctor completion zsh)"
print -r -- "${{_comps[codechunk-doctor]}}"
_describe() {{ shift 2; for each in "${{(@P)1}}"; do print -r -- "${{each%%:*}}"; done }}
compadd() {{ print -r -l -- "${{completions[@]}}" }}
words=(codechunk-doctor {typed}); CURRENT=${{#words}}
_codechunk_doctor_completion
"""
FISH = """\
codechunk-doctor completion fish | source
complete -C "codechunk-doctor {typed}"
"""
HEAVY = {"checks.config", "pydantic", "psycopg", "ruamel", "doctor.facts", "doctor.app"}
CASES = [
    ("explain config.batch-o", ["config.batch-off"]),
    ("check --fail-on n", ["never", "note"]),
    ("compl", ["completion"]),
]


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="there are no such shells")
@pytest.mark.parametrize(("typed", "expected"), CASES)
def test_bash(path, typed, expected):
    assert sorted(in_shell("bash", BASH.format(typed=typed), path, "--norc")) == expected


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="there are no such shells")
@pytest.mark.parametrize(("typed", "expected"), CASES)
def test_zsh(path, typed, expected):
    registered, *found = in_shell("zsh", ZSH.format(typed=typed), path, "-f")

    assert (registered, sorted(found)) == ("_codechunk_doctor_completion", expected)


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="there are no such shells")
@pytest.mark.parametrize(("typed", "expected"), CASES)
def test_fish(path, tmp_path, typed, expected):
    found = in_shell("fish", FISH.format(typed=typed), path, "--no-config")

    assert sorted(line.split("\t")[0] for line in found) == expected


@pytest.mark.slow
def test_it_imports_no_family_and_nothing_heavy(path):
    script = (
        "import sys, os\n"
        f"os.environ.update(COMP_WORDS='codechunk-doctor explain conf', COMP_CWORD='2', {VARIABLE}='bash_complete')\n"
        "from doctor.cli import main\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        f"print(sorted({HEAVY!r} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=ROOT, check=True)

    assert done.stdout.splitlines()[-1] == "[]"
