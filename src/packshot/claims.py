"""Names held while a process works on what they stand for; the next one clears what a dead one left.

The maker of a file or folder locks it; the system lets go of the lock however the process ends. What is
there and not locked was left behind. Nothing is guessed from its age or from a process's number.
"""

from __future__ import annotations

import errno
import fcntl
import os
import shutil
import stat
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final, TypeVar

Made = TypeVar("Made")

_HELD: Final = (errno.EWOULDBLOCK, errno.EAGAIN, errno.EACCES)


def first_free(names: Iterable[Path], make: Callable[[Path], Made]) -> tuple[Path, Made]:
    """Make something under the first name that no living process holds; what dead ones left there goes.

    Args:
        names: To try, in this order; endless.
        make: Makes it; raises `FileExistsError` where the name is taken.

    Returns:
        The name, and what `make` returned.

    Raises:
        OSError: It cannot be made.
    """
    for name in names:
        while True:
            try:
                return name, make(name)
            except FileExistsError:
                if not cleared(name):
                    break
    raise FileExistsError(errno.EEXIST, "every name is taken")


def new_file(path: Path) -> int:
    """Make an empty file that only its owner can read, and hold it.

    Returns:
        Its descriptor; it is held until that is closed.

    Raises:
        FileExistsError: The name is taken.
    """
    return _held(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600), path)


def new_folder(path: Path) -> int:
    """Make a folder that only its owner can enter, and hold it; as `new_file`."""
    path.mkdir(mode=0o700)
    return hold_folder(path)


def hold_folder(path: Path) -> int:
    """Hold a folder that was made just now.

    Raises:
        FileExistsError: Another process cleared it first.
    """
    try:
        return _held(os.open(path, os.O_RDONLY), path)
    except FileNotFoundError as error:
        raise FileExistsError(errno.EEXIST, "cleared by another process") from error


def hold(descriptor: int) -> bool:
    """Lock an open file or folder; False where another process has. Without locks there, all is well."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        return error.errno not in _HELD
    return True


def stands_at(descriptor: int, path: Path) -> bool:
    """Whether a path still leads to what is open, and not to something newer or to nothing."""
    try:
        return os.path.samestat(os.fstat(descriptor), os.lstat(path))
    except OSError:
        return False


def cleared(path: Path) -> bool:
    """Remove a file or folder of this user that nobody holds.

    Returns:
        Whether the name is free now. False where somebody holds it, or nobody can tell.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except FileNotFoundError:
        return True
    except OSError:
        return False
    try:
        return _left_behind(descriptor, path) and _removed(descriptor, path)
    finally:
        os.close(descriptor)


def _left_behind(descriptor: int, path: Path) -> bool:
    """Whether this process got the lock that the maker would hold, and on what is still there."""
    if os.fstat(descriptor).st_uid != os.geteuid():
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return stands_at(descriptor, path)


def _removed(descriptor: int, path: Path) -> bool:
    if stat.S_ISDIR(os.fstat(descriptor).st_mode):
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)
    return not os.path.lexists(path)


def _held(descriptor: int, path: Path) -> int:
    """Hold what was made just now; another process may have taken it for left behind before that."""
    if hold(descriptor) and stands_at(descriptor, path):
        return descriptor
    os.close(descriptor)
    raise FileExistsError(errno.EEXIST, "cleared by another process")
