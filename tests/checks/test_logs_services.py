"""logs: database, NATS, Zoekt, GitLab and the API, and how processes start and end."""

from __future__ import annotations

import pytest

from checks.logs import CHECKS
from checks.logs._findings import marked, marks
from checks.logs.api_reply_cut import api_reply_cut
from checks.logs.config_dropped import config_dropped
from checks.logs.connector_failed import connector_failed
from checks.logs.database_connection import database_connection
from checks.logs.mock_publisher import mock_publisher
from checks.logs.nats import nats
from checks.logs.panic import panic
from checks.logs.schema_outdated import schema_outdated
from checks.logs.start_incomplete import start_incomplete
from checks.logs.zoekt import zoekt
from doctor.facts import Extension
from doctor.logs.catalogue import CATALOGUE
from doctor.logs.milestones import ENDS, SETTINGS
from doctor.migrations import catalogue
from doctor.model import Safety, Severity
from doctor.needs import IfObserved
from tests.checks import schemas
from tests.checks.log_lines import (
    BATCH,
    JOB,
    NO_TABLE,
    REFUSED,
    URL,
    access,
    api,
    by,
    judged,
    line,
    raw,
    read,
    worker,
)
from tests.logs import encoder

E, W = Severity.ERROR, Severity.WARNING

NIL = b"panic: runtime error: invalid memory address or nil pointer dereference"
USER = b"panic: invalid configuration: database.user is required"
GONE = "nats: connection closed"
NO_NATS = "failed to connect to NATS: connection refused"
ZOEKT = "zoekt: {concurrent_indexing: {enabled: true}, webserver: {host: localhost, port: 6070}}\n"
NO_ZOEKT = "zoekt: {concurrent_indexing: {enabled: false}, webserver: {host: ''}}\n"
UNAVAILABLE = "rpc error: code = Unavailable desc = connection error"
NO_FILE = "open configs/nope.yaml: no such file or directory"


def later_line(after):
    return line("consumer-loop-status", after, iteration=1)


def not_sent(error):
    return line("api-publish-failed", 5, job_id=JOB, error=error)


def index_failed(after, error="exit status 1", repo=URL):
    return line("zoekt-engine-failed", after, repo=repo, error=error, duration=1)


def ends_with(id, after, error="something odd"):
    return line(id, after, error=error)


SILENT = [
    pytest.param(database_connection, "", [line("worker-db-pool-failed", 1, error=REFUSED), *worker(5)],
                 id="db: since"),
    pytest.param(database_connection, "", [line("sub-get-failed", 5, error="unexpected EOF"),
                 line("batch-queued", 9, batch_id=BATCH)], id="db: reconnected"),
    pytest.param(database_connection, "", line("sub-get-failed", 5, error=NO_TABLE), id="db: the schema"),
    pytest.param(schema_outdated, "", [line("batch-recovery-failed", 5, error=NO_TABLE),
                 line("mig-applied", 9, version=20)], id="schema: migrated"),
    pytest.param(schema_outdated, "", line("worker-db-pool-failed", 5, error=REFUSED), id="schema: the way"),
    pytest.param(nats, "", [line("nats-disconnected", 5, error="EOF"), line("nats-reconnected", 9)], id="nats: back"),
    pytest.param(nats, "", [line("consumer-fetch-error", 5, error="nats: consumer deleted"),
                 line("consumer-fetched", 9, count=1)], id="nats: goes on"),
    pytest.param(nats, "", line("api-nats-connect-failed", 5, error="no servers available for connection"),
                 id="nats: of the API"),
    pytest.param(nats, "", line("job-persist-not-startable", 5, error="failed to update repository status to x"),
                 id="nats: noise"),
    pytest.param(nats, "", [line("nats-create-failed", 1, error=NO_NATS), *worker(5)], id="nats: restarted"),
    pytest.param(mock_publisher, "", [line("api-mock-publish", 1, repository_url=URL), *api(5)], id="mock: restarted"),
    pytest.param(mock_publisher, "", [line("api-publish-failed", 5, job_id=JOB, error="not connected to NATS"),
                 line("con-republished", 9, job_id=JOB)], id="mock: published later"),
    pytest.param(mock_publisher, "", not_sent("context canceled"), id="mock: broken off"),
    pytest.param(mock_publisher, "", not_sent(GONE), id="mock: NATS was lost"),
    pytest.param(nats, "", not_sent("not connected to NATS"), id="nats: of the mock"),
    pytest.param(nats, "", not_sent("context canceled"), id="nats: broken off"),
    pytest.param(nats, "", [not_sent(GONE), line("con-republished", 9, job_id=JOB)], id="nats: sent later"),
    pytest.param(nats, "", [not_sent(GONE), *api(9)], id="nats: the API was restarted"),
    pytest.param(config_dropped, "", worker(), id="file: loaded"),
    pytest.param(config_dropped, "", [line("config-read-error", 1, config_file="x", error=NO_FILE), *worker(5)],
                 id="file: loaded since"),
    pytest.param(panic, "", [raw(1, USER), *worker(5)], id="panic: restarted"),
    pytest.param(panic, "", [*worker(), line("api-validation-error", 5, error="panic: x")], id="panic: in a field"),
    pytest.param(start_incomplete, "", worker(), id="start: complete"),
    pytest.param(start_incomplete, "", worker()[:4], id="start: young"),
    pytest.param(start_incomplete, "", [*worker()[3:4], later_line(99)], id="start: rotated"),
    pytest.param(start_incomplete, "", [*worker()[:4], line("worker-start-failed", 5, error=NO_NATS), later_line(99)],
                 id="start: it says why"),
    pytest.param(start_incomplete, "", [*worker()[:4], raw(5, NIL), later_line(99)], id="start: a panic"),
    pytest.param(start_incomplete, "", [*worker(), *worker(99)[:4]], id="start: young, after a good one"),
    pytest.param(start_incomplete, "", [*worker()[:3], later_line(59.9)], id="start: not yet a minute"),
    pytest.param(start_incomplete, "", [*worker()[:3], ends_with("gemini-client-failed", 5, "unsupported model: x")],
                 id="start: a model"),
    pytest.param(start_incomplete, "", [*worker()[:3], ends_with("worker-start-failed", 5), later_line(99)],
                 id="start: of NATS"),
    pytest.param(start_incomplete, "", [*worker()[:3], ends_with("worker-create-failed", 5), *worker(9)],
                 id="start: the next one came to its end"),
    pytest.param(start_incomplete, "", [*worker()[:3], line("consumer-connect-failed", 4, error=NO_NATS),
                 ends_with("worker-create-failed", 5), later_line(99)], id="start: a line before says why"),
    pytest.param(start_incomplete, "", [*worker()[:4], line("worker-shutdown-done", 5), later_line(99)],
                 id="start: told to stop"),
    pytest.param(start_incomplete, "", [*worker(), ends_with("worker-treesitter-failed", 5), later_line(99)],
                 id="start: it was complete"),
    pytest.param(start_incomplete, "", by("worker-1", [*worker()[:4], line("consumer-connect-failed", 5, error=NO_NATS),
                 later_line(99)]), id="start: one of two says why"),
    pytest.param(zoekt, NO_ZOEKT, [index_failed(5), line("zk-hybrid-degraded", 6, error=UNAVAILABLE)], id="zoekt: off"),
    pytest.param(zoekt, ZOEKT, [index_failed(5), line("zoekt-completed", 9, repo=URL)], id="zoekt: later"),
    pytest.param(zoekt, ZOEKT, line("zk-not-configured", 5, query="x"), id="zoekt: on purpose"),
    pytest.param(zoekt, ZOEKT, index_failed(5, "repository does not exist"), id="zoekt: not cloned"),
    pytest.param(connector_failed, "", [line("con-sync-failed", 5, connector_id="c", error="unexpected status 401"),
                 line("con-sync-ok", 9, connector_id="c")], id="connector: later"),
    pytest.param(connector_failed, "", line("con-recovered", 5, name="x"), id="connector: recovered"),
    pytest.param(connector_failed, "", line("rec-check-failed", 5, error="context deadline exceeded"),
                 id="connector: late elsewhere"),
    pytest.param(connector_failed, "", [line("con-sync-failed", 5, connector_id="c", error="context deadline exceeded"),
                 line("con-sync-ok", 9, connector_id="c")], id="connector: late, and later"),
    pytest.param(api_reply_cut, "", [*api(), access(5, "9.9s")], id="cut: in time"),
    pytest.param(api_reply_cut, "", [*api(), access(5, "10s")], id="cut: just in time"),
    pytest.param(api_reply_cut, "", [*api(), access(5, "12s", "/health")], id="cut: health"),
    pytest.param(api_reply_cut, "api: {write_timeout: 0s}\n", [*api(), access(5, "12s")], id="cut: no limit"),
    pytest.param(api_reply_cut, "", [access(1, "12s"), *api(5)], id="cut: restarted"),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "config", "lines"), SILENT)
def test_silent(resolved, rule, config, lines):
    assert judged(rule, read(lines), resolved(config)) == ()


LOUD = [
    pytest.param(database_connection, "", line("worker-db-pool-failed", 5, error=REFUSED), E,
                 "“Failed to create database connection pool”, once, at 2025-11-22 10:30:05 UTC: Nothing accepts TCP",
                 id="db: refused"),
    pytest.param(database_connection, "", line("worker-db-pool-failed", 5, error="database is required"), E,
                 "empty settings, as database.user is set nowhere", id="db: empty"),
    pytest.param(database_connection, "", line("api-db-failed-health", 5, error={}), E, "using mock health service",
                 id="db: no text"),
    pytest.param(database_connection, "", line("sub-get-failed", 5, error="unexpected EOF"), E, "cut",
                 id="db: dropped"),
    pytest.param(schema_outdated, "", line("batch-recovery-failed", 5, error=NO_TABLE), E, "a table is missing",
                 id="schema: table"),
    pytest.param(schema_outdated, "", line("mig-apply-failed", 5, error="Dirty database version 7. Fix and force"), E,
                 "“Failed to apply migrations”", id="schema: dirty"),
    pytest.param(schema_outdated, "", line("db-iterative-scan", 5, mode="strict_order", error="unrecognized "
                 "configuration parameter \"hnsw.iterative_scan\""), W, "below 0.8.0", id="schema: pgvector"),
    pytest.param(nats, "", line("consumer-connect-failed", 5, error=NO_NATS), E,
                 "“Failed to establish NATS connection”", id="nats: refused"),
    pytest.param(nats, "", [line("nats-disconnected", 5, error="EOF")], E, "no line says that it is back",
                 id="nats: lost"),
    pytest.param(nats, "", [line("consumer-fetch-error", 5 + each, error=GONE) for each in range(3)], E,
                 "3 times from 2025-11-22 10:30:05 UTC to 2025-11-22 10:30:07 UTC: the client gave up",
                 id="nats: closed"),
    pytest.param(nats, "", [line("consumer-deserialize-failed", 5, error="failed to unmarshal message: x"),
                 line("consumer-ack", 9)], E, "not what the worker expects", id="nats: foreign"),
    pytest.param(mock_publisher, "", [line("api-nats-connect-failed", 5, error="no servers available for connection"),
                 line("api-mock-publish", 6, repository_url=URL), line("api-mock-publish", 7, repository_url=URL)], E,
                 "Nothing accepts connections at nats.url; swallowed 2 jobs", id="mock: swallowed"),
    pytest.param(mock_publisher, "", line("api-nats-publisher-failed", 5, error="invalid NATS URL scheme"), E,
                 "it swallowed no job so far", id="mock: nothing yet"),
    pytest.param(mock_publisher, "", line("api-publish-failed", 5, job_id=JOB, error="circuit breaker open: too many "
                 "recent failures"), E, "“Failed to publish indexing job”", id="mock: breaker"),
    pytest.param(mock_publisher, "", not_sent("context deadline exceeded"), E, "NATS did not take the job in time",
                 id="mock: late"),
    pytest.param(mock_publisher, "", not_sent("EOF"), E, "once, at 2025-11-22 10:30:05 UTC: EOF", id="mock: whatever"),
    pytest.param(nats, "", not_sent(GONE), E, "and the API sends nothing any more", id="nats: of the API"),
    pytest.param(nats, "", [not_sent(GONE), line("nats-reconnected", 9)], E, "the API sends nothing any more",
                 id="nats: only the worker is back"),
    pytest.param(nats, "", line("con-republish-failed", 5, job_id=JOB, error="nats: timeout"), E,
                 "“Failed to re-publish pending job”, once, at 2025-11-22 10:30:05 UTC: A JetStream API call got no",
                 id="nats: no answer to the API"),
    pytest.param(nats, "", not_sent("nats: no responders available for request"), E, "no stream takes the job",
                 id="nats: nobody takes it"),
    pytest.param(config_dropped, "", line("config-read-error", 5, config_file="configs/nope.yaml", error=NO_FILE), E,
                 "the file configs/nope.yaml was not loaded, once", id="file: missing"),
    pytest.param(config_dropped, "", [*worker(), line("config-not-found", 9)], E, "no configuration file was loaded",
                 id="file: none"),
    pytest.param(panic, "", [*worker(), raw(9, USER)], E,
                 "the program ended with “invalid configuration: database.user is required”", id="panic: settings"),
    pytest.param(panic, "", raw(5, NIL), E, "invalid memory address", id="panic: nil"),
    pytest.param(panic, "", line("api-search-service-failed", 5, error="unknown embedding.provider: x"), E,
                 "unknown embedding.provider: x", id="panic: provider"),
    pytest.param(panic, "", raw(5, b"[2025-11-22T10:30:05Z] ERROR: Panic recovered in HTTP handler request_id=r "
                 b"method=POST path=/search panic=runtime error: x"), W, "a request of the API crashed (POST /search)",
                 id="panic: a request"),
    pytest.param(start_incomplete, "", [*worker()[:4], later_line(99)], E,
                 "the start of the worker got to “Using Gemini embedding service”", id="start: hangs"),
    pytest.param(start_incomplete, "", [*worker()[:3], *worker(99)[:3]], E, "got to “Starting worker service”",
                 id="start: over and over"),
    pytest.param(start_incomplete, "", [*api()[:2], line("api-start-failed", 5, error="address already in use")], E,
                 "api.port (\"8080\") is taken", id="start: port"),
    pytest.param(start_incomplete, "", [*worker()[:3], later_line(60.01)], E, "got to “Starting worker service”",
                 id="start: a minute"),
    pytest.param(start_incomplete, "", [*worker()[:3], ends_with("gemini-client-failed", 5)], E,
                 "“Failed to create Gemini client”, once, at 2025-11-22 10:30:05 UTC: something odd",
                 id="start: ended at once"),
    pytest.param(start_incomplete, "", [*worker()[:3], ends_with("worker-create-failed", 5), *worker(99)[:3],
                 ends_with("worker-create-failed", 104)], E, "once, at 2025-11-22 10:31:44 UTC: something odd",
                 id="start: ended again"),
    pytest.param(start_incomplete, "", [*worker()[:3], ends_with("worker-treesitter-failed", 5), later_line(99)], E,
                 "“Failed to create TreeSitter code parser”", id="start: no parser"),
    pytest.param(start_incomplete, "", [*api()[:2], ends_with("api-create-server-failed", 5, {})], E,
                 "UTC: the program does not print why; most often api.port", id="start: no reason given"),
    pytest.param(start_incomplete, "", [*api()[:1], ends_with("api-search-service-failed", 5)], E, "something odd",
                 id="start: no search"),
    pytest.param(start_incomplete, "", [*api()[:2], ends_with("api-start-failed", 5)], E, "something odd",
                 id="start: not the port"),
    pytest.param(start_incomplete, "", [*worker()[:3], ends_with("gemini-client-failed", 5, "context deadline exceeded")
                 ], E, "deadline", id="start: out of time"),
    pytest.param(start_incomplete, "", [line("consumer-connect-failed", 0, error=NO_NATS), *worker(1)[:3],
                 later_line(99)], E, "got to “Starting worker service”", id="start: said before it"),
    pytest.param(start_incomplete, "", [*worker()[:3], line("queue-config-invalid", 5, max_queue_size=0),
                 later_line(99)], E, "got to “Invalid queue configuration", id="start: that is passing"),
    pytest.param(start_incomplete, "", [*worker()[:3], line("consumer-nak", 5, error=NO_NATS), later_line(99)], E,
                 "got to “Starting worker service”", id="start: of a job"),
    pytest.param(start_incomplete, "", [*worker()[:3], index_failed(5), later_line(99)], E,
                 "got to “Starting worker service”", id="start: a warning"),
    pytest.param(start_incomplete, "", [*by("worker-1", worker()[:3]), *by("api-1", [
                 line("api-nats-publisher-failed", 5, error=NO_NATS)]), later_line(99)], E,
                 "got to “Starting worker service”", id="start: another says why"),
    pytest.param(zoekt, ZOEKT, index_failed(5, "executable file not found in $PATH"), W, "not on the worker's PATH",
                 id="zoekt: missing"),
    pytest.param(zoekt, ZOEKT, line("zk-hybrid-degraded", 5, error=UNAVAILABLE), W, "nothing answers",
                 id="zoekt: search"),
    pytest.param(connector_failed, "", [line("con-sync-failed", 5, connector_id="c", error="unexpected status 401"),
                 line("con-sync-ok", 9, connector_id="d")], W, "rejected the token", id="connector: token"),
    pytest.param(connector_failed, "", line("con-sync-failed", 5, connector_id="c", error="context deadline exceeded"),
                 W, "did not answer in time", id="connector: late"),
    pytest.param(connector_failed, "", line("con-type-invalid", 5, name="x", error="invalid connector type"), W,
                 "gitlab", id="connector: type"),
    pytest.param(api_reply_cut, "", [*api(), access(5, "12.5s"), access(6, "11s")], W,
                 "2 answers took longer than api.write_timeout (10s), the longest 12.5s (POST /search)",
                 id="cut: late"),
    pytest.param(api_reply_cut, "", [*api(), access(5, "11s"), access(6, "12.5s")], W,
                 "the longest 12.5s (POST /search); 2 times from 2025-11-22 10:30:05 UTC to 2025-11-22 10:30:06 UTC",
                 id="cut: later and later"),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "config", "lines", "severity", "message"), LOUD)
def test_loud(resolved, rule, config, lines, severity, message):
    (finding,) = judged(rule, read(lines), resolved(config))

    assert message in finding.message
    assert finding.severity is severity
    assert finding.at.path == "logs/worker.log"
    assert finding.fix is not None
    assert finding.fix.summary
    assert any(each.kind == "log" for each in finding.evidence)


# Of a start; what comes when a process is running, or stops, is another matter.
OF_A_START = [
    id
    for id in (*ENDS, *SETTINGS)
    if CATALOGUE.by_id[id].level == "ERROR"
    and CATALOGUE.by_id[id].message is not None
    and not id.startswith(("mig-", "config-", "submitter-", "poller-"))
    and "shutdown" not in id
]


@pytest.mark.parametrize("id", OF_A_START)
def test_no_start_ends_without_a_word(resolved, id):
    start = api()[:2] if id.startswith(("api-", "con-")) else worker()[:3]
    logs = read(start, line(id, 5, error="something odd"), later_line(99))

    assert any(judged(rule, logs, resolved("batch_processing: {enabled: true}\n")) for rule in CHECKS)


@pytest.mark.parametrize(
    ("lines", "next_step"),
    [
        pytest.param(worker()[:3], "the database", id="the database"),
        pytest.param(worker()[:4], "NATS", id="NATS"),
        pytest.param(
            [*worker()[:4], line("nats-established", 1)], "the stream and the consumer of NATS", id="a stream"
        ),
        pytest.param([*worker()[:4], line("submitter-started", 1)], "what comes after that line", id="unknown"),
    ],
)
def test_what_a_start_waits_for(resolved, lines, next_step):
    (finding,) = start_incomplete(read(lines, later_line(99)), resolved())

    assert finding.fix.summary == f"See whether {next_step} can be reached, then restart the worker."


def test_a_port_explains_the_start_of_the_api_only(resolved):
    no_port = [*api(50)[:2], line("api-start-failed", 55, error="address already in use")]
    of_api, of_worker = start_incomplete(read(worker()[:3], no_port, later_line(120)), resolved())

    assert "api.port" in of_api.message
    assert "the start of the worker" in of_worker.message


@pytest.mark.parametrize(
    ("text", "said"),
    [
        pytest.param(b"", False, id="before it"),
        pytest.param(USER, True, id="behind it"),
    ],
)
def test_an_error_without_a_time_counts_by_its_place(resolved, text, said):
    lines = [raw(-1, USER), *worker()[:3], raw(5, text), later_line(99)]

    assert bool(start_incomplete(read(lines), resolved())) is not said


def by_pid(pid, after, text=USER):
    """A start that comes to nothing, as journald shows it."""
    lines = [line("config-loaded", after, config_file="a.yaml"), raw(after + 1, text)]
    return [(at, encoder.journald(each, pid=pid, time=encoder.TIME + at)) for at, each in lines]


@pytest.mark.parametrize(
    "error", [GONE, "nats: timeout", "nats: no responders available", "nats: maximum bytes exceeded"]
)
def test_the_api_is_what_has_to_be_started_again(resolved, error):
    (finding,) = judged(nats, read(not_sent(error)), resolved())

    assert finding.fix.commands == ("docker compose restart api",)
    assert finding.fix.summary.endswith(". Then restart the API, and submit the repositories again.")


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        pytest.param([*worker(), raw(9, NIL)], ", once", id="once"),
        pytest.param([*worker(), raw(9, NIL), *worker(10)[:2], raw(19, USER)], ", once", id="of two kinds"),
        pytest.param([*worker(), raw(9, NIL), *worker(10), raw(19, NIL)], ", 2 starts in a row from", id="twice"),
        pytest.param([*by_pid(1, 0), *by_pid(2, 9), *by_pid(3, 20)], ", 3 starts in a row from 2025-11-22 10:30:00 UTC "
                     "to 2025-11-22 10:30:21 UTC", id="under journald"),
        pytest.param([*by_pid(1, 0), *by_pid(2, 9, NIL), *by_pid(3, 20)], ", once", id="something else between"),
    ],
)  # fmt: skip
def test_a_crash_loop(resolved, lines, said):
    assert said in panic(read(lines), resolved())[0].message


def test_nobody_knows_since_when_it_crashes(resolved):
    (finding,) = panic(read(raw(1, USER), worker(2)[:2], raw(9, USER)), resolved())

    assert finding.message.endswith(", 2 starts in a row")


def test_a_crash_loop_that_is_over(resolved):
    over = [(at, encoder.journald(text, pid=9, time=encoder.TIME + at)) for at, text in worker(30)]
    assert panic(read(by_pid(1, 0), by_pid(2, 9), over), resolved()) == ()


@pytest.mark.parametrize(
    ("lines", "summary", "keys"),
    [
        pytest.param(raw(5, b"panic: odd"), "Report it with the goroutine trace", [], id="no setting"),
        pytest.param(raw(5, b"panic: "), "Report it with the goroutine trace", [], id="no text"),
        pytest.param(raw(5, b"panic: invalid configuration: no.such.key is odd"), "Correct the key that the text names",
                     [], id="no key of the program"),
        pytest.param(raw(5, USER), "Correct database.user in the file", ["database.user"], id="a key"),
        pytest.param(line("api-search-service-failed", 5, error="unknown embedding.provider: x"),
                     "Correct embedding.provider in the file", ["embedding.provider"], id="the provider"),
    ],
)  # fmt: skip
def test_a_panic_points_at_the_key(resolved, lines, summary, keys):
    (finding,) = panic(read(lines), resolved())

    assert finding.fix.summary.startswith(summary)
    assert [each.key for each in finding.related] == keys


@pytest.mark.parametrize(
    ("lines", "about", "summary"),
    [
        pytest.param(line("config-not-found", 5), "config-not-found", "Start the program where configs/config.yaml is",
                     id="the kind of line"),
        pytest.param(line("config-read-error", 5, config_file="x", error=NO_FILE), "cfg-no-file", "Correct --config",
                     id="the cause"),
    ],
)  # fmt: skip
def test_what_the_dropped_file_is_about(resolved, lines, about, summary):
    (finding,) = judged(config_dropped, read(lines), resolved())

    assert marks(finding) == {marked(about).text}
    assert finding.fix.summary.startswith(summary)


INDEX_FAILED = [index_failed(5), line("zoekt-indexer-failed", 6, repository=URL, error="odd")]
SEARCH_FAILED = [line("zk-hybrid-degraded", 7, error=UNAVAILABLE), line("zk-search-failed", 8, error="odd")]


@pytest.mark.parametrize(
    ("config", "abouts"),
    [
        pytest.param(NO_ZOEKT, [], id="none"),
        pytest.param(NO_ZOEKT.replace("false", "true"), ["zk-exit", "zoekt-indexer-failed"], id="indexing"),
        pytest.param(NO_ZOEKT.replace("''", "localhost"), ["zk-rpc-unavailable", "zk-search-failed"], id="searching"),
    ],
)
def test_the_half_of_zoekt_that_is_off_is_silent(resolved, config, abouts):
    found = judged(zoekt, read(INDEX_FAILED, SEARCH_FAILED), resolved(config))

    assert [marks(each) for each in found] == [{marked(about).text} for about in abouts]


@pytest.mark.parametrize(
    ("error", "abouts"),
    [
        pytest.param(GONE, ["nats-closed"], id="whatever broke it, it is lost"),
        pytest.param(NO_NATS, ["nats-refused", "nats-disconnected"], id="another thing"),
    ],
)
def test_a_lost_connection_is_told_once(resolved, error, abouts):
    logs = read(line("nats-disconnected", 5, error="EOF"), line("consumer-fetch-error", 6, error=error))
    found = judged(nats, logs, resolved())

    assert [marks(each) for each in found] == [{marked(about).text} for about in abouts]


def test_the_write_timeout_is_offered(resolved):
    (finding,) = api_reply_cut(read(api(), access(5, "12s")), resolved("api: {write_timeout: 10s}\n"))

    assert finding.fix.safety is Safety.UNSAFE
    assert [(each.key, each.after) for each in finding.fix.edits] == [("api.write_timeout", "60s")]


NEWEST = catalogue().newest
WHOLE = schemas.at(NEWEST)
FIRST_VECTOR = schemas.at(NEWEST, extensions={"vector": Extension("vector", "0.8")})
OLD_VECTOR = schemas.at(NEWEST, extensions={"vector": Extension("vector", "0.7.4")})
TABLE_IS_MISSING = line("batch-recovery-failed", 5, error=NO_TABLE)
DIRTY = line("mig-apply-failed", 5, error="Dirty database version 7. Fix and force version.")
NO_SCAN = line("db-iterative-scan", 5, mode="strict_order", error="unrecognized configuration parameter")
NO_LOGIN = line("mig-apply-failed", 5, error="pq: SSL is not enabled on the server")


@pytest.mark.parametrize(
    ("schema", "said", "severity"),
    [
        pytest.param(WHOLE, TABLE_IS_MISSING, Severity.NOTE, id="the table is there now"),
        pytest.param(WHOLE, DIRTY, Severity.NOTE, id="migrated by now"),
        pytest.param(WHOLE, NO_SCAN, Severity.NOTE, id="a newer pgvector by now"),
        pytest.param(FIRST_VECTOR, NO_SCAN, Severity.NOTE, id="the first pgvector that has it"),
        pytest.param(OLD_VECTOR, NO_SCAN, W, id="an old pgvector"),
        pytest.param(WHOLE, NO_LOGIN, E, id="not of the schema"),
        pytest.param(schemas.at(NEWEST - 1), TABLE_IS_MISSING, E, id="behind"),
        pytest.param(schemas.at(0), TABLE_IS_MISSING, E, id="empty"),
        pytest.param(schemas.marked(WHOLE, NEWEST, dirty=True), DIRTY, E, id="dirty"),
        pytest.param(schemas.marked(WHOLE, NEWEST + 1), TABLE_IS_MISSING, E, id="newer than what is known"),
        pytest.param(schemas.at(NEWEST, migrating=True), TABLE_IS_MISSING, E, id="migrating"),
        pytest.param(schemas.without(WHOLE, "batch_job_progress"), TABLE_IS_MISSING, E, id="still missing"),
    ],
)
def test_the_database_as_it_is_now(resolved, schema, said, severity):
    (finding,) = schema_outdated(read(said), resolved(), IfObserved(schema))

    assert finding.severity is severity
    assert finding.message.endswith("the database is in order now") == (severity is Severity.NOTE)
