"""Edits applied to the text of a file: bytes in, bytes out, and nothing that was not asked for is touched."""

from __future__ import annotations

from collections.abc import Sequence

from doctor.model import Edit
from doctor.redact import MASK


class Refused(Exception):
    """An edit that cannot be made safely; the text is a sentence for the user, with the line where there is one."""


class Changed(Refused):
    """The file does not hold what the edit was made for: it was changed since it was read."""

    def __init__(self, key: str, line: int | None = None) -> None:
        where = f" at line {line}" if line else ""
        super().__init__(f"{key}{where} was changed since it was read; run the check again.")


def apply(data: bytes, edits: Sequence[Edit], format: str) -> bytes:
    """
    The file with all of the edits made, which belong to this one file.

    `format` is yaml, dotenv, gitignore, json or toml. Lines in the edits are those of `data`; the order of the edits
    matters only to what is inserted. What is there already stays as it is. Raises Refused, and then for all of them.
    """
    if not edits:
        return data
    for edit in edits:
        if MASK in (edit.after or ""):
            # What was made for showing is not what should be written.
            raise Refused(f"The new value of {edit.key} is masked; edit the file by hand.")
    if format == "yaml":
        from doctor.fixing.yaml_text import edit_yaml

        return edit_yaml(data, edits)
    if format == "dotenv":
        from doctor.fixing.dotenv_text import edit_dotenv

        return edit_dotenv(data, edits)
    if format == "gitignore":
        from doctor.fixing.gitignore_text import edit_gitignore

        return edit_gitignore(data, edits)
    if format in ("json", "toml"):
        from doctor.fixing.value_text import edit_json, edit_toml

        return edit_json(data, edits) if format == "json" else edit_toml(data, edits)
    raise Refused(f"{edits[0].path} is of a format that is not edited; set {edits[0].key} by hand.")
