"""What all tables for the terminal share."""

from __future__ import annotations

import os
from typing import TextIO

from rich.console import Console

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
_PIPED_WIDTH = 140


def console_for(stream: TextIO) -> Console:
    """A console as wide as the terminal, and of a fixed width where there is none."""
    wide = stream.isatty() or "COLUMNS" in os.environ
    return Console(file=stream, width=None if wide else _PIPED_WIDTH)
