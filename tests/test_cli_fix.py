"""`fix` as a command: what is shown, written and taken back, and the exit status."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from doctor.cli import main
from doctor.sources import configuration
from tests.repairs import tree
from tests.report.schemas import validate

pytestmark = pytest.mark.slow

CANARY = "hunter2!canary"
TEXT = f"""\
database:
  user: u # {CANARY}
  password: {CANARY}
gemini:
  batch:
    enabled: false
    input_dir: /tmp/batch_embeddings/input
    output_dir: /tmp/batch_embeddings/output
batch_processing:
  enabled: true
  threshold_chunks: 10
  queue_limits: {{max_queue_size: 100000, max_wait_time: 5m}}
"""
HEALTHY = TEXT.replace("enabled: false", "enabled: true").replace(f" # {CANARY}", "")
UNSAFE = HEALTHY + "nats:\n  test_mode: true\n"
CONFIG = "configs/config.yaml"


@pytest.fixture(autouse=True)
def _state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return write(tmp_path / "root", TEXT)


def write(root: Path, text: str) -> Path:
    (root / "configs").mkdir(parents=True, exist_ok=True)
    (root / CONFIG).write_text(text)
    return root


def fix(root: Path, *arguments: str) -> Result:
    look = ["--offline", "--clean-env", "--env", "CODECHUNK_GEMINI_API_KEY=example-key", "--only", "config"]
    return CliRunner().invoke(main, ["fix", "--dir", str(root), *look, *arguments])


def refused(result: Result) -> str:
    """Wrong use: nothing on standard output, one sentence beside it."""
    assert (result.exit_code, result.stdout) == (2, "")
    return result.stderr


# --- nothing to do ------------------------------------------------------------------------------------------------


def test_nothing_wrong(root):
    result = fix(write(root, HEALTHY))

    assert (result.exit_code, result.stdout) == (0, "Nothing wrong was found, so there is nothing to fix.\n")


def test_nothing_wrong_to_apply(root):
    before = tree(write(root, HEALTHY))

    assert fix(root, "--apply").exit_code == 0
    assert tree(root) == before


def test_no_fix_for_it(root):
    result = fix(write(root, HEALTHY + "unheard_of: 1\n"), "--apply", "--fail-on", "note")

    assert result.exit_code == 1
    assert "Written" not in result.stdout


@pytest.mark.parametrize("arguments", [[], ["--format", "json"], ["--quiet"], ["-vv"]])
def test_only_shown(root, arguments):
    before = tree(root)

    result = fix(root, *arguments)

    assert result.exit_code == 1
    assert tree(root) == before
    assert not (root.parent / "state").exists()


# --- safe ---------------------------------------------------------------------------------------------------------


def test_what_is_shown(root):
    shown = fix(root).stdout

    assert shown.startswith(f"--- a/{CONFIG}\n+++ b/{CONFIG}\n@@ -3,7 +3,7 @@ config.batch-client-off\n")
    assert "\n-    enabled: false\n+    enabled: true\n" in shown
    assert "  verified\n" in shown
    assert shown.endswith("The same command with --apply makes the changes, and\nkeeps a backup.\n")


def test_applied_twice_and_taken_back(root):
    (root / CONFIG).chmod(0o640)
    before = tree(root)

    first = fix(root, "--apply")

    assert first.exit_code == 0
    assert f"Written: {CONFIG}.\nLooked again: config.batch-client-off is quiet now.\n" in first.stdout
    assert f"codechunk-doctor fix --undo --dir {root}\n" in first.stdout
    after = tree(root)
    assert after != before
    assert (root / CONFIG).read_text() == TEXT.replace("enabled: false", "enabled: true")
    second = fix(root, "--apply")
    assert second.exit_code == 0
    assert "Written" not in second.stdout
    assert tree(root) == after
    undone = fix(root, "--undo")
    assert (undone.exit_code, undone.stdout.split()) == (0, ["As", "before:", f"{root / CONFIG}."])
    assert tree(root) == before
    assert "no fix" in refused(fix(root, "--undo"))


def test_json(root):
    document = validate(fix(root, "--format", "json").stdout, "report")

    (found,) = document["fix"]["fixes"]
    assert (found["check"], found["state"], found["follows"]) == ("config.batch-client-off", "planned", False)
    assert found["verification"]["status"] == "verified"
    assert found["edits"] == [{"path": CONFIG, "key": "gemini.batch.enabled", "from": "false", "to": "true"}]
    assert (document["fix"]["applied"], document["fix"]["written"]) == (False, [])
    assert "+    enabled: true\n" in document["fix"]["diff"]
    (finding,) = [each for check in document["checks"] for each in check["findings"]]
    assert finding["fix"]["verification"]["status"] == "verified"


def test_json_of_what_is_left(root):
    document = validate(fix(root, "--apply", "--format", "json").stdout, "report")

    assert document["fix"]["applied"] is True
    assert document["fix"]["written"] == [CONFIG]
    assert Path(document["fix"]["backup"]).is_dir()
    assert document["summary"]["errors"] == 0
    undone = validate(fix(root, "--undo", "--format", "json").stdout, "undo")
    assert (undone["restored"], undone["left"]) == ([CONFIG], [])


@pytest.mark.parametrize("arguments", [[], ["-q"], ["--format", "json"]])
def test_a_deadline_that_leaves_no_time_is_not_all_well(root, arguments, monkeypatch):
    real = configuration.resolve
    monkeypatch.setattr(configuration, "resolve", lambda *given, **named: (time.sleep(0.5), real(*given, **named))[1])

    result = fix(root, "--deadline", "50ms", *arguments)

    assert result.exit_code == 3
    assert "nothing to fix" not in result.stdout
    said = result.stdout if "json" not in arguments else result.stderr
    assert "omplete: the deadline ended the run before" in " ".join(said.split())


# --- unsafe -------------------------------------------------------------------------------------------------------


def test_an_unsafe_fix_is_not_made(root):
    before = tree(write(root, UNSAFE))

    result = fix(root, "--apply")

    assert "Not made, unless named\n- config.nats-mock:" in result.stdout
    assert "--unsafe config.nats-mock takes it in" in result.stdout
    assert result.stdout.endswith("Nothing is changed unless it is named by --unsafe.\n")
    assert tree(root) == before


def test_an_unsafe_fix_that_is_named(root):
    result = fix(write(root, UNSAFE), "--apply", "--unsafe", "config.nats-mock")

    assert result.exit_code == 0
    assert (root / CONFIG).read_text() == UNSAFE.replace("test_mode: true", "test_mode: false")


def test_naming_a_check_that_is_quiet_changes_nothing(root):
    before = tree(write(root, HEALTHY))

    assert fix(root, "--apply", "--unsafe", "config.nats-mock").exit_code == 0
    assert tree(root) == before


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--unsafe", "config.no-such"], "--unsafe config.no-such: there is no such check"),
        (["--unsafe", "config"], "--unsafe config: there is no such check"),
        (["--unsafe", "config.connector-invalid"], "is only ever put right by hand"),
        (["--undo", "--apply"], "leave out --apply"),
        (["--undo"], "There is no fix of"),
        (["--dir", "/nowhere/at/all"], "there is no such directory"),
        (["--only", "nonsense"], "no check or family"),
        (["--env-file", "/nowhere/.env"], "there is no such file"),
    ],
)
def test_wrong_use(root, arguments, said):
    before = tree(root)

    assert said in refused(fix(root, *arguments, *(() if "--undo" in arguments else ["--apply"])))
    assert tree(root) == before


# --- what cannot be written ---------------------------------------------------------------------------------------


@pytest.fixture
def elsewhere(tmp_path: Path) -> Path:
    (tmp_path / "elsewhere").mkdir()
    return tmp_path / "elsewhere"


def test_a_link_within_the_installation_is_followed(root):
    (root / CONFIG).rename(root / "real.yaml")
    (root / CONFIG).symlink_to("../real.yaml")

    assert fix(root, "--apply").exit_code == 0
    assert (root / CONFIG).is_symlink()
    assert "enabled: true\n    input_dir" in (root / "real.yaml").read_text()


def test_a_link_out_of_the_installation(root, elsewhere):
    (root / CONFIG).rename(elsewhere / "real.yaml")
    (root / CONFIG).symlink_to(elsewhere / "real.yaml")

    result = fix(root, "--apply")

    assert result.exit_code == 1
    assert "Not possible\n- config.batch-client-off" in result.stdout
    assert "leads out of" in result.stdout
    assert (elsewhere / "real.yaml").read_text() == TEXT


def test_a_second_name(root, elsewhere):
    os.link(root / CONFIG, elsewhere / "other.yaml")

    result = fix(root, "--apply")

    assert result.exit_code == 1
    assert "has a second name" in " ".join(result.stdout.split())
    assert (root / CONFIG).read_text() == TEXT


@pytest.fixture
def closed(root: Path) -> Iterator[Path]:
    folder = root / "configs"
    folder.chmod(0o555)
    yield root
    folder.chmod(0o755)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_directory_that_takes_no_file(closed):
    result = fix(closed, "--apply")

    assert result.exit_code == 1
    assert "takes no new file" in " ".join(result.stdout.split())
    assert (closed / CONFIG).read_text() == TEXT


def test_a_directory_that_takes_no_file_for_anybody(root, monkeypatch):
    monkeypatch.setattr(os, "access", lambda *_: False)

    result = fix(root, "--apply")

    assert result.exit_code == 1
    assert "takes no new file" in " ".join(result.stdout.split())
    assert (root / CONFIG).read_text() == TEXT


def test_a_file_that_is_changed_while_fixes_are_tried(root, monkeypatch):
    from doctor.fixing import backup

    perform = backup.perform

    def later(*arguments, **more):
        (root / CONFIG).write_text(HEALTHY)
        return perform(*arguments, **more)

    monkeypatch.setattr(backup, "perform", later)

    result = fix(root, "--apply")

    assert result.exit_code == 1
    said = " ".join(result.stdout.split())
    assert "Nothing was changed: " in said
    assert "was changed since it was read" in said
    assert (root / CONFIG).read_text() == HEALTHY
    assert not list((root.parent / "state").rglob("manifest.json"))


def test_a_place_for_backups_that_cannot_be_used(root, monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", str(root / "state"))

    result = fix(root, "--apply")

    assert result.exit_code == 1
    assert "may not be kept in the checkout" in " ".join(result.stdout.split())
    assert (root / CONFIG).read_text() == TEXT


# --- files elsewhere ----------------------------------------------------------------------------------------------


def test_an_env_file_outside(root, elsewhere):
    (elsewhere / "prod.env").write_text(f"# mine\nCODECHUNK_BATCH_PROCESSING_MAX_BATCH_SIZE=900\nTOKEN={CANARY}\n")
    write(root, HEALTHY + "  max_batch_size: 300\n")

    result = fix(root, "--apply", "--env-file", str(elsewhere / "prod.env"))

    assert result.exit_code == 0, result.stdout
    assert (elsewhere / "prod.env").read_text() == (
        f"# mine\nCODECHUNK_BATCH_PROCESSING_MAX_BATCH_SIZE=500\nTOKEN={CANARY}\n"
    )
    assert CANARY not in result.stdout


def test_a_configuration_outside(root, elsewhere):
    (elsewhere / "other.yaml").write_text(TEXT)

    result = fix(root, "--apply", "--config", str(elsewhere / "other.yaml"))

    assert result.exit_code == 0
    assert (elsewhere / "other.yaml").read_text() == TEXT.replace("enabled: false", "enabled: true")
    assert (root / CONFIG).read_text() == TEXT
    assert fix(root, "--undo").exit_code == 0
    assert (elsewhere / "other.yaml").read_text() == TEXT


# --- hostile formatting -------------------------------------------------------------------------------------------

FLOW = f"""\
database: {{user: u, password: {CANARY}}}
gemini: {{batch: {{enabled: false, input_dir: /a, output_dir: /b}}}} #\ttabs\there
batch_processing: {{enabled: true, threshold_chunks: 10, queue_limits: {{max_queue_size: 100000, max_wait_time: 5m}}}}
"""
ANCHORS = TEXT.replace("enabled: false", "enabled: &off false") + "x-other: *off\n"


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(TEXT.replace("\n", "\r\n").encode(), id="CRLF"),
        pytest.param(TEXT.rstrip("\n").encode(), id="no final newline"),
        pytest.param(b"\xef\xbb\xbf" + TEXT.encode(), id="byte order mark"),
        pytest.param(FLOW.encode(), id="flow style and tabs in comments"),
        pytest.param(TEXT.replace("enabled: false", "enabled:    false\t # why\tnot").encode(), id="blanks"),
        pytest.param(TEXT.replace("enabled: false", '"enabled": false').encode(), id="quoted key"),
        pytest.param(TEXT.replace("enabled: false", "enabled: !!bool false").encode(), id="tag"),
        pytest.param(b"---\n" + TEXT.encode() + b"...\n", id="document marks"),
        pytest.param(TEXT.encode("utf-16"), id="UTF-16"),
    ],
)
def test_only_the_value_is_changed(root, data):
    (root / CONFIG).write_bytes(data)

    result = fix(root, "--apply")

    assert result.exit_code == 0, result.stdout
    assert CANARY not in result.stdout
    now = (root / CONFIG).read_bytes()
    if now.startswith(b"\xff\xfe"):
        assert now.decode("utf-16") == data.decode("utf-16").replace("false", "true")
    else:
        assert now in (data.replace(b"false", b"true"), data.replace(b"!!bool false", b"true"))
    assert fix(root, "--undo").exit_code == 0
    assert (root / CONFIG).read_bytes() == data


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(TEXT.encode() + b"gemini:\n  model: gemini-embedding-001\n", id="section twice"),
        pytest.param(TEXT.encode() + b"\tbroken: [\n", id="broken"),
    ],
)
def test_what_the_program_cannot_read_is_left_alone(root, data):
    (root / CONFIG).write_bytes(data)

    assert fix(root, "--apply").exit_code == 1
    assert (root / CONFIG).read_bytes() == data


def test_a_value_that_others_share(root):
    """Whatever becomes of it, no other key gets another value."""
    (root / CONFIG).write_text(ANCHORS)

    result = fix(root, "--apply")

    now = (root / CONFIG).read_text()
    assert "x-other: *off" not in now or "&off false" in now
    assert ("Not possible" in result.stdout) == (now == ANCHORS)


# --- secrets ------------------------------------------------------------------------------------------------------

AROUND = {
    "beside": TEXT,
    "flow style": FLOW.replace("tabs\there", CANARY),
    "short": TEXT.replace(CANARY, "pw1"),
    "block": TEXT.replace(f"  password: {CANARY}", f"  password: |-\n    {CANARY}\n    {CANARY}"),
    "in an address": TEXT.replace("gemini:", f"nats:\n  url: nats://me:{CANARY}@nats.example.com:4222\ngemini:"),
    "commented out": TEXT.replace("gemini:", f"# api_key: {CANARY}\ngemini:"),
    "broken": TEXT + f"database:\n  password: {CANARY}\n",
    "the value itself": TEXT.replace(f" # {CANARY}", "").replace(f": {CANARY}", f": 0{CANARY} #{CANARY}"),
}


@pytest.mark.no_cover
@pytest.mark.parametrize("text", AROUND.values(), ids=AROUND)
@pytest.mark.parametrize("arguments", [[], ["--apply"], ["-vv"], ["--apply", "--format", "json"], ["--format", "json"]])
def test_no_secret_is_shown(root, text, arguments):
    write(root, text)
    named = [each for id in ("config.value-reinterpreted", "config.dsn-misread") for each in ("--unsafe", id)]

    result = fix(root, *arguments, *(named if "--apply" in arguments else ()))

    assert result.exit_code in (0, 1)
    shown = result.stdout + result.stderr
    assert "hunter2" not in shown
    assert "pw1" not in shown


def test_no_secret_in_a_refusal(root, elsewhere):
    (root / CONFIG).rename(elsewhere / "real.yaml")
    (root / CONFIG).symlink_to(elsewhere / "real.yaml")

    result = fix(root, "--apply", "--unsafe", "config.value-reinterpreted")

    assert "hunter2" not in result.stdout + result.stderr
