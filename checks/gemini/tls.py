"""gemini.tls: a certificate that the program does not trust."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from checks.gemini._ladder import OF_THE_WAY, OUT_OF_TIME, api_place, below, gemini_only
from doctor.api import NO_FILE, Evidence, Finding, Fix, Guide, Severity, check, facts

_OUT_OF_TIME = re.compile(r"expired|not yet valid", re.IGNORECASE)
_GOOGLE = re.compile(r"\bGoogle Trust Services\b|\bGTS\b")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@check(
    id="gemini.tls",
    title="The TLS connection to Gemini is not trusted",
    severity=Severity.ERROR,
    guide=Guide.LISTING,
    blocked_by=NO_FILE,
    blocks=below("gemini.tls"),
)
def tls(config: facts.Resolution, access: facts.GeminiAccess, worker: facts.Worker) -> Iterator[Finding]:
    """
    Verify the certificate of the host as the program does, with the authorities that the system trusts.

    Why it matters: the program breaks off every call to a server whose certificate it does not trust.

    Silent when: the certificate is trusted; a wrong clock makes it look expired (gemini.clock-skew tells that).

    How to fix: where a company's proxy looks into the traffic, add its authority to those that the system trusts, in
    the image too; or name a file with it in `SSL_CERT_FILE`.
    """
    gemini_only(config)
    obstacle = access.failed(facts.Step.TLS)
    if obstacle is None or obstacle.fault.name in OF_THE_WAY:
        return
    yield Finding(
        _what(access, obstacle),
        at=api_place(access),
        related=(access.at,) if access.at is not None else (),
        fix=_fix(obstacle, worker),
        evidence=_evidence(obstacle),
    )


def _what(access: facts.GeminiAccess, obstacle: facts.NetworkObstacle) -> str:
    if obstacle.certificate is None and obstacle.fault is not facts.NetworkFault.CERTIFICATE_REFUSED:
        return f"TLS with {access.address} fails: {obstacle.text}"
    issuer = obstacle.certificate.issuer if obstacle.certificate is not None else ""
    by = f", issued by {issuer}," if issuer else ""
    return f"the certificate of {access.address}{by} is not trusted: {obstacle.text}"


def _evidence(obstacle: facts.NetworkObstacle) -> tuple[Evidence, ...]:
    shown = obstacle.certificate
    if shown is None:
        return ()
    valid = f"valid from {_day(shown.valid_from)} until {_day(shown.valid_until)}"
    return (
        Evidence("certificate", f"of {shown.subject or 'nobody'}, issued by {shown.issuer or 'nobody'}"),
        Evidence(OUT_OF_TIME if _out_of_time(obstacle) else "dates", valid),
    )


def _out_of_time(obstacle: facts.NetworkObstacle) -> bool:
    return _OUT_OF_TIME.search(obstacle.text) is not None


def _day(seconds: float) -> str:
    try:
        return f"{_EPOCH + timedelta(seconds=seconds):%Y-%m-%d %H:%M} UTC"
    except (OverflowError, ValueError):
        return "a day that no calendar has"


def _fix(obstacle: facts.NetworkObstacle, worker: facts.Worker) -> Fix:
    if _out_of_time(obstacle):
        return Fix("If this machine's clock is right, whoever runs what shows it has to renew it.", ("date -u",))
    if obstacle.certificate is not None and _GOOGLE.search(obstacle.certificate.issuer):
        return _google(worker)
    if obstacle.certificate is None and obstacle.fault is not facts.NetworkFault.CERTIFICATE_REFUSED:
        return Fix("Something between here and Google does not speak TLS as it should: look at proxy and firewall.")
    return _company(worker)


def _google(worker: facts.Worker) -> Fix:
    summary = "It is Google's own: bring the list of trusted authorities up to date (package ca-certificates)."
    if worker.kind is facts.Habitat.CONTAINER:
        return Fix(f"{summary} Build the image anew.", ("docker compose build --pull --no-cache worker api",))
    return Fix(summary, ("sudo update-ca-certificates --fresh",))


def _company(worker: facts.Worker) -> Fix:
    """A certificate that is not Google's: the proxy of a company that looks into the traffic, most likely."""
    looks = "Most likely a proxy of your network looks into the traffic: get its authority's certificate, and "
    if worker.kind is facts.Habitat.CONTAINER:
        return Fix(
            f"{looks}add to docker/Dockerfile, before `USER`: `COPY company-ca.crt /usr/local/share/ca-certificates/` "
            "and `RUN update-ca-certificates`; then build the image anew.",
            ("docker compose build worker api", "docker compose up -d worker api"),
        )
    return Fix(
        f"{looks}add it to those that the system trusts (or name the file in SSL_CERT_FILE); then start worker and API "
        "again.",
        ("sudo cp company-ca.crt /usr/local/share/ca-certificates/ && sudo update-ca-certificates",),
    )
