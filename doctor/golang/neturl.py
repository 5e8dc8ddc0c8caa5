"""Go's net/url: a URL taken apart and written down again, with Go's error texts."""

from __future__ import annotations

import ipaddress
import re
import string
from dataclasses import dataclass, replace

from doctor.golang.text import quote

_UNRESERVED = string.ascii_letters + string.digits + "-_.~"
# What each part may hold as it is; Go escapes everything else when it writes a URL.
_HOST = frozenset((_UNRESERVED + "!$&'()*+,;=:[]<>\"").encode())
_PATH = frozenset((_UNRESERVED + "$&+,/:;=@").encode())
_USER = frozenset((_UNRESERVED + "$&+,;=").encode())
_FRAGMENT = frozenset((_UNRESERVED + "$&+,/:;=?@!()*").encode())
# What Go leaves alone beyond that where the text already had it.
_TOLERATED = frozenset(b"!$&'()*+,;=:@[]%")

_SCHEME = re.compile("[a-zA-Z][a-zA-Z0-9+.-]*:")
_CONTROL = re.compile("[\x00-\x1f\x7f]")
_USER_INFO = re.compile(r"[A-Za-z0-9._:~!$&'()*+,;=%@-]*")
_PORT = re.compile("(?::[0-9]*)?")
_ESCAPE = re.compile(rb"%(?P<code>[0-9a-fA-F]{2})?")
_IN_HOST = re.compile(rb"%(?P<code>[0-9a-fA-F]{2})?|(?P<plain>[\x00-\x7f])")


@dataclass(frozen=True, slots=True)
class URL:
    """A URL's parts, unescaped; of the path and the fragment also the text, which Go writes again where it may."""

    scheme: str = ""
    opaque: str = ""
    user: tuple[bytes, bytes | None] | None = None
    host: bytes = b""
    path: bytes = b""
    path_text: str = ""
    has_authority: bool = False
    query: str | None = None
    fragment: bytes = b""
    fragment_text: str = ""

    @property
    def host_and_port(self) -> tuple[str, str]:
        """Host without brackets, and port, empty where there is none."""
        host, port = self.host.decode("utf-8", "replace"), ""
        before, colon, after = host.rpartition(":")
        if _PORT.fullmatch(colon + after):
            host, port = before, after
        if host.startswith("[") and host.endswith("]"):
            host = host[1:-1]
        return host, port

    def __str__(self) -> str:
        text = f"{self.scheme}:" if self.scheme else ""
        text += self.opaque or self._hierarchy(at_start=not text)
        if self.query is not None:
            text += f"?{self.query}"
        if self.fragment:
            text += f"#{_written(self.fragment, self.fragment_text, _FRAGMENT)}"
        return text

    def _hierarchy(self, *, at_start: bool) -> str:
        path = "*" if self.path == b"*" else _written(self.path, self.path_text, _PATH)
        text = ""
        if self.host or self.user is not None or (self.scheme and self.has_authority and self.path):
            text = f"//{self._user_info()}{_escaped(self.host, _HOST)}"
        if at_start and not text and ":" in path.partition("/")[0]:
            text = "./"  # else the first segment would be read as a scheme
        return text + path

    def _user_info(self) -> str:
        if self.user is None:
            return ""
        name, password = self.user
        return _escaped(name, _USER) + ("@" if password is None else f":{_escaped(password, _USER)}@")


def parse(text: str) -> URL:
    """Take a URL or a reference apart; `ValueError` carries Go's text."""
    before, _, fragment = text.partition("#")
    try:
        parts = _parts(before)
    except ValueError as error:
        raise ValueError(f"parse {quote(before)}: {error}") from None
    if not fragment:
        return parts
    try:
        return replace(parts, fragment=_unescaped(fragment), fragment_text=fragment)
    except ValueError as error:
        raise ValueError(f"parse {quote(text)}: {error}") from None


def split_host_port(address: str) -> tuple[str, str]:
    """Go's net.SplitHostPort; `ValueError` where there is no port, or where it cannot be told from the host."""
    bracketed = re.fullmatch(r"\[([^\[\]]*)\]:([^:\[\]]*)", address)
    plain = re.fullmatch(r"([^:\[\]]*):([^:\[\]]*)", address)
    match = bracketed or plain
    if match is None:
        raise ValueError(f"address {address}: no port")
    return match[1], match[2]


def _parts(text: str) -> URL:
    if _CONTROL.search(text):
        raise ValueError("net/url: invalid control character in URL")
    if text == "*":
        return URL(path=b"*", path_text="*")
    if text.startswith(":"):
        raise ValueError("missing protocol scheme")
    prefix = _SCHEME.match(text)
    scheme = prefix[0][:-1].lower() if prefix else ""
    rest, mark, query = text[prefix.end() if prefix else 0 :].partition("?")
    found_query = query if mark else None  # an empty one is written again, too
    if not rest.startswith("/"):
        if scheme:
            return URL(scheme, opaque=rest, query=found_query)
        if ":" in rest.partition("/")[0]:
            raise ValueError("first path segment in URL cannot contain colon")
    authority: str | None = None
    if rest.startswith("//") and (scheme or not rest.startswith("///")):
        authority, slash, path = rest[2:].partition("/")
        rest = slash + path
    user, host = (None, b"") if authority is None else _authority(authority)
    return URL(scheme, "", user, host, _unescaped(rest), rest, authority is not None, found_query)


def _authority(text: str) -> tuple[tuple[bytes, bytes | None] | None, bytes]:
    info, at, host_text = text.rpartition("@")
    host = _host(host_text)
    if not at:
        return None, host
    if not _USER_INFO.fullmatch(info):
        raise ValueError("net/url: invalid userinfo")
    name, colon, password = info.partition(":")
    return (_unescaped(name), _unescaped(password) if colon else None), host


def _host(text: str) -> bytes:
    if "[" not in text:
        _check_port(text[text.rindex(":") :] if ":" in text else "")
        return _unescaped_host(text)
    begin, end = text.rindex("["), text.rfind("]")
    if begin > 0:
        raise ValueError("invalid IP-literal")
    if end < 0:
        raise ValueError("missing ']' in host")
    _check_port(text[end + 1 :])
    address, mark, zone = text[1:end].partition("%25")
    inner = _unescaped_host(address)
    if mark:
        inner += _unescaped_host(mark + zone, zone=True)
    _check_address(inner)
    return b"[" + inner + b"]" + text[end + 1 :].encode()


def _check_port(text: str) -> None:
    if not _PORT.fullmatch(text):
        raise ValueError(f"invalid port {quote(text)} after host")


def _check_address(inner: bytes) -> None:
    text = inner.decode("utf-8", "replace")
    address, percent, zone = text.partition("%")
    try:
        found = None if percent and not zone else ipaddress.ip_address(address)
    except ValueError:
        found = None
    if found is None:
        raise ValueError(f"invalid host: ParseAddr({quote(text)}): unable to parse IP")
    if found.version == 4:
        raise ValueError("invalid IP-literal")


def _unescaped(text: str) -> bytes:
    return _ESCAPE.sub(lambda match: _byte(match, match["code"] is not None), text.encode("utf-8", "surrogatepass"))


def _unescaped_host(text: str, *, zone: bool = False) -> bytes:
    """
    A host escapes nothing but the percent sign and bytes beyond ASCII.

    The zone of an address may also escape what it could hold as it is, and blanks, as Windows has them, but no bytes
    beyond ASCII.
    """

    def byte(match: re.Match[bytes]) -> bytes:
        if match["plain"] is not None:
            if match["plain"][0] not in _HOST:
                raise ValueError(f"invalid character {quote(match['plain'].decode())} in host name")
            return match["plain"]
        code = int(match["code"] or b"0", 16)
        fits = code in _HOST or code == 0x20 if zone else code >= 0x80
        return _byte(match, match["code"] is not None and (fits or code == 0x25))

    return _IN_HOST.sub(byte, text.encode("utf-8", "surrogatepass"))


def _byte(match: re.Match[bytes], allowed: bool) -> bytes:
    """The byte that an escape stands for."""
    if not allowed:
        three = match.string[match.start() : match.start() + 3].decode("utf-8", "surrogateescape")
        raise ValueError(f"invalid URL escape {quote(three)}")
    return bytes.fromhex(match["code"].decode())


def _escaped(data: bytes, keep: frozenset[int]) -> str:
    return "".join(chr(byte) if byte in keep else f"%{byte:02X}" for byte in data)


def _written(data: bytes, text: str, keep: frozenset[int]) -> str:
    """A part as it was written where all of it may stand there, else escaped anew."""
    if all(byte in keep or byte in _TOLERATED for byte in text.encode("utf-8", "surrogatepass")):
        return text
    return _escaped(data, keep)
