"""What is said to a proxy, so that it lets us through to a server: CONNECT, or SOCKS 5."""

from __future__ import annotations

import base64
import ipaddress

from doctor.facts.network import NetworkFault
from doctor.golang import neturl
from doctor.redact import MASK
from doctor.sources.channel import Broken, Channel

LONGEST_HEAD = 64 * 1024
LONGEST_REASON = 200
# Shorter texts occur in every answer.
SHORTEST = 4


class Refused(Broken):
    """The proxy does not let us through, and says so with this status."""

    def __init__(self, fault: NetworkFault, text: str, status: int) -> None:
        super().__init__(fault, text)
        self.status = status


def login(proxy: neturl.URL | None) -> str | None:
    """The header with the login that stands in the proxy's address, None where none does."""
    if proxy is None or proxy.user is None:
        return None
    name, password = proxy.user
    return "Basic " + base64.b64encode(name + b":" + (password or b"")).decode()


def tunnel(channel: Channel, host: str, port: int, proxy: neturl.URL, agent: str) -> None:
    """Have the proxy let us through to a host (CONNECT); as in Go only 200 does. Raises Broken."""
    authority = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    words = [f"CONNECT {authority} HTTP/1.1", f"Host: {authority}", f"User-Agent: {agent}"]
    if (own := login(proxy)) is not None:
        words.append(f"Proxy-Authorization: {own}")
    channel.send(("\r\n".join(words) + "\r\n\r\n").encode("latin-1", "replace"))
    version, _, rest = _head(channel).partition(" ")
    code, _, reason = rest.partition(" ")
    if not version.startswith("HTTP/1.") or not (code.isascii() and code.isdecimal()):
        raise Broken(NetworkFault.OTHER_PROTOCOL, "what answers is no HTTP proxy")
    status, reason = int(code), _without_login(reason, proxy)[:LONGEST_REASON]
    if status == 407:
        raise Refused(NetworkFault.LOGIN_WANTED, reason or "Proxy Authentication Required", status)
    if status != 200:
        raise Refused(NetworkFault.DENIED, reason or f"status {status}", status)


def _without_login(text: str, proxy: neturl.URL) -> str:
    """The text of a proxy without what it was told, before it is cut to length."""
    if (own := login(proxy)) is None or proxy.user is None:
        return text
    password = (proxy.user[1] or b"").decode("latin-1")
    for secret in (own.removeprefix("Basic "), password):
        text = text.replace(secret, MASK) if len(secret) >= SHORTEST else text
    return text


def _head(channel: Channel) -> str:
    """The first line of an answer, once all its header lines are here; nothing behind them is taken."""
    data = b""
    while not data.endswith((b"\r\n\r\n", b"\n\n")):
        data += channel.take(1)
        if len(data) > LONGEST_HEAD or (len(data) == 5 and data != b"HTTP/"):
            raise Broken(NetworkFault.OTHER_PROTOCOL, "what answers is no HTTP proxy")
    return data.partition(b"\n")[0].decode("latin-1").strip()


_SOCKS = {
    1: "general failure",
    2: "not allowed by its rules",
    3: "network unreachable",
    4: "host unreachable",
    5: "connection refused",
    6: "too many hops",
}


def socks(channel: Channel, host: str, port: int, proxy: neturl.URL) -> None:
    """SOCKS 5 (RFC 1928) with or without a login (RFC 1929); as in Go the proxy looks the name up. Raises Broken."""
    methods = b"\x00\x02" if proxy.user is not None else b"\x00"
    channel.send(b"\x05" + bytes([len(methods)]) + methods)
    version, method = channel.take(2)
    if version != 5:
        raise Broken(NetworkFault.OTHER_PROTOCOL, "what answers is no SOCKS 5 proxy")
    if method == 2 and proxy.user is not None:
        name, password = proxy.user[0][:255], (proxy.user[1] or b"")[:255]
        channel.send(b"\x01" + bytes([len(name)]) + name + bytes([len(password)]) + password)
        if channel.take(2)[1] != 0:
            raise Broken(NetworkFault.LOGIN_WANTED, "the proxy does not accept the user and password")
    elif method != 0:
        raise Broken(NetworkFault.LOGIN_WANTED, "the proxy wants a login")
    channel.send(b"\x05\x01\x00" + _socks_address(host) + port.to_bytes(2, "big"))
    _, code, _, kind = channel.take(4)
    if code != 0:
        raise Broken(NetworkFault.DENIED, f"the proxy does not get there: {_SOCKS.get(code, f'code {code}')}")
    channel.take({1: 4, 4: 16}.get(kind) or channel.take(1)[0])
    channel.take(2)


def _socks_address(host: str) -> bytes:
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        pass
    else:
        return (b"\x01" if address.version == 4 else b"\x04") + address.packed
    try:
        name = host.encode("idna")[:255]
    except UnicodeError as error:
        raise Broken(NetworkFault.SETTING, f"{host} is no name of a host") from error
    return b"\x03" + bytes([len(name)]) + name
