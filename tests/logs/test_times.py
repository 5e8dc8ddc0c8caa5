"""Time stamps and durations."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doctor.logs import times

pytestmark = pytest.mark.slow

NOON = datetime(2025, 11, 22, 10, 30, tzinfo=UTC).timestamp()


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"Z",
        b"10:30:00",
        b"Foo 22 10:30:00",
        b"Nov 31 10:30:00",
        b"2025-11-22",
        b"2025-11-22T10:30",
        b"2025-13-22T10:30:00Z",
        b"2025-02-29T10:30:00Z",
        b"2025-11-22T24:30:00Z",
        b"2025-11-22T10:60:00Z",
        b"0000-11-22T10:30:00Z",
        b"2025-11-22T10:30:00X",
        b"2025-11-22T10:30:00.Z",
        b"2025-11-22T10:30:00.0a1Z",
        b"2025-11-22T10:30:00+25:00",
        b"2025/11-22 10:30:00",
        b"2025-11-22T10:30:00." + b"1" * 1000 + b"Z",
        b"\xb2025-11-22T10:30:00Z",
        b"x" * 100_000,
    ],
)
def test_what_is_no_time(text: bytes) -> None:
    assert times.parse(text) is None
    assert times.parse(text) is None, "remembered"


@pytest.mark.parametrize(
    ("text", "after"),
    [
        (b"2025-11-22T10:30:00Z", 0),
        (b"2025-11-22T10:30:00.011Z", 0.011),
        (b"2025-11-22T10:30:00.1Z", 0.1),
        (b"2025-11-22T10:30:00.011874312Z", 0.011874312),
        (b"2025-11-22T11:30:00.011+01:00", 0.011),
        (b"2025-11-22T05:00:00.011-05:30", 0.011),
        (b"2025-11-22T10:30:00+0000", 0),
        (b"2025-11-22T10:30:00.123456+00:00", 0.123456),
        (b"2025-11-22 10:30:00.123 UTC", 0.123),
        (b"2025-11-22 10:30:00,5", 0.5),
        (b"2025/11/22 10:30:00", 0),
        (b"2025/11/22 10:30:00.25", 0.25),
        (b"2025-11-22t10:30:60z", 60),
        (b"1969-12-31T23:59:59Z", -NOON - 1),
    ],
)
def test_what_is_one(text: bytes, after: float) -> None:
    for _ in range(2):
        assert times.parse(text) == pytest.approx(NOON + after, abs=1e-6)


def test_a_zone_counts_where_the_stamp_tells_none() -> None:
    assert times.parse(b"2025/11/22 12:30:00", zone=7200) == NOON
    assert times.parse(b"2025-11-22T10:30:00.5Z", zone=7200) == NOON + 0.5
    assert times.parse(b"2025-11-22T11:30:00+01:00", zone=7200) == NOON


def test_the_year_comes_from_elsewhere() -> None:
    assert times.parse(b"Nov 22 10:30:00", year=2025) == NOON
    assert times.parse(b"Nov  2 10:30:00.5", year=2025) == NOON - 20 * 86400 + 0.5
    assert times.parse(b"Nov 22 11:30:00", year=2025, zone=3600) == NOON
    assert times.parse(b"Feb 29 10:30:00", year=2025) is None
    assert times.parse(b"Abc 22 10:30:00", year=2025) is None


@pytest.mark.parametrize(
    ("text", "near", "found"),
    [
        (b"Nov 22 10:30:00", "2025-11-22", "2025-11-22T10:30:00"),
        (b"Nov 22 10:30:00.25", "2026-03-01", "2025-11-22T10:30:00.25"),
        (b"Dec 31 23:59:59", "2026-01-01", "2025-12-31T23:59:59"),
        (b"Jan  1 00:00:01", "2025-12-31", "2026-01-01T00:00:01"),
        (b"Feb 29 10:30:00", "2024-06-01", "2024-02-29T10:30:00"),
        (b"Feb 29 10:30:00", "2025-01-01", "2024-02-29T10:30:00"),
        (b"Feb 29 10:30:00", "2026-01-01", None),
    ],
)
def test_the_year_comes_from_another_line(text: bytes, near: str, found: str | None) -> None:
    def at(text: str) -> float:
        return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()

    time = times.parse(text)
    assert time is not None
    assert times.has_no_year(time)
    assert times.near(time, at(near)) == (None if found is None else at(found))
    assert not times.has_no_year(at("0001-01-01"))
    assert times.near(time, 1e300) is None


@given(
    st.datetimes(datetime(1971, 1, 1), datetime(2200, 1, 1)),
    st.integers(-23 * 60, 23 * 60),
    st.sampled_from(["seconds", "milliseconds", "microseconds"]),
)
def test_it_agrees_with_the_standard_library(moment: datetime, offset: int, precision: str) -> None:
    aware = moment.replace(tzinfo=timezone(timedelta(minutes=offset)))
    text = aware.isoformat(timespec=precision)
    assert times.parse(text.encode()) == pytest.approx(datetime.fromisoformat(text).timestamp(), abs=1e-5)


@given(st.one_of(st.binary(max_size=80), st.from_regex(rb"[0-9]{4}-[0-9TZ:+. -]{5,40}", fullmatch=True)))
def test_nothing_breaks_it(text: bytes) -> None:
    found = times.parse(text, year=2024, zone=60)
    assert found is None or isinstance(found, float)
    times.duration(text)


@pytest.mark.parametrize("text", [b"", b"0", b"5", b"-5s", b"1.s", b".5s", b"5 s", b"s", b"5d", b"1" * 1000 + b"s"])
def test_what_is_no_duration(text: bytes) -> None:
    assert times.duration(text) is None


@pytest.mark.parametrize(
    ("text", "nanoseconds"),
    [
        (b"0s", 0),
        (b"1ns", 1),
        (b"1.234567ms", 1234567),
        ("12.5µs".encode(), 12500),
        (b"12.5us", 12500),
        (b"1.5s", 1_500_000_000),
        (b"1m2.5s", 62_500_000_000),
        (b"1h0m0.000000001s", 3_600_000_000_001),
    ],
)
def test_what_is_a_duration(text: bytes, nanoseconds: int) -> None:
    assert times.duration(text) == nanoseconds
