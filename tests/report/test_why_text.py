"""`why` as text: what is said, what is left unsaid, how it fits, and nothing that steers a terminal."""

from __future__ import annotations

import itertools
import re
from dataclasses import replace

import pytest

from doctor.facts.why import WhySelection
from doctor.model import Edit, Evidence, Fix, Location, Safety
from doctor.report import why_words
from doctor.report.log_look import Look
from doctor.report.terminal import columns
from doctor.report.why import text
from doctor.why.leaves import Leaf
from doctor.why.verdict import (
    BatchVerdict,
    Cause,
    Certainty,
    Changed,
    Flip,
    GuideCause,
    GuideStatus,
    ProcessVerdict,
    RuledOut,
    Unknown,
    Why,
)
from tests.report.why_samples import (
    AT,
    CLIENT_CAUSE,
    EVERY,
    FILE,
    ID,
    MANY,
    PROCESS,
    REPOSITORY,
    answer,
    config,
    job,
    log,
)

ALL = WhySelection(every=True)
SCREEN = Look(80, 80)


def one_text(found: Why, **look: object) -> str:
    """In one line, so that no wrapping hides a sentence."""
    return " ".join(text(found, None, Look(**look)).split())  # type: ignore[arg-type]


@pytest.mark.parametrize("name", EVERY)
def test_golden(golden, name):
    golden(f"why-{name}.txt", text(EVERY[name], None, SCREEN))


@pytest.mark.parametrize(
    ("name", "found", "selection", "look"),
    [
        pytest.param("why-all.txt", MANY, ALL, Look(), id="a pipe"),
        pytest.param("why-all-80.txt", MANY, ALL, SCREEN, id="an ordinary terminal"),
        pytest.param("why-all-40.txt", MANY, ALL, Look(40, 40), id="a narrow terminal"),
        pytest.param("why-all-200.txt", MANY, ALL, Look(110, 200), id="a wide terminal"),
        pytest.param("why-all-quiet.txt", MANY, ALL, Look(quiet=True), id="quiet"),
        pytest.param("why-several.txt", MANY, WhySelection(repository="acme"), SCREEN, id="several of a repository"),
        pytest.param("why-quiet.txt", EVERY["s4-changed"], None, Look(quiet=True), id="one, quiet"),
        pytest.param("why-quiet-possible.txt", EVERY["possible"], None, Look(quiet=True), id="undecided, quiet"),
        pytest.param("why-verbose.txt", EVERY["s4-changed"], None, Look(verbosity=1), id="one, verbose"),
        pytest.param("why-color.txt", EVERY["x1"], None, Look(80, 80, color=True), id="colour"),
        pytest.param("why-40.txt", EVERY["s4-changed"], None, Look(40, 40), id="one, narrow"),
    ],
)
def test_golden_looks(golden, name, found, selection, look):
    golden(name, text(found, selection, look))


@pytest.mark.parametrize(
    ("name", "said"),
    [
        (REPOSITORY, "github.com/acme/api (8,269 chunks) was skipped"),
        (f"{ID}-2", f"{ID}-2 (8,269 chunks) was skipped"),
        (ID, f"Repository {ID} (8,269 chunks) was skipped"),
    ],
)
def test_a_repository_of_which_only_the_id_is_told(name, said):
    assert text(answer(job(Leaf.K1, repository=name)), None, Look(200)).startswith(said)


def test_jobs_that_were_not_looked_up():
    found = replace(EVERY["hypothetical"], jobs_unread=True)

    assert "without logs one is explained when it is named" in " ".join(text(found).split())
    assert "  $ codechunk-doctor jobs\n" in text(found)
    assert "  $ codechunk-doctor jobs\n" not in text(found, None, Look(quiet=True))


# --- what is not said


@pytest.mark.parametrize(
    ("found", "unsaid"),
    [
        pytest.param(answer(job(Leaf.B0)), "What to do", id="no fix"),
        pytest.param(answer(job(Leaf.B0)), "How it came to this", id="no evidence"),
        pytest.param(answer(job(Leaf.B0)), "cause", id="no cause"),
        pytest.param(answer(job(Leaf.B0)), "What would change it", id="nothing flips it"),
        pytest.param(answer(job(Leaf.B0)), "Ruled out", id="nothing ruled out"),
        pytest.param(answer(job(Leaf.B0)), "Not known", id="all known"),
        pytest.param(answer(job(Leaf.B0)), "guide", id="no word of the guide"),
        pytest.param(answer(job(Leaf.B0)), "Changed since", id="nothing changed"),
        pytest.param(answer(job(Leaf.S4, cause=CLIENT_CAUSE)), "Changed since", id="the cause is as it was"),
        pytest.param(answer(job(Leaf.B0, at=None)), "began", id="no time"),
        pytest.param(answer(job(Leaf.B0)), "its end", id="it ended"),
        pytest.param(answer(job(Leaf.B0, batches=(BatchVerdict("b", 1, Leaf.B0),))), "batch  ", id="one batch"),
        pytest.param(answer(job(Leaf.B0)), "not read", id="all was looked at"),
        pytest.param(EVERY["hypothetical"], "No job of the database", id="there are no jobs"),
        pytest.param(answer(job(Leaf.B0)), "a build", id="the newest program"),
        pytest.param(answer(job(Leaf.B0), sources=()), "Looked at", id="nothing to tell of sources"),
        pytest.param(answer(job(Leaf.S4)), "most likely", id="proven"),
        pytest.param(answer(job(Leaf.S3, Certainty.POSSIBLE)), "not decided", id="one end is left"),
        pytest.param(EVERY["hypothetical"], "most likely", id="thought of"),
        pytest.param(EVERY["hypothetical"], "its end", id="thought of has no end"),
        pytest.param(answer(job(Leaf.B0)), "crash", id="nothing wrong with the worker"),
        pytest.param(answer(process=PROCESS), "no job to explain", id="the worker says enough"),
        pytest.param(
            answer(job(Leaf.X1, Certainty.LIKELY, hypothetical=True), process=PROCESS),
            "A repository",
            id="nor has it to be said again of one that is thought of",
        ),
        pytest.param(answer(job(Leaf.B0), process=ProcessVerdict(changed=())), "restart", id="no need to restart"),
    ],
)
def test_silent(found, unsaid):
    assert unsaid not in text(found, None, SCREEN)


# --- what is said


@pytest.mark.parametrize(
    ("found", "said"),
    [
        pytest.param(job(Leaf.S1), "github.com/acme/api (8,269 chunks) was embedded one chunk at a time", id="S"),
        pytest.param(job(Leaf.S1, ended=False), "was being embedded one chunk at a time", id="S under way"),
        pytest.param(job(Leaf.S1, Certainty.LIKELY), "was most likely embedded one chunk at a time", id="S likely"),
        pytest.param(job(Leaf.S3, Certainty.POSSIBLE), "was most likely embedded one", id="possible, but no other"),
        pytest.param(job(Leaf.T1), "(8,269 chunks) got made-up vectors", id="T"),
        pytest.param(job(Leaf.F5), "was not embedded, because the worker has no batch client", id="F"),
        pytest.param(job(Leaf.F5, Certainty.LIKELY), "was most likely not embedded, because", id="F likely"),
        pytest.param(job(Leaf.K1), "was skipped, because", id="K1"),
        pytest.param(job(Leaf.K2), "had nothing to embed, because", id="K2"),
        pytest.param(job(Leaf.B0), "was embedded by the Batches API.", id="B0"),
        pytest.param(job(Leaf.B1), "is queued for the Batches API.", id="B1"),
        pytest.param(job(Leaf.B3), "was not sent to Google, for want of quota.", id="B3"),
        pytest.param(job(Leaf.X2), "was not embedded: the worker ends, because it cannot reach", id="X"),
        pytest.param(job(Leaf.S2, hypothetical=True, chunk_count=1), "A repository with 1 chunk would be emb", id="1"),
        pytest.param(job(Leaf.F3, hypothetical=True), "would not be embedded, because", id="would fail"),
        pytest.param(job(Leaf.X2, hypothetical=True), "would not be embedded: the worker ends", id="would not start"),
        pytest.param(job(Leaf.S1, repository=None), f"Job {ID} (8,269 chunks) was", id="no repository"),
        pytest.param(job(Leaf.S1, repository=None, job_id=None), "A job whose id no line tells (8,269", id="no name"),
        pytest.param(job(Leaf.S1, repository="my-repo", chunk_count=None), "my-repo was embedded", id="no chunks"),
        pytest.param(job(Leaf.S1, repository="https://github.com/a/b.git"), "github.com/a/b (8,269", id="a URL"),
        pytest.param(job(Leaf.G), "The log of github.com/acme/api (8,269 chunks) has the guide's line", id="G"),
        pytest.param(job(Leaf.S1, cause=Cause("a.b", None, None)), "a.b is not set", id="no value"),
        pytest.param(job(Leaf.S1, cause=Cause("a.b", "", None)), 'a.b = ""', id="an empty value"),
        pytest.param(job(Leaf.S1, cause=Cause("a.b", False, None)), "a.b = false", id="a switch"),
        pytest.param(
            job(Leaf.S1, cause=Cause("a.b", False, config(3, "a.b"), True, changed=True)),
            "a.b was false then, and is true now (configs/config.dev.yaml:3:3).",
            id="the cause was changed",
        ),
        pytest.param(
            job(Leaf.S1, fix=Fix("Delete the row.", ("DELETE FROM x;",), safety=Safety.UNSAFE)),
            "fix Delete the row. (unsafe: check it first) What to do sql> DELETE FROM x;",
            id="an unsafe fix",
        ),
        pytest.param(
            job(Leaf.S1, fix=Fix("Add it.", edits=(Edit(FILE, "a.b", None, "1"),))),
            f"{FILE}, below a: + b: 1",
            id="new",
        ),
        pytest.param(job(Leaf.S1, evidence=(Evidence("log", "a bare line"),)), "1. A bare line.", id="no proves"),
    ],
)
def test_one_job(found, said):
    assert said in one_text(answer(found))


@pytest.mark.parametrize(
    ("found", "said"),
    [
        pytest.param(answer(), "There is no job to explain.", id="nothing"),
        pytest.param(
            answer(sources=("1 log",), unfinished="late"), "There is no job to explain.", id="nothing in a part"
        ),
        pytest.param(
            answer(sources=(), unfinished="late"), "The run ended before anything was looked at.", id="no time"
        ),
        pytest.param(
            answer(missing="no job begins with abcd"), "No job begins with abcd. The jobs there", id="missing"
        ),
        pytest.param(answer(without=("the database was not read: x",)), "The database was not read: x.", id="without"),
        pytest.param(
            answer(job(Leaf.B0), process=ProcessVerdict(version="before 29 November 2025")),
            "By its lines, the worker is a build from before 29 November 2025.",
            id="an old program",
        ),
        pytest.param(
            answer(job(Leaf.B0), process=ProcessVerdict(changed=(Changed("a.b", "1", "2"),))),
            "a.b was 1 then, and is 2 now.",
            id="changed, though no job says so",
        ),
        pytest.param(
            answer(
                job(Leaf.B0),
                process=ProcessVerdict(Leaf.X5, cause=Cause("a.b", 1, None, 2, changed=True)),
            ),
            "a.b was 1 then, and is 2 now.",
            id="the worker's cause was changed",
        ),
    ],
)
def test_the_whole(found, said):
    assert said in one_text(found)


def test_a_change_is_told_once():
    changed = (Changed("a.b", "1", "2"),)
    found = answer(job(Leaf.B0, changed=changed), process=ProcessVerdict(changed=changed))

    assert one_text(found).count("a.b was 1 then") == 1


def test_a_worker_that_does_not_run_comes_first():
    assert text(EVERY["x1"]).startswith("The worker crashes on its settings.")


def test_what_is_not_decided_lists_all_ends_and_what_decides_first():
    said = text(EVERY["possible"])

    assert "[S3]" in said
    assert "[F4]" in said
    assert said.index("What would decide it") < said.index("What to do")


# --- how much of it


def _long(look: Look) -> str:
    steps = tuple(log(number, "text", f"step {number}") for number in range(1, 21))
    out = tuple(RuledOut(Leaf.S1, f"reason {number}") for number in range(9))
    flips = tuple(Flip(f"a{number}: 1", Leaf.B1) for number in range(9))
    batches = tuple(BatchVerdict(f"id-{number}", number, Leaf.B0) for number in range(1, 30))
    last = BatchVerdict("id-last", 30, Leaf.B4)
    found = job(Leaf.B4, evidence=steps, ruled_out=out, counterfactual=flips, batches=(*batches, last))
    return text(answer(found), None, look)


def test_a_screen_holds_the_first_and_the_last_steps():
    said = _long(SCREEN)

    assert re.findall(r"Step (\d+)", said) == ["1", "16", "17", "18", "19", "20"]
    assert "(14 steps left out; -v shows all)" in said
    assert len(re.findall(r"reason \d", said)) == 3
    assert len(re.findall(r"With a\d: 1, it would be", said)) == 3
    assert "and 6 more; -v shows all." in said


def test_of_many_batches_those_that_went_wrong_are_shown():
    said = _long(SCREEN)

    assert "29 embedded by batch [B0]; 1 failed, batch not sent [B4]." in said
    assert "id-last" in said
    assert "id-15" not in said


def test_verbose_leaves_nothing_out():
    said = _long(Look(verbosity=1))

    assert len(re.findall(r"Step \d+", said)) == 20
    assert len(re.findall(r"reason \d", said)) == 9
    assert "id-15" in said
    assert "-v" not in said


def test_ids_that_begin_alike_are_told_apart():
    jobs = [job(Leaf.B0, job_id=f"a1b2c3d4-{part}-4890-abcd-ef1234567890") for part in ("0001", "0002")]

    lines = text(answer(*jobs), ALL).splitlines()
    assert [line.split()[0] for line in lines[1:3]] == ["a1b2c3d4-0001", "a1b2c3d4-0002"]


# --- widths


# How far a line is indented at most.
DEEPEST = 16


def _allowed(line: str, width: int) -> int:
    """A word is never broken."""
    return max(width, DEEPEST + max(map(columns, line.split()), default=0))


@pytest.mark.parametrize("width", [40, 60, 80, 110, 200])
@pytest.mark.parametrize("name", EVERY)
def test_prose_fits(name, width):
    said = text(EVERY[name], None, Look(min(width, 110), width))
    prose = [line for line in said.splitlines() if not re.match(r"\s+(\$|sql>|[-+] \w+:|\d+\. )", line)]

    assert [line for line in prose if columns(line) > _allowed(line, width)] == []


@pytest.mark.parametrize("width", [60, 80, 110, 200])
def test_tables_fit(width):
    table = itertools.takewhile(bool, text(MANY, ALL, Look(min(width, 110), width)).splitlines())

    assert max(map(columns, table)) <= width


# --- hostile texts

EVIL = "\x1b[2J\u202eevil\n::error::x\r##vso[task]"


def test_nothing_steers_a_terminal_or_a_build_server():
    place = Location.file(EVIL, 1, key=EVIL, detail=EVIL)
    seen = (Evidence("log", EVIL, place, EVIL), Evidence(EVIL, EVIL, place))
    fix = Fix(EVIL, edits=(Edit(EVIL, f"a.{EVIL}", EVIL, EVIL, 3),), safety=Safety.SAFE)
    found = job(
        Leaf.S4,
        job_id=EVIL,
        repository=EVIL,
        cause=Cause(EVIL, EVIL, place, EVIL, changed=True),
        evidence=seen,
        ruled_out=(RuledOut(Leaf.S1, EVIL),),
        unknown=(Unknown(EVIL, EVIL),),
        fix=fix,
        counterfactual=(Flip(EVIL, Leaf.B1),),
        batches=(BatchVerdict(EVIL, 1, Leaf.B1), BatchVerdict(EVIL, 2, Leaf.B4)),
        guide_causes=(GuideCause(1, EVIL, GuideStatus.CONFIRMED, EVIL, EVIL, place),),
        note=EVIL,
        changed=(Changed(EVIL, EVIL, EVIL, place),),
    )
    process = ProcessVerdict(
        Leaf.X1, Certainty.PROVEN, AT, EVIL, Cause(EVIL, EVIL, place), seen, fix, EVIL, (Changed(EVIL, EVIL, EVIL),)
    )
    whole = Why((found, found), process, sources=(EVIL,), without=(EVIL,))
    missing = answer(missing=EVIL, process=ProcessVerdict(version=EVIL))

    for look in (Look(), SCREEN, Look(40, 40), Look(verbosity=1), Look(quiet=True)):
        for said in (text(whole, None, look), text(whole, ALL, look), text(missing, None, look)):
            assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]", said)
            assert not re.search(r"(?m)^\s*::|(?<!\S)::|##vso\[", said)


# --- words


def test_every_end_has_its_words():
    assert set(why_words.SHORT) == set(Leaf)
    for leaf in Leaf:
        for more in ({}, {"certainty": Certainty.LIKELY}, {"hypothetical": True}):
            said = why_words.headline(replace(job(leaf), **more))
            assert re.fullmatch(r"[A-Zg].* (was|is|got|had|would|most likely|has)\b.*\.", said), said
            assert "not not" not in said
