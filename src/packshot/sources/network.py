"""Connections to public addresses only, each with a deadline that nothing extends."""

from __future__ import annotations

import ssl
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import httpcore2

from packshot.sources.addresses import Resolver, find_refusal_reason
from packshot.sources.urls import AddressRefused

_MAX_ADDRESSES = 3
"""Addresses of a host that are tried, the best first: each may take the time for a connection. A
judgement."""
_deadline: ContextVar[float] = ContextVar("deadline")


@contextmanager
def limit_time(seconds: float) -> Iterator[None]:
    """Limit the time: all that a `GuardedNetwork` does inside for this thread ends in so many seconds.

    Example:
        >>> with limit_time(10):
        ...     print(_remaining_s(3.0, TimeoutError), _remaining_s(None, TimeoutError) <= 10)
        3.0 True
    """
    token = _deadline.set(time.monotonic() + seconds)
    try:
        yield
    finally:
        _deadline.reset(token)


class GuardedNetwork(httpcore2.NetworkBackend):
    """Connects to addresses that were checked, and to no others.

    The host is resolved here and nowhere else, and the socket goes to the very address that was
    checked: a name server that answers differently the next time (DNS rebinding) has nobody to answer.
    The HTTP and TLS layers above keep the host's name, for the header Host, for SNI and for the
    certificate.

    Example:
        >>> network = GuardedNetwork(lambda host, port: ["10.0.0.7"], allow_private=False)
        >>> network.connect_tcp("shop.example", 443)
        Traceback (most recent call last):
            ...
        packshot.sources.urls.AddressRefused: shop.example is a private network
    """

    def __init__(self, resolve: Resolver, allow_private: bool) -> None:
        self._resolve = resolve
        self._allow_private = allow_private
        self._sockets = httpcore2.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.NetworkStream:
        """Connect to a host, at the first of its allowed addresses that answers.

        Raises:
            AddressRefused: It has none that is allowed.
            OSError: It cannot be resolved.
        """
        addresses = self._resolve_allowed(host, port)[:_MAX_ADDRESSES]
        for address in addresses[:-1]:
            try:
                return self._connect(address, port, timeout, socket_options)
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout):
                continue
        return self._connect(addresses[-1], port, timeout, socket_options)

    def _connect(
        self, address: str, port: int, timeout: float | None, socket_options: Iterable[Any] | None
    ) -> httpcore2.NetworkStream:
        timeout_s = _remaining_s(timeout, httpcore2.ConnectTimeout)
        stream = self._sockets.connect_tcp(
            address, port, timeout=timeout_s, socket_options=socket_options
        )
        return _DeadlineStream(stream)

    def _resolve_allowed(self, host: str, port: int) -> list[str]:
        """Return the addresses to connect to, the best first.

        Raises:
            AddressRefused: There are some, but all are refused.
        """
        found = list(self._resolve(host, port))
        reasons = {ip: find_refusal_reason(ip, allow_private=self._allow_private) for ip in found}
        allowed = [ip for ip in found if reasons[ip] is None]
        if not allowed:
            raise AddressRefused(f"{host} is {reasons[found[0]]}" if found else f"{host} has no address")
        return allowed


class _DeadlineStream(httpcore2.NetworkStream):
    """A connection on which nothing outlasts the deadline of the present request.

    The timeouts of an HTTP client begin anew with every piece that arrives, so a server that sends a
    byte now and then would hold it for ever.
    """

    def __init__(self, stream: httpcore2.NetworkStream) -> None:
        self._stream = stream

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, _remaining_s(timeout, httpcore2.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, _remaining_s(timeout, httpcore2.WriteTimeout))

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore2.NetworkStream:
        timeout_s = _remaining_s(timeout, httpcore2.ConnectTimeout)
        return _DeadlineStream(self._stream.start_tls(ssl_context, server_hostname, timeout_s))

    def close(self) -> None:
        self._stream.close()

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


def _remaining_s(timeout: float | None, make_error: Callable[[str], Exception]) -> float:
    """Compute the seconds that one operation on a socket may take."""
    remaining_s = _deadline.get() - time.monotonic()
    if remaining_s <= 0:
        raise make_error("the time for one file is over")
    return remaining_s if timeout is None else min(timeout, remaining_s)
