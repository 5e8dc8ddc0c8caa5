"""`bundle`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from doctor.cli.options import CHECKING, COMMON, OFFLINE, command, settings_of
from doctor.cli.output import emit, notice
from doctor.cli.progress import waiting

if TYPE_CHECKING:
    from doctor.bundle.making import Made
    from doctor.settings import Settings

# What says where to look; everything found there goes into the bundle, whatever checks are chosen elsewhere.
LOOKING = tuple(each for each in CHECKING if each.name == "logs")


class Bundling(click.Option):
    """An option of this command alone; it is no setting."""

    section = "What is written"


FORCE = Bundling(["--force"], is_flag=True, default=None, help="Replace the file if it is there already.")


@command("bundle", [FORCE, *COMMON, OFFLINE, *LOOKING], short_help="Write one archive for a maintainer.")
@click.argument("file", metavar="[FILE]", required=False)
@click.pass_context
def bundle(ctx: click.Context, /, file: str | None, force: bool | None, **_given: object) -> int:
    """
    Examine, and write everything a maintainer needs into one archive, FILE (.tar.zst or .zip).

    Without FILE it is codechunk-doctor-TIME.tar.zst in this directory. Every secret in it is replaced by a token, and
    nothing is sent anywhere. `check --from-bundle FILE` examines it.
    """
    from datetime import UTC, datetime

    from doctor.bundle import making

    path = Path(file or making.default_name(datetime.now(UTC)))
    # Before the settings are looked at, which may take a directory that is not there for their fault.
    making.check_place(path, force=bool(force))
    settings = settings_of(ctx)
    with waiting("examining the installation", quiet=settings.quiet):
        made = making.make(settings, path, force=bool(force))
    _write(settings, made)
    if made.report.incomplete is None:
        return 0
    notice(f"could not complete: {made.report.incomplete}")
    return 3


def _write(settings: Settings, made: Made) -> None:
    from doctor.bundle import told

    def text(width: int, color: bool) -> str:
        return told.text(made, width=width, verbosity=settings.verbosity, quiet=settings.quiet)

    emit(settings, {"text": text, "json": lambda *_: told.json(made)})
