"""How far a way through the network leads: the steps, and what goes wrong on them."""

from __future__ import annotations

from enum import StrEnum

from doctor.values import value


class Step(StrEnum):
    """The steps to a server on the web, in the order in which they are taken."""

    PROXY = "proxy"
    NAME = "name"
    ANSWER = "answer"
    TLS = "TLS"
    HTTP = "HTTP"


class NetworkFault(StrEnum):
    """What can go wrong on a step, whoever is at the other end."""

    SETTING = "setting"
    NAME_UNKNOWN = "name unknown"
    REFUSED = "refused"
    NO_ROUTE = "no route"
    TIMED_OUT = "timed out"
    NO_ANSWER = "no answer"
    BROKEN_OFF = "broken off"
    OTHER_PROTOCOL = "other protocol"
    TLS_FAILED = "TLS failed"
    TLS_ALERT = "TLS alert"
    CERTIFICATE_REFUSED = "certificate refused"
    LOGIN_WANTED = "login wanted"
    DENIED = "denied"


@value
class Certificate:
    """
    What a server shows to prove who it is, read without trusting it.

    `issuer` and `subject` are names as people write them; the times are seconds since the epoch.
    """

    issuer: str
    subject: str
    valid_from: float
    valid_until: float


@value
class NetworkObstacle:
    """
    Where the way ended: the step, the fault, and the reason in the words of the system or the other side.

    `status` is the answer of a proxy that refused. `certificate` is there when it is not trusted, `clock` then is how
    many seconds that server's clock is ahead of this machine's, None when it did not tell.
    """

    step: Step
    fault: NetworkFault
    text: str
    status: int | None = None
    certificate: Certificate | None = None
    clock: float | None = None
