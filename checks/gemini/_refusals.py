"""What stands behind a no of the API, and how it becomes a yes."""

from __future__ import annotations

from dataclasses import dataclass

from doctor.api import Fix, facts

CREDENTIALS = "https://console.cloud.google.com/apis/credentials"
LIBRARY = "https://console.cloud.google.com/apis/library/generativelanguage.googleapis.com"
BILLING = "https://console.cloud.google.com/billing"
REGIONS = "https://ai.google.dev/gemini-api/docs/available-regions"


@dataclass(frozen=True, slots=True)
class No:
    """One reason: `what` is a sentence on the key, `fix` what to do about it, `link` where that is done."""

    what: str
    fix: str
    link: str = CREDENTIALS


# By Google's own word for the reason.
REASONS = {
    "API_KEY_IP_ADDRESS_BLOCKED": No(
        "the key is limited to certain addresses, and the one that Google sees here is none of them",
        "Add the address under which this network appears outside to the key's restrictions, or lift them",
    ),
    "API_KEY_HTTP_REFERRER_BLOCKED": No(
        "the key is limited to web pages (HTTP referrers), and the program is none",
        "Lift the restriction to websites, or make a key without one",
    ),
    "API_KEY_ANDROID_APP_BLOCKED": No(
        "the key is limited to Android apps, and the program is none",
        "Lift the restriction to Android apps, or make a key without one",
    ),
    "API_KEY_IOS_APP_BLOCKED": No(
        "the key is limited to iOS apps, and the program is none",
        "Lift the restriction to iOS apps, or make a key without one",
    ),
    "API_KEY_SERVICE_BLOCKED": No(
        "the key is limited to other APIs than this one",
        "Add the Generative Language API to those that the key may use",
    ),
    "SERVICE_DISABLED": No(
        "the Generative Language API is switched off in the key's project",
        "Enable the Generative Language API and wait a few minutes",
        LIBRARY,
    ),
    "BILLING_DISABLED": No(
        "the key's project has no billing, which this needs", "Turn on billing for the key's project", BILLING
    ),
    "CONSUMER_SUSPENDED": No(
        "Google has suspended the key's project", "Use a key of another project, or appeal to Google"
    ),
    "CONSUMER_INVALID": No("the project of the key does not exist any more", "Use a key of another project"),
}

REGION = No(
    "Google does not offer this where the call comes from",
    "Let the worker's calls leave from a supported country, or turn on billing where that lifts the limit",
    REGIONS,
)
DISABLED = REASONS["SERVICE_DISABLED"]
RESTRICTED = No("the key is restricted and may not be used for this", "Loosen the restrictions of the key")
PRECONDITION = No(
    "the key's project does not meet a condition for this, most often billing",
    "Turn on billing for the key's project",
    BILLING,
)
PERMISSION = No("the key may not do this", "Allow the Generative Language API for the key, or make another one")
KEY = No("the key is no good for this", "Make another key", "https://aistudio.google.com/apikey")
REQUEST = No(
    "Google does not accept this for the key's project",
    "Turn on billing for the key's project, or use a key of another one",
    BILLING,
)


def behind(error: facts.ApiError) -> No:
    """The reason, by the most telling of what the error says."""
    if error.reason in REASONS:
        return REASONS[error.reason]
    if "location is not supported" in error.message.lower():
        return REGION
    if error.refusal.of_key:
        return KEY
    match error.refusal:
        case facts.Refusal.API_DISABLED:
            return DISABLED
        case facts.Refusal.KEY_RESTRICTED:
            return RESTRICTED
        case facts.Refusal.PRECONDITION:
            return PRECONDITION
        case facts.Refusal.REQUEST:
            return REQUEST
        case _:
            return PERMISSION


def way_out(error: facts.ApiError, commands: tuple[str, ...], also: str = "") -> Fix:
    """What to do, with the address that Google gives or the usual one, and the commands that show whether it worked."""
    no = behind(error)
    return Fix(f"{no.fix} ({error.link or no.link}). {also}".rstrip(), commands)
