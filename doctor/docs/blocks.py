"""The generated blocks in hand-written pages: the help text of a command, and files of the repository."""

from __future__ import annotations

from pathlib import Path

from doctor.cli.reference import help_texts

HELP, FILE = "<!-- help: ", "<!-- file: "
END = "<!-- end of "
LANGUAGES = {".py": "python", ".toml": "toml", ".yml": "yaml", ".yaml": "yaml"}


def filled(text: str, root: Path) -> str:
    """
    The text with each block replaced by what it should hold.

    From `<!-- help: COMMAND -->` to `<!-- end of help -->` that is the command's help, from `<!-- file: PATH -->` to
    `<!-- end of file -->` a file, by its path in the repository.
    """
    texts = help_texts()
    result: list[str] = []
    lines = iter(text.splitlines())
    for line in lines:
        result.append(line)
        if line.startswith(HELP):
            result += _block("", texts[_name(line, HELP)])
        elif line.startswith(FILE):
            path = root / _name(line, FILE)
            result += _block(LANGUAGES.get(path.suffix, ""), path.read_text(encoding="utf-8"))
        else:
            continue
        result.append(next(skipped for skipped in lines if skipped.startswith(END)))
    return "\n".join(result) + "\n"


def _name(line: str, mark: str) -> str:
    return line.removeprefix(mark).removesuffix(" -->")


def _block(language: str, content: str) -> list[str]:
    return [f"```{language}", *content.rstrip().splitlines(), "```"]


def documented(text: str) -> set[str]:
    """The commands whose help a page shows."""
    return {_name(line, HELP) for line in text.splitlines() if line.startswith(HELP)}
