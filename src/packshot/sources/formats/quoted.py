"""Rows of CSV with cells longer than Python's reader takes.

The limit of `csv` holds for the whole process, and other parts of a program may rely on it: it is left
alone, and the few rows that exceed it are taken apart here, by the same rules.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

_QUOTE: Final = '"'


class UnclosedQuoteError(ValueError):
    r"""A quotation mark that nothing closes.

    Example:
        >>> try:
        ...     parse_row(['M1,"mug\n', "M2,bowl\n"], ",")
        ... except UnclosedQuoteError as error:
        ...     print(error)
        a quotation mark that nothing closes
    """


def parse_row(lines: Iterable[str], delimiter: str) -> list[str]:
    r"""Parse the row that some lines begin with; take no more of them than it needs.

    Args:
        lines: With their ends.
        delimiter: One letter.

    Raises:
        UnclosedQuoteError: The lines end within quotation marks.
        ValueError: Something other than a delimiter follows a closing mark.

    Example:
        >>> parse_row(['M1,"red ""mug""\n', 'of clay",9\n', "M2,bowl,5\n"], ",")
        ['M1', 'red "mug"\nof clay', '9']
    """
    remaining = iter(lines)
    cells: list[str] = []
    line = next(remaining, "")
    plain = re.compile(f"[^{re.escape(delimiter)}\r\n]*")
    start = 0
    while True:
        if line.startswith(_QUOTE, start):
            cell, line, start = _parse_quoted_cell(line, start + 1, remaining)
        else:
            found = plain.match(line, start)
            cell, start = (found[0], found.end()) if found else ("", start)
        cells.append(cell)
        if line.startswith(delimiter, start):
            start += 1
        elif line[start:].strip("\r\n"):
            raise ValueError(f"{delimiter!r} expected after {_QUOTE!r}")
        else:
            return cells


def _parse_quoted_cell(line: str, start: int, remaining: Iterator[str]) -> tuple[str, str, int]:
    """Parse a cell in quotation marks from its first letter; return the line it ends in, and where."""
    pieces: list[str] = []
    while True:
        end = line.find(_QUOTE, start)
        if end < 0:
            pieces.append(line[start:])
            following = next(remaining, None)
            if following is None:
                raise UnclosedQuoteError("a quotation mark that nothing closes")
            line, start = following, 0
            continue
        pieces.append(line[start:end])
        if not line.startswith(_QUOTE, end + 1):
            return "".join(pieces), line, end + 1
        pieces.append(_QUOTE)
        start = end + 2
