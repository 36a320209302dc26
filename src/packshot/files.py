"""Files that are there whole or not at all."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from packshot.errors import SourceError

_READABLE = 0o644


@contextmanager
def whole(target: Path, *, sole: bool = False, interrupted: Path | None = None) -> Iterator[Path]:
    """A path to write to; what was written takes the place of `target` when all went well.

    A reader sees the old file or the new one, also after the power went. The path to write to is a
    hidden, empty file beside `target`, without its extension. An error leaves nothing behind; a process
    that is killed leaves that file.

    Args:
        target: Where the file is to be; its folder is made where it is not there.
        sole: Nobody else writes this file at the same time. The path is then the same each time, so that
            the next writer does away with what a killed one left.
        interrupted: Where what was written goes when Ctrl-C ends the writing; None for nowhere.

    Raises:
        SourceError: The place cannot be written to, or writing failed.
    """
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        draft = _begun(target, sole)
        try:
            yield draft
            _publish(draft, target)
        except KeyboardInterrupt:
            if interrupted is not None:
                _publish(draft, interrupted)
            raise
        finally:
            draft.unlink(missing_ok=True)
    except OSError as error:
        raise SourceError(f"cannot write {target}: {error.strerror or error}") from error


def write_whole(data: bytes, target: Path) -> None:
    """Write a file as `whole` does.

    Raises:
        SourceError: The place cannot be written to.
    """
    with whole(target) as draft:
        draft.write_bytes(data)


def _begun(target: Path, sole: bool) -> Path:
    """The empty file to write to."""
    if not sole:
        descriptor, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
        os.close(descriptor)
        return Path(name)
    draft = target.with_name(f".{target.name}.partial")
    draft.unlink(missing_ok=True)
    draft.touch(mode=0o600, exist_ok=False)
    return draft


def _publish(draft: Path, target: Path) -> None:
    """Put a finished file in its place, readable as any other."""
    draft.chmod(_READABLE)
    _synced(draft)
    os.replace(draft, target)
    _synced(target.parent)


def _synced(path: Path) -> None:
    """Wait until the disk has it; folders can be opened for that on POSIX alone."""
    if os.name != "posix" and path.is_dir():
        return
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
