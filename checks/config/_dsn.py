"""How the two database drivers read a value that the program puts into their connection string unquoted."""

from __future__ import annotations

from doctor.api import Finding

# What a value that is misread makes go wrong at the server.
MISREAD = ("database.auth", "database.missing", "database.tls", "environment.postgres-variable")

_BLANKS = " \t\n\r\v\f"


def about_database(explaining: Finding, explained: Finding) -> bool:
    """The explaining finding is about a setting of the database connection, which is what the other one tried."""
    return any((place.key or "").startswith("database.") for place in explaining.locations)


def breaks(value: str) -> str | None:
    """Why neither driver reads the value as one word, None when both do."""
    if value.startswith("'"):
        end = _closing_quote(value)
        if end is None:
            return "starts with a quote that is never closed"
        return None if end == len(value) - 1 else "goes on after a closing quote"
    if any(character in _BLANKS for character in value):
        return "holds a blank"
    backslashes = len(value) - len(value.rstrip("\\"))
    return "ends with a backslash" if backslashes % 2 else None


def _closing_quote(value: str) -> int | None:
    index = 1
    while index < len(value):
        if value[index] == "\\":
            index += 1
        elif value[index] == "'":
            return index
        index += 1
    return None


def read_by_pgx(value: str) -> str:
    """What API and worker take for the value, given that it does not break the string."""
    return _inner(value).replace("\\\\", "\\").replace("\\'", "'")


def read_by_pq(value: str) -> str:
    """What migrate takes for it: there a backslash always stands for the character behind it."""
    characters = iter(_inner(value))
    return "".join(next(characters, "") if character == "\\" else character for character in characters)


def _inner(value: str) -> str:
    return value[1:-1] if value.startswith("'") else value


def quoted(value: str) -> str:
    """The value in the quotes of a connection string; both drivers read it back as it was."""
    escaped = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"
