"""Repositories by a part of their name or URL, whatever the case."""

from __future__ import annotations

import re

# Two parameters, both the needle.
NAMED = "(strpos(lower(name), lower(%s::text)) > 0 OR strpos(lower(url), lower(%s::text)) > 0)"
OF_REPOSITORY = f"repository_id IN (SELECT id FROM codechunking.repositories WHERE {NAMED})"


def needle(text: str) -> str:
    """What a repository's name or URL must contain: a URL may be typed in another form than it was submitted in."""
    return re.sub(r"^[a-z+]+://", "", text.strip(), flags=re.IGNORECASE).removesuffix("/").removesuffix(".git")
