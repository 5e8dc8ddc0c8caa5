"""PEM: which blocks are taken for what they say they are."""

from __future__ import annotations

import pytest

from doctor.golang import pem

CERTIFICATE = b"-----BEGIN CERTIFICATE-----\nMAM=\n-----END CERTIFICATE-----\n"


@pytest.mark.parametrize(
    ("data", "certificates"),
    [
        pytest.param(b"", [], id="empty"),
        pytest.param(b"\x00\xff", [], id="binary"),
        pytest.param(CERTIFICATE[:40], [], id="cut off"),
        pytest.param(CERTIFICATE.replace(b"MAM=", b"M*M="), [], id="no base64"),
        pytest.param(CERTIFICATE, [False], id="shorter than it says"),
        pytest.param(CERTIFICATE.replace(b"MAM=", b""), [False], id="nothing in it"),
        pytest.param(CERTIFICATE.replace(b"MAM=", b"MQNhYmM="), [False], id="no sequence"),
        pytest.param(CERTIFICATE.replace(b"MAM=", b"a: b\n\nMANhYmM="), [False], id="headers"),
        pytest.param(CERTIFICATE.replace(b"CERTIFICATE", b"X509 CRL"), [False], id="other label"),
        pytest.param(b"text\n" + CERTIFICATE.replace(b"MAM=", b"MANhYmM="), [True], id="certificate"),
        pytest.param(CERTIFICATE.replace(b"MAM=", b"MIEDYWJj").replace(b"\n", b"\r\n"), [True], id="long form, CRLF"),
        pytest.param(2 * CERTIFICATE.replace(b"MAM=", b"MANhYmM="), [True, True], id="two"),
    ],
)
def test_certificates(data, certificates):
    """A certificate has its label, no headers, and one whole sequence."""
    assert [block.is_certificate for block in pem.blocks(data)] == certificates
