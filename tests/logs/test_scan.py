"""Scanning gives the same story however a log is wrapped, compressed, cut and put together again."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from doctor.facts.logs import LogEvent, Logs
from doctor.logs.catalogue import CATALOGUE
from doctor.logs.result import Result, merged
from doctor.logs.scan import Scanner, Window
from doctor.logs.story import tell
from doctor.sources.logs.records import boundary
from tests.logs import encoder
from tests.logs.encoder import TIME, line

pytestmark = [pytest.mark.slow, pytest.mark.no_cover]

JOB, OTHER = "a1b2c3d4-e5f6-4890-abcd-ef1234567890", "b2c3d4e5-f6a7-4901-bcde-f01234567891"
BATCH = "0f8fad5b-d9cb-469f-a165-70867728950e"
Lines = Sequence[bytes]
Wrap = Callable[[Lines], Lines]


def story() -> list[bytes]:
    """A worker that starts, falls back, breaks off, and starts again; with lines of no interest in between."""
    told: list[bytes] = []

    def say(message: str, level: str = "INFO", **fields: object) -> None:
        told.append(line(message, level, fields, TIME + len(told) * 0.5))

    for _ in range(2):
        say("Successfully loaded config file", config_file="configs/config.dev.yaml")
        say("Starting worker service", concurrency=5, queue_group="workers")
        say("Using Gemini embedding service", model="gemini-embedding-001", batch_api_enabled=False)
        say("Worker service started successfully")
        for number, job in enumerate((JOB, OTHER)):
            say("TreeSitter parsed a file", path=f"/tmp/{number}.go", note='quotes " and \\ and <tags>')
            say(
                "Making embedding processing decision",
                job_id=job,
                batch_enabled=True,
                batch_desired=True,
                chunk_count=12 + number,
                threshold_chunks=10,
            )
            say(
                "Batch processing failed, falling back to sequential",
                "WARN",
                job_id=job,
                batch_number=1,
                error="batch embedding service not configured",
            )
            say("Batch queued for submission", job_id=job, batch_id=BATCH)
            say(f"Something new happened {number}", "ERROR", error="nobody knows")
            say(
                "Embedding request failed",
                "ERROR",
                error_type="quota",
                error_message="Error 429, Message: You exceeded your current quota, Status: RESOURCE_EXHAUSTED",
            )
    return told


def told(data: bytes, cuts: Sequence[int] = (), window: Window | None = None, *, by_one: bool = False) -> Logs:
    """
    The story of these bytes, scanned in blocks that end near these places, each by a scanner of its own, or all by one.
    """
    places = [0]
    for cut in sorted(cuts):
        place = boundary(data[:cut])
        if place > places[-1]:
            places.append(place)
    places.append(len(data))
    scanners = [Scanner(window)]
    for start, end in pairwise(places):
        scanners[-1].scan(data[start:end], 0, start)
        if not by_one:
            scanners.append(Scanner(window))
    return tell(merged(each.result for each in scanners), ["a.log"])


def essence(found: Logs) -> list[tuple[object, ...]]:
    """What is the same in every wrapping: what was found, how often and when; not how it was written."""

    def of(event: LogEvent) -> tuple[object, ...]:
        return (event.id, event.level, event.time, event.message, str(dict(event.fields)), event.cause)

    counts = [(each.id, each.cause, each.count, each.first, each.last, *map(of, each.recent)) for each in found.counts]
    shapes = [(each.shape, each.level, each.count, *map(of, each.samples)) for each in found.unrecognised]
    runs = [(each.role, *map(of, each.milestones)) for each in found.runs]
    trails = [(each.id, *map(of, each.events)) for each in (*found.jobs.values(), *found.batches.values())]
    return [*counts, *shapes, *runs, *trails]


PLAIN = encoder.file(story())
WRAPS: dict[str, Wrap] = {
    "compose": encoder.each(encoder.compose),
    "coloured compose": encoder.each(lambda each: encoder.compose(each, colour=36)),
    "docker timestamps": encoder.each(encoder.docker_timestamps),
    "compose with timestamps": encoder.each(lambda each: encoder.compose(encoder.docker_timestamps(each))),
    "docker json": encoder.docker_json_lines,
    "docker json in pieces": lambda lines: encoder.docker_json_lines(lines, piece=300),
    "cri": encoder.cri_lines,
    "cri in pieces": lambda lines: encoder.cri_lines(lines, piece=300),
    "kubectl": encoder.each(encoder.kubectl),
    "journald": encoder.each(encoder.journald),
    "journald iso": encoder.each(encoder.journald_iso),
    "procfile": encoder.each(encoder.procfile),
    "line ends of Windows": encoder.crlf,
}


def test_an_ordinary_log_has_nothing_in_it() -> None:
    lines = [line("TreeSitter parsed a file", fields={"n": n}, time=TIME + n) for n in range(50)]
    found = told(encoder.file(lines))

    assert (found.counts, found.unrecognised, found.runs, found.jobs) == ((), (), (), {})
    assert (found.inputs[0].lines, found.inputs[0].format, found.inputs[0].wrapper) == (50, "structured", "none")
    assert (found.first, found.last) == (TIME, TIME + 49)


def test_a_message_inside_of_a_field_is_none() -> None:
    """What only looks like one of the program's lines, as a pasted document, does not count."""
    text = "Production batch processing not implemented - falling back to sequential"
    lines = [
        line("Indexed a document", fields={"content": text}),
        line("Indexed a document", fields={"content": '{"level":"ERROR","message":"' + text + '"}'}),
        text.encode(),
    ]

    assert told(encoder.file(lines)).counts == ()


def test_what_the_story_tells() -> None:
    found = told(PLAIN)
    counts = {(each.id, each.cause): each.count for each in found.counts}

    assert counts["batch-fallback", "batch-service-nil"] == 4
    assert counts["gc-failed", "gem-quota"] == 4
    assert counts["worker-starting", None] == 2
    assert [(run.role, len(run.milestones)) for run in found.runs] == [("worker", 4), ("worker", 4)]
    assert [(each.shape, each.count) for each in found.unrecognised] == [("Something new happened *", 4)]
    assert found.unrecognised_count == 4
    assert set(found.jobs) == {JOB, OTHER}
    assert [each.id for each in found.jobs[JOB].events] == ["embed-decision", "batch-fallback", "batch-queued"] * 2
    assert len(found.batches[BATCH].events) == 4
    fallback = next(each for each in found.counts if each.id == "batch-fallback")
    assert [each.line for each in fallback.recent] == [7, 13, 23, 29]
    assert PLAIN.splitlines()[6] == fallback.recent[0].text.encode()


@pytest.mark.parametrize("wrap", WRAPS.values(), ids=WRAPS)
def test_the_same_in_every_wrapping(wrap: Wrap) -> None:
    assert essence(told(encoder.file(wrap(story())))) == essence(told(PLAIN))


@pytest.mark.parametrize(
    "wrap", [pytest.param(None, id="plain"), *(pytest.param(each, id=name) for name, each in WRAPS.items())]
)
@settings(max_examples=25)
@given(data=st.data())
def test_the_same_in_every_split(wrap: Wrap | None, data: st.DataObject) -> None:
    content = PLAIN if wrap is None else encoder.file(wrap(story()))
    cuts = data.draw(st.lists(st.integers(0, len(content)), max_size=6))
    whole, parts, by_one = told(content), told(content, cuts), told(content, cuts, by_one=True)

    assert essence(parts) == essence(by_one) == essence(whole)
    assert parts.inputs == by_one.inputs == whole.inputs


def test_the_same_in_every_order() -> None:
    """Results of several inputs merge in any order and grouping."""
    lines, rng = story(), random.Random(1)
    results = []
    for number in range(6):
        scanner = Scanner()
        scanner.scan(encoder.file(lines[number::6]), number)
        results.append(scanner.result)
    names = [f"{number}.log" for number in range(6)]

    def copy(of: Sequence[int]) -> Result:
        import copy

        return merged(copy.deepcopy(results[each]) for each in of)

    first = essence(tell(copy(range(6)), names))
    for _ in range(5):
        order = rng.sample(range(6), 6)
        assert essence(tell(copy(order), names)) == first
        assert essence(tell(copy(order[:3]).merge(copy(order[3:])), names)) == first


@pytest.mark.parametrize(
    ("window", "ids"),
    [
        (Window(job=JOB.encode()), {"embed-decision", "batch-fallback", "batch-queued"}),
        (Window(id=BATCH.encode()), {"batch-queued"}),
        (Window(since=TIME + 1000), set()),
        (Window(until=TIME), {"config-loaded"}),
        (Window(since=TIME + 0.5, until=TIME + 0.5), {"worker-starting"}),
    ],
)
def test_a_window(window: Window, ids: set[str]) -> None:
    assert {each.id for each in told(PLAIN, window=window).counts} == ids


@pytest.mark.parametrize(
    ("lines", "ids"),
    [
        (encoder.panic(), {"go-panic-config"}),
        (encoder.panic("runtime error: index out of range"), {"go-panic-any"}),
        ([encoder.access(path="/search", status=200)], {"api-access-log"}),
        ([encoder.handler_panic()], {"api-panic-recovered"}),
        (encoder.pretty("Starting worker service"), {"worker-starting"}),
        ([encoder.bare("Starting worker service").encode()], {"worker-starting"}),
        ([encoder.text("Failed to create Gemini client", "ERROR")], {"gemini-client-failed"}),
    ],
)
def test_other_forms(lines: Lines, ids: set[str] | None) -> None:
    found = told(encoder.file([*lines, line("TreeSitter parsed a file")]))

    assert ids is None or {each.id for each in found.counts} == ids
    assert len(found.counts) == 1


def test_every_entry_is_found_by_its_line() -> None:
    entries = [each for each in CATALOGUE.entries if each.message is not None]
    lines = [line(each.message or "", each.level, {name: "x" for name, _ in each.fields}) for each in entries]
    found = told(encoder.file(lines))

    assert {each.id for each in found.counts} == {each.id for each in entries}


@given(st.binary(max_size=400))
def test_any_bytes_come_to_an_end(data: bytes) -> None:
    content = PLAIN[:2000] + data + PLAIN[2000:4000]

    assert told(content).inputs[0].bytes == len(content)


def test_samples_and_trails_are_bounded() -> None:
    lines = [
        line("Batch queued for submission", fields={"job_id": f"{n:08x}-e5f6-4890-abcd-ef1234567890"}, time=TIME + n)
        for n in range(6000)
    ]
    found = told(encoder.file(lines), cuts=[100_000, 400_000, 900_000])
    again = told(encoder.file(lines))

    assert found.counts[0].count == 6000
    assert (len(found.counts[0].samples), len(found.counts[0].recent)) == (3, 50)
    assert (len(found.jobs), found.lost_trails) == (2000, True)
    assert essence(found) == essence(again)
    assert replace(found, inputs=()) == replace(again, inputs=())
