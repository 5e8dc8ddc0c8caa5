"""The order in which the way to the Gemini API is judged, and what the findings on it have in common."""

from __future__ import annotations

from math import ceil

from doctor.api import Evidence, Location, Place, Severity, Skipped, facts, format_duration

# Each step keeps those after it from being judged.
STEPS = (
    "gemini.key-missing",
    "gemini.key-malformed",
    "gemini.proxy",
    "gemini.dns",
    "gemini.unreachable",
    "gemini.clock-skew",
    "gemini.tls",
    "gemini.key-rejected",
    "gemini.key-restricted",
)

# What is judged at the end of the way, one beside the other.
CONTENT = ("gemini.model-unavailable", "gemini.batches-denied", "gemini.files-denied", "gemini.quota-exhausted")

# What only Google can tell of the batches. The other checks on batches judge by the database alone.
GOOGLE_SIDE = ("batches.job-gone", "batches.job-ended-badly", "batches.not-collected")

# Faults of a TLS handshake that are a matter of the way (gemini.unreachable), not of trust (gemini.tls).
OF_THE_WAY = ("NO_ANSWER", "BROKEN_OFF", "OTHER_PROTOCOL", "TIMED_OUT", "REFUSED", "NO_ROUTE")

# The kind of evidence that says of a certificate that it is only not valid now.
OUT_OF_TIME = "validity"

# What looks again when something has been put right.
AGAIN = ("codechunk-doctor check --only gemini",)
# Seconds that nobody means when he says how long to wait.
FOREVER = 30 * 24 * 3600

# The only model that the program takes.
MODEL = "gemini-embedding-001"


def below(id: str) -> tuple[str, ...]:
    """Everything that cannot be judged while this step fails."""
    return (*STEPS[STEPS.index(id) + 1 :], *CONTENT, *GOOGLE_SIDE)


def gemini_only(config: facts.Resolution) -> None:
    """Raises Skipped when the program uses another provider: nothing here matters then."""
    if config.provider != "gemini":
        raise Skipped(f"embedding.provider is {config.provider}")


def api_place(access: facts.GeminiAccess) -> Location:
    """The API as a place to point at."""
    return Location(Place.NETWORK, name=access.address)


def deciding_place(access: facts.GeminiAccess) -> tuple[Location, tuple[Location, ...]]:
    """The variable that decides where the calls go, with the API as a related place; else the API itself."""
    api = api_place(access)
    if access.at is None:
        return api, ()
    return access.at, (api,) if access.host else ()


def unused_proxy(access: facts.GeminiAccess) -> str:
    """What is to be said of a proxy that is set and not taken, where the direct way leads nowhere."""
    if access.passed_over is None:
        return ""
    name = access.passed_over.name
    return f"; {name} is set, but not used for this host, as NO_PROXY covers it or {name} is no readable address"


def severity_of_batches(config: facts.Resolution) -> Severity:
    """What is refused of the batch road is an error where the worker takes it."""
    return Severity.ERROR if config.batch_client else Severity.WARNING


def answered(answer: facts.ApiAnswer, kind: str = "answer") -> tuple[Evidence, ...]:
    """The API's own words as evidence."""
    return (Evidence(kind, f"{answer.call}: {answer.error.shown}"),) if answer.error is not None else ()


def denial(answer: facts.ApiAnswer) -> facts.ApiError | None:
    """
    The error of a call that is denied to this key; None for one that is allowed, or has nothing to list (404).

    Raises Skipped for one that was answered with neither yes nor no, saying what came instead.
    """
    if answer.obstacle is not None:
        raise Skipped(f"{answer.call} was not answered: {answer.obstacle.text}")
    if answer.strange is not None:
        raise Skipped(f"{answer.call} was answered by something else: {answer.strange.what}")
    if answer.error is None or answer.error.refusal is facts.Refusal.NOT_FOUND:
        return None
    if answer.error.refusal in (facts.Refusal.SERVER, facts.Refusal.QUOTA):
        raise Skipped(f"{answer.call} was answered with {answer.error.shown}")
    return answer.error


def waiting(seconds: float | None) -> str | None:
    """How long a server says to wait, as people write it; None where it does not say, or says nonsense."""
    if seconds is None or not 0 < seconds < FOREVER:
        return None
    return format_duration(ceil(seconds) * 1_000_000_000)
