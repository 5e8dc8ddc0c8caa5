"""logs.gemini-network: calls that did not get to Google, or not in time."""

from __future__ import annotations

from collections.abc import Iterator

from checks.logs._calls import OF_GEMINI, succeeded_later
from checks.logs._findings import Told, because, groups, reported
from checks.logs._live import RESUBMIT, gemini_answers, over
from doctor.api import Explains, Finding, Guide, IfObserved, Severity, check, facts, same_key

OF_THE_WAY = ("gem-network", "gem-x509")
# That the way is open says nothing of how long an embedding takes.
CAUSES = (*OF_THE_WAY, "gem-timeout")
TRY = ("codechunk-doctor check --only gemini",)
FINAL = "; a batch that fails so is not sent again"
TOLD = {
    "gem-network": Told(
        "the worker could not reach generativelanguage.googleapis.com",
        "Allow the way to generativelanguage.googleapis.com:443, or set HTTPS_PROXY for worker and API; then submit "
        "the repository again.",
        TRY,
    ),
    "gem-x509": Told(
        "the certificate on the way to Google is not trusted, as with a proxy that opens TLS",
        "Give worker and API the authority of that proxy (SSL_CERT_FILE), and restart them.",
        TRY,
    ),
    "gem-timeout": Told(
        "a call took longer than gemini.timeout",
        "Raise gemini.timeout if calls need longer, and restart worker and API.",
        TRY,
        "gemini.timeout",
    ),
}


@check(
    id="logs.gemini-network",
    title="The worker could not reach Gemini",
    severity=(Severity.ERROR, Severity.NOTE),
    guide=Guide.LISTING,
    explained_by=(
        Explains("gemini.proxy", "gemini.dns", "gemini.unreachable", when=because("gem-network", "gem-timeout")),
        Explains("gemini.tls", "gemini.clock-skew", when=because("gem-x509", "gem-network")),
        Explains("environment.gemini-redirected", when=because(*CAUSES)),
        Explains("config.duration-nanoseconds", when=same_key),
    ),
)
def gemini_network(
    logs: facts.Logs, config: facts.Resolution, access: IfObserved[facts.GeminiAccess]
) -> Iterator[Finding]:
    """
    Look for calls of Gemini that failed on the way there, or were not answered in time.

    What failed on the way is a note when Google is asked in the same run and answers. A call that took too long stays
    an error: what is asked then is answered sooner than an embedding.

    Why it matters: a batch that fails to be sent for a moment is given up, and its chunks get no vectors.

    Silent when: the same call succeeded later; findings on the way to Google as it is now say so already.

    How to fix: open the way to generativelanguage.googleapis.com:443, then submit the repository again.
    """
    for name, lines in groups(logs, CAUSES, within=OF_GEMINI, good=lambda event: succeeded_later(logs, event)):
        final = any(event.id == "sub-non-retryable" for event in lines.events)
        told = {**TOLD, name: _final(TOLD[name])} if final else TOLD
        finding = reported(name, lines, told=told, config=config)
        open_now = name in OF_THE_WAY and gemini_answers(access)
        yield over(finding, "Google answers now" if open_now else "", RESUBMIT)


def _final(told: Told) -> Told:
    return Told(told.what + FINAL, told.fix, (*told.commands, "codechunk-doctor batches"), told.key)
