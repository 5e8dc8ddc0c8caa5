"""PEM files, as far as they can be told without cryptography: which blocks there are, and which look right."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass

_BOUNDARY = re.compile(rb"-----(BEGIN|END) (.*)-----[ \t\r]*")
_HEADER = re.compile(rb"[^:]+:.*")


@dataclass(frozen=True, slots=True)
class Block:
    """One block: its label, whether it has headers (an encrypted key has some), and what it holds."""

    label: str
    headers: bool
    content: bytes

    @property
    def is_certificate(self) -> bool:
        """Whether this can be a certificate: labelled so, and one whole DER sequence."""
        return self.label == "CERTIFICATE" and not self.headers and _is_der_sequence(self.content)


def blocks(data: bytes) -> Iterator[Block]:
    """The well-formed blocks of a file, in order; what lies between them is skipped."""
    label, lines = None, list[bytes]()
    for line in data.split(b"\n"):
        boundary = _BOUNDARY.fullmatch(line)
        if boundary is None:
            lines.append(line)
        elif boundary[1] == b"BEGIN":
            label, lines = boundary[2], []
        elif boundary[2] == label:
            yield from _block(label, lines)
            label = None


def _block(label: bytes, lines: list[bytes]) -> Iterator[Block]:
    body = [line for line in lines if not _HEADER.fullmatch(line)]
    try:
        content = base64.b64decode(b"".join(b"".join(body).split()), validate=True)
    except binascii.Error:
        return
    yield Block(label.decode("utf-8", "replace"), len(body) < len(lines), content)


def _is_der_sequence(content: bytes) -> bool:
    if len(content) < 2 or content[0] != 0x30:
        return False
    if content[1] < 0x80:
        return len(content) == 2 + content[1]
    width = content[1] & 0x7F
    return len(content) == 2 + width + int.from_bytes(content[2 : 2 + width], "big")
