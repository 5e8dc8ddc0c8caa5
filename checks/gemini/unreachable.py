"""gemini.unreachable: nobody answers, somebody else answers, or Google is overloaded."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

from checks.gemini._ladder import (
    AGAIN,
    GOOGLE_SIDE,
    OF_THE_WAY,
    below,
    deciding_place,
    gemini_only,
    severity_of_batches,
    unused_proxy,
    waiting,
)
from doctor.api import (
    NO_FILE,
    Blocks,
    Evidence,
    Finding,
    Fix,
    Guide,
    Observed,
    Severity,
    check,
    facts,
    strip_keys,
    strip_user,
)

# By the names of the faults; {text} is the reason in the words of the system.
WORDS = {
    "SETTING": "the program does not take the address: {text}",
    "REFUSED": "{where} refuses the connection",
    "NO_ROUTE": "{where} cannot be reached: {text}",
    "TIMED_OUT": "{where} does not answer: {text}",
    "NO_ANSWER": "{where} accepts the connection, but never answers",
    "BROKEN_OFF": "the connection to {where} is broken off: {text}",
    "OTHER_PROTOCOL": "what answers at {where} is not the Gemini API: {text}",
}
OTHERWISE = "{where} cannot be used: {text}"

# The kind of evidence that names the one call that is not answered, while others are.
ONE_CALL = "call"


def _of_all(finding: Finding) -> bool:
    return not any(each.kind == ONE_CALL for each in finding.evidence)


def _of_batches(finding: Finding) -> bool:
    return any(each.kind == ONE_CALL and each.text.endswith("/batches") for each in finding.evidence)


def _of_files(finding: Finding) -> bool:
    return any(each.kind == ONE_CALL and each.text.endswith("/files") for each in finding.evidence)


@check(
    id="gemini.unreachable",
    title="Gemini cannot be reached",
    severity=(Severity.ERROR, Severity.WARNING),
    guide=Guide.LISTING,
    blocked_by=NO_FILE,
    blocks=(
        Blocks(*below("gemini.unreachable"), when=_of_all),
        Blocks("gemini.batches-denied", *GOOGLE_SIDE, when=_of_batches),
        Blocks("gemini.files-denied", when=_of_files),
    ),
)
def unreachable(
    config: facts.Resolution,
    access: facts.GeminiAccess,
    batches: Observed[facts.GeminiBatchApi],
    files: Observed[facts.GeminiFileApi],
) -> Iterator[Finding]:
    """
    Connect to port 443 and ask for the lists of models, batch jobs and files, which costs nothing.

    It is a warning when Google itself answers that it is overloaded or out of order, twice; and when only batch jobs or
    files are not answered for, while `gemini.batch.enabled` is off.

    Why it matters: while Gemini does not answer nothing is embedded, and a batch that is sent in that time fails for
    good.

    Silent when: the name does not resolve or the proxy is at fault (that is said first); the API answers, whatever it
    thinks of the key; a second try succeeds.

    How to fix: allow connections to port 443 of `generativelanguage.googleapis.com` at the firewall, or name the proxy
    of the network in `HTTPS_PROXY`. When Google is overloaded, wait.
    """
    gemini_only(config)
    obstacle = access.failed(facts.Step.ANSWER, facts.Step.HTTP) or _before_trust(access)
    if obstacle is not None:
        words = WORDS.get(obstacle.fault.name, OTHERWISE)
        message = words.format(where=access.address, text=obstacle.text) + unused_proxy(access)
        yield _finding(access, message, _allow(access))
    elif access.answer is not None:
        yield from _of_answer(access, access.answer)
        for each in (batches, files):
            if access.answer.ok and each.value is not None:
                yield from _of_one_call(config, access, each.value.answer)


def _before_trust(access: facts.GeminiAccess) -> facts.NetworkObstacle | None:
    obstacle = access.failed(facts.Step.TLS)
    return obstacle if obstacle is not None and obstacle.fault.name in OF_THE_WAY else None


def _of_answer(access: facts.GeminiAccess, answer: facts.ApiAnswer) -> Iterator[Finding]:
    if answer.obstacle is not None:
        words = WORDS.get(answer.obstacle.fault.name, OTHERWISE)
        yield _finding(access, words.format(where=access.address, text=answer.obstacle.text), _allow(access))
    elif answer.strange is not None:
        yield _finding(access, _strange(access, answer.strange), _other_server(access))
    elif overloaded := answer.refused(facts.Refusal.SERVER):
        yield _overloaded(access, overloaded)
    elif refused := answer.refused(facts.Refusal.NOT_FOUND, facts.Refusal.REQUEST):
        message = f"{access.address} does not know the list of models: {refused.shown}"
        yield _finding(access, message, _other_server(access))


def _of_one_call(config: facts.Resolution, access: facts.GeminiAccess, answer: facts.ApiAnswer) -> Iterator[Finding]:
    """A list that nobody gives or refuses, where that of the models was given."""
    overloaded = answer.refused(facts.Refusal.SERVER)
    if answer.obstacle is None and answer.strange is None and overloaded is None:
        return
    at, related = deciding_place(access)
    yield Finding(
        f"{access.host} gives the list of models, but not this one: {answer.why}",
        at=at,
        related=related,
        severity=severity_of_batches(config) if overloaded is None else Severity.WARNING,
        fix=Fix("Look again in a few minutes; when it stays so, have the host let through unchanged.", AGAIN),
        evidence=(Evidence(ONE_CALL, answer.call),),
    )


def _finding(access: facts.GeminiAccess, message: str, fix: Fix) -> Finding:
    at, related = deciding_place(access)
    return Finding(message, at=at, related=related, severity=Severity.ERROR, fix=fix)


def _overloaded(access: facts.GeminiAccess, error: facts.ApiError) -> Finding:
    at, related = deciding_place(access)
    wait = f" (at least {least})" if (least := waiting(error.retry_after)) else ""
    return Finding(
        f"Google cannot answer at the moment: {error.shown}",
        at=at,
        related=related,
        severity=Severity.WARNING,
        fix=Fix(f"Wait{wait} and look again; batches that failed meanwhile have to be sent once more.", AGAIN),
    )


def _strange(access: facts.GeminiAccess, strange: facts.Strange) -> str:
    known = not strange.to or strange.to in strange.what
    to = "" if known else f", which leads to {strip_keys(strip_user(strange.to or ''))}"
    return f"{access.address} does not answer as the Gemini API does: {strange.what} (status {strange.status}){to}"


def _allow(access: facts.GeminiAccess) -> Fix:
    if access.at is not None:
        return Fix(f"Correct {access.at.name or 'the address'}, or take it away: then Google's own is used.")
    through = " through the proxy" if access.proxy else ", or name the proxy of this network in HTTPS_PROXY"
    return Fix(f"Allow connections to {access.address}{through}; then try the way.", (_try(access),))


def _other_server(access: facts.GeminiAccess) -> Fix:
    if access.at is not None:
        return Fix(f"Correct {access.at.name or 'the address'}, or take it away: then Google's own is used.")
    return Fix(
        "Something in the network answers in Google's place: sign in to the network if it asks for that, have the host "
        "let through unchanged, or name the right proxy in HTTPS_PROXY.",
        (_try(access),),
    )


def _try(access: facts.GeminiAccess) -> str:
    """Without a key: an error of Google's in JSON shows that the way is open."""
    return f"curl -sS -m 20 {shlex.quote(f'{access.url}/v1beta/models')}"
