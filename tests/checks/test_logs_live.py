"""logs: what was looked at in the same run, and shows that it is over."""

from __future__ import annotations

from dataclasses import replace

import pytest

from checks.logs._live import RESTART, RESUBMIT
from checks.logs.connector_failed import AGAIN, connector_failed
from checks.logs.database_connection import database_connection
from checks.logs.gemini_key import gemini_key
from checks.logs.gemini_network import gemini_network
from checks.logs.nats import nats
from checks.logs.rate_limited import rate_limited
from checks.logs.zoekt import zoekt
from doctor import facts
from doctor.facts import Access, BatchState, Fault, Method, Refusal
from doctor.facts.network import NetworkFault, NetworkObstacle, Step
from doctor.facts.running import Program, Programs
from doctor.model import Location, Severity
from tests.checks.batch_rows import opened, row
from tests.checks.environments import HERE, RUNNING
from tests.checks.gemini import access, answer, batches, files, keys, no, refused, stopped, supply
from tests.checks.log_lines import GEMINI_KEY, JOB, NETWORK, QUOTA, REFUSED, judged, line, read
from tests.checks.test_nats import MINE, SERVER, STREAM, seen

AT = Location.env("CODECHUNK_X")
ZOEKT = """
zoekt:
  concurrent_indexing: {enabled: true}
  indexing: {git_index_path: zoekt-git-index}
  webserver: {host: localhost, port: 6070}
"""

# --- what is seen --------------------------------------------------------------------------------------------------

OPEN = facts.Connection("localhost", 5432, "dev", "codechunking", "disable", AT)
SHUT = replace(OPEN, obstacle=facts.Obstacle(Fault.REFUSED, "connection refused"))
FETCHED = seen(replace(STREAM, consumers=(MINE,)))
WORKED_ON = seen(replace(STREAM, consumers=(replace(MINE, waiting=0, ack_pending=1),)))
UNFETCHED = seen(replace(STREAM, consumers=(replace(MINE, waiting=0),)))
FIRST_RUN = seen(None)
OFF = seen(None, jetstream=False)
DOWN = seen(None, servers=(replace(SERVER, fault=facts.NatsFault.REFUSED),), jetstream=None)
WELL = access()
DENIED = refused(Refusal.KEY_INVALID)
BUSY = refused(Refusal.SERVER)
CUT_OFF = access(answer=answer(obstacle=NetworkObstacle(Step.HTTP, NetworkFault.BROKEN_OFF, "EOF")))
PORTAL = access(answer=answer(strange=facts.Strange("a page", 200)))
LISTS = (WELL, batches(), files())
EMPTY_LISTS = (WELL, batches(no(Refusal.NOT_FOUND)), files(no(Refusal.NOT_FOUND)))
NO_FILES = (*LISTS[:2], files(no(Refusal.PERMISSION)))
SERVED = facts.ZoektServer(AT, "localhost", 6070, healthz=200, grpc=True)


def folder(*found):
    """The folder of the text index, tried."""
    return facts.Directories(tuple(facts.DirectoryTrial("index", "/data/index", each, Method.TRIED) for each in found))


def indexer(path):
    """The program that makes the index, where it was found."""
    return Programs("the worker", (Program("zoekt-git-index", path),))


def connector(status="active", id="c", *, synced=True):
    """A connector of the database."""
    return facts.ConnectorRows((facts.ConnectorRow(id, "x", "gitlab", status, 60.0, synced),))


# --- lines ---------------------------------------------------------------------------------------------------------


def pool(error):
    return line("worker-db-pool-failed", 5, error=error)


def started(error):
    return line("worker-start-failed", 5, error=error)


def fetching(error):
    return line("consumer-fetch-error", 5, error=error)


def publishing(error):
    return line("api-publish-failed", 5, job_id=JOB, error=error)


def calling(error):
    return line("gc-failed", 5, error=error)


def indexing(error):
    return line("zoekt-engine-failed", 5, repo="r", error=error, duration=1)


def searching(error):
    return line("zk-hybrid-degraded", 5, error=error)


def syncing(error, connector="c"):
    return line("con-sync-failed", 5, connector_id=connector, error=error)


NO_NATS = "failed to connect to NATS: connection refused"
CLOSED = "nats: connection closed"
NO_KEY = "gemini API key not configured"
FORBIDDEN = "Error 403, Message: Your key may not, Status: PERMISSION_DENIED, Details: []"
OVERLOADED = "Error 503, Message: The model is overloaded. Please try again later., Status: UNAVAILABLE, Details: []"
LATE = "context deadline exceeded"
MISSING = "executable file not found in $PATH"
MISREAD = "the limit of something (quota/quota_exceeded)"
LIMITED = line("sub-rate-limit", 5, batch_id="b", error=QUOTA)

STILL = [
    pytest.param(database_connection, pool(REFUSED), (), id="db: not looked at"),
    pytest.param(database_connection, pool(REFUSED), (SHUT,), id="db: still shut"),
    pytest.param(database_connection, pool("No space left on device"), (OPEN,), id="db: not of the way"),
    pytest.param(nats, started(NO_NATS), (), id="nats: not looked at"),
    pytest.param(nats, started(NO_NATS), (DOWN,), id="nats: still down"),
    pytest.param(nats, started("jetstream not enabled"), (OFF,), id="nats: still without JetStream"),
    pytest.param(nats, started("nats: maximum bytes exceeded"), (FIRST_RUN,), id="nats: no stream to judge by"),
    pytest.param(nats, fetching(CLOSED), (UNFETCHED,), id="nats: nobody fetches"),
    pytest.param(nats, line("nats-disconnected", 5, error="EOF"), (UNFETCHED,), id="nats: not back"),
    pytest.param(nats, fetching("some error"), (DOWN,), id="nats: whatever it was"),
    pytest.param(nats, publishing(CLOSED), (FETCHED,), id="nats: the API gave up"),
    pytest.param(nats, publishing("nats: timeout"), (DOWN,), id="nats: down for the API too"),
    pytest.param(nats, line("consumer-deserialize-failed", 5, error="failed to unmarshal message: x"), (FETCHED,),
                 id="nats: a message"),
    pytest.param(gemini_key, calling(GEMINI_KEY), (), id="key: not asked"),
    pytest.param(gemini_key, calling(GEMINI_KEY), (DENIED,), id="key: still refused"),
    pytest.param(gemini_key, calling(FORBIDDEN), (WELL,), id="key: only models were asked for"),
    pytest.param(gemini_key, calling(FORBIDDEN), NO_FILES, id="key: files are still refused"),
    pytest.param(gemini_key, calling(FORBIDDEN), (DENIED, *LISTS[1:]), id="key: models are refused now"),
    pytest.param(gemini_key, line("api-search-service-failed", 5, error=NO_KEY), (WELL,), id="key: of whom"),
    pytest.param(gemini_key, line("api-search-service-failed", 5, error=NO_KEY), (WELL, keys(supply())),
                 id="key: of the worker only"),
    pytest.param(gemini_key, line("api-search-service-failed", 5, error=NO_KEY), (DENIED, keys(supply(), supply())),
                 id="key: there and refused"),
    pytest.param(gemini_network, calling(NETWORK), (), id="way: not asked"),
    pytest.param(gemini_network, calling(NETWORK), (stopped(Step.NAME, NetworkFault.NAME_UNKNOWN),), id="way: no name"),
    pytest.param(gemini_network, calling(NETWORK), (CUT_OFF,), id="way: no answer"),
    pytest.param(gemini_network, calling(NETWORK), (PORTAL,), id="way: somebody else answers"),
    pytest.param(gemini_network, calling(LATE), (WELL,), id="way: open, and slow"),
    pytest.param(rate_limited, calling(QUOTA), (WELL, opened()), id="quota: of embeddings"),
    pytest.param(rate_limited, line("sub-rate-limit", 5, batch_id="b", error=MISREAD), (opened(),), id="quota: no"),
    pytest.param(rate_limited, LIMITED, (WELL,), id="quota: no rows"),
    pytest.param(rate_limited, LIMITED, (opened(row(BatchState.HELD_BACK, attempts=1, due=-9)),), id="quota: waits"),
    pytest.param(rate_limited, LIMITED, (opened(row(BatchState.DUE, attempts=1, due=9)),), id="quota: not yet sent"),
    pytest.param(rate_limited, calling(OVERLOADED), (BUSY,), id="load: still"),
    pytest.param(rate_limited, calling(OVERLOADED), (opened(),), id="load: not asked"),
    pytest.param(zoekt, searching("code = Unavailable"), (), id="zoekt: not asked"),
    pytest.param(zoekt, searching("code = Unavailable"), (replace(SERVED, healthz=500),), id="zoekt: not ready"),
    pytest.param(zoekt, searching("code = Unavailable"), (replace(SERVED, grpc=False),), id="zoekt: no gRPC"),
    pytest.param(zoekt, searching("code = DeadlineExceeded"), (SERVED,), id="zoekt: slow"),
    pytest.param(zoekt, indexing("permission denied"), (HERE, folder(Access.USABLE)), id="zoekt: some folder"),
    pytest.param(zoekt, indexing("permission denied"), (folder(Access.USABLE),), id="zoekt: whose folder"),
    pytest.param(zoekt, indexing("permission denied"), (RUNNING,), id="zoekt: a folder not tried"),
    pytest.param(zoekt, indexing("permission denied"), (RUNNING, folder()), id="zoekt: no folder"),
    pytest.param(zoekt, indexing("permission denied"), (RUNNING, folder(Access.USABLE, Access.NOT_WRITABLE)),
                 id="zoekt: one of two folders"),
    pytest.param(zoekt, indexing(MISSING), (HERE, indexer("/bin/zoekt-git-index")), id="zoekt: some PATH"),
    pytest.param(zoekt, indexing(MISSING), (RUNNING,), id="zoekt: programs not looked for"),
    pytest.param(zoekt, indexing(MISSING), (RUNNING, indexer(None)), id="zoekt: still missing"),
    pytest.param(zoekt, indexing(MISSING), (RUNNING, Programs("the worker")), id="zoekt: not looked for"),
    pytest.param(zoekt, indexing("exit status 1"), (RUNNING, SERVED, indexer("/x")), id="zoekt: it failed"),
    pytest.param(connector_failed, syncing("unexpected status 401"), (), id="connector: not asked"),
    pytest.param(connector_failed, syncing("unexpected status 401"), (connector("error"),), id="connector: error"),
    pytest.param(connector_failed, syncing("unexpected status 401"), (connector(synced=False),), id="connector: never"),
    pytest.param(connector_failed, [syncing("unexpected status 401"), syncing("unexpected status 401", "d")],
                 (connector(),), id="connector: one of two"),
    pytest.param(connector_failed, [syncing("unexpected status 401", "d"), *[syncing("unexpected status 401")] * 99],
                 (connector(),), id="connector: one that is not kept"),
    pytest.param(connector_failed, line("con-group-skipped", 5, group="g", error="unexpected status 401"),
                 (connector(),), id="connector: a group"),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "lines", "known"), STILL)
def test_it_may_still_be_so(resolved, rule, lines, known):
    (finding,) = judged(rule, read(lines), resolved(ZOEKT), *known)
    (unaware,) = judged(rule, read(lines), resolved(ZOEKT))

    assert finding == unaware
    assert finding.severity is rule.severities[0] is not Severity.NOTE


NO_LONGER = [
    *(
        pytest.param(database_connection, pool(error), (OPEN,), "the database lets the program in now", RESTART,
                     id=f"db: {error[:40]}")
        for error in (
            REFUSED, "no such host", "password authentication failed", "does not exist (SQLSTATE 3D000)",
            "database is required", "unexpected EOF", "too many clients already", "server refused TLS connection",
            "whatever",
        )
    ),
    *(
        pytest.param(nats, started(error), (FIRST_RUN,), "NATS lets the program in now", RESTART, id=f"nats: {error}")
        for error in (NO_NATS, "no such host", "authorization violation", "jetstream not enabled", "nats: timeout")
    ),
    pytest.param(nats, line("consumer-connect-failed", 5, error="x"), (FIRST_RUN,), "NATS lets the program in now",
                 RESTART, id="nats: whatever it was"),
    *(
        pytest.param(nats, fetching(error), (FETCHED,), "somebody fetches jobs now", RESTART, id=f"nats: {error}")
        for error in (CLOSED, "nats: consumer deleted", "nats: maximum bytes exceeded", "some error")
    ),
    pytest.param(nats, line("nats-disconnected", 5, error="EOF"), (WORKED_ON,), "somebody fetches jobs now", RESTART,
                 id="nats: back"),
    pytest.param(nats, publishing("nats: timeout"), (FIRST_RUN,), "NATS lets the program in now", RESUBMIT,
                 id="nats: for the API too"),
    *(
        pytest.param(gemini_key, lines, (WELL,), "Google takes the key now", RESTART, id=f"key: {name}")
        for name, lines in (
            ("rejected", calling(GEMINI_KEY)),
            ("missing", line("gemini-key-missing", 5)),
        )
    ),
    pytest.param(gemini_key, calling(FORBIDDEN), LISTS, "Google takes the key now", RESTART, id="key: allowed"),
    pytest.param(gemini_key, calling(FORBIDDEN), EMPTY_LISTS, "Google takes the key now", RESTART, id="key: no files"),
    *(
        pytest.param(gemini_key, line("api-search-service-failed", 5, error=NO_KEY), (WELL, supplied),
                     "Google takes the key now", RESTART, id=f"key: of the API, {name}")
        for name, supplied in (
            ("here", keys(supply(), supply())), ("elsewhere", keys(supply(), None, api_elsewhere=True)),
        )
    ),
    *(
        pytest.param(gemini_network, calling(NETWORK), (found,), "Google answers now", RESUBMIT, id=f"way: {name}")
        for name, found in (("open", WELL), ("to a no", DENIED))
    ),
    pytest.param(rate_limited, LIMITED, (opened(),), "no batch waits for another attempt now", RESUBMIT, id="quota"),
    pytest.param(rate_limited, LIMITED, (opened(row(BatchState.DUE, due=9)),), "no batch waits for another attempt now",
                 RESUBMIT, id="quota: a new batch"),
    pytest.param(rate_limited, calling(OVERLOADED), (WELL,), "Google answers now", RESUBMIT, id="load"),
    pytest.param(zoekt, searching("code = Unavailable"), (SERVED,), "the server answers now", RESTART, id="zoekt"),
    *(
        pytest.param(zoekt, indexing("permission denied"), (RUNNING, folder(found)), "the folder takes files now",
                     RESTART, id=f"zoekt: {found}")
        for found in (Access.USABLE, Access.CREATABLE)
    ),
    pytest.param(zoekt, indexing(MISSING), (RUNNING, indexer("/bin/zoekt-git-index")),
                 "it is on the worker's PATH now", RESTART, id="zoekt: installed"),
    pytest.param(connector_failed, syncing("unexpected status 401"), (connector(),),
                 "synchronised since, by the database", AGAIN, id="connector"),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "lines", "known", "said", "fix"), NO_LONGER)
def test_it_is_over(resolved, rule, lines, known, said, fix):
    (finding,) = judged(rule, read(lines), resolved(ZOEKT), *known)
    (unaware,) = judged(rule, read(lines), resolved(ZOEKT))

    assert finding.message == f"{unaware.message}; {said}"
    assert finding.severity is Severity.NOTE
    assert finding.severity in rule.severities
    assert (finding.fix.summary, finding.fix.commands) == (fix, ())
    assert finding.evidence == unaware.evidence
