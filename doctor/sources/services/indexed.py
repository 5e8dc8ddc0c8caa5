"""The repositories that have a text index by the database."""

from __future__ import annotations

from doctor.engine import source
from doctor.facts import IndexedRepositories
from doctor.golang import neturl
from doctor.sources.database.session import Session

INDEXED = """
SELECT left(url, 600) AS url
FROM codechunking.repositories
WHERE deleted_at IS NULL AND zoekt_index_status = 'completed'
ORDER BY id
LIMIT 500
"""


@source("indexed repositories", deadline=7)
def indexed_repositories(session: Session) -> IndexedRepositories:
    """Those whose text index is completed, by the names that zoekt-git-index gives them."""
    names = (name_of(row["url"] or "") for row in session.rows(INDEXED))
    return IndexedRepositories(tuple(dict.fromkeys(name for name in names if name)))


def name_of(url: str) -> str:
    """`github.com/owner/repo` for its URL; empty for what is none. A user and a token are no part of it."""
    try:
        parsed = neturl.parse(url)
    except ValueError:
        return ""
    host, port = parsed.host_and_port
    path = parsed.path.decode("utf-8", "replace").rstrip("/").removesuffix(".git")
    return f"{host}:{port}{path}" if port else f"{host}{path}" if host else ""


SOURCES = (indexed_repositories,)
