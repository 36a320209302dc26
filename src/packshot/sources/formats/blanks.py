"""Blank lines: skipped, but not without end."""

from __future__ import annotations

from typing import Final

from packshot.errors import SourceError

_MOST: Final = 1_000_000
"""Lines: as many as a sheet has rows, passed over in a second."""

_FOR_A_ROW: Final = 10
"""Some programs write a blank line or two after each row."""


class Blanks:
    """Counts blank lines against rows."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._left = _MOST

    def row(self) -> None:
        """Note a row."""
        self._left += _FOR_A_ROW

    def blank(self) -> None:
        """Note a blank line.

        Raises:
            SourceError: There are far more of them than rows.
        """
        self._left -= 1
        if self._left < 0:
            raise SourceError(f"{self._name}: more than {_MOST:,} blank lines, and hardly a row")
