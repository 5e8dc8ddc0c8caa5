"""config: which file is read, and which part of it."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest

from checks.config.file_broken import file_broken
from checks.config.file_missing import file_missing
from checks.config.file_shadowed import file_shadowed
from checks.config.file_unreadable import file_unreadable
from checks.config.not_an_overlay import not_an_overlay
from checks.config.part_ignored import part_ignored
from doctor.api import Observed
from doctor.facts import BaseConfig, FileProblem, Habitat, Known, Worker

FINE = "database: {user: u, password: p}\n"
SECRET = "hunter2-Zq8vKw3xN7"
# Ten letters, each a list of nine of the one before.
BOMB = "a: &a [x]\n" + "".join(f"{b}: &{b} [{', '.join([f'*{a}'] * 9)}]\n" for a, b in pairwise("abcdefghij"))


# --- file-missing ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "argument", "found"),
    [
        pytest.param("configs/config.yaml", None, None, id="found in configs"),
        pytest.param("config.yaml", None, None, id="found in the directory"),
        pytest.param("configs/config", None, None, id="without extension"),
        pytest.param("config.json", None, None, id="another ending"),
        pytest.param("deploy/x.yaml", "deploy/x.yaml", None, id="named and there"),
        pytest.param("deploy/x.conf", "deploy/x.conf", None, id="there, though not supported"),
        pytest.param("configs/config.dev.yaml", None, "no configuration file", id="the search knows no .dev"),
        pytest.param("other/config.yaml", None, "no configuration file", id="in another directory"),
        pytest.param(
            "configs/config.yaml", "configs/config.dv.yaml", "--config configs/config.dv.yaml does not", id="misspelt"
        ),
        pytest.param("configs/config.yaml", "configs", "--config configs is a directory", id="a directory"),
        pytest.param("configs/config.yaml", "nowhere.conf", "does not exist", id="missing and not supported"),
        pytest.param("configs/config.yaml", "configs/config.yaml/x.yaml", "does not exist", id="below a file"),
    ],
)
def test_file_missing(resolved, name, argument, found):
    """What counts is whether there is a file, not what is in it."""
    findings = file_missing(resolved(name=name, argument=argument))

    assert bool(findings) == (found is not None)
    assert all(found in finding.message and finding.fix.safety == "none" for finding in findings)


def test_file_missing_names_what_is_there(resolved):
    (finding,) = file_missing(resolved(name="configs/config.yaml", argument="config/config.yaml"))

    assert finding.at.path == "config/config.yaml"
    assert finding.fix.commands == ("codechunking worker --config configs/config.yaml",)


# --- file-unreadable -------------------------------------------------------------------------------------------


def worker(uid=1000, groups=(), kind=Habitat.PROCESS, known=True):
    return Observed(Worker(Known.OBSERVED, kind, uid=uid, groups=groups, user_known=known))


@pytest.mark.parametrize(
    ("mode", "who", "fires"),
    [
        pytest.param(0o644, worker(), False, id="for all"),
        pytest.param(0o400, worker(uid=7), False, id="for its owner, who it is"),
        pytest.param(0o640, worker(groups=(8,)), False, id="for the group"),
        pytest.param(0o640, worker(groups=(3, 8)), False, id="for one of its groups"),
        pytest.param(0o000, worker(uid=0), False, id="root reads all"),
        pytest.param(0o600, worker(known=False), False, id="user only assumed"),
        pytest.param(0o600, worker(uid=None), False, id="user unknown"),
        pytest.param(0o600, worker(kind=Habitat.CONTAINER), False, id="a container has its own copy"),
        pytest.param(0o600, Observed(None), False, id="no worker known"),
        pytest.param(0o600, worker(), True, id="for its owner only"),
        pytest.param(0o640, worker(groups=(3,)), True, id="for another group"),
        pytest.param(0o044, worker(uid=7), True, id="for all but its owner"),
        pytest.param(0o604, worker(groups=(8,)), True, id="for all but the group"),
    ],
)
def test_file_unreadable_for_the_worker(resolved, mode, who, fires):
    """Owner, then group, then the rest: the first that fits decides."""
    config = resolved()
    config = replace_file(config, mode=mode, owner=7, group=8)

    findings = file_unreadable(config, who)

    assert bool(findings) == fires
    assert all("worker's user" in finding.message for finding in findings)
    assert all(finding.fix.commands == ("sudo chmod a+r configs/config.dev.yaml",) for finding in findings)


@pytest.mark.parametrize(
    ("mode", "here", "command"),
    [
        pytest.param(0o644, True, None, id="for all"),
        pytest.param(0o600, True, "sudo chmod a+r configs/config.dev.yaml", id="mounted from here"),
        pytest.param(0o600, False, "docker exec -u 0 w chmod a+r configs/config.dev.yaml", id="its own"),
    ],
)
def test_file_unreadable_inside_the_container(resolved, mode, here, command):
    """A file that was read inside is judged as any other."""
    config = replace_file(resolved(), mode=mode, owner=7, group=8, container="w", here=here)

    findings = list(file_unreadable(config, worker(kind=Habitat.CONTAINER)))

    assert [each.fix.commands for each in findings] == ([] if command is None else [(command,)])
    assert all("by the worker's user 1000" in each.message for each in findings)


def replace_file(config, **changes):
    object.__setattr__(config, "file", replace(config.file, **changes))
    return config


def test_file_unreadable_for_the_doctor(resolved):
    """A file that nobody here can read was not examined, whoever may read it."""
    refused = {"loaded": False, "problem": FileProblem.UNREADABLE, "mode": 0o600, "owner": 7, "group": 8}

    (assumed,) = file_unreadable(replace_file(resolved(), **refused), worker(known=False))
    (known,) = file_unreadable(replace_file(resolved(), **refused), worker())
    (allowed,) = file_unreadable(replace_file(resolved(), **refused), worker(uid=7))

    assert "cannot be read by this user (mode 0600, owner 7)" in assumed.message
    assert "by the worker's user 1000" in known.message
    assert "though by the worker's" in allowed.message
    assert allowed.fix.commands == ()


@pytest.mark.parametrize(
    ("size", "fires"),
    [
        pytest.param(1024, False, id="as usual"),
        pytest.param(1024 * 1024, False, id="just read"),
        pytest.param(1024 * 1024 + 1, True, id="too large to read"),
    ],
)
def test_file_unreadable_for_its_size(resolved, size, fires):
    """The limit is the doctor's own, so the program is accused of nothing."""
    findings = file_unreadable(resolved(FINE + "#" * (size - len(FINE))), worker())

    assert [(each.severity, each.fix.commands) for each in findings] == [("warning", ())] * fires
    assert all("the program reads it all the same" in each.message for each in findings)


@pytest.mark.parametrize(
    ("name", "argument", "fires"),
    [
        pytest.param("a.yaml", "a.yaml", False, id="yaml"),
        pytest.param("a.yml", "a.yml", False, id="yml"),
        pytest.param("config.ini", None, False, id="found by the search, so taken as YAML"),
        pytest.param("configs/config", None, False, id="found by the search without ending"),
        pytest.param("nowhere.yaml", "a.conf", False, id="missing"),
        pytest.param("a.conf", "a.conf", True, id="conf"),
        pytest.param("a.YAML", "a.YAML", True, id="capitals"),
        pytest.param("a", "a", True, id="no ending"),
        pytest.param("a.ini", "a.ini", True, id="known by name, no decoder"),
        pytest.param("a.properties", "a.properties", True, id="likewise"),
    ],
)
def test_file_unreadable_by_ending(resolved, name, argument, fires):
    """`--config` goes by the ending alone."""
    findings = file_unreadable(resolved(name=name, argument=argument), worker())

    assert bool(findings) == fires
    for finding in findings:
        assert finding.fix.commands == (f"mv {argument} a.yaml",)


# --- file-broken -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "line"),
    [
        pytest.param("", None, id="empty"),
        pytest.param("# nothing\n", None, id="only a comment"),
        pytest.param("\ufeff" + FINE, None, id="byte order mark"),
        pytest.param("database:\r\n  user: u\r\n", None, id="Windows line ends"),
        pytest.param(FINE + "---\n" + FINE, None, id="several documents"),
        pytest.param("a: &x {b: 1}\nc: *x\n", None, id="known anchor"),
        pytest.param("a: {b: 1}\nc: {b: 1}\n", None, id="one name in two sections"),
        pytest.param("database:\n  user: u\n  User: v\n", None, id="two spellings are not a duplicate"),
        pytest.param("database:\n\tuser: u\n", 2, id="tab"),
        pytest.param("database:\n  user: @x\n", 2, id="at sign"),
        pytest.param("database:\n  user: `x`\n", 2, id="backtick"),
        pytest.param("database:\n  user: %x\n", 2, id="percent"),
        pytest.param("database:\n  user: a: b\n", 2, id="two colons"),
        pytest.param("database:\n  user: 'x\n", ..., id="open quote"),
        pytest.param("database:\n  user: *x\n", ..., id="unknown anchor"),
        pytest.param("- a\n- b\n", ..., id="list at the top"),
        pytest.param("text\n", ..., id="text at the top"),
        pytest.param("a:\n  b: 1\n  b: 2\n", 3, id="duplicate"),
        pytest.param("a: 1\nb: 2\na: 1\n", 3, id="duplicate at the top"),
    ],
)
def test_file_broken(resolved, text, line):
    """Whatever makes the parser give up drops the whole file."""
    findings = file_broken(resolved(text, bare=True))

    assert bool(findings) == (line is not None)
    for finding in findings:
        assert finding.at.path == "configs/config.dev.yaml"
        assert line is ... or finding.at.line == line
        assert finding.severity == "error"


def test_file_broken_deletes_a_repeated_line(resolved):
    """Two equal lines say the same, so one may go; with two different ones somebody has to choose."""
    (equal,) = file_broken(resolved("a:\n  b: 1\n  c: 2\n  b: 1\n", bare=True))
    (other,) = file_broken(resolved("a:\n  b: 1\n  c: 2\n  b: 2\n", bare=True))

    (edit,) = equal.fix.edits
    assert (edit.line, edit.action, edit.after, equal.fix.safety) == (4, "delete", None, "safe")
    assert (other.fix.edits, other.fix.safety) == ((), "none")
    assert [place.line for place in other.locations] == [4, 2]


def test_file_broken_deletes_no_head_of_a_section(resolved):
    """What stands below it would become part of the section above."""
    (finding,) = file_broken(resolved("a:\n  b: 1\nc: 2\na:\n  b: 3\n", bare=True))

    assert (finding.fix.edits, finding.fix.safety) == ((), "none")
    assert (
        finding.fix.summary
        == "Keep one of the two: merge line 4 into line 1, or delete it with all that belongs to it."
    )


@pytest.mark.parametrize(
    ("text", "where", "fix"),
    [
        ("a: 1\na: 2\n", "at lines 1 and 2:", "merge line 2 into line 1"),
        ("{a: 1,\na: 1}\n", "at lines 1 and 2:", "merge line 2 into line 1"),
        ("a: {b: 1, b: 1}\n", "on line 1, columns 5 and 11:", "Keep one of the two on line 1, and"),
    ],
)
def test_file_broken_names_both_places(resolved, text, where, fix):
    """On one line there is nothing to merge, and the columns tell them apart."""
    (finding,) = file_broken(resolved(text, bare=True))

    assert f"twice in one section, {where}" in finding.message
    assert fix in finding.fix.summary
    assert (finding.related[0].column is not None) == ("columns" in where)


@pytest.mark.parametrize(
    "text",
    [
        f"database:\n  password: *{SECRET}\n",
        f"{SECRET}\n",
        f"'{SECRET}'\n",
        f"database:\n  password: @{SECRET}\n",
        f"database:\n  password: {SECRET}\n  password: x\n",
        f"database:\n  {SECRET}\n",
    ],
)
def test_file_broken_quotes_nothing(resolved, text):
    """The parser's own message can hold what stands in the file."""
    for finding in file_broken(resolved(text, bare=True)):
        assert SECRET not in repr(finding)


@pytest.mark.parametrize(
    ("text", "advice"),
    [
        ("database:\n\tuser: u\n", "tabs"),
        ("database:\n  user: `x`\n", "in quotes"),
        ("database:\n  user: *x\n", "begins with *"),
        ("- a\n", "sections"),
        ("a: &a [x, x]\n'\n", "quote"),
        (BOMB, "Reduce the nested aliases"),
        ("a: !!int x\n", "Repair the line."),
    ],
)
def test_file_broken_says_what_to_do(resolved, text, advice):
    (finding,) = file_broken(resolved(text, bare=True))

    assert advice in finding.fix.summary


# --- file-shadowed ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("present", "argument", "found"),
    [
        pytest.param(["configs/config.yaml"], None, None, id="one only"),
        pytest.param(["configs/config.json"], None, None, id="another one only"),
        pytest.param(["configs/config.json", "configs/config.yaml"], "configs/config.yaml", None, id="named"),
        pytest.param(["configs/config.yaml", "configs/config.dev.yaml"], None, None, id="not a rival"),
        pytest.param(["configs/config.yaml", "configs/config.yml"], None, None, id="config.yaml wins itself"),
        pytest.param(["configs/config.yaml", "config.json"], None, None, id="somebody else's config.json"),
        pytest.param(["configs/config.yaml", "configs/config"], None, None, id="bare comes last"),
        pytest.param(
            ["configs/config.json", "configs/config.yaml"],
            None,
            ("configs/config.json", ["configs/config.yaml"]),
            id="json wins",
        ),
        pytest.param(
            ["configs/config.toml", "configs/config.yaml"],
            None,
            ("configs/config.toml", ["configs/config.yaml"]),
            id="toml wins",
        ),
        pytest.param(
            ["configs/config.yaml", "config.yaml"],
            None,
            ("configs/config.yaml", ["config.yaml"]),
            id="configs/ hides ./",
        ),
        pytest.param(
            ["configs/config", "config.yaml"], None, ("configs/config", ["config.yaml"]), id="even a bare one"
        ),
        pytest.param(
            ["configs/config.json", "configs/config.yml"],
            None,
            ("configs/config.json", ["configs/config.yml"]),
            id="config.yml where no config.yaml is",
        ),
    ],
)
def test_file_shadowed(resolved, present, argument, found):
    """Of several files the search takes one; it is worth saying when the one that people edit is passed over."""
    first, *others = present
    findings = file_shadowed(resolved(FINE, name=first, argument=argument, files=dict.fromkeys(others, FINE)))

    assert [(f.at.path, [place.path for place in f.related]) for f in findings] == ([found] if found else [])
    assert all(finding.severity == "warning" for finding in findings)


# --- part-ignored ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "found"),
    [
        pytest.param("worker: {concurrency: 3}", [], id="one document, one spelling"),
        pytest.param("Worker: {Concurrency: 3}", [], id="capitals alone"),
        pytest.param("worker.concurrency: 3", [], id="dotted alone"),
        pytest.param("worker:\n  concurrency: 3\n  Concurrency: 3\n", [], id="both values equal"),
        pytest.param("worker: {concurrency: 3}\nworker.concurrency: 3\n", [], id="equal, nested and dotted"),
        pytest.param("worker: {concurrency: 3}\nWorker: {concurrency: 3, job_timeout: 5m}\n", [], id="nothing lost"),
        pytest.param("x-a: &a {concurrency: 3}\nworker: {<<: *a, concurrency: 4}\n", [], id="merge key"),
        pytest.param("worker:\n  concurrency: 3\n  Concurrency: 4\n", [("worker.concurrency", 5)], id="case"),
        pytest.param("worker:\n  Concurrency: 4\n  concurrency: 3\n", [("worker.concurrency", 6)], id="case, reversed"),
        pytest.param(
            "worker:\n  concurrency: 3\nworker.concurrency: 4\n", [("worker.concurrency", 5)], id="nested and dotted"
        ),
        pytest.param("worker: {concurrency: 3}\nWorker: {job_timeout: 5m}\n", [("worker", 4)], id="a whole section"),
        pytest.param("---\n", [], id="nothing behind the mark"),
        pytest.param("---\n# nothing\n---\n", [], id="only a comment"),
        pytest.param("---\nworker: {concurrency: 4}\n", [(None, ...)], id="second document"),
        pytest.param("---\n---\nworker: {concurrency: 4}\n", [(None, 5)], id="third document"),
    ],
)
def test_part_ignored(resolved, text, found):
    """The loser is reported where it stands, once."""
    findings = part_ignored(resolved(text))

    assert [finding.at.key for finding in findings] == [key for key, _ in found]
    for finding, (key, line) in zip(findings, found, strict=True):
        assert line is ... or finding.at.line == line
        if key is not None:
            (edit,) = finding.fix.edits
            assert (edit.line, edit.action, finding.fix.safety) == (line, "delete", "unsafe")


def test_part_ignored_shows_no_secret(resolved):
    (finding,) = part_ignored(resolved(f"database:\n  user: u\n  password: {SECRET}\n  Password: other\n"))

    assert SECRET not in repr(finding)


# --- not-an-overlay --------------------------------------------------------------------------------------------

BASE = """\
gemini:
  batch: {enabled: true}
batch_processing:
  enabled: true  # the switch
  queue_limits: {max_queue_size: "10"}
zoekt: {webserver: {host: z}}
# connectors: []
"""


@pytest.mark.parametrize(
    ("text", "base", "found"),
    [
        pytest.param("", None, [], id="no config.yaml beside"),
        pytest.param("", "database: {user: u}\n", [], id="nothing in config.yaml either"),
        pytest.param("", "zoekt:\n# connectors: []\n", [], id="empty section in config.yaml"),
        pytest.param(BASE, BASE, [], id="all there"),
        pytest.param(
            "batch_processing: {enabled: false}\ngemini: {batch: {enabled: true}}\nzoekt: {webserver: {port: 1}}\n",
            BASE,
            [],
            id="sections that are there in part",
        ),
        pytest.param("", "connectors: []\n", [], id="no connectors in config.yaml"),
        pytest.param("connectors: []\n" + BASE, "connectors:\n  - {name: a}\n", [], id="no connectors on purpose"),
        pytest.param("embedding: {provider: openai}\n", BASE[: BASE.index("zoekt")], [], id="batches with openai"),
        pytest.param("embedding: {provider: openai}\n", BASE, ["zoekt"], id="the rest with openai"),
        pytest.param("", BASE, ["batch_processing", "gemini.batch", "zoekt"], id="none of them"),
        pytest.param("gemini: {timeout: 60s}\n" + BASE[BASE.index("batch_p") :], BASE, ["gemini.batch"], id="one"),
        pytest.param("zoekt:\n" + BASE[: BASE.index("zoekt")], BASE, ["zoekt"], id="a section with nothing in it"),
        pytest.param(BASE, BASE + "connectors:\n  - {name: a}\n", ["connectors"], id="connectors"),
    ],
)
def test_not_an_overlay(resolved, text, base, found):
    """Only whole sections count, and only where config.yaml has them."""
    config = resolved(text)
    beside = resolved(base, name="configs/config.yaml", bare=True) if base is not None else None
    facts = BaseConfig("configs/config.yaml", beside.entries) if beside is not None else BaseConfig()

    findings = not_an_overlay(config, facts)

    assert len(findings) == bool(found)
    for finding in findings:
        assert finding.message.startswith(f"{', '.join(found)} of configs/config.yaml ")
        assert finding.at.key == found[0]
        assert [place.path for place in finding.related] == ["configs/config.yaml"] * len(found)
        assert finding.fix.safety == "unsafe"


def test_not_an_overlay_copies_value_by_value(resolved):
    beside = resolved(BASE, name="configs/config.yaml", bare=True)

    (finding,) = not_an_overlay(resolved(""), BaseConfig("configs/config.yaml", beside.entries))

    assert [(edit.key, edit.before, edit.after) for edit in finding.fix.edits] == [
        ("gemini.batch.enabled", None, "true"),
        ("batch_processing.enabled", None, "true"),
        ("batch_processing.queue_limits.max_queue_size", None, '"10"'),
        ("zoekt.webserver.host", None, "z"),
    ]


def test_not_an_overlay_copies_what_an_alias_stands_for(resolved):
    """An anchor of the one file means nothing in the other."""
    base = "x: &x 5\nbatch_processing: {threshold_chunks: *x, enabled: &y true, max_batch_size: }\n"
    beside = resolved(base, name="configs/config.yaml", bare=True)

    (finding,) = not_an_overlay(resolved(""), BaseConfig("configs/config.yaml", beside.entries))

    assert [edit.after for edit in finding.fix.edits] == ["5", "true", ""]
