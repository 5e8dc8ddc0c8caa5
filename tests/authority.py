"""The certificate authority of the tests."""

from doctor.embedded.authority import Authority

__all__ = ["Authority"]
