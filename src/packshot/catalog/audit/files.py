"""Files that are there whole or not at all."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from packshot.errors import SourceError


@contextmanager
def whole(target: Path) -> Iterator[Path]:
    """A path to write to; what was written takes the place of `target` when all went well.

    A reader sees the old file or the new one, also after the power went.

    Raises:
        SourceError: The place cannot be written to.
    """
    try:
        descriptor, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
        os.close(descriptor)
        partial = Path(name)
        try:
            yield partial
            partial.chmod(0o644)
            _synced(partial)
            os.replace(partial, target)
            _synced(target.parent)
        finally:
            partial.unlink(missing_ok=True)
    except OSError as error:
        raise SourceError(f"cannot write {target}: {error.strerror or error}") from error


def _synced(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
