"""Object stores, through fsspec: files, and prefixes as folders."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from ipaddress import ip_address
from typing import Any, BinaryIO, cast
from urllib.parse import urlsplit

from packshot.distribution import format_install_command, format_pip_command
from packshot.errors import FetchError, PhotoMissing, PhotoRefused, PhotoUnreachable
from packshot.sources.addresses import Resolver, find_refusal_reason, resolve_host
from packshot.sources.settings import StoreSettings
from packshot.sources.urls import scheme_of

PACKAGE_BY_SCHEME = {
    "s3": "s3fs",
    "s3a": "s3fs",
    "gs": "gcsfs",
    "gcs": "gcsfs",
    "az": "adlfs",
    "abfs": "adlfs",
    "abfss": "adlfs",
    "oss": "ossfs",
    "memory": "fsspec",
}
"""Schemes of the stores, and the package that brings each. No others: fsspec would also follow URLs,
open archives and chain addresses, past every guard."""

_ANONYMOUS_OPTIONS: Mapping[str, Mapping[str, Any]] = {
    "s3fs": {"anon": True},
    "gcsfs": {"token": "anon"},
    "fsspec": {},
}
"""How a package is told to show no credentials; the others may take them from the environment."""

_ENDPOINT_PORT = 443
"""Port that an endpoint's host is resolved for: addresses do not depend on it."""
_DEFAULT_SETTINGS = StoreSettings()


def is_store(location: str) -> bool:
    """Return whether a location has the scheme of a store.

    Example:
        >>> is_store("s3://shop/mug.jpg"), is_store("https://shop.example/mug.jpg")
        (True, False)
    """
    return scheme_of(location) in PACKAGE_BY_SCHEME


def read_object(location: str, max_bytes: int, settings: StoreSettings = _DEFAULT_SETTINGS) -> bytes:
    """Read an object.

    Raises:
        PhotoMissing: No such object.
        PhotoRefused: Larger than allowed, a folder, or for a feed from elsewhere a store that needs
            credentials or lies in a private network.
        PhotoUnreachable: No permission, no connection, or the store's package is not installed.

    Example:
        >>> import fsspec
        >>> fsspec.filesystem("memory").pipe("/shop/mug.jpg", b"photo")
        >>> read_object("memory://shop/mug.jpg", max_bytes=100)
        b'photo'
        >>> read_object("memory://shop/mug.jpg", max_bytes=4)
        Traceback (most recent call last):
            ...
        packshot.errors.PhotoRefused: memory://shop/mug.jpg: larger than the limit of 4 bytes
    """
    with _translate_fetch_errors(location):
        filesystem, path = _open_filesystem(location, settings)
        info = filesystem.info(path)
        if info["type"] != "file":
            raise PhotoRefused(location, "a folder, not a file")
        if (info["size"] or 0) > max_bytes:
            raise PhotoRefused(location, f"larger than the limit of {max_bytes:,} bytes")
        content = bytes(filesystem.cat_file(path, start=0, end=max_bytes + 1)) if info["size"] else b""
        if len(content) > max_bytes:
            raise PhotoRefused(location, f"larger than the limit of {max_bytes:,} bytes")
        return content


@contextmanager
def open_object(location: str) -> Iterator[BinaryIO]:
    """Open an object as a stream, fetched in pieces as it is read.

    Raises:
        FetchError: As `read_object`.

    Example:
        >>> import fsspec
        >>> fsspec.filesystem("memory").pipe("/shop/feed.csv", b"sku,photo")
        >>> with open_object("memory://shop/feed.csv") as file:
        ...     print(file.read(3))
        b'sku'
    """
    with _translate_fetch_errors(location):
        filesystem, path = _open_filesystem(location)
        file = filesystem.open(path, "rb")
    with file:
        yield cast(BinaryIO, file)


def is_folder(location: str) -> bool:
    """Return whether there are objects below a location.

    Raises:
        FetchError: As `read_object`.

    Example:
        >>> import fsspec
        >>> fsspec.filesystem("memory").pipe("/shop/mug.jpg", b"photo")
        >>> is_folder("memory://shop"), is_folder("memory://shop/mug.jpg")
        (True, False)
    """
    with _translate_fetch_errors(location):
        filesystem, path = _open_filesystem(location)
        return bool(filesystem.isdir(path))


def iter_objects_below(location: str) -> Iterator[str]:
    """Yield the addresses of all objects below a prefix, a folder at a time, in a stable order.

    Entries whose names begin with a dot are skipped, as in folders of this machine.

    Raises:
        FetchError: As `read_object`.

    Example:
        >>> import fsspec
        >>> store = fsspec.filesystem("memory")
        >>> store.pipe({"/bowls/2.jpg": b"b", "/bowls/1.jpg": b"a", "/bowls/.hidden": b"c"})
        >>> list(iter_objects_below("memory://bowls"))
        ['memory://bowls/1.jpg', 'memory://bowls/2.jpg']
    """
    with _translate_fetch_errors(location):
        filesystem, path = _open_filesystem(location)
        for parent, folders, names in filesystem.walk(path):
            folders[:] = sorted(name for name in folders if not _is_hidden(name))
            visible = sorted(name for name in names if name and not _is_hidden(name))
            yield from (_format_address(location, posixpath.join(parent, name)) for name in visible)


def iter_matching_objects(pattern: str) -> Iterator[str]:
    """Yield the addresses of the objects that match a glob pattern, sorted.

    Raises:
        FetchError: As `read_object`.

    Example:
        >>> import fsspec
        >>> fsspec.filesystem("memory").pipe({"/lamps/2.jpg": b"b", "/lamps/1.png": b"a"})
        >>> list(iter_matching_objects("memory://lamps/*.jpg"))
        ['memory://lamps/2.jpg']
    """
    with _translate_fetch_errors(pattern):
        filesystem, path = _open_filesystem(pattern)
        found = filesystem.glob(path, detail=True)
        files = sorted(name for name in found if found[name]["type"] == "file")
        yield from (_format_address(pattern, name) for name in files if not _is_hidden(name))


def _is_hidden(path: str) -> bool:
    return posixpath.basename(path).startswith(".")


def resolve_relative(place: str, location: str) -> str:
    """Resolve what a table in a store calls by a relative path; never outside its bucket.

    Example:
        >>> resolve_relative("s3://shop/feeds/may.csv", "../photos/mug.jpg")
        's3://shop/photos/mug.jpg'
    """
    bucket, _, path = place.partition("://")[2].partition("/")
    resolved = posixpath.normpath(posixpath.join("/", posixpath.dirname(path), location.lstrip("/")))
    return f"{scheme_of(place)}://{bucket}{resolved}"


def _open_filesystem(location: str, settings: StoreSettings = _DEFAULT_SETTINGS) -> tuple[Any, str]:
    if "::" in location:
        raise PhotoRefused(location, "a chain of addresses")
    try:
        import fsspec
    except ImportError:
        raise PhotoUnreachable(location, f"needs fsspec: {format_install_command('remote')}") from None
    package = PACKAGE_BY_SCHEME[scheme_of(location) or ""]
    is_foreign = settings.feed is not None and _parse_bucket(settings.feed) != _parse_bucket(location)
    options = (
        _get_anonymous_options(location, package) if is_foreign and not settings.lend_credentials else {}
    )
    try:
        filesystem, path = fsspec.core.url_to_fs(location, use_listings_cache=False, **options)
    except ImportError:
        raise PhotoUnreachable(location, f"needs {package}: {format_pip_command(package)}") from None
    if is_foreign and not settings.allow_private:
        _check_public_endpoint(location, filesystem)
    return filesystem, path


def _parse_bucket(location: str) -> tuple[str | None, str]:
    """Parse the store's package and the bucket in it; of no store, no package."""
    return PACKAGE_BY_SCHEME.get(scheme_of(location) or ""), location.partition("://")[2].partition("/")[
        0
    ]


def _get_anonymous_options(location: str, package: str) -> Mapping[str, Any]:
    if package not in _ANONYMOUS_OPTIONS:
        raise PhotoRefused(
            location,
            "a feed from elsewhere may not use this machine's credentials: see --store-credentials",
        )
    return _ANONYMOUS_OPTIONS[package]


def _check_public_endpoint(location: str, filesystem: Any, resolve: Resolver = resolve_host) -> None:
    """Refuse a store whose endpoint is not for a feed from elsewhere to reach."""
    host = urlsplit(_find_endpoint(filesystem)).hostname
    for address in _resolve_addresses(host, resolve) if host else ():
        if reason := find_refusal_reason(address):
            raise PhotoRefused(
                location, f"the store's endpoint {host} is {reason}; --allow-private lets feeds ask it"
            )


def _resolve_addresses(host: str, resolve: Resolver) -> list[str]:
    try:
        return [str(ip_address(host))]
    except ValueError:
        return list(resolve(host, _ENDPOINT_PORT))


def _find_endpoint(filesystem: Any) -> str:
    """Find the URL that a store's client asks, as far as it tells one; of s3fs and of gcsfs."""
    if "s3" in filesystem.protocol:
        return str(filesystem.s3.meta.endpoint_url)
    return str(getattr(filesystem, "base", ""))


def _format_address(example: str, path: str) -> str:
    return f"{scheme_of(example)}://{path.lstrip('/')}"


@contextmanager
def _translate_fetch_errors(location: str) -> Iterator[None]:
    try:
        yield
    except FetchError:
        raise
    except FileNotFoundError as error:
        raise PhotoMissing(location, "the store has no such object") from error
    except PermissionError as error:
        raise PhotoUnreachable(location, f"the store denies access: {error}") from error
    except ValueError as error:
        raise PhotoMissing(location, f"not an address of a store: {error}") from error
    except Exception as error:  # each store's package raises errors of its own
        is_denied = "credential" in str(error).lower()
        reason = f"the store cannot be read: {error or type(error).__name__}"
        raise PhotoUnreachable(location, reason, retry=not is_denied) from error
