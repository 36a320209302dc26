"""Blank lines: skipped, but not without end."""

from __future__ import annotations

from typing import Final

from packshot.errors import SourceError

_MAX_BLANK_LINES: Final = 1_000_000
"""Lines: as many as a sheet has rows, passed over in a second."""

_BLANK_LINES_PER_ROW: Final = 10
"""Some programs write a blank line or two after each row."""


class BlankLineCounter:
    """Counts blank lines against rows."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._remaining = _MAX_BLANK_LINES

    def count_row(self) -> None:
        """Note a row."""
        self._remaining += _BLANK_LINES_PER_ROW

    def count_blank(self) -> None:
        """Note a blank line.

        Raises:
            SourceError: There are far more of them than rows.
        """
        self._remaining -= 1
        if self._remaining < 0:
            raise SourceError(
                f"{self._name}: more than {_MAX_BLANK_LINES:,} blank lines, and hardly a row"
            )
