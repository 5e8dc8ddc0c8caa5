"""Lines whose only time is a stamp without a year get one from the lines around them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from doctor.facts.logs import Logs
from doctor.logs.result import merged
from doctor.logs.scan import Scanner
from doctor.logs.story import tell
from tests.logs import encoder
from tests.logs.encoder import TIME, line

START = "Starting worker service"
NEW_YEAR = datetime(2026, 1, 1, tzinfo=UTC).timestamp()


def said(message: str, time: float) -> bytes:
    return encoder.journald(line(message, time=time), time=time)


def crash(time: float, zone: str = "Z") -> list[bytes]:
    return [encoder.journald(each, time=time, zone=zone) for each in encoder.panic()]


def told(*inputs: list[bytes]) -> Logs:
    scanners = []
    for number, lines in enumerate(inputs):
        scanners.append(Scanner())
        scanners[-1].scan(encoder.file(lines), number)
    return tell(merged(each.result for each in scanners), [f"{number}.log" for number in range(len(inputs))])


def crashes(found: Logs) -> list[float | None]:
    return [event.time for count in found.counts if count.id == "go-panic-config" for event in count.recent]


# --- no year, no time ----------------------------------------------------------------------------------------------


def test_nothing_around_tells_a_year() -> None:
    found = told(crash(TIME))

    assert (found.first, found.last, crashes(found)) == (None, None, [None])
    assert (found.counts[0].first, found.counts[0].last) == (None, None)


def test_another_input_tells_none() -> None:
    assert crashes(told(crash(TIME), [said(START, TIME)])) == [None]


def test_times_with_a_year_stay() -> None:
    lines = [encoder.journald_iso(each, time=TIME) for each in encoder.panic()]
    assert crashes(told(lines)) == [int(TIME)]
    assert told([line(START, time=TIME)]).first == TIME


# --- the year of the lines around ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "at", "after"),
    [
        pytest.param(TIME, TIME + 5, TIME + 9, id="between"),
        pytest.param(TIME, TIME + 5, None, id="behind"),
        pytest.param(None, TIME + 5, TIME + 9, id="before"),
        pytest.param(NEW_YEAR - 9, NEW_YEAR - 5, NEW_YEAR + 5, id="before midnight"),
        pytest.param(NEW_YEAR - 9, NEW_YEAR + 5, NEW_YEAR + 9, id="after midnight"),
        pytest.param(NEW_YEAR - 9, NEW_YEAR + 5, None, id="first of the year"),
        pytest.param(None, NEW_YEAR - 5, NEW_YEAR + 5, id="last of the year"),
        pytest.param(NEW_YEAR - 200 * 86400, NEW_YEAR - 90 * 86400, NEW_YEAR + 86400, id="months between"),
    ],
)
def test_a_crash(before: float | None, at: float, after: float | None) -> None:
    lines = [*([said(START, before)] if before else []), *crash(at), *([said(START, after)] if after else [])]
    found = told(lines)

    assert crashes(found) == [int(at)]
    assert [each.end.time for each in found.runs if each.end is not None] == [int(at)]
    assert (found.first, found.last) == (before or int(at), after or int(at))


def test_a_zone_that_nothing_tells_puts_no_crash_behind_the_next_start() -> None:
    found = told([said(START, TIME), *crash(TIME + 5, "+01:00"), said(START, TIME + 9)])

    assert crashes(found) == [TIME + 9]
    assert [each.end is not None for each in found.runs] == [True, False]


def test_a_loop_over_new_year_is_in_order() -> None:
    moments = [NEW_YEAR + 60 * each for each in range(-3, 3)]
    found = told([one for moment in moments for one in (said(START, moment), *crash(moment + 1))])

    assert crashes(found) == [moment + 1 for moment in moments]
    assert [(run.started_at, run.end.time if run.end else None) for run in found.runs] == [
        (moment, moment + 1) for moment in moments
    ]
    panic = next(each for each in found.counts if each.id == "go-panic-config")
    assert (panic.first, panic.last) == (moments[0] + 1, moments[-1] + 1)
