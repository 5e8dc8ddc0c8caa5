"""What can be said of a key or another secret without asking anybody: what it certainly is instead of one."""

from __future__ import annotations

import re

# What stands around a key when it was copied along: also the blanks and quotes that do not look like any.
_WIDE = "".join(map(chr, range(0x2000, 0x2010)))
BLANKS = f" \t\r\n\v\f\u0085\u00a0\u00ad\u1680{_WIDE}\u2028\u2029\u202f\u205f\u2060\u3000\ufeff"
QUOTES = "\"'`\u00b4\u2018\u2019\u201a\u201b\u201c\u201d\u201e\u201f\u2039\u203a\u00ab\u00bb\u300c\u300d\uff02\uff07"
LINE_BREAKS = "\r\n\u0085\u2028\u2029"

# As config.variable-not-expanded reads it.
_NOTATION = re.compile(r"\$\{[^{}]*\}|^\$[A-Z_][A-Z0-9_]*$")
# What names or announces a key, in front of it.
_PREFIX = re.compile(
    r"(?:export\s+)?(CODECHUNK_GEMINI_API_KEY|GEMINI_API_KEY|GOOGLE_API_KEY|api_?key|key|x-goog-api-key|authorization)"
    r"\s*[=:]|(bearer)(?:\s|$)",
    re.IGNORECASE,
)

# What nobody would take for a real secret, `${X:-word}` counting as its word.
_DEFAULT = re.compile(r"\$\{\w+:?[-+](?P<word>.*)\}")
_EXAMPLE = re.compile(
    r"|.*\$\{.*\}.*|\$\w+|<.*>|\[.*\]|x{3,}|\*+|\.{3,}"
    r"|(your|example|sample|dummy|placeholder|fake|test|replace|insert|todo)([-_ ].*)?"
    r"|change[-_ ]?(me|this|it)([-_ ].*)?"
    r"|dev|admin|postgres|password|none|null|true|false",
    re.IGNORECASE,
)
# An example is short; a long text need not be read to its end to tell.
_LONGEST_EXAMPLE = 200

# By how they begin; what is longer comes first.
OTHERS = (
    (("sk-ant-",), "a key of Anthropic"),
    (("sk-or-",), "a key of OpenRouter"),
    (("sk-",), "a key of OpenAI"),
    (("ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_"), "a GitHub token"),
    (("glpat-", "gldt-", "glrt-", "glcbt-", "glptt-", "glft-", "glsoat-"), "a GitLab token"),
    (("xoxa-", "xoxb-", "xoxe-", "xoxp-", "xoxr-", "xoxs-"), "a Slack token"),
    (("hf_",), "a Hugging Face token"),
    (("ya29.",), "a Google OAuth token, which is not an API key and expires within the hour"),
    (("eyJ",), "a JSON web token"),
)


def is_example(text: str) -> bool:
    """Whether a text that stands in a secret's place is none: a placeholder, a variable's name, a word like `dev`."""
    text = text.strip()[:_LONGEST_EXAMPLE]
    default = _DEFAULT.fullmatch(text)
    return _EXAMPLE.fullmatch(default["word"] if default else text) is not None


def announced(text: str) -> str:
    """What names or announces a key in front of it (`GEMINI_API_KEY=`, `Bearer `); empty for nothing."""
    prefix = _PREFIX.match(text)
    return prefix[0] if prefix is not None else ""


def fault_of_key(text: str) -> str | None:
    """
    What is wrong with the key, to follow its name in a sentence; None when it can be one.

    Never holds a piece of the text beyond what all keys of a kind begin with.
    """
    if _NOTATION.search(text):
        return None
    core = text.strip(BLANKS + QUOTES)
    if not core:
        return "is a pair of quotes with nothing in it" if text.strip(BLANKS) else "is nothing but blanks"
    return _instead(core) or _inside(core) or _around(text)


def _instead(core: str) -> str | None:
    """What it is in a key's place, or what stands in front of one."""
    prefix = _PREFIX.match(core)
    if prefix is not None:
        return f'begins with "{prefix[1] or prefix[2]}", which does not belong to it'
    if _is_placeholder(core):
        return "is the placeholder of an example"
    if core.startswith("{"):
        return "is a JSON text, perhaps a service account; the program takes an API key only"
    if core.lower().endswith(".json"):
        return "is the name of a JSON file, perhaps of a service account; the program takes an API key only"
    if core.startswith(("AKIA", "ASIA")) and len(core) >= 12 and core.isalnum() and core.isupper():
        return "begins like an access key of AWS"
    return next((f"begins like {what}" for beginnings, what in OTHERS if core.startswith(beginnings)), None)


def _is_placeholder(core: str) -> bool:
    lower = core.lower()
    return (
        lower.startswith(("your-", "your_", "your "))
        or (core.startswith("<") and core.endswith(">"))
        or (lower.startswith("aiza") and core.endswith(("..", "\u2026")))
    )


def _inside(core: str) -> str | None:
    if any(each in LINE_BREAKS for each in core):
        return "has a line break in it"
    return "has a control character in it" if _has_control(core) else None


def _around(text: str) -> str | None:
    bare = text.strip(BLANKS)
    if bare[0] in QUOTES or bare[-1] in QUOTES:
        return "has quotes around it, which the program takes for a part of it"
    if text[-1] in LINE_BREAKS:
        return "ends with a line break"
    return "has blanks around it, which the program takes for a part of it" if bare != text else None


def _has_control(text: str) -> bool:
    return any(each < " " or each == "\x7f" for each in text)
