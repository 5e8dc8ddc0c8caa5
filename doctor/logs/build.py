"""Writes the compiled patterns: `python -m doctor.logs.build`, after a change of the catalogue or of hyperscan."""

from __future__ import annotations

from pathlib import Path

import doctor
from doctor.logs.matcher import FILE, Hyperscan, literals, signature

PLACE = Path(doctor.__file__).parent / "data" / FILE


def built() -> bytes:
    """What the file has to hold on this kind of machine."""
    known = literals()
    return signature(known) + Hyperscan(known).dump()


if __name__ == "__main__":
    PLACE.write_bytes(built())
