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

Resource = TypeVar("Resource")

_LOCKED_ERRNOS: Final = (errno.EWOULDBLOCK, errno.EAGAIN, errno.EACCES)


def create_at_first_free(
    paths: Iterable[Path], create: Callable[[Path], Resource]
) -> tuple[Path, Resource]:
    """Make something under the first name that no living process holds; clear what dead ones left.

    Args:
        paths: To try, in this order; endless.
        create: Makes it; raises `FileExistsError` where the name is taken.

    Returns:
        The name, and what `create` returned.

    Raises:
        OSError: It cannot be made.

    Example:
        >>> held = create_locked_file(Path("draft-0"))
        >>> name, _ = create_at_first_free(map(Path, ("draft-0", "draft-1")), create_locked_file)
        >>> name.name
        'draft-1'
    """
    for path in paths:
        while True:
            try:
                return path, create(path)
            except FileExistsError:
                if not remove_stale(path):
                    break
    raise FileExistsError(errno.EEXIST, "every name is taken")


def create_locked_file(path: Path) -> int:
    """Make an empty file that only its owner can read, and hold it.

    Returns:
        Its descriptor; it is held until that is closed.

    Raises:
        FileExistsError: The name is taken.

    Example:
        >>> descriptor = create_locked_file(Path("draft"))
        >>> remove_stale(Path("draft"))
        False
        >>> os.close(descriptor)
        >>> remove_stale(Path("draft"))
        True
    """
    return _lock_or_close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600), path)


def create_locked_folder(path: Path) -> int:
    """Make a folder that only its owner can enter, and hold it; as `create_locked_file`.

    Example:
        >>> descriptor = create_locked_folder(Path("draft"))
        >>> remove_stale(Path("draft")), Path("draft").is_dir()
        (False, True)
    """
    path.mkdir(mode=0o700)
    return lock_new_folder(path)


def lock_new_folder(path: Path) -> int:
    """Hold a folder that was made just now.

    Raises:
        FileExistsError: Another process cleared it first.

    Example:
        >>> Path("draft").mkdir()
        >>> descriptor = lock_new_folder(Path("draft"))
        >>> remove_stale(Path("draft"))
        False
    """
    try:
        return _lock_or_close(os.open(path, os.O_RDONLY), path)
    except FileNotFoundError as error:
        raise FileExistsError(errno.EEXIST, "cleared by another process") from error


def try_lock(descriptor: int) -> bool:
    """Lock an open file or folder; False where another process has. Without locks there, all is well.

    Example:
        >>> first, second = os.open(".", os.O_RDONLY), os.open(".", os.O_RDONLY)
        >>> try_lock(first), try_lock(second)
        (True, False)
    """
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        return error.errno not in _LOCKED_ERRNOS
    return True


def is_same_file(descriptor: int, path: Path) -> bool:
    """Return whether a path still leads to what is open, and not to something newer or to nothing.

    Example:
        >>> _ = Path("index").write_bytes(b"old")
        >>> descriptor = os.open("index", os.O_RDONLY)
        >>> os.replace("index", "index.old")
        >>> is_same_file(descriptor, Path("index.old")), is_same_file(descriptor, Path("index"))
        (True, False)
    """
    try:
        return os.path.samestat(os.fstat(descriptor), os.lstat(path))
    except OSError:
        return False


def remove_stale(path: Path) -> bool:
    """Remove a file or folder of this user that nobody holds.

    Returns:
        Whether the name is free now. False where somebody holds it, or nobody can tell.

    Example:
        >>> Path("left-behind").mkdir()
        >>> remove_stale(Path("left-behind")), Path("left-behind").exists()
        (True, False)
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except FileNotFoundError:
        return True
    except OSError:
        return False
    try:
        return _try_lock_stale(descriptor, path) and _remove(descriptor, path)
    finally:
        os.close(descriptor)


def _try_lock_stale(descriptor: int, path: Path) -> bool:
    """Return whether this process got the lock that the maker would hold, and on what is still there."""
    if os.fstat(descriptor).st_uid != os.geteuid():
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return is_same_file(descriptor, path)


def _remove(descriptor: int, path: Path) -> bool:
    if stat.S_ISDIR(os.fstat(descriptor).st_mode):
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)
    return not os.path.lexists(path)


def _lock_or_close(descriptor: int, path: Path) -> int:
    """Hold what was made just now; another process may have taken it for left behind before that."""
    if try_lock(descriptor) and is_same_file(descriptor, path):
        return descriptor
    os.close(descriptor)
    raise FileExistsError(errno.EEXIST, "cleared by another process")
