"""guide.script-not-executable: the guide's script lies there and cannot be called."""

from __future__ import annotations

from collections.abc import Iterator

from doctor.api import Finding, Fix, Guide, Location, Safety, Severity, change_mode, check, facts


@check(
    id="guide.script-not-executable",
    title="scripts/check_jobs.sh is not executable",
    severity=Severity.WARNING,
    guide=Guide.PERMISSIONS,
    safety=Safety.SAFE,
)
def script_not_executable(scripts: facts.HelperScripts) -> Iterator[Finding]:
    """
    Look whether the owner of `scripts/check_jobs.sh` may execute it.

    Why it matters: the commands of the guide end with "Permission denied".

    Silent when: there is no such file, which is no part of the repository; on Windows.

    How to fix: `chmod +x scripts/check_jobs.sh`, or use `codechunk-doctor jobs` and `codechunk-doctor batches`, which
    need no script.
    """
    mode = scripts.mode
    if mode is None or mode & 0o100:
        return
    yield Finding(
        f"{scripts.path} has mode {mode:04o}: its owner may not execute it",
        at=Location.directory(scripts.path),
        fix=Fix(
            "Make it executable.",
            (f"chmod +x {scripts.path}",),
            (change_mode(scripts.path, mode, mode | 0o100),),
            Safety.SAFE,
        ),
    )
