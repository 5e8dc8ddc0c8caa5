"""What the body of an answer is, when it is not what was asked for."""

from __future__ import annotations

import json
import re
from typing import Any

from doctor.golang import neturl
from doctor.redact import strip_keys

# The part of a page in which its title is looked for, and how much of one is said.
START, LONGEST_TITLE = 16 * 1024, 100

_TITLE = re.compile(rb"<title[^>]{0,100}>\s*([^<\s][^<]{0,200})", re.IGNORECASE)
_HTML = re.compile(rb"(?:\xef\xbb\xbf)?\s*(<!doctype html|<html|<head|<\?xml|<!--)", re.IGNORECASE)


def json_of(body: bytes) -> Any:
    """The value of a JSON text; None for what is none."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def is_page(body: bytes) -> bool:
    """Whether it is made for a browser."""
    return _HTML.match(body) is not None


def in_words(body: bytes) -> str:
    """What it is, for people."""
    if not body.strip():
        return "an empty answer"
    if is_page(body):
        title = _TITLE.search(body[:START])
        text = strip_keys(title[1].decode("utf-8", "replace").strip())[:LONGEST_TITLE] if title else ""
        return f'a web page called "{text}"' if text else "a web page"
    return "JSON of another kind" if json_of(body) is not None else "something that is not JSON"


def host_of(location: str) -> str | None:
    """The host of a redirect: the rest of the address can hold anything."""
    try:
        return neturl.parse(location).host_and_port[0] or None
    except ValueError:
        return None
