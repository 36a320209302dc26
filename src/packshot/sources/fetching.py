"""Photos from wherever a feed says they are: this machine, object stores, the web."""

from __future__ import annotations

import errno
import hashlib
import logging
import os
import random
import stat
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote_to_bytes, urlsplit
from urllib.request import url2pathname

from tenacity import (
    RetryCallState,
    Retrying,
    retry_if_exception,
    stop_after_attempt,
    stop_before_delay,
)

from packshot.distribution import format_install_command
from packshot.errors import FetchError, PhotoMissing, PhotoRefused, PhotoUnreachable
from packshot.regular_files import open_nonblocking
from packshot.sources import stores
from packshot.sources.addresses import Resolver, resolve_host
from packshot.sources.settings import Retries, StoreSettings, WebSettings
from packshot.sources.urls import (
    FILE_SCHEMES,
    WEB_SCHEMES,
    WRITTEN_INTO_FEED,
    is_data_address,
    is_remote,
    scheme_of,
)

if TYPE_CHECKING:
    from packshot.sources.web import WebClient

_log = logging.getLogger(__name__)
_CHUNK_BYTES = 2**20
_MAX_LOCATION_LENGTH = 32_768
"""Letters of a location: several times what any server takes as a URL, or any system as a path."""
_MISSING_ERRNOS = frozenset({errno.ENOENT, errno.ENOTDIR, errno.ENAMETOOLONG, errno.ELOOP})
_DENIED_ERRNOS = frozenset({errno.EACCES, errno.EPERM})


@dataclass(frozen=True)
class FetchedFile:
    """A file that was fetched.

    Attributes:
        content: Its bytes; of a file of this machine its path.
        sha256: Of the bytes, hexadecimal.
        size: Bytes.

    Example:
        >>> fetched = Fetcher().fetch("examples/photos/mug.jpg")
        >>> fetched.size == Path("examples/photos/mug.jpg").stat().st_size
        True
    """

    content: bytes | Path
    sha256: str
    size: int


@dataclass(frozen=True)
class Fetcher:
    """Fetches photos; safe to share between threads, and to send to other processes.

    What it needs (connections, certificates) it opens when first asked, in each process anew.

    Attributes:
        web: Limits and permissions. Its ``max_bytes`` holds for files and objects too.
        retries: How often and how long `fetch_with_retries` tries.
        local_files: Whether a location may be a file of this machine; say no where feeds come from
            others.
        stores: How object stores are asked; without this machine's credentials where feeds come from
            others.
        resolve: Asks name servers; a function of a module, if the fetcher is to travel.
        sleep: Waits between attempts.

    Example:
        >>> try:
        ...     Fetcher(local_files=False).fetch("/etc/passwd")
        ... except PhotoRefused as error:
        ...     print(error)
        /etc/passwd: files of this machine are not allowed
    """

    web: WebSettings = field(default_factory=WebSettings)
    retries: Retries = field(default_factory=Retries)
    local_files: bool = True
    resolve: Resolver = resolve_host
    sleep: Callable[[float], None] = time.sleep
    stores: StoreSettings = field(default_factory=StoreSettings)

    def fetch(self, location: str) -> FetchedFile:
        """One attempt at a photo.

        Args:
            location: A path, a ``file://`` address, one of an object store, or an http or https URL.

        Raises:
            PhotoMissing: Nothing there, or an empty location.
            PhotoRefused: Guarded, too large, not a file, a scheme that is not fetched from.
            PhotoUnreachable: It cannot be read; ``retry`` says whether it may be another time. Whatever
                else goes wrong is one too, and logged: no location that others write ends a run.
        """
        try:
            return self._fetch_once(location)
        except FetchError:
            raise
        except Exception as error:
            _log.exception("fetching %r failed unexpectedly", location[:_MAX_LOCATION_LENGTH])
            reason = f"fetching it failed unexpectedly: {type(error).__name__}: {error}"
            raise PhotoUnreachable(location, reason) from error

    def _fetch_once(self, location: str) -> FetchedFile:
        scheme = scheme_of(location)
        if not location.strip():
            raise PhotoMissing(location, "the feed names no photo")
        if len(location) > _MAX_LOCATION_LENGTH:
            raise PhotoRefused(location, f"a location of more than {_MAX_LOCATION_LENGTH:,} letters")
        if is_data_address(location):
            raise PhotoRefused(location, WRITTEN_INTO_FEED)
        if scheme in FILE_SCHEMES:
            return self._fetch_file(location)
        if scheme in WEB_SCHEMES:
            return self._fetch_from_web(location)
        if stores.is_store(location):
            return _digest_content(stores.read_object(location, self.web.max_bytes, self.stores))
        raise PhotoRefused(location, f"photos are not fetched from {scheme}:// addresses")

    def fetch_with_retries(self, location: str) -> FetchedFile:
        """As `fetch`, again and again where that may help.

        Raises:
            FetchError: As `fetch`; the last one, when attempts or time are used up.
        """
        retrying = Retrying(
            retry=retry_if_exception(lambda error: isinstance(error, FetchError) and error.retry),
            stop=stop_after_attempt(self.retries.attempts) | stop_before_delay(self.retries.total_s),
            wait=_make_wait(self.retries, location),
            sleep=self.sleep,
            reraise=True,
        )
        try:
            return retrying(self.fetch, location)
        except FetchError as error:
            raise _with_attempt_count(error, retrying.statistics["attempt_number"]) from error

    def with_feed_restrictions(self, feed: str) -> Fetcher:
        """Return the fetcher that opens a feed's photos.

        A feed from elsewhere names no files of this machine, and what it names in object stores is asked
        for as anybody would ask: without this machine's credentials, unless `StoreSettings` allow them.
        """
        if not is_remote(feed):
            return self
        restricted = replace(self.stores, feed=feed, allow_private=self.web.allow_private)
        return replace(self, local_files=False, stores=restricted)

    def close(self) -> None:
        """Close the connections that are open; a later fetch opens new ones."""
        if client := self.__dict__.pop("_client", None):
            client.close()

    def __reduce__(self) -> tuple[object, ...]:
        """Settings alone travel."""
        settings = (self.web, self.retries, self.local_files, self.resolve, self.sleep, self.stores)
        return type(self), settings

    @cached_property
    def _client(self) -> WebClient:
        from packshot.sources.web import WebClient

        return WebClient(self.web, self.resolve)

    def _fetch_from_web(self, location: str) -> FetchedFile:
        try:
            client = self._client
        except ImportError:
            reason = f"URLs need httpcore2: {format_install_command('remote')}"
            raise PhotoUnreachable(location, reason) from None
        return _digest_content(client.get(location))

    def _fetch_file(self, location: str) -> FetchedFile:
        if not self.local_files:
            raise PhotoRefused(location, "files of this machine are not allowed")
        try:
            return _digest_file(location, location_to_path(location), self.web.max_bytes)
        except ValueError as error:
            raise PhotoMissing(location, f"not a path: {error}") from error
        except OSError as error:
            raise _make_file_error(location, error) from error


def location_to_path(location: str) -> Path:
    """The path of a location on this machine, given as one or as a ``file://`` address.

    Raises:
        PhotoRefused: The address names another machine, or is none.

    Example:
        >>> location_to_path("file:///srv/red%20mug.jpg").name
        'red mug.jpg'
    """
    if scheme_of(location) is None:
        return Path(location)
    try:
        parts = urlsplit(location)
        path = _unquote_path(parts.path)
    except ValueError as error:
        raise PhotoRefused(location, f"not an address of a file: {error}") from error
    if parts.netloc not in ("", "localhost"):
        raise PhotoRefused(location, f"a file of another machine, {parts.netloc}")
    return Path(path)


def _unquote_path(path: str) -> str:
    """The path of a ``file://`` address; on POSIX its escapes are bytes of any kind."""
    return url2pathname(path) if os.name == "nt" else os.fsdecode(unquote_to_bytes(os.fsencode(path)))


def _digest_file(location: str, path: Path, max_bytes: int) -> FetchedFile:
    """Digest of a regular file; opening never waits, as it would for a pipe that nobody writes to."""
    with open(path, "rb", buffering=0, opener=open_nonblocking) as file:
        status = os.fstat(file.fileno())
        if not stat.S_ISREG(status.st_mode):
            raise PhotoRefused(location, "a pipe or a device, not a file")
        if status.st_size > max_bytes:
            raise PhotoRefused(location, f"larger than the limit of {max_bytes:,} bytes")
        digest, size = hashlib.sha256(), 0
        while chunk := file.read(_CHUNK_BYTES):
            digest.update(chunk)
            size += len(chunk)
    return FetchedFile(path, digest.hexdigest(), size)


def _make_file_error(location: str, error: OSError) -> FetchError:
    if error.errno in _MISSING_ERRNOS:
        return PhotoMissing(location, "no such file")
    if error.errno == errno.EISDIR:
        return PhotoRefused(location, "a folder, not a file")
    reason = error.strerror or str(error)
    return PhotoUnreachable(
        location, f"the file cannot be read: {reason}", retry=error.errno not in _DENIED_ERRNOS
    )


def _digest_content(content: bytes) -> FetchedFile:
    return FetchedFile(content, hashlib.sha256(content).hexdigest(), len(content))


def _make_wait(retries: Retries, location: str) -> Callable[[RetryCallState], float]:
    """Make what says the seconds before the next attempt: twice as long each time, half of it by chance.

    What the other side asks for in earnest is waited for, where that is longer.
    """
    seed = None if retries.seed is None else f"{retries.seed} {location}"
    generator = random.Random(seed)  # noqa: S311 - no secret

    def wait(state: RetryCallState) -> float:
        ceiling = min(retries.first_wait_s * 2 ** (state.attempt_number - 1), retries.longest_wait_s)
        error: BaseException | None = state.outcome.exception() if state.outcome else None
        asked_s = error.wait_s if isinstance(error, FetchError) else None
        return max(float(ceiling * generator.uniform(0.5, 1.0)), asked_s or 0.0)

    return wait


def _with_attempt_count(error: FetchError, attempts: int) -> FetchError:
    """Add the number of attempts to what a user reads, where there were several."""
    if attempts == 1:
        return error
    reason = f"{error.reason} ({attempts} attempts)"
    return type(error)(error.location, reason, retry=error.retry, wait_s=error.wait_s)
