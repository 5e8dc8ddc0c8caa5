"""`python -m doctor.docs` writes the generated documentation; with `--check` it only says what is out of date."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from doctor.docs.pages import FOLDERS, pages

ROOT = Path(__file__).parent.parent.parent


def main(arguments: list[str] | None = None) -> int:
    """Write the pages, or with `--check` say which are not as they would be written (exit status 1)."""
    parser = argparse.ArgumentParser(prog="python -m doctor.docs", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; fail when a page is out of date")
    options = parser.parse_args(arguments)
    wanted = pages(ROOT)
    stale = [path for path, text in wanted.items() if not _holds(ROOT / path, text)]
    there = [path.relative_to(ROOT) for folder in FOLDERS for path in (ROOT / folder).glob("*.md")]
    orphans = [path for path in there if path not in wanted]
    if options.check:
        for path in [*stale, *orphans]:
            print(f"{path} is out of date; run `make docs`", file=sys.stderr)  # noqa: T201
        return 1 if stale or orphans else 0
    for path in orphans:
        (ROOT / path).unlink()
    for path in stale:
        (ROOT / path).parent.mkdir(parents=True, exist_ok=True)
        (ROOT / path).write_text(wanted[path], encoding="utf-8")
    return 0


def _holds(path: Path, text: str) -> bool:
    return path.is_file() and path.read_text(encoding="utf-8") == text


if __name__ == "__main__":
    sys.exit(main())
