"""Which certificates the program trusts, and what stands in one that it does not."""

from __future__ import annotations

import contextlib
import functools
import ssl
import sys
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

from doctor.facts.network import Certificate
from doctor.golang import pem
from doctor.sources.files import read_bytes

# Where Go looks for authorities instead of the places below; macOS and Windows have a store of their own.
FILE, DIRECTORIES = "SSL_CERT_FILE", "SSL_CERT_DIR"
MOST_FILES = 1000
LARGEST = 16 * 1024 * 1024

# Go's places on Linux (crypto/x509/root_linux.go): the first file that is there, and all the directories.
SYSTEM_FILES = (
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/pki/tls/cacert.pem",
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    "/etc/ssl/cert.pem",
)
SYSTEM_DIRECTORIES = ("/etc/ssl/certs", "/etc/pki/tls/certs")


def go_context(env: Mapping[str, str], directory: Path) -> ssl.SSLContext:
    """
    A client's context that trusts what a Go program with this environment and working directory trusts.

    What it trusts is read once in a process. As in crypto/x509 a file or directory of the environment takes the place
    of the system's, what is no certificate adds nothing, and the host's name counts only among a certificate's
    alternative names.
    """
    return _context(env.get(FILE, ""), env.get(DIRECTORIES, ""), directory)


@functools.lru_cache(maxsize=8)  # reading the system's takes as long as all calls together
def _context(file: str, directories: str, directory: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.hostname_checks_common_name = False
    context.verify_flags |= ssl.VerifyFlags.VERIFY_X509_PARTIAL_CHAIN
    if sys.platform in ("darwin", "win32"):
        context.load_default_certs()
        return context
    # Nothing of OpenSSL's own defaults: those come from the variables of this process, not of the worker's.
    if file:
        _add(context, directory / file)
    elif (bundle := next((Path(each) for each in SYSTEM_FILES if Path(each).is_file()), None)) is not None:
        _add(context, bundle)
    if directories:
        for each in directories.split(":"):
            for inside in _files(directory / each):
                _add(context, inside)
        return context
    for place in SYSTEM_DIRECTORIES:
        if Path(place).is_dir():
            # The names there are hashes, by which OpenSSL finds what it needs without reading all.
            context.load_verify_locations(capath=place)
    return context


def _files(directory: Path) -> list[Path]:
    try:
        return sorted(directory.iterdir())[:MOST_FILES]
    except (OSError, ValueError):
        return []


def _add(context: ssl.SSLContext, file: Path) -> None:
    """Trust the certificates in a file. As in Go, what is none is passed over, and so is what cannot be read."""
    try:
        data = read_bytes(file, LARGEST)
    except OSError:
        return
    found = [block.content for block in pem.blocks(data) if block.is_certificate]
    try:
        if found:
            context.load_verify_locations(cadata=b"".join(found))
    except (OSError, ValueError):
        for each in found:
            with contextlib.suppress(OSError, ValueError):
                context.load_verify_locations(cadata=each)


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
        return Certificate(_name(issuer), _name(subject), begins, ends)
    except (IndexError, ValueError, OverflowError):
        return None


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
