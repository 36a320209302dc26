r"""Names of files as text: what is no text in them is shown, and told apart, in one way everywhere."""

from __future__ import annotations

import hashlib
import os
import sys
from pathlib import Path, PurePath
from typing import Final, Self
from urllib.parse import quote, unquote_to_bytes

_BACKSLASH: Final = "\\"
_SURROGATE_ESCAPE: Final = "surrogateescape"


def escape_undecodable(text: str) -> str:
    r"""Text that any file can hold: bytes of a file name that are no UTF-8 become ``\xff``.

    On POSIX a name is bytes. Python keeps those that are no UTF-8 as halves of characters, with which
    the file opens but which nothing can write. Half a character of other origin, which a JSON feed may
    hold, becomes ``\ud800``.
    """
    if is_encodable(text):
        return text
    try:
        return text.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    except UnicodeEncodeError:
        return text.encode("utf-8", "backslashreplace").decode()


def is_encodable(text: str) -> bool:
    """Whether a text can be written as it stands."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def to_database_key(text: str) -> str | bytes:
    """A name as a database keeps and finds it: text, or its bytes where they are none.

    Names that `escape_undecodable` shows alike stay apart.
    """
    if is_encodable(text):
        return text
    try:
        return text.encode("utf-8", _SURROGATE_ESCAPE)
    except UnicodeEncodeError:
        return text.encode("utf-8", "surrogatepass")


def quote_path(path: str) -> str:
    """A path in plain ASCII, as in ``file://`` addresses; `unquote_path` makes the same of it again."""
    return quote(os.fsencode(path))


def unquote_path(path: str) -> str:
    """The path that was `quote_path`."""
    return os.fsdecode(unquote_to_bytes(path))


def path_to_id(name: PurePath, max_bytes: int) -> str:
    r"""A relative path as an id: text, never the same for two names.

    It is the path with forward slashes. One that is no text gets what no path begins with, ``./``, and
    its backslashes doubled, so that ``caf\xe9.jpg`` in bytes and in letters differ. One that is too long
    begins with a digest of itself.

    Args:
        name: Relative.
        max_bytes: Of UTF-8 that an id may have; more than 100.
    """
    text = name.as_posix()
    escaped = (
        text
        if is_encodable(text)
        else f"./{escape_undecodable(text.replace(_BACKSLASH, 2 * _BACKSLASH))}"
    )
    encoded = escaped.encode()
    if len(encoded) <= max_bytes:
        return escaped
    digest = hashlib.blake2b(encoded, digest_size=16).hexdigest()
    return f"./{digest}/{encoded[-(max_bytes - 50) :].decode('utf-8', 'ignore')}"


class NotAFile(type(Path())):  # type: ignore[misc]  # the class of paths of this system
    """A place in a list of files where there is none; opening it tells why.

    It travels where paths do, so that the row that it stands for is there in the end.
    """

    reason: str = ""
    """Why there is no file, fit for a table cell."""

    _text: str = ""

    def __new__(cls, text: str = "", reason: str = "") -> Self:
        """Make a path."""
        path: Self = super().__new__(cls, text)
        return path

    def __init__(self, text: str = "", reason: str = "") -> None:
        """Say what stands there.

        Args:
            text: What the row is called, to the letter.
            reason: Why it is no file.
        """
        if sys.version_info >= (3, 12):
            super().__init__(text)
        self._text, self.reason = text, reason

    def __str__(self) -> str:
        return self._text or super().__str__()

    def __reduce__(self) -> tuple[type[NotAFile], tuple[str, str]]:
        """Travel between processes."""
        return type(self), (str(self), self.reason)

    def with_segments(self, *segments: str | os.PathLike[str]) -> Path:
        """What lies beside or below it is a path as any other."""
        return Path(*segments)
