"""`python -m doctor`, and what the command `codechunk-doctor` calls."""

from __future__ import annotations

import sys


def run() -> None:
    """Load the program and run it; Ctrl-C ends it without a word even before it is there to answer."""
    try:
        from doctor.cli import main

        main()
    except KeyboardInterrupt:
        sys.exit(3)


if __name__ == "__main__":
    run()
