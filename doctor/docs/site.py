"""What makes a site of docs/: a hook of MkDocs that adds what lies beside docs/ and leads links to where things are."""

from __future__ import annotations

import posixpath
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.files import Files
    from mkdocs.structure.pages import Page

# Pages of the repository's root that are pages of the site as well, and files that are linked to and can be read there.
BESIDE = ("CONTRIBUTING.md", "CHANGELOG.md", "SECURITY.md")
SHOWN = ("LICENSE", "configs/*", ".pre-commit-hooks.yaml", "action.yml", "Dockerfile")
# Entries of the navigation that stand for all pages of a folder.
FOLDERS = ("checks/", "contracts/")

LINK = re.compile(r"(?<!`)(!?)\[([^\]\n]*)\]\((?!\w+:|#)([^)\s#]+)(#[^)\s]*)?\)")
_ROW = re.compile(r"^\| \[[^\]]+\]\((\w[\w.-]*\.md)\)", re.MULTILINE)
_ENTRY = re.compile(r"\((\w[\w.-]*\.md)\)")


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Put the pages of a folder where the navigation names it."""
    docs = Path(config.docs_dir)
    assert config.nav is not None
    config.nav = _filled(docs, config.nav)
    return config


def _filled(docs: Path, entries: list[Any]) -> list[Any]:
    filled: list[Any] = []
    for entry in entries:
        ((title, target),) = entry.items()
        if isinstance(target, list):
            filled.append({title: _filled(docs, target)})
        elif target in FOLDERS:
            filled.append({title: [f"{target}README.md", *_below(docs / target, target)]})
        else:
            filled.append(entry)
    return filled


def _below(folder: Path, prefix: str) -> list[Any]:
    """The pages in the order of the folder's own list; a page that is itself a list has its pages below it."""
    listed: list[Any] = []
    for name in _ROW.findall((folder / "README.md").read_text(encoding="utf-8")):
        path = folder / name
        family = path.name.removesuffix(".md")
        members = [each for each in _ENTRY.findall(path.read_text(encoding="utf-8")) if each.startswith(f"{family}.")]
        pages = [f"{prefix}{each}" for each in dict.fromkeys(members)]
        listed.append({family: [f"{prefix}{name}", *pages]} if pages else {family: f"{prefix}{name}"})
    return listed


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add what is linked to and lies outside of docs/."""
    from mkdocs.structure.files import File

    root = Path(config.docs_dir).parent
    for name in BESIDE:
        files.append(File.generated(config, name, content=(root / name).read_text(encoding="utf-8")))
    for path in (path for pattern in SHOWN for path in sorted(root.glob(pattern))):
        name = path.relative_to(root).as_posix()
        files.append(File.generated(config, f"files/{name}.txt", content=path.read_text(encoding="utf-8")))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Lead each link to the site's page or copy of what it names; where there is none, its text remains."""
    source = page.file.src_uri
    # Pages of the root are pages of docs/ here.
    home = "" if source in BESIDE else f"docs/{posixpath.dirname(source)}"

    def led(found: re.Match[str]) -> str:
        mark, text, path, anchor = found.groups()
        target = _target(posixpath.normpath(posixpath.join(home, path)), files)
        if target is None:
            return text if " " in text or "`" in text else f"`{text}`"
        start = posixpath.dirname(source) or "."
        return f"{mark}[{text}]({posixpath.relpath(target, start)}{anchor or ''})"

    return LINK.sub(led, markdown)


def _target(path: str, files: Files) -> str | None:
    """The site's name of a path of the repository."""
    inside = path.removeprefix("docs/") if path.startswith("docs/") else path if path in BESIDE else f"files/{path}.txt"
    if path == "README.md":
        inside = path
    candidates = (inside, f"{inside}/README.md")
    return next((each for each in candidates if files.get_file_from_path(each) is not None), None)
