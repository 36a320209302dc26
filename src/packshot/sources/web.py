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
from packshot.sources.network import GuardedNetwork, within
from packshot.sources.settings import WebSettings
from packshot.sources.urls import Refusal, Url, parse_url

_REDIRECTS = 5
_OK = 200
_MOVED = frozenset({301, 302, 303, 307, 308})
_GONE = frozenset({404, 410})
_DENIED = frozenset({401, 402, 403, 407, 451})
_PASSING = frozenset({408, 425, 429, 500, 502, 503, 504, 520, 521, 522, 523, 524})
_HEADERS: Mapping[bytes | str, bytes | str] = {
    "User-Agent": "packshot",
    "Accept": "image/*,*/*;q=0.5",
    "Accept-Encoding": "identity",
}
_GZIP_OR_ZLIB = 32 + zlib.MAX_WBITS
_LONGEST_WAIT_S = 86_400.0
"""What a server may ask for in earnest: a day. Every run gives up long before."""


class WebClient:
    """Fetches files; safe to share between threads, connections are kept open and used again."""

    def __init__(self, settings: WebSettings, resolve: Resolver) -> None:
        self._settings = settings
        self._pool = httpcore2.ConnectionPool(
            ssl_context=_trusted(settings.certificates),
            max_connections=None,
            max_keepalive_connections=16,
            keepalive_expiry=30.0,
            network_backend=GuardedNetwork(resolve, settings.allow_private),
        )
        self._timeouts = {
            "connect": settings.connect_s,
            "read": settings.read_s,
            "write": settings.read_s,
            "pool": settings.total_s,
        }

    def get(self, location: str) -> bytes:
        """The file at a URL; redirects are followed, each checked as the first address was.

        Raises:
            PhotoMissing: The server says that there is none.
            PhotoRefused: The address, a redirect or the size is not allowed.
            PhotoUnreachable: No connection, an error of the server, too slow, cut short.
        """
        with within(self._settings.total_s), _as_fetch_errors(location):
            url = location
            for _ in range(_REDIRECTS + 1):
                answer = self._ask(location, parse_url(url, self._settings.ports))
                if isinstance(answer, bytes):
                    return answer
                url = _joined(url, answer)
        raise PhotoRefused(location, f"more than {_REDIRECTS} redirects")

    def close(self) -> None:
        """Close all connections."""
        self._pool.close()

    def _ask(self, location: str, url: Url) -> bytes | str:
        """The body, or where else to look."""
        with self._pool.stream(
            "GET",
            httpcore2.URL(scheme=url.scheme, host=url.host, port=url.port, target=url.target),
            headers={**_HEADERS, "Host": url.authority},
            extensions={"timeout": self._timeouts},
        ) as response:
            headers = _headers(response.headers)
            if response.status in _MOVED and "location" in headers:
                return headers["location"]
            if response.status != _OK:
                raise _unhappy(location, response.status, headers)
            return _body(location, headers, response.iter_stream(), self._settings.max_bytes)


@contextmanager
def _as_fetch_errors(location: str) -> Iterator[None]:
    try:
        yield
    except Refusal as refusal:
        raise PhotoRefused(location, str(refusal)) from refusal
    except zlib.error as error:
        raise PhotoUnreachable(location, f"the compressed content is damaged: {error}") from error
    except socket.gaierror as error:
        passing = error.errno == socket.EAI_AGAIN
        raise PhotoUnreachable(location, f"host not found: {error.strerror}", retry=passing) from error
    except httpcore2.TimeoutException as error:
        raise PhotoUnreachable(location, "the server is too slow", retry=True) from error
    except (httpcore2.NetworkError, httpcore2.ProtocolError, OSError) as error:
        raise _broken(location, error) from error


def _broken(location: str, error: Exception) -> FetchError:
    cause = error.args[0] if error.args else None  # httpcore wraps the error of the socket
    if isinstance(cause, ssl.SSLCertVerificationError):
        return PhotoUnreachable(
            location, f"the server's certificate is not valid: {cause.verify_message}"
        )
    return PhotoUnreachable(location, f"the connection broke: {error}", retry=True)


def _unhappy(location: str, status: int, headers: Mapping[str, str]) -> FetchError:
    """What an answer other than a file means."""
    if status in _GONE:
        return PhotoMissing(location, f"the server has no such file (status {status})")
    if status in _DENIED:
        return PhotoUnreachable(location, f"the server denies access (status {status})")
    if status in _PASSING:
        wait = _wait_s(headers.get("retry-after", ""))
        return PhotoUnreachable(
            location, f"the server is busy or broken (status {status})", retry=True, wait_s=wait
        )
    return PhotoUnreachable(location, f"the server answers with status {status}")


def _wait_s(retry_after: str) -> float | None:
    """Seconds that a header Retry-After asks for (RFC 9110, 10.2.3): a number, or a date."""
    if retry_after.isascii() and retry_after.isdigit():
        return min(float(retry_after), _LONGEST_WAIT_S)
    try:
        until = parsedate_to_datetime(retry_after)
        until = until if until.tzinfo else until.replace(tzinfo=UTC)
        wait = (until - datetime.now(UTC)).total_seconds()
    except (ValueError, ArithmeticError, LookupError, TypeError):
        return None  # years, zones and garbage of every kind: as if nothing were asked for
    return min(max(0.0, wait), _LONGEST_WAIT_S)


def _body(location: str, headers: Mapping[str, str], chunks: Iterable[bytes], limit: int) -> bytes:
    """The content, decompressed, cut off as soon as it is too long."""
    if _declared(headers.get("content-length", "")) > limit:
        raise _too_large(location, limit)
    unpacker = _unpacker(location, headers.get("content-encoding", "").strip().lower())
    content = bytearray()
    received = 0
    for chunk in chunks:
        received += len(chunk)
        content += unpacker.decompress(chunk, limit + 1 - len(content)) if unpacker else chunk
        if max(received, len(content)) > limit:
            raise _too_large(location, limit)
    if unpacker and not unpacker.eof:
        raise PhotoUnreachable(location, "the compressed content is cut short", retry=True)
    return bytes(content)


def _declared(length: str) -> float:
    """Bytes that a header Content-Length tells of; 0 where it is no number."""
    return float(length) if length.isascii() and length.isdigit() else 0.0


def _joined(url: str, target: str) -> str:
    try:
        return urljoin(url, target)
    except ValueError as error:
        raise Refusal(f"a redirect to what is not a URL: {error}") from error


def _unpacker(location: str, encoding: str) -> zlib._Decompress | None:
    if encoding in ("", "identity"):
        return None
    if encoding in ("gzip", "x-gzip", "deflate"):
        return zlib.decompressobj(_GZIP_OR_ZLIB)
    raise PhotoRefused(location, f"the server compresses in a way not asked for: {encoding}")


def _too_large(location: str, limit: int) -> FetchError:
    return PhotoRefused(location, f"larger than the limit of {limit:,} bytes")


def _headers(raw: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    return {_decoded(name).lower(): _decoded(value) for name, value in raw}


def _decoded(header: bytes) -> str:
    """Text of a header; beyond ASCII there is no rule that servers follow."""
    try:
        return header.decode()
    except UnicodeDecodeError:
        return header.decode("latin-1")


def _trusted(certificates: Path | None) -> ssl.SSLContext | None:
    try:
        return None if certificates is None else ssl.create_default_context(cafile=certificates)
    except OSError as error:
        raise InvalidInput(f"{certificates}: no certificates can be read from it: {error}") from error
