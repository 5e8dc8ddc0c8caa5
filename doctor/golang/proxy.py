"""Which proxy Go's HTTP client takes for a URL: golang.org/x/net/http/httpproxy over an environment."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from doctor.golang import neturl

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

_PORTS = {"http": "80", "https": "443"}

# For each scheme the variables that can name a proxy; the first that is not empty does.
VARIABLES = {"http": ("HTTP_PROXY", "http_proxy"), "https": ("HTTPS_PROXY", "https_proxy")}


@dataclass(frozen=True, slots=True)
class _Server:
    """The server of a request; `address` where its name is one."""

    name: str
    port: str
    address: Address | None


_Exception = Callable[[_Server], bool]


def proxy_for(url: str, env: Mapping[str, str]) -> neturl.URL | None:
    """
    The proxy for a URL, or None for a direct connection.

    Variables in capitals go first and empty ones do not count; a proxy that is no URL, with or without `http://` in
    front, is passed over in silence. Raises `ValueError` with Go's text for a URL that does not parse, and for
    HTTP_PROXY in the environment of a CGI program, where a request's header could have set it.
    """
    request = neturl.parse(url)
    variables = VARIABLES.get(request.scheme)
    proxy = _proxy(_first(env, *variables)) if variables else None
    if proxy is None:
        return None
    if request.scheme == "http" and env.get("REQUEST_METHOD"):
        raise ValueError("refusing to use HTTP_PROXY value in CGI environment; see golang.org/s/cgihttpproxy")
    return proxy if _proxied(request, _first(env, "NO_PROXY", "no_proxy")) else None


def _first(env: Mapping[str, str], *names: str) -> str:
    return next((env[name] for name in names if env.get(name)), "")


def _proxy(text: str) -> neturl.URL | None:
    if not text:
        return None
    url = _parsed(text)
    if url is None or not url.scheme or not url.host:
        return _parsed("http://" + text) or url
    return url


def _parsed(text: str) -> neturl.URL | None:
    try:
        return neturl.parse(text)
    except ValueError:
        return None


def _proxied(request: neturl.URL, no_proxy: str) -> bool:
    """Whether a proxy may be used at all. The machine itself is reached directly whatever the variables say."""
    name, port = request.host_and_port
    name = _ascii(name)
    if name == "localhost" or "[" in name or "]" in name:
        return False
    address = _address(name.partition("%")[0] if ":" in name else name)
    if address is not None and address.is_loopback:
        return False
    server = _Server(name.strip().lower(), port or _PORTS[request.scheme], address)
    return not any(excepts(server) for excepts in _exceptions(no_proxy))


def _exceptions(no_proxy: str) -> list[_Exception]:
    entries = [entry.strip().lower() for entry in no_proxy.split(",")]
    if "*" in entries:
        return [lambda server: True]
    found = (_exception(entry) for entry in entries if entry)
    return [each for each in found if each is not None]


def _exception(entry: str) -> _Exception | None:
    """One entry of NO_PROXY; None for one without a host."""
    network = _network(entry)
    if network is not None:
        return lambda server: server.address is not None and server.address in network
    try:
        host, port = neturl.split_host_port(entry)
    except ValueError:
        host, port = entry, ""
    if not host:
        return None
    address = _address(host)
    if address is not None:
        return lambda server: server.address == address and port in ("", server.port)
    return _domain(host, port)


def _domain(host: str, port: str) -> _Exception:
    """`example.com` covers itself and all below it, `.example.com` and `*.example.com` only what is below."""
    below = host.removeprefix("*") if host.startswith("*.") else host
    itself = not below.startswith(".")
    suffix = _ascii(f".{below}" if itself else below)

    def covers(server: _Server) -> bool:
        if server.address is not None or port not in ("", server.port):
            return False
        return server.name.endswith(suffix) or (itself and server.name == suffix[1:])

    return covers


def _address(text: str) -> Address | None:
    """An IP address without zone; one of IPv4 within IPv6 counts as IPv4."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    if isinstance(address, ipaddress.IPv4Address):
        return address
    return None if "%" in text else address.ipv4_mapped or address


def _network(text: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network | None:
    """A network in CIDR form; the bits behind its prefix do not matter."""
    base, slash, prefix = text.partition("/")
    if not slash or not re.fullmatch("[0-9]{1,7}", prefix) or "%" in base:
        return None
    bits = int(prefix)
    try:
        address = ipaddress.ip_address(base)
        if isinstance(address, ipaddress.IPv4Address):
            return ipaddress.IPv4Network((address, bits), strict=False)
        if address.ipv4_mapped is not None and 96 <= bits <= 128:
            return ipaddress.IPv4Network((address.ipv4_mapped, bits - 96), strict=False)
        return ipaddress.IPv6Network((address, bits), strict=False)
    except ValueError:
        return None


def _ascii(name: str) -> str:
    """The form of a name that goes over the wire."""
    if name.isascii():
        return name
    try:
        return ".".join(label and label.encode("idna").decode() for label in name.lower().split("."))
    except UnicodeError:
        return name
