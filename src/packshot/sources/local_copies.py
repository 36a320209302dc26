"""Photos of a feed as files of this machine, for work that opens them more than once."""

from __future__ import annotations

import hashlib
import re
from collections import Counter, deque
from collections.abc import Generator, Iterable
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from packshot.errors import FetchError
from packshot.files import atomic_write_bytes
from packshot.processes import open_thread_pool
from packshot.scratch import Scratch
from packshot.sources.fetching import Fetcher, location_to_path
from packshot.sources.folders import photo_name
from packshot.sources.urls import FILE_SCHEMES, scheme_of

_MAX_CONCURRENT_FETCHES = 16
"""Photos that are fetched at a time, and locations that are read ahead: they wait for servers, not for
cores. As many as `web.WebClient` keeps connections. A judgement."""
_MAX_NAME_LENGTH = 60
"""Letters of a copy's name, the last ones, which hold the extension: of four bytes each they fit any
file system, which allow 255."""
_UNSAFE_CHARACTERS = re.compile(r"[^\w.-]+")


@dataclass(frozen=True)
class LocalCopy:
    """A photo of a feed on this machine.

    Attributes:
        location: As the feed gives it.
        path: The file; meaningless where there is an error.
        error: Why it could not be had; empty where it could, or where only opening it will tell.

    Example:
        >>> LocalCopy("https://shop.example/mug.jpg", Path(), "the server is too slow").error
        'the server is too slow'
    """

    location: str
    path: Path
    error: str = ""


class LocalCopies:
    """Photos fetched into a folder of their own, which goes with this object, or with the process.

    A file of this machine is its own copy: nothing is read, nothing written, opening it tells what is
    wrong. Everything else goes through the fetcher, several at a time. Use it from one thread.

    Example:
        >>> with LocalCopies(Fetcher()) as copies:
        ...     [copy] = copies.fetch_all(["examples/photos/mug.jpg"])
        >>> copy.path.as_posix(), copy.error
        ('examples/photos/mug.jpg', '')
    """

    def __init__(self, fetcher: Fetcher) -> None:
        """Make nothing yet: where every photo is here no folder is needed.

        Args:
            fetcher: Says what may be fetched, files of this machine included.
        """
        self._fetcher = fetcher
        self._scratch = Scratch()
        self._use_counts: Counter[str] = Counter()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._fetcher.close()
        self._scratch.remove()

    def fetch_all(self, locations: Iterable[str]) -> Generator[LocalCopy]:
        """Yield copies in the order of their locations, which are read only a little ahead.

        Raises:
            SourceError: The folder cannot be written to.
        """
        with open_thread_pool(_MAX_CONCURRENT_FETCHES, "fetching") as pool:
            pending: deque[Future[LocalCopy]] = deque()
            for location in locations:
                self._use_counts[location] += 1
                pending.append(pool.submit(self._fetch_copy, location))
                if len(pending) >= _MAX_CONCURRENT_FETCHES:
                    yield pending.popleft().result()
            while pending:
                yield pending.popleft().result()

    def path(self, location: str) -> Path:
        """Return where the copy is, or would be: for a file of this machine the file itself."""
        if self.is_local_file(location):
            return location_to_path(location)
        digest = hashlib.blake2b(location.encode("utf-8", "replace"), digest_size=12).hexdigest()
        name = _UNSAFE_CHARACTERS.sub("_", photo_name(location))[-_MAX_NAME_LENGTH:].lstrip(".")
        return self._scratch.folder / digest / (name or "photo")

    def drop(self, locations: Iterable[str]) -> None:
        """Give up copies, as often as `fetch_all` gave them; files of this machine stay."""
        for location in locations:
            self._use_counts[location] -= 1
            if self._use_counts[location] <= 0:
                del self._use_counts[location]
                if not self.is_local_file(location):
                    self.path(location).unlink(missing_ok=True)

    def is_local_file(self, location: str) -> bool:
        """Return whether a photo is a file of this machine anyway, which stays."""
        return self._fetcher.local_files and scheme_of(location) in FILE_SCHEMES

    def _fetch_copy(self, location: str) -> LocalCopy:
        try:
            path = self.path(location)
            if not self.is_local_file(location) and not path.exists():
                content = self._fetcher.fetch_with_retries(location).content
                atomic_write_bytes(content if isinstance(content, bytes) else content.read_bytes(), path)
        except FetchError as error:
            return LocalCopy(location, Path(), error.reason)
        return LocalCopy(location, path)
