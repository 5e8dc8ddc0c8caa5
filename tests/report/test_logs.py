"""`logs` as text, as a timeline and as JSON: what is said, what is not, and nothing that steers a terminal or a CI."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any

import pytest

from doctor.facts.logs import LogCount, LogEvent, LogInput, LogRun, Logs, LogShape, LogTrail
from doctor.facts.logselection import LogSelection
from doctor.logs.catalogue import CATALOGUE
from doctor.logs.scan import Scanner
from doctor.logs.story import tell
from doctor.report import log_jobs, log_runs, logs_json, logs_timeline
from doctor.report.log_head import absent, size
from doctor.report.log_look import Look
from doctor.report.log_problems import GRAVE, problems
from doctor.report.log_words import BORNE_OUT, MISLEADING, Clock, data, moment
from doctor.report.logs import text
from doctor.report.terminal import columns
from tests.logs import encoder
from tests.report.log_samples import (
    BATCH,
    JOB,
    NOT_CONFIGURED,
    OTHER_JOB,
    QUOTA,
    START,
    STORIES,
    Story,
    crash_loop,
    fell_back,
    healthy,
    quota,
    several,
)
from tests.report.schemas import validate

ASKED = LogSelection(("worker.log",))
NOTHING = Logs(inputs=(LogInput("x", 1, 1),))


def said(found: Logs, selection: LogSelection | None = None, **look: Any) -> str:
    """The text without its line breaks."""
    return " ".join(text(found, selection, Look(**look)).split())


@pytest.mark.parametrize("name", STORIES)
def test_golden(golden, name):
    golden(f"logs-{name}.txt", text(STORIES[name](), ASKED))


@pytest.mark.parametrize(
    ("name", "look"),
    [
        ("logs-40.txt", Look(40, 40)),
        ("logs-110.txt", Look(110, 200)),
        ("logs-color.txt", Look(80, 100, color=True)),
        ("logs-verbose.txt", Look(verbosity=1)),
        ("logs-quiet.txt", Look(quiet=True)),
    ],
)
def test_golden_looks(golden, name, look):
    golden(name, text(quota(), ASKED, look))


@pytest.mark.parametrize("name", STORIES)
def test_golden_timeline(golden, name):
    golden(f"logs-timeline-{name}.txt", logs_timeline.text(STORIES[name]()))


def test_ids_are_those_of_the_catalogue():
    ids = {
        *MISLEADING,
        *BORNE_OUT,
        *BORNE_OUT.values(),
        *GRAVE,
        *log_jobs.ROADS,
        *log_jobs.JOB_STATES,
        *log_jobs.BATCH_STATES,
        *log_runs.STOPPED,
        *log_runs.STOPPING,
        *log_runs.STARTED,
        *log_runs.CRASHES,
        *log_runs.DONE,
    }

    assert ids - set(CATALOGUE.by_id) == set()


# --- what is not said


@pytest.mark.parametrize(
    ("found", "unsaid"),
    [
        pytest.param(healthy(), "What is wrong", id="nothing is wrong"),
        pytest.param(healthy(), "really mean", id="a line that is borne out does not mislead"),
        pytest.param(healthy(), "codechunk-doctor check", id="no advice without need"),
        pytest.param(healthy(), "Not recognised", id="all is known"),
        pytest.param(fell_back(), "Batches", id="no batches"),
        pytest.param(fell_back(), "batches queued", id="asynchronously, after a fallback"),
        pytest.param(crash_loop(), "Jobs", id="no jobs"),
        pytest.param(crash_loop(), "10:33", id="a crash loop is one line"),
        pytest.param(quota(), "services", id="no names without a wrapper"),
        pytest.param(Logs(), "What", id="nothing at all"),
    ],
)
def test_what_is_not_so_is_not_said(found, unsaid):
    assert unsaid not in said(found, ASKED)


def one(id: str, count: int = 1, **fields: Any) -> Logs:
    story = Story()
    for _ in range(count):
        story.add(id, **fields)
    return story.logs()


@pytest.mark.parametrize(
    ("found", "shown"),
    [
        pytest.param(healthy(), "Nothing wrong was found", id="nothing is wrong"),
        pytest.param(healthy(), "8,269 batch embedded", id="a job whose batch is done"),
        pytest.param(healthy(), "fewer than 10 chunks", id="why sequential"),
        pytest.param(fell_back(), "fell back to sequential embedded", id="fallback"),
        pytest.param(fell_back(), f"embedded {NOT_CONFIGURED}", id="why it fell back"),
        pytest.param(fell_back(), "level=INFO at the beginning of every line", id="the outer level"),
        pytest.param(crash_loop(), "the worker started 14 times in 18m26s", id="a loop"),
        pytest.param(crash_loop(), "14 times, 10:31:25 to 10:49:51, every 1m25s", id="how often"),
        pytest.param(quota(), "Flux capacitor", id="what nobody knows"),
        pytest.param(quota(), "Not recognised (3 lines)", id="how much of it"),
        pytest.param(quota(), 'level is ERROR or WARN: "Failed to parse file" (1 line)', id="noise"),
        pytest.param(several(), "ended without a word", id="killed"),
        pytest.param(several(), "stopped as it was told to after 31s", id="stopped"),
        pytest.param(several(), "old.log.gz: cut off.", id="a problem with an input"),
        pytest.param(
            several(), "Read 2 logs: 5.4 MB, 12,000 lines of worker-1 and api-1, 2025-11-22 10:30:00 to", id="head"
        ),
        pytest.param(one("batch-quota-exceeded", error="429"), "calls no API", id="no quota trouble"),
        pytest.param(
            one("queue-create-failed", error="invalid"), "nothing becomes sequential by this", id="not sequential"
        ),
        pytest.param(one("worker-db-pool-failed", 200, error="x"), "10:30:00 to 10:30:20, 10 a second", id="a rate"),
        pytest.param(Logs(inputs=(LogInput("empty.log"),)), "There is nothing in it.", id="an empty file"),
        pytest.param(
            Logs(inputs=(LogInput("syslog", 9, 1),)),
            "No line of it is in a format that codechunking writes",
            id="foreign",
        ),
        pytest.param(
            Logs(inputs=(LogInput("a.log", 9, 1, "plain"),)), "none is an error or a warning", id="nothing that matters"
        ),
    ],
)
def test_what_is_said(found, shown):
    assert shown in said(found, ASKED)


def test_what_was_asked_for_is_said():
    chosen = LogSelection(("x",), START, START + 60, JOB, "batches/x1")
    shown = said(healthy(), chosen)

    assert "Only lines since 2025-11-22 10:30:00 UTC, until 2025-11-22 10:31:00 UTC, of job a1b2c3d4" in shown
    assert 'and with "batches/x1" in them count' in shown
    assert "No such line" in said(Logs(inputs=(LogInput("x", 1, 1),)), LogSelection(("x",), START))


@pytest.mark.parametrize(
    ("found", "selection", "shown"),
    [
        pytest.param(healthy(), LogSelection(job=JOB), None, id="there"),
        pytest.param(quota(), LogSelection(id="batches/x1", since=START), None, id="an id that is there"),
        pytest.param(NOTHING, LogSelection(), None, id="nothing asked for"),
        pytest.param(NOTHING, LogSelection(since=START, until=START + 60), None, id="only a time asked for"),
        pytest.param(NOTHING, LogSelection(job=JOB), f"job {JOB} is not in these logs", id="a job"),
        pytest.param(NOTHING, LogSelection(id="b\x1b[2J"), r"id b\x1b[2J is not in these logs", id="an id"),
        pytest.param(
            NOTHING, LogSelection(job="j", id="b"), "job j and id b are not in these logs", id="a job and an id"
        ),
        pytest.param(
            NOTHING, LogSelection(job="j", until=START), "job j is not in these logs at that time", id="at a time"
        ),
    ],
)
def test_what_was_asked_for_and_is_not_there(found, selection, shown):
    assert absent(found, selection) == shown
    assert shown is None or f"{shown[0].upper()}{shown[1:]}." in said(found, selection)


@pytest.mark.parametrize(
    ("paths", "typed"),
    [
        (("worker.log",), "codechunk-doctor logs worker.log --timeline"),
        (("my logs/*.log",), "codechunk-doctor logs 'my logs/*.log' --timeline"),
        (("-",), None),
        (("x\x1b[2J",), None),
        ((), None),
    ],
)
def test_what_to_type_next(paths, typed):
    shown = text(fell_back(), LogSelection(paths))

    assert f"  $ {typed}\n" in shown if typed else "--timeline" not in shown


# --- what is wrong


def cause(
    id: str, error: str, level: str = "ERROR", role: str = "cause", count: int = 1, known: str | None = None
) -> LogCount:
    event = LogEvent(id, role, level, START, id, {"error": error}, "w.log", 1, cause=known)
    return LogCount(id, role, level, count, START, START + count, (event,), (event,), known)


@pytest.mark.parametrize(
    "harmless",
    [
        cause("gc-http-error", "x", role="noise"),
        cause("embed-decision", "x", "INFO", "decision"),
        cause("gc-response", "x", "INFO", "success", 10_000),
        cause("", "x"),
    ],
)
def test_no_problem(harmless):
    assert problems(Logs(counts=(harmless,))) == []


def test_specific_before_generic_before_wrapper_before_what_nobody_knows():
    found = Logs(
        counts=(
            cause("tokens-oversized", "", "WARN", "symptom", 50),
            cause("consumer-nak", "x", role="symptom", count=99),
            cause("job-status-update-failed", "x", known="ctx-deadline", count=9),
            cause("worker-db-pool-failed", "x", known="db-refused"),
            cause("consumer-nak", "x", role="symptom", known="db-refused", count=3),
            cause("embed-store-failed", "x"),
        )
    )

    told = problems(found)
    assert [each.id for each in told] == [
        "db-refused",
        "embed-store-failed",
        "ctx-deadline",
        "consumer-nak",
        "tokens-oversized",
    ]
    assert told[0].count == 4
    assert told[0].samples[0].id == "worker-db-pool-failed"


def test_more_problems_than_a_screen_has():
    ids = [each.id for each in CATALOGUE.entries if each.role == "cause" and each.level == "ERROR"][:12]
    found = Logs(counts=tuple(cause(id, "x") for id in ids))

    assert all(f"[{id}]" in said(found) for id in ids)
    assert text(found).count("  seen ") == 6
    assert text(found, None, Look(verbosity=1)).count("  seen ") == 12
    assert text(found, None, Look(quiet=True)).count("\n") == 12


def test_an_unknown_cause_is_no_trouble_to_us():
    assert problems(Logs(counts=(cause("consumer-nak", "x", known="of-tomorrow"),)))[0].id == "consumer-nak"


# --- processes


def life(*ids: str, end: str | None = None, after: float = 1.0, at: float = START, **fields: Any) -> LogRun:
    def event(id: str, time: float) -> LogEvent:
        entry = CATALOGUE.by_id[id]
        return LogEvent(id, entry.role, entry.level, time, entry.message or id, fields, "w.log", 1, "w")

    start = event("worker-starting", at)
    return LogRun("worker", "w", start, tuple(event(id, at) for id in ids), (end and event(end, at + after)) or None)


@pytest.mark.parametrize(
    ("run", "outcome"),
    [
        (life("worker-started"), "running"),
        (life("worker-started", end="worker-shutdown-done"), "stopped"),
        (life("worker-started", "worker-shutdown"), "stopped"),
        (life(end="worker-db-pool-failed"), "failed"),
        (life(end="go-panic-nil"), "crashed"),
        (LogRun("migrate", "", None, life("mig-applied").milestones), "finished"),
    ],
)
def test_how_a_process_ended(run, outcome):
    assert [each.outcome for each in log_runs.lives([run])] == [outcome]


def numbered(*runs: LogRun, heard: float | None = None) -> list[LogRun]:
    """The lives as journald tells them apart."""
    return [replace(run, stream=f"codechunking[{number}]", heard=heard) for number, run in enumerate(runs)]


@pytest.mark.parametrize(
    ("runs", "outcomes"),
    [
        pytest.param([life("worker-started"), life("worker-started", at=START + 9)], ["vanished", "running"], id="one"),
        pytest.param(
            numbered(life("worker-started"), life("worker-started", at=START + 9)),
            ["vanished", "running"],
            id="numbers",
        ),
        pytest.param(
            numbered(life("worker-started"), life("worker-started", at=START + 9), heard=START + 50),
            ["running", "running"],
            id="two at a time",
        ),
        pytest.param(
            [replace(life("worker-started"), stream="", log=f"{name}.log") for name in "ab"],
            ["running", "running"],
            id="two logs",
        ),
    ],
)
def test_who_took_whose_place(runs, outcomes):
    assert [each.outcome for each in log_runs.lives(runs)] == outcomes


@pytest.mark.parametrize(
    ("runs", "told"),
    [
        pytest.param([life(end="go-panic-nil")], [1], id="once"),
        pytest.param([life(end="go-panic-nil")] * 2, [1, 1], id="twice"),
        pytest.param([life(end="worker-shutdown-done")] * 9, [1] * 9, id="stopped on purpose"),
        pytest.param([life(end="go-panic-nil", after=3600)] * 4, [1] * 4, id="long lives"),
        pytest.param(
            [life(end=each) for each in ("go-panic-nil", "worker-db-pool-failed") * 3], [1] * 6, id="different ends"
        ),
        pytest.param([life(end="go-panic-nil")] * 3 + [life("worker-started")], [3, 1], id="a loop that ended"),
        pytest.param([life(end="gemini-key-missing")] * 40, [40], id="a loop"),
        pytest.param(numbered(*[life(end="gemini-key-missing")] * 40), [40], id="a loop under journald"),
    ],
)
def test_crash_loops(runs, told):
    assert [len(each.lives) for each in log_runs.in_loops(log_runs.lives(runs))] == told


@pytest.mark.parametrize(
    ("run", "expected"),
    [
        (life(), {}),
        (life("gemini-service", batch_api_enabled=True), {"provider": "gemini", "batch_client": True}),
        (
            life("gemini-service", "batch-client-failed", batch_api_enabled=False),
            {"provider": "gemini", "batch_client": False},
        ),
        (life("openai-service", model="m"), {"provider": "openai", "batch_client": False, "model": "m"}),
        (life("batch-processing-disabled"), {"batch_processing": False}),
        (
            life("queue-manager-creating", "queue-create-failed", threshold_chunks=0, fallback_enabled=False),
            {"batch_processing": True, "threshold_chunks": 0, "fallback_to_sequential": False, "queue_manager": False},
        ),
        (life("queue-manager-creating", threshold_chunks="ten"), {"batch_processing": True}),
        (life("async-batch-unsupported"), {"submitter": False}),
    ],
)
def test_what_a_process_was_configured_with(run, expected):
    assert log_runs.Life(run).configuration == log_runs.Configuration(**expected)


# --- jobs and batches


def trail(*ids: str, **fields: Any) -> LogTrail:
    events = (LogEvent(id, "", "INFO", START + number, id, fields) for number, id in enumerate(ids))
    return LogTrail(JOB, tuple(events))


@pytest.mark.parametrize(
    ("ids", "road", "state"),
    [
        ((), None, "unknown"),
        (("embed-decision",), None, "running"),
        (("job-repo-completed-skip",), "skipped", "skipped"),
        (("embed-decision", "embed-seq-start", "embed-seq-done"), "sequential", "embedded"),
        (("embed-decision", "embed-seq-start", "embed-chunk-failed"), "sequential", "failed"),
        (("embed-seq-start", "embed-chunk-failed", "embed-seq-start", "embed-seq-done"), "sequential", "embedded"),
        (("batch-loop-start", "batch-queued", "batch-all-async"), "batch", "queued"),
        (("batch-loop-start", "batch-submit-failed"), "batch", "failed"),
        (
            (
                "batch-loop-start",
                "batch-submit-failed",
                "batch-fallback",
                "embed-seq-start",
                "embed-seq-done",
                "batch-all-async",
            ),
            "sequential-fallback",
            "embedded",
        ),
        (("embed-queue-failed",), None, "failed"),
        (("embed-queue-failed", "embed-queue-fallback", "embed-seq-start"), "sequential-fallback", "running"),
        (("embed-mode-test", "embed-batch-test-done"), "test-vectors", "embedded"),
        (("batch-all-present", "batch-queued"), "batch", "running"),
        (("api-mock-publish",), None, "lost"),
    ],
)
def test_a_job(ids, road, state):
    told = log_jobs.job(trail(*ids))

    assert (told.road, told.state) == (road, state)


@pytest.mark.parametrize(
    ("ids", "state"),
    [
        ((), "unknown"),
        (("batch-queued",), "queued"),
        (("batch-queued", "sub-first", "sub-file-uploaded"), "uploaded"),
        (("batch-queued", "sub-first", "sub-rate-limit", "sub-retry-scheduled"), "waiting-for-quota"),
        (("sub-non-retryable",), "failed"),
        (("poll-job-failed", "poll-retry"), "failed-at-google"),
        (("poll-completed", "poll-processing-failed"), "failed"),
        (("poll-completed", "poll-marked-completed"), "completed"),
        (("poll-cancelled",), "cancelled"),
    ],
)
def test_a_batch(ids, state):
    assert log_jobs.batch(trail(*ids)).state == state


@pytest.mark.parametrize(
    ("ends", "state"),
    [
        ({}, "queued"),
        ({"b1": ("poll-marked-completed",)}, "queued"),
        ({"b1": ("poll-marked-completed",), "b2": ("sub-first",)}, "queued"),
        ({"b1": ("poll-marked-completed",), "b2": ("poll-marked-completed",)}, "embedded"),
        ({"b1": ("poll-marked-completed",), "b2": ("sub-non-retryable",)}, "failed"),
        ({"b2": ("poll-cancelled",)}, "failed"),
    ],
)
def test_a_job_ends_as_its_batches_do(ends, state):
    queued = (LogEvent("batch-queued", "", "INFO", START, "", {"batch_id": id}) for id in ("b1", "b2"))
    events = (*queued, LogEvent("batch-all-async", "", "INFO", START, ""))
    batches = {id: LogTrail(id, trail(*ids).events) for id, ids in ends.items()}

    assert log_jobs.job(LogTrail(JOB, events), batches).state == state


@pytest.mark.parametrize(
    ("ids", "fields", "why"),
    [
        (("embed-decision", "batch-queued"), {"batch_enabled": True}, None),
        (("embed-seq-start",), {}, None),
        (("embed-decision", "embed-seq-start"), {"batch_enabled": False}, "batch_processing.enabled is false"),
        (("embed-decision", "embed-seq-start"), {"threshold_chunks": 50}, "fewer than 50 chunks"),
        (("batch-fallback",), {"error": NOT_CONFIGURED}, NOT_CONFIGURED),
        (("embed-all-present-seq",), {}, "nothing was left to do"),
    ],
)
def test_why_a_job_went_its_road(ids, fields, why):
    assert log_jobs.job(trail(*ids, **fields)).why == why


def test_only_the_newest_jobs_are_told_at_length():
    story = Story()
    for number in range(25):
        story.decide(f"{number:08}-e5f6-4890-abcd-ef1234567890")
    found = story.logs(lost_trails=True)

    assert "(the newest 10 of 25; -v shows all)" in text(found)
    assert "00000024-" in text(found)
    assert "00000014-" not in text(found)
    assert "00000000-" in text(found, None, Look(verbosity=1))
    assert "more jobs and batches than are kept" in said(found)


# --- times


@pytest.mark.parametrize(
    ("span", "shown"),
    [
        ((START, START + 60), "10:30:00"),
        ((START, START + 90_000), "11-22 10:30:00"),
        ((START, START + 1e8), "2025-11-22 10:30:00"),
        ((None, None), "2025-11-22 10:30:00"),
    ],
)
def test_times_are_as_short_as_they_can_be_told_apart(span, shown):
    assert Clock(*span).at(START) == shown


@pytest.mark.parametrize("time", [None, 1e300, -1e300, float("nan"), float("inf")])
def test_a_time_that_is_none(time):
    assert moment(time) is None
    assert Clock(time, time).at(time) == "-"
    assert "worker" in text(
        Logs(runs=(life(at=time or 0.0),), first=time, last=time, counts=(cause("consumer-nak", "x"),))
    )


# --- hostile lines

EVIL = "\x1b]0;t\x07\x1b[2J\r::error::x\n::set-output name=a::b \u202e##[error]y ##vso[task.x]z \x9b0m \x00 \ufeff"
COMMAND = re.compile(r"^[\s\ufeff]*::|##\[|##vso\[", re.MULTILINE)


def hostile() -> Logs:
    fields = {"error": EVIL, EVIL: EVIL, "job_id": EVIL, "repo": EVIL, "config_file": EVIL, "chunk_count": 10**30}
    events = tuple(
        LogEvent(id, "cause", "ERROR", START, EVIL, fields, EVIL, 1, EVIL, EVIL)
        for id in ("worker-starting", "config-loaded", "queue-create-failed", "batch-fallback", "go-panic-any")
    )
    counts = tuple(LogCount(each.id, "cause", "ERROR", 5, START, START, (each,), (each,)) for each in events)
    noise = LogCount("gc-http-error", "noise", "ERROR", 1, None, None, (events[0],), ())
    shape = LogShape(EVIL, "WARN", 3, START, START, (LogEvent("", "", "WARN", None, "", {}, EVIL, 0, EVIL, EVIL),))
    runs = (LogRun("worker", EVIL, events[0], events, events[-1]),) * 3
    trails = {EVIL: LogTrail(EVIL, events), "x" * 3000: LogTrail("x" * 3000, events)}
    inputs = (LogInput(EVIL, 1, 1, "structured", problem=EVIL),)
    return Logs(inputs, START, START, (*counts, noise), (shape,), 3, runs, trails, trails)


@pytest.mark.parametrize(
    "look", [Look(), Look(40, 40), Look(verbosity=2), Look(quiet=True), Look(200, 200), Look(60, None, verbosity=1)]
)
@pytest.mark.parametrize("make", [lambda look: text(hostile(), LogSelection((EVIL,), id=EVIL, job=EVIL), look)])
def test_nothing_in_a_line_steers_the_terminal_or_the_build_server(make, look):
    shown = make(look)

    assert all(letter.isprintable() or letter == "\n" for letter in shown)
    assert COMMAND.search(shown) is None


@pytest.mark.parametrize("look", [Look(), Look(40, 40), Look(verbosity=2), Look(quiet=True)])
def test_nothing_in_the_timeline_does(look):
    shown = logs_timeline.text(hostile(), look)
    for event in (*logs_timeline.matters(hostile()), hostile().unrecognised[0].samples[0]):
        shown += logs_timeline.follow_line(event, look)

    assert all(letter.isprintable() or letter == "\n" for letter in shown)
    assert COMMAND.search(shown) is None


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("std::vector a:b ::", "std::vector a:b \\x3a:"),
        ("::error::x", "\\x3a:error::x"),
        ("# ## a#b", "# ## a#b"),
        ("a##[x]", "a\\x23#[x]"),
        ("a\tb\nc", "a b c"),
    ],
)
def test_data(given, shown):
    assert data(given) == shown


@pytest.mark.parametrize("width", [40, 60, 80, 120, 200])
@pytest.mark.parametrize("name", STORIES)
def test_it_fits(name, width):
    found = STORIES[name]()
    lines = text(found, None, Look(width, width)).splitlines()
    lines += logs_timeline.text(found, Look(width, width)).splitlines()[2:]

    assert [line for line in lines if columns(line) > max(width, 44)] == []


@pytest.mark.parametrize(
    ("count", "shown"), [(0, "0 bytes"), (1, "1 byte"), (999, "999 bytes"), (1500, "1.5 kB"), (12 * 10**8, "1.2 GB")]
)
def test_size(count, shown):
    assert size(count) == shown


# --- the timeline


def test_a_timeline_is_bounded_and_says_so():
    story = Story()
    for number in range(300):
        story.add("batch-queued", 1, batch_id=f"{number:08}-0718-4012-8def-012345678902", indexing_job_id=JOB)
    shown = logs_timeline.text(story.logs(counts=()), Look(200))

    assert len(shown.splitlines()) == 202
    assert shown.startswith(
        "The newest 200 entries of 2025-11-22 10:30:01 to 10:35:00 UTC; --until shows earlier ones."
    )


def test_an_event_is_told_once():
    told = logs_timeline.matters(fell_back())

    assert len(told) == len({(each.path, each.line) for each in told})


def test_what_tells_no_time_stands_where_it_was_written():
    events = [
        ("b", 1, START + 5),
        ("b", 2, None),
        ("b", 3, START + 9),
        ("a", 7, START + 7),
        ("c", 1, None),
        ("c", 2, START),
    ]
    counts = [
        LogCount(
            "gc-failed", "cause", "ERROR", 1, recent=(LogEvent("gc-failed", "cause", "ERROR", time, "x", {}, *at),)
        )
        for *at, time in events
    ]
    found = logs_timeline.matters(Logs(counts=tuple(counts)))

    assert [(each.path, each.line) for each in found] == [("c", 1), ("c", 2), ("b", 1), ("b", 2), ("a", 7), ("b", 3)]


def test_a_silence_is_marked():
    assert "2h00m without a line that matters" in logs_timeline.text(several())
    assert "without a line" not in logs_timeline.text(fell_back()).split("10:30:31")[0]


@pytest.mark.parametrize(
    ("count", "unknown", "is_hidden"), [(40, False, False), (1000, False, True), (1000, True, True)]
)
def test_what_is_too_frequent_to_be_kept_is_no_silence(count, unknown, is_hidden):
    """One failure every few seconds over three hours; of many only the first and the newest are known."""

    def at(number: float) -> float:
        return START + 10_700 * number / max(1, count)

    message = "Nobody knows this" if unknown else "Embedding request failed"
    lines = [encoder.line(message, "ERROR", {"error": "x", "job_id": f"j{n}"}, at(n)) for n in range(count)]
    scanner = Scanner()
    ends = [encoder.line("Starting worker service", time=START + after) for after in (0, 10_750)]
    scanner.scan(encoder.file([ends[0], *lines, ends[1]]))
    shown = logs_timeline.text(tell(scanner.result, ["worker.log"]), Look(200))

    assert "without a line that matters" not in shown
    assert ("of which only frequent lines are not here" in shown) == is_hidden


def test_a_new_matter_says_what_it_means():
    event = next(each for each in quota().counts if each.id == "sub-rate-limit").samples[0]

    line = logs_timeline.follow_line(event)
    assert line.startswith("2025-11-22 10:31:31 ERROR Rate limit error, setting global backoff: embedding service")
    assert " = Per-minute, per-day or batch-token quota used up" in line
    assert line.count("\n") == 1


# --- for machines


@pytest.mark.parametrize("name", STORIES)
def test_for_machines(name):
    validate(logs_json.as_json(STORIES[name]()), "logs")


def test_all_of_it_for_machines():
    document = validate(logs_json.as_json(quota()), "logs")

    assert document["span"] == {"first": "2025-11-22T10:30:00.100000Z", "last": "2025-11-22T11:25:32.900000Z"}
    assert document["inputs"][0]["format"] == "structured"
    events = {each["id"]: each for each in document["events"]}
    assert events["sub-rate-limit"]["count"] == 10
    assert len(events["sub-rate-limit"]["samples"]) == 3
    assert events["sub-rate-limit"]["samples"][0]["fields"]["batch_id"] == BATCH
    assert [(each["id"], each["count"]) for each in document["causes"]] == [("gem-quota", 21)]
    assert document["causes"][0]["events"] == ["sub-rate-limit", "sub-retry-scheduled", "sub-max-attempts"]
    assert document["unrecognised"]["count"] == 3
    assert [each["count"] for each in document["unrecognised"]["samples"]] == [2, 1]
    assert document["processes"][0]["configuration"]["threshold_chunks"] == 10
    assert document["batches"][0]["state"] == "failed"
    assert document["batches"][0]["error"]["cause"] == "gem-quota"


def test_each_kind_of_line_is_there_once_whatever_its_causes():
    story = Story()
    story.add("consumer-nak", error=QUOTA)
    story.add("consumer-nak", error=NOT_CONFIGURED)
    document = validate(logs_json.as_json(story.logs()), "logs")

    assert [(each["id"], each["count"]) for each in document["events"]] == [("consumer-nak", 2)]
    assert [sample["line"] for sample in document["events"][0]["samples"]] == [1, 2]
    assert len(document["causes"]) == 2


def test_nothing_for_machines():
    document = validate(logs_json.as_json(Logs()), "logs")

    assert [key for key, value in document.items() if value == []] == [
        "inputs",
        "events",
        "causes",
        "processes",
        "jobs",
        "batches",
    ]


def test_hostile_lines_for_machines():
    shown = logs_json.as_json(hostile())

    document = validate(shown, "logs")
    assert shown.isascii()
    assert document["inputs"][0]["path"] == EVIL


def deep(levels: int) -> object:
    value: object = "x"
    for _ in range(levels):
        value = [value]
    return value


@pytest.mark.parametrize(
    ("fields", "shown"),
    [
        ({"token_count": 7, "keyPath": "/k"}, {"token_count": 7, "keyPath": "/k"}),
        ({"api_key": "", "password": None}, {"api_key": "", "password": None}),
        ({"api_key": "k-canary"}, {"api_key": "***"}),
        ({"a": {"db_password": "p-canary"}, "tokens": ["t-canary"]}, {"a": {"db_password": "***"}, "tokens": ["***"]}),
    ],
)
def test_fields_that_are_secrets(fields, shown):
    event = LogEvent("consumer-nak", "symptom", "ERROR", START, "x", fields, "w.log", 1)
    found = Logs(counts=(LogCount("consumer-nak", "symptom", "ERROR", 1, samples=(event,)),))

    assert json.loads(logs_json.as_json(found))["events"][0]["samples"][0]["fields"] == shown
    assert "canary" not in text(found, None, Look(verbosity=2))


@pytest.mark.parametrize("value", [deep(3000), float("nan"), float("inf"), {1: {2}}, ("a", None), 10**400])
def test_whatever_a_field_holds(value):
    event = LogEvent("consumer-nak", "symptom", "ERROR", None, "x", {"v": value})
    document = validate(
        logs_json.as_json(Logs(counts=(LogCount("consumer-nak", "symptom", "ERROR", 1, samples=(event,)),))), "logs"
    )

    assert "v" in document["events"][0]["samples"][0]["fields"]
    validate(logs_json.event_line(event), "log-event")


def test_an_event_in_a_line():
    event = next(each for each in several().counts if each.id == "api-nats-connect-failed").samples[0]
    line = logs_json.event_line(event)

    document = validate(line, "log-event")
    assert line.count("\n") == 1
    assert (document["id"], document["service"], document["cause"]) == (event.id, "api-1", "nats-refused")
    assert document["meaning"].startswith("The API started without NATS")
    assert validate(logs_json.event_line(LogEvent("", "", "WARN", None, "", text="x")), "log-event")["message"] == "x"


def test_a_lost_job_and_its_reason():
    told = {each["job_id"]: each for each in json.loads(logs_json.as_json(several()))["jobs"]}

    assert told[OTHER_JOB]["state"] == "lost"
    assert told[JOB]["road"] == "sequential"
