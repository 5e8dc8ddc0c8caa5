"""The certificate authority of the tests."""

from doctor.embedded.authority import INSPECTION, LOOPBACK, Authority

__all__ = ["INSPECTION", "LOOPBACK", "Authority"]
