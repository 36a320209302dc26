"""Files over http and https from servers that nobody vouches for."""

from __future__ import annotations

import socket
import ssl
import zlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from urllib.parse import urljoin

import httpcore2

from packshot.errors import FetchError, InvalidInput, PhotoMissing, PhotoRefused, PhotoUnreachable
from packshot.sources.addresses import Resolver
from packshot.sources.network import GuardedNetwork, limit_time
from packshot.sources.settings import WebSettings
from packshot.sources.urls import AddressRefused, Url, parse_url

_MAX_REDIRECTS = 5
"""Redirects that are followed; with more a location is refused. Shops and their networks need one or
two; RFC 1945 recommended five as the limit."""
_OK = 200
_REDIRECT_STATUSES = frozenset({301, 302, 303, 307, 308})
_MISSING_STATUSES = frozenset({404, 410})
_DENIED_STATUSES = frozenset({401, 402, 403, 407, 451})
_TRANSIENT_STATUSES = frozenset({408, 425, 429, 500, 502, 503, 504, 520, 521, 522, 523, 524})
"""Status codes (RFC 9110, 15) after which a later attempt may succeed; those from 520 on are
Cloudflare's."""
_MAX_IDLE_CONNECTIONS = 16
_IDLE_CONNECTION_S = 30.0
"""Connections that wait for a next photo, and seconds for which each does: a feed asks the same few
servers again within moments. A judgement."""
_REQUEST_HEADERS: Mapping[bytes | str, bytes | str] = {
    "User-Agent": "packshot",
    "Accept": "image/*,*/*;q=0.5",
    "Accept-Encoding": "identity",
}
_GZIP_OR_ZLIB_BITS = 32 + zlib.MAX_WBITS
"""Of zlib: 32 stands for either header, recognised by itself."""
_MAX_WAIT_S = 86_400.0
"""Seconds that a server may ask to wait in earnest, a day; more counts as that. Every run gives up long
before."""


class WebClient:
    """Fetches files; safe to share between threads, connections are kept open and used again.

    Example:
        >>> client = WebClient(WebSettings(), lambda host, port: ["192.168.1.10"])
        >>> client.get("http://shop.example/mug.jpg")
        Traceback (most recent call last):
            ...
        packshot.errors.PhotoRefused: http://shop.example/mug.jpg: shop.example is a private network
    """

    def __init__(self, settings: WebSettings, resolve: Resolver) -> None:
        self._settings = settings
        self._pool = httpcore2.ConnectionPool(
            ssl_context=_make_ssl_context(settings.certificates),
            max_connections=None,
            max_keepalive_connections=_MAX_IDLE_CONNECTIONS,
            keepalive_expiry=_IDLE_CONNECTION_S,
            network_backend=GuardedNetwork(resolve, settings.allow_private),
        )
        self._timeouts = {
            "connect": settings.connect_s,
            "read": settings.read_s,
            "write": settings.read_s,
            "pool": settings.total_s,
        }

    def get(self, location: str) -> bytes:
        """Get the file at a URL; redirects are followed, each checked as the first address was.

        Raises:
            PhotoMissing: The server says that there is none.
            PhotoRefused: The address, a redirect or the size is not allowed.
            PhotoUnreachable: No connection, an error of the server, too slow, cut short.
        """
        with limit_time(self._settings.total_s), _translate_fetch_errors(location):
            url = location
            for _ in range(_MAX_REDIRECTS + 1):
                answer = self._request(location, parse_url(url, self._settings.ports))
                if isinstance(answer, bytes):
                    return answer
                url = _join_redirect(url, answer)
        raise PhotoRefused(location, f"more than {_MAX_REDIRECTS} redirects")

    def close(self) -> None:
        """Close all connections."""
        self._pool.close()

    def _request(self, location: str, url: Url) -> bytes | str:
        """Get the body, or where else to look."""
        with self._pool.stream(
            "GET",
            httpcore2.URL(scheme=url.scheme, host=url.host, port=url.port, target=url.target),
            headers={**_REQUEST_HEADERS, "Host": url.authority},
            extensions={"timeout": self._timeouts},
        ) as response:
            headers = _decode_headers(response.headers)
            if response.status in _REDIRECT_STATUSES and "location" in headers:
                return headers["location"]
            if response.status != _OK:
                raise _make_status_error(location, response.status, headers)
            return _read_body(location, headers, response.iter_stream(), self._settings.max_bytes)


@contextmanager
def _translate_fetch_errors(location: str) -> Iterator[None]:
    try:
        yield
    except AddressRefused as refusal:
        raise PhotoRefused(location, str(refusal)) from refusal
    except zlib.error as error:
        raise PhotoUnreachable(location, f"the compressed content is damaged: {error}") from error
    except socket.gaierror as error:
        is_transient = error.errno == socket.EAI_AGAIN
        raise PhotoUnreachable(
            location, f"host not found: {error.strerror}", retry=is_transient
        ) from error
    except httpcore2.TimeoutException as error:
        raise PhotoUnreachable(location, "the server is too slow", retry=True) from error
    except (httpcore2.NetworkError, httpcore2.ProtocolError, OSError) as error:
        raise _make_connection_error(location, error) from error


def _make_connection_error(location: str, error: Exception) -> FetchError:
    cause = error.args[0] if error.args else None  # httpcore wraps the error of the socket
    if isinstance(cause, ssl.SSLCertVerificationError):
        return PhotoUnreachable(
            location, f"the server's certificate is not valid: {cause.verify_message}"
        )
    return PhotoUnreachable(location, f"the connection broke: {error}", retry=True)


def _make_status_error(location: str, status: int, headers: Mapping[str, str]) -> FetchError:
    """Make the error of an answer other than a file."""
    if status in _MISSING_STATUSES:
        return PhotoMissing(location, f"the server has no such file (status {status})")
    if status in _DENIED_STATUSES:
        return PhotoUnreachable(location, f"the server denies access (status {status})")
    if status in _TRANSIENT_STATUSES:
        wait_s = _parse_retry_after(headers.get("retry-after", ""))
        return PhotoUnreachable(
            location, f"the server is busy or broken (status {status})", retry=True, wait_s=wait_s
        )
    return PhotoUnreachable(location, f"the server answers with status {status}")


def _parse_retry_after(retry_after: str) -> float | None:
    """Parse the seconds that a header Retry-After asks for (RFC 9110, 10.2.3): a number, or a date."""
    if retry_after.isascii() and retry_after.isdigit():
        return min(float(retry_after), _MAX_WAIT_S)
    try:
        until = parsedate_to_datetime(retry_after)
        until = until if until.tzinfo else until.replace(tzinfo=UTC)
        wait_s = (until - datetime.now(UTC)).total_seconds()
    except (ValueError, ArithmeticError, LookupError, TypeError):
        return None  # years, zones and garbage of every kind: as if nothing were asked for
    return min(max(0.0, wait_s), _MAX_WAIT_S)


def _read_body(
    location: str, headers: Mapping[str, str], chunks: Iterable[bytes], max_bytes: int
) -> bytes:
    """Read the content, decompressed, cut off as soon as it is too long."""
    if _parse_content_length(headers.get("content-length", "")) > max_bytes:
        raise _make_size_error(location, max_bytes)
    decompressor = _make_decompressor(location, headers.get("content-encoding", "").strip().lower())
    content = bytearray()
    received = 0
    for chunk in chunks:
        received += len(chunk)
        content += (
            decompressor.decompress(chunk, max_bytes + 1 - len(content)) if decompressor else chunk
        )
        if max(received, len(content)) > max_bytes:
            raise _make_size_error(location, max_bytes)
    if decompressor and not decompressor.eof:
        raise PhotoUnreachable(location, "the compressed content is cut short", retry=True)
    return bytes(content)


def _parse_content_length(header: str) -> float:
    """Parse the bytes that a header Content-Length tells of; 0 where it is no number."""
    return float(header) if header.isascii() and header.isdigit() else 0.0


def _join_redirect(url: str, target: str) -> str:
    try:
        return urljoin(url, target)
    except ValueError as error:
        raise AddressRefused(f"a redirect to what is not a URL: {error}") from error


def _make_decompressor(location: str, encoding: str) -> zlib._Decompress | None:
    if encoding in ("", "identity"):
        return None
    if encoding in ("gzip", "x-gzip", "deflate"):
        return zlib.decompressobj(_GZIP_OR_ZLIB_BITS)
    raise PhotoRefused(location, f"the server compresses in a way not asked for: {encoding}")


def _make_size_error(location: str, max_bytes: int) -> FetchError:
    return PhotoRefused(location, f"larger than the limit of {max_bytes:,} bytes")


def _decode_headers(raw: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    return {_decode_header(name).lower(): _decode_header(value) for name, value in raw}


def _decode_header(header: bytes) -> str:
    """Decode a header; beyond ASCII there is no rule that servers follow."""
    try:
        return header.decode()
    except UnicodeDecodeError:
        return header.decode("latin-1")


def _make_ssl_context(certificates: Path | None) -> ssl.SSLContext | None:
    try:
        return None if certificates is None else ssl.create_default_context(cafile=certificates)
    except OSError as error:
        raise InvalidInput(f"{certificates}: no certificates can be read from it: {error}") from error
