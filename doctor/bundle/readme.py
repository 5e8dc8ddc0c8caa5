"""The page in a bundle that says what is in it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from doctor.bundle.stored import Observation

NAME = "README.md"

WHAT = {
    "report.txt": "the report as `codechunk-doctor check -v` shows it",
    "report.json": "the same for machines (`check --format json`)",
    "why.json": "why each repository was embedded as it was (`why --all --format json`)",
    "resolution.json": "the configuration as the program sees it (`config resolve --format json`)",
    "versions.json": "versions: codechunk-doctor, Python, this system, PostgreSQL, NATS, the container engine",
    "schema.json": "the database: migrations, extensions, tables",
    "logs.txt": "of each log the lines that matter",
    "facts.json": "everything that the checks read; `check --from-bundle` judges it again",
    "manifest.json": "every file with its size and SHA-256, and what was replaced where",
}

_HEAD = """\
# A bundle of codechunk-doctor {version}

Made at {at}. It was written on this machine only: nothing was sent anywhere.

To examine it as if the installation was here:

    codechunk-doctor check --from-bundle FILE
"""
_SECRETS = """
## What was replaced

A secret is replaced by a token such as `secret-1-gemini-api-key`: one value has one token everywhere in this bundle,
however it was spelled. Around a token may stand what the checks judge (a quote, a blank, `sk-`). In reports made for
people, and in `report.json`, `why.json` and `resolution.json`, it is `***` as on a screen. A secret that is very short,
or an ordinary word, is replaced where it stands as a value, not as a piece of other words. Of variables that neither
codechunking nor anything around it reads only the names are here: their values are `value-1-...`.

Not replaced are names of hosts, users, databases, repositories, files and containers. Look through `facts.json` and
`logs.txt` before you hand them to somebody who must not know those.
"""
# What the page and the other texts of a bundle are made of.
WORDS = "\n".join((_HEAD, _SECRETS, *WHAT, *WHAT.values(), "secret value token kind where count bytes sha256"))


def text(
    observed: Observation,
    files: Mapping[str, bytes],
    secrets: Sequence[Mapping[str, Any]],
    differing: Sequence[str],
    missing: Sequence[str],
) -> str:
    """The page, in Markdown."""
    lines = [_HEAD.format(version=observed.version, at=observed.started_at), "\n## What is in it\n\n"]
    lines += [f"- `{name}`: {what}\n" for name, what in WHAT.items() if name in files or name == "manifest.json"]
    lines += [f"- missing: {each}\n" for each in missing]
    lines.append(_SECRETS)
    lines += ["\n", *_table(secrets)] if secrets else ["\nNo secret was met.\n"]
    if differing:
        lines.append(
            "\nWith tokens in the secrets' places these checks say something else than in `report.json`: "
            f"{', '.join(differing)}.\n"
        )
    return "".join(lines)


def _table(secrets: Iterable[Mapping[str, Any]]) -> Iterable[str]:
    yield "| token | value of | places |\n|---|---|---|\n"
    for each in secrets:
        places = ", ".join(f"{where['file']} ({where['count']})" for where in each["where"])
        kind = str(each["kind"]).replace("|", "\\|").replace("`", "'")
        yield f"| `{each['token']}` | {kind} | {places} |\n"
