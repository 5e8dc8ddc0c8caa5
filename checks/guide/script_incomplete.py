"""guide.script-incomplete: the guide's script calls files that are not there."""

from __future__ import annotations

from collections.abc import Iterator

from doctor.api import Finding, Fix, Guide, Location, Severity, check, facts


@check(
    id="guide.script-incomplete",
    title="A helper script lacks the files it calls",
    severity=Severity.NOTE,
    guide=Guide.DATABASE_USAGE,
)
def script_incomplete(scripts: facts.HelperScripts) -> Iterator[Finding]:
    """
    Look for the two files that `scripts/check_jobs.sh` calls: `check_batch_jobs.go` and `check_indexing_jobs.sql`.

    Why it matters: the script ends with an error of `go run` or of psql that says nothing about the jobs.

    Silent when: none of the three is there; both files are there.

    How to fix: use `codechunk-doctor jobs` and `codechunk-doctor batches`, which show the same and need no script.
    """
    if scripts.mode is None or not scripts.missing:
        return
    are = "is" if len(scripts.missing) == 1 else "are"
    yield Finding(
        f"{' and '.join(scripts.missing)} {are} not there, which {scripts.path} calls",
        at=Location.directory(scripts.path),
        fix=Fix(
            "Use the doctor's own commands, which need no script.",
            ("codechunk-doctor jobs", "codechunk-doctor batches list"),
        ),
    )
