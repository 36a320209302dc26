"""Errors that Packshot raises: what was wrong, where, and what to do about it."""

from typing import ClassVar


class PackshotError(Exception):
    """Base of every error that Packshot raises on purpose.

    Example:
        >>> from packshot import Photo
        >>> try:
        ...     Photo.open("gone.jpg")
        ... except PackshotError as error:
        ...     print(error)
        gone.jpg: no such file
    """

    @property
    def lines(self) -> tuple[str, ...]:
        """The message by line; one for nearly all. A line break in a name does not make two."""
        return (str(self),)


class UnreadablePhoto(PackshotError):  # noqa: N818 - a verdict about the input, named as users meet it
    """A file that cannot be decoded as a photo, or that exceeds the decoding limits.

    Attributes:
        name: The path or label of the input.
        reason: One sentence without the name, fit for a table cell.
        status: What a result about such a photo is called; see `packshot.report.Status`.

    Example:
        >>> error = UnreadablePhoto("mug.jpg", "the file is empty")
        >>> str(error), error.reason, error.status
        ('mug.jpg: the file is empty', 'the file is empty', 'unreadable')
    """

    status: ClassVar[str] = "unreadable"

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(f"{name}: {reason}")
        self.name = name
        self.reason = reason

    def __reduce__(self) -> tuple[type["UnreadablePhoto"], tuple[str, str]]:
        """Survive the trip between processes."""
        return type(self), (self.name, self.reason)


class PhotoTooLarge(UnreadablePhoto):
    """A photo that was not decoded because it exceeds a limit: bytes, pixels or frames.

    Example:
        >>> from packshot.photo import Limits, Photo
        >>> Photo.open("examples/photos/mug.jpg", name="mug.jpg", limits=Limits(max_pixels=100_000))
        Traceback (most recent call last):
            ...
        packshot.errors.PhotoTooLarge: mug.jpg: 800 x 800 pixels exceed the limit of 100,000
    """


class PhotoCrashed(UnreadablePhoto):
    """A photo that Packshot failed on: its process died, took too long, or met an error of ours.

    Example:
        >>> from packshot.assess.assessor import make_failed_assessment
        >>> assessment = make_failed_assessment(PhotoCrashed("mug.jpg", "took longer than 30 s"))
        >>> assessment.status.value, assessment.score, assessment.error
        ('crashed', None, 'took longer than 30 s')
    """

    status = "crashed"


class InvalidInput(PackshotError):  # noqa: N818
    """An argument, option or table that Packshot cannot work with.

    Example:
        >>> import numpy as np
        >>> from packshot import Photo
        >>> Photo.from_pixels(np.zeros((4, 4), np.uint8))
        Traceback (most recent call last):
            ...
        packshot.errors.InvalidInput: array: expected RGB pixels (height, width, 3), got (4, 4)
    """


class SourceError(PackshotError):
    """A place that photos should come from cannot be read: no such folder, a broken CSV.

    Example:
        >>> from packshot.sources import expand
        >>> list(expand(["gone/*.jpg"]))
        Traceback (most recent call last):
            ...
        packshot.errors.SourceError: gone/*.jpg: no file matches
    """


class DiskFull(SourceError):  # noqa: N818 - what happened
    """A place that nothing more can be written to: what comes next would fail as well.

    Example:
        >>> import errno
        >>> from packshot.files import translate_write_errors
        >>> try:
        ...     with translate_write_errors("mug.jpg"):
        ...         raise OSError(errno.ENOSPC, "No space left on device")
        ... except DiskFull as error:
        ...     print(error)
        cannot write mug.jpg: no space left there; free some and run the same command again
    """


class FetchError(SourceError):
    """A photo that could not be had from where it is said to be.

    Attributes:
        location: As the feed gives it.
        reason: One sentence in one line without the location, fit for a table cell.
        retry: Whether a later attempt may succeed.
        wait_s: Seconds that the other side asks to wait before, where it says so.
        status: What an audit calls such a row.

    Example:
        >>> error = PhotoUnreachable("https://shop.example/mug.jpg", "too slow", retry=True)
        >>> str(error), error.retry, error.status
        ('https://shop.example/mug.jpg: too slow', True, 'unreachable')
    """

    status: ClassVar[str] = "unreachable"

    def __init__(
        self, location: str, reason: str, *, retry: bool = False, wait_s: float | None = None
    ) -> None:
        reason = " ".join(reason.split())
        super().__init__(f"{location}: {reason}")
        self.location = location
        self.reason = reason
        self.retry = retry
        self.wait_s = wait_s

    def __reduce__(self) -> tuple[object, ...]:
        """Survive the trip between processes."""
        return type(self), (self.location, self.reason), self.__dict__


class PhotoMissing(FetchError):  # noqa: N818 - verdicts about an input, as UnreadablePhoto
    """Nothing there: no such file, object or page, or no location in the row.

    Example:
        >>> from packshot.sources import Fetcher
        >>> try:
        ...     Fetcher().fetch("gone.jpg")
        ... except PhotoMissing as error:
        ...     print(error, error.status, error.retry, sep=", ")
        gone.jpg: no such file, missing, False
    """

    status = "missing"


class PhotoUnreachable(FetchError):  # noqa: N818
    """Something may be there, but it cannot be read: no connection, no permission, a server's error.

    Example:
        >>> error = PhotoUnreachable("https://shop.example/1.jpg", "status 503", retry=True, wait_s=30)
        >>> error.reason, error.retry, error.wait_s
        ('status 503', True, 30)
    """


class PhotoRefused(FetchError):  # noqa: N818
    """Packshot declines to read it: a guarded address, too many bytes, not a file.

    Example:
        >>> from packshot.sources import Fetcher
        >>> Fetcher().fetch("http://127.0.0.1/mug.jpg")
        Traceback (most recent call last):
            ...
        packshot.errors.PhotoRefused: http://127.0.0.1/mug.jpg: 127.0.0.1 is this machine itself
    """

    status = "refused"


class ProcessesUnavailable(PackshotError):  # noqa: N818
    """Processes to work in end before they can be asked anything.

    Example:
        >>> error = ProcessesUnavailable("one ended with status 1")
        >>> print(str(error).partition(". ")[0])
        cannot start a process to work in: one ended with status 1
    """

    def __init__(self, reason: str) -> None:
        super().__init__(
            f"cannot start a process to work in: {reason}. There may be too little memory; in a script"
            ' of your own, what starts the work must stand below `if __name__ == "__main__":`'
        )
        self.reason = reason

    def __reduce__(self) -> tuple[type["ProcessesUnavailable"], tuple[str]]:
        """Survive the trip between processes."""
        return type(self), (self.reason,)


class AtlasError(PackshotError):
    """An atlas that cannot be read, written, extended or used with the present encoders.

    Example:
        >>> from packshot.assess.atlas import Atlas
        >>> Atlas.load("gone.atlas")
        Traceback (most recent call last):
            ...
        packshot.errors.AtlasError: cannot read the atlas gone.atlas: No such file or directory
    """


class ModelError(PackshotError):
    """A model file that is missing, damaged, or not the one an atlas was made with.

    Example:
        >>> from packshot.encode.model import Model
        >>> Model.from_path("gone.onnx")
        Traceback (most recent call last):
            ...
        packshot.errors.ModelError: cannot read the model gone.onnx: No such file or directory
    """


class VectorIndexError(PackshotError):
    """A vector index that cannot be made, opened, read or written as asked.

    Example:
        >>> from packshot.search import open_index
        >>> open_index("gone.index")
        Traceback (most recent call last):
            ...
        packshot.errors.VectorIndexError: gone.index: no index there
    """


class IndexLocked(VectorIndexError):  # noqa: N818
    """Another process writes to this index: there is one writer at a time.

    Example:
        >>> from packshot.search import IndexSettings, create_index, open_index
        >>> with create_index("photos.index", IndexSettings(dimensions=64)):
        ...     try:
        ...         open_index("photos.index", writable=True)
        ...     except IndexLocked as error:
        ...         print(str(error).rpartition(": ")[2])
        wait until that is done; reading works
    """


class IndexDamaged(VectorIndexError):  # noqa: N818
    """Files of an index are missing, cut short, or not what was written.

    Example:
        >>> from pathlib import Path
        >>> from packshot.search import IndexSettings, create_index, open_index
        >>> create_index("photos.index", IndexSettings(dimensions=64)).close()
        >>> _ = Path("photos.index", "index.db").write_bytes(b"no database")
        >>> try:
        ...     open_index("photos.index")
        ... except IndexDamaged as error:
        ...     print(str(error).rpartition(": ")[2])
        restore the index from a copy
    """


class WrongModel(VectorIndexError):  # noqa: N818
    """Vectors of one model were to be compared with those of another, which means nothing.

    Example:
        >>> from packshot.search import IndexSettings, create_index, open_index
        >>> create_index("photos.index", IndexSettings(dimensions=64, model="ab")).close()
        >>> try:
        ...     open_index("photos.index", model="cd")
        ... except WrongModel as error:
        ...     print(error)
        this index holds vectors of the model ab, not of cd: index the photos again
    """


class AuditError(PackshotError):
    """An audit that cannot begin or go on: it runs already, or what it audits has changed.

    Example:
        >>> from pathlib import Path
        >>> from packshot.catalog.audit.journal import Journal
        >>> with Journal(Path("audit"), 0):
        ...     try:
        ...         Journal(Path("audit"), 0)
        ...     except AuditError as error:
        ...         print(str(error).partition(":")[0])
        another audit runs in this folder
    """


class PolicyError(PackshotError):
    """A policy that cannot be read or makes no sense; the message names the file and the line.

    Example:
        >>> print(PolicyError("shop.toml, line 3: no metric sharpnes", "shop.toml, line 7: no limit"))
        shop.toml, line 3: no metric sharpnes
        shop.toml, line 7: no limit
    """

    def __init__(self, *mistakes: str) -> None:
        super().__init__(*mistakes)

    def __str__(self) -> str:
        return "\n".join(self.lines)

    @property
    def lines(self) -> tuple[str, ...]:
        """The mistakes, each with its place."""
        return self.args
