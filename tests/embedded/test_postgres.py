"""Servers that are started for a demo or a test: they answer, hold what they should, and leave nothing behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from doctor.embedded import MIGRATIONS, NotInstalled, Postgres, migrate, postgres
from tests.servers import Databases

pytestmark = pytest.mark.slow

COUNTS = {
    "tables": "SELECT count(*) FROM pg_class "
    "WHERE relnamespace = 'codechunking'::regnamespace AND relkind IN ('r', 'p')",
    "views": "SELECT count(*) FROM pg_views WHERE schemaname = 'codechunking'",
    "indexes": "SELECT count(*) FROM pg_indexes WHERE schemaname = 'codechunking'",
    "triggers": "SELECT count(*) FROM pg_trigger WHERE NOT tgisinternal AND tgparentid = 0",
    "functions": "SELECT count(*) FROM pg_proc AS p WHERE pronamespace = 'codechunking'::regnamespace AND NOT EXISTS "
    "(SELECT FROM pg_depend AS d WHERE d.objid = p.oid AND d.deptype = 'e')",
}


def counted(databases: Databases, name: str) -> dict[str, int]:
    with psycopg.connect(databases.server.connection_string(name)) as connection:
        rows = {word: connection.execute(query.encode()).fetchone() for word, query in COUNTS.items()}
    return {word: row[0] for word, row in rows.items() if row is not None}


def test_a_migrated_database_holds_what_the_program_has(databases: Databases) -> None:
    expected = {"tables": 11, "views": 1, "indexes": 106, "triggers": 4, "functions": 3}

    assert counted(databases, databases().name) == expected


def test_an_older_major_lacks_the_trigram_index_alone(older_databases: Databases) -> None:
    expected = {"tables": 11, "views": 1, "indexes": 101, "triggers": 4, "functions": 3}

    assert counted(older_databases, older_databases().name) == expected


def test_a_server_leaves_nothing_behind() -> None:
    with Postgres.start() as server:
        with psycopg.connect(server.connection_string()) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)
        directory, pid = server.directory, server.pid

    assert not directory.exists()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


@pytest.fixture
def home() -> Iterator[Path]:
    """A directory that every user can enter, which pytest's own ones are not."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


def test_a_directory_that_was_given_stays_and_can_be_used_again(home: Path) -> None:
    with Postgres.start(home) as server:
        with psycopg.connect(server.connection_string(), autocommit=True) as connection:
            connection.execute("CREATE DATABASE kept")
        server.kill()
    with Postgres.start(home) as server, psycopg.connect(server.connection_string("kept")) as connection:
        assert connection.execute("SELECT current_database()").fetchone() == ("kept",)


def test_a_server_can_ask_for_a_password() -> None:
    with Postgres.start(auth="scram-sha-256", password="right") as server:
        with psycopg.connect(server.connection_string(password="right")) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            psycopg.connect(server.connection_string(password="wrong"))


def test_settings_that_no_server_takes_are_an_error_with_its_own_words() -> None:
    with pytest.raises(postgres.DoctorError, match="no_such_setting"):
        Postgres.start(settings={"no_such_setting": "1"})


def test_what_is_not_installed_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(postgres.WHEELS, 18, "no_such_package")

    with pytest.raises(NotInstalled, match=r"pip install 'codechunk-doctor\[demo\]'"):
        Postgres.start()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends children with their parent")
def test_no_server_outlives_its_parent(home: Path) -> None:
    code = (
        "import sys, time; from pathlib import Path; from doctor.embedded import Postgres; "
        "print(Postgres.start(Path(sys.argv[1])).pid, flush=True); time.sleep(60)"
    )
    parent = subprocess.Popen([sys.executable, "-c", code, str(home)], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    pid = int(parent.stdout.readline())
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    parent.stdout.close()

    ends_at = time.monotonic() + 10
    while time.monotonic() < ends_at and _runs(pid):
        time.sleep(0.02)
    assert not _runs(pid)


def _runs(pid: int) -> bool:
    """Whether it is there and no zombie that nobody has waited for."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def test_a_file_that_fails_leaves_its_number_dirty_and_nothing_else(databases: Databases) -> None:
    place = databases(
        1, "INSERT INTO codechunking.repositories (url, name) VALUES ('http://h/a', 'a'), ('https://H/a', 'a')"
    )
    target = databases.server.connection_string(place.name)

    with pytest.raises(psycopg.errors.UniqueViolation):
        migrate(target, start=1)

    with psycopg.connect(target) as connection:
        assert connection.execute("SELECT version, dirty FROM public.schema_migrations").fetchall() == [(2, True)]
        columns = "SELECT count(*) FROM information_schema.columns WHERE column_name = 'normalized_url'"
        assert connection.execute(columns).fetchone() == (0,)


def test_the_files_are_numbered_without_a_gap() -> None:
    assert list(MIGRATIONS) == list(range(1, 21))
