"""All batch jobs of the key joined with all rows that stand for one, on a stand-in for Google and a real database."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from doctor import app
from doctor.errors import SourceError, Withheld
from doctor.facts import (
    BatchListing,
    BatchSelection,
    Environment,
    GoogleBatch,
    ListedBatch,
    StoredBatch,
    StoredBatches,
)
from doctor.model import OutcomeKind, Report
from doctor.needs import Observed
from doctor.settings import Settings
from doctor.sources.database.batchlist import COLUMNS
from doctor.sources.gemini import api as calls
from doctor.sources.gemini import listing
from doctor.sources.gemini.listing import GoogleJobs, batch_listing
from tests.conftest import Resolved
from tests.servers import Databases, Googles
from tests.sources import peers

pytestmark = pytest.mark.slow

KEY = "AIzaSyD-canary_0123456789"
NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)

# --- joined, from values alone ---------------------------------------------------------------------------------------


def job(id: str, state: str = "BATCH_STATE_RUNNING", hours: float | None = 1) -> GoogleBatch:
    return GoogleBatch(f"batches/{id}", state, created_at=None if hours is None else NOW - timedelta(hours=hours))


def row(id: str, google_id: str | None = None, status: str = "processing", hours: float | None = 1) -> StoredBatch:
    created = None if hours is None else NOW - timedelta(hours=hours)
    return StoredBatch(id, status, f"batches/{google_id}" if google_id else None, created_at=created)


Join = Callable[..., BatchListing]


@pytest.fixture
def join(resolved: Resolved) -> Join:
    def build(
        jobs: tuple[GoogleBatch, ...] | SourceError = (),
        rows: tuple[StoredBatch, ...] | SourceError = (),
        *states: str,
        limit: int | None = None,
        text: str = "",
        id: str | None = None,
    ) -> BatchListing:
        google = Observed(None, jobs) if isinstance(jobs, SourceError) else Observed(GoogleJobs(jobs))
        stored = Observed(None, rows) if isinstance(rows, SourceError) else Observed(StoredBatches(rows))
        access, connection = (
            Observed(None, SourceError("x")),
            Observed(None, SourceError("x")),
        )
        found = batch_listing.function(
            BatchSelection(states, limit, id), google, stored, access, resolved(text), Environment({}), connection
        )
        assert isinstance(found, BatchListing)
        return found

    return build


def pairs(found: BatchListing) -> list[tuple[str | None, str | None]]:
    return [
        (each.job.id.removeprefix("batches/") if each.job else None, each.row.id if each.row else None)
        for each in found.batches
    ]


@pytest.mark.parametrize(
    ("jobs", "rows", "expected"),
    [
        ((), (), []),
        ((job("a"),), (), [("a", None)]),
        ((), (row("1", "a"),), [(None, "1")]),
        ((), (row("1"),), [(None, "1")]),
        ((job("a"),), (row("1", "a"),), [("a", "1")]),
        ((job("a"),), (row("1", "b", hours=2),), [("a", None), (None, "1")]),
        ((job("a"),), (row("1", "a"), row("2", "a")), [("a", "1"), ("a", "2")]),
        ((job("a"), job("a")), (row("1", "a"),), [("a", "1")]),
        ((job("old", hours=9), job("new", hours=1)), (), [("new", None), ("old", None)]),
        ((job("a", hours=2),), (row("1", hours=1), row("2", hours=3)), [(None, "1"), ("a", None), (None, "2")]),
        ((job("a", hours=2),), (row("1", "a", hours=9), row("2", hours=3)), [("a", "1"), (None, "2")]),
        ((job("a", hours=None),), (row("1", "a", hours=1), row("2", hours=3)), [("a", "1"), (None, "2")]),
        ((job("a", hours=None), job("b")), (), [("b", None), ("a", None)]),
        ((job("b"), job("a"), job("c")), (), [("a", None), ("b", None), ("c", None)]),
    ],
)
def test_jobs_and_rows(join: Join, jobs: Any, rows: Any, expected: list[tuple[str | None, str | None]]) -> None:
    found = join(jobs, rows)

    assert pairs(found) == expected
    assert found.count == len(expected)
    assert (found.without_database, found.without_google) == (None, None)


S = "BATCH_STATE_"
MIXED = (
    job("run", hours=1),
    job("paused", S + "PENDING", 2),
    job("done", S + "SUCCEEDED", 3),
    job("partly", S + "PARTIALLY_SUCCEEDED", 4),
    job("over", S + "EXPIRED", 5),
    job("bad", S + "FAILED", 6),
    job("gone", S + "CANCELLED", 7),
)
STORED = (
    *(row("sending", None, "pending_submission", 11), row("lost", "lost", "processing", 12)),
    *(row("ready", None, "completed", 13), row("broken", None, "failed", 14), row("odd", None, "queued", 15)),
)


@pytest.mark.parametrize(
    ("states", "expected"),
    [
        (("PENDING",), ["paused", "sending", "odd"]),
        (("PROCESSING",), ["run", "lost"]),
        (("COMPLETED",), ["done", "partly", "ready"]),
        (("FAILED",), ["over", "bad", "broken"]),
        (("CANCELLED",), ["gone"]),
        (("EXPIRED",), ["over"]),
        (("SUCCEEDED",), ["done"]),
        (("RUNNING",), ["run"]),
        (("EXPIRED", "CANCELLED"), ["over", "gone"]),
        (("PAUSED",), []),
    ],
)
def test_states(join: Join, states: tuple[str, ...], expected: list[str]) -> None:
    found = join(MIXED, STORED, *states)

    assert [one or other for one, other in pairs(found)] == expected


@pytest.mark.parametrize(("limit", "shown"), [(None, 7), (0, 0), (2, 2), (7, 7), (100, 7)])
def test_limits(join: Join, limit: int | None, shown: int) -> None:
    found = join(MIXED, (), limit=limit)

    assert (len(found.batches), found.count) == (shown, 7)
    assert pairs(found) == pairs(join(MIXED))[:shown]


def test_a_limit_counts_after_the_states(join: Join) -> None:
    found = join(MIXED, STORED, "FAILED", limit=1)

    assert (pairs(found), found.count) == ([("over", None)], 3)


def test_without_a_database(join: Join) -> None:
    found = join(MIXED, SourceError("no answer"))

    assert len(found.batches) == 7
    assert found.without_database == "the rows cannot be read: no answer"


def test_without_a_google_that_is_not_asked(join: Join) -> None:
    found = join(Withheld("embedding.provider is openai"), STORED)

    assert len(found.batches) == 5
    assert found.without_google == "embedding.provider is openai"


@pytest.mark.parametrize("google", [SourceError("no such key"), Withheld("embedding.provider is openai"), ()])
@pytest.mark.parametrize("rows", [SourceError("no answer"), (), STORED[:1]])
def test_an_id_that_google_cannot_have_needs_neither(join: Join, google: Any, rows: Any) -> None:
    found = join(google, rows, id="projects/p/locations/l/batchJobs/1")

    assert len(found.batches) == (0 if isinstance(rows, SourceError) else len(rows))
    assert (found.without_google is None) is (google == ())
    assert (found.without_database is None) is not isinstance(rows, SourceError)


@pytest.mark.parametrize("id", [None, "batches/abc"])
def test_an_id_of_google_needs_google(join: Join, id: str | None) -> None:
    with pytest.raises(SourceError, match="no such key"):
        join(SourceError("no such key"), STORED, id=id)


def test_a_google_that_refuses_is_no_list(join: Join) -> None:
    with pytest.raises(SourceError, match="no such key"):
        join(SourceError("no such key"), STORED)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", None),
        ("gemini: {batch: {enabled: true}}\nbatch_processing: {enabled: true}", "/tmp/batch_embeddings/output"),
        (
            "gemini: {batch: {enabled: true, output_dir: /out}}\nbatch_processing: {enabled: true}",
            "/out",
        ),
    ],
)
def test_where_results_go(join: Join, text: str, expected: str | None) -> None:
    assert join(text=text).output_dir == expected


def test_neither_is_ever_missing_from_both() -> None:
    assert ListedBatch(None, row("1", status="completed")).state == "COMPLETED"
    assert ListedBatch(job("a"), row("1", status="completed")).state == "PROCESSING"


# --- asked for -------------------------------------------------------------------------------------------------------


CONFIG = """\
database: {host: 127.0.0.1, user: dev, password: dev}
"""


OPENAI = """\
embedding: {provider: openai, openai: {base_url: "http://127.0.0.1:1/v1", model: m, dimensions: 768}}
"""


class Site:
    """An installation beside a stand-in for Google, and a database where one is wanted."""

    def __init__(self, directory: Path, google: Googles, databases: Callable[[], Databases]) -> None:
        self.directory = directory
        self.google = google
        self._databases = databases
        self.env = {"CODECHUNK_GEMINI_API_KEY": KEY, "CODECHUNK_DATABASE_PORT": str(peers.unused_port())}

    def stand(self, world: Mapping[str, Any]) -> None:
        standing = self.google({"keys": [KEY], **world})
        self.env |= {"HTTPS_PROXY": standing.proxy, "SSL_CERT_FILE": str(standing.authority)}

    def store(self, statements: str, version: int = 20) -> None:
        place = self._databases()(version, statements)
        self.env |= {"CODECHUNK_DATABASE_PORT": str(place.port), "CODECHUNK_DATABASE_NAME": place.name}

    def ask(self, selection: BatchSelection | None = None, **settings: Any) -> BatchListing | Report:
        chosen = Settings(directory=self.directory, env=self.env, clean_env=True, **settings)
        return app.batches(chosen, selection or BatchSelection())

    def list(self, *states: str, **settings: Any) -> BatchListing:
        found = self.ask(BatchSelection(states), **settings)
        assert isinstance(found, BatchListing)
        return found

    def show(self, id: str) -> list[tuple[str | None, str | None]]:
        found = self.ask(BatchSelection(id=id))
        assert isinstance(found, BatchListing)
        return pairs(found)

    def refused(self, selection: BatchSelection | None = None) -> list[str]:
        """The ids of what the report finds that comes in the list's place."""
        found = self.ask(selection)
        assert isinstance(found, Report)
        return [each.id for each in found.results if each.outcome.kind is OutcomeKind.FOUND]

    @property
    def paths(self) -> list[str]:
        assert self.google.current is not None
        return [each.path.removeprefix("/v1beta/") for each in self.google.current.requests]


@pytest.fixture
def site(tmp_path: Path, google: Googles, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Site:
    monkeypatch.setattr(calls, "PAUSE", 0.05)
    (tmp_path / "configs").mkdir()
    (tmp_path / "configs" / "config.yaml").write_text(CONFIG, encoding="utf-8")
    return Site(tmp_path, google, lambda: request.getfixturevalue("databases"))


def test_all_pages(site: Site) -> None:
    site.stand({"batches": 1234, "page": 100, "empty_last_page": True})
    found = site.list()

    assert (found.count, len({each.job.id for each in found.batches if each.job})) == (1234, 1234)
    assert found.place == "https://generativelanguage.googleapis.com"
    assert found.without_database is not None
    assert "is not there" in found.without_database
    assert set(site.paths) == {"models", "batches"}


@pytest.mark.parametrize("world", [{}, {"empty_list_404": True}])
def test_no_jobs_at_all(site: Site, world: dict[str, Any]) -> None:
    site.stand(world)

    assert site.list().batches == ()


@pytest.mark.parametrize("id", ["batches/abc", "abc"])
def test_one_job(site: Site, id: str) -> None:
    site.stand({"batches": [{"id": "abc"}, {"id": "other"}]})

    assert site.show(id) == [("abc", None)]
    assert site.paths == ["models", "batches/abc"]


@pytest.mark.parametrize("id", ["nothing", "batches/nothing", "00000000-0000-4000-8000-000000000009"])
def test_no_such_job(site: Site, id: str) -> None:
    site.stand({"batches": [{"id": "abc"}]})

    assert site.show(id) == []


@pytest.mark.parametrize("id", ["projects/p/locations/l/batchJobs/1", "../models", "batches/../models", "a?b", "a b"])
def test_what_is_no_id_of_google_is_not_asked_for(site: Site, id: str) -> None:
    site.stand({})

    assert site.show(id) == []
    assert site.paths == ["models"]


@pytest.mark.parametrize(
    ("world", "ids"),
    [
        ({"keys": ["another"]}, ["gemini.key-rejected"]),
        ({"accept": "cut"}, ["gemini.proxy"]),
        ({"tls": {"untrusted": True}}, ["gemini.tls"]),
        ({"answers": {"models": {"behaviour": "html"}}}, ["gemini.unreachable"]),
        ({"answers": {"batches": {"status": 403}}}, ["gemini.batches-denied"]),
        ({"answers": {"batches": {"status": 429}}}, ["gemini.quota-exhausted"]),
    ],
)
def test_why_there_is_no_list(site: Site, world: dict[str, Any], ids: list[str]) -> None:
    site.stand(world)

    assert site.refused() == ids


def test_why_there_is_not_this_one(site: Site) -> None:
    site.stand({"keys": ["another"]})

    assert site.refused(BatchSelection(id="abc")) == ["gemini.key-rejected"]


def test_what_no_finding_explains(site: Site) -> None:
    """The list begins and does not end: whoever asks again for the first of it sees nothing wrong."""
    site.stand({"batches": 120, "answers": {"batches": {"times": 1}, "batch*": {"status": 400, "times": 1}}})
    with pytest.raises(SourceError, match=r"GET /v1beta/batches: 400"):
        site.ask()


def test_a_list_that_nobody_can_have(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listing, "MOST", 20)
    site.stand({"batches": 20, "page": 8})
    assert len(site.list().batches) == 20

    site.stand({"batches": 21, "page": 8})
    with pytest.raises(SourceError, match="more than 20 batch jobs"):
        site.list()


def test_a_list_that_leads_back(site: Site) -> None:
    site.stand({"answers": {"batches": {"body": '{"nextPageToken": "x"}'}}})
    with pytest.raises(SourceError, match="a list that never ends"):
        site.ask()


def test_no_key(site: Site) -> None:
    site.stand({})
    del site.env["CODECHUNK_GEMINI_API_KEY"]

    assert site.refused() == ["gemini.key-missing"]


def test_a_list_that_takes_too_long_ends_with_the_run(site: Site) -> None:
    site.stand({"batches": 5000, "answers": {"batches": {"behaviour": "hang"}}})
    started = time.monotonic()
    with pytest.raises(SourceError):
        site.ask(deadline=1.0)

    assert time.monotonic() - started < 1.5


# --- with rows -------------------------------------------------------------------------------------------------------


JOB, REPOSITORY = "00000000-0000-4000-8000-000000000001", "00000000-0000-4000-8000-00000000000a"
ROW = "00000000-0000-4000-8000-00000000010"
ROWS = f"""
INSERT INTO codechunking.repositories (id, url, normalized_url, name)
    VALUES ('{REPOSITORY}', 'https://github.com/a/b', 'https://github.com/a/b', 'my-repo');
INSERT INTO codechunking.indexing_jobs (id, repository_id, status) VALUES ('{JOB}', '{REPOSITORY}', 'completed');
INSERT INTO codechunking.batch_job_progress
    (id, indexing_job_id, batch_number, total_batches, status, gemini_batch_job_id, created_at) VALUES
 ('{ROW}1', '{JOB}', 1, 5, 'processing', 'batches/abc', '2026-05-04 11:00+00'),
 ('{ROW}2', '{JOB}', 2, 5, 'failed', 'batches/abc', '2026-05-04 10:00+00'),
 ('{ROW}3', '{JOB}', 3, 5, 'processing', 'batches/lost', '2026-05-04 09:00+00'),
 ('{ROW}4', '{JOB}', 4, 5, 'pending_submission', NULL, '2026-05-04 08:00+00'),
 ('{ROW}a', '{JOB}', 5, 5, 'processing', 'projects/p/locations/l/batchJobs/1', '2026-05-04 07:00+00');
"""
WORLD = {
    "batches": [
        {"id": "abc", "state": "RUNNING", "created": "2026-05-04T11:00:01Z"},
        {"id": "stray", "created": "2026-05-04T07:30:00Z"},
    ]
}


@pytest.mark.slow
def test_rows_of_a_real_database(site: Site) -> None:
    site.stand(WORLD)
    site.store(ROWS)
    found = site.list()

    assert pairs(found) == [
        ("abc", f"{ROW}1"),
        ("abc", f"{ROW}2"),
        (None, f"{ROW}3"),
        (None, f"{ROW}4"),
        ("stray", None),
        (None, f"{ROW}a"),
    ]
    assert found.without_database is None
    first = found.batches[0].row
    assert first is not None
    assert (first.status, first.repository, first.created_at) == ("processing", "my-repo", NOW - timedelta(hours=1))
    assert first.columns.keys() == set(COLUMNS)
    assert first.columns["batch_request_data"] is None
    assert first.columns["created_at"] == "2026-05-04T11:00:00.000Z"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("id", "expected"),
    [
        (f"{ROW}1", [("abc", f"{ROW}1")]),
        (f"{ROW}3", [(None, f"{ROW}3")]),
        (f"{ROW}4", [(None, f"{ROW}4")]),
        (f"{ROW}a", [(None, f"{ROW}a")]),
        (f"{ROW}A", [(None, f"{ROW}a")]),
        ("abc", [("abc", f"{ROW}1"), ("abc", f"{ROW}2")]),
        ("batches/abc", [("abc", f"{ROW}1"), ("abc", f"{ROW}2")]),
        ("lost", [(None, f"{ROW}3")]),
        ("stray", [("stray", None)]),
        ("projects/p/locations/l/batchJobs/1", [(None, f"{ROW}a")]),
        ("unknown", []),
        ("' OR true --", []),
    ],
)
def test_one_of_them(site: Site, id: str, expected: list[tuple[str | None, str | None]]) -> None:
    site.stand(WORLD)
    site.store(ROWS)

    assert site.show(id) == expected


@pytest.mark.slow
def test_another_provider_has_rows_only(site: Site) -> None:
    site.stand(WORLD)
    site.store(ROWS)
    (site.directory / "configs" / "config.yaml").write_text(CONFIG + OPENAI, encoding="utf-8")
    found = site.list()

    assert {each.job for each in found.batches} == {None}
    assert (found.count, found.without_google) == (5, "embedding.provider is openai")
    assert site.paths == []


@pytest.mark.slow
@pytest.mark.parametrize(
    "statements",
    [
        "DROP TABLE codechunking.batch_job_progress CASCADE",
        "ALTER TABLE codechunking.batch_job_progress DROP COLUMN gemini_batch_job_id CASCADE",
        "DROP SCHEMA codechunking CASCADE",
        "ALTER TABLE codechunking.batch_job_progress ALTER COLUMN created_at TYPE text USING 'yesterday'",
    ],
)
def test_a_database_without_what_is_wanted(site: Site, statements: str) -> None:
    site.stand(WORLD)
    site.store(statements)
    found = site.list()

    assert pairs(found) == [("abc", None), ("stray", None)]
    assert found.without_database is not None
    assert found.without_database.startswith("the rows cannot be read: ")


@pytest.mark.slow
@pytest.mark.parametrize("version", [15, 17, 19])
def test_databases_of_earlier_versions(site: Site, version: int) -> None:
    """The columns came one after the other; where one is missing, Google is shown all the same."""
    site.stand(WORLD)
    site.store("", version)

    assert pairs(site.list()) == [("abc", None), ("stray", None)]


@pytest.mark.slow
def test_times_that_are_none(site: Site) -> None:
    site.stand({})
    site.store(
        ROWS + "UPDATE codechunking.batch_job_progress SET updated_at = 'infinity', next_retry_at = '-infinity';"
    )
    rows = [each.row for each in site.list().batches]

    assert {row.updated_at for row in rows if row is not None} == {None}
    assert {row.columns["next_retry_at"] for row in rows if row is not None} == {None}


@pytest.mark.slow
@pytest.mark.parametrize("before", [0, 1985, 2400, 2480, 2488, 2495, 2499, 2600])
@pytest.mark.parametrize("word", [" ", "x"])
def test_no_piece_of_a_key_is_left_where_a_message_is_cut(site: Site, before: int, word: str) -> None:
    site.stand({})
    message = "m" * before + word + KEY + " and more" * 100
    site.store(ROWS + f"UPDATE codechunking.batch_job_progress SET error_message = '{message}';")
    found = site.list()

    shown = repr(found)
    assert [length for length in range(4, len(KEY)) if KEY[:length] in shown] == []
    first = found.batches[0].row
    assert first is not None
    assert first.error is not None
    assert len(first.error) <= 2500
    assert first.error.startswith("m" * min(before, 1900))
