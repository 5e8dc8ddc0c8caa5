"""
What a page shows of a terminal: commands that are typed in a copy of a fixture, and what they answer.

A page says `<!-- session: FIXTURE NAME=VALUE... -->`; in the ```console blocks below, lines that begin with `$ ` are
commands (`> ` goes on with one), the others what is said. A line of `...` stands for any lines. All commands of a
session work in the same directory.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
PLACE = "/srv/codechunking"
_SESSION = re.compile(r"<!-- session: (\S+)((?: \w+=\S+)*) -->")
_BLOCK = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_COMMAND = re.compile(r"^\$ (.*(?:\n> .*)*)\n((?:(?!\$ ).*\n)*)", re.MULTILINE)


@dataclass
class Step:
    """A command, and what the page says that it answers."""

    typed: str
    said: str

    @property
    def script(self) -> str:
        """As a shell gets it."""
        return self.typed.replace("\n> ", "\n")


@dataclass
class Session:
    """The steps of a session, in blocks as the page has them."""

    fixture: str
    variables: dict[str, str]
    blocks: list[list[Step]]


def sessions(text: str) -> list[Session]:
    """All of a page."""
    marks = list(_SESSION.finditer(text))
    ends = [mark.start() for mark in marks[1:]] + [len(text)] * bool(marks)
    return [
        Session(
            mark[1],
            dict(each.split("=", 1) for each in mark[2].split()),
            [
                [Step(*each.groups()) for each in _COMMAND.finditer(block[1])]
                for block in _BLOCK.finditer(text, mark.end(), end)
            ],
        )
        for mark, end in zip(marks, ends, strict=True)
    ]


@contextmanager
def place(fixture: str) -> Iterator[Path]:
    """A copy whose path is as long as the one that the pages show, as lines are broken by length."""
    with tempfile.TemporaryDirectory(prefix="docs", dir="/tmp") as directory:
        assert len(directory) == len(PLACE)
        shutil.copytree(ROOT / "fixtures" / fixture / "root", directory, dirs_exist_ok=True)
        yield Path(directory)


def play(session: Session, directory: Path) -> Iterator[tuple[Step, str]]:
    """Each step with what it really answers, on both streams as a terminal shows them."""
    kept = {name: os.environ[name] for name in ("HOME", "LANG") if name in os.environ}
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    status = 0
    for step in (step for block in session.blocks for step in block):
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-c", f"(exit {status})\n{step.script}"],
            cwd=directory,
            env={**kept, "PATH": path, **session.variables},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=60,
            check=False,
        )
        status = done.returncode
        yield step, done.stdout.replace(str(directory), PLACE)


def fits(page: str, real: str) -> bool:
    """Whether the page says what is said; a line of three dots stands for any lines."""
    parts = (re.escape(part) for part in re.split(r"^\.\.\.\n", page, flags=re.MULTILINE))
    return re.fullmatch("(?:.*\n)*".join(parts), real) is not None


def rewritten(text: str, told: list[tuple[Step, str]]) -> str:
    """The page with what is really said; what is shown in part is left for a person."""
    done = 0
    for step, said in told:
        shown = f"$ {step.typed}\n{step.said}"
        start = text.index(shown, done)
        new = shown if fits(step.said, said) or "...\n" in step.said else f"$ {step.typed}\n{said}"
        text = text[:start] + new + text[start + len(shown) :]
        done = start + len(new)
    return text
