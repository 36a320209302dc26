"""Files and folders that are there whole or not at all, and what is written through instead."""

from __future__ import annotations

import errno
import hashlib
import os
import re
import shutil
import stat
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Final

from packshot import path_locks
from packshot.errors import DiskFull, PackshotError, SourceError

NO_SPACE: Final = "no space left there; free some and run the same command again"
"""What there is to say of a disk that is full."""

_FULL_ERRNOS: Final = (errno.ENOSPC, errno.EDQUOT)
_REASONS: Final = {
    **dict.fromkeys(_FULL_ERRNOS, NO_SPACE),
    errno.EFBIG: "the file would be larger than is allowed; allow more and run the same command again",
    errno.EISDIR: "it is a folder; name a file",
    errno.EROFS: "the file system is read-only; name another place",
    errno.EACCES: "permission denied; name another place, or change who may write there",
}
_NO_TMPFILE_ERRNOS: Final = (errno.EOPNOTSUPP, errno.EISDIR, errno.EINVAL, errno.ENOENT)
"""What a file system, or a system, without unnamed files says."""

_OWN_DESCRIPTORS: Final = Path("/proc/self/fd")
_DESCRIPTOR_FOLDER: Final = re.compile(r"/proc/\d+(?:/task/\d+)?/fd|/dev/fd")
_ACCESS_LIST: Final = "system.posix_acl_access"
_MAX_LINKS: Final = 40
"""Links that a path may lead through; the limit of Linux (path_resolution(7))."""

_EFFECTIVE_IDS: Final = os.access in os.supports_effective_ids
_MAX_NAME_BYTES: Final = 255
"""Bytes of a file's name where the file system does not say: the limit of ext4, XFS and Btrfs."""

Times = tuple[int, int]
"""When a file was last read and last changed, in nanoseconds."""


@contextmanager
def atomic_write(
    target: Path, *, partial_output: Path | None = None, times: Times | None = None
) -> Iterator[Path]:
    """Yield a path to write to; what was written takes the place of `target` when all went well.

    A reader sees the old file or the new one, also after the power went. An error leaves nothing behind,
    nor does a process that is killed, but where the file system has no files without a name: there a
    hidden file stays beside `target` until the next writer of `target` removes it.

    A new file has the permissions that any new file has here. One that replaces another has those of
    the other, and its owner, group and access list where this process may give them. A link stays, and
    what it leads to is written. A device, a named pipe or an open file of this process such as
    ``/dev/stdout`` is written through to, never replaced.

    Args:
        target: Where the file is to be; its folder is made where it is not there.
        partial_output: Where what was written goes when Ctrl-C ends the writing; None for nowhere.
        times: That the file is to have.

    Yields:
        A path that this process alone can open, and should but once; it need not lie beside `target`.

    Raises:
        SourceError: The place cannot be written to, or writing failed.

    Example:
        >>> with atomic_write(Path("scores.csv")) as draft:
        ...     _ = draft.write_text("mug.jpg,71")
        ...     print(Path("scores.csv").exists())
        False
        >>> Path("scores.csv").read_text()
        'mug.jpg,71'
    """
    with translate_write_errors(target):
        descriptor = _find_special_descriptor(target)
        if descriptor is not None:
            with _open_spool(descriptor) as path:
                yield path
        elif is_stream(target):
            yield target
        else:
            with _open_draft(_resolve_target(target)) as draft:
                try:
                    yield draft.path
                except KeyboardInterrupt:
                    if partial_output is not None:
                        draft.publish(_resolve_target(partial_output), None)
                    raise
                draft.publish(_resolve_target(target), times)


def atomic_write_bytes(data: bytes, target: Path, *, times: Times | None = None) -> None:
    """Write a file as `atomic_write` does.

    Raises:
        SourceError: The place cannot be written to.

    Example:
        >>> atomic_write_bytes(b"mug.jpg,71", Path("new/scores.csv"))
        >>> Path("new/scores.csv").read_bytes()
        b'mug.jpg,71'
    """
    with atomic_write(target, times=times) as draft:
        draft.write_bytes(data)


@contextmanager
def atomic_write_folder(target: Path) -> Iterator[Path]:
    """Yield a folder to fill, beside `target`; it becomes `target` when all went well.

    An error leaves nothing behind; what a killed process leaves is hidden, and the next one that writes
    `target` removes it.

    Args:
        target: Not there, or an empty folder.

    Raises:
        SourceError: The place cannot be written to, or is not empty when all is done.

    Example:
        >>> with atomic_write_folder(Path("index")) as draft:
        ...     _ = (draft / "vectors").write_bytes(b"...")
        ...     print(Path("index").exists())
        False
        >>> os.listdir("index")
        ['vectors']
    """
    with translate_write_errors(target):
        place = Path(os.path.realpath(target))
        if os.path.ismount(place):
            raise SourceError(f"cannot write {target}: it is a mount point; name a new folder in it")
        place.parent.mkdir(parents=True, exist_ok=True)
        draft, descriptor = path_locks.create_at_first_free(
            _iter_hidden_paths(place), path_locks.create_locked_folder
        )
        try:
            yield draft
            os.chmod(
                draft, stat.S_IMODE(place.stat().st_mode) if place.exists() else 0o777 & ~_read_umask()
            )
            os.replace(draft, place)
            _sync_folder(place.parent)
        finally:
            if path_locks.is_same_file(descriptor, draft):
                shutil.rmtree(draft, ignore_errors=True)
            os.close(descriptor)


@contextmanager
def translate_write_errors(
    place: object, error_type: type[PackshotError] = SourceError
) -> Iterator[None]:
    """Raise what the system complains about while a place is written as an error of one line.

    A pipe that nobody reads any more is none of that.

    Args:
        place: As users know it.
        error_type: Of the error.

    Raises:
        PackshotError: Of that kind.

    Example:
        >>> with translate_write_errors("scores.csv"):
        ...     raise OSError(errno.EFAULT, "Bad address")
        Traceback (most recent call last):
            ...
        packshot.errors.SourceError: cannot write scores.csv: Bad address
    """
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        is_full = error.errno in _FULL_ERRNOS and error_type is SourceError
        raised_type = DiskFull if is_full else error_type
        raise raised_type(f"cannot write {place}: {describe_os_error(error)}") from error


def describe_os_error(error: OSError) -> str:
    """Describe what is wrong and, where there is something, what to do.

    Example:
        >>> describe_os_error(OSError(errno.ENOSPC, "No space left on device"))
        'no space left there; free some and run the same command again'
    """
    return _REASONS.get(error.errno or 0) or error.strerror or str(error)


def check_writable(target: Path) -> None:
    """Find out before the work what would keep `atomic_write` from writing after it.

    Raises:
        SourceError: A folder, a file that may not be written to, or a loop of links.

    Example:
        >>> check_writable(Path("scores.csv"))
        >>> check_writable(Path("examples"))
        Traceback (most recent call last):
            ...
        packshot.errors.SourceError: cannot write examples: it is a folder; name a file
    """
    with translate_write_errors(target):
        if _find_special_descriptor(target) is None and not is_stream(target):
            _resolve_target(target)


def check_writable_folder(folder: Path) -> None:
    """Find out before the work whether files can be written into a folder, which need not be there yet.

    Raises:
        SourceError: They cannot.

    Example:
        >>> check_writable_folder(Path("enhanced"))
        >>> check_writable_folder(Path("examples/photos/mug.jpg/new"))  # doctest: +ELLIPSIS
        Traceback (most recent call last):
            ...
        packshot.errors.SourceError: cannot write examples/photos/mug.jpg/new: ...mug.jpg is not a folder
    """
    with translate_write_errors(folder):
        existing = next(
            path for path in (folder.absolute(), *folder.absolute().parents) if path.exists()
        )
        if not existing.is_dir():
            raise NotADirectoryError(errno.ENOTDIR, f"{existing} is not a folder")
        if not os.access(existing, os.W_OK | os.X_OK, effective_ids=_EFFECTIVE_IDS):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))


def is_stream(target: Path) -> bool:
    """Return whether a path leads to what is no regular file: a device, a named pipe, a socket.

    Example:
        >>> is_stream(Path("/dev/null")), is_stream(Path("examples/photos/mug.jpg"))
        (True, False)
    """
    try:
        mode = target.stat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        return False
    return not (stat.S_ISREG(mode) or stat.S_ISDIR(mode))


def append_suffix(target: Path, suffix: str) -> Path:
    """Append an ending to the name of a file, which is shortened where that would be too long.

    Example:
        >>> append_suffix(Path("scores.csv"), ".partial").name
        'scores.csv.partial'
        >>> len(append_suffix(Path("x" * 255), ".partial").name)
        255
    """
    name = target.name
    while len(os.fsencode(name + suffix)) > _max_name_bytes(target.parent):
        name = name[:-1]
    return target.with_name(name + suffix)


def _max_name_bytes(folder: Path) -> int:
    try:
        return os.pathconf(folder, "PC_NAME_MAX")
    except (OSError, ValueError):
        return _MAX_NAME_BYTES


def _resolve_target(target: Path) -> Path:
    """Return where a file really is or will be, links followed.

    Raises:
        OSError: It cannot be written.
    """
    path = Path(os.path.realpath(target))
    try:
        status = target.stat()
    except FileNotFoundError:
        path.parent.mkdir(parents=True, exist_ok=True)
        return path
    if stat.S_ISDIR(status.st_mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
    if not os.access(path, os.W_OK, effective_ids=_EFFECTIVE_IDS):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    return path


def _iter_hidden_paths(place: Path) -> Iterator[Path]:
    """Yield names beside a file for what is not yet that file: always short, without extension."""
    name = hashlib.blake2b(os.fsencode(place.name), digest_size=8).hexdigest()
    return (place.with_name(f".packshot-{name}-{number}") for number in count())


@dataclass(frozen=True)
class _Draft:
    """A file that is being written.

    Attributes:
        descriptor: Of the open file, which is held as long as this is open.
        name: Its path; None as long as it has no name.
        mode: Permissions of any new file in its folder; till it is published only its owner reads it.
    """

    descriptor: int
    name: Path | None
    mode: int

    @property
    def path(self) -> Path:
        """To write to."""
        return self.name or _OWN_DESCRIPTORS / str(self.descriptor)

    def publish(self, place: Path, times: Times | None) -> None:
        """Put the finished file in its place."""
        self._copy_ownership(place)
        if times is not None:
            os.utime(self.descriptor, ns=times)
        os.fsync(self.descriptor)
        self._replace(place)
        _sync_folder(place.parent)

    def _replace(self, place: Path) -> None:
        if self.name is not None:
            os.replace(self.name, place)
            return
        try:
            self._link(place)
        except FileExistsError:
            name, _ = path_locks.create_at_first_free(_iter_hidden_paths(place), self._link)
            try:
                os.replace(name, place)
            except OSError:
                name.unlink(missing_ok=True)
                raise

    def _link(self, name: Path) -> None:
        # With a descriptor of a folder Python calls linkat, which alone can follow the link in /proc.
        folder = os.open(name.parent, os.O_RDONLY)
        try:
            os.link(self.path, name.name, dst_dir_fd=folder, follow_symlinks=True)
        finally:
            os.close(folder)

    def _copy_ownership(self, place: Path) -> None:
        """Give the file the owner and the permissions of the one in its place, or of any new one."""
        try:
            old = place.stat()
        except FileNotFoundError:
            os.fchmod(self.descriptor, self.mode)
            return
        keeps_group = _change_owner(self.descriptor, old.st_uid, old.st_gid)
        mode = stat.S_IMODE(old.st_mode)
        # Another group than before may do no more than anybody.
        os.fchmod(self.descriptor, mode if keeps_group else mode & 0o707 | (mode & 0o007) << 3)
        if keeps_group:
            _copy_attributes(place, self.descriptor)


@contextmanager
def _open_draft(place: Path) -> Iterator[_Draft]:
    """Yield an empty file that takes the place of another if it is published, and else goes."""
    draft = _create_unnamed_draft(place.parent) or _create_named_draft(place)
    try:
        yield draft
    finally:
        # Once it is published, its name may be that of another writer's draft.
        if draft.name is not None and path_locks.is_same_file(draft.descriptor, draft.name):
            draft.name.unlink()
        os.close(draft.descriptor)


def _create_unnamed_draft(folder: Path) -> _Draft | None:
    """Make a file without a name, which goes with its process; None where there are no such files."""
    flag = getattr(os, "O_TMPFILE", None)
    if flag is None or not _OWN_DESCRIPTORS.is_dir():
        return None
    try:
        descriptor = os.open(folder, os.O_RDWR | flag, 0o666)
    except OSError as error:
        if error.errno in _NO_TMPFILE_ERRNOS:
            return None
        raise
    path_locks.try_lock(descriptor)  # For the moment between its first name and its place.
    mode = stat.S_IMODE(os.fstat(descriptor).st_mode)
    os.fchmod(descriptor, 0o600)
    return _Draft(descriptor, None, mode)


def _create_named_draft(place: Path) -> _Draft:
    name, descriptor = path_locks.create_at_first_free(
        _iter_hidden_paths(place), path_locks.create_locked_file
    )
    return _Draft(descriptor, name, 0o666 & ~_read_umask())


def _change_owner(descriptor: int, owner: int, group: int) -> bool:
    """Give a file to an owner and a group, or to the group at least; whether it is the group's now."""
    status = os.fstat(descriptor)
    if (status.st_uid, status.st_gid) == (owner, group):
        return True
    for new_owner in (owner, -1):
        with suppress(OSError):
            os.fchown(descriptor, new_owner, group)
            return True
    return status.st_gid == group


def _copy_attributes(place: Path, descriptor: int) -> None:
    """Copy access lists and whatever else is attached to a file, as far as this process may."""
    if not hasattr(os, "listxattr"):
        return
    with suppress(OSError):
        os.removexattr(descriptor, _ACCESS_LIST)  # That the folder gives to new files.
    with suppress(OSError):
        for name in os.listxattr(place):
            with suppress(OSError):
                os.setxattr(descriptor, name, os.getxattr(place, name))


_UMASK_LOCK = threading.Lock()


def _read_umask() -> int:
    """Return the permissions that new files do not get; the system tells only him who sets another."""
    with _UMASK_LOCK:
        mask = os.umask(0o077)  # Whoever makes a file just now makes one that is too private.
        os.umask(mask)
    return mask


def _find_special_descriptor(target: Path) -> int | None:
    """Find the open file of this process that a path stands for, if it cannot be opened once more.

    Opened by such a path, a regular file would be written from its beginning, whatever is in it, and a
    socket not at all.
    """
    number = _parse_descriptor(target)
    if number is None:
        return None
    mode = os.fstat(number).st_mode
    return number if stat.S_ISREG(mode) or stat.S_ISSOCK(mode) else None


def _parse_descriptor(target: Path) -> int | None:
    """Return the number in ``/dev/stdout``, ``/dev/fd/3`` and the like; None for any other path."""
    path, own_folder = os.path.abspath(target), os.path.realpath(_OWN_DESCRIPTORS)
    for _ in range(_MAX_LINKS):
        folder, name = os.path.realpath(os.path.dirname(path)), os.path.basename(path)
        if name.isdecimal() and _DESCRIPTOR_FOLDER.fullmatch(folder):
            return int(name) if folder in (own_folder, "/dev/fd") else None
        if not os.path.islink(path):
            return None
        path = os.path.normpath(os.path.join(folder, os.readlink(path)))
    return None


@contextmanager
def _open_spool(descriptor: int) -> Iterator[Path]:
    """Yield a path to write to; what was written goes to an open file, also after Ctrl-C."""
    with tempfile.TemporaryFile() as spool:
        try:
            yield _OWN_DESCRIPTORS / str(spool.fileno())
        except KeyboardInterrupt:
            _copy_spool(spool.fileno(), descriptor)
            raise
        _copy_spool(spool.fileno(), descriptor)


def _copy_spool(source: int, target: int) -> None:
    with os.fdopen(os.dup(target), "wb") as file, open(_OWN_DESCRIPTORS / str(source), "rb") as spool:
        shutil.copyfileobj(spool, file)


def _sync_folder(folder: Path) -> None:
    """Wait until the disk has the names in a folder."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
