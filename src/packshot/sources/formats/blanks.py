"""Blank lines: skipped, but not without end."""

from __future__ import annotations

from typing import Final

from packshot.errors import SourceError

_MAX_BLANK_LINES: Final = 1_000_000
"""Blank lines of a table, besides those that come with rows; one with more is refused. About as many as
a sheet of Excel has rows, passed over in a second."""

_BLANK_LINES_PER_ROW: Final = 10
"""Blank lines that each row may bring: some programs write one or two after each. A judgement."""


class BlankLineCounter:
    """Counts blank lines against rows.

    Example:
        >>> counter = BlankLineCounter("feed.csv")
        >>> for _ in range(10):
        ...     counter.count_blank()
        >>> counter.count_row()  # makes up for ten
        >>> counter._remaining
        1000000
    """

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
