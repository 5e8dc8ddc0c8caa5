"""Which certificates are trusted: Go's rules, from the worker's variables; and what stands in one."""

from __future__ import annotations

import contextlib
import os
import ssl
import time
from collections.abc import Mapping
from pathlib import Path

import pytest
import trustme
from hypothesis import given, settings
from hypothesis import strategies as st

from doctor.embedded.authority import INSPECTION, Authority
from doctor.facts.network import Certificate
from doctor.sources import certificates
from doctor.sources.certificates import go_context, read, without_trust

pytestmark = pytest.mark.slow

OTHER = trustme.CA(organization_name="somebody else").cert_pem.bytes()
BROKEN = b"-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"
NO_CERTIFICATE = b"-----BEGIN CERTIFICATE-----\nMAMCAQE=\n-----END CERTIFICATE-----\n"


@pytest.fixture(scope="module")
def authority() -> Authority:
    return Authority()


@pytest.fixture
def pem(authority: Authority, tmp_path: Path) -> bytes:
    file = authority.certificate_file(tmp_path)
    text = file.read_bytes()
    file.unlink()
    return text


def meet(client: ssl.SSLContext, server: ssl.SSLContext, name: str = "localhost") -> str:
    """A handshake without a network; the reason why the client breaks off, or nothing."""
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    ours = client.wrap_bio(to_client, to_server, server_hostname=name)
    theirs = server.wrap_bio(to_server, to_client, server_side=True)
    for _ in range(4):
        for side in (ours, theirs):
            try:
                side.do_handshake()
            except ssl.SSLWantReadError:
                pass
            except ssl.SSLCertVerificationError as error:
                return error.verify_message
    return ""


def trusts(authority: Authority, env: Mapping[str, str], directory: Path) -> bool:
    return meet(go_context(env, directory), authority.context("localhost")) == ""


# --- what is trusted -------------------------------------------------------------------------------------------------


def test_a_file_of_the_environment(authority: Authority, pem: bytes, tmp_path: Path) -> None:
    (tmp_path / "own.pem").write_bytes(pem)

    assert trusts(authority, {"SSL_CERT_FILE": str(tmp_path / "own.pem")}, Path("/"))
    assert trusts(authority, {"SSL_CERT_FILE": "own.pem"}, tmp_path)


@pytest.mark.parametrize(
    ("before", "behind"),
    [
        (b"", OTHER),
        (OTHER, b""),
        (b"", b"\r\n\r\n"),
        (BROKEN, OTHER),
        (NO_CERTIFICATE, BROKEN + NO_CERTIFICATE),
        ("# Főtanúsítvány\n".encode(), b"\xff\xfe"),  # what people write between them
        (b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", b"-----BEGIN CERTIFICATE-----\nMIIB"),
    ],
)
def test_what_else_stands_in_the_file_does_not_matter(
    authority: Authority, pem: bytes, tmp_path: Path, before: bytes, behind: bytes
) -> None:
    (tmp_path / "own.pem").write_bytes(before + pem + behind)

    assert trusts(authority, {"SSL_CERT_FILE": "own.pem"}, tmp_path)


def test_a_file_larger_than_a_configuration(authority: Authority, pem: bytes, tmp_path: Path) -> None:
    (tmp_path / "own.pem").write_bytes(b"#" * 2_000_000 + b"\n" + pem)

    assert trusts(authority, {"SSL_CERT_FILE": "own.pem"}, tmp_path)


@pytest.mark.parametrize("name", ["own.pem", "4f316efb.0", ".hidden", "README"])
def test_every_file_of_a_directory(authority: Authority, pem: bytes, tmp_path: Path, name: str) -> None:
    """Go reads them all, whatever they are called; OpenSSL only those named after their hash."""
    inside = tmp_path / "certs"
    inside.mkdir()
    (inside / name).write_bytes(pem)
    (inside / "sub").mkdir()
    os.mkfifo(inside / "pipe")

    assert trusts(authority, {"SSL_CERT_DIR": "certs"}, tmp_path)
    assert trusts(authority, {"SSL_CERT_DIR": f"/nowhere:{inside}::"}, Path("/"))
    assert trusts(authority, {"SSL_CERT_DIR": "certs", "SSL_CERT_FILE": "nowhere.pem"}, tmp_path)


@pytest.mark.parametrize(
    "env",
    [
        {},
        {"SSL_CERT_FILE": ""},
        {"SSL_CERT_FILE": "nowhere.pem"},
        {"SSL_CERT_FILE": "."},
        {"SSL_CERT_FILE": "garbage.pem"},
        {"SSL_CERT_FILE": "other.pem"},
        {"SSL_CERT_FILE": "\0"},
        {"SSL_CERT_FILE": "own.pem:other.pem"},  # a list is for directories
        {"SSL_CERT_DIR": "nowhere"},
        {"SSL_CERT_DIR": "garbage.pem"},
        {"SSL_CERT_DIR": "\0"},
        {"REQUESTS_CA_BUNDLE": "own.pem"},
        {"CURL_CA_BUNDLE": "own.pem"},
        {"ssl_cert_file": "own.pem"},
    ],
)
def test_nothing_else_adds_trust(authority: Authority, pem: bytes, tmp_path: Path, env: dict[str, str]) -> None:
    (tmp_path / "own.pem").write_bytes(pem)
    (tmp_path / "other.pem").write_bytes(OTHER)
    (tmp_path / "garbage.pem").write_bytes(b"\x00\xff" * 100 + BROKEN)

    assert not trusts(authority, env, tmp_path)


@pytest.mark.skipif(not Path(certificates.SYSTEM_FILES[0]).is_file(), reason="has no authorities of its own")
def test_a_file_takes_the_place_of_the_systems(tmp_path: Path) -> None:
    (tmp_path / "other.pem").write_bytes(OTHER)

    assert len(go_context({}, tmp_path).get_ca_certs()) > 50
    assert len(go_context({"SSL_CERT_DIR": "nowhere"}, tmp_path).get_ca_certs()) > 50
    assert len(go_context({"SSL_CERT_FILE": "other.pem"}, tmp_path).get_ca_certs()) == 1
    assert go_context({"SSL_CERT_FILE": "nowhere.pem"}, tmp_path).get_ca_certs() == []


def test_this_shells_variables_do_not_count(
    authority: Authority, pem: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """OpenSSL would take them itself, though the worker has others."""
    (tmp_path / "own.pem").write_bytes(pem)
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "own.pem"))
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path))

    assert not trusts(authority, {}, tmp_path)
    assert not trusts(authority, {"SSL_CERT_FILE": "nowhere.pem"}, tmp_path)
    assert not trusts(authority, {"SSL_CERT_DIR": "nowhere"}, tmp_path)


def test_an_authority_may_be_the_server_itself(tmp_path: Path) -> None:
    """Go takes whatever stands in the pool for a root."""
    made = trustme.CA().issue_cert("localhost")
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.configure_cert(server)
    (tmp_path / "own.pem").write_bytes(made.cert_chain_pems[0].bytes())

    assert meet(go_context({"SSL_CERT_FILE": "own.pem"}, tmp_path), server) == ""


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"expired": True}, "certificate has expired"),
        ({"early": True}, "certificate is not yet valid"),
        ({"name": "other.example"}, "Hostname mismatch, certificate is not valid for 'localhost'."),
        ({"untrusted": True}, "unable to get local issuer certificate"),
    ],
)
def test_certificates_that_are_not_taken(
    authority: Authority, pem: bytes, tmp_path: Path, wrong: dict[str, str], words: str
) -> None:
    (tmp_path / "own.pem").write_bytes(pem)
    server = authority.context("localhost", **wrong)  # type: ignore[arg-type]

    assert meet(go_context({"SSL_CERT_FILE": "own.pem"}, tmp_path), server) == words
    assert meet(without_trust(), server) == ""


def test_a_common_name_is_no_name(tmp_path: Path) -> None:
    ca = trustme.CA()
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ca.issue_cert("other.example", common_name="localhost").configure_cert(server)
    (tmp_path / "own.pem").write_bytes(ca.cert_pem.bytes())

    assert "ostname mismatch" in meet(go_context({"SSL_CERT_FILE": "own.pem"}, tmp_path), server)


# --- what stands in one ----------------------------------------------------------------------------------------------


def der(server: ssl.SSLContext) -> bytes:
    """A server's certificate, as a client gets it that trusts nobody."""
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    asking = without_trust().wrap_bio(to_client, to_server)
    answering = server.wrap_bio(to_server, to_client, server_side=True)
    for _ in range(4):
        for side in (asking, answering):
            with contextlib.suppress(ssl.SSLWantReadError):
                side.do_handshake()
    found = asking.getpeercert(binary_form=True)
    assert found is not None
    return found


DAY = 86400


def test_names_and_times(authority: Authority) -> None:
    found, now = read(der(authority.context("localhost", untrusted=True))), time.time()

    assert found is not None
    assert found.issuer == INSPECTION
    assert found.valid_from == pytest.approx(now - DAY, abs=60)
    assert found.valid_until == pytest.approx(now + 30 * DAY, abs=60)


def element(tag: int, *parts: bytes) -> bytes:
    content = b"".join(parts)
    length = len(content)
    return bytes([tag]) + (bytes([length]) if length < 0x80 else b"\x82" + length.to_bytes(2, "big")) + content


def name(*parts: tuple[bytes, int, bytes]) -> bytes:
    return element(0x30, *(element(0x31, element(0x30, element(6, id), element(tag, text))) for id, tag, text in parts))


CN, ORG, UNIT = b"\x55\x04\x03", b"\x55\x04\x0a", b"\x55\x04\x0b"
THEN, LATER = element(0x17, b"700101000000Z"), element(0x18, b"20500101000000Z")


def certificate(issuer: bytes = b"", validity: bytes | None = None, *, version: bool = True) -> bytes:
    parts = [element(0xA0, element(2, b"\x02"))] if version else []
    parts += [element(2, b"\x01"), element(0x30), issuer or name((CN, 0x0C, b"x"))]
    parts += [element(0x30, THEN, LATER) if validity is None else validity, name(), element(0x30)]
    return element(0x30, element(0x30, *parts), element(0x30), element(3))


@pytest.mark.parametrize(
    ("issuer", "shown"),
    [
        (name((CN, 0x0C, b"Root X1")), "Root X1"),
        (name((CN, 0x13, b"GTS CA"), (ORG, 0x13, b"Google")), "GTS CA (Google)"),
        (name((ORG, 0x13, b"Google"), (CN, 0x13, b"Google CA")), "Google CA"),
        (name((ORG, 0x13, b"Google"), (UNIT, 0x13, b"unit")), "Google"),
        (name((CN, 0x14, b"B\xfccher")), "Bücher"),
        (name((CN, 0x1E, "Bü".encode("utf-16-be"))), "Bü"),
        (name((CN, 0x1E, b"odd")), "潤�"),
        (name((CN, 0x0C, b"\xff")), "�"),
        (name((CN, 0x99, b"x")), "x"),
        (name((CN, 0x0C, b"y" * 5000)), "y" * 200),
        (name((UNIT, 0x0C, b"x")), "nobody by name"),
        (name(), "nobody by name"),
    ],
)
def test_names(issuer: bytes, shown: str) -> None:
    found = read(certificate(issuer))

    assert found is not None
    assert found.issuer == shown
    assert found.subject == "nobody by name"


def test_certificates_of_the_first_version() -> None:
    assert read(certificate(version=False)) == Certificate("x", "nobody by name", 0.0, 2524608000.0)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x30",
        b"\x30\x80",
        b"\x30\x85\0\0\0\0\1",
        b"\x30\x84\xff\xff\xff\xff",
        b"\x30\x00",
        OTHER,
        certificate()[:-10],
        certificate(validity=element(0x30)),
        certificate(validity=element(0x30, THEN)),
        certificate(validity=element(0x30, element(0x17, b"tomorrow"), LATER)),
        certificate(validity=element(0x30, element(0x17, b"\xff\xff"), LATER)),
        certificate(validity=element(0x30, element(0x18, b"00000101000000Z"), LATER)),
        certificate(element(0x30, element(0x31, element(0x30, element(6, CN))))),
        certificate(element(0x30, element(0x31, b"\x30\x05"))),
    ],
)
def test_what_is_no_certificate(data: bytes) -> None:
    assert read(data) is None


@settings(deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes(data: bytes) -> None:
    bounded(read(data))


@settings(deadline=None)
@given(st.data())
def test_a_certificate_with_bytes_changed(data: st.DataObject) -> None:
    text = bytearray(certificate(name((CN, 0x0C, b"Root"), (ORG, 0x13, b"Org"))))
    for at in data.draw(st.lists(st.integers(0, len(text) - 1), max_size=6)):
        text[at] = data.draw(st.integers(0, 255))
    bounded(read(bytes(text[: data.draw(st.integers(0, len(text)))])))


def bounded(found: Certificate | None) -> None:
    if found is not None:
        assert len(found.issuer) <= 500
        assert len(found.subject) <= 500


def test_many_small_elements_take_no_long_time() -> None:
    started = time.monotonic()
    read(element(0x30, element(0x30, b"\x05\x00" * 30_000)))
    assert time.monotonic() - started < 1
