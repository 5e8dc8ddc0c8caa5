"""logs: which lines count, and that every known cause is somebody's."""

from __future__ import annotations

import sys
from collections import Counter
from dataclasses import replace

import pytest

from checks.logs import CHECKS
from checks.logs._findings import found, groups
from checks.logs._lines import current, later, process_of
from doctor.causes import causes
from doctor.logs import quote
from doctor.logs.catalogue import CATALOGUE
from doctor.model import Place
from tests.checks.log_lines import BATCH, NETWORK, OTHER_BATCH, api, by, judged, line, of_files, raw, read, worker
from tests.logs import encoder

pytestmark = pytest.mark.slow

FAILED = ("gc-failed",)
PANIC = b"panic: invalid configuration: database.user is required"


def failed(after):
    return line("gc-failed", after, error_message=NETWORK)


def by_pid(pid, lines):
    return [(after, encoder.journald(text, pid=pid, time=encoder.TIME + after)) for after, text in lines]


# --- since the last start ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "lines",
    [
        pytest.param([failed(5), *worker(10)], id="the worker was started since"),
        pytest.param([*worker(), failed(5), *worker(10)], id="and before"),
        pytest.param([*worker(), failed(5), *worker(10)[:2]], id="a start is under way after a good life"),
        pytest.param(by("worker-1", [*worker(), failed(5), *worker(10)]) + by("api-1", api(1)), id="of several"),
        pytest.param([(0, encoder.journald(text)) for _, text in [failed(5), *worker(10)]], id="journald"),
        pytest.param(by_pid(1, [*worker(), failed(5)]) + by_pid(2, worker(10)), id="each life with its number"),
        pytest.param(by_pid(1, [failed(5)]) + by_pid(2, worker(10)), id="the earlier one without its start"),
    ],
)
def test_lines_of_a_life_that_is_over_do_not_count(lines):
    assert not current(read(lines), FAILED)


@pytest.mark.parametrize(
    ("lines", "count"),
    [
        pytest.param([failed(5)], 1, id="no start in the log"),
        pytest.param([failed(1), *worker(2), failed(5), failed(6)], 2, id="only since"),
        pytest.param([*worker(), failed(5), *api(10)], 1, id="another process was started since"),
        pytest.param(by("worker-1", [*worker(), failed(5)]) + by("worker-2", worker(10)), 1, id="another worker"),
        pytest.param(
            by_pid(1, [*worker()[:-1], failed(12), line("worker-started", 13)]) + by_pid(2, worker(10)),
            1,
            id="another one of the same name beside it",
        ),
        pytest.param(by_pid(1, [*worker(), failed(5)]) + by_pid(2, api(10)), 1, id="another one of that name"),
        pytest.param(
            [*worker()[:3], failed(5), *worker(10)[:3]], 1, id="a start is under way after one that did not succeed"
        ),
    ],
)
def test_lines_of_the_present_life_count(lines, count):
    assert current(read(lines), FAILED).count == count


def test_many_lines_are_counted_though_few_are_kept():
    lines = current(read(worker(), [failed(1 + number) for number in range(200)]), FAILED)

    assert (lines.count, lines.exact) == (200, True)
    assert len(lines.events) < 100
    assert lines.how_often.startswith("200 times from 2025-11-22 10:3")


def test_of_many_lines_those_before_a_start_are_only_known_to_be_there():
    before = [failed(number / 100) for number in range(100)]
    lines = current(read(before, worker(2), [failed(3 + number) for number in range(100)]), FAILED)

    assert not lines.exact
    assert 0 < lines.count <= 100
    assert lines.how_often.startswith("at least ")


@pytest.mark.parametrize(
    ("lines", "text"),
    [([failed(5)], "once, at 2025-11-22 10:30:05 UTC"), ([failed(5), failed(5)], "2 times at 2025-11-22 10:30:05 UTC")],
)
def test_how_often(lines, text):
    assert current(read(lines), FAILED).how_often == text


@pytest.mark.parametrize("time", [None, 1e300, float("-inf")])
def test_a_time_that_nobody_can_read_is_left_out(time):
    lines = current(read(failed(5)), FAILED)
    event = replace(lines.newest, time=time)

    assert replace(lines, events=(event,)).how_often == "once"


def test_a_panic_has_no_time_and_counts_by_its_place():
    assert not current(read(raw(1, PANIC), worker(2)), ("go-panic-config",))
    assert current(read(worker(0), raw(1, PANIC)), ("go-panic-config",))


@pytest.mark.parametrize(
    ("logs", "id", "process"),
    [
        (read(worker(), failed(5)), "gc-failed", "worker"),
        (read(api(), failed(5)), "gc-failed", "api"),
        (read(failed(5)), "gc-failed", "worker"),
        (read(worker(), line("api-mock-publish", 5)), "api-mock-publish", "api"),
        (read(worker(), line("mig-apply-failed", 5, error="x")), "mig-apply-failed", "migrate"),
        (of_files({"a.log": worker(), "b.log": [*api(), failed(5)]}), "gc-failed", "api"),
    ],
)
def test_who_wrote_a_line(logs, id, process):
    (count,) = logs.of((id,))

    assert process_of(logs, count.recent[0]) == process


# --- later ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("more", "is_later"),
    [
        pytest.param(line("sub-file-uploaded", 3, batch_id=BATCH), False, id="before"),
        pytest.param(line("sub-file-uploaded", 9, batch_id=OTHER_BATCH), False, id="another batch"),
        pytest.param(line("sub-file-uploaded", 9), False, id="no batch"),
        pytest.param(line("sub-first", 9, batch_id=BATCH), False, id="another line"),
        pytest.param(line("sub-file-uploaded", 9, batch_id=BATCH), True, id="same batch, after"),
    ],
)
def test_what_came_later(more, is_later):
    logs = read(line("sub-non-retryable", 5, batch_id=BATCH, error=NETWORK), more)
    event = current(logs, ("sub-non-retryable",)).newest

    assert later(logs, event, "sub-file-uploaded", same=("batch_id",)) is is_later


def test_what_came_later_is_found_among_many():
    others = [line("sub-file-uploaded", 10 + number, batch_id=OTHER_BATCH) for number in range(200)]
    logs = read(
        line("sub-non-retryable", 5, batch_id=BATCH, error=NETWORK),
        line("sub-file-uploaded", 9, batch_id=BATCH),
        others,
    )
    event = current(logs, ("sub-non-retryable",)).newest

    assert later(logs, event, "sub-file-uploaded", same=("batch_id",))


# --- findings ------------------------------------------------------------------------------------------------------


def test_a_finding_points_at_the_newest_line_and_names_the_first():
    lines = current(read(by("worker-1", [*worker(), failed(5), failed(6), failed(7)])), FAILED)
    finding = found("text", lines)

    assert (finding.at.kind, finding.at.path, finding.at.line, finding.at.detail) == (
        Place.LOG, "logs/worker.log", 8, "worker-1",
    )  # fmt: skip
    assert [each.line for each in finding.related] == [6]
    assert [each.kind for each in finding.evidence] == ["log", "log"]
    assert "no such host" in finding.evidence[0].text


@pytest.mark.parametrize("secret", ["AIzaSyD-abcdefghijklmnopqrstuvwxyz01234", "s3cr3t-of-nats"])
def test_no_secret_gets_into_a_finding(secret):
    text = f"https://x/v1?key={secret} nats://user:{secret}@host {'word ' * 300}"

    assert secret not in quote.scrubbed(text, 400)
    assert len(quote.scrubbed(text, 400)) <= 401


@pytest.mark.parametrize(
    ("lines", "text"),
    [
        (line("gc-failed", 5, model="m", ok=True, error_message="x"), "ERROR Embedding request failed error_message=x "
         "model=m ok=true"),
        (line("worker-started", 5), "INFO Worker service started successfully"),
        (line("gc-failed", 5, api_key="s3cr3t"), "ERROR Embedding request failed api_key=***"),
        (raw(5, PANIC + b"\n\ngoroutine 1 [running]:\nmain.main()\n\t/app/main.go:1 +0x1"), PANIC.decode()),
        (raw(5, encoder.access(duration="9s")), "HTTP request completed"),
    ],
)  # fmt: skip
def test_a_line_is_shown_so_that_it_can_be_read(lines, text):
    (count,) = read(lines).counts

    assert text in quote.evidence(count.recent[0]).text


ODD = [None, "", "x", "\x1b[31m::error::\u202e", [], {}, [1], {"a": 1}, 0, -1, 10**30, 1.5, True]


@pytest.mark.no_cover
@pytest.mark.parametrize(("odd", "times"), [*((odd, 1) for odd in ODD), ([1], 11), (10**30, 11)], ids=repr)
def test_no_line_can_make_a_check_crash(resolved, odd, times):
    lines = [
        line(entry.id, number / 100, **{name: odd for name, _ in entry.fields})
        for number, entry in enumerate(CATALOGUE.entries * times)
        if entry.message is not None
    ]
    logs, config = read(lines), resolved("batch_processing: {enabled: true}\ngemini: {batch: {enabled: true}}\n")

    for check in CHECKS:
        for finding in judged(check, logs, config):
            assert len(finding.message) < 1000
            assert finding.severity in check.severities


# --- every cause has its check -------------------------------------------------------------------------------------


def modules():
    return {check.id: sys.modules[check.rule.__module__] for check in CHECKS}


def test_every_cause_is_one_checks():
    owners = Counter(cause for module in modules().values() for cause in getattr(module, "CAUSES", ()))

    # What a shutdown cancels is no fault.
    assert set(owners) == {cause.id for cause in causes()} - {"ctx-cancelled"}
    assert [cause for cause, count in owners.items() if count > 1] == []


def test_every_line_that_is_named_is_known():
    names = {name for module in modules().values() for name in getattr(module, "IDS", ())}

    assert names <= set(CATALOGUE.by_id)


def test_a_cancelled_call_is_nobodys():
    logs = read(worker(), line("embed-engine-failed", 5, repo="r", error="context canceled"))

    assert [check.id for check in CHECKS if len(check.needs) == 1 and check(logs)] == []
    assert list(groups(logs, ("ctx-deadline",), ("embed-engine-failed",))) == []
