"""Errors that Packshot raises: what was wrong, where, and what to do about it."""


class PackshotError(Exception):
    """Base of every error that Packshot raises on purpose."""


class UnreadablePhoto(PackshotError):  # noqa: N818 - a verdict about the input, named as users meet it
    """A file that cannot be decoded as a photo, or that exceeds the decoding limits.

    Attributes:
        name: The path or label of the input.
        reason: One sentence without the name, fit for a table cell.
    """

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(f"{name}: {reason}")
        self.name = name
        self.reason = reason

    def __reduce__(self) -> tuple[type["UnreadablePhoto"], tuple[str, str]]:
        """Survive the trip between processes."""
        return type(self), (self.name, self.reason)


class InvalidInput(PackshotError):  # noqa: N818
    """An argument, option or table that Packshot cannot work with."""


class SourceError(PackshotError):
    """A place that photos should come from cannot be read: no such folder, a broken CSV."""


class AtlasError(PackshotError):
    """An atlas that cannot be read, written, extended or used with the present encoders."""


class ModelError(PackshotError):
    """A model file that is missing, damaged, or not the one an atlas was made with."""


class VectorIndexError(PackshotError):
    """A vector index that cannot be made, opened, read or written as asked."""


class IndexLocked(VectorIndexError):  # noqa: N818
    """Another process writes to this index: there is one writer at a time."""


class IndexDamaged(VectorIndexError):  # noqa: N818
    """Files of an index are missing, cut short, or not what was written."""


class WrongModel(VectorIndexError):  # noqa: N818
    """Vectors of one model were to be compared with those of another, which means nothing."""


class PolicyError(PackshotError):
    """A policy that cannot be read or makes no sense; the message names the file and the line."""
