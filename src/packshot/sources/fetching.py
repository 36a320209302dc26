"""The bytes behind a location."""

from __future__ import annotations

import hashlib
import stat
from dataclasses import dataclass
from pathlib import Path

from packshot.errors import SourceError


@dataclass(frozen=True)
class Fetched:
    """What was found.

    Attributes:
        content: The bytes, or the path of a local file.
        sha256: Of the content.
        size: In bytes.
    """

    content: bytes | Path
    sha256: str
    size: int


@dataclass(frozen=True)
class Fetcher:
    """Opens locations."""

    def fetch_with_retries(self, location: str) -> Fetched:
        """The content of a location."""
        path = Path(location)
        try:
            if not stat.S_ISREG(path.stat().st_mode):
                raise SourceError(f"{location}: is not a regular file")
            with path.open("rb") as file:
                digest = hashlib.file_digest(file, "sha256")
            return Fetched(path, digest.hexdigest(), path.stat().st_size)
        except (OSError, ValueError) as error:
            raise SourceError(f"{location}: {error}") from error
