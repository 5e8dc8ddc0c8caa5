"""Connections on which every wait ends in time, however slowly the other side answers or drips."""

from __future__ import annotations

import contextlib
import queue
import socket
import ssl
import threading
import time
from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar

from doctor.facts.network import NetworkFault

# More addresses of one name are not tried.
MOST_ADDRESSES = 8

Address = tuple[int, Any]
Value = TypeVar("Value")


class Broken(Exception):
    """The connection ends here: the fault, and the reason in the words of the system or the other side."""

    def __init__(self, fault: NetworkFault, text: str) -> None:
        super().__init__(text)
        self.fault = fault
        self.text = text


def look_up(host: str, port: int, seconds: float) -> list[Address]:
    """
    The addresses of a name as (family, address) pairs, in the system's order.

    The system's resolver cannot be told how long to take, and is left behind. Raises Broken.
    """
    try:
        # Something written as an address needs nobody to be asked.
        return _addresses(host, port, socket.AI_NUMERICHOST)
    except (OSError, UnicodeError):
        pass
    answers: queue.SimpleQueue[list[Address] | Broken] = queue.SimpleQueue()

    def ask() -> None:
        try:
            answers.put(_addresses(host, port))
        except (OSError, UnicodeError) as error:
            answers.put(Broken(NetworkFault.NAME_UNKNOWN, getattr(error, "strerror", None) or str(error)))

    threading.Thread(target=ask, daemon=True, name="resolver").start()
    try:
        answer = answers.get(timeout=max(0.05, seconds))
    except queue.Empty:
        answer = Broken(NetworkFault.NAME_UNKNOWN, f"no answer about this name within {seconds:.1f} s")
    if isinstance(answer, Broken):
        raise answer
    return answer


def _addresses(host: str, port: int, flags: int = 0) -> list[Address]:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=flags)
    return [(int(family), address) for family, _, _, _, address in found][:MOST_ADDRESSES]


def dial(addresses: list[Address], ends_at: float) -> socket.socket:
    """
    A connection to the first of these addresses that takes one.

    Raises Broken with the first one's fault; where several fail differently, each address's reason is in the text.
    """
    faults: list[tuple[str, Broken]] = []
    for index, (family, address) in enumerate(addresses):
        # One address that swallows everything must leave time for the next.
        share = (ends_at - time.monotonic()) / (len(addresses) - index)
        try:
            return _connect(family, address, share)
        except Broken as broken:
            faults.append((str(address[0]), broken))
    first = faults[0][1]
    if len({broken.fault for _, broken in faults}) > 1:
        raise Broken(first.fault, "; ".join(f"{address}: {broken.text}" for address, broken in faults))
    raise first


def _connect(family: int, address: Any, seconds: float) -> socket.socket:
    channel = socket.socket(family, socket.SOCK_STREAM)
    channel.settimeout(max(0.01, seconds))
    try:
        channel.connect(address)
    except TimeoutError:
        channel.close()
        raise Broken(NetworkFault.TIMED_OUT, f"no answer within {max(0.0, seconds):.1f} s") from None
    except ConnectionRefusedError as error:
        channel.close()
        raise Broken(NetworkFault.REFUSED, error.strerror or str(error)) from error
    except OSError as error:
        channel.close()
        raise Broken(NetworkFault.NO_ROUTE, error.strerror or str(error)) from error
    if family in (socket.AF_INET, socket.AF_INET6):
        # The end of a handshake and the request behind it are two small packets: the second must not wait.
        with contextlib.suppress(OSError):  # it may be over already, which the first word then tells
            channel.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return channel


class Channel:
    """A connection, in TLS once `secure` was called, whose waits all end at `ends_at` (monotonic seconds)."""

    def __init__(self, connection: socket.socket, ends_at: float) -> None:
        self._connection: socket.socket | _Within = connection
        self.ends_at = ends_at

    def failure(self, fault: NetworkFault, text: str) -> Exception:
        """The exception for a fault."""
        return Broken(fault, text)

    def close(self) -> None:
        """Hang up."""
        self._connection.close()

    def secure(self, context: ssl.SSLContext, server_name: str | None) -> None:
        """Go on in TLS."""
        self._wait()
        try:
            self._connection = self._secured(context, server_name)
        except ssl.SSLCertVerificationError as error:
            raise self.failure(NetworkFault.CERTIFICATE_REFUSED, error.verify_message or str(error)) from error
        except (ssl.SSLEOFError, ConnectionError) as error:
            raise self.failure(NetworkFault.BROKEN_OFF, "closed in the middle of the TLS handshake") from error
        except ssl.SSLError as error:
            foreign = error.reason in ("WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE")
            fault = NetworkFault.OTHER_PROTOCOL if foreign else NetworkFault.TLS_FAILED
            raise self.failure(fault, _tls_reason(error)) from error
        except TimeoutError:
            raise self._silent() from None
        except (OSError, ValueError) as error:
            raise self.failure(NetworkFault.TLS_FAILED, str(error)) from error

    def _secured(self, context: ssl.SSLContext, server_name: str | None) -> ssl.SSLSocket | _Within:
        outer = self._connection
        if server_name is not None:
            server_name.encode("idna")  # `wrap_socket` finds this out only when it has taken the connection along
        if isinstance(outer, ssl.SSLSocket | _Within):
            return _Within(outer, context, server_name, self._wait)
        return context.wrap_socket(outer, server_hostname=server_name)

    def certificate(self) -> bytes | None:
        """The other side's certificate (DER), None without TLS."""
        inner = self._connection
        return inner.getpeercert(binary_form=True) if isinstance(inner, ssl.SSLSocket | _Within) else None

    def send(self, data: bytes) -> None:
        """Send all of it."""
        self._wait()
        try:
            self._connection.sendall(data)
        except TimeoutError:
            raise self._silent() from None
        except OSError as error:
            raise self._broken(error) from error

    def receive(self, most: int) -> bytes:
        """Some bytes, none when the other side has closed."""
        self._wait()
        try:
            return self._connection.recv(most)
        except TimeoutError:
            raise self._silent() from None
        except ssl.SSLError as error:
            raise self.failure(NetworkFault.TLS_ALERT, _tls_reason(error)) from error
        except OSError as error:
            raise self._broken(error) from error

    def take(self, count: int) -> bytes:
        """Exactly so many bytes."""
        data = b""
        while len(data) < count:
            more = self.receive(count - len(data))
            if not more:
                raise self.failure(NetworkFault.BROKEN_OFF, "the connection was closed without a word")
            data += more
        return data

    def has_more(self) -> bool:
        """Whether something has come that nobody waited for yet."""
        self._connection.setblocking(False)
        try:
            return bool(self._connection.recv(1, socket.MSG_PEEK))
        except OSError:
            return False

    def _wait(self) -> None:
        left = self.ends_at - time.monotonic()
        if left <= 0:
            raise self._silent()
        self._connection.settimeout(left)

    def _silent(self) -> Exception:
        return self.failure(NetworkFault.NO_ANSWER, "the connection was accepted, but nothing came back in time")

    def _broken(self, error: OSError) -> Exception:
        return self.failure(NetworkFault.BROKEN_OFF, (error.strerror or str(error)).lower())


class _Within:
    """
    TLS within TLS, with as much of a socket as a channel uses; `wait` says how long, before each wait.

    `SSLContext.wrap_socket` cannot do this: it takes the bare socket from under the outer TLS, and goes past it.
    """

    def __init__(
        self,
        outer: ssl.SSLSocket | _Within,
        context: ssl.SSLContext,
        server_name: str | None,
        wait: Callable[[], None],
    ) -> None:
        self._outer = outer
        self._wait = wait
        self._come, self._go = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._come, self._go, server_hostname=server_name)
        self._through(self._tls.do_handshake)

    def _through(self, act: Callable[[], Value]) -> Value:
        while True:
            try:
                done = act()
            except ssl.SSLWantReadError:
                self._flush()
                self._fetch()
            except ssl.SSLError:
                self._flush()  # the other side is told why
                raise
            else:
                self._flush()
                return done

    def _flush(self) -> None:
        if self._go.pending:
            self._outer.sendall(self._go.read())

    def _fetch(self) -> None:
        self._wait()
        data = self._outer.recv(65536)
        if data:
            self._come.write(data)
        else:
            self._come.write_eof()

    def sendall(self, data: bytes) -> None:
        rest = memoryview(data)
        while rest:
            rest = rest[self._through(partial(self._tls.write, rest)) :]

    def recv(self, most: int, flags: int = 0) -> bytes:
        if flags:
            raise OSError("TLS knows no such flags")
        try:
            return self._through(lambda: self._tls.read(most))
        except (ssl.SSLZeroReturnError, ssl.SSLEOFError):
            return b""

    def getpeercert(self, binary_form: bool) -> bytes | None:
        return self._tls.getpeercert(True) if binary_form else None

    def settimeout(self, seconds: float | None) -> None:
        self._outer.settimeout(seconds)

    def setblocking(self, blocking: bool) -> None:
        self._outer.setblocking(blocking)

    def close(self) -> None:
        self._outer.close()


def _tls_reason(error: ssl.SSLError) -> str:
    return (error.reason or str(error)).replace("_", " ").lower()
