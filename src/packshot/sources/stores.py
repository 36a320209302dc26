"""Object stores, through fsspec: files, and prefixes as folders."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO, cast

from packshot.distribution import how_to_install, pip_install
from packshot.errors import FetchError, PhotoMissing, PhotoRefused, PhotoUnreachable
from packshot.sources.urls import scheme_of

PACKAGES = {
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


def is_store(location: str) -> bool:
    """Whether a location has the scheme of a store."""
    return scheme_of(location) in PACKAGES


def read(location: str, max_bytes: int) -> bytes:
    """An object.

    Raises:
        PhotoMissing: No such object.
        PhotoRefused: Larger than allowed, or a folder.
        PhotoUnreachable: No permission, no connection, or the store's package is not installed.
    """
    with _as_fetch_errors(location):
        filesystem, path = _opened(location)
        facts = filesystem.info(path)
        if facts["type"] != "file":
            raise PhotoRefused(location, "a folder, not a file")
        if (facts["size"] or 0) > max_bytes:
            raise PhotoRefused(location, f"larger than the limit of {max_bytes:,} bytes")
        return bytes(filesystem.cat_file(path))


@contextmanager
def opened(location: str) -> Iterator[BinaryIO]:
    """An object as a stream, fetched in pieces as it is read.

    Raises:
        FetchError: As `read`.
    """
    with _as_fetch_errors(location):
        filesystem, path = _opened(location)
        file = filesystem.open(path, "rb")
    with file:
        yield cast(BinaryIO, file)


def is_folder(location: str) -> bool:
    """Whether there are objects below a location.

    Raises:
        FetchError: As `read`.
    """
    with _as_fetch_errors(location):
        filesystem, path = _opened(location)
        return bool(filesystem.isdir(path))


def files_below(location: str) -> Iterator[str]:
    """Addresses of all objects below a prefix, a folder at a time, in a stable order.

    Entries whose names begin with a dot are skipped, as in folders of this machine.

    Raises:
        FetchError: As `read`.
    """
    with _as_fetch_errors(location):
        filesystem, path = _opened(location)
        for parent, folders, names in filesystem.walk(path):
            folders[:] = sorted(name for name in folders if not _is_hidden(name))
            visible = sorted(name for name in names if name and not _is_hidden(name))
            yield from (_address(location, posixpath.join(parent, name)) for name in visible)


def matching(pattern: str) -> Iterator[str]:
    """Addresses of the objects that match a glob pattern, sorted.

    Raises:
        FetchError: As `read`.
    """
    with _as_fetch_errors(pattern):
        filesystem, path = _opened(pattern)
        found = filesystem.glob(path, detail=True)
        files = sorted(name for name in found if found[name]["type"] == "file")
        yield from (_address(pattern, name) for name in files if not _is_hidden(name))


def _is_hidden(path: str) -> bool:
    return posixpath.basename(path).startswith(".")


def beside(place: str, location: str) -> str:
    """The address of what a table in a store calls by a relative path; never outside its bucket."""
    bucket, _, path = place.partition("://")[2].partition("/")
    below = posixpath.normpath(posixpath.join("/", posixpath.dirname(path), location.lstrip("/")))
    return f"{scheme_of(place)}://{bucket}{below}"


def _opened(location: str) -> tuple[Any, str]:
    if "::" in location:
        raise PhotoRefused(location, "a chain of addresses")
    try:
        import fsspec
    except ImportError:
        raise PhotoUnreachable(location, f"needs fsspec: {how_to_install('remote')}") from None
    package = PACKAGES[scheme_of(location) or ""]
    try:
        filesystem, path = fsspec.core.url_to_fs(location, use_listings_cache=False)
    except ImportError:
        raise PhotoUnreachable(location, f"needs {package}: {pip_install(package)}") from None
    return filesystem, path


def _address(like: str, path: str) -> str:
    return f"{scheme_of(like)}://{path.lstrip('/')}"


@contextmanager
def _as_fetch_errors(location: str) -> Iterator[None]:
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
        denied = "credential" in str(error).lower()
        reason = f"the store cannot be read: {error or type(error).__name__}"
        raise PhotoUnreachable(location, reason, retry=not denied) from error
