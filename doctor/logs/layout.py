"""Where what matters stands in a line as the program writes it, in UTC: most lines are like this."""

from __future__ import annotations

LEVEL, MESSAGE, END = b'\\"level\\":\\"', b'\\",\\"message\\":\\"', b'\\"'
# From the end of the time to the level, and from the beginning of a line whose time is in UTC.
TO_LEVEL = len(b' level=INFO msg="{\\"timestamp\\":\\"2006-01-02T15:04:05Z\\",' + LEVEL)
AT_LEVEL = len(b"time=2006-01-02T15:04:05.000Z") + TO_LEVEL
# The time stamp as it is written.
STAMP = slice(5, 29)
# The longest piece of a line that is kept, and that ids and errors are looked for in.
LONGEST = 4096
