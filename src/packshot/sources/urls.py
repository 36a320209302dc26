"""URLs that photos may be fetched from, taken apart once."""

from __future__ import annotations

import os
import re
from collections.abc import Collection
from dataclasses import dataclass
from urllib.parse import SplitResult, quote, urlsplit

from packshot.names import is_encodable

WEB_SCHEMES = frozenset({"http", "https"})
FILE_SCHEMES = frozenset({None, "file"})
STANDARD_PORTS = {"http": 80, "https": 443}
WRITTEN_INTO_FEED = "a photo that is written into the feed itself is not read: give its address"
_DATA_SCHEME = "data:"
_MAX_HOST_LENGTH = 253
"""Letters of a host's name (RFC 1035, 2.3.4: 255 octets, two of which are lengths)."""
_HOST = re.compile(r"[a-z0-9._-]+|[0-9a-f:.]*:[0-9a-f:.]*", re.IGNORECASE)
# RFC 3986, 3.1, but of a length, as what is no address may be very long; registered schemes are shorter.
_SCHEME = re.compile(r"([a-z][a-z0-9+.-]{1,40})://", re.IGNORECASE)
# What may stand in a path and a query unescaped (RFC 3986), and the percent sign of what is escaped
# already.
_SAFE_CHARACTERS = "/?:@!$&'()*+,;=-._~%[]"


class AddressRefused(Exception):  # noqa: N818 - caught and told with the location of the feed
    """An address that is not to be asked for a photo.

    Example:
        >>> parse_url("https://shop.example:22/mug.jpg", ports={80, 443})
        Traceback (most recent call last):
            ...
        packshot.sources.urls.AddressRefused: port 22 is not among those allowed: 80, 443
    """


@dataclass(frozen=True)
class Url:
    """A checked http or https URL.

    Attributes:
        scheme: ``http`` or ``https``.
        host: A name in ASCII, or a numeric address without brackets.
        port: Number.
        target: Path and query, escaped, from ``/`` on.

    Example:
        >>> Url("https", "shop.example", 8443, "/mug.jpg").authority
        'shop.example:8443'
    """

    scheme: str
    host: str
    port: int
    target: str

    @property
    def authority(self) -> str:
        """The value of the header Host."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == STANDARD_PORTS[self.scheme] else f"{host}:{self.port}"


def scheme_of(location: str) -> str | None:
    """Return the scheme before ``://`` in lower case; None for a path.

    Example:
        >>> scheme_of("HTTPS://shop.example/mug.jpg"), scheme_of("photos/mug.jpg")
        ('https', None)
    """
    found = _SCHEME.match(location)
    return found[1].lower() if found else None


def is_data_address(location: str) -> bool:
    """Return whether an address holds the photo itself.

    Example:
        >>> is_data_address("data:image/png;base64,iVBORw0"), is_data_address("data/mug.jpg")
        (True, False)
    """
    return location[: len(_DATA_SCHEME)].lower() == _DATA_SCHEME


def is_remote(place: str | os.PathLike[str]) -> bool:
    """Return whether a feed lies elsewhere, so that it has no business naming files of this machine.

    Example:
        >>> is_remote("s3://shop/feed.csv"), is_remote("file:///home/shop/feed.csv")
        (True, False)
    """
    return scheme_of(os.fspath(place)) not in FILE_SCHEMES


def parse_url(location: str, ports: Collection[int]) -> Url:
    """Take a URL apart, or refuse it.

    Args:
        location: With its scheme; spaces and letters beyond ASCII are escaped.
        ports: Those allowed.

    Raises:
        AddressRefused: Another scheme, a user name or password, another port, no proper host, or half a
            character, which no URL can hold.

    Example:
        >>> parse_url("https://shop.example/red mug.jpg?w=800", ports={80, 443}).target
        '/red%20mug.jpg?w=800'
        >>> parse_url("https://user:secret@shop.example/mug.jpg", ports={80, 443})
        Traceback (most recent call last):
            ...
        packshot.sources.urls.AddressRefused: a user name or password in the URL
    """
    if not is_encodable(location):
        raise AddressRefused("not a URL: it is not valid Unicode")
    try:
        parts = urlsplit(location)
        port = parts.port
    except ValueError as error:
        raise AddressRefused(f"not a URL: {error}") from error
    if parts.scheme not in WEB_SCHEMES:
        raise AddressRefused(f"the scheme {parts.scheme or '(none)'} is neither http nor https")
    if "@" in parts.netloc:
        raise AddressRefused("a user name or password in the URL")
    port = STANDARD_PORTS[parts.scheme] if port is None else port
    if port not in ports:
        raise AddressRefused(f"port {port} is not among those allowed: {_format_ports(ports)}")
    return Url(parts.scheme, _parse_host(parts), port, _format_target(parts))


def _parse_host(parts: SplitResult) -> str:
    try:
        host = (parts.hostname or "").encode("idna").decode("ascii")
    except UnicodeError as error:
        raise AddressRefused(f"not a valid host name: {error}") from error
    if not _HOST.fullmatch(host) or len(host) > _MAX_HOST_LENGTH:
        raise AddressRefused("not a valid host name")
    return host


def _format_target(parts: SplitResult) -> str:
    path = quote(parts.path or "/", safe=_SAFE_CHARACTERS)
    return f"{path}?{quote(parts.query, safe=_SAFE_CHARACTERS)}" if parts.query else path


def _format_ports(ports: Collection[int]) -> str:
    return ", ".join(str(port) for port in sorted(ports))
