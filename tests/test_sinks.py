"""Everything that is said goes through a few functions, so that a secret has to get past them."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

# What makes text leave the process, by the last part of its name.
WRITING = ("echo", "secho", "print", "write", "writelines", "write_text", "write_bytes", "dup2", "fdopen")
_MAY_WRITE = re.compile(rf"\b({'|'.join(WRITING)}|open)\(")

# module -> why it may write. Whatever is not here hands a text that was redacted to `doctor.cli.output`.
ALLOWED = {
    "doctor/cli/output.py": "the way out for everything that is said",
    "doctor/cli/__init__.py": "the trace of a bug, redacted right there",
    "doctor/cli/options.py": "help, which is made of our own words",
    "doctor/cli/progress.py": "what the run is waiting for: names of sources and counts of bytes",
    "doctor/cli/showing.py": "by doctor.cli.output",
    "doctor/cli/check.py": "the baseline, of findings that were redacted; by doctor.cli.output",
    "doctor/cli/forge.py": "the summary of a step on GitHub, of a report that was redacted",
    "doctor/bundle/archive.py": "bundles: every file in them was searched for secrets",
    "doctor/bundle/codec.py": "no output: the encoders of facts are called so",
    "doctor/fixing/changes.py": "fixes: the installation's own files, into which its secrets belong",
    "doctor/fixing/system.py": "the same",
    "doctor/fixing/trial.py": "the same, in a private copy",
    "doctor/probe.py": "answers to its own parent process, and the probe file of a directory",
    "doctor/sources/channel.py": "TLS within TLS, in memory",
    "doctor/sources/running/drift.py": "files of a container, in a private directory that is removed again",
}
# Programs for those who work on the doctor, and servers with invented data.
APART = ("doctor/docs/", "doctor/embedded/", "doctor/logs/build.py", "doctor/testing.py")


def modules() -> Iterator[Path]:
    for package in ("doctor", "checks"):
        yield from sorted((ROOT / package).rglob("*.py"))


def writing(source: str) -> list[str]:
    """The calls in a module that write somewhere."""
    if _MAY_WRITE.search(source) is None:
        return []
    calls = (node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call))
    return [f"{call.lineno}: {ast.unparse(call)[:80]}" for call in calls if _writes(call)]


def _writes(call: ast.Call) -> bool:
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    return name in WRITING or (name == "open" and bool(set("wax+") & set(_mode(call))))


def _mode(call: ast.Call) -> str:
    """How a file is opened, empty where no word says so."""
    words = [*call.args[:2], *(each.value for each in call.keywords if each.arg == "mode")]
    texts = [each.value for each in words if isinstance(each, ast.Constant) and isinstance(each.value, str)]
    return next((each for each in texts if 0 < len(each) <= 3 and set(each) <= set("rwaxbt+|")), "")


@pytest.mark.parametrize(
    "source",
    [
        "x = open(p, 'rb')",
        "p.open()",
        "p.read_text()",
        "open(p)",
        "say(text)",
        "archive.open(entry)",
        "s.sendall(b'x')",
    ],
)
def test_reading_is_no_writing(source: str) -> None:
    assert writing(source) == []


@pytest.mark.parametrize(
    "source",
    [
        "print(x)",
        "click.echo(x)",
        "sys.stdout.write(x)",
        "open(p, 'w')",
        "p.open('a', encoding='utf-8')",
        "p.open(mode='xb')",
        "p.write_text(x)",
        "os.write(1, x)",
    ],
)
def test_writing_is_seen(source: str) -> None:
    assert len(writing(source)) == 1


def test_nobody_else_writes() -> None:
    found = {}
    for path in modules():
        name = path.relative_to(ROOT).as_posix()
        if name not in ALLOWED and not name.startswith(APART) and (calls := writing(path.read_text(encoding="utf-8"))):
            found[name] = calls
    assert found == {}, "hand it to doctor.cli.output, redacted; or say here why it needs no redaction"


def test_nothing_is_allowed_that_is_not_done() -> None:
    assert [name for name in ALLOWED if not writing((ROOT / name).read_text(encoding="utf-8"))] == []


# --- what the command line gets is redacted ------------------------------------------------------------------------

# What of the layers below hands on what was observed, all of it redacted; `resolution` is, by who shows it.
REDACTED = {
    "diagnose": "redactor",
    "jobs": "_listed",
    "batches": "_listed",
    "_listed": "redactor",
    "logs": "_asked_for",
    "follow": "_asked_for",
    "_asked_for": "local_redactor",
    "why": "redactor",
    "plan": "redactor",
    "local_redactor": "redactor",
}
UNREDACTED = {
    "examined",
    "resolution",
    "sources",
    "target_of",
    "redactor",
    "summarise",
    "notices",
}


def functions() -> dict[str, ast.FunctionDef]:
    tree = ast.parse((ROOT / "doctor" / "app.py").read_text(encoding="utf-8"))
    return {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}


def _calls(node: ast.AST) -> set[str]:
    return {call.func.id for call in ast.walk(node) if isinstance(call, ast.Call) and isinstance(call.func, ast.Name)}


def test_what_observes_redacts() -> None:
    found = functions()
    for name, through in REDACTED.items():
        assert through in _calls(found[name]), name
    public = {name for name in found if not name.startswith("_")}
    assert public - REDACTED.keys() - UNREDACTED == set(), "say whether it is redacted, and by what"


def test_commands_take_only_what_is_redacted() -> None:
    """No command gets at what was observed by another way than `doctor.app`'s redacted ones."""
    allowed = {
        "doctor/cli/config.py": {"resolution", "redactor"},
        "doctor/cli/__init__.py": {"local_redactor"},
    }
    for path in sorted((ROOT / "doctor" / "cli").glob("*.py")):
        name = path.relative_to(ROOT).as_posix()
        used = {
            node.attr
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "app"
        }
        unredacted = used & (UNREDACTED | {"redactor", "local_redactor"})
        assert unredacted <= allowed.get(name, set()), name
