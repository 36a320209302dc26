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
_ID_HEAD_BYTES: Final = 50
"""Bytes kept free before the end of a path that is too long: ``./``, 32 digits of a digest and ``/``
take 35."""


def escape_undecodable(text: str) -> str:
    r"""Write bytes of a file name that are no UTF-8 as ``\xff``, so that any file can hold the text.

    On POSIX a name is bytes. Python keeps those that are no UTF-8 as halves of characters, with which
    the file opens but which nothing can write. Half a character of other origin, which a JSON feed may
    hold, becomes ``\ud800``.

    Example:
        >>> escape_undecodable(os.fsdecode(b"caf\xe9.jpg"))
        'caf\\xe9.jpg'
    """
    if is_encodable(text):
        return text
    try:
        return text.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    except UnicodeEncodeError:
        return text.encode("utf-8", "backslashreplace").decode()


def is_encodable(text: str) -> bool:
    r"""Return whether a text can be written as it stands.

    Example:
        >>> is_encodable("café.jpg"), is_encodable(os.fsdecode(b"caf\xe9.jpg"))
        (True, False)
    """
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def to_database_key(text: str) -> str | bytes:
    r"""Return a name as a database keeps and finds it: text, or its bytes where they are none.

    Names that `escape_undecodable` shows alike stay apart.

    Example:
        >>> to_database_key("mug.jpg"), to_database_key(os.fsdecode(b"caf\xe9.jpg"))
        ('mug.jpg', b'caf\xe9.jpg')
    """
    if is_encodable(text):
        return text
    try:
        return text.encode("utf-8", _SURROGATE_ESCAPE)
    except UnicodeEncodeError:
        return text.encode("utf-8", "surrogatepass")


def quote_path(path: str) -> str:
    """Write a path in plain ASCII, as in ``file://`` addresses; `unquote_path` reads it back.

    Example:
        >>> quote_path("photos/café 1.jpg")
        'photos/caf%C3%A9%201.jpg'
    """
    return quote(os.fsencode(path))


def unquote_path(path: str) -> str:
    """Return the path that `quote_path` wrote.

    Example:
        >>> unquote_path("photos/caf%C3%A9%201.jpg")
        'photos/café 1.jpg'
    """
    return os.fsdecode(unquote_to_bytes(path))


def path_to_id(name: PurePath, max_bytes: int) -> str:
    r"""Make an id of a relative path: text, never the same for two names.

    It is the path with forward slashes. One that is no text gets what no path begins with, ``./``, and
    its backslashes doubled, so that ``caf\xe9.jpg`` in bytes and in letters differ. One that is too long
    begins with a digest of itself.

    Args:
        name: Relative.
        max_bytes: Of UTF-8 that an id may have; more than 100.

    Example:
        >>> path_to_id(PurePath("shoes/red.jpg"), 200)
        'shoes/red.jpg'
        >>> path_to_id(PurePath(os.fsdecode(b"caf\xe9.jpg")), 200)
        './caf\\xe9.jpg'
        >>> path_to_id(PurePath("x" * 300), 101)
        './c2f093e41879e412280bfcc0ed6533e4/xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx'
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
    return f"./{digest}/{encoded[-(max_bytes - _ID_HEAD_BYTES) :].decode('utf-8', 'ignore')}"


class NotAFile(type(Path())):  # type: ignore[misc]  # the class of paths of this system
    """A place in a list of files where there is none; opening it tells why.

    It travels where paths do, so that the row that it stands for is there in the end.

    Example:
        >>> row = NotAFile("feed.csv, line 3", "no path in this row")
        >>> str(row), row.reason, row.exists()
        ('feed.csv, line 3', 'no path in this row', False)
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
        """Make a path as any other of what lies beside or below it."""
        return Path(*segments)
