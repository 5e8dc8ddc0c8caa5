"""Pages hold together: links, help, contracts, and the text of `explain`; no browser and no generator is needed."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import click
import pytest

from doctor.cli import PROGRAM, main
from doctor.cli.reference import help_texts
from doctor.docs.blocks import documented
from doctor.docs.contracts import contract_page, schemas
from doctor.docs.examples import recorded
from doctor.docs.site import LINK
from doctor.registry import Check, installed
from doctor.report import catalogue

pytestmark = pytest.mark.no_cover

ROOT = Path(__file__).parent.parent.parent
PAGES = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
REGISTRY = installed()
_FENCE = re.compile(r"^ *```(\w*)\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)
_INLINE = re.compile(r"`(codechunk-doctor(?: [^`]*)?)`")
_LINE = re.compile(r"^(?:\$ )?(?:~/\.|\.)?(?:codechunk-doctor/bin/)?(codechunk-doctor(?: .*)?)$", re.MULTILINE)


@cache
def prose(path: Path) -> str:
    """A page without its blocks of code."""
    return _FENCE.sub("", path.read_text(encoding="utf-8"))


def slug(heading: str) -> str:
    """The anchor that GitHub gives a heading."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def links() -> Iterator[tuple[Path, str, str]]:
    """Page, path and anchor of each link into the repository."""
    for page in PAGES:
        for _, _, path, anchor in LINK.findall(prose(page)):
            yield page, path, anchor.removeprefix("#")
        for anchor in re.findall(r"\]\(#([^)]+)\)", prose(page)):
            yield page, page.name, anchor


def test_every_link_leads_somewhere() -> None:
    lost = {f"{page.relative_to(ROOT)}: {path}" for page, path, _ in links() if not (page.parent / path).exists()}

    assert lost == set()


def test_every_anchor_is_a_heading() -> None:
    wanted = {((page.parent / path).resolve(), anchor) for page, path, anchor in links() if anchor}
    there = {
        (path, slug(heading))
        for path in {path for path, _ in wanted}
        for heading in re.findall(r"^#+ (.*)$", prose(path), re.MULTILINE)
    }

    assert wanted - there == set()


def test_every_page_can_be_reached() -> None:
    reached = {(page.parent / path).resolve() for page, path, _ in links()}
    reached |= {path / "README.md" for path in reached if path.is_dir()}

    assert {page for page in PAGES if page not in reached} <= {ROOT / "README.md"}


def test_the_help_of_every_command_is_in_the_documentation() -> None:
    there = documented((ROOT / "docs" / "commands.md").read_text(encoding="utf-8"))
    groups = {"codechunk-doctor", "config", "batches"}

    assert there == help_texts().keys() - groups


def typed() -> Iterator[tuple[str, str]]:
    """Every command that a page shows, in a sentence or in a block."""
    for page in PAGES:
        name = page.relative_to(ROOT).as_posix()
        if name == "CHANGELOG.md":
            continue
        text = page.read_text(encoding="utf-8")
        for command in _INLINE.findall(_FENCE.sub("", text)):
            yield name, command.replace("\\|", "|")
        for language, block in _FENCE.findall(text):
            if language in ("sh", "console"):
                yield from ((name, command) for command in _LINE.findall(block.replace("\\\n", " ")))


# What stands for a word of the reader's.
STANDS_FOR = {"F": "json", "SHELL": "bash", "DURATION": "1s", "S": "failed", "IDS": "config", "SEVERITY": "error"}


def test_every_command_that_is_shown_can_be_typed() -> None:
    wrong = {}
    for page, command in dict.fromkeys(typed()):
        words = shlex.split(re.split(r" [|#](?: |$)", command)[0])[1:]
        try:
            parse(main, PROGRAM, [STANDS_FOR.get(word, word) for word in words])
        except (click.MissingParameter, click.exceptions.NoArgsIsHelpError):
            continue  # only named, not meant to be typed like this
        except click.ClickException as error:
            wrong[f"{page}: {command}"] = error.format_message()

    assert wrong == {}


def parse(command: click.Command, name: str, words: list[str], parent: click.Context | None = None) -> None:
    """What click makes of a command line, without running it; raises as it does."""
    if {"--help", "--version"} & set(words):
        return
    ctx = command.make_context(name, words, parent=parent)
    if isinstance(command, click.Group) and ctx._protected_args:
        under, child, rest = command.resolve_command(ctx, [*ctx._protected_args, *ctx.args])
        assert child is not None
        parse(child, str(under), rest, ctx)


def words(text: str) -> str:
    return " ".join(text.split())


def test_explain_says_what_the_page_says() -> None:
    differ = []
    for check in REGISTRY.checks:
        page = words((ROOT / "docs" / "checks" / f"{check.id}.md").read_text(encoding="utf-8"))
        said = catalogue.explain_text(REGISTRY, [check], width=100_000)
        paragraphs = [line.strip() for line in said.splitlines() if line.startswith("  ")]
        differ += [(check.id, each) for each in paragraphs if each not in page]

    assert differ == []


def test_every_page_has_an_example() -> None:
    assert [check.id for check in REGISTRY.checks if not shows_itself(check)] == []


def shows_itself(check: Check) -> bool:
    """Whether the example is of this check."""
    return f"[{check.id}]" in (recorded(ROOT / "docs" / "checks" / f"{check.id}.md") or "")


@pytest.mark.parametrize("schema", schemas(), ids=lambda each: each.name)
def test_a_contract_tells_every_key_and_what_it_means(schema) -> None:
    rows = [line.split(" | ") for line in contract_page(schema).splitlines() if line.startswith("| `")]

    assert [row[0] for row in rows if row[2].strip(" |") == ""] == []
    assert len(rows) >= len(schema.content["properties"])
