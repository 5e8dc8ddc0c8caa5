"""The two files of libpq that pgx reads as well: services and passwords."""

from __future__ import annotations

import re

_FIELD = re.compile(r"(?:^|:)((?:[^:\\]|\\.|\\$)*)")


def services(data: bytes) -> dict[str, dict[str, str]] | None:
    """The sections of a service file by name, the last of a name; None where a line is neither section nor setting."""
    found: dict[str, dict[str, str]] = {}
    section: dict[str, str] | None = None
    for line in _lines(data):
        if line.startswith("[") and line.endswith("]"):
            section = found[line[1:-1]] = {}
            continue
        key, equals, value = line.partition("=")
        if section is None or not equals:
            return None
        section[key.strip()] = value.strip()
    return found


def password(data: bytes, *login: str) -> str:
    """The password for host, port, database and user: of the first line of a password file that fits, or empty."""
    for line in _lines(data):
        fields = [re.sub(r"\\([\\:])", r"\1", field) for field in _FIELD.findall(line)]
        if len(fields) == 5 and all(field in ("*", own) for field, own in zip(fields, login, strict=False)):
            return fields[4]
    return ""


def _lines(data: bytes) -> list[str]:
    """The lines that are neither empty nor comments, without blanks around them."""
    lines = map(str.strip, data.decode("utf-8", "replace").split("\n"))
    return [line for line in lines if line and not line.startswith("#")]
