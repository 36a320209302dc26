"""Cells of tables as texts that mean something: without what nobody sees."""

from __future__ import annotations

import re
from typing import Final

_INVISIBLE: Final = (
    "\\s\x00-\x1f\x7f\u00a0\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200f\u202a-\u202f"
    "\u2060-\u206f\u3000\u3164\ufeff\ufff9-\ufffb"
)
_EDGES: Final = re.compile(f"^[{_INVISIBLE}]+|[{_INVISIBLE}]+$")
_HIDDEN_IN_ADDRESSES: Final = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]")


def strip_invisible(text: str) -> str:
    r"""Strip spaces of every sort, marks of order and direction, and characters without width.

    Example:
        >>> strip_invisible("\ufeff\u00a0mug.jpg\u200b ")
        'mug.jpg'
    """
    return text if text.isascii() and text == text.strip() else _EDGES.sub("", text)


def drop_hidden(address: str) -> str:
    r"""Drop what has no width anywhere in an address, where it never means anything.

    Example:
        >>> drop_hidden("https://shop.example/mu\u200bg.jpg")
        'https://shop.example/mug.jpg'
    """
    return address if address.isascii() else _HIDDEN_IN_ADDRESSES.sub("", address)
