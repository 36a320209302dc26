"""Text that others wrote, such as names of files, made fit to be read on a terminal."""

from __future__ import annotations

import unicodedata

_JOINERS = frozenset("\N{ZERO WIDTH NON-JOINER}\N{ZERO WIDTH JOINER}")
"""Not seen, but part of how Persian and Indic words and many emoji are written."""
_INVISIBLE_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
"""Unicode's general categories of controls, formats (such as those that turn the direction of writing),
halves of characters, and separators of lines and paragraphs."""


_BYTE_SURROGATES = "".join(map(chr, range(0xDC80, 0xDD00)))
"""What stands for the bytes 0x80 to 0xff of a name that is no text in the file system's encoding."""


def escape_invisible(text: str, encoding: str = "utf-8", *, allowed: str = "") -> str:
    r"""Put a text on one line; what is not seen as it is becomes ``\x1b``, ``\u202e``, ``\n`` and such.

    A terminal would obey the control characters of a name: clear the screen, hide part of a line, write
    over another. Backslashes of the text stay single: for names to the letter there are JSON lines.

    Args:
        text: Anything.
        encoding: Of the terminal: what it cannot show is named in the same way.
        allowed: Characters that stay what they are.

    Example:
        >>> print(escape_invisible("mug\x1b[2J\u202egpj.exe"))
        mug\x1b[2J\u202egpj.exe
    """
    if text.isascii() and text.isprintable():
        return text
    escaped = "".join(
        character if character in allowed else _escape_character(character) for character in text
    )
    return escaped.encode(encoding, "backslashreplace").decode(encoding, "replace")


def _escape_character(character: str) -> str:
    if character in _JOINERS or unicodedata.category(character) not in _INVISIBLE_CATEGORIES:
        return character
    if character in _BYTE_SURROGATES:
        return f"\\x{ord(character) - ord(_BYTE_SURROGATES[0]) + 0x80:02x}"
    return character.encode("unicode_escape").decode("ascii")
