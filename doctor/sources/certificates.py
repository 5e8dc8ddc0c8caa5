"""Which certificates the program trusts, and what stands in one that it does not."""

from __future__ import annotations

import ssl
import sys
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

from doctor.facts.network import Certificate
from doctor.sources.files import read_text

# Where Go looks for authorities instead of its own list of places; macOS and Windows have a store of their own.
FILE, DIRECTORIES = "SSL_CERT_FILE", "SSL_CERT_DIR"
MOST_FILES = 1000


def go_context(env: Mapping[str, str], directory: Path) -> ssl.SSLContext:
    """
    A client's context that trusts what a Go program with this environment and working directory trusts.

    As in crypto/x509 a file or directory of the environment takes the place of the system's, what is no certificate
    adds nothing, and the host's name counts only among a certificate's alternative names.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.hostname_checks_common_name = False
    context.verify_flags |= ssl.VerifyFlags.VERIFY_X509_PARTIAL_CHAIN
    file, directories = env.get(FILE, ""), env.get(DIRECTORIES, "")
    if sys.platform in ("darwin", "win32") or not (file or directories):
        context.load_default_certs()
        return context
    system = ssl.get_default_verify_paths()
    _add(context, [directory / file] if file else [Path(system.cafile)] if system.cafile else [])
    if directories:
        for each in directories.split(":"):
            _add(context, _files(directory / each))
    elif system.capath:
        context.load_verify_locations(capath=system.capath)
    return context


def _files(directory: Path) -> Iterator[Path]:
    try:
        yield from sorted(directory.iterdir())[:MOST_FILES]
    except OSError:
        return


def _add(context: ssl.SSLContext, files: list[Path] | Iterator[Path]) -> None:
    for file in files:
        try:
            context.load_verify_locations(cadata=read_text(file))
        except (OSError, ValueError):
            continue  # as in Go, what cannot be read is passed over


def without_trust() -> ssl.SSLContext:
    """A context that accepts every certificate: to look at one, never to say anything secret."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


# --- what stands in a certificate ----------------------------------------------------------------------------------

# The parts of a name that tell people who it is: common name, organisation.
_COMMON_NAME, _ORGANISATION = b"\x55\x04\x03", b"\x55\x04\x0a"
_TEXT = {0x0C: "utf-8", 0x13: "ascii", 0x14: "latin-1", 0x16: "ascii", 0x1E: "utf-16-be"}
_LONGEST_NAME = 200


def read(der: bytes) -> Certificate | None:
    """
    The names and times in a certificate (X.509, DER); None for what is none.

    Python's own `getpeercert` tells of certificates only that were verified.
    """
    try:
        parts = list(_elements(_content(_content(der))))
        if parts[0][0] == 0xA0:  # an explicit version
            parts = parts[1:]
        _serial, _algorithm, issuer, validity, subject = (content for _, content in parts[:5])
        begins, ends = (_time(tag, content) for tag, content in list(_elements(validity))[:2])
    except (IndexError, ValueError):
        return None
    return Certificate(_name(issuer), _name(subject), begins, ends)


def _elements(data: bytes) -> Iterator[tuple[int, bytes]]:
    """The (tag, content) pairs of a sequence."""
    while data:
        tag, length, start = data[0], data[1], 2
        if length & 0x80:
            count = length & 0x7F
            if not 1 <= count <= 4:
                raise ValueError("a length of no certificate")
            length, start = int.from_bytes(data[2 : 2 + count], "big"), 2 + count
        content = data[start : start + length]
        if len(content) < length:
            raise ValueError("cut off")
        yield tag, content
        data = data[start + length :]


def _content(data: bytes) -> bytes:
    """What the first element of a sequence holds."""
    for _, content in _elements(data):
        return content
    raise ValueError("empty")


def _name(data: bytes) -> str:
    """A distinguished name as people know it: the common name, and the organisation behind it."""
    found: dict[bytes, str] = {}
    for _, parts in _elements(data):
        for _, part in _elements(parts):
            (_, kind), (tag, text), *_ = _elements(part)
            if kind in (_COMMON_NAME, _ORGANISATION):
                found[kind] = text.decode(_TEXT.get(tag, "latin-1"), "replace")[:_LONGEST_NAME]
    common, organisation = found.get(_COMMON_NAME), found.get(_ORGANISATION)
    if common and organisation and organisation not in common:
        return f"{common} ({organisation})"
    return common or organisation or "nobody by name"


def _time(tag: int, content: bytes) -> float:
    """Seconds since the epoch; years of two digits are of 1950 to 2049."""
    text = content.decode("ascii")
    if tag == 0x17:
        text = ("19" if int(text[:2]) >= 50 else "20") + text
    return datetime.strptime(text[:14], "%Y%m%d%H%M%S").replace(tzinfo=UTC).timestamp()
