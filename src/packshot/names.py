r"""Names of files as text: what is no text in them is shown, and told apart, in one way everywhere."""

from __future__ import annotations


def plain(text: str) -> str:
    r"""Text that any file can hold: bytes of a file name that are no UTF-8 become ``\xff``.

    On POSIX a name is bytes. Python keeps those that are no UTF-8 as halves of characters, with which
    the file opens but which nothing can write. Half a character of other origin, which a JSON feed may
    hold, becomes ``\ud800``.
    """
    if is_plain(text):
        return text
    try:
        return text.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    except UnicodeEncodeError:
        return text.encode("utf-8", "backslashreplace").decode()


def is_plain(text: str) -> bool:
    """Whether a text can be written as it stands."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
