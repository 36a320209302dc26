"""The console, colours and tables that all output for the terminal shares."""

from __future__ import annotations

import os
from typing import TextIO

from rich.console import Console, JustifyMethod
from rich.table import Table
from rich.text import Text

from packshot.report import Decision, Grade, Severity

GRADE_COLOURS = {
    Grade.EXCELLENT: "green",
    Grade.GOOD: "green",
    Grade.FAIR: "yellow",
    Grade.POOR: "red",
    Grade.BAD: "red",
    Grade.UNKNOWN: "dim",
}
SEVERITY_COLOURS = {Severity.ERROR: "red", Severity.WARNING: "yellow", Severity.INFO: "blue"}
DECISION_COLOURS = {
    Decision.FAIL: "red",
    Decision.MANUAL: "blue",
    Decision.WARN: "yellow",
    Decision.INFO: "dim",
    Decision.PASS: "green",
}
_MIN_WIDTH = 60
"""Characters: a column for each of eight numbers still has room for the number."""
_DEFAULT_WIDTH = 80
"""Characters of a terminal that does not say: by convention."""
_MAX_WIDTH = 10_000
"""Characters: more than any table asks for, so that none is broken into lines."""
_HEIGHT = 25
"""Lines. Nothing depends on it, but a width alone is not taken from who also asks the terminal."""


class BorderlessTable(Table):
    """Columns without lines between them; what is too wide for one goes on below: nothing is cut off.

    Example:
        >>> import sys
        >>> table = BorderlessTable()
        >>> table.add_text_column("Photo")
        >>> table.add_text_column("Score", justify="right")
        >>> table.add_row("mug.jpg", "71")
        >>> make_console(sys.stdout).print(table)
        Photo    Score
        mug.jpg     71
    """

    def __init__(self) -> None:
        """Begin without any column."""
        super().__init__(box=None, pad_edge=False)

    def add_text_column(self, heading: str | Text, justify: JustifyMethod = "left") -> None:
        """Add a column."""
        self.add_column(heading, overflow="fold", justify=justify)


def make_console(stream: TextIO) -> Console:
    r"""Make a console for words that are meant as they stand, as wide as the terminal.

    ``COLUMNS`` says how wide where it is a number above zero. What goes into a file or a program is not
    broken into lines: a path is there in one piece.

    Example:
        >>> import io
        >>> console = make_console(stream := io.StringIO())
        >>> console.print("[red]" + 90 * "x")
        >>> stream.getvalue() == "[red]" + 90 * "x" + "\n"
        True
    """
    return Console(
        file=stream,
        width=_choose_width(stream),
        height=_HEIGHT,
        markup=False,
        emoji=False,
        highlight=False,
    )


def _choose_width(stream: TextIO) -> int:
    width = _read_columns_variable() or (
        _query_terminal_width(stream) if stream.isatty() else _MAX_WIDTH
    )
    return min(max(width, _MIN_WIDTH), _MAX_WIDTH)


def _read_columns_variable() -> int:
    """Read the characters that ``COLUMNS`` asks for; 0 where it says nothing that makes sense."""
    try:
        return max(0, int(os.environ.get("COLUMNS", "")))
    except ValueError:
        return 0


def _query_terminal_width(stream: TextIO) -> int:
    """Ask a terminal for its width in characters; pseudo-terminals may say 0."""
    try:
        return os.get_terminal_size(stream.fileno()).columns or _DEFAULT_WIDTH
    except OSError:
        return _DEFAULT_WIDTH
