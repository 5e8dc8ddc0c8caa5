"""logs: the lives of processes, the order of lines, and who wrote them, where it is easily got wrong."""

from __future__ import annotations

from dataclasses import replace

import pytest

from checks.logs._findings import by_cause, groups
from checks.logs._lines import Lines, after, beginning_of, current, gathered, near_a_stop, process_of
from doctor.facts.logs import LogCount, LogEvent, LogRun, Logs
from tests.checks.log_lines import JOB, NETWORK, REFUSED, api, line, of_files, raw, read, worker
from tests.logs import encoder

FAILED = ("gc-failed",)
NO_FILE = b"Error reading config file: open configs/nope.yaml: no such file or directory"


def event(time=5.0, line=3, path="a.log", id="gc-failed"):
    return LogEvent(id, "cause", "ERROR", time, "text", path=path, line=line)


def failed(after):
    return line("gc-failed", after, error_message=NETWORK)


def by(name, pid, lines):
    """The same lines as journald shows them."""
    return [(at, encoder.journald(text, name, pid, encoder.TIME + at)) for at, text in lines]


# --- the order of lines --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("one", "other", "is_after"),
    [
        pytest.param(event(), event(), False, id="the same"),
        pytest.param(event(4.0, 9), event(), False, id="earlier, though below"),
        pytest.param(event(5.0, 2), event(), False, id="of one moment, above"),
        pytest.param(event(5.0, 9, "b.log"), event(), False, id="of one moment, in another file"),
        pytest.param(event(None), event(None), False, id="the same, without a time"),
        pytest.param(event(None, 2), event(), False, id="without a time, above"),
        pytest.param(event(9.0, 2), event(None), False, id="above one without a time"),
        pytest.param(event(None, 9, "b.log"), event(None), False, id="without times, in another file"),
        pytest.param(event(6.0, 2), event(), True, id="later, though above"),
        pytest.param(event(6.0, 2, "b.log"), event(), True, id="later, in another file"),
        pytest.param(event(5.0, 9), event(), True, id="of one moment, below"),
        pytest.param(event(None, 9), event(), True, id="without a time, below"),
        pytest.param(event(4.0, 9), event(None), True, id="below one without a time"),
    ],
)
def test_what_is_after_what(one, other, is_after):
    assert after(one, other) is is_after


def test_lines_of_several_files_come_in_the_order_of_their_times():
    logs = of_files({"b.log": [failed(5)], "a.log": [failed(9)], "c.log": [failed(7)]})

    assert [each.path for each in current(logs, FAILED).events] == ["b.log", "c.log", "a.log"]


@pytest.mark.parametrize(
    ("stops", "is_near"),
    [
        pytest.param([], False, id="none"),
        pytest.param([event(66.0, id="worker-shutdown")], False, id="more than a minute later"),
        pytest.param([event(None, id="worker-shutdown")], False, id="nobody knows when"),
        pytest.param([event(65.0, id="worker-shutdown")], True, id="a minute later"),
        pytest.param([event(4.0, id="worker-shutdown")], True, id="just before"),
        pytest.param([event(None, id="worker-shutdown"), event(5.0, id="worker-shutdown")], True, id="one of two"),
    ],
)
def test_what_is_near_a_stop(stops, is_near):
    logs = Logs(counts=(LogCount("worker-shutdown", "progress", "INFO", len(stops), recent=stops),))

    assert near_a_stop(logs, event()) is is_near


# --- which life ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("milestones", "start", "began"),
    [
        pytest.param([], None, None, id="nothing is known of it"),
        pytest.param([event(7.0, id="gemini-service")], None, None, id="the log begins later"),
        pytest.param([], event(6.0), 6.0, id="its start alone"),
        pytest.param([event(6.0, id="worker-starting")], event(6.0, id="worker-starting"), 6.0, id="no prelude"),
        pytest.param([event(5.0, id="config-loaded"), event(6.0)], event(6.0), 5.0, id="its prelude"),
        pytest.param([event(5.0, id="config-loaded")], None, 5.0, id="its prelude alone"),
    ],
)
def test_where_a_life_begins(milestones, start, began):
    first = beginning_of(LogRun("worker", "", start, tuple(milestones)))

    assert (first.time if first is not None else None) == began


@pytest.mark.parametrize(
    "logs",
    [
        pytest.param(of_files({"worker.log.1": [failed(5)], "worker.log": worker(10)}), id="in another file"),
        pytest.param(read(worker(), failed(5), by("other", 1, worker(10))), id="a wrapper since"),
        pytest.param(read(by("own", 1, [failed(5)]), by("own", 2, worker(9)), by("other", 1, worker())), id="its name"),
        pytest.param(read(failed(4.999), worker(4.999)), id="within one moment"),
    ],
)
def test_lines_of_a_life_that_is_over_do_not_count(logs):
    assert not current(logs, FAILED)


@pytest.mark.parametrize(
    "logs",
    [
        pytest.param(
            read(by("own", 1, [*worker()[:-1], failed(5), line("worker-started", 13)]), by("own", 2, worker(10))),
            id="one beside it of the same name",
        ),
        pytest.param(
            read(by("own", 2, worker()), by("own", 1, [failed(5)]), by("other", 1, worker(10))),
            id="one of another name since, whose own start is unknown",
        ),
        pytest.param(read(failed(5), worker(10)[3:]), id="the log begins within the start"),
    ],
)
def test_lines_of_the_present_life_count(logs):
    assert current(logs, FAILED).count == 1


def test_the_line_that_begins_a_life_is_of_it():
    logs = read(raw(5, NO_FILE), worker(6)[2:])

    assert current(logs, ("stderr-config-read-error",)).count == 1


# --- who wrote it --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lines", "process"),
    [
        pytest.param([*by("own", 1, [*api(), failed(5)]), *by("own", 2, worker(1))], "api", id="its own stream"),
        pytest.param([*by("own", 1, api()), *by("own", 2, [failed(5)]), *by("other", 1, worker(1))], "api",
                     id="its name"),
        pytest.param([*by("own", 1, api()), *by("own", 2, worker(1)), *by("own", 3, [failed(5)])], "worker",
                     id="a name that both have"),
        pytest.param([*by("own", 1, api()), *by("other", 1, [failed(5)])], "api", id="a name that nobody has"),
        pytest.param([*by("own", 1, api()), failed(5), *worker(6)], "worker", id="no name"),
    ],
)  # fmt: skip
def test_who_wrote_a_line(lines, process):
    logs = read(lines)

    assert process_of(logs, next(logs.of(FAILED)).recent[0]) == process


# --- how many ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lines", "exact"),
    [
        pytest.param(Lines((event(5.0), event(6.0)), 2), True, id="all are known"),
        pytest.param(Lines((event(5.0), event(6.0)), 9), False, id="more are counted than kept"),
        pytest.param(Lines((event(5.0), event(6.0)), 2, exact=False), False, id="there may be more"),
    ],
)
def test_what_is_left_is_exact_where_all_were_known(lines, exact):
    left = lines.only(lambda each: each.time == 6.0)

    assert (left.count, left.exact) == (1, exact)


def test_what_is_kept_as_a_whole_is_exact():
    count = LogCount("gc-failed", "cause", "ERROR", 1, recent=(event(),))

    assert gathered(Logs(counts=(count,)), (count,)) == Lines((event(),), 1, exact=True)
    assert not gathered(Logs(counts=(count,)), (replace(count, count=2),)).exact


# --- groups --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ids", "lines", "names"),
    [
        pytest.param((), failed(5), [], id="elsewhere"),
        pytest.param((), line("db-iterative-scan", 5, error=REFUSED), [], id="noise"),
        pytest.param((), line("sub-get-failed", 5, error="odd"), [], id="of no cause"),
        pytest.param((), line("sub-get-failed", 5, error=REFUSED), ["db-refused"], id="where it is meant"),
        pytest.param(FAILED, failed(5), ["gem-network"], id="elsewhere, but named"),
        pytest.param(("db-iterative-scan",), line("db-iterative-scan", 5, error="odd"), ["db-iterative-scan"],
                     id="noise, but named"),
    ],
)  # fmt: skip
def test_which_lines_are_a_checks(ids, lines, names):
    found = groups(read(lines), ("db-refused", "gem-network"), ids, within=("sub-", "db-"))

    assert [name for name, _ in found] == names


@pytest.mark.parametrize(
    ("error", "name"),
    [pytest.param("odd", "batch-fallback", id="its kind"), pytest.param(REFUSED, "db-refused", id="its cause")],
)
def test_what_a_group_is_named_after(error, name):
    logs = read(line("batch-fallback", 5, job_id=JOB, error=error))

    assert [name for name, _ in by_cause(logs, ("batch-fallback",))] == [name]
