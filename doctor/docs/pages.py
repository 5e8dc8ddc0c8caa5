"""Every generated page, by its path in the repository."""

from __future__ import annotations

from pathlib import Path

from doctor.cli import manual
from doctor.docs.blocks import filled
from doctor.docs.catalogue import check_page, family_page, index_page
from doctor.docs.contracts import contract_page, contracts_page, schemas
from doctor.docs.examples import recorded
from doctor.docs.matrix import matrix_page
from doctor.docs.seen import look
from doctor.registry import installed
from doctor.testing import installations

BUILT_IN = ("checks.",)
CHECKS, CONTRACTS = Path("docs/checks"), Path("docs/contracts")
# In these all pages are generated.
FOLDERS = (CHECKS, CONTRACTS)
WITH_BLOCKS = ("commands.md", "example-plugin/README.md", "howto/in-a-pipeline.md")


def pages(root: Path) -> dict[Path, str]:
    """Every generated file of the repository, by path below `root`, with the text it should hold."""
    registry = installed()
    own = [check for check in registry.checks if check.rule.__module__.startswith(BUILT_IN)]
    relations = registry.relations
    seen = [look(each) for each in installations(root / "fixtures")]
    examples = {each.installation.name: each.example for each in seen}
    written: dict[Path, str] = {}
    for check in own:
        path = CHECKS / f"{check.id}.md"
        written[path] = check_page(check, relations, examples.get(check.id) or recorded(root / path))
    families = [(family, [check for check in own if check.family == family.name]) for family in registry.families]
    for family, members in families:
        if members:
            written[CHECKS / f"{family.name}.md"] = family_page(family, members)
    written[CHECKS / "README.md"] = index_page(families)
    written[Path("docs/fault-matrix.md")] = matrix_page([check.id for check in own], seen)
    for schema in schemas():
        written[CONTRACTS / f"{schema.name}.md"] = contract_page(schema)
    written[CONTRACTS / "README.md"] = contracts_page(schemas())
    written[Path("docs/man/codechunk-doctor.1")] = manual.page()
    for path in (Path("docs") / name for name in WITH_BLOCKS):
        written[path] = filled((root / path).read_text(encoding="utf-8"), root)
    return written
